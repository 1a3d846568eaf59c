//! Codes of letters and digits behind their noun: `订单号A一二三四B五`.
//!
//! Letters stay as they were recognised: digits alone are written in figures.

use super::chars::Chars;
use super::digits::{announced, read};
use super::read::Read;
use crate::itn::number::Number;
use crate::lexicon::Figures;
use sidetone_types::number::NumberKind;

/// A code whose first numerals begin at `at`.
pub(super) fn code(chars: &Chars<'_>, at: usize) -> Option<Read> {
    if read(chars, at, false).digits.is_empty() {
        return None;
    }
    let from = behind_noun(chars, at)?;
    let mut numbers = Vec::new();
    let (mut letters, mut next, mut end) = (false, from, at);
    loop {
        let reading = read(chars, next, false);
        if !reading.digits.is_empty() {
            // `验证码APP一直没发`
            let in_word = reading.digits.len() == 1
                && !is_of_code(chars, reading.end)
                && !chars.clause_ends(reading.end);
            if in_word || !reading.is_whole(chars) {
                return None;
            }
            numbers.push(Number {
                kind: NumberKind::Digits,
                span: chars.bytes(next, reading.end),
                text: reading.digits,
            });
            (next, end) = (reading.end, reading.end);
        } else if is_of_code(chars, next) {
            letters |= chars.at(next).is_alphabetic();
            next += 1;
        } else {
            break;
        }
    }
    (letters && !numbers.is_empty()).then_some(Read { numbers, end })
}

/// Where the code begins that has its first numerals at `at`, if its noun stands before it. Plates of
/// cars have the name of a province first.
fn behind_noun(chars: &Chars<'_>, at: usize) -> Option<usize> {
    let mut from = at;
    while from > 0 && is_of_code(chars, from - 1) {
        from -= 1;
    }
    let plate = from.checked_sub(1).filter(|_| from < at);
    let Figures {
        announcing,
        announcing_codes,
        ..
    } = chars.figures;
    let named = |at| announced(chars, at, announcing) || announced(chars, at, announcing_codes);
    (named(from) || plate.is_some_and(named)).then_some(from)
}

/// A letter or figure of a code, or a mark or space between them.
fn is_of_code(chars: &Chars<'_>, at: usize) -> bool {
    let c = chars.at(at);
    let marks = &chars.figures.within_codes;
    let mark = || marks.have(c.encode_utf8(&mut [0; 4]));
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '-') || mark()
}
