//! Days of the Chinese calendar, which follows the moon: `腊月二十三`, `闰六月初一`, `初八`, `the fifth of the
//! fifth lunar month`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::duration::length;
use super::goes_on;
use super::names::{longest, named_year};
use super::periods::{month, part, parts_behind};
use super::resolve::days_after;
use super::said::{Month, Part, Period, Said, Year};
use crate::lexicon::Lexicon;
use crate::numbers::{number, ordinal};
use crate::tokens::Token;

/// A day of that calendar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct LunarDay {
    /// From 1; of a day that is named alone any month, the next.
    pub month: Option<u32>,
    /// Whether that is a month that is said twice, and the second of them.
    pub leap: bool,
    /// From 1; 30 is the last one of any month.
    pub day: u32,
}

/// A year as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LunarYear {
    /// Of ours: `2026-02-17`.
    begins: String,
    /// `l` has 30 days, `s` has 29.
    months: String,
    leap: Option<u32>,
}

struct LunarMonth {
    /// The year in which its own began.
    year: i16,
    number: u32,
    leap: bool,
    first: Date,
    days: u32,
}

/// All months that are known, in order.
static MONTHS: LazyLock<Vec<LunarMonth>> = LazyLock::new(|| {
    let text = include_str!("../../calendars/lunar/years.toml");
    let years: BTreeMap<String, LunarYear> = toml::from_str(text).expect("a test reads it");
    years.into_values().flat_map(LunarYear::months).collect()
});

impl LunarYear {
    fn months(self) -> Vec<LunarMonth> {
        let begins: Date = self.begins.parse().expect("a test reads it");
        let mut first = begins;
        let mut number = 0;
        let mut months: Vec<LunarMonth> = Vec::new();
        for length in self.months.chars() {
            let is_leap = self.leap == Some(number) && !months.last().is_some_and(|m| m.leap);
            number += u32::from(!is_leap);
            let days = if length == 'l' { 30 } else { 29 };
            months.push(LunarMonth {
                year: begins.year(),
                number,
                leap: is_leap,
                first,
                days,
            });
            first = days_after(first, days.into()).expect("the calendar goes on");
        }
        months
    }
}

impl LunarDay {
    /// The next time that it comes, `today` included.
    pub fn next(self, today: Date) -> Option<Date> {
        let days = MONTHS.iter().filter_map(|month| self.of(month));
        days.into_iter().find(|day| *day >= today)
    }

    /// That of the year which begins in a year of ours.
    pub fn of_year(self, year: i16) -> Option<Date> {
        let mut months = MONTHS.iter().filter(|month| month.year == year);
        months.find_map(|month| self.of(month))
    }

    fn of(self, month: &LunarMonth) -> Option<Date> {
        let is_it = |own| (own, self.leap) == (month.number, month.leap);
        let ahead = self.day.min(month.days).checked_sub(1)?;
        days_after(month.first, ahead.into()).filter(|_| self.month.is_none_or(is_it))
    }
}

/// The day that is told from token `at` on, and the token after it.
pub(super) fn lunar(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let (day, end) = behind_month(tokens, at, words).or_else(|| of_month(tokens, at, words))?;
    Some((Said::Lunar(day), end))
}

/// `腊月二十三`, `农历八月十五`, `明年正月初六`, `腊月底`; where nothing tells that calendar from ours, it is no
/// such day.
fn behind_month(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(LunarDay, usize)> {
    let dates = &words.dates;
    let year = named_year(tokens, at, dates)
        .filter(|(year, _)| matches!(year, Year::Ahead(0 | 1)))
        .map_or(at, |(_, end)| {
            dates.of.longest_at(tokens, end).unwrap_or(end)
        });
    let calendar = dates.lunar.longest_at(tokens, year);
    let from = calendar.map_or(year, |end| dates.of.longest_at(tokens, end).unwrap_or(end));
    let leap = dates.leap_month.longest_at(tokens, from);
    let from = leap.unwrap_or(from);
    let named = [
        (&dates.lunar_first, 1),
        (&dates.lunar_eleventh, 11),
        (&dates.lunar_twelfth, 12),
    ];
    let named = longest(named, tokens, from);
    let numbered = || match month(tokens, from, words)? {
        (Period::Month(Month::Named(month, _)), end)
            if tokens[from].is_han() || tokens[from].is_figure() =>
        {
            Some((month, end))
        }
        _ => None,
    };
    let is_told = calendar.or(leap).is_some() || named.is_some();
    let month = named.or_else(numbered);
    let next = month.map_or(from, |(_, end)| end);
    let day = match lunar_day(tokens, next, words) {
        // `初八` by itself: not of a school's forms.
        Some((_, end)) if month.is_none() && !is_told && !goes_on(tokens, end, dates) => None,
        None if is_told => plain_day(tokens, next, words),
        day => day,
    };
    let whole = || match part(tokens, next, &parts_behind(dates)) {
        Some((Part::Beginning, end)) => (5, end),
        Some((Part::Middle, end)) => (15, end),
        Some((Part::End, end)) => (30, end),
        None => (30, next),
    };
    let (day, end) = day.or_else(|| (is_told && month.is_some()).then(whole))?;
    let day = LunarDay {
        month: month.map(|(month, _)| month),
        leap: leap.is_some(),
        day,
    };
    Some((day, end))
}

/// A day by a name that only this calendar has: `初八`, `廿三`; not `月初五号`, `月初三天内`.
fn lunar_day(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(u32, usize)> {
    let (dates, numbers) = (&words.dates, words.numbers.all());
    if let Some(next) = dates.lunar_twenties.longest_at(tokens, at) {
        let ones = number(tokens, next, numbers).filter(|(ones, _)| *ones < 10);
        return Some(ones.map_or((20, next), |(ones, end)| (20 + ones, end)));
    }
    let next = dates.lunar_tens.longest_at(tokens, at)?;
    let (day, end) = number(tokens, next, numbers)?;
    let is_other = dates.day_of_month.longest_at(tokens, end).is_some()
        || length(tokens, next, words).is_some_and(|(_, to)| to > end);
    ((1..=10).contains(&day) && !is_other).then_some((day, end))
}

/// A day by its number, where the month tells which calendar is meant; not `正月3个工作日`.
fn plain_day(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(u32, usize)> {
    let (day, next) = number(tokens, at, words.numbers.all())?;
    let numbered = words.dates.day_of_month.longest_at(tokens, next);
    let is_length =
        numbered.is_none() && length(tokens, at, words).is_some_and(|(_, to)| to > next);
    ((1..=30).contains(&day) && !is_length).then_some((day, numbered.unwrap_or(next)))
}

/// `the fifth of the fifth lunar month`, `the twenty-third day of the twelfth lunar month`.
fn of_month(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(LunarDay, usize)> {
    let dates = &words.dates;
    let the = |at| dates.article.longest_at(tokens, at).unwrap_or(at);
    let (day, next) = ordinal(tokens, the(at), words.numbers.all())?;
    let next = dates.days.longest_at(tokens, next).unwrap_or(next);
    let of = dates.of.longest_at(tokens, next)?;
    let (month, next) = ordinal(tokens, the(of), words.numbers.all())?;
    let end = dates.lunar_month.longest_at(tokens, next)?;
    let day = LunarDay {
        month: Some(month),
        leap: false,
        day,
    };
    Some((day, end))
}
