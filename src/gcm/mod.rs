//! One AES-256-GCM message, encrypted or authenticated in independent segments, in any order.
//!
//! NIST SP 800-38D defines GCM as a counter mode plus a polynomial over the ciphertext. The counter of any block is
//! known beforehand, and the polynomial of a whole is computed from the polynomials of its pieces. So segments need
//! not wait for each other, and the result is still one ordinary GCM message.
//!
//! - [`Span`]: where a segment lies.
//! - [`GcmMessage`]: the key, the IV and the additional data; does the work on a segment and yields its [`Share`].
//! - [`DelegatedIv`]: how another implementation of AES-GCM can do the bulk of a segment.
//! - [`KnownAnswer`]: what it has to prove before.
//! - [`ShareLedger`]: shares in any order, folded into the tag at the end.

mod delegate;
mod field;
mod known_answer;
mod ledger;
mod span;

pub use delegate::{DELEGATED_IV_LENGTH, DelegatedIv};
pub use known_answer::{KnownAnswer, KnownSegment, SegmentAnswer};
pub use ledger::{Share, ShareLedger};
pub use span::{BLOCK_LENGTH, MAX_MESSAGE_LENGTH, Span, check_message_length};

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::OnceCell;

use aes::Aes256;
use aes::cipher::KeyInit;
use s3_envelope_bulk::{Hash, Keystream, encrypt_block};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::error::EnvelopeError;
use crate::secret::{Secret, wipe_stack};
use field::{Block, Element};

/// The length of a tag, in bytes.
pub const TAG_LENGTH: usize = 16;

/// The length of an IV, in bytes: the only one the S3 Encryption Client uses.
pub const IV_LENGTH: usize = 12;

/// How many bytes are encrypted before they are hashed: small enough to be in the cache still.
const INTERLEAVE: usize = 4096;

/// The key, IV and additional data of one AES-256-GCM message. Key material is wiped on drop, and stays in one place however
/// the message is moved about: each move would leave a copy behind.
pub struct GcmMessage(Box<Parts>);

struct Parts {
    key: Secret,
    cipher: Aes256,
    hash_key: Element,
    /// Made when it is first asked for: only delegated segments need it.
    hash_key_inverse: OnceCell<Element>,
    iv: [u8; IV_LENGTH],
    aad: Vec<u8>,
}

impl Parts {
    /// Has a frame of its own, which the caller wipes: the key is expanded there before it goes to its place.
    #[inline(never)]
    fn new(key: &[u8; 32], iv: [u8; IV_LENGTH], aad: &[u8]) -> Box<Self> {
        let cipher = Aes256::new(key.into());
        let mut hash_key = [0; 16];
        encrypt_block(&cipher, &mut hash_key);
        Box::new(Self {
            key: Secret::from(key),
            cipher,
            hash_key: Element::from_block(hash_key),
            hash_key_inverse: OnceCell::new(),
            iv,
            aad: aad.to_vec(),
        })
    }
}

impl GcmMessage {
    /// A message under a 32-byte `key` and a 12-byte `iv`, which together must never be used for another message.
    /// `aad` is authenticated and not encrypted.
    #[must_use]
    pub fn new(key: &[u8; 32], iv: [u8; IV_LENGTH], aad: &[u8]) -> Self {
        let message = Self(Parts::new(key, iv, aad));
        wipe_stack();
        message
    }

