//! Times of day: `three thirty p.m.`, `at ten fifteen`, `nine o'clock`.

use sidetone_types::number::NumberKind;

use super::clause_goes_on;
use crate::itn::spaced::amounts;
use crate::itn::spaced::cardinal::{is_numeric, two_digits, unit};
use crate::itn::spaced::ranges::side;
use crate::itn::spaced::read::Read;
use crate::itn::spaced::words::Words;

/// `at ten to eleven`, `it's five to ten`: a time of day and no range, which stays in words.
pub(super) fn to_the_hour(words: Words<'_>, at: usize) -> Option<Read> {
    let led = matches!(words.before(at), "at" | "is" | "it's");
    let minutes = side(words, at).filter(|_| led)?;
    let hour = minutes.end + 1;
    let to = words.next(minutes.end) == "to" && !words.next(hour).is_empty();
    let end = side(words, hour).filter(|_| to)?.end;
    let alone = amounts::unit(words, end).is_none() && clause_goes_on(words, end);
    alone.then(|| Read::nothing(end))
}

/// A time of day. Hours and minutes alone may also be a price or a number of a house: something
/// around them has to tell.
pub(super) fn time(words: Words<'_>, at: usize) -> Option<Read> {
    let (hour, end) = hour(words, at)?;
    let read = |end, text| Some(Read::one(words, NumberKind::Time, at..end, text));
    if words.next(end) == "o'clock" {
        return read(end, hour.to_string());
    }
    let leads_to_time = matches!(
        words.before(at),
        "at" | "by" | "until" | "till" | "before" | "after" | "from" | "since"
    );
    if let Some((minutes, end)) = minutes(words, end) {
        let half_day = half_day(words, end).is_some();
        let round = minutes % 5 == 0;
        let ends = clause_goes_on(words, end) && !is_numeric(words, words.next(end));
        return (hour <= 12 && half_day || leads_to_time && round && ends)
            .then(|| read(end, format!("{hour}:{minutes:02}")))?;
    }
    match half_day(words, end) {
        // `the three am I talking about`
        Some("am") if !leads_to_time && words.before(at) != "to" => None,
        Some(_) if hour <= 12 && !matches!(words.next(end + 1), "i" | "not") => {
            read(end, hour.to_string())
        }
        _ => None,
    }
}

/// 1 to 23.
fn hour(words: Words<'_>, at: usize) -> Option<(u64, usize)> {
    if let Some(hour) = unit(words, words.word(at)).filter(|hour| *hour > 0) {
        return Some((hour, at + 1));
    }
    let (hour, end) = two_digits(words, at)?;
    // `twenty five` is no hour and five minutes either
    (hour < 24).then_some((hour, end))
}

/// `oh five` and `ten` to `fifty nine`.
fn minutes(words: Words<'_>, at: usize) -> Option<(u64, usize)> {
    if !words.gap(at).joins() {
        return None;
    }
    if words.numbers.told_digit(words.next(at)) == Some('0') {
        let minutes = unit(words, words.next(at + 1)).filter(|n| *n > 0)?;
        return Some((minutes, at + 2));
    }
    two_digits(words, at).filter(|(minutes, _)| *minutes < 60)
}

fn half_day<'a>(words: Words<'a>, at: usize) -> Option<&'a str> {
    match words.next(at) {
        word @ ("am" | "pm" | "a.m" | "p.m") => Some(word),
        word @ ("a" | "p") if words.next(at + 1) == "m" => Some(word),
        _ => None,
    }
}
