//! How an object is downloaded in ranges, several at a time.
//!
//! The first range is asked for before anything is known of the object; its answer tells the object's length.
//! Source: RFC 9110, sections 14.2 (`Range`) and 14.4 (`Content-Range`).

use alloc::string::String;

use crate::decimal::decimal;
use crate::error::EnvelopeError;

const MIB: u64 = 1 << 20;

/// The length of a range unless the caller says otherwise, in bytes: long enough that requests cost little, short
/// enough that several fit into memory and that little is lost when one breaks off.
pub const DEFAULT_RANGE_LENGTH: u64 = 8 * MIB;

/// An object of known length, in ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangePlan {
    range_length: u64,
    total: u64,
}

/// One range of an object: `start` to before `end`, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The byte after the last.
    pub end: u64,
}

impl ByteRange {
    /// The first range of any object.
    ///
    /// # Errors
    /// [`EnvelopeError::InvalidTransferPlan`] for ranges of no length.
    pub const fn first(range_length: u64) -> Result<Self, EnvelopeError> {
        if range_length == 0 {
            return Err(EnvelopeError::InvalidTransferPlan { reason: "a range must be at least 1 byte long" });
        }
        Ok(Self { start: 0, end: range_length })
    }

    /// The value of the header `Range` that asks for it.
    #[must_use]
    pub fn header(&self) -> String {
        ["bytes=", &decimal(self.start), "-", &decimal(self.end - 1)].concat()
    }
}

impl RangePlan {
    /// The plan for an object whose first range was answered with this `Content-Range`.
    ///
    /// # Errors
    /// [`EnvelopeError::UnexpectedStorageAnswer`] where that is no answer to what was asked for.
    pub fn new(range_length: u64, content_range: &str) -> Result<Self, EnvelopeError> {
        let (range, total) = parse(content_range)?;
        let plan = Self { range_length, total };
        if plan.range(0) == Some(range) { Ok(plan) } else { Err(OTHER_RANGE) }
    }

    /// The length of the object, in bytes.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The range of this number, from 0; nothing beyond the object's end.
    #[must_use]
    pub fn range(&self, number: u64) -> Option<ByteRange> {
        let start = number.checked_mul(self.range_length)?;
        let end = start.saturating_add(self.range_length).min(self.total);
        (start < end).then_some(ByteRange { start, end })
    }

    /// Checks that an answer holds the range of this number, of an object that is as long as it was.
    ///
    /// # Errors
    /// [`EnvelopeError::UnexpectedStorageAnswer`] where it does not.
    pub fn check(&self, number: u64, content_range: &str) -> Result<(), EnvelopeError> {
        let (range, total) = parse(content_range)?;
        if total == self.total && self.range(number) == Some(range) { Ok(()) } else { Err(OTHER_RANGE) }
    }
}

const OTHER_RANGE: EnvelopeError =
    EnvelopeError::UnexpectedStorageAnswer { reason: "it holds another range than was asked for" };

/// Reads `bytes 0-8388607/26214400`.
fn parse(content_range: &str) -> Result<(ByteRange, u64), EnvelopeError> {
    let read = || {
        let (range, total) = content_range.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (start, end) = (number(first)?, number(last)?.checked_add(1)?);
        let total = number(total)?;
        (start < end && end <= total).then_some((ByteRange { start, end }, total))
    };
    read().ok_or(EnvelopeError::UnexpectedStorageAnswer { reason: "its Content-Range is not one" })
}

fn number(digits: &str) -> Option<u64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_asked_for_by_its_first_and_last_byte() {
        assert_eq!(ByteRange::first(10).unwrap().header(), "bytes=0-9");
        assert_eq!(ByteRange::first(0).unwrap_err().code(), "INVALID_TRANSFER_PLAN");
    }

    #[test]
    fn an_answer_with_another_range_is_refused() {
        let plan = RangePlan::new(10, "bytes 0-9/25").unwrap();
        assert_eq!(plan.check(2, "bytes 20-24/25"), Ok(()));
        for other in ["bytes 10-19/25", "bytes 20-24/26", "bytes 20-23/25"] {
            assert_eq!(plan.check(2, other).unwrap_err().code(), "UNEXPECTED_STORAGE_ANSWER", "{other}");
        }
        for first in ["bytes 1-9/25", "bytes 0-8/25", "bytes 0-10/25"] {
            assert_eq!(RangePlan::new(10, first).unwrap_err().code(), "UNEXPECTED_STORAGE_ANSWER", "{first}");
        }
    }

    #[test]
    fn what_is_no_content_range_is_refused() {
        for text in ["", "bytes", "bytes 0-9", "bytes */25", "bytes 0-9/*", "bytes +0-9/25", "bytes 9-0/25", "0-9/25"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("bytes 0-18446744073709551615/18446744073709551615").is_err());
    }

    proptest! {
        #[test]
        fn ranges_cover_an_object_once(total in 1_u64..1 << 40, range_length in 1_u64 << 20..1 << 34) {
            let first = total.min(range_length) - 1;
            let plan = RangePlan::new(range_length, &format!("bytes 0-{first}/{total}")).unwrap();
            let count = total.div_ceil(range_length);
            let mut end = 0;
            for number in [0, count / 2, count - 1] {
                let range = plan.range(number).unwrap();
                prop_assert_eq!(range.start, number * range_length);
                end = range.end;
            }
            prop_assert_eq!(end, total);
            prop_assert_eq!(plan.range(count), None);
        }
    }
}
