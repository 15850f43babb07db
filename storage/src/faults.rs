//! Faults on purpose, for tests of clients and for demos: the nth answer of an operation fails, in one of the ways in which
//! a storage or the way to it does. Off until somebody sets a rule; no request can set one.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::Frame;
use http_body_util::{BodyDataStream, BodyExt, StreamBody};
use s3s::{Body, S3Error, S3ErrorCode, StdError};
use serde::{Deserialize, Serialize};

use crate::ops::OPERATIONS;

/// How an answer fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// 500 `InternalError`, and nothing was done.
    InternalError,
    /// 503 `SlowDown`, and nothing was done.
    SlowDown,
    /// The work is done, and the connection ends without an answer.
    Reset,
    /// The work is done, and the answer never comes.
    Stall,
    /// The answer's body ends after its first half.
    TruncatedBody,
    /// One bit in the middle of the answer's body is another.
    CorruptedBody,
}

/// Which answers fail, and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRule {
    /// The operation, such as `UploadPart`, or `kms:GenerateDataKey`; any of S3 and KMS unless given. A form is a
    /// `PutObject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The first answer that fails, counted from 1 and from when the rule was set.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many fail in a row.
    #[serde(default = "one")]
    pub times: u32,
    /// How they fail.
    pub fault: Fault,
}

/// A rule with what has come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultState {
    /// The rule.
    #[serde(flatten)]
    pub rule: FaultRule,
    /// How many answers it could have been for.
    pub seen: u32,
}

/// A rule that can hit nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultRuleError {
    /// An operation that the storage does not answer.
    #[error("there is no operation {0:?} to fail; name one as S3 does, such as UploadPart, or KMS's as kms:Decrypt")]
    UnknownOperation(String),
    /// Answers are counted from 1.
    #[error("answers are counted from 1: neither `nth` nor `times` can be 0")]
    Zero,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<FaultState>>);

const fn one() -> u32 {
    1
}

impl Faults {
    /// Puts rules in the place of those in force.
    pub(crate) fn set(&self, rules: Vec<FaultRule>) -> Result<(), FaultRuleError> {
        rules.iter().try_for_each(FaultRule::check)?;
        *self.rules() = rules.into_iter().map(|rule| FaultState { rule, seen: 0 }).collect();
        Ok(())
    }

    /// The rules in force.
    pub(crate) fn states(&self) -> Vec<FaultState> {
        self.rules().clone()
    }

    /// Counts an answer, and tells how it fails, if it does: by the first rule that it falls under.
    pub(crate) fn next(&self, operation: &str) -> Option<Fault> {
        let mut hit = None;
        for state in self.rules().iter_mut().filter(|state| state.rule.is_for(operation)) {
            state.seen = state.seen.saturating_add(1);
            let past = state.seen.checked_sub(state.rule.nth);
            hit = hit.or(past.filter(|past| *past < state.rule.times).map(|_| state.rule.fault));
        }
        hit
    }

    /// The list is whole at any time, also after a panic elsewhere.
    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<FaultState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// KMS's operations are told from S3's by this.
pub(crate) const KMS_PREFIX: &str = "kms:";

impl FaultRule {
    fn check(&self) -> Result<(), FaultRuleError> {
        if self.nth == 0 || self.times == 0 {
            return Err(FaultRuleError::Zero);
        }
        let Some(operation) = &self.operation else { return Ok(()) };
        let is_kms = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_known = match operation.strip_prefix(KMS_PREFIX) {
            Some(name) => is_kms(name),
            None => OPERATIONS.iter().any(|known| is_same(known, operation)),
        };
        if is_known { Ok(()) } else { Err(FaultRuleError::UnknownOperation(operation.clone())) }
    }

    fn is_for(&self, operation: &str) -> bool {
        self.operation.as_ref().is_none_or(|wanted| is_same(operation, wanted))
    }
}

/// Whether `put_object` is `PutObject`.
fn is_same(known: &str, name: &str) -> bool {
    let letters = known.bytes().filter(|byte| *byte != b'_');
    letters.map(|byte| byte.to_ascii_lowercase()).eq(name.bytes().map(|byte| byte.to_ascii_lowercase()))
}

impl Fault {
    /// The refusal that comes in place of the work, if it is one.
    pub(crate) fn refusal(self) -> Option<S3Error> {
        match self {
            Self::InternalError => {
                let text = "We encountered an internal error. Please try again.";
                Some(S3Error::with_message(S3ErrorCode::InternalError, text))
            }
            Self::SlowDown => Some(S3Error::with_message(S3ErrorCode::SlowDown, "Please reduce your request rate.")),
            _ => None,
        }
    }

