//! Decrypting one object: first all of it is authenticated, then it is decrypted.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{DelayedAuthenticationSession, ReadPolicy};
use crate::error::{EnvelopeError, UnsupportedFeature};
use crate::gcm::{DELEGATED_IV_LENGTH, DelegatedIv, GcmMessage, ShareLedger, Span, TAG_LENGTH};
use crate::keyring::{DataKey, Keyring};
use crate::metadata::{ContentMetadata, MessageFormat};
use crate::suite::{MessageParameters, check_commitment};

/// Checks that a data key is the one that an object commits to, where its format commits to any.
///
/// # Errors
/// [`EnvelopeError::WrongKey`] where it is not.
pub fn check_data_key(metadata: &ContentMetadata, data_key: &DataKey) -> Result<(), EnvelopeError> {
    let MessageFormat::V3 { message_id, commitment } = &metadata.format else { return Ok(()) };
    match MessageParameters::Id(*message_id).message(data_key) {
        (_, Some(computed)) => check_commitment(&computed, commitment),
        (_, None) => Err(EnvelopeError::Internal { what: "a suite and its parameters disagree" }),
    }
}

/// Authenticates the ciphertext of one object, segment by segment, in any order. It gives out no plaintext.
#[derive(Debug)]
pub struct DecryptSession {
    pub(super) message: GcmMessage,
    shares: ShareLedger,
    expected_length: Option<u64>,
}

impl DecryptSession {
    /// Starts reading an object: applies the policy, has `keyring` unwrap the data key, checks the key commitment.
    ///
    /// # Errors
    /// Those of [`ReadPolicy::check`], the keyring's own, and those of [`DecryptSession::with_data_key`].
    pub fn start(
        keyring: &impl Keyring,
        policy: impl Into<ReadPolicy>,
        metadata: &ContentMetadata,
    ) -> Result<Self, EnvelopeError> {
        let policy = policy.into();
        policy.check(metadata)?;
        let data_key = keyring.unwrap(&metadata.wrapped, metadata.suite())?;
        Self::with_data_key(metadata, &data_key, policy)
    }

    /// Starts reading an object whose data key a keyring has unwrapped.
    ///
    /// # Errors
    /// Those of [`ReadPolicy::check`], [`EnvelopeError::WrongKey`] where the object does not commit to the data key, and
    /// [`EnvelopeError::Unsupported`] for content in CBC mode: there is nothing to authenticate (the crate
    /// `s3-envelope-legacy` reads it).
    pub fn with_data_key(
        metadata: &ContentMetadata,
        data_key: &DataKey,
        policy: impl Into<ReadPolicy>,
    ) -> Result<Self, EnvelopeError> {
        policy.into().check(metadata)?;
        let (parameters, stored, expected_length) = match &metadata.format {
            MessageFormat::Cbc { .. } => return Err(EnvelopeError::Unsupported(UnsupportedFeature::CbcContent)),
            MessageFormat::V2 { iv, unencrypted_content_length } => {
                (MessageParameters::Iv(*iv), None, *unencrypted_content_length)
            }
            MessageFormat::V3 { message_id, commitment } => {
                (MessageParameters::Id(*message_id), Some(commitment), None)
            }
        };
        let (message, computed) = parameters.message(data_key);
        match (computed, stored) {
            (Some(computed), Some(stored)) => check_commitment(&computed, stored)?,
            (None, None) => {}
            _ => return Err(EnvelopeError::Internal { what: "a suite and its parameters disagree" }),
        }
        Ok(Self { message, shares: ShareLedger::default(), expected_length })
    }

    /// Takes note of the segment of ciphertext that starts `offset` bytes into it. Every segment but the last is a
    /// multiple of 16 bytes long; the tag is not part of any.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentMisaligned`], [`EnvelopeError::SegmentOverlap`], [`EnvelopeError::MessageTooLong`], and
    /// [`EnvelopeError::SegmentChanged`] where the segment was noted before with other bytes.
    pub fn authenticate_segment(&mut self, offset: u64, ciphertext: &[u8]) -> Result<(), EnvelopeError> {
        let span = Span::of(offset, ciphertext)?;
        let share = self.message.authenticate_segment(ciphertext);
        self.shares.record(span, share)
    }

    /// The key of the object's content, for another implementation of AES to which segments are delegated.
    #[must_use]
    pub fn content_key(&self) -> &[u8; 32] {
        self.message.key()
    }

    /// Takes note of the segment of `length` bytes of ciphertext that starts `offset` bytes into it, by the tag that
    /// another implementation of AES-GCM made of it: with [`DecryptSession::content_key`],
    /// [`GcmMessage::authentication_iv`], the ciphertext as additional data, and an empty plaintext.
    ///
    /// # Errors
    /// Those of [`DecryptSession::authenticate_segment`].
    pub fn record_delegated(&mut self, offset: u64, length: u64, tag: &[u8; TAG_LENGTH]) -> Result<(), EnvelopeError> {
        let share = self.message.share_of_authenticated(length, tag);
        self.shares.record(Span::new(offset, length)?, share)
    }

