//! Days that come again each year, by the rule that finds them. Festivals and public holidays are
//! written in this form, in files:
//!
//! | rule | day |
//! |---|---|
//! | `12-25` | that day of the year |
//! | `thursday from 11-22` | the first such weekday from then on: the fourth of November |
//! | `easter -2`, `orthodox easter +1` | so many days from Easter Sunday |
//! | `lunar 01-01` | that day of the Chinese calendar, in the year that begins in ours |
//! | `qingming` | when the sun has come 15 degrees beyond the spring equinox: 清明 |
//! | `10-01 for 7 days` | the first of several |

use std::str::FromStr;

use jiff::Span;
use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error as _};

use super::lunar::LunarDay;
use super::resolve::Days;

/// How a day is found, year by year.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Yearly {
    base: Base,
    /// So many days later.
    later: i32,
    /// How many days it lasts.
    lasts: i32,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Base {
    Date(MonthDay),
    /// The first such weekday from a day on; Monday is 0.
    Weekday(i8, MonthDay),
    Easter,
    OrthodoxEaster,
    Lunar(MonthDay),
    TombSweeping,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct MonthDay {
    month: i8,
    day: i8,
}

impl Yearly {
    /// Its first and last day, the next time that it is not over.
    pub fn next(self, today: Date) -> Option<Days> {
        // The last month of a Chinese year is in ours of the next number.
        let years = (-1..=1).filter_map(|ahead| today.year().checked_add(ahead));
        years
            .filter_map(|year| self.of(year))
            .find(|(_, by)| *by >= today)
    }

    /// The first of its days alone.
    pub const fn first_day(self) -> Self {
        Self { lasts: 1, ..self }
    }

    /// Its first and last day in a year.
    pub fn of(self, year: i16) -> Option<Days> {
        let base = match self.base {
            Base::Date(date) => date.of(year)?,
            Base::Weekday(weekday, from) => {
                let from = from.of(year)?;
                let ahead = weekday - from.weekday().to_monday_zero_offset();
                days_after(from, i32::from(ahead).rem_euclid(7))?
            }
            Base::Easter => easter(year)?,
            Base::OrthodoxEaster => orthodox_easter(year)?,
            Base::Lunar(MonthDay { month, day }) => LunarDay {
                month: u32::try_from(month).ok(),
                leap: false,
                day: u32::try_from(day).ok()?,
            }
            .of_year(year)?,
            // By the usual rule for the twenty-first century.
            Base::TombSweeping => {
                let year_of_century = i32::from(year) - 2000;
                let day = (year_of_century * 2422 + 48_100) / 10_000 - year_of_century / 4;
                Date::new(year, 4, i8::try_from(day).ok()?).ok()?
            }
        };
        let first = days_after(base, self.later)?;
        Some((first, days_after(first, self.lasts - 1)?))
    }
}

impl FromStr for Yearly {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| {
            format!(
                "`{text}` is no day of the year: write `12-25`, `thursday from 11-22`, `easter -2`, \
                 `orthodox easter`, `lunar 01-01`, `qingming`, or `10-01 for 7 days`"
            )
        })
    }
}

fn parse(text: &str) -> Option<Yearly> {
    let (text, lasts) = match text.split_once(" for ") {
        Some((rest, days)) => (rest, days.strip_suffix(" days")?.parse().ok()?),
        None => (text, 1),
    };
    let (text, later) = match text.rsplit_once(' ') {
        Some((rest, days)) if days.starts_with(['+', '-']) => (rest, days.parse().ok()?),
        _ => (text, 0),
    };
    let base = match text {
        "easter" => Base::Easter,
        "orthodox easter" => Base::OrthodoxEaster,
        "qingming" => Base::TombSweeping,
        _ => match (text.strip_prefix("lunar "), text.split_once(" from ")) {
            (Some(date), _) => Base::Lunar(date.parse().ok()?),
            (None, Some((weekday, from))) => {
                let weekday = WEEK.iter().position(|known| *known == weekday)?;
                Base::Weekday(i8::try_from(weekday).ok()?, from.parse().ok()?)
            }
            (None, None) => Base::Date(text.parse().ok()?),
        },
    };
    (lasts > 0).then_some(Yearly { base, later, lasts })
}

const WEEK: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

impl MonthDay {
    fn of(self, year: i16) -> Option<Date> {
        Date::new(year, self.month, self.day).ok()
    }
}

impl FromStr for MonthDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (month, day) = text.split_once('-')?;
            let date = Self {
                month: month.parse().ok()?,
                day: day.parse().ok()?,
            };
            date.of(2024).map(|_| date)
        };
        read().ok_or_else(|| format!("`{text}` is no day of the year: write `12-25`"))
    }
}

/// What is written as a text.
macro_rules! from_text {
    ($($Type:ty),+) => {$(
        impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}
from_text!(Yearly, MonthDay);

pub(super) fn days_after(day: Date, days: i32) -> Option<Date> {
    day.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8).
fn easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let (a, b, c) = (year_number % 19, year_number / 100, year_number % 100);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    let month = i8::try_from(sum / 31).ok()?;
    Date::new(year, month, i8::try_from(sum % 31 + 1).ok()?).ok()
}

/// Easter Sunday of the Julian calendar (the same chapter), which from 1900 to 2099 is 13 days behind
/// ours.
fn orthodox_easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let d = (19 * (year_number % 19) + 15) % 30;
    let e = (2 * (year_number % 4) + 4 * (year_number % 7) - d + 34) % 7;
    let sum = d + e + 114;
    let month = i8::try_from(sum / 31).ok()?;
    let julian = Date::new(year, month, i8::try_from(sum % 31 + 1).ok()?).ok()?;
    days_after(julian, 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_finds_its_day_year_by_year() {
        for (rule, year, first, last) in [
            ("12-25", 2026, "2026-12-25", "2026-12-25"),
            ("thursday from 11-22", 2026, "2026-11-26", "2026-11-26"),
            ("monday from 05-25", 2026, "2026-05-25", "2026-05-25"),
            ("monday from 05-25", 2027, "2027-05-31", "2027-05-31"),
            ("easter -2", 2026, "2026-04-03", "2026-04-03"),
            ("easter +39", 2027, "2027-05-06", "2027-05-06"),
            ("orthodox easter +1", 2026, "2026-04-13", "2026-04-13"),
            ("orthodox easter", 2027, "2027-05-02", "2027-05-02"),
            (
                "lunar 01-01 -1 for 4 days",
                2026,
                "2026-02-16",
                "2026-02-19",
            ),
            ("lunar 08-15", 2027, "2027-09-15", "2027-09-15"),
            ("lunar 12-08", 2026, "2027-01-15", "2027-01-15"),
            ("qingming", 2026, "2026-04-05", "2026-04-05"),
            ("qingming", 2028, "2028-04-04", "2028-04-04"),
            ("10-01 for 7 days", 2026, "2026-10-01", "2026-10-07"),
        ] {
            let yearly: Yearly = rule.parse().expect(rule);
            let day = |text: &str| text.parse().expect("a date");
            assert_eq!(yearly.of(year), Some((day(first), day(last))), "{rule}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "Christmas",
            "13-01",
            "02-30",
            "someday from 05-01",
            "lunar 13-02",
            "10-01 for 0 days",
            "10-01 for a week",
        ] {
            let error = text.parse::<Yearly>().expect_err(text);
            assert!(error.contains("write `12-25`"), "{error}");
        }
    }
}
