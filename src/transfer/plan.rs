//! How an upload of known length is cut into parts.
//!
//! Source of the limits: Amazon S3 User Guide, "Amazon S3 multipart upload limits".

use crate::error::EnvelopeError;

const MIB: u64 = 1 << 20;

/// The shortest part, in bytes, but for the last one: 5 MiB.
pub const MIN_PART_LENGTH: u64 = 5 * MIB;
/// The longest part, in bytes: 5 GiB.
pub const MAX_PART_LENGTH: u64 = 5 << 30;
/// The largest number of parts; they are numbered from 1.
pub const MAX_PARTS: u32 = 10_000;
/// The longest object that one PUT can create, in bytes: 5 GiB.
pub const MAX_SINGLE_PUT_LENGTH: u64 = 5 << 30;
/// The longest object, in bytes: 10,000 parts of 5 GiB, which AWS rounds to 48.8 TiB (or 50 TB).
pub const MAX_OBJECT_LENGTH: u64 = MAX_PARTS as u64 * MAX_PART_LENGTH;

/// What a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOptions {
    /// Parts start at multiples of this many bytes: the length of an encryption segment.
    pub alignment: u64,
    /// The part length wanted, in bytes, 5 MiB to 5 GiB. It grows where 10,000 such parts do not hold the object.
    pub part_length: u64,
    /// Objects up to this length, in bytes, go as one PUT.
    pub single_put_threshold: u64,
    /// This many bytes at the end stay together in the last part and count for no alignment: the authentication tag,
    /// which is known only when all before it is encrypted. A part that held half of it would have to wait.
    pub trailer: u64,
}

impl Default for PlanOptions {
    /// Parts of 8 MiB, one PUT up to 16 MiB, no alignment and no trailer.
    fn default() -> Self {
        Self { alignment: 1, part_length: 8 * MIB, single_put_threshold: 16 * MIB, trailer: 0 }
    }
}

/// How an object is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferPlan {
    /// By one `PutObject`.
    SinglePut {
        /// The length of its body, in bytes.
        length: u64,
    },
    /// By a multipart upload.
    Multipart(MultipartPlan),
}

impl TransferPlan {
    /// The plan for an object of `length` bytes, trailer included.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::ObjectTooLarge`] where S3 cannot hold the object in parts of this alignment;
    /// [`EnvelopeError::InvalidTransferPlan`] where the options contradict S3's limits.
    pub fn new(length: u64, options: &PlanOptions) -> Result<Self, EnvelopeError> {
        let longest = options.longest_part()?;
        if options.trailer > length {
            return Err(invalid("the trailer is longer than the object"));
        }
        if length <= options.single_put_threshold || length == 0 {
            return Ok(Self::SinglePut { length });
        }
        let body = length - options.trailer;
        let needed = body.div_ceil(MAX_PARTS.into());
        if needed > longest {
            let limit = longest * u64::from(MAX_PARTS) + options.trailer;
            return Err(EnvelopeError::ObjectTooLarge { length, limit });
        }
        let part_length = options.part_length.max(needed).next_multiple_of(options.alignment).min(longest);
        Ok(Self::Multipart(MultipartPlan { length, part_length, trailer: options.trailer }))
    }
}

/// The parts of a multipart upload: all as long as the first, but for the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultipartPlan {
    length: u64,
    part_length: u64,
    trailer: u64,
}

impl MultipartPlan {
    /// The length of the whole object, in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The length of every part but the last, in bytes.
    #[must_use]
    pub const fn part_length(&self) -> u64 {
        self.part_length
    }

    /// The number of parts, 1 to 10,000.
    #[must_use]
    pub fn part_count(&self) -> u32 {
        // At most MAX_PARTS, by the choice of the part length.
        u32::try_from(self.body().div_ceil(self.part_length)).unwrap_or(MAX_PARTS).max(1)
    }

    /// The part with this number, counted from 1; `None` where the plan has no such part.
    #[must_use]
    pub fn part_of(&self, number: u32) -> Option<Part> {
        let count = self.part_count();
        if number == 0 || number > count {
            return None;
        }
        let offset = u64::from(number - 1) * self.part_length;
        let is_last = number == count;
        let body_length = if is_last { self.body() - offset } else { self.part_length };
        Some(Part { number, offset, body_length, trailer: if is_last { self.trailer } else { 0 } })
    }

