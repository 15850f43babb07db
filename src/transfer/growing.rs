//! How an upload of unknown length is cut into parts: short ones as long as that can go well, then ever longer ones.

use crate::error::EnvelopeError;

use super::plan::{MAX_PARTS, Part, PlanOptions};

/// Up to this number parts have the length that was asked for: with the default of 8 MiB, the first 39 GiB.
const STEADY_PARTS: u32 = MAX_PARTS / 2;

/// Beyond, they are twice as long after every so many parts, up to S3's limit. By default that comes to some 15 TiB.
const PARTS_A_DOUBLING: u32 = 250;

/// The parts of an object whose length nobody knows yet. They are asked for one after the other; the last one is the one
/// in which the content ends, and may be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrowingPlan {
    options: PlanOptions,
    longest: u64,
    number: u32,
    end: u64,
}

impl GrowingPlan {
    /// A plan of no parts yet. The threshold for a single PUT means nothing here: who finds that the content ended in its
    /// first part sends that.
    ///
    /// # Errors
    /// [`EnvelopeError::InvalidTransferPlan`] where the options contradict S3's limits.
    pub fn new(options: PlanOptions) -> Result<Self, EnvelopeError> {
        Ok(Self { options, longest: options.longest_part()?, number: 0, end: 0 })
    }

    /// The next part, if all of it is content. It has room for the trailer in any case.
    ///
    /// # Errors
    /// [`EnvelopeError::ObjectTooLarge`] where S3 takes no more parts.
    pub fn next_part(&mut self) -> Result<Part, EnvelopeError> {
        if self.number == MAX_PARTS {
            let limit = self.end + self.options.trailer;
            return Err(EnvelopeError::ObjectTooLarge { length: limit + 1, limit });
        }
        let (number, offset) = (self.number + 1, self.end);
        let body_length = self.length_of(number);
        (self.number, self.end) = (number, offset + body_length);
        Ok(Part { number, offset, body_length, trailer: 0 })
    }

    fn length_of(&self, number: u32) -> u64 {
        let doublings = number.saturating_sub(STEADY_PARTS).div_ceil(PARTS_A_DOUBLING);
        let aligned = self.options.part_length.next_multiple_of(self.options.alignment);
        // 5 GiB, doubled twenty times, is far below 2^64.
        (aligned << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{MAX_PART_LENGTH, MIN_PART_LENGTH};
    use super::*;
    use crate::error::EnvelopeError;

    const MIB: u64 = 1 << 20;
    const TAGGED: PlanOptions =
        PlanOptions { alignment: 512 << 10, part_length: 8 * MIB, single_put_threshold: 0, trailer: 16 };

    fn parts(options: PlanOptions) -> (Vec<Part>, EnvelopeError) {
        let mut plan = GrowingPlan::new(options).unwrap();
        let mut all = Vec::new();
        loop {
            match plan.next_part() {
                Ok(part) => all.push(part),
                Err(error) => return (all, error),
            }
        }
    }

    #[test]
    fn the_longest_message_of_gcm_fits_with_short_parts() {
        for (part_length, longest) in [(MIN_PART_LENGTH, 160 * MIB), (8 * MIB, 64 * MIB)] {
            let (all, _) = parts(PlanOptions { part_length, ..TAGGED });
            let reached = all.iter().position(|part| part.offset + part.body_length >= 1 << 36).unwrap();
            assert!(all[reached].body_length <= longest, "{:?}", all[reached]);
        }
    }

    #[test]
    fn there_is_room_for_terabytes_and_then_a_typed_end() {
        let (all, error) = parts(TAGGED);
        let end = all.iter().map(|part| part.body_length).sum::<u64>();
        assert_eq!(all.len(), 10_000);
        assert!(end > 14 << 40, "{end}");
        assert_eq!(error, EnvelopeError::ObjectTooLarge { length: end + 17, limit: end + 16 });
    }

    #[test]
    fn options_that_contradict_s3_are_refused() {
        let options = PlanOptions { part_length: MIN_PART_LENGTH - 1, ..TAGGED };
        assert_eq!(GrowingPlan::new(options).unwrap_err().code(), "INVALID_TRANSFER_PLAN");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn parts_follow_each_other_within_s3s_limits(
            alignment in prop_oneof![Just(1_u64), 1..=MIB],
            part_length in prop_oneof![Just(MIN_PART_LENGTH), MIN_PART_LENGTH..=MAX_PART_LENGTH],
        ) {
            let (all, _) = parts(PlanOptions { alignment, part_length, ..TAGGED });
            let mut end = 0;
            for (number, part) in (1..).zip(all) {
                prop_assert_eq!((part.number, part.offset, part.trailer), (number, end, 0));
                prop_assert_eq!(part.offset % alignment, 0);
                prop_assert!((MIN_PART_LENGTH..=MAX_PART_LENGTH - 16).contains(&part.body_length));
                end += part.body_length;
            }
        }
    }
}
