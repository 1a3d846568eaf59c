//! Stretches of the calendar, their parts and what is counted in them: `next week`, `the end of
//! May`, `the second Wednesday of next month`, `月底`, `下个月第二个星期三`.

use super::names::{item, longest, named_period, named_year, unit};
use super::said::{Item, Month, Part, Period, Said, Year};
use crate::lexicon::{Dates, Lexicon};
use crate::numbers::{number, ordinal};
use crate::pattern::Phrases;
use crate::tokens::Token;

/// A period, a part of one, or a day that is counted in one, from token `at` on.
pub(super) fn in_period(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    if let Some(counted) = counted(tokens, at, words) {
        return Some(counted);
    }
    if let Some((part, next)) = part(tokens, at, &parts_before(dates)) {
        let of = dates.of.longest_at(tokens, next).unwrap_or(next);
        let (period, end) = period_or_unit(tokens, of, words)?;
        return Some((Said::PartOf(part, period), end));
    }
    let named = period(tokens, at, words);
    let (period, next) = named.or_else(|| unit(tokens, at, dates))?;
    let of = dates.of.longest_at(tokens, next).unwrap_or(next);
    if let Some((place, next)) = place(tokens, of, words)
        && let Some((item, end)) = item(tokens, next, dates)
    {
        return Some((Said::Nth(place, item, period), end));
    }
    if let Some((part, end)) = part(tokens, next, &parts_behind(dates)) {
        return Some((Said::PartOf(part, period), end));
    }
    named?;
    let whole = match period {
        // `my invoice this month`: what it is about, not by when.
        Period::Month(Month::Ahead(0)) | Period::Year(Year::Ahead(0) | Year::Number(_)) => false,
        // `may` is a month, and `spring` a season, only where one must come.
        Period::Month(Month::Named(..)) | Period::Season(..) => {
            let bare = next == dates.article.longest_at(tokens, at).unwrap_or(at) + 1;
            let month = matches!(period, Period::Month(_));
            tokens[at].is_han() || dates.before_month.end_before(tokens, at) || !bare && !month
        }
        _ => true,
    };
    whole.then_some((Said::Whole(period), next))
}

/// What is counted before its period is named: `the second Wednesday of next month`, `the third of
/// May`.
fn counted(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let (place, next) = place(tokens, at, words)?;
    let (item, next) = match item(tokens, next, dates) {
        Some((item, next)) => (Some(item), next),
        None => (None, next),
    };
    let Some(of) = dates.of.longest_at(tokens, next) else {
        // `the third Monday`
        let article = dates.article.longest_at(tokens, at).is_some();
        let told = tokens[at].is_han() || article || dates.before_day.end_before(tokens, at);
        let period = Period::Month(Month::Any);
        let said = match item.filter(|_| told)? {
            // Of what?
            Item::Day | Item::Week if place < 0 && !tokens[at].is_han() => Said::Unclear,
            Item::Week if tokens[at].is_han() => Said::Unclear,
            item @ Item::Weekday(_) if place > 0 => Said::Nth(place, item, period),
            item @ Item::WorkingDay => Said::Nth(place, item, period),
            _ => return None,
        };
        return Some((said, next));
    };
    // `every second Tuesday of the month`, `the first of each month`
    if let Some(end) = dates.gone.longest_at(tokens, of) {
        return Some((Said::NoDay, end));
    }
    let (period, end) = period_or_unit(tokens, of, words)?;
    let said = match (item, period) {
        _ if dates.no_weekday.end_before(tokens, at) => Said::NoDay,
        (Some(item), _) => Said::Nth(place, item, period),
        (None, Period::Month(month)) => match u32::try_from(place) {
            Ok(day) => Said::Day { day, month },
            Err(_) => Said::Nth(place, Item::Day, period),
        },
        (None, _) => return None,
    };
    Some((said, end))
}

fn period_or_unit(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Period, usize)> {
    period(tokens, at, words).or_else(|| unit(tokens, at, &words.dates))
}