    /// Decrypts before the whole is authenticated: the S3 Encryption Client's "delayed authentication". Nothing may
    /// have been authenticated yet.
    #[must_use]
    pub const fn delay_authentication(self) -> DelayedAuthenticationSession {
        DelayedAuthenticationSession { session: self }
    }

    /// Checks the whole against the object's last 16 bytes. Only what this returns can decrypt.
    ///
    /// # Errors
    /// [`EnvelopeError::AuthenticationFailed`] where anything differs from what was encrypted, and
    /// [`EnvelopeError::MessageIncomplete`] where a segment was not seen.
    pub fn verify(self, tag: &[u8; TAG_LENGTH]) -> Result<VerifiedObject, EnvelopeError> {
        self.message.verify(&self.shares, tag)?;
        let actual = self.shares.message_length()?;
        match self.expected_length {
            Some(declared) if declared != actual => Err(EnvelopeError::ContentLengthMismatch { declared, actual }),
            _ => Ok(VerifiedObject { message: self.message, shares: self.shares }),
        }
    }
}

/// An object whose tag matched. It decrypts the very bytes that were authenticated, and no others: what was spooled in
/// between is checked again as it is decrypted.
#[derive(Debug)]
pub struct VerifiedObject {
    message: GcmMessage,
    shares: ShareLedger,
}

/// One segment to decrypt, as a task for another implementation of AES-GCM under the same key.
#[derive(Debug, Clone, Zeroize, ZeroizeOnDrop)]
pub struct DelegatedDecryption {
    iv: DelegatedIv,
    tag: [u8; TAG_LENGTH],
}

impl DelegatedDecryption {
    /// The 16 bytes to pass as the IV.
    #[must_use]
    pub const fn iv(&self) -> &[u8; DELEGATED_IV_LENGTH] {
        self.iv.as_bytes()
    }

    /// The tag to pass with the segment. It is derived from the message's hash key: not for publication.
    #[must_use]
    pub const fn tag(&self) -> &[u8; TAG_LENGTH] {
        &self.tag
    }
}

impl VerifiedObject {
    /// Decrypts in place a segment that was authenticated before, under the same borders. On failure the buffer is
    /// wiped.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentChanged`] where the ciphertext is not what was authenticated,
    /// [`EnvelopeError::SegmentOverlap`] where the borders differ, and [`EnvelopeError::SegmentMisaligned`].
    pub fn decrypt_segment(&self, offset: u64, segment: &mut [u8]) -> Result<(), EnvelopeError> {
        let outcome = self.check(offset, segment);
        match outcome {
            Ok(span) => self.message.decrypt_segment(span, segment),
            Err(_) => segment.zeroize(),
        }
        outcome.map(|_| ())
    }

    /// Checks that `length` bytes, decrypted from the first on, are the whole object: what was spooled may have become
    /// shorter since it was authenticated.
    ///
    /// # Errors
    /// [`EnvelopeError::MessageIncomplete`] where they are not.
    pub fn check_complete(&self, length: u64) -> Result<(), EnvelopeError> {
        if self.shares.message_length()? == length {
            return Ok(());
        }
        Err(EnvelopeError::MessageIncomplete { missing_at: length })
    }

    /// What another implementation of AES-GCM needs in order to decrypt, with the object's content key and no additional
    /// data, the segment of `length` bytes that starts `offset` bytes into the object. It finds out itself whether the
    /// bytes are those that were authenticated; where it refuses them, [`VerifiedObject::refused`] is the error.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentChanged`] where no such segment was authenticated, [`EnvelopeError::SegmentOverlap`]
    /// where its borders were others, and [`EnvelopeError::SegmentMisaligned`].
    pub fn delegate_segment(&self, offset: u64, length: u64) -> Result<DelegatedDecryption, EnvelopeError> {
        let span = Span::new(offset, length)?;
        let share = self.shares.known(span)?.ok_or_else(|| Self::refused(offset))?;
        Ok(DelegatedDecryption { iv: self.message.delegated_iv(span), tag: self.message.delegated_tag(span, share) })
    }

    /// The error for a delegated segment that the other implementation refused.
    #[must_use]
    pub const fn refused(offset: u64) -> EnvelopeError {
        EnvelopeError::SegmentChanged { offset }
    }

    fn check(&self, offset: u64, segment: &[u8]) -> Result<Span, EnvelopeError> {
        let span = Span::of(offset, segment)?;
        self.shares.check_unchanged(span, &self.message.authenticate_segment(segment))?;
        Ok(span)
    }
}
