//! One request header, whose value may be a secret.

use alloc::borrow::Cow;
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::names;

/// A request header: a name in its wire form (lower case) and a value.
///
/// The value is wiped when the header is dropped, and `Debug` shows it only where it cannot be a secret.
#[derive(Clone)]
pub struct Header {
    name: Cow<'static, str>,
    value: Zeroizing<String>,
}

impl Header {
    /// A header; the name is brought to lower case, the value loses spaces and tabs at its ends, as on the wire.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: Cow::Owned(name.to_ascii_lowercase()),
            value: Zeroizing::new(value.trim_matches([' ', '\t']).to_owned()),
        }
    }

    pub(crate) fn known(name: &'static str, value: String) -> Self {
        Self { name: Cow::Borrowed(name), value: Zeroizing::new(value) }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value, which may be a secret: see [`Header::is_secret`].
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the value is a customer key or the MD5 of one, and must stay out of logs and URLs.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        names::is_secret(&self.name)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Header");
        debug.field("name", &self.name);
        if self.is_secret() {
            debug.finish_non_exhaustive()
        } else {
            debug.field("value", &self.value.as_str()).finish()
        }
    }
}

impl PartialEq for Header {
    /// Takes the same time wherever two values of one length differ.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value.as_bytes().ct_eq(other.value.as_bytes()).into()
    }
}

impl Eq for Header {}
