//! Which bucket a host names: one reading of it, for what is answered before the protocol crate and for that crate, as what
//! the two read differently is refused by neither.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use s3s::S3Result;
use s3s::host::{MultiDomain, S3Host, VirtualHost};

use crate::config::Config;
use crate::core::StorageError;

/// The hosts that the storage is reached at: S3's own, and this machine. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Hosts(Arc<MultiDomain>);

impl Hosts {
    /// # Errors
    /// A base domain that is none.
    pub(crate) fn new(config: &Config) -> Result<Self, StorageError> {
        let own = format!("s3.{}.{}", config.region, config.base_domain);
        let local = ["localhost", "127.0.0.1"].map(str::to_owned);
        let domains = MultiDomain::new(std::iter::once(own).chain(local))
            .map_err(|error| StorageError::Config(format!("baseDomain is not valid: {error}")))?;
        Ok(Self(Arc::new(domains)))
    }

    /// The bucket that a host names, if it names one.
    pub(crate) fn bucket(&self, host: &str) -> Option<String> {
        // The protocol crate asks for the bucket in no address.
        if host.parse::<SocketAddr>().is_ok() || host.parse::<IpAddr>().is_ok() {
            return None;
        }
        Some(self.0.parse_host_header(host).ok()?.bucket()?.to_owned())
    }
}

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        self.0.parse_host_header(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_before_the_hosts_of_the_storage_and_in_no_address() {
        let hosts = Hosts::new(&Config { base_domain: "storage.test".to_owned(), ..Config::default() }).unwrap();
        for (host, bucket) in [
            ("demo.s3.us-east-1.storage.test", Some("demo")),
            ("demo.localhost:9000", Some("demo")),
            ("demo.127.0.0.1:9000", Some("demo")),
            ("s3.us-east-1.storage.test", None),
            ("localhost", None),
            ("127.0.0.1:9000", None),
            ("192.0.2.1", None),
            ("[::1]:9000", None),
            ("not a host", None),
        ] {
            assert_eq!(hosts.bucket(host).as_deref(), bucket, "{host}");
        }
    }
}
