//! Numbers as text: without the standard library's formatting, which is longer than all that needs it.

use alloc::string::String;

/// The number in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    let mut text = String::new();
    push_digits(&mut text, number);
    text
}

fn push_digits(text: &mut String, number: u64) {
    if number > 9 {
        push_digits(text, number / 10);
    }
    // A digit at a time: what is left is less than ten.
    text.extend(char::from_digit((number % 10) as u32, 10));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for number in [0, 9, 10, 99, 100, 1_000_005, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }
}
