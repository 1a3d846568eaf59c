//! Numbers that show by themselves what they are.

use std::ops::RangeInclusive;

/// Length of an IBAN by its country (SWIFT IBAN registry, release 99), of those that are shorter or
/// longer than any number would be taken for.
const IBAN_LENGTH: RangeInclusive<usize> = 15..=34;

/// Whether it is the number of a payment card: a known issuer, the length of its cards, and the check
/// digit of ISO/IEC 7812-1.
pub(super) fn is_card(digits: &str) -> bool {
    may_be_card(digits) && lengths(digits).contains(&digits.len()) && luhn(digits)
}

/// Whether it begins as numbers of cards do.
pub(super) fn may_be_card(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && !lengths(digits).is_empty()
}

/// Whether what is said first may be the beginning of one: as most of them begin.
pub(super) fn may_begin_card(digits: &str) -> bool {
    let first = digits.get(..2).and_then(|first| first.parse::<u32>().ok());
    matches!(
        first,
        Some(22..=27 | 34..=37 | 40..=49 | 51..=55 | 60 | 62 | 65)
    )
}

/// Whether so many more digits make another card of it: those of UnionPay have up to 19, and begin
/// with what may be a card of 16 by itself.
pub(super) fn may_lengthen_card(digits: &str, more: usize) -> bool {
    let lengths = lengths(digits);
    lengths.contains(&(digits.len() + 1)) && lengths.contains(&(digits.len() + more))
}

/// Whether it is a British national insurance number: two letters, six digits, a letter from A to D.
pub(super) fn is_national_insurance(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() == 9
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..8].iter().all(u8::is_ascii_digit)
        && matches!(bytes[8].to_ascii_lowercase(), b'a'..=b'd')
}

/// How long numbers of cards are that begin so; empty if none does.
fn lengths(digits: &str) -> &'static [usize] {
    let first = |n: usize| digits.get(..n).and_then(|first| first.parse::<u32>().ok());
    match (first(1), first(2), first(4)) {
        (Some(4), ..) => &[16, 19],
        (_, Some(34 | 37), _) => &[15],
        (_, Some(36 | 38 | 39), _) => &[14, 16],
        (_, _, Some(3528..=3589 | 2221..=2720 | 6011)) | (_, Some(51..=55 | 65), _) => &[16],
        // China UnionPay, and the debit cards of its banks.
        (_, Some(60 | 62 | 63 | 67 | 69 | 81), _) => &[16, 17, 18, 19],
        (_, Some(50 | 56..=58 | 61 | 64 | 66 | 68), _) => &[16],
        _ => &[],
    }
}

pub(super) fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, byte)| {
            let digit = u32::from(byte - b'0') * if i % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != b'0')
}

/// Whether it begins as an IBAN does: a country and two check digits.
pub(super) fn may_be_iban(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() >= 4
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
}

/// Whether it is an international account number (ISO 13616), by its check digits (mod 97).
pub(super) fn is_iban(code: &str) -> bool {
    if !IBAN_LENGTH.contains(&code.len()) || !may_be_iban(code) || !code.is_ascii() {
        return false;
    }
    let (country, account) = code.split_at(4);
    let mut rest = 0;
    for byte in account.bytes().chain(country.bytes()) {
        rest = match byte.to_ascii_lowercase() {
            digit @ b'0'..=b'9' => rest * 10 + u32::from(digit - b'0'),
            letter @ b'a'..=b'z' => rest * 100 + u32::from(letter - b'a') + 10,
            _ => return false,
        } % 97;
    }
    rest == 1
}

/// Whether it is a 居民身份证 (GB 11643-1999): a place, a birthday and a check digit.
pub(super) fn is_resident_id(code: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let bytes = code.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |at: std::ops::Range<usize>| code[at].parse::<u32>().unwrap_or_default();
    let born = (1900..=2100).contains(&number(6..10))
        && (1..=12).contains(&number(10..12))
        && (1..=31).contains(&number(12..14));
    let place = (11..=91).contains(&number(0..2));
    let digits = bytes[..17].iter().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = b"10x98765432"[(sum % 11) as usize];
    born && place && bytes[17].to_ascii_lowercase() == check
}

/// Whether it may begin one: a place, and the century of a birthday.
pub(super) fn may_be_resident_id(digits: &str) -> bool {
    let place = digits.get(..2).and_then(|place| place.parse::<u32>().ok());
    let century = digits.get(6..8);
    place.is_some_and(|place| (11..=65).contains(&place)) && matches!(century, Some("19" | "20"))
}

