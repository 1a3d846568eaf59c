//! Digits told one by one: `一三八零零一三八零零零`, `幺二零`.

use super::chars::Chars;
use super::numeral::is_numeral;
use super::read::Read;
use crate::itn::figures::only_count;
use crate::numerals::{ReadAs, figure};
use sidetone_types::number::NumberKind;

/// A number told by its digits. Numerals side by side may also be a guess (`三四个`, `七八百`): it has to
/// be long, or to have what no guess has, 零 or 幺.
pub(super) fn digits(chars: &Chars<'_>, at: usize) -> Option<Read> {
    [true, false]
        .into_iter()
        .find_map(|over_pauses| read(chars, at, over_pauses))
}

fn read(chars: &Chars<'_>, at: usize, over_pauses: bool) -> Option<Read> {
    let mut digits = String::new();
    let (mut figures, mut numerals, mut told, mut paused) = (false, false, false, false);
    let mut end = at;
    let mut next = at;
    loop {
        let c = chars.at(next);
        if c.is_ascii_digit() {
            figures = true;
            digits.push(c);
        } else if let Some(digit) = figure(c, ReadAs::Digits) {
            numerals = true;
            told |= matches!(c, '零' | '幺');
            digits.push(digit);
        } else if over_pauses && next == end && next > at && is_pause(c) {
            next += 1 + usize::from(chars.at(next + 1) == ' ');
            continue;
        } else {
            break;
        }
        paused |= next > end;
        next += 1;
        end = next;
    }
    let length = digits.len();
    let long_enough = if figures || paused {
        length >= 7
    } else {
        length >= 5 || told && length >= 3
    };
    // A unit makes a number of the last digit: the whole is something else.
    let counts_on = is_numeral(chars.at(end)) || matches!(chars.at(end), '点' | '多' | '几');
    let announced = chars.ends_with(at, &chars.figures.announcing);
    let counts = only_count(&digits) && !announced;
    let long_enough = long_enough || length >= 4 && announced;
    let fits = numerals && long_enough && !counts_on && !counts;
    fits.then(|| Read::one(chars, NumberKind::Digits, at, end, digits))
}

/// What may stand between the groups of a long number.
fn is_pause(c: char) -> bool {
    matches!(c, ' ' | '-' | ',' | '，' | '、')
}
