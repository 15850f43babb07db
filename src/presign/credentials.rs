//! Who signs.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use super::invalid;
use crate::error::EnvelopeError;

/// An access key pair, with a session token if it is temporary. Secret key and token are wiped when dropped.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
}

impl Credentials {
    /// Credentials from their parts.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidPresignRequest`] where a part is empty or holds white space, control characters or
    /// anything beyond ASCII: mostly a line end that was pasted along.
    pub fn new(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Self, EnvelopeError> {
        let parts = [
            ("access key id", Some(access_key_id)),
            ("secret access key", Some(secret_access_key)),
            ("session token", session_token),
        ];
        for (what, text) in parts {
            if text.is_some_and(|text| text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic())) {
                return Err(invalid(what, "must be printable ASCII without white space, and not empty"));
            }
        }
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: Zeroizing::new(secret_access_key.to_owned()),
            session_token: session_token.map(|token| Zeroizing::new(token.to_owned())),
        })
    }

    pub(super) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(super) fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    pub(super) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| token.as_str())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_line_ends_and_empty_parts_are_refused() {
        for (id, secret, token) in [
            ("", "s", None),
            ("a", "", None),
            ("a", "s\n", None),
            ("a b", "s", None),
            ("a", "s", Some("")),
            ("a", "s", Some("t\r")),
        ] {
            assert_eq!(Credentials::new(id, secret, token).unwrap_err().code(), "INVALID_PRESIGN_REQUEST");
        }
    }

    #[test]
    fn debug_shows_the_access_key_id_alone() {
        let shown = format!("{:?}", Credentials::new("AKID", "SECRET", Some("TOKEN")).unwrap());
        assert!(shown.contains("AKID") && !shown.contains("SECRET") && !shown.contains("TOKEN"), "{shown}");
    }
}
