//! Days of a month: `May 3rd`, `3 May`, `on the 15th`, `Monday the 12th`, `5月3号`, `2026-05-07`,
//! `on 5/7`. Those of a period that is named behind them (`the third of May`) are in `periods`.

use super::periods::{month, period};
use super::said::{Month, Period, Said, Year};
use super::{goes_on, word};
use crate::lexicon::Lexicon;
use crate::numbers::{number, ordinal};
use crate::tokens::Token;

/// The day of a month that is told from token `at` on, and the token after it.
pub(super) fn day(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let (said, end) = in_figures(tokens, at, words)
        .or_else(|| behind_month(tokens, at, words))
        .or_else(|| before_month(tokens, at, words))
        .or_else(|| alone(tokens, at, words))?;
    // `October 5 to 7`, `on the fifth or sixth`
    let later = || {
        let Said::Day { day, month } = said else {
            return None;
        };
        let either = words.dates.either.longest_at(tokens, end);
        let next = either.or_else(|| words.dates.until.longest_at(tokens, end))?;
        let numbers = words.numbers.all();
        let last = ordinal(tokens, next, numbers).or_else(|| number(tokens, next, numbers));
        let (last, end) = last.filter(|(last, _)| (day + 1..=31).contains(last))?;
        let last = Said::Day { day: last, month };
        let said = match either {
            Some(_) => Said::OneOf(vec![said.clone(), last]),
            None => last,
        };
        goes_on(tokens, end, &words.dates).then_some((said, end))
    };
    Some(later().unwrap_or((said, end)))
}

/// `2026-05-07`, `on 5/7`.
fn in_figures(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let numbers = words.numbers.all();
    let (first, mark) = number(tokens, at, numbers)?;
    let (second, next) = number(tokens, mark + 1, numbers)?;
    let third = |mark| number(tokens, next + 1, numbers).filter(|_| word(tokens, next) == mark);
    match (word(tokens, mark), first) {
        ("-", 2000..=2999) => {
            let (day, end) = third("-")?;
            let month = Month::Named(second, Some(Year::Number(first)));
            Some((Said::Day { day, month }, end))
        }
        ("/", _) if words.dates.before_day.end_before(tokens, at) => {
            let (month, day) = if first > 12 {
                (second, first)
            } else {
                (first, second)
            };
            let (year, end) = match third("/") {
                Some((year, end)) => ((2000..=2999).contains(&year).then_some(year), end),
                None => (None, next),
            };
            let month = Month::Named(month, year.map(Year::Number));
            Some((Said::Day { day, month }, end))
        }
        _ => None,
    }
}

/// `May 3rd`, `May the third`, `下个月5号`, `2026年5月20日`.
fn behind_month(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let numbers = words.numbers.all();
    let (Period::Month(month), next) = period(tokens, at, words)? else {
        return None;
    };
    if tokens[at].is_han() || tokens[at].is_figure() {
        let next = words.dates.of.longest_at(tokens, next).unwrap_or(next);
        let day = numbered(tokens, next, words).or_else(|| {
            // `5月3前`
            let (day, end) = number(tokens, next, numbers).filter(|(day, _)| *day <= 31)?;
            let by = words.dates.by.longest_at(tokens, end).is_some();
            (by || tokens[next].is_figure()).then_some((day, end))
        });
        let (day, end) = day?;
        return Some((Said::Day { day, month }, end));
    }
    let Month::Named(named, _) = month else {
        return None;
    };
    // The year comes last: `July 1st 2027`.
    let next = words
        .dates
        .article
        .longest_at(tokens, at + 1)
        .unwrap_or(at + 1);
    let (day, end) = ordinal(tokens, next, numbers).or_else(|| number(tokens, next, numbers))?;
    let (year, end) = match number(tokens, end, numbers) {
        Some((year @ 2000..=2999, end)) => (Some(Year::Number(year)), end),
        _ => (None, end),
    };
    let month = Month::Named(named, year);
    (1..=31)
        .contains(&day)
        .then_some((Said::Day { day, month }, end))
}

/// `3 May`, `third May`.
fn before_month(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let numbers = words.numbers.all();
    let from = words.dates.article.longest_at(tokens, at).unwrap_or(at);
    let (day, next) = ordinal(tokens, from, numbers).or_else(|| number(tokens, from, numbers))?;
    let of = words.dates.of.longest_at(tokens, next).unwrap_or(next);
    month(tokens, of, words).filter(|_| !tokens[of].is_han())?;
    let (Period::Month(month), end) = period(tokens, of, words)? else {
        return None;
    };
    (1..=31)
        .contains(&day)
        .then_some((Said::Day { day, month }, end))
}

/// `on the 15th`, `Monday the twelfth`, `十五号`; but not `on the first try`, `三号线`.
fn alone(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let month = Month::Any;
    if let Some((day, end)) = numbered(tokens, at, words) {
        return Some((Said::Day { day, month }, end));
    }
    let article = dates.article.longest_at(tokens, at);
    let from = article.unwrap_or(at);
    let (day, end) = ordinal(tokens, from, words.numbers.all())?;
    let of_weekday = (at.saturating_sub(1)..at).any(|at| dates.weekday(word(tokens, at)).is_some());
    let counted = day > 3 || tokens[from].is_figure();
    // `The twenty seventh.`
    let only = || {
        let said = tokens[at].opens() || at == 0 || dates.before_bare_day.end_before(tokens, at);
        counted && said
    };
    let chosen = || counted && dates.either.end_before(tokens, at);
    // "Eighteenth please."
    let answers = || article.is_none() && at == 0 && counted && !tokens[from].is_han();
    let led = article.is_some() && (dates.before_day.end_before(tokens, at) || chosen() || only())
        || of_weekday
        || answers();
    let back = dates.to_last.longest_at(tokens, end).is_some();
    let alone = tokens[from].is_figure() || goes_on(tokens, end, dates);
    let told = !back && (led && alone || article.is_some() && paired(tokens, day, end, words));
    told.then_some((Said::Day { day, month }, end))
}

/// Whether a day of a month is one of two: `the 3rd or the 5th`; not `the first or the second option`.
fn paired(tokens: &[Token], day: u32, end: usize, words: &Lexicon) -> bool {
    let dates = &words.dates;
    let other = || {
        let next = dates.either.longest_at(tokens, end)?;
        let next = dates.article.longest_at(tokens, next).unwrap_or(next);
        let (other, end) = ordinal(tokens, next, words.numbers.all())?;
        let of_month = || {
            let of = dates.of.longest_at(tokens, end).unwrap_or(end);
            month(tokens, of, words).is_some()
        };
        let days = other > 3 || tokens[next].is_figure();
        Some(
            day < other
                && (of_month()
                    || days && (tokens[next].is_figure() || goes_on(tokens, end, dates))),
        )
    };
    other().unwrap_or(false)
}

/// `3号`, `三日`; not `3号线`, `三日内`.
fn numbered(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(u32, usize)> {
    let dates = &words.dates;
    let (day, next) = number(tokens, at, words.numbers.all())?;
    let end = dates.day_of_month.longest_at(tokens, next)?;
    let other = dates.no_day_of_month.longest_at(tokens, next);
    ((1..=31).contains(&day) && other.is_none()).then_some((day, end))
}
