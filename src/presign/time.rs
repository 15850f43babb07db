//! The moment of signing. The caller brings it, for the core has no clock.
//!
//! The civil date is computed here: twenty lines, where a date crate would add several kilobytes to the WASM file.

use alloc::string::String;

use super::invalid;
use crate::error::EnvelopeError;

const DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z: the form of the date has four digits for the year.
const LAST_SECOND: u64 = 253_402_300_799;

/// A moment in UTC, in whole seconds, from 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SigningTime(u64);

impl SigningTime {
    /// A moment from its Unix time, in seconds (not milliseconds).
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidPresignRequest`] beyond the year 9999, which usually means milliseconds.
    pub const fn from_unix(seconds: u64) -> Result<Self, EnvelopeError> {
        if seconds > LAST_SECOND {
            return Err(invalid("signing time", "lies beyond the year 9999; pass seconds, not milliseconds"));
        }
        Ok(Self(seconds))
    }

    /// A moment in the form of `X-Amz-Date`, for example `20130524T000000Z`.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidPresignRequest`] for any other form and for dates that no calendar has.
    pub fn from_amz_date(text: &str) -> Result<Self, EnvelopeError> {
        let error = || invalid("signing time", "must look like 20130524T000000Z and be a real date from 1970 on");
        let bytes = text.as_bytes();
        if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
            return Err(error());
        }
        let number = |from: usize, to: usize| {
            bytes[from..to]
                .iter()
                .try_fold(0_u64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
        };
        let seconds = (|| {
            let days = days_from_civil(number(0, 4)?, number(4, 6)?, number(6, 8)?)?;
            Some(days * DAY + number(9, 11)? * 3600 + number(11, 13)? * 60 + number(13, 15)?)
        })();
        // Writing the moment back catches hours, minutes and days out of range.
        seconds.map(Self).filter(|time| time.amz_date() == text).ok_or_else(error)
    }

    /// The Unix time, in seconds.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// The form of `X-Amz-Date`: `YYYYMMDD'T'HHMMSS'Z'`.
    #[must_use]
    pub fn amz_date(self) -> String {
        let (year, month, day) = civil_from_days(self.0 / DAY);
        let second = self.0 % DAY;
        format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }
}

/// Year, month and day of a day counted from 1970-01-01. In this count a year starts in March, which puts the leap day
/// at its end, and an era is the 400 years after which the calendar repeats itself.
const fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + (month <= 2) as u64, month, day)
}

const fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 {
        return None;
    }
    let year = year - (month <= 2) as u64;
    let (era, year_of_era) = (year / 400, year % 400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_are_written_and_read() {
        // From `date -u -d @… +%Y%m%dT%H%M%SZ`.
        for (unix, text) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (951_868_800, "20000301T000000Z"),
            (1_369_353_600, "20130524T000000Z"),
            (1_709_210_096, "20240229T123456Z"),
            (4_107_542_400, "21000301T000000Z"),
            (LAST_SECOND, "99991231T235959Z"),
        ] {
            assert_eq!(SigningTime::from_unix(unix).unwrap().amz_date(), text);
            assert_eq!(SigningTime::from_amz_date(text).unwrap().unix(), unix);
        }
    }

    #[test]
    fn every_day_of_four_hundred_years_follows_the_one_before() {
        let mut previous = civil_from_days(0);
        for days in 1..=146_097 {
            let (year, month, day) = civil_from_days(days);
            let next_day = (year, month) == (previous.0, previous.1) && day == previous.2 + 1;
            let next_month = day == 1 && previous.2 >= 28;
            assert!(next_day || next_month, "{days}");
            assert_eq!(days_from_civil(year, month, day), Some(days));
            previous = (year, month, day);
        }
        assert_eq!(previous, (2370, 1, 1));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "20130524",
            "20130524T000000",
            "2013-05-24T00:00",
            "20130524t000000Z",
            "20130229T000000Z",
            "20130524T240000Z",
            "20130524T006000Z",
            "20130524T000060Z",
            "20131301T000000Z",
            "20130532T000000Z",
            "20130500T000000Z",
            "19691231T235959Z",
            "2013052+T000000Z",
            "20130524T00000éZ",
        ] {
            assert_eq!(SigningTime::from_amz_date(text).unwrap_err().code(), "INVALID_PRESIGN_REQUEST", "{text}");
        }
        assert_eq!(SigningTime::from_unix(LAST_SECOND + 1).unwrap_err().code(), "INVALID_PRESIGN_REQUEST");
    }
}