/// A period by its name or number, with its year before or behind it.
pub(super) fn period(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Period, usize)> {
    let dates = &words.dates;
    let year = named_year(tokens, at, dates).or_else(|| numbered_year(tokens, at, words));
    let from = year.map_or(at, |(_, next)| next);
    let inner = quarter(tokens, from, words)
        .or_else(|| month(tokens, from, words))
        .or_else(|| named_period(tokens, from, dates));
    let Some((period, end)) = inner else {
        return year.map(|(year, end)| (Period::Year(year), end));
    };
    let behind = || {
        let of = dates.of.longest_at(tokens, end).unwrap_or(end);
        named_year(tokens, of, dates).or_else(|| match number(tokens, of, words.numbers.all()) {
            Some((year @ 2000..=2999, end)) => Some((Year::Number(year), end)),
            _ => None,
        })
    };
    let dated = |year| match period {
        Period::Month(Month::Named(month, _)) => Some(Period::Month(Month::Named(month, year))),
        Period::QuarterOf(quarter, _) => Some(Period::QuarterOf(quarter, year)),
        Period::Season(first, _) => Some(Period::Season(first, year)),
        _ => None,
    };
    match year {
        Some((year, next)) => match dated(Some(year)) {
            Some(period) => Some((period, end)),
            None => Some((Period::Year(year), next)),
        },
        None => match behind().and_then(|(year, end)| Some((dated(Some(year))?, end))) {
            Some(found) => Some(found),
            None => Some((period, end)),
        },
    }
}

/// `2026年`.
fn numbered_year(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Year, usize)> {
    let (year, next) = number(tokens, at, words.numbers.all())?;
    let end = words.dates.the_year.longest_at(tokens, next)?;
    (2000..=2999)
        .contains(&year)
        .then_some((Year::Number(year), end))
}

/// A month by its name or number: `May`, `五月`.
pub(super) fn month(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Period, usize)> {
    let numbered = || {
        let (month, next) = number(tokens, at, words.numbers.all())?;
        let end = words.dates.month_of_year.longest_at(tokens, next)?;
        (1..=12).contains(&month).then_some((month, end))
    };
    let (month, end) = words.dates.month_at(tokens, at).or_else(numbered)?;
    Some((Period::Month(Month::Named(month, None)), end))
}

/// `the third quarter`, `第三季度`.
fn quarter(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Period, usize)> {
    let (quarter, next) = place(tokens, at, words)?;
    let end = words.dates.the_quarter.longest_at(tokens, next)?;
    let quarter = u32::try_from(quarter)
        .ok()
        .filter(|quarter| *quarter <= 4)?;
    Some((Period::QuarterOf(quarter, None), end))
}

/// A place in an order: `the second`, `last`, `第二个`, `倒数第二`.
pub(super) fn place(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(i32, usize)> {
    let dates = &words.dates;
    let at = dates.article.longest_at(tokens, at).unwrap_or(at);
    let (place, end) = if let Some(end) = dates.last.longest_at(tokens, at) {
        (-1, end)
    } else {
        let back = dates.from_the_end.longest_at(tokens, at);
        let led = back.or_else(|| dates.before_ordinal.longest_at(tokens, at));
        let (place, next) = match led {
            Some(next) => number(tokens, next, words.numbers.all())?,
            None => ordinal(tokens, at, words.numbers.all())?,
        };
        let last = dates.to_last.longest_at(tokens, next);
        let place = i32::try_from(place).ok().filter(|place| *place > 0)?;
        let sign = if back.or(last).is_some() { -1 } else { 1 };
        (place * sign, last.unwrap_or(next))
    };
    Some((place, dates.counter.longest_at(tokens, end).unwrap_or(end)))
}

pub(super) type Parts<'a> = [(&'a Phrases, Part); 3];

const fn parts_before(words: &Dates) -> Parts<'_> {
    [
        (&words.beginning_of, Part::Beginning),
        (&words.middle_of, Part::Middle),
        (&words.end_of, Part::End),
    ]
}

pub(super) const fn parts_behind(words: &Dates) -> Parts<'_> {
    [
        (&words.beginning, Part::Beginning),
        (&words.middle, Part::Middle),
        (&words.end, Part::End),
    ]
}

pub(super) fn part(tokens: &[Token], at: usize, table: &Parts<'_>) -> Option<(Part, usize)> {
    longest(table.iter().copied(), tokens, at)
}
