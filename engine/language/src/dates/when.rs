//! What was said of a day, and which day of the calendar that is.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use crate::pattern::fits_any;
use crate::tokens::Token;

/// What was said, before it is known when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum When {
    /// Behind us, or again and again.
    NoDay,
    /// `right now`, `shortly`.
    AtOnce,
    /// `by the end of the day`: of the day named beside it, else of today.
    EndOfDay,
    Minutes(u32),
    Days(u32),
    BusinessDays(u32),
    Months(u32),
    /// 0 is Monday. The next one, and so many weeks later.
    Coming {
        weekday: i8,
        later: u32,
    },
    /// That of the calendar week so many weeks ahead.
    InWeek {
        weekday: i8,
        weeks: u32,
    },
    /// Friday of the calendar week so many weeks ahead.
    Week(u32),
    /// Its Tuesday.
    EarlyInWeek(u32),
    /// Its Sunday.
    Weekend(u32),
    /// A day of a month.
    Day {
        day: u32,
        month: Month,
        year: Option<u32>,
    },
    EndOfMonth(Month),
    EndOfYear,
}

/// Which month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Month {
    /// None was named.
    Any,
    Named(u32),
    /// So many months after the call's.
    Ahead(u32),
}

/// A part of a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Beginning,
    Middle,
    End,
}

impl Part {
    /// The part that the longest fitting pattern of a table names from token `at` on, and the token
    /// after it.
    pub fn at(tokens: &[Token], at: usize, table: &[(Self, &[&str])]) -> Option<(Self, usize)> {
        let fit =
            |(part, patterns): &(Self, &[&str])| Some((*part, fits_any(tokens, at, patterns)?));
        table.iter().filter_map(fit).max_by_key(|(_, end)| *end)
    }

    /// Its last day.
    pub const fn of(self, month: Month) -> When {
        let day = match self {
            Self::Beginning => 5,
            Self::Middle => 15,
            Self::End => return When::EndOfMonth(month),
        };
        let year = None;
        When::Day { day, month, year }
    }
}

/// Longer than this nobody promises ahead, and arithmetic stays far from its limits.
const MOST_DAYS: u32 = 3_700;
/// A day and month without a year, further ahead than this, lies behind us instead: who says "the
/// third of May" on the fourth speaks of yesterday.
const MOST_DAYS_WITHOUT_YEAR: i64 = 270;

impl When {
    pub fn resolve(self, began: DateTime) -> Option<Date> {
        let today = began.date();
        let weekday_today = today.weekday().to_monday_zero_offset();
        let in_week = |weekday: i8, weeks: u32| {
            days_after(
                today,
                i64::from(weekday - weekday_today) + 7 * i64::from(weeks),
            )
        };
        let coming = |weekday: i8, later: u32| {
            let ahead = (weekday - weekday_today + 6).rem_euclid(7) + 1;
            days_after(today, i64::from(ahead) + 7 * i64::from(later))
        };
        match self {
            Self::NoDay => None,
            Self::AtOnce | Self::EndOfDay => Some(today),
            Self::Minutes(minutes) => {
                let span = Span::new()
                    .try_minutes(minutes.min(MOST_DAYS * 1440))
                    .ok()?;
                Some(began.checked_add(span).ok()?.date())
            }
            Self::Days(days) => days_after(today, days.into()),
            Self::BusinessDays(days) => business_days_after(today, days),
            Self::Months(months) => months_after(today, months),
            Self::Coming { weekday, later } => coming(weekday, later),
            Self::InWeek { weekday, weeks } => match in_week(weekday, weeks) {
                Some(day) if weeks == 0 && day <= today => coming(weekday, 0),
                day => day,
            },
            Self::Week(0) if weekday_today > 4 => in_week(6, 0),
            Self::Week(weeks) => in_week(4, weeks),
            Self::EarlyInWeek(weeks) => in_week(1, weeks),
            Self::Weekend(weeks) => in_week(6, weeks),
            Self::Day { day, month, year } => day_of(today, day, month, year),
            Self::EndOfMonth(month) => match month {
                Month::Any => Some(today.last_of_month()),
                Month::Ahead(months) => {
                    Some(months_after(today.first_of_month(), months)?.last_of_month())
                }
                Month::Named(month) if i64::from(month) == i64::from(today.month()) => {
                    Some(today.last_of_month())
                }
                Month::Named(_) => day_of(today, 1, month, None).map(Date::last_of_month),
            },
            Self::EndOfYear => Date::new(today.year(), 12, 31).ok(),
        }
    }
}

/// `days` after `today`; `None` beyond what anyone promises.
fn days_after(today: Date, days: i64) -> Option<Date> {
    if days > i64::from(MOST_DAYS) {
        return None;
    }
    today.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// The last of `days` business days, the first of which is the first Monday to Friday after
/// `today`.
pub fn business_days_after(today: Date, days: u32) -> Option<Date> {
    if days > MOST_DAYS {
        return None;
    }
    let mut day = today;
    let mut left = days;
    while left > 0 {
        day = day.tomorrow().ok()?;
        if day.weekday().to_monday_zero_offset() < 5 {
            left -= 1;
        }
    }
    Some(day)
}

/// The same day so many months later, or the last of a month that is shorter.
fn months_after(day: Date, months: u32) -> Option<Date> {
    if months > MOST_DAYS / 30 {
        return None;
    }
    day.checked_add(Span::new().try_months(months).ok()?).ok()
}

/// The next day of that name, not before `today`.
fn day_of(today: Date, day: u32, month: Month, year: Option<u32>) -> Option<Date> {
    let day = i8::try_from(day)
        .ok()
        .filter(|day| (1..=31).contains(day))?;
    let at = |year: i16, month: i8| Date::new(year, month, day).ok().filter(|d| *d >= today);
    match (month, year) {
        (Month::Named(month), Some(year)) => {
            at(i16::try_from(year).ok()?, i8::try_from(month).ok()?)
        }
        (Month::Named(month), None) => {
            let month = i8::try_from(month).ok()?;
            let last = days_after(today, MOST_DAYS_WITHOUT_YEAR)?;
            (0..=1)
                .find_map(|ahead| at(today.year().checked_add(ahead)?, month))
                .filter(|day| *day <= last)
        }
        (Month::Ahead(months), _) => {
            let first = months_after(today.first_of_month(), months)?;
            at(first.year(), first.month())
        }
        (Month::Any, _) => (0..=12).find_map(|ahead| {
            let first = months_after(today.first_of_month(), ahead)?;
            at(first.year(), first.month())
        }),
    }
}

/// The word at a place; empty past either end.
pub(super) fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// Whether one of `patterns` ends right before token `at`, `back` tokens earlier at most.
pub(super) fn follows(tokens: &[Token], at: usize, back: usize, patterns: &[&str]) -> bool {
    (at.saturating_sub(back)..at).any(|from| fits_any(&tokens[..at], from, patterns) == Some(at))
}
