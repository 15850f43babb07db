//! The loops that every byte of an object goes through: AES-256 in counter mode and GHASH, both `RustCrypto`'s.
//!
//! They are generic there, and a generic function is compiled where it is used, with the settings of that crate. The
//! toolkit's are for size, so this crate stands between: its own are for speed (the profile `engine` in the workspace's
//! `Cargo.toml`). For the same reason nothing here may be inlined.

#![no_std]

use core::fmt;

use aes::Aes256;
use ctr::cipher::{InnerIvInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::{CtrCore, flavors};
use ghash::universal_hash::UniversalHash;

/// The length of a block of AES and of GHASH, in bytes.
pub const BLOCK_LENGTH: usize = 16;

/// A block of AES and of GHASH.
pub type Block = [u8; BLOCK_LENGTH];

/// AES-256 in GCM's counter mode: the last four bytes of the block count, big-endian, and wrap around.
pub struct Keystream<'c>(StreamCipherCoreWrapper<CtrCore<&'c Aes256, flavors::Ctr32BE>>);

impl<'c> Keystream<'c> {
    /// The keystream whose first block is the encryption of `counter`.
    #[must_use]
    pub fn new(cipher: &'c Aes256, counter: Block) -> Self {
        Self(StreamCipherCoreWrapper::from_core(CtrCore::inner_iv_init(cipher, &counter.into())))
    }

    /// Encrypts, or decrypts, the next bytes in place.
    #[inline(never)]
    pub fn apply_keystream(&mut self, bytes: &mut [u8]) {
        self.0.apply_keystream(bytes);
    }
}

impl fmt::Debug for Keystream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keystream").finish_non_exhaustive()
    }
}

/// GHASH (NIST SP 800-38D, section 6.4). Its state is wiped on drop.
pub struct Hash(ghash::GHash);

impl Hash {
    /// The hash of nothing, under the hash key H.
    #[must_use]
    pub fn new(key: &Block) -> Self {
        Self(ghash::GHash::new(key.into()))
    }

    /// Takes in the next bytes, filled up with zero bytes to a whole block.
    #[inline(never)]
    pub fn update_padded(&mut self, bytes: &[u8]) {
        self.0.update_padded(bytes);
    }

    /// The hash of all that was taken in.
    #[must_use]
    pub fn finalize(self) -> Block {
        self.0.finalize().into()
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hash").finish_non_exhaustive()
    }
}
