//! How a simulated storage is set up.

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::profile::Profile;

/// The account that everything belongs to: the one that AWS's documentation uses.
pub const ACCOUNT_ID: &str = "111122223333";

/// The settings of a simulated storage, and how JavaScript writes them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// The region, for signatures and ARNs.
    pub region: String,
    /// Who may call.
    #[serde(deserialize_with = "credentials_of_javascript")]
    pub credentials: Vec<Credential>,
    /// Aliases of KMS keys to make at start, with or without `alias/`.
    pub kms_keys: Vec<String>,
    /// Whose answers are given where servers differ.
    pub profile: Profile,
    /// Whether new buckets block writes with SSE-C, as on Amazon S3 since April 2026.
    pub sse_c_default: SseCDefault,
    /// Whether loopback addresses are refused customer keys and KMS keys over plain HTTP too, as everybody else is.
    pub strict_tls: bool,
    /// The domain that virtual hosts are under: `{bucket}.s3.{region}.{domain}`.
    pub base_domain: String,
}

impl Default for Config {
    /// `us-east-1`, one documented credential, `storage.test`, Amazon's answers of 2026.
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            credentials: vec![Credential::demo()],
            kms_keys: Vec::new(),
            profile: Profile::default(),
            sse_c_default: SseCDefault::OfTheProfile,
            strict_tls: false,
            base_domain: "storage.test".to_owned(),
        }
    }
}

impl Config {
    /// Whether new buckets block writes with SSE-C.
    pub(crate) fn blocks_customer_keys(&self) -> bool {
        match self.sse_c_default {
            SseCDefault::OfTheProfile => self.profile.new_buckets_block_customer_keys(),
            SseCDefault::Blocked => true,
            SseCDefault::Allowed => false,
        }
    }

    /// The only region that signatures may be for, where there is one.
    pub(crate) fn only_region(&self) -> Option<&str> {
        self.profile.regions_are_checked().then_some(self.region.as_str())
    }

    /// The credential that has an access key's id.
    pub(crate) fn credential(&self, access_key: &str) -> Option<&Credential> {
        self.credentials.iter().find(|known| known.access_key == access_key)
    }
}

/// Whether new buckets take writes with SSE-C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SseCDefault {
    /// As the profile has it.
    #[serde(skip)]
    OfTheProfile,
    /// Refused with 403 until the bucket's encryption configuration allows them.
    Blocked,
    /// Allowed, as for accounts that used SSE-C before.
    Allowed,
}

/// An access key and who it belongs to, and how the server's file of credentials writes it. The secret is wiped on drop and
/// never printed.
#[derive(Clone, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The access key's id.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// The user's id.
    #[serde(default)]
    pub user_id: String,
    /// The user's name.
    #[serde(default)]
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

/// A credential as JavaScript writes it: named as the AWS SDKs for JavaScript do, so that refusals name what was written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JavaScriptCredential {
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    email: String,
}

impl From<JavaScriptCredential> for Credential {
    fn from(written: JavaScriptCredential) -> Self {
        let JavaScriptCredential {
            access_key_id: access_key,
            secret_access_key: secret_key,
            user_id,
            display_name,
            email,
        } = written;
        Self { access_key, secret_key, user_id, display_name, email }
    }
}

fn credentials_of_javascript<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Credential>, D::Error> {
    let written = Vec::<JavaScriptCredential>::deserialize(deserializer)?;
    Ok(written.into_iter().map(Credential::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javascript_spells_credentials_its_own_way() {
        let json =
            r#"{"credentials": [{"accessKeyId": "a", "secretAccessKey": "s", "displayName": "d"}], "kmsKeys": ["k"]}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        let [credential] = &config.credentials[..] else { panic!("one credential") };
        assert_eq!((credential.access_key.as_str(), credential.secret_key.as_str()), ("a", "s"));
        assert_eq!((credential.display_name.as_str(), credential.user_id.as_str()), ("d", ""));
        let misspelt = serde_json::from_str::<Config>(&json.replace("secretAccessKey", "secret_key")).unwrap_err();
        assert!(misspelt.to_string().contains("unknown field `secret_key`"), "{misspelt}");
        assert!(misspelt.to_string().contains("`secretAccessKey`"), "{misspelt}");
    }

    #[test]
    fn files_of_credentials_have_one_spelling() {
        let json = r#"{"access_key": "a", "secret_key": "s", "display_name": "d"}"#;
        assert_eq!(serde_json::from_str::<Credential>(json).unwrap().display_name, "d");
        assert!(serde_json::from_str::<Credential>(&json.replace("secret_key", "secretAccessKey")).is_err());
    }
}
