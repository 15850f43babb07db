//! How a simulated storage is set up.

use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The account that everything belongs to: the one that AWS's documentation uses.
pub const ACCOUNT_ID: &str = "111122223333";

/// The settings of a simulated storage.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// The region, for signatures and ARNs.
    pub region: String,
    /// Who may call.
    pub credentials: Vec<Credential>,
    /// Aliases of KMS keys to make at start, with or without `alias/`.
    pub kms_keys: Vec<String>,
    /// Whether new buckets block writes with SSE-C, as on Amazon S3 since April 2026.
    pub sse_c_default: SseCDefault,
    /// The domain that virtual hosts are under: `{bucket}.s3.{region}.{domain}`.
    pub base_domain: String,
}

impl Default for Config {
    /// `us-east-1`, one documented credential, `storage.test`, SSE-C blocked.
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            credentials: vec![Credential::demo()],
            kms_keys: Vec::new(),
            sse_c_default: SseCDefault::Blocked,
            base_domain: "storage.test".to_owned(),
        }
    }
}

/// Whether new buckets take writes with SSE-C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SseCDefault {
    /// Refused with 403 until the bucket's encryption configuration allows them.
    Blocked,
    /// Allowed, as for accounts that used SSE-C before.
    Allowed,
}

/// An access key and who it belongs to. The secret is wiped on drop and never printed.
#[derive(Clone, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The access key's id.
    #[serde(alias = "accessKey")]
    pub access_key: String,
    /// The secret key.
    #[serde(alias = "secretKey")]
    pub secret_key: String,
    /// The user's id.
    #[serde(alias = "userId", default)]
    pub user_id: String,
    /// The user's name.
    #[serde(alias = "displayName", default)]
    pub display_name: String,
    /// The user's address; not used by the service.
    #[serde(default)]
    pub email: String,
}

impl Credential {
    /// The documented credential of demos: no secret at all.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            user_id: "demo".to_owned(),
            display_name: "demo".to_owned(),
            email: String::new(),
        }
    }
}

impl core::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Credential").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}
