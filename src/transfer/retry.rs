//! What to do when a request fails: send it again, ask for a new URL, or give up.
//!
//! Delays grow exponentially with full jitter: uniform between nothing and a limit that doubles with each attempt, so
//! that clients which failed together do not come back together.

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'o> {
    /// The storage answered with an error.
    Answered {
        /// The HTTP status. It may be 200: S3 reports some failures of `CompleteMultipartUpload` and `CopyObject` so.
        status: u16,
        /// S3's error code, where the answer had a body to read it from.
        code: Option<&'o str>,
        /// Whether the URL is known to have expired: by S3's answer or by the clock.
        url_expired: bool,
    },
    /// No answer came: connection lost, timeout, or a refusal by CORS, which browsers do not tell apart.
    NetworkFailure,
    /// The caller stopped it.
    Aborted,
}

/// A request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt<'o> {
    /// How many times the request was sent, this time included: 1 for the first.
    pub number: u32,
    /// How it ended.
    pub outcome: Outcome<'o>,
    /// The `Retry-After` header of the answer, in seconds.
    pub retry_after_seconds: Option<u64>,
    /// Whether a new URL was already asked for in the course of this request.
    pub represigned: bool,
    /// A random number, uniform over all of `u32`. It needs no secrecy.
    pub jitter: u32,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send the same request again.
    Retry {
        /// After this many milliseconds.
        after_ms: u64,
    },
    /// Ask for a new presigned URL and send the request to that, at once.
    Represign,
    /// Report the failure.
    GiveUp,
}

/// How patient to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times a request is sent at most, the first time included.
    pub max_attempts: u32,
    /// The limit of the first delay, in milliseconds; it doubles with each attempt.
    pub base_delay_ms: u64,
    /// The largest limit of a delay, in milliseconds.
    pub max_delay_ms: u64,
    /// The longest `Retry-After` that is waited for, in seconds. The storage asked not to be called earlier, so a longer
    /// one ends the request.
    pub max_retry_after_seconds: u64,
}

impl Default for RetryPolicy {
    /// Six attempts, delays up to 0.5, 1, 2, 4, 8 seconds, `Retry-After` up to two minutes.
    fn default() -> Self {
        Self { max_attempts: 6, base_delay_ms: 500, max_delay_ms: 20_000, max_retry_after_seconds: 120 }
    }
}

impl RetryPolicy {
    /// What to do about a failed attempt.
    #[must_use]
    pub fn decide(&self, attempt: &Attempt<'_>) -> Decision {
        if attempt.number >= self.max_attempts {
            return Decision::GiveUp;
        }
        match classify(attempt.outcome) {
            Kind::Transient => self.delay(attempt),
            Kind::Expired if !attempt.represigned => Decision::Represign,
            Kind::Expired | Kind::Permanent => Decision::GiveUp,
        }
    }

    fn delay(&self, attempt: &Attempt<'_>) -> Decision {
        let asked = attempt.retry_after_seconds.unwrap_or(0);
        if asked > self.max_retry_after_seconds {
            return Decision::GiveUp;
        }
        let doublings = attempt.number.saturating_sub(1).min(63);
        let limit = self.base_delay_ms.saturating_mul(1 << doublings).min(self.max_delay_ms);
        let drawn = (u128::from(limit) * u128::from(attempt.jitter)) >> 32;
        // The product of a u64 and a u32, shifted back by 32 bits, fits a u64.
        let drawn = u64::try_from(drawn).unwrap_or(limit);
        Decision::Retry { after_ms: drawn.saturating_add(asked.saturating_mul(1000)) }
    }
}

enum Kind {
    Transient,
    Expired,
    Permanent,
}

