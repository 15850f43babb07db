//! JavaScript numbers as lengths and offsets. They are doubles, exact up to 2⁵³: far beyond any object.

use crate::error::EnvelopeError;

/// Doubles count without gaps up to here.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A length or an offset in bytes.
///
/// # Errors
/// [`EnvelopeError::InvalidOption`] with the option's name where the number is negative, no whole number, or beyond 2⁵³.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, and the range is checked")]
#[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "both are exact for whole numbers of that range")]
pub(super) fn whole(option: &'static str, number: f64) -> Result<u64, EnvelopeError> {
    let nearest = number as u64;
    if (0.0..=MAX_SAFE_INTEGER).contains(&number) && nearest as f64 == number {
        Ok(nearest)
    } else {
        Err(EnvelopeError::InvalidOption { option, expected: "a whole number of bytes, not negative" })
    }
}
