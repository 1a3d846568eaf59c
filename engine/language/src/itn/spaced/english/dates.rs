//! Days and years: `May seventh twenty twenty six`, `the third of May`, `in nineteen eighty four`.

use sidetone_types::number::NumberKind;

use super::{clause_goes_on, ordinal_text};
use crate::itn::spaced::cardinal::{amount, is_numeric, two_digits, unit};
use crate::itn::spaced::read::Read;
use crate::itn::spaced::words::Words;
use crate::tokens::Gap;

/// What leads to a day.
const LEADS: [&str; 12] = [
    "after", "before", "by", "due", "for", "from", "in", "of", "on", "since", "to", "until",
];

/// `May seventh`, `May the seventh`, `May seventh twenty twenty six`, `May twenty twenty six`.
pub(super) fn month_and_day(words: Words<'_>, at: usize) -> Option<Read> {
    // Few words stand before numbers; to know a month takes longer.
    let next = words.word(at + 1);
    if next != "the" && !words.numbers.may_begin(next) || !is_month(words, at) {
        return None;
    }
    let month = words.raw(at);
    if let Some((year, end)) = spoken_year(words, at + 1).filter(|_| words.gap(at + 1).joins()) {
        let text = format!("{month} {year}");
        return sure(words, at, end).then(|| Read::one(words, NumberKind::Date, at..end, text));
    }
    let the = usize::from(words.next(at + 1) == "the");
    let day = day_number(words, at + 1 + the)?;
    let year = any_year(words, day.end);
    let end = year.as_ref().map_or(day.end, |(_, end)| *end);
    let goes_well = year.is_some() || clause_goes_on(words, end);
    let verb = matches!(words.word(at), "may" | "march") && !LEADS.contains(&words.before(at));
    // `May one of you`
    let counts = verb && !day.ordinal && year.is_none() && !words.next(end).is_empty();
    let fits = sure(words, at, end)
        && !counts
        && (day.ordinal || goes_well)
        && !is_numeric(words, words.next(end))
        && (day.in_words || year.as_ref().is_some_and(|(year, _)| year.in_words));
    if !fits {
        return None;
    }
    let day_text = if the == 1 {
        format!("the {}", ordinal_text(day.value))
    } else {
        day.value.to_string()
    };
    let year = year.map_or(String::new(), |(year, _)| format!(", {}", year.value));
    let text = format!("{month} {day_text}{year}");
    Some(Read::one(words, NumberKind::Date, at..end, text))
}

/// `the third of May`, with its year.
pub(super) fn day_of_month(words: Words<'_>, at: usize) -> Option<Read> {
    let day = day_number(words, at).filter(|day| day.ordinal)?;
    let month = day.end + 1;
    let is_date = words.next(day.end) == "of" && words.gap(month).joins() && is_month(words, month);
    // `a third of March` is a part of it.
    if !is_date || matches!(words.before(at), "a" | "one" | "two") {
        return None;
    }
    let year = any_year(words, month + 1);
    // The holiday.
    if day.value == 4 && words.word(month) == "july" && year.is_none() {
        return Some(Read::nothing(month + 1));
    }
    let end = year.as_ref().map_or(month + 1, |(_, end)| *end);
    if !day.in_words && !year.as_ref().is_some_and(|(year, _)| year.in_words) {
        return None;
    }
    let year = year.map_or(String::new(), |(year, _)| format!(" {}", year.value));
    let text = format!("{} of {}{year}", ordinal_text(day.value), words.raw(month));
    Some(Read::one(words, NumberKind::Date, at..end, text))
}

/// `Thursday the seventh`, `on the fifteenth`.
pub(super) fn day(words: Words<'_>, at: usize) -> Option<Read> {
    let day = day_number(words, at).filter(|day| day.ordinal && day.in_words)?;
    if words.before(at) != "the" || is_numeric(words, words.next(day.end)) {
        return None;
    }
    let of_week = at.checked_sub(2).is_some_and(|weekday| {
        words.word(weekday).ends_with("day") && words.gap(at - 1) != Gap::Break
    });
    let lead = words.before(at - 1);
    // `the second` of anything may be meant; there are few fifteenths but of months.
    let of_month = day.value >= 10 && LEADS.contains(&lead) && clause_goes_on(words, day.end);
    let of_month = of_month && words.next(day.end) != "of";
    (of_week && clause_goes_on(words, day.end) || of_month).then(|| {
        let text = ordinal_text(day.value);
        Read::one(words, NumberKind::Date, at..day.end, text)
    })
}

