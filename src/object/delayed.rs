//! Decrypting one object before all of it is authenticated: the S3 Encryption Client's "delayed authentication", for
//! callers who undo what they did with the plaintext when the end says that it was forged.

use zeroize::Zeroize;

use super::DecryptSession;
use crate::error::EnvelopeError;
use crate::gcm::{Span, TAG_LENGTH};

/// Decrypts segments as they come and says at the end whether they were authentic. Until
/// [`DelayedAuthenticationSession::finish`] has succeeded the plaintext may be anything an attacker likes.
#[derive(Debug)]
pub struct DelayedAuthenticationSession {
    pub(super) session: DecryptSession,
}

impl DelayedAuthenticationSession {
    /// Takes note of a segment and decrypts it in place, unauthenticated. On failure the buffer is wiped.
    ///
    /// # Errors
    /// Those of [`DecryptSession::authenticate_segment`].
    pub fn decrypt_segment(&mut self, offset: u64, segment: &mut [u8]) -> Result<(), EnvelopeError> {
        let noted =
            self.session.authenticate_segment(offset, segment).and_then(|()| Span::new(offset, segment.len() as u64));
        match noted {
            Ok(span) => self.session.message.decrypt_segment(span, segment),
            Err(_) => segment.zeroize(),
        }
        noted.map(|_| ())
    }

    /// The counter block from which another implementation of AES-CTR, with a 32-bit counter and the object's content
    /// key, decrypts the segment of `length` bytes that starts `offset` bytes into the object.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentMisaligned`], [`EnvelopeError::MessageTooLong`].
    pub fn first_counter(&self, offset: u64, length: u64) -> Result<[u8; 16], EnvelopeError> {
        Ok(self.session.message.first_counter(Span::new(offset, length)?))
    }

    /// Takes note of a segment that another implementation decrypts, as for [`DecryptSession::record_delegated`].
    ///
    /// # Errors
    /// Those of [`DecryptSession::record_delegated`].
    pub fn record_delegated(&mut self, offset: u64, length: u64, tag: &[u8; TAG_LENGTH]) -> Result<(), EnvelopeError> {
        self.session.record_delegated(offset, length, tag)
    }

    /// Checks the whole against the object's last 16 bytes: only now is the plaintext that was released authentic.
    ///
    /// # Errors
    /// Those of [`DecryptSession::verify`].
    pub fn finish(self, tag: &[u8; TAG_LENGTH]) -> Result<(), EnvelopeError> {
        self.session.verify(tag).map(|_| ())
    }
}