    /// The message's key, for another implementation of AES to which segments are delegated.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        self.0.key.expose()
    }

    /// Encrypts the segment at `span` in place and returns its share of the tag.
    ///
    /// # Panics
    /// Where `segment` is not as long as `span`: the callers in this crate derive one from the other.
    #[must_use]
    pub fn encrypt_segment(&self, span: Span, segment: &mut [u8]) -> Share {
        assert_eq!(span.length(), segment.len() as u64, "a span describes its segment");
        let mut keystream = self.keystream(span);
        let mut ghash = self.ghash();
        for piece in segment.chunks_mut(INTERLEAVE) {
            keystream.apply_keystream(piece);
            ghash.update_padded(piece);
        }
        Share::from_bytes(ghash.finalize())
    }

    /// The share of the tag of a segment of ciphertext.
    #[must_use]
    pub fn authenticate_segment(&self, ciphertext: &[u8]) -> Share {
        let mut ghash = self.ghash();
        ghash.update_padded(ciphertext);
        Share::from_bytes(ghash.finalize())
    }

    /// Decrypts the segment at `span` in place, without any authentication: only for bytes that were authenticated.
    pub(crate) fn decrypt_segment(&self, span: Span, segment: &mut [u8]) {
        self.keystream(span).apply_keystream(segment);
    }

    /// The message's tag, from the shares of all its segments.
    ///
    /// # Errors
    /// [`EnvelopeError::MessageIncomplete`] where a segment is missing.
    pub fn tag(&self, shares: &ShareLedger) -> Result<[u8; TAG_LENGTH], EnvelopeError> {
        let length = shares.message_length()?;
        let lengths = Element::from_block(lengths_block(self.0.aad.len() as u64, length));
        let whole = shares.fold(&self.0.hash_key, self.aad_hash()).plus(&lengths).times(&self.0.hash_key);
        let mut mask = self.pre_counter_block(0);
        encrypt_block(&self.0.cipher, &mut mask);
        let tag = whole.plus(&Element::from_block(mask)).to_block();
        mask.zeroize();
        Ok(tag)
    }

    /// Whether the shares of all segments combine to `tag`; compared in constant time.
    ///
    /// # Errors
    /// [`EnvelopeError::AuthenticationFailed`] where they do not, and [`EnvelopeError::MessageIncomplete`] where a
    /// segment is missing.
    pub fn verify(&self, shares: &ShareLedger, tag: &[u8; TAG_LENGTH]) -> Result<(), EnvelopeError> {
        let mut expected = self.tag(shares)?;
        let same: bool = expected.ct_eq(tag).into();
        // The expected tag of altered ciphertext would be a forgery if it leaked.
        expected.zeroize();
        if same { Ok(()) } else { Err(EnvelopeError::AuthenticationFailed) }
    }

    /// Encrypts a whole short message in place.
    ///
    /// # Errors
    /// Those of [`Span::of`].
    pub fn seal(&self, message: &mut [u8]) -> Result<[u8; TAG_LENGTH], EnvelopeError> {
        let span = Span::of(0, message)?;
        let share = self.encrypt_segment(span, message);
        self.tag(&ShareLedger::of(span, share)?)
    }

    /// Decrypts a whole short message in place, if this is its tag.
    ///
    /// # Errors
    /// [`EnvelopeError::AuthenticationFailed`], and those of [`Span::of`].
    pub fn open(&self, message: &mut [u8], tag: &[u8; TAG_LENGTH]) -> Result<(), EnvelopeError> {
        let span = Span::of(0, message)?;
        self.verify(&ShareLedger::of(span, self.authenticate_segment(message))?, tag)?;
        self.decrypt_segment(span, message);
        Ok(())
    }

    fn aad_hash(&self) -> Element {
        let mut ghash = self.ghash();
        ghash.update_padded(&self.0.aad);
        Element::from_block(ghash.finalize())
    }

    fn ghash(&self) -> Hash {
        let mut key = self.0.hash_key.to_block();
        let ghash = Hash::new(&key);
        key.zeroize();
        ghash
    }

    fn keystream(&self, span: Span) -> Keystream<'_> {
        Keystream::new(&self.0.cipher, self.first_counter(span))
    }

    /// The first counter block of the segment at `span`: another implementation of AES-CTR with a 32-bit counter
    /// decrypts the segment from it. It is no secret.
    #[must_use]
    pub fn first_counter(&self, span: Span) -> [u8; 16] {
        // GCM's first keystream block is the one after the pre-counter block (SP 800-38D, 7.1, step 3).
        self.pre_counter_block(span.first_block().wrapping_add(1))
    }

    /// J0 + `blocks`, the addition being in the low 32 bits (SP 800-38D, sections 6.2 and 7.1).
    fn pre_counter_block(&self, blocks: u32) -> Block {
        let mut block = [0; 16];
        block[..IV_LENGTH].copy_from_slice(&self.0.iv);
        block[IV_LENGTH..].copy_from_slice(&blocks.wrapping_add(1).to_be_bytes());
        block
    }
}

impl core::fmt::Debug for GcmMessage {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("GcmMessage").finish_non_exhaustive()
    }
}

/// The last block of GHASH's input: both lengths in bits (SP 800-38D, section 7.1, step 5).
fn lengths_block(aad_bytes: u64, ciphertext_bytes: u64) -> Block {
    let mut block = [0; 16];
    block[..8].copy_from_slice(&(aad_bytes * 8).to_be_bytes());
    block[8..].copy_from_slice(&(ciphertext_bytes * 8).to_be_bytes());
    block
}

#[cfg(test)]
mod tests;
