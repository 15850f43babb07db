//! Argon2id (RFC 9106) for the passphrase keyring: a wrapping key out of a passphrase.
//!
//! It is a WebAssembly file of its own, which a page loads when somebody uses a passphrase and never otherwise. Its memory
//! grows to what Argon2 is told to fill, which the engine's need not.

#[cfg(target_arch = "wasm32")]
pub mod web;

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

/// The length of the key that is derived, in bytes.
pub const KEY_LENGTH: usize = 32;

/// The shortest salt that is taken, in bytes (RFC 9106, section 3.1, recommends 16).
pub const MIN_SALT_LENGTH: usize = 16;

/// The most memory that is filled, in KiB: 1 GiB. Parameters come with the object, from whoever can write to the storage.
pub const MAX_MEMORY_KIB: u32 = 1 << 20;

/// The most passes over the memory.
pub const MAX_ITERATIONS: u32 = 16;

/// The most lanes.
pub const MAX_PARALLELISM: u32 = 16;

/// How much work a guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB: 8 a lane at least, [`MAX_MEMORY_KIB`] at most.
    pub memory_kib: u32,
    /// Passes over it, from 1 to [`MAX_ITERATIONS`].
    pub iterations: u32,
    /// Lanes, from 1 to [`MAX_PARALLELISM`].
    pub parallelism: u32,
}

/// A failure of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// The salt or a parameter is out of range.
    #[error(
        "the salt or the parameters of Argon2id are out of range: a salt of 16 to 64 bytes, memory of 8 KiB a lane to 1 GiB, 1 to \
         16 iterations and lanes; correct the keyring's options, or the object's metadata was altered or written by something \
         else"
    )]
    InvalidParameters,
}

impl PassphraseError {
    /// The stable code, as JavaScript sees it in `error.code`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidParameters => "PASSPHRASE_PARAMETERS_INVALID",
        }
    }
}

/// The 32-byte key of a passphrase, by Argon2id version 0x13.
///
/// # Errors
/// [`PassphraseError::InvalidParameters`].
pub fn derive(passphrase: &[u8], salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; KEY_LENGTH]>, PassphraseError> {
    let is_affordable = cost.memory_kib <= MAX_MEMORY_KIB
        && cost.iterations <= MAX_ITERATIONS
        && cost.parallelism <= MAX_PARALLELISM
        && (MIN_SALT_LENGTH..=64).contains(&salt.len());
    if !is_affordable {
        return Err(PassphraseError::InvalidParameters);
    }
    let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(KEY_LENGTH));
    let params = params.map_err(|_| PassphraseError::InvalidParameters)?;
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, &mut key[..])
        .map_err(|_| PassphraseError::InvalidParameters)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { memory_kib: 64, iterations: 1, parallelism: 1 };

    #[test]
    fn parameters_out_of_range_are_refused_before_any_memory_is_filled() {
        for cost in [
            Cost { memory_kib: MAX_MEMORY_KIB + 1, ..COST },
            Cost { memory_kib: 7, ..COST },
            Cost { iterations: 0, ..COST },
            Cost { iterations: MAX_ITERATIONS + 1, ..COST },
            Cost { parallelism: 0, ..COST },
            Cost { parallelism: MAX_PARALLELISM + 1, memory_kib: 1024, ..COST },
            Cost { parallelism: 16, ..COST },
        ] {
            assert_eq!(derive(b"p", &[1; 16], cost), Err(PassphraseError::InvalidParameters), "{cost:?}");
        }
        for length in [0, 15, 65] {
            assert_eq!(derive(b"p", &vec![1; length], COST), Err(PassphraseError::InvalidParameters));
        }
    }

    #[test]
    fn the_key_is_what_the_reference_implementation_derives() {
        // The C reference implementation, through the Python package argon2-cffi: hash_secret_raw(…, 1, 64, 1, 32, Type.ID).
        let expected = [
            0x32, 0x36, 0x4f, 0xd7, 0xed, 0x54, 0xf4, 0x95, 0x1b, 0x0d, 0x6b, 0xc3, 0xbe, 0xd2, 0xf2, 0x12, 0xc6, 0x62,
            0x35, 0x73, 0x8a, 0x11, 0x4c, 0x5f, 0x8b, 0xa3, 0xb6, 0xa1, 0xee, 0x3a, 0xbb, 0x10,
        ];
        assert_eq!(derive(b"correct horse", b"0123456789abcdef", COST).unwrap()[..], expected);
        assert_ne!(derive(b"correct horsf", b"0123456789abcdef", COST).unwrap()[..], expected);
    }
}
