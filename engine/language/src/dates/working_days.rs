//! Which days are worked on: Monday to Friday, without the public holidays of a place if it is named.
//!
//! A calendar is a file of `calendars/`, by the country (`CN`, ISO 3166) or a part of it (`GB-SCT`):
//! `holidays` are rules ([`Yearly`]), `on_weekends` says whether those of a weekend are made up for,
//! on the `nearest` day (the United States) or the `next` that is free (Britain). What a government
//! decrees year by year is listed: days that are `free`, and weekends that are `worked` instead.
//!
//! Files and no package: those that know many countries end years ago (`holidays` 0.1 in 2023),
//! those that are kept know one country (`chinese_holiday`, `holiday-cn`, `business-days`), and with
//! none of them can a call centre add the days that were decreed last week.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use include_dir::{Dir, include_dir};
use jiff::civil::Date;
use serde::Deserialize;

use super::resolve::{Days, MOST_DAYS};
use super::yearly::Yearly;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/calendars");

/// The years in which holidays are known. Nobody promises further ahead.
const YEARS: RangeInclusive<i16> = 2024..=2050;

/// The days that are worked on in some place.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// Public holidays, and what makes up for them.
    free: BTreeSet<Date>,
    /// Worked all the same.
    worked: BTreeSet<Date>,
}

/// A file of `calendars/`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    holidays: Vec<Yearly>,
    on_weekends: OnWeekends,
    free: Vec<Dates>,
    worked: Vec<Dates>,
}

/// What happens where a holiday falls on a weekend.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnWeekends {
    #[default]
    Nothing,
    /// Of a Saturday the Friday is free, of a Sunday the Monday.
    Nearest,
    /// The next day that is worked.
    Next,
}

/// `2026-10-01`, `2026-10-01..2026-10-07`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Dates(Days);

impl TryFrom<String> for Dates {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((&text, &text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) => Ok(Self((first, last))),
            _ => Err(format!(
                "`{text}` is no day: write `2026-10-01` or `2026-10-01..2026-10-07`"
            )),
        }
    }
}

impl Calendar {
    /// One that comes with the program, by its name: `CN`, `US`, `GB`.
    pub fn built_in(name: &str) -> Option<Self> {
        Self::names().find(|known| *known == name)?;
        let text = FILES.get_file(format!("{name}.toml"))?.contents_utf8()?;
        Some(Self::parse(text).expect("a test reads what comes with the program"))
    }

    /// The names of those, in order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES
            .files()
            .filter_map(|file| file.path().file_stem()?.to_str())
    }

    /// Reads a file of that form.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|err| err.to_string())?;
        let rules = YEARS.flat_map(|year| file.holidays.iter().map(move |rule| rule.of(year)));
        let mut calendar = Self {
            free: rules.flatten().flat_map(each).collect(),
            worked: file.worked.iter().flat_map(|days| each(days.0)).collect(),
        };
        calendar.make_up(file.on_weekends);
        let listed = file.free.iter().flat_map(|days| each(days.0));
        calendar.free.extend(listed);
        Ok(calendar)
    }

    fn make_up(&mut self, on_weekends: OnWeekends) {
        for day in self.free.clone() {
            let made_up = match (weekday(day), on_weekends) {
                (5, OnWeekends::Nearest) => day.yesterday().ok(),
                (6, OnWeekends::Nearest) => day.tomorrow().ok(),
                (5 | 6, OnWeekends::Next) => self.working_days_after(day, 1),
                _ => None,
            };
            self.free.extend(made_up);
        }
    }

    /// Whether it is worked on.
    pub fn is_working_day(&self, day: Date) -> bool {
        self.worked.contains(&day) || weekday(day) < 5 && !self.free.contains(&day)
    }

    /// The last of `days` working days, the first of which is the first one after `today`. `None`
    /// beyond what anyone promises.
    pub fn working_days_after(&self, today: Date, days: u32) -> Option<Date> {
        if days > MOST_DAYS {
            return None;
        }
        let mut day = today;
        let mut left = days;
        while left > 0 {
            day = day.tomorrow().ok()?;
            left -= u32::from(self.is_working_day(day));
        }
        Some(day)
    }

    /// The first and last of the days off in a row with the next public holiday in it, today's if it
    /// is one.
    pub(super) fn next_holiday(&self, today: Date) -> Option<Days> {
        let holiday = *self
            .free
            .range(today..)
            .find(|day| !self.worked.contains(day))?;
        let (mut first, mut last) = (holiday, holiday);
        while !self.is_working_day(first.yesterday().ok()?) {
            first = first.yesterday().ok()?;
        }
        while !self.is_working_day(last.tomorrow().ok()?) {
            last = last.tomorrow().ok()?;
        }
        Some((first, last))
    }
}

