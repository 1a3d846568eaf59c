//! Numbers as Mandarin speakers say them, in simplified and traditional characters.
//!
//! The line is read from left to right, character by character. Wherever a number may begin, each
//! kind of number is tried in turn; if none fits, the whole run of numerals is left as it is. Set
//! phrases are left as a whole.

use sidetone_types::number::NumberKind;

use super::number::Number;

use chars::{Chars, Lists};
use numeral::{
    counts, counts_whole, decimal, end_of_run, goes_on_behind_point, is_numeral, is_traditional,
    whole,
};
use read::Read;

mod amounts;
mod chars;
mod codes;
mod dates;
mod digits;
mod idioms;
mod numeral;
mod ranges;
mod read;
mod times;

/// Every kind of number, the surest first.
const READERS: [fn(&Chars<'_>, usize) -> Option<Read>; 12] = [
    idioms::idiom,
    amounts::percent,
    not_a_number,
    codes::code,
    dates::date,
    ranges::range,
    times::time,
    amounts::money,
    digits::digits,
    amounts::measure,
    ordinal,
    plain,
];

/// The numbers of a line.
pub(super) fn numbers(line: &str, lists: Lists<'_>) -> Vec<Number> {
    let chars = Chars::of(line, lists);
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match READERS.iter().find_map(|read| read(&chars, at)) {
            Some(read) => {
                numbers.extend(read.numbers);
                at = read.end.max(at + 1);
            }
            None => at = end_of_run(&chars, at),
        }
    }
    numbers
}

/// Numerals behind what makes something else of them: days of the week, and numbers that nobody
/// knows exactly (`几十`, `好几百`), and parts of a whole other than of a hundred.
fn not_a_number(chars: &Chars<'_>, at: usize) -> Option<Read> {
    if !is_numeral(chars.at(at)) {
        return None;
    }
    // `周三八点半`
    let is_time = || times::time(chars, at + 1).is_some_and(|read| !read.numbers.is_empty());
    if chars.ends_with(at, &["周", "星期", "礼拜"]) && is_time() {
        return Some(Read::nothing(at + 1));
    }
    let bound = ["周", "星期", "礼拜", "几", "数", "初", "分之"];
    let run = || Read::nothing(end_of_run(chars, at));
    chars.ends_with(at, &bound).then(run)
}

/// `第二十五`. Smaller ones are words as often as not: `第一`, `第三方`.
fn ordinal(chars: &Chars<'_>, at: usize) -> Option<Read> {
    if chars.at(at) != '第' {
        return None;
    }
    let Some(place) = whole(chars, at + 1) else {
        return Some(Read::nothing(end_of_run(chars, at + 1)));
    };
    if place.value < 10 || place.cut_short {
        return Some(Read::nothing(place.end));
    }
    let text = place.text(false);
    Some(Read::one(
        chars,
        NumberKind::Ordinal,
        at + 1,
        place.end,
        text,
    ))
}

/// A number without a unit of its own: `四十八小时`, `三点五倍`.
fn plain(chars: &Chars<'_>, at: usize) -> Option<Read> {
    if let Some(decimal) = decimal(chars, at) {
        return Some(if is_point(chars, at, decimal.end) {
            cardinal(chars, at, &decimal)
        } else {
            Read::nothing(decimal.end)
        });
    }
    let number = whole(chars, at)?;
    if goes_on_behind_point(chars, number.end) {
        return None; // `三点五十元`: no decimal, and what it is stays open
    }
    let stays = number.is_small()
        || !number.has_units
        || number.cut_short && !chars.clause_ends(number.end)
        || chars.before(at) == '月' // `八月十五`
        || chars.at(number.end) == '几'
        || number.value < 12 && !counts(chars, number.end);
    Some(if stays {
        Read::nothing(number.end)
    } else {
        cardinal(chars, at, &number)
    })
}

fn cardinal(chars: &Chars<'_>, at: usize, number: &numeral::Amount) -> Read {
    let text = number.text(is_traditional(chars, at, number.end));
    Read::one(chars, NumberKind::Cardinal, at, number.end, text)
}

/// Whether the `点` of a decimal is its point, and not `一点` (a little) or a time of day.
fn is_point(chars: &Chars<'_>, at: usize, end: usize) -> bool {
    let little =
        chars.at(at) == '一' && "有差早晚快慢多少好大小高低近远这那第".contains(chars.before(at));
    let listed = "第这那有".contains(chars.before(at));
    // `两点三个人`: a time perhaps, for nobody counts tenths of them.
    let tenths = !counts_whole(chars, end);
    !little && !listed && tenths && !matches!(chars.at(end), '点' | '分' | '刻' | '几')
}
