//! Key material in one place: what is handed about is where it lies. A plain array would be copied wherever it is moved, and
//! leave each copy behind.

use alloc::boxed::Box;

use zeroize::Zeroize;

use crate::error::EnvelopeError;

/// The length of every key here, in bytes.
const LENGTH: usize = 32;

/// A key of 32 bytes, wiped on drop. It does not tell itself: it has no `Debug`.
pub(crate) struct Secret(Box<[u8; LENGTH]>);

impl Secret {
    /// Fresh random bytes.
    ///
    /// # Errors
    /// [`EnvelopeError::RandomnessUnavailable`] where the platform gives none.
    pub(crate) fn random() -> Result<Self, EnvelopeError> {
        let mut secret = Self::zeros();
        getrandom::fill(&mut secret.0[..]).map_err(|_| EnvelopeError::RandomnessUnavailable)?;
        Ok(secret)
    }

    /// A copy of a key; nothing where it is not 32 bytes long.
    pub(crate) fn copied(bytes: &[u8]) -> Option<Self> {
        let key: &[u8; LENGTH] = bytes.try_into().ok()?;
        Some(Self::from(key))
    }

    /// The key.
    pub(crate) const fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// Zeros, to be overwritten.
    pub(crate) fn zeros() -> Self {
        Self(Box::new([0; LENGTH]))
    }

    /// Where the key goes.
    pub(crate) const fn expose_mut(&mut self) -> &mut [u8; LENGTH] {
        &mut self.0
    }
}

impl From<&[u8; LENGTH]> for Secret {
    fn from(key: &[u8; LENGTH]) -> Self {
        let mut secret = Self::zeros();
        secret.0.copy_from_slice(key);
        secret
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self::from(self.expose())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Wipes what a function that has just returned left on the stack, its callees' part included: 2 KiB.
#[inline(never)]
pub(crate) fn wipe_stack() {
    let mut stack = [0_u8; 2048];
    stack.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_32_bytes_and_lies_where_it_lay_when_it_is_moved() {
        let secret = Secret::copied(&[7; LENGTH]).unwrap();
        let place = core::ptr::from_ref(secret.expose());
        let moved = Some(secret);
        let moved = moved.as_ref().unwrap();
        assert!(core::ptr::eq(place, moved.expose()));
        assert_eq!(moved.expose(), &[7; LENGTH]);
        assert_eq!(moved.clone().expose(), &[7; LENGTH]);
        for length in [0, 31, 33] {
            assert!(Secret::copied(&vec![7; length]).is_none());
        }
    }

    #[test]
    fn random_ones_differ() {
        assert_ne!(Secret::random().unwrap().expose(), Secret::random().unwrap().expose());
    }
}
