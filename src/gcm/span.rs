//! Where a segment lies in its message, and how long a message may be.

use crate::error::EnvelopeError;

/// The length of an AES block, in bytes.
pub const BLOCK_LENGTH: u64 = 16;

/// The longest plaintext of one AES-GCM message: 2³⁶ − 32 bytes (NIST SP 800-38D, section 5.2.1.1). One byte more and
/// the 32-bit block counter would repeat, which gives plaintext away.
pub const MAX_MESSAGE_LENGTH: u64 = (1 << 36) - 32;

/// A run of bytes of a message: a segment's place. It starts on a block and stays within [`MAX_MESSAGE_LENGTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    offset: u64,
    length: u64,
}

impl Span {
    /// A span of `length` bytes that starts `offset` bytes into the message.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentMisaligned`] where `offset` is no multiple of 16, and
    /// [`EnvelopeError::MessageTooLong`] where the span ends beyond [`MAX_MESSAGE_LENGTH`].
    pub fn new(offset: u64, length: u64) -> Result<Self, EnvelopeError> {
        if !offset.is_multiple_of(BLOCK_LENGTH) {
            return Err(EnvelopeError::SegmentMisaligned { offset });
        }
        check_message_length(offset.saturating_add(length))?;
        Ok(Self { offset, length })
    }

    /// The span that a buffer covers when it starts at `offset`.
    ///
    /// # Errors
    /// As [`Span::new`].
    pub fn of(offset: u64, bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Self::new(offset, bytes.len() as u64)
    }

    /// The first byte's offset in the message.
    #[must_use]
    pub const fn offset(self) -> u64 {
        self.offset
    }

    /// The number of bytes.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.length
    }

    /// The offset just past the last byte.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.offset + self.length
    }

    /// The number of blocks, a partial one at the end counted whole.
    #[must_use]
    pub const fn blocks(self) -> u64 {
        self.length.div_ceil(BLOCK_LENGTH)
    }

    /// The number of whole blocks before the span; fits 32 bits, as [`MAX_MESSAGE_LENGTH`] sees to.
    #[expect(clippy::cast_possible_truncation, reason = "offset / 16 < 2^32, checked on construction")]
    pub(crate) const fn first_block(self) -> u32 {
        (self.offset / BLOCK_LENGTH) as u32
    }
}

/// Refuses a message that AES-GCM's counter cannot carry.
///
/// # Errors
/// [`EnvelopeError::MessageTooLong`] where `length`, in bytes, is over [`MAX_MESSAGE_LENGTH`].
pub fn check_message_length(length: u64) -> Result<(), EnvelopeError> {
    if length > MAX_MESSAGE_LENGTH {
        return Err(EnvelopeError::MessageTooLong { length });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_does_not_start_on_a_block_is_refused() {
        assert_eq!(Span::new(15, 1), Err(EnvelopeError::SegmentMisaligned { offset: 15 }));
        assert!(Span::new(16, 1).is_ok());
    }

    #[test]
    fn the_last_byte_that_gcm_can_carry_is_the_limit() {
        assert!(Span::new(MAX_MESSAGE_LENGTH - 16, 16).is_ok());
        let too_long = Span::new(MAX_MESSAGE_LENGTH - 16, 17).unwrap_err();
        assert_eq!(too_long.code(), "MESSAGE_TOO_LONG");
        assert_eq!(Span::new(1 << 40, u64::MAX).unwrap_err().code(), "MESSAGE_TOO_LONG");
    }

    #[test]
    fn a_partial_block_counts_whole() {
        let blocks = |length| Span::new(0, length).unwrap().blocks();
        assert_eq!([blocks(0), blocks(1), blocks(16), blocks(17)], [0, 1, 1, 2]);
    }
}
