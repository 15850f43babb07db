//! The command line.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use s3_storage_sim::config::SseCDefault;
use s3_storage_sim::{Config, Profile};

use super::Failure;

/// A simulated Amazon S3 and KMS that really encrypts at rest.
///
/// Without `--data` everything is kept in memory and gone when the server stops. S3 and KMS answer on the same address;
/// point `--endpoint-url` of the AWS CLI, or `endpoint_url` of an SDK, at it.
#[derive(Debug, Parser)]
#[command(name = "s3-storage-sim", version)]
pub(super) struct Arguments {
    /// Where to listen; port 0 takes a free one and prints it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9000")]
    pub(super) listen: String,
    /// Keeps everything in this folder, encrypted, records and their names too. It is made where there is none.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Where the root key is, which nothing in the folder opens without: 32 bytes in base64. It is made for a new folder, and
    /// is the folder's name with `.root-key` unless given. Keep a copy, apart from the folder's.
    #[arg(long, value_name = "FILE", requires = "data")]
    root_key: Option<PathBuf>,
    /// Who may call: a JSON list of `{"access_key", "secret_key", "user_id", "display_name", "email"}`. Without it, one
    /// documented key pair, which is printed.
    #[arg(long, value_name = "FILE")]
    pub(super) credentials: Option<PathBuf>,
    /// The region, for signatures and ARNs.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// The domain of virtual hosts: {bucket}.s3.{region}.DOMAIN. `localhost` and path style always work.
    #[arg(long, value_name = "DOMAIN", default_value = "storage.test")]
    base_domain: String,
    /// The server's certificate chain, PEM. Without it, plain HTTP, which takes SSE-C keys from this machine only.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Makes a KMS key with this alias at start; may be given several times.
    #[arg(long = "kms-key", value_name = "ALIAS")]
    kms_keys: Vec<String>,
    /// Whose answers are given where servers differ: aws-2026, aws-2025 (new buckets take SSE-C) or ceph (as Ceph's s3-tests
    /// expect).
    #[arg(long, value_name = "NAME", default_value = "aws-2026")]
    profile: Profile,
    /// Whether new buckets block SSE-C, as on Amazon S3 since April 2026; as the profile has it unless given.
    #[arg(long, value_name = "STATE", value_enum)]
    sse_c_default: Option<SseC>,
    /// Refuses SSE-C and KMS keys over plain HTTP from this machine too, as S3 does from everywhere.
    #[arg(long)]
    strict_tls: bool,
    /// Opens a view of what lies at rest at this address, apart from S3. Keep it on this machine.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) inspection: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SseC {
    Blocked,
    Allowed,
}

impl Arguments {
    /// The storage's settings.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        Ok(Config {
            region: self.region.clone(),
            base_domain: self.base_domain.clone(),
            kms_keys: self.kms_keys.clone(),
            profile: self.profile,
            sse_c_default: match self.sse_c_default {
                None => SseCDefault::OfTheProfile,
                Some(SseC::Blocked) => SseCDefault::Blocked,
                Some(SseC::Allowed) => SseCDefault::Allowed,
            },
            strict_tls: self.strict_tls,
            credentials: match &self.credentials {
                Some(path) => credentials(path)?,
                None => Config::default().credentials,
            },
        })
    }

    /// The folder to keep everything in, and the file of its root key.
    pub(super) fn data(&self) -> Option<(&Path, PathBuf)> {
        let data = self.data.as_deref()?;
        let beside = || {
            let mut name = data.components().as_path().as_os_str().to_owned();
            name.push(".root-key");
            PathBuf::from(name)
        };
        Some((data, self.root_key.clone().unwrap_or_else(beside)))
    }

    /// The certificate and its key.
    pub(super) fn tls(&self) -> Option<(&Path, &Path)> {
        self.tls_cert.as_deref().zip(self.tls_key.as_deref())
    }
}

fn credentials(path: &Path) -> Result<Vec<s3_storage_sim::config::Credential>, Failure> {
    let what = format!("the credentials in {} cannot be read", path.display());
    let text = zeroize::Zeroizing::new(fs::read_to_string(path).map_err(|error| Failure::new(&what, &error))?);
    // The position alone: what a parser quotes may be a secret.
    let credentials: Vec<_> = serde_json::from_str(&text).map_err(|error| {
        let place = format!(
            "line {}, column {} is not what a list of {{access_key, secret_key, user_id, display_name, email}} has there",
            error.line(),
            error.column()
        );
        Failure::new(&what, &place)
    })?;
    if credentials.is_empty() {
        return Err(Failure::new(&what, &"the list is empty, so nobody could call"));
    }
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_become_settings() {
        let arguments = Arguments::parse_from([
            "s3-storage-sim",
            "--kms-key",
            "a",
            "--kms-key",
            "alias/b",
            "--sse-c-default",
            "allowed",
        ]);
        let config = arguments.config().unwrap();
        assert_eq!((config.kms_keys, config.sse_c_default), (vec!["a".into(), "alias/b".into()], SseCDefault::Allowed));
        assert_eq!(config.region, "us-east-1");
    }

    #[test]
    fn the_root_key_is_beside_the_folder_unless_it_is_told_where() {
        let of = |more: &[&str]| {
            let arguments = Arguments::try_parse_from([&["s3-storage-sim"], more].concat()).unwrap();
            arguments.data().map(|(_, root_key)| root_key)
        };
        assert_eq!(of(&[]), None);
        for folder in ["a/data", "a/data/"] {
            assert_eq!(of(&["--data", folder]).unwrap(), Path::new("a/data.root-key"));
        }
        assert_eq!(of(&["--data", "a", "--root-key", "b"]).unwrap(), Path::new("b"));
        assert!(Arguments::try_parse_from(["s3-storage-sim", "--root-key", "b"]).is_err(), "there is nothing it opens");
    }

    #[test]
    fn a_certificate_wants_its_key() {
        let error = Arguments::try_parse_from(["s3-storage-sim", "--tls-cert", "c.pem"]).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn a_bad_credentials_file_is_refused_without_repeating_it() {
        let path = std::env::temp_dir().join(format!("s3-storage-sim-{}.json", std::process::id()));
        fs::write(&path, "[{\"access_key\": \"a\", \"secret\": \"hunter2\"}]").unwrap();
        let failure = credentials(&path).unwrap_err().to_string();
        fs::remove_file(&path).unwrap();
        assert!(failure.contains("line 1") && !failure.contains("hunter2"), "{failure}");
    }
}