    /// All parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        let plan = *self;
        (1..=plan.part_count()).filter_map(move |number| plan.part_of(number))
    }

    const fn body(&self) -> u64 {
        self.length - self.trailer
    }
}

/// One part of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The part's number, from 1.
    pub number: u32,
    /// Where it starts in the object, in bytes.
    pub offset: u64,
    /// Its length without the trailer, in bytes.
    pub body_length: u64,
    /// The bytes of the trailer that follow: all of it in the last part, none in the others.
    pub trailer: u64,
}

impl Part {
    /// The length of the part as it is sent, in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.body_length + self.trailer
    }
}

impl PlanOptions {
    /// The longest part that keeps the alignment and leaves room for the trailer; checks the options on the way.
    pub(super) fn longest_part(&self) -> Result<u64, EnvelopeError> {
        if !(MIN_PART_LENGTH..=MAX_PART_LENGTH).contains(&self.part_length) {
            return Err(invalid("the part length must be 5 MiB to 5 GiB"));
        }
        if self.single_put_threshold > MAX_SINGLE_PUT_LENGTH {
            return Err(invalid("a single PUT takes at most 5 GiB; lower its threshold"));
        }
        let room = MAX_PART_LENGTH.checked_sub(self.trailer).ok_or(invalid("the trailer does not fit into a part"))?;
        let whole_steps = room.checked_div(self.alignment).ok_or(invalid("the alignment must be at least 1 byte"))?;
        let longest = whole_steps * self.alignment;
        if longest < MIN_PART_LENGTH {
            return Err(invalid("the alignment leaves no part length between 5 MiB and 5 GiB"));
        }
        Ok(longest)
    }
}