/// `in nineteen eighty four`.
pub(super) fn year(words: Words<'_>, at: usize) -> Option<Read> {
    if !matches!(words.before(at), "in" | "since" | "year" | "during") {
        return None;
    }
    let (value, end) = spoken_year(words, at)?;
    if !clause_goes_on(words, end) || is_numeric(words, words.next(end)) {
        return Some(Read::nothing(end));
    }
    Some(Read::one(
        words,
        NumberKind::Date,
        at..end,
        value.to_string(),
    ))
}

/// Whether a month stands at `at`, as it is spoken: short forms are written, and stay. `may` and
/// `march` have to look like months, since they are verbs too.
fn is_month(words: Words<'_>, at: usize) -> bool {
    let word = words.word(at);
    let verb = matches!(word, "may" | "march");
    let looks = words.raw(at).starts_with(char::is_uppercase) || LEADS.contains(&words.before(at));
    let spoken = words.dates.month(word).is_some() && !words.dates.short_months.have(word);
    spoken && (!verb || looks)
}

/// Whether the month of `at` is none of a verb: `May first I ask`.
fn sure(words: Words<'_>, at: usize, end: usize) -> bool {
    let verb = matches!(words.word(at), "may" | "march");
    !verb
        || LEADS.contains(&words.before(at))
        || clause_goes_on(words, end)
            && !matches!(words.next(end), "i" | "we" | "you" | "he" | "she")
}

/// A day of a month.
struct Day {
    value: u64,
    end: usize,
    ordinal: bool,
    in_words: bool,
}

fn day_number(words: Words<'_>, at: usize) -> Option<Day> {
    let day = |value, end, ordinal, in_words| {
        (1..=31).contains(&value).then_some(Day {
            value,
            end,
            ordinal,
            in_words,
        })
    };
    if let Some((value, end)) = words.numbers.ordinal(words.from(at), at) {
        return day(value, end, true, true);
    }
    let word = words.word(at);
    let digits = word.trim_end_matches(char::is_alphabetic);
    if let Ok(value) = digits.parse() {
        let ordinal = words.numbers.written_ordinal(word).is_some();
        let fits = ordinal || digits == word;
        return day(value, at + 1, ordinal, false).filter(|_| fits);
    }
    if let Some(value) = unit(words, word) {
        return day(value, at + 1, false, true);
    }
    let (value, end) = two_digits(words, at)?;
    day(value, end, false, true)
}

struct Year {
    value: u64,
    in_words: bool,
}

/// A year that follows a day, behind a comma perhaps.
fn any_year(words: Words<'_>, at: usize) -> Option<(Year, usize)> {
    if words.gap(at) == Gap::Break {
        return None;
    }
    let word = words.word(at);
    if word.len() == 4
        && let Ok(value @ 1900..2100) = word.parse()
    {
        let in_words = false;
        return Some((Year { value, in_words }, at + 1));
    }
    let (value, end) = spoken_year(words, at)?;
    let in_words = true;
    Some((Year { value, in_words }, end))
}

/// `twenty twenty six`, `nineteen oh five`, `two thousand and five`.
fn spoken_year(words: Words<'_>, at: usize) -> Option<(u64, usize)> {
    let century = match words.word(at) {
        "eighteen" => 18,
        "nineteen" => 19,
        "twenty" => 20,
        "two" if words.next(at + 1) == "thousand" => {
            let amount = amount(words, at)?;
            let fits = (2001..2100).contains(&amount.whole) && amount.fraction.is_empty();
            return fits.then_some((amount.whole, amount.end));
        }
        _ => return None,
    };
    let (years, end) = if words.next(at + 1) == "oh" {
        (unit(words, words.next(at + 2)).filter(|n| *n > 0)?, at + 3)
    } else {
        // `twenty five`, and `twenty nineteen`
        two_digits(words, at + 1).filter(|_| words.gap(at + 1).joins())?
    };
    Some((century * 100 + years, end))
}
