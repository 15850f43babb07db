//! Decisions of an upload or download: how to cut it, what to do when a request fails, and the two XML documents of a
//! multipart upload. No I/O happens here; callers ask, act, and ask again.

mod answer;
mod checksum;
mod complete;
mod growing;
mod plan;
mod range;
mod retry;
mod xml;

pub use answer::{StorageError, completed_etag, copied_etag, storage_error, upload_id};
pub use checksum::ChecksumAlgorithm;
pub use complete::{CompletedPart, complete_body};
pub use growing::GrowingPlan;
pub use plan::{
    MAX_OBJECT_LENGTH, MAX_PART_LENGTH, MAX_PARTS, MAX_SINGLE_PUT_LENGTH, MIN_PART_LENGTH, MultipartPlan, Part,
    PlanOptions, TransferPlan,
};
pub use range::{ByteRange, DEFAULT_RANGE_LENGTH, RangePlan};
pub use retry::{Attempt, Decision, Outcome, RetryPolicy};