/// Whether groups of digits are cut as a social security number is: 3, 2, 4, and none that is never
/// given out.
pub(super) fn is_social_security(groups: &[&str]) -> bool {
    let &[area, group, serial] = groups else {
        return false;
    };
    (area.len(), group.len(), serial.len()) == (3, 2, 4)
        && !matches!(area, "000" | "666")
        && !area.starts_with('9')
        && group != "00"
        && serial != "0000"
}

/// Whether it is the telephone number of a person, by its form alone. Numbers that companies have
/// called free of charge, or at one price for all, are none.
pub(super) fn is_phone(digits: &str, plus: bool, groups: &[&str]) -> bool {
    let n = digits.len();
    if plus {
        return (8..=15).contains(&n);
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let national = digits
        .strip_prefix('1')
        .filter(|_| n == 11)
        .unwrap_or(digits);
    let area = national.len() == 10 && [0, 3].iter().all(|at| national.as_bytes()[*at] >= b'2');
    let american = area && matches!(lengths[..], [3, 3, 4] | [1, 3, 3, 4]) && !is_free(digits);
    let mobile_cn =
        n == 11 && digits.starts_with('1') && matches!(digits.as_bytes()[1], b'3'..=b'9');
    let mobile_uk = n == 11 && digits.starts_with("07");
    // Australia, Ireland and Taiwan.
    let mobile = n == 10
        && matches!(&digits[..2], "04" | "09" | "08")
        && (!digits.starts_with("08") || digits.as_bytes()[2] >= b'3')
        && !is_free(digits);
    let landline_uk = n == 11
        && digits.starts_with('0')
        && matches!(digits.as_bytes()[1], b'1' | b'2')
        && !digits.starts_with("010");
    let landline_cn = matches!(lengths[..], [3, 8] | [4, 7 | 8]) && digits.starts_with('0');
    american || mobile || mobile_cn || mobile_uk || landline_uk || (landline_cn && !is_free(digits))
}

/// Whether it is a Chinese landline in groups: the area, and two times four digits.
pub(super) fn is_landline_in_groups(digits: &str, groups: &[&str]) -> bool {
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let area = digits.starts_with('0') && !digits.starts_with("00");
    area && matches!(lengths[..], [3, 4, 4] | [4, 4, 4]) && !is_free(digits)
}

/// Whether it is a number that companies have themselves called at.
pub(super) fn is_free(digits: &str) -> bool {
    let national = digits.strip_prefix('1').unwrap_or(digits);
    let american = national.len() == 10
        && ["800", "833", "844", "855", "866", "877", "888"]
            .iter()
            .any(|area| national.starts_with(area));
    let british = [
        "0800", "0808", "0843", "0844", "0845", "0870", "0871", "0300", "0330", "0333",
    ]
    .iter()
    .any(|area| digits.starts_with(area));
    let chinese = digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"));
    let hotline = digits.len() == 5
        && ["95", "96", "123", "100"]
            .iter()
            .any(|first| digits.starts_with(first));
    american || british || chinese || hotline
}

/// Whether four digits are a month and a year.
pub(super) fn is_month_and_year(digits: &str) -> bool {
    let month = digits.get(..2).and_then(|month| month.parse::<u32>().ok());
    let year = match digits.len() {
        3 => digits.get(1..).and_then(|year| year.parse::<u32>().ok()),
        4 => digits.get(2..).and_then(|year| year.parse::<u32>().ok()),
        6 => digits.get(4..).and_then(|year| year.parse::<u32>().ok()),
        _ => None,
    };
    let month = match digits.len() {
        3 => digits.get(..1).and_then(|month| month.parse::<u32>().ok()),
        _ => month,
    };
    month.is_some_and(|month| (1..=12).contains(&month))
        && year.is_some_and(|year| (20..=49).contains(&year))
}

/// Whether digits are a year of four or two digits and a month, as Mandarin has them.
pub(super) fn is_year_and_month(digits: &str) -> bool {
    let century = if digits.len() >= 5 { 4 } else { 2 };
    let (Some(year), Some(month)) = (digits.get(..century), digits.get(century..)) else {
        return false;
    };
    let year = year.strip_prefix("20").unwrap_or(year);
    let year = year.len() == 2 && matches!(year.parse::<u32>(), Ok(20..=49));
    year && month.len() <= 2 && matches!(month.parse::<u32>(), Ok(1..=12))
}

/// Whether digits may be a date, whole or in part, in any order of its parts.
pub(super) fn may_be_date(digits: &str) -> bool {
    let value = |part: &str| part.parse::<u32>().unwrap_or_default();
    let day = |part: &str| part.len() <= 2 && (1..=31).contains(&value(part));
    let month = |part: &str| part.len() <= 2 && (1..=12).contains(&value(part));
    let year =
        |part: &str| part.len() == 2 || part.len() == 4 && (1_900..=2_060).contains(&value(part));
    let n = digits.len();
    if n <= 2 || year(digits) {
        return n > 0;
    }
    (1..n).any(|cut| {
        let (first, rest) = digits.split_at(cut);
        let two = month(first) && (year(rest) || day(rest))
            || day(first) && month(rest)
            || year(first) && month(rest);
        let three = || {
            (1..rest.len()).any(|cut| {
                let (second, third) = rest.split_at(cut);
                (day(first) && month(second) || month(first) && day(second)) && year(third)
                    || year(first) && month(second) && day(third)
            })
        };
        two || three()
    })
}

/// Whether four digits are a year that one lives in or was born in.
pub(super) fn is_year(digits: &str) -> bool {
    digits.len() == 4 && matches!(digits.parse::<u32>(), Ok(1_920..=2_049))
}

/// Whether it is a passport by its form alone: those of China, a letter or two before digits.
pub(super) fn is_chinese_passport(code: &str) -> bool {
    let bytes = code.as_bytes();
    let digits = |from: usize| bytes[from..].iter().all(u8::is_ascii_digit);
    bytes.len() == 9
        && matches!(bytes[0].to_ascii_lowercase(), b'e' | b'g')
        && (digits(1) || bytes[1].is_ascii_alphabetic() && digits(2))
}

/// Whether it is a 居民身份证 but for its check digit: one may have been misheard.
pub(super) fn looks_like_resident_id(code: &str) -> bool {
    let bytes = code.as_bytes();
    let number = |at: std::ops::Range<usize>| {
        let digits = code.get(at).and_then(|digits| digits.parse::<u32>().ok());
        digits.unwrap_or_default()
    };
    bytes.len() == 18
        && bytes[..17].iter().all(u8::is_ascii_digit)
        && (bytes[17].is_ascii_digit() || bytes[17].eq_ignore_ascii_case(&b'x'))
        && (11..=65).contains(&number(0..2))
        && (1_920..=2_030).contains(&number(6..10))
        && (1..=12).contains(&number(10..12))
        && (1..=31).contains(&number(12..14))
}

/// Whether it has the length of the number of a card, and begins as most of them do, whatever its
/// check digit: one may have been misheard.
pub(super) fn looks_like_card(digits: &str) -> bool {
    may_be_card(digits)
        && may_begin_card(digits)
        && (matches!(digits.len(), 15 | 16) || digits.len() == 19 && digits.starts_with("62"))
        && lengths(digits).contains(&digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_told_by_issuer_length_and_check_digit() {
        for (digits, expected) in [
            ("4111111111111111", true),
            ("4111111111111112", false),
            ("378282246310005", true),
            ("6212345678901232", true),
            ("5555555555554444", true),
            ("1234567890123452", false),
            ("0000000000000000", false),
            ("411111111111111", false),
        ] {
            assert_eq!(is_card(digits), expected, "{digits}");
        }
    }

    #[test]
    fn accounts_are_told_by_their_check_digits() {
        for (code, expected) in [
            ("gb29nwbk60161331926819", true),
            ("GB29NWBK60161331926819", true),
            ("gb29nwbk60161331926818", false),
            ("de89370400440532013000", true),
            ("2989370400440532013000", false),
            ("gb29", false),
        ] {
            assert_eq!(is_iban(code), expected, "{code}");
        }
    }

    #[test]
    fn resident_identity_cards_are_told_by_their_check_digit() {
        for (code, expected) in [
            ("11010519491231002x", true),
            ("11010519491231002X", true),
            ("110105194912310021", false),
            ("11010519491331002x", false),
            ("1101051949123100", false),
        ] {
            assert_eq!(is_resident_id(code), expected, "{code}");
        }
    }

    #[test]
    fn a_social_security_number_is_told_by_its_groups() {
        assert!(is_social_security(&["530", "18", "4471"]));
        assert!(!is_social_security(&["666", "18", "4471"]));
        assert!(!is_social_security(&["530", "184", "471"]));
    }

    #[test]
    fn numbers_of_companies_are_no_telephones_of_people() {
        for (digits, groups, expected) in [
            ("4155550132", &["415", "555", "0132"][..], true),
            ("8005550132", &["800", "555", "0132"], false),
            ("13912345678", &["13912345678"], true),
            ("4008108888", &["400", "810", "8888"], false),
            ("07911123456", &["07911123456"], true),
            ("08001234567", &["0800", "123", "4567"], false),
        ] {
            assert_eq!(is_phone(digits, false, groups), expected, "{digits}");
        }
    }
}