const fn invalid(reason: &'static str) -> EnvelopeError {
    EnvelopeError::InvalidTransferPlan { reason }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEGMENT: u64 = 512 << 10;
    const TAGGED: PlanOptions =
        PlanOptions { alignment: SEGMENT, part_length: 8 * MIB, single_put_threshold: 0, trailer: 16 };

    fn multipart(length: u64, options: &PlanOptions) -> MultipartPlan {
        match TransferPlan::new(length, options).unwrap() {
            TransferPlan::Multipart(plan) => plan,
            single @ TransferPlan::SinglePut { .. } => panic!("{single:?}"),
        }
    }

    #[test]
    fn small_objects_go_as_one_put() {
        let options = PlanOptions::default();
        for length in [0, 1, 16 * MIB] {
            assert_eq!(TransferPlan::new(length, &options).unwrap(), TransferPlan::SinglePut { length });
        }
        assert_eq!(multipart(16 * MIB + 1, &options).part_count(), 3);
        assert_eq!(
            TransferPlan::new(0, &PlanOptions { trailer: 0, ..TAGGED }).unwrap(),
            TransferPlan::SinglePut { length: 0 }
        );
    }

    #[test]
    fn the_tag_stays_whole_in_the_last_part() {
        // A body of exactly two parts, and some bytes around it: never a part of the tag alone, never a torn tag.
        for (body, last) in [(16 * MIB - 1, 8 * MIB - 1), (16 * MIB, 8 * MIB), (16 * MIB + 1, 1), (16 * MIB + 15, 15)] {
            let plan = multipart(body + 16, &TAGGED);
            let parts: Vec<Part> = plan.parts().collect();
            let end = parts.last().unwrap();
            assert_eq!((end.body_length, end.trailer, end.length()), (last, 16, last + 16));
            assert!(parts[..parts.len() - 1].iter().all(|part| part.length() == 8 * MIB));
        }
    }

    #[test]
    fn an_object_of_the_tag_alone_is_one_part() {
        let plan = multipart(16, &TAGGED);
        assert_eq!(plan.parts().collect::<Vec<_>>(), [Part { number: 1, offset: 0, body_length: 0, trailer: 16 }]);
    }

    #[test]
    fn parts_grow_to_stay_within_ten_thousand() {
        let plan = multipart(80_000 * MIB + 16, &TAGGED);
        assert_eq!((plan.part_count(), plan.part_length()), (10_000, 8 * MIB));
        let plan = multipart(80_000 * MIB + 17, &TAGGED);
        assert_eq!(plan.part_length(), 8 * MIB + SEGMENT);
        assert_eq!(plan.part_count(), 9412);
    }

    #[test]
    fn the_largest_object_fits_and_one_byte_more_does_not() {
        let whole = PlanOptions { alignment: 1, trailer: 0, ..TAGGED };
        let plan = multipart(MAX_OBJECT_LENGTH, &whole);
        assert_eq!((plan.part_count(), plan.part_length()), (MAX_PARTS, MAX_PART_LENGTH));
        let error = TransferPlan::new(MAX_OBJECT_LENGTH + 1, &whole).unwrap_err();
        assert_eq!(error, EnvelopeError::ObjectTooLarge { length: MAX_OBJECT_LENGTH + 1, limit: MAX_OBJECT_LENGTH });
        // With a tag the parts are a segment shorter, so that the last one has room for it.
        let limit = (MAX_PART_LENGTH - SEGMENT) * 10_000 + 16;
        assert_eq!(multipart(limit, &TAGGED).part_of(MAX_PARTS).unwrap().length(), MAX_PART_LENGTH - SEGMENT + 16);
        let error = TransferPlan::new(limit + 1, &TAGGED).unwrap_err();
        assert_eq!(error, EnvelopeError::ObjectTooLarge { length: limit + 1, limit });
        assert_eq!(TransferPlan::new(u64::MAX, &TAGGED).unwrap_err().code(), "OBJECT_TOO_LARGE");
    }

    #[test]
    fn options_that_contradict_s3_are_refused() {
        for options in [
            PlanOptions { alignment: 0, ..TAGGED },
            PlanOptions { alignment: MAX_PART_LENGTH, ..TAGGED },
            PlanOptions { alignment: u64::MAX, ..TAGGED },
            PlanOptions { part_length: MIN_PART_LENGTH - 1, ..TAGGED },
            PlanOptions { part_length: MAX_PART_LENGTH + 1, ..TAGGED },
            PlanOptions { single_put_threshold: MAX_SINGLE_PUT_LENGTH + 1, ..TAGGED },
            PlanOptions { trailer: u64::MAX, ..TAGGED },
            PlanOptions { trailer: 1001, ..TAGGED },
        ] {
            assert_eq!(TransferPlan::new(1000, &options).unwrap_err().code(), "INVALID_TRANSFER_PLAN", "{options:?}");
        }
    }

    #[test]
    fn a_part_that_the_plan_does_not_have_is_none() {
        let plan = multipart(20 * MIB, &TAGGED);
        assert_eq!(plan.part_count(), 3);
        assert!(plan.part_of(0).is_none() && plan.part_of(4).is_none() && plan.part_of(u32::MAX).is_none());
    }

    proptest! {
        #[test]
        fn parts_cover_the_object_once_within_s3s_limits(
            length in prop_oneof![16..1_u64 << 28, 16..=MAX_OBJECT_LENGTH - (10_000 << 20)],
            segment in prop_oneof![Just(1_u64), 1..=1_u64 << 20],
            part_length in prop_oneof![Just(MIN_PART_LENGTH), MIN_PART_LENGTH..=MAX_PART_LENGTH],
        ) {
            let options = PlanOptions { alignment: segment, part_length, single_put_threshold: 0, trailer: 16 };
            let plan = multipart(length, &options);
            prop_assert!(plan.part_count() <= MAX_PARTS);
            let mut end = 0;
            for part in plan.parts() {
                prop_assert_eq!(part.offset, end);
                prop_assert_eq!(part.offset % segment, 0);
                prop_assert_eq!(plan.part_of(part.number), Some(part));
                prop_assert!(part.length() <= MAX_PART_LENGTH);
                let is_last = part.number == plan.part_count();
                prop_assert!(is_last || part.length() >= MIN_PART_LENGTH);
                prop_assert_eq!(part.trailer, if is_last { 16 } else { 0 });
                end += part.length();
            }
            prop_assert_eq!(end, length);
        }
    }
}
