//! Grant tokens: whoever sends one along can use its grant before all of KMS knows of it.
//!
//! Base64 of the grant's id (32 bytes) ‖ a salt (16 bytes) ‖ HMAC-SHA256 of both under a key of the grant. So each token is
//! another one, all of a grant are as good, and none has to be kept. AWS publishes no format, so there is none to match.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{KmsError, random};

const ID_LENGTH: usize = 32;
const SALT_LENGTH: usize = 16;

/// What a grant's tokens are made with. Wiped on drop, never printed.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct TokenKey([u8; 32]);

impl core::fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("TokenKey(..)")
    }
}

impl TokenKey {
    pub(super) fn generate() -> Result<Self, KmsError> {
        Ok(Self(random()?))
    }

    /// A fresh token of the grant that has an id.
    pub(super) fn token(&self, id: &str) -> Result<String, KmsError> {
        let salt: [u8; SALT_LENGTH] = random()?;
        let mut token = hex::decode(id).map_err(|_| KmsError::internal())?;
        token.extend_from_slice(&salt);
        let tag = self.mac(&token)?.finalize().into_bytes();
        token.extend_from_slice(&tag);
        Ok(STANDARD.encode(token))
    }

    /// Whether a token is one of this grant's.
    pub(super) fn made(&self, token: &str) -> bool {
        let Ok(token) = STANDARD.decode(token) else { return false };
        let Some((signed, tag)) = token.split_at_checked(ID_LENGTH + SALT_LENGTH) else { return false };
        self.mac(signed).is_ok_and(|mac| mac.verify_slice(tag).is_ok())
    }

    fn mac(&self, signed: &[u8]) -> Result<Hmac<Sha256>, KmsError> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| KmsError::internal())?;
        Ok(mac.chain_update(signed))
    }
}

/// The id of the grant that a token names.
pub(super) fn grant_id(token: &str) -> Option<String> {
    STANDARD.decode(token).ok()?.get(..ID_LENGTH).map(hex::encode)
}