/// Monday is 0.
fn weekday(day: Date) -> i8 {
    day.weekday().to_monday_zero_offset()
}

fn each((first, last): Days) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok())
        .take_while(move |day| *day <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    /// Days of a place, and whether they are worked.
    const DAYS: &[(&str, &str, bool)] = &[
        ("CN", "2026-02-14", true),
        ("CN", "2026-02-16", false),
        ("CN", "2026-02-23", false),
        ("CN", "2026-02-24", true),
        ("CN", "2026-02-28", true),
        ("CN", "2026-09-20", true),
        ("CN", "2026-09-25", false),
        ("CN", "2026-10-07", false),
        ("CN", "2026-10-10", true),
        ("CN", "2026-10-11", false),
        ("CN", "2025-09-28", true),
        ("CN", "2025-10-08", false),
        ("CN", "2024-02-09", true),
        ("CN", "2027-10-01", false),
        ("CN", "2027-10-04", true),
        ("US", "2026-11-26", false),
        ("US", "2026-11-27", true),
        ("US", "2026-07-03", false),
        ("US", "2027-12-24", false),
        ("US", "2027-12-31", false),
        ("US", "2026-05-25", false),
        ("GB", "2026-12-28", false),
        ("GB", "2027-12-27", false),
        ("GB", "2027-12-28", false),
        ("GB", "2027-12-29", true),
        ("GB", "2028-01-03", false),
        ("GB", "2026-08-31", false),
        ("GB", "2026-08-03", true),
        ("GB-SCT", "2026-08-03", false),
        ("GB-SCT", "2026-04-06", true),
        ("GB-NIR", "2026-07-13", false),
        ("DE", "2026-05-14", false),
        ("DE", "2026-10-03", false),
        ("DE", "2026-12-28", true),
        ("FR", "2026-07-14", false),
        ("FR", "2026-04-03", true),
        ("GR", "2026-04-13", false),
        ("SK", "2026-05-08", true),
        ("SE", "2026-06-19", false),
    ];

    #[test]
    fn holidays_are_not_worked_on() {
        for (place, date, worked) in DAYS {
            let calendar = Calendar::built_in(place).expect("it is known");
            assert_eq!(
                calendar.is_working_day(day(date)),
                *worked,
                "{place} {date}"
            );
        }
    }

    #[test]
    fn there_is_a_calendar_for_each_member_of_the_union_and_more() {
        let members =
            "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE";
        let names: BTreeSet<&str> = Calendar::names().collect();
        let others = "CN US GB GB-SCT GB-NIR";
        let expected: BTreeSet<&str> = members.split(' ').chain(others.split(' ')).collect();
        assert_eq!(names, expected);
        for name in names {
            let calendar = Calendar::built_in(name).expect("it can be read");
            for year in 2025..=2050 {
                let days = each((Date::constant(year, 1, 1), Date::constant(year, 12, 31)));
                let worked = days.filter(|day| calendar.is_working_day(*day)).count();
                assert!((240..=257).contains(&worked), "{name} {year}: {worked}");
            }
        }
    }

    #[test]
    fn working_days_are_counted_without_holidays() {
        for (place, from, days, expected) in [
            ("", "2026-09-30", 3, "2026-10-05"),
            ("CN", "2026-09-30", 3, "2026-10-10"),
            ("CN", "2026-02-12", 3, "2026-02-24"),
            ("CN", "2026-09-18", 5, "2026-09-24"),
            ("US", "2026-11-25", 1, "2026-11-27"),
            ("GB", "2026-12-24", 1, "2026-12-29"),
            ("DE", "2026-05-13", 2, "2026-05-18"),
        ] {
            let calendar = Calendar::built_in(place).unwrap_or_default();
            let found = calendar.working_days_after(day(from), days);
            assert_eq!(
                found,
                Some(day(expected)),
                "{days} days from {from} in {place}"
            );
        }
    }

    #[test]
    fn a_file_that_is_wrong_is_told_of() {
        for (text, problem) in [
            (
                "holidays = [\"Christmas\"]",
                "`Christmas` is no day of the year",
            ),
            ("free = [\"2026-02-30\"]", "`2026-02-30` is no day"),
            ("on_weekends = \"never\"", "unknown variant `never`"),
            ("holiday = []", "unknown field `holiday`"),
        ] {
            let error = Calendar::parse(text).expect_err(text);
            assert!(error.contains(problem), "{error}");
        }
    }
}
