//! Festivals, and the days they are on.

use jiff::Span;
use jiff::civil::{Date, Weekday};

use super::resolve::Days;

/// How a festival finds its day, year by year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Festival {
    /// Month, day, and how many days it lasts.
    Fixed(i8, i8, i32),
    /// Month, weekday and place: the fourth Thursday of November.
    Weekday(i8, Weekday, i8),
    /// So many days after Easter Sunday.
    Easter(i32),
    /// When the sun has come 15 degrees beyond the spring equinox: 清明.
    TombSweeping,
    /// So many days after one of [`LUNAR`], and how many days it lasts.
    Lunar(usize, i32, i32),
}

/// Columns of [`LUNAR`].
pub(super) const SPRING_FESTIVAL: usize = 0;
pub(super) const DRAGON_BOAT: usize = 1;
pub(super) const MID_AUTUMN: usize = 2;

/// Days of the Chinese calendar, which follows the moon: the first of the first month, the fifth of
/// the fifth and the fifteenth of the eighth, as month and day. Further than this nobody promises.
const LUNAR: [(i16, [(i8, i8); 3]); 26] = [
    (2025, [(1, 29), (5, 31), (10, 6)]),
    (2026, [(2, 17), (6, 19), (9, 25)]),
    (2027, [(2, 6), (6, 9), (9, 15)]),
    (2028, [(1, 26), (5, 28), (10, 3)]),
    (2029, [(2, 13), (6, 16), (9, 22)]),
    (2030, [(2, 3), (6, 5), (9, 12)]),
    (2031, [(1, 23), (6, 24), (10, 1)]),
    (2032, [(2, 11), (6, 12), (9, 19)]),
    (2033, [(1, 31), (6, 1), (9, 8)]),
    (2034, [(2, 19), (6, 20), (9, 27)]),
    (2035, [(2, 8), (6, 10), (9, 16)]),
    (2036, [(1, 28), (5, 30), (10, 4)]),
    (2037, [(2, 15), (6, 18), (9, 24)]),
    (2038, [(2, 4), (6, 7), (9, 13)]),
    (2039, [(1, 24), (5, 27), (10, 2)]),
    (2040, [(2, 12), (6, 14), (9, 20)]),
    (2041, [(2, 1), (6, 3), (9, 10)]),
    (2042, [(1, 22), (6, 22), (9, 28)]),
    (2043, [(2, 10), (6, 11), (9, 17)]),
    (2044, [(1, 30), (5, 31), (10, 5)]),
    (2045, [(2, 17), (6, 19), (9, 25)]),
    (2046, [(2, 6), (6, 8), (9, 15)]),
    (2047, [(1, 26), (5, 29), (10, 4)]),
    (2048, [(2, 14), (6, 15), (9, 22)]),
    (2049, [(2, 2), (6, 4), (9, 11)]),
    (2050, [(1, 23), (6, 23), (9, 30)]),
];

impl Festival {
    /// Its first and last day, the next time that it is not over.
    pub fn next(self, today: Date) -> Option<Days> {
        let years = (0..=1).filter_map(|ahead| today.year().checked_add(ahead));
        years
            .filter_map(|year| self.of(year))
            .find(|(_, by)| *by >= today)
    }

    /// The first of its days alone.
    pub const fn first_day(self) -> Self {
        match self {
            Self::Fixed(month, day, _) => Self::Fixed(month, day, 1),
            Self::Lunar(which, later, _) => Self::Lunar(which, later, 1),
            other => other,
        }
    }

    fn of(self, year: i16) -> Option<Days> {
        let (first, lasts) = match self {
            Self::Fixed(month, day, lasts) => (Date::new(year, month, day).ok()?, lasts),
            Self::Weekday(month, weekday, place) => {
                let first = Date::new(year, month, 1).ok()?;
                (first.nth_weekday_of_month(place, weekday).ok()?, 1)
            }
            Self::Easter(later) => (days_after(easter(year)?, later)?, 1),
            // By the usual rule for the twenty-first century.
            Self::TombSweeping => {
                let year_of_century = i32::from(year) - 2000;
                let day = (year_of_century * 2422 + 48_100) / 10_000 - year_of_century / 4;
                (Date::new(year, 4, i8::try_from(day).ok()?).ok()?, 1)
            }
            Self::Lunar(which, later, lasts) => {
                let (_, days) = LUNAR.iter().find(|(known, _)| *known == year)?;
                let (month, day) = days[which];
                (days_after(Date::new(year, month, day).ok()?, later)?, lasts)
            }
        };
        Some((first, days_after(first, lasts - 1)?))
    }
}

fn days_after(day: Date, days: i32) -> Option<Date> {
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
