//! The shares of a message's tag, collected in any order and folded into one tag at the end.
//!
//! A share is a segment's GHASH, computed as if the segment stood alone. Folding in message order,
//! Y ← Y · H^(blocks of the segment) ⊕ share, gives the GHASH of the whole (Horner's rule on NIST SP 800-38D,
//! section 6.4). Sixteen bytes a segment are kept until the end, because they also prove that a segment that is
//! processed again holds the same bytes as before: encrypting different bytes at one position under one data key
//! would give both away.

use alloc::vec::Vec;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::field::{Block, Element};
use super::span::Span;
use crate::error::EnvelopeError;

/// A segment's part in the message's tag: 16 secret bytes, wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Share(Block);

impl Share {
    /// The share whose 16 bytes were computed elsewhere, by another engine or worker.
    #[must_use]
    pub const fn from_bytes(bytes: Block) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, to hand to the one who combines. They are secret: with the tag they would help a forger.
    #[must_use]
    pub const fn as_bytes(&self) -> &Block {
        &self.0
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl core::fmt::Debug for Share {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Share").finish_non_exhaustive()
    }
}

/// What is known of a message's segments so far.
///
/// Segments come nearly in order, so a sorted list is as quick as a tree, and a tenth of its code.
#[derive(Debug, Default)]
pub struct ShareLedger {
    by_offset: Vec<(Span, Share)>,
}

impl ShareLedger {
    /// The ledger of a message that is one segment.
    ///
    /// # Errors
    /// None: a segment does not overlap itself.
    pub(super) fn of(span: Span, share: Share) -> Result<Self, EnvelopeError> {
        let mut ledger = Self::default();
        ledger.record(span, share)?;
        Ok(ledger)
    }

    /// Notes a segment's share. The same segment may be noted again (a retry) if its share is the same.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentChanged`] where the segment was noted before with other bytes, and
    /// [`EnvelopeError::SegmentOverlap`] where it overlaps one that was noted. The ledger is then as before.
    pub fn record(&mut self, span: Span, share: Share) -> Result<(), EnvelopeError> {
        if self.known(span)?.is_some() {
            return self.check_unchanged(span, &share);
        }
        self.make_room();
        self.by_offset.insert(self.place_of(span), (span, share));
        Ok(())
    }

    /// Where a segment is in the list, or would be.
    fn place_of(&self, span: Span) -> usize {
        self.by_offset.partition_point(|(known, _)| known.offset() < span.offset())
    }

    /// A list that grows by itself would leave shares behind in the memory that it gives back.
    fn make_room(&mut self) {
        if self.by_offset.len() == self.by_offset.capacity() {
            let mut roomy = Vec::with_capacity(self.by_offset.len() * 2 + 4);
            roomy.extend_from_slice(&self.by_offset);
            self.by_offset = roomy;
        }
    }

    /// Checks that a segment was noted before, with just this share.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentChanged`] where its bytes differ or it was never noted, and
    /// [`EnvelopeError::SegmentOverlap`] where its borders are not those it had.
    pub fn check_unchanged(&self, span: Span, share: &Share) -> Result<(), EnvelopeError> {
        match self.known(span)? {
            Some(recorded) if recorded.is_same_as(share) => Ok(()),
            _ => Err(EnvelopeError::SegmentChanged { offset: span.offset() }),
        }
    }

    /// The share noted for exactly this span, if there is one.
    ///
    /// # Errors
    /// [`EnvelopeError::SegmentOverlap`] where a noted segment covers some of the span under other borders.
    pub fn known(&self, span: Span) -> Result<Option<&Share>, EnvelopeError> {
        let (before, after) = self.by_offset.split_at(self.place_of(span));
        let overlap = EnvelopeError::SegmentOverlap { offset: span.offset() };
        match (before.last(), after.first()) {
            (_, Some((known, share))) if *known == span => Ok(Some(share)),
            (Some((known, _)), _) if known.end() > span.offset() => Err(overlap),
            (_, Some((known, _))) if known.offset() < span.end() || known.offset() == span.offset() => Err(overlap),
            _ => Ok(None),
        }
    }

    /// The message's length in bytes, when its segments lie without a gap from the first byte on.
    ///
    /// # Errors
    /// [`EnvelopeError::MessageIncomplete`] where a segment is missing; it names the first missing byte.
    pub fn message_length(&self) -> Result<u64, EnvelopeError> {
        let mut end = 0;
        for (span, _) in &self.by_offset {
            if span.offset() != end {
                return Err(EnvelopeError::MessageIncomplete { missing_at: end });
            }
            end = span.end();
        }
        Ok(end)
    }

    /// The GHASH of the whole ciphertext, `start` being the GHASH of what stands before it (the AAD).
    pub(super) fn fold(&self, hash_key: &Element, start: Element) -> Element {
        let mut whole = start;
        let mut last_power = (0, Element::zero());
        for (span, share) in &self.by_offset {
            // Segments are of one length but for the last: one power serves nearly all.
            if last_power.0 != span.blocks() {
                last_power = (span.blocks(), hash_key.power(span.blocks()));
            }
            if span.blocks() > 0 {
                whole = whole.times(&last_power.1).plus(&Element::from_block(share.0));
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(offset: u64, length: u64) -> Span {
        Span::new(offset, length).unwrap()
    }

    #[test]
    fn a_segment_noted_again_must_be_the_same() {
        let mut ledger = ShareLedger::default();
        ledger.record(span(0, 32), Share([1; 16])).unwrap();
        assert_eq!(ledger.record(span(0, 32), Share([1; 16])), Ok(()));
        assert_eq!(ledger.record(span(0, 32), Share([2; 16])).unwrap_err().code(), "SEGMENT_CHANGED");
        assert_eq!(ledger.check_unchanged(span(32, 32), &Share([1; 16])).unwrap_err().code(), "SEGMENT_CHANGED");
    }

    #[test]
    fn segments_may_not_overlap() {
        let mut ledger = ShareLedger::default();
        ledger.record(span(32, 32), Share([1; 16])).unwrap();
        for overlapping in [span(32, 16), span(32, 48), span(48, 16), span(0, 33), span(16, 64)] {
            assert_eq!(ledger.record(overlapping, Share([1; 16])).unwrap_err().code(), "SEGMENT_OVERLAP");
        }
        ledger.record(span(0, 32), Share([1; 16])).unwrap();
        ledger.record(span(64, 5), Share([1; 16])).unwrap();
        assert_eq!(ledger.message_length(), Ok(69));
    }

    #[test]
    fn a_missing_segment_is_named() {
        let mut ledger = ShareLedger::default();
        assert_eq!(ledger.message_length(), Ok(0));
        ledger.record(span(64, 16), Share([1; 16])).unwrap();
        assert_eq!(ledger.message_length(), Err(EnvelopeError::MessageIncomplete { missing_at: 0 }));
        ledger.record(span(0, 48), Share([1; 16])).unwrap();
        assert_eq!(ledger.message_length(), Err(EnvelopeError::MessageIncomplete { missing_at: 48 }));
    }
}
