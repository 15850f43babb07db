//! Encrypting one object.

use zeroize::Zeroize;

use super::CommitmentPolicy;
use crate::error::EnvelopeError;
use crate::gcm::{DelegatedIv, GcmMessage, ShareLedger, Span, TAG_LENGTH, check_message_length};
use crate::keyring::{EncryptionMaterials, Keyring};
use crate::metadata::{ContentMetadata, MessageFormat, MetadataMap};
use crate::suite::MessageParameters;

/// Encrypts one object under a data key of its own, segment by segment, in any order.
///
/// A session is for one object. The same segment may be encrypted again (to send a part again), but only with the same
/// bytes; other bytes are refused, since two plaintexts at one position under one key would give both away.
#[derive(Debug)]
pub struct EncryptSession {
    message: GcmMessage,
    shares: ShareLedger,
    metadata: ContentMetadata,
    content_length: Option<u64>,
    /// Whether the tag was given out: two tags under one key and IV, of two lengths, would give the hash key away.
    is_ended: bool,
}

impl EncryptSession {
    /// Starts an object with a fresh data key from `keyring`. `content_length` is the plaintext's length in bytes,
    /// where it is known; it is then held to.
    ///
    /// # Errors
    /// [`EnvelopeError::MessageTooLong`] where `content_length` is over 2³⁶ − 32, and the keyring's own.
    pub fn start(
        keyring: &impl Keyring,
        policy: CommitmentPolicy,
        content_length: Option<u64>,
    ) -> Result<Self, EnvelopeError> {
        Self::with_materials(&keyring.encryption_materials(policy.suite())?, content_length)
    }

    /// Starts an object with the data key in `materials`, which must be used for this object only.
    ///
    /// # Errors
    /// [`EnvelopeError::MessageTooLong`] where `content_length` is over 2³⁶ − 32 bytes,
    /// [`EnvelopeError::InvalidOption`] where the description is longer than one that is read, and
    /// [`EnvelopeError::RandomnessUnavailable`] where the platform gives no randomness.
    pub fn with_materials(materials: &EncryptionMaterials, content_length: Option<u64>) -> Result<Self, EnvelopeError> {
        content_length.map_or(Ok(()), check_message_length)?;
        let parameters = MessageParameters::generate(materials.suite)?;
        let (message, commitment) = parameters.message(&materials.data_key);
        let format = match (parameters, commitment) {
            (MessageParameters::Id(message_id), Some(commitment)) => MessageFormat::V3 { message_id, commitment },
            (MessageParameters::Iv(iv), None) => MessageFormat::V2 { iv, unencrypted_content_length: content_length },
            _ => return Err(EnvelopeError::Internal { what: "a suite and its parameters disagree" }),
        };
        let metadata = ContentMetadata { wrapped: materials.wrapped.clone(), format };
        metadata.check_limits()?;
        Ok(Self { message, shares: ShareLedger::default(), metadata, content_length, is_ended: false })
    }

    /// The metadata to store with the object, by name without the prefix `x-amz-meta-`. Known before any content is.
    #[must_use]
    pub fn metadata(&self) -> MetadataMap {
        self.metadata.to_map()
    }

    /// Encrypts in place the segment that starts `offset` bytes into the plaintext. Every segment but the last is a
    /// multiple of 16 bytes long. On failure the buffer is wiped and nothing about the session changes.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentMisaligned`], [`EnvelopeError::SegmentOverlap`], [`EnvelopeError::MessageTooLong`],
    /// [`EnvelopeError::ContentLengthMismatch`] where the segment goes beyond the length that was declared, and
    /// [`EnvelopeError::SegmentChanged`] where it was encrypted before with other bytes.
    pub fn encrypt_segment(&mut self, offset: u64, segment: &mut [u8]) -> Result<(), EnvelopeError> {
        let outcome = self.try_encrypt(offset, segment);
        if outcome.is_err() {
            segment.zeroize();
        }
        outcome
    }

    /// The key of the object's content, for another implementation of AES to which segments are delegated.
    #[must_use]
    pub fn content_key(&self) -> &[u8; 32] {
        self.message.key()
    }

    /// The IV under which another implementation of AES-GCM is to encrypt the segment of `length` bytes that starts
    /// `offset` bytes into the plaintext, with [`EncryptSession::content_key`] and no additional data. Its ciphertext is
    /// to be kept back until [`EncryptSession::record_delegated`] has taken its tag.
    ///
    /// # Errors
    /// Those of [`EncryptSession::encrypt_segment`], but for [`EnvelopeError::SegmentChanged`].
    pub fn delegate_segment(&self, offset: u64, length: u64) -> Result<DelegatedIv, EnvelopeError> {
        Ok(self.message.delegated_iv(self.span(offset, length)?))
    }

    /// Takes the tag that came with the ciphertext of a delegated segment. Only after this succeeded may the
    /// ciphertext be used.
    ///
    /// # Errors
    /// Those of [`EncryptSession::encrypt_segment`].
    pub fn record_delegated(&mut self, offset: u64, length: u64, tag: &[u8; TAG_LENGTH]) -> Result<(), EnvelopeError> {
        let span = self.span(offset, length)?;
        self.shares.record(span, self.message.share_of_encrypted(span, tag))
    }

    /// A segment's span, if it may be encrypted.
    fn span(&self, offset: u64, length: u64) -> Result<Span, EnvelopeError> {
        let span = Span::new(offset, length)?;
        self.check_declared(span.end(), |end, declared| end <= declared)?;
        match self.shares.known(span)? {
            None if self.is_ended => Err(EnvelopeError::SegmentChanged { offset }),
            _ => Ok(span),
        }
    }

    fn try_encrypt(&mut self, offset: u64, segment: &mut [u8]) -> Result<(), EnvelopeError> {
        let span = self.span(offset, segment.len() as u64)?;
        let share = self.message.encrypt_segment(span, segment);
        self.shares.record(span, share)
    }

    /// Ends the object: the 16 bytes to store after the ciphertext. From now on segments can only be encrypted again.
    ///
    /// # Errors
    /// [`EnvelopeError::MessageIncomplete`] where a segment is missing, and [`EnvelopeError::ContentLengthMismatch`]
    /// where the plaintext was not as long as declared.
    pub fn finish(&mut self) -> Result<[u8; TAG_LENGTH], EnvelopeError> {
        let length = self.shares.message_length()?;
        self.check_declared(length, |length, declared| length == declared)?;
        self.is_ended = true;
        self.message.tag(&self.shares)
    }

    fn check_declared(&self, actual: u64, fits: impl Fn(u64, u64) -> bool) -> Result<(), EnvelopeError> {
        match self.content_length {
            Some(declared) if !fits(actual, declared) => Err(EnvelopeError::ContentLengthMismatch { declared, actual }),
            _ => Ok(()),
        }
    }
}