    /// An answer whose body fails. What ends the whole answer is for whoever holds the connection.
    pub(crate) fn applied(self, response: Response<Body>) -> Response<Body> {
        let harm = match self {
            Self::TruncatedBody => Harm::End,
            Self::CorruptedBody => Harm::Flip,
            _ => return response,
        };
        let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let length = length.or_else(|| http_body::Body::size_hint(response.body()).exact()).unwrap_or(0);
        if length == 0 {
            return response;
        }
        response.map(|body| {
            let harmed = Harmed { body: body.into_data_stream(), harm, until: length / 2, is_over: false };
            Body::http_body_unsync(StreamBody::new(harmed))
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    End,
    Flip,
    Done,
}

/// A body that is harmed at one place.
struct Harmed {
    body: BodyDataStream<Body>,
    harm: Harm,
    /// How many bytes come before that place.
    until: u64,
    is_over: bool,
}

impl Stream for Harmed {
    type Item = Result<Frame<Bytes>, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.harm == Harm::End && self.until == 0 {
            // The first half leaves before the connection ends: whoever sends it has the time now.
            self.harm = Harm::Done;
            self.is_over = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.is_over {
            return Poll::Ready(None);
        }
        let Some(piece) = ready!(Pin::new(&mut self.body).poll_next(context)).transpose()? else {
            return Poll::Ready(None);
        };
        let within = usize::try_from(self.until).ok().filter(|until| *until < piece.len());
        let piece = match (self.harm, within) {
            (Harm::End, Some(until)) => piece.slice(..until),
            (Harm::Flip, Some(until)) => {
                self.harm = Harm::Done;
                let mut bytes = piece.to_vec();
                bytes[until] ^= 1;
                bytes.into()
            }
            _ => piece,
        };
        self.until = self.until.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

// Async tests are run natively.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn rule(operation: Option<&str>, nth: u32, times: u32, fault: Fault) -> FaultRule {
        FaultRule { operation: operation.map(str::to_owned), nth, times, fault }
    }

    #[test]
    fn rules_count_the_answers_they_are_for() {
        let faults = Faults::default();
        let second = rule(Some("UploadPart"), 2, 2, Fault::SlowDown);
        faults.set(vec![second.clone(), rule(None, 5, 1, Fault::Reset)]).unwrap();
        let hits: Vec<_> = ["upload_part", "put_object", "upload_part", "upload_part", "upload_part", "put_object"]
            .map(|operation| faults.next(operation))
            .into();
        assert_eq!(hits, [None, None, Some(Fault::SlowDown), Some(Fault::SlowDown), Some(Fault::Reset), None]);
        assert_eq!(faults.states()[0], FaultState { rule: second, seen: 4 });
    }

    #[test]
    fn rules_that_can_hit_nothing_are_refused_and_change_nothing() {
        let faults = Faults::default();
        faults.set(vec![rule(Some("kms:Decrypt"), 1, 1, Fault::SlowDown)]).unwrap();
        for wrong in ["UploadParts", "kms:", "", "kms:a b"] {
            let error = faults.set(vec![rule(Some(wrong), 1, 1, Fault::Reset)]).unwrap_err();
            assert_eq!(error, FaultRuleError::UnknownOperation(wrong.to_owned()));
        }
        assert_eq!(faults.set(vec![rule(None, 0, 1, Fault::Reset)]), Err(FaultRuleError::Zero));
        assert_eq!(faults.states().len(), 1);
    }

    #[test]
    fn rules_are_written_as_javascript_writes() {
        let read: FaultRule = serde_json::from_str(r#"{"operation": "GetObject", "fault": "truncated-body"}"#).unwrap();
        assert_eq!(read, rule(Some("GetObject"), 1, 1, Fault::TruncatedBody));
        assert!(serde_json::from_str::<FaultRule>(r#"{"fault": "reset", "nht": 2}"#).is_err());
    }

    #[tokio::test]
    async fn bodies_are_harmed_in_their_middle_wherever_pieces_end() {
        for pieces in [vec!["abcdefgh"], vec!["abcd", "efgh"], vec!["a", "bcdefg", "h"]] {
            let whole = || {
                let pieces = pieces.clone().into_iter().map(|piece| Ok::<_, StdError>(Frame::data(Bytes::from(piece))));
                let body = Body::http_body_unsync(StreamBody::new(futures::stream::iter(pieces)));
                Response::builder().header(CONTENT_LENGTH, 8).body(body).unwrap()
            };
            let harmed = async |fault: Fault| fault.applied(whole()).into_body().collect().await.unwrap().to_bytes();
            assert_eq!(harmed(Fault::TruncatedBody).await, "abcd");
            assert_eq!(harmed(Fault::CorruptedBody).await, "abcddfgh");
            assert_eq!(harmed(Fault::Stall).await, "abcdefgh");
        }
    }
}