fn classify(outcome: Outcome<'_>) -> Kind {
    let (status, code, url_expired) = match outcome {
        Outcome::NetworkFailure => return Kind::Transient,
        Outcome::Aborted => return Kind::Permanent,
        Outcome::Answered { status, code, url_expired } => (status, code, url_expired),
    };
    // The code says more than the status: a timeout comes as 400, and some failures come as 200.
    match code {
        Some(
            "InternalError"
            | "SlowDown"
            | "ServiceUnavailable"
            | "RequestTimeout"
            | "RequestTimeoutException"
            | "BandwidthLimitExceeded"
            | "RequestLimitExceeded"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequests"
            | "PriorRequestNotComplete"
            | "OperationAborted"
            | "ConditionalRequestConflict",
        ) => Kind::Transient,
        Some("ExpiredToken" | "TokenRefreshRequired" | "RequestExpired" | "RequestTimeTooSkewed") => Kind::Expired,
        _ => match status {
            408 | 429 | 500 | 502 | 503 | 504 => Kind::Transient,
            // Without a body (HEAD has none) an expired URL is a bare 403: one new URL costs little.
            403 if url_expired || code.is_none() => Kind::Expired,
            _ => Kind::Permanent,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy =
        RetryPolicy { max_attempts: 6, base_delay_ms: 500, max_delay_ms: 20_000, max_retry_after_seconds: 120 };

    fn attempt(outcome: Outcome<'_>) -> Attempt<'_> {
        Attempt { number: 1, outcome, retry_after_seconds: None, represigned: false, jitter: u32::MAX }
    }

    fn answered(status: u16, code: Option<&str>) -> Outcome<'_> {
        Outcome::Answered { status, code, url_expired: false }
    }

    fn is_retried(outcome: Outcome<'_>) -> bool {
        matches!(POLICY.decide(&attempt(outcome)), Decision::Retry { .. })
    }

    #[test]
    fn transient_failures_are_sent_again() {
        assert!(is_retried(Outcome::NetworkFailure));
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(is_retried(answered(status, None)), "{status}");
        }
        for (status, code) in [
            (503, "SlowDown"),
            (500, "InternalError"),
            (400, "RequestTimeout"),
            (200, "InternalError"),
            (409, "OperationAborted"),
        ] {
            assert!(is_retried(answered(status, Some(code))), "{code}");
        }
    }

    #[test]
    fn refusals_and_aborts_are_final() {
        let codes = [
            (400, "InvalidArgument"),
            (403, "AccessDenied"),
            (403, "SignatureDoesNotMatch"),
            (404, "NoSuchUpload"),
            (412, "PreconditionFailed"),
        ];
        for (status, code) in codes {
            assert_eq!(POLICY.decide(&attempt(answered(status, Some(code)))), Decision::GiveUp, "{code}");
        }
        for status in [301, 400, 401, 404, 405, 409, 411, 412, 413, 416, 501, 505] {
            assert_eq!(POLICY.decide(&attempt(answered(status, None))), Decision::GiveUp, "{status}");
        }
        assert_eq!(POLICY.decide(&attempt(Outcome::Aborted)), Decision::GiveUp);
    }

    #[test]
    fn an_expired_url_is_replaced_once() {
        let expired = Outcome::Answered { status: 403, code: Some("AccessDenied"), url_expired: true };
        for outcome in [
            expired,
            answered(403, None),
            answered(400, Some("ExpiredToken")),
            answered(403, Some("RequestTimeTooSkewed")),
        ] {
            assert_eq!(POLICY.decide(&attempt(outcome)), Decision::Represign);
            assert_eq!(POLICY.decide(&Attempt { represigned: true, ..attempt(outcome) }), Decision::GiveUp);
        }
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        for outcome in [Outcome::NetworkFailure, answered(503, Some("SlowDown")), answered(403, None)] {
            assert_eq!(POLICY.decide(&Attempt { number: 6, ..attempt(outcome) }), Decision::GiveUp);
            assert_ne!(POLICY.decide(&Attempt { number: 5, ..attempt(outcome) }), Decision::GiveUp);
        }
    }

    #[test]
    fn delays_are_drawn_below_a_limit_that_doubles_up_to_the_largest() {
        let patient = RetryPolicy { max_attempts: u32::MAX, ..POLICY };
        let delay =
            |number, jitter| match patient.decide(&Attempt { number, jitter, ..attempt(Outcome::NetworkFailure) }) {
                Decision::Retry { after_ms } => after_ms,
                other => panic!("{other:?}"),
            };
        let longest = [1, 2, 3, 6, 7, 64, 65, u32::MAX - 1].map(|number| delay(number, u32::MAX));
        assert_eq!(longest, [499, 999, 1999, 15_999, 19_999, 19_999, 19_999, 19_999]);
        assert_eq!([delay(1, 0), delay(9, 0)], [0, 0]);
        assert_eq!([delay(1, 1 << 31), delay(2, 1 << 30)], [250, 250]);
    }

    #[test]
    fn the_storages_own_delay_is_kept_or_the_request_ends() {
        let slow = |seconds| Attempt { retry_after_seconds: Some(seconds), jitter: 0, ..attempt(answered(503, None)) };
        assert_eq!(POLICY.decide(&slow(120)), Decision::Retry { after_ms: 120_000 });
        assert_eq!(POLICY.decide(&slow(121)), Decision::GiveUp);
        assert_eq!(POLICY.decide(&slow(u64::MAX)), Decision::GiveUp);
    }
}
