//! Who calls: the access keys that may sign, and the identity that a signature proved, as keys, policies and events see it.

use std::sync::Arc;

use s3s::auth::{Credentials, S3Auth, SecretKey};
use s3s::dto::Owner;
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::core::Core;
use crate::encryption::{Refusal, add_elements};

/// An identity with an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The access key's id.
    pub access_key: String,
    /// The user's id.
    pub user_id: String,
    /// The user's name, for people.
    pub display_name: String,
    /// The account, twelve digits.
    pub account_id: String,
    /// Why S3 asks KMS for nothing in this caller's name, if it does not.
    pub(crate) kms_refused: Option<Refusal>,
}

impl Caller {
    /// One who did not sign.
    pub(crate) fn anonymous() -> Self {
        let [access_key, user_id, display_name, account_id] = ["", "anonymous", "anonymous", ""].map(str::to_owned);
        Self { access_key, user_id, display_name, account_id, kms_refused: Some(Refusal::KmsWithoutVersion4) }
    }

    /// Whether nobody knows who this is.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        self.account_id.is_empty()
    }

    /// The ARN that policies and events name the caller by.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account_id, self.display_name)
    }
}

impl Core {
    /// Who owns what there is, as listings name it: the caller, or the first of the account's identities for one whom nobody
    /// knows.
    pub(crate) fn owner(&self, credentials: Option<&Credentials>) -> Owner {
        let known = credentials.and_then(|credentials| self.config.credential(&credentials.access_key));
        let owner = known.or(self.config.credentials.first());
        Owner {
            display_name: owner.map(|owner| owner.display_name.clone()),
            id: owner.map(|owner| owner.user_id.clone()),
        }
    }
}

/// The access keys that the storage's settings name.
pub(crate) struct AccessKeys(pub(crate) Arc<Core>);

#[async_trait::async_trait]
impl S3Auth for AccessKeys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let known = self.0.config.credential(access_key);
        known.map(|known| known.secret_key.clone().into()).ok_or_else(|| unknown_access_key(access_key))
    }
}

/// The refusal of a signature by a key that nobody has.
pub(crate) fn unknown_access_key(access_key: &str) -> S3Error {
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    let mut error = S3Error::with_message(S3ErrorCode::InvalidAccessKeyId, message);
    add_elements(&mut error, [("AWSAccessKeyId", access_key.to_owned())]);
    error
}
