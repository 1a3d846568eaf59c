//! Which days of the calendar are meant by what was said.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::said::{Item, Length, Month, Part, Period, Said, Side, Step, Year};
use super::working_days::Calendar;

/// Longer than this nobody promises ahead, and arithmetic stays far from its limits.
pub(super) const MOST_DAYS: u32 = 3_700;
/// A day and month without a year, further ahead than this, lies behind us instead: who says "the
/// third of May" on the fourth speaks of yesterday.
const MOST_DAYS_WITHOUT_YEAR: i64 = 270;

const THURSDAY: i8 = 3;
const FRIDAY: i8 = 4;

/// The first and the last day of what was said.
pub(super) type Days = (Date, Date);

/// Why there are none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Miss {
    /// No time to come was named.
    NoDay,
    /// One was, and it cannot be told which.
    Unclear,
}

/// When something is said, of which day was spoken last, and which days are worked on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub began: DateTime,
    pub that: Option<Date>,
    pub calendar: &'a Calendar,
}

impl Said {
    /// The days that are meant, none of them before the call's.
    pub fn resolve(&self, context: Context<'_>) -> Result<Days, Miss> {
        let (from, by) = self.days(context)?;
        let today = context.began.date();
        if by < today {
            return Err(Miss::NoDay);
        }
        Ok((from.max(today), by))
    }

    fn days(&self, context: Context<'_>) -> Result<Days, Miss> {
        let today = context.began.date();
        let single = |day: Option<Date>| day.map(|day| (day, day)).ok_or(Miss::Unclear);
        match self {
            Self::NoDay => Err(Miss::NoDay),
            Self::Unclear => Err(Miss::Unclear),
            Self::AtOnce | Self::EndOfDay => Ok((today, today)),
            Self::Clock(minute) | Self::DayPart(minute) => {
                let now = context.began.hour() as u32 * 60 + context.began.minute() as u32;
                let next = || days_after(today, i64::from(now >= *minute));
                single(context.that.or_else(next))
            }
            Self::Ahead(length) => single(after(context.began, *length, context.calendar)),
            Self::Coming { weekday, later } => single(coming(today, *weekday, *later)),
            Self::Following(weekday) => single(coming(context.that.unwrap_or(today), *weekday, 0)),
            Self::InWeek { weekday, weeks } => {
                let day = in_week(today, *weekday, *weeks);
                let over = *weeks == 0 && day.is_some_and(|day| day <= today);
                single(if over {
                    coming(today, *weekday, 0)
                } else {
                    day
                })
            }
            Self::Whole(period) => first_ahead(*period, today, |days| {
                Some((days.0, end_of(*period, today, days)?))
            }),
            Self::PartOf(part, period) => first_ahead(*period, today, |days| {
                let day = part_of(*part, *period, today, days)?;
                Some((day, day))
            }),
            Self::Nth(place, item, period) => first_ahead(*period, today, |days| {
                let day = nth(*place, *item, days, context.calendar)?;
                Some((day, day))
            }),
            Self::Day { day, month } => {
                let day = i8::try_from(*day).map_err(|_| Miss::Unclear)?;
                first_ahead(Period::Month(*month), today, |(first, _)| {
                    let day = Date::new(first.year(), first.month(), day).ok()?;
                    Some((day, day))
                })
            }
            Self::Festival(festival) => festival.next(today).ok_or(Miss::Unclear),
            Self::Lunar(day) => {
                let next = day.next(today).ok_or(Miss::Unclear)?;
                let last = days_after(today, MOST_DAYS_WITHOUT_YEAR).ok_or(Miss::Unclear)?;
                match day.leap || next <= last {
                    true => Ok((next, next)),
                    false => Err(Miss::NoDay),
                }
            }
            Self::Holiday => context.calendar.next_holiday(today).ok_or(Miss::Unclear),
            Self::OneOf(all) => {
                let all = context.each(all);
                let (first, last) = (all.iter().min(), all.iter().max());
                first.copied().zip(last.copied()).ok_or(Miss::Unclear)
            }
            Self::That => single(context.that),
            Self::Beside(base, side) => {
                let days = base.days(context)?;
                let found = beside(days, *side, context.calendar).ok_or(Miss::Unclear)?;
                // "Before May", said in May: within it.
                Ok(match side {
                    Side::Before(None) if found.1 < today => days,
                    _ => found,
                })
            }
        }
    }
}

impl Context<'_> {
    /// The days of a choice that are still to come, each by its last.
    pub fn each(mut self, all: &[Said]) -> Vec<Date> {
        let mut days = Vec::new();
        for said in all {
            if let Ok((_, by)) = said.resolve(self) {
                self.that = Some(by);
                days.push(by);
            }
        }
        days
    }
}

/// Of the periods that may be meant, the first in which `pick` finds something to come.
fn first_ahead(
    period: Period,
    today: Date,
    pick: impl Fn(Days) -> Option<Days>,
) -> Result<Days, Miss> {
    let mut found = periods(period, today).into_iter().filter_map(pick);
    let first = found.next().ok_or(Miss::Unclear)?;
    if first.1 >= today && !too_far(period, today, first.1) {
        return Ok(first);
    }
    let miss = if first.1 < today {
        Miss::NoDay
    } else {
        Miss::Unclear
    };
    found
        .find(|(_, by)| *by >= today && !too_far(period, today, *by))
        .ok_or(miss)
}

/// Whether a day is further ahead than a month without its year goes.
fn too_far(period: Period, today: Date, day: Date) -> bool {
    matches!(period, Period::Month(Month::Named(_, None)))
        && days_after(today, MOST_DAYS_WITHOUT_YEAR).is_some_and(|last| day > last)
}

/// The periods that may be meant, in the order of time.
fn periods(period: Period, today: Date) -> Vec<Days> {
    let months = |first: Option<Date>, months: u32| {
        let first = first?;
        let last = months_after(first, months - 1)?.last_of_month();
        Some((first, last))
    };
    let first_of_month = |ahead| months_after(today.first_of_month(), ahead);
    let found: Vec<Option<Days>> = match period {
        Period::Week(weeks) => vec![in_week(today, 0, weeks).zip(in_week(today, 6, weeks))],
        Period::Weekend(weeks) => vec![in_week(today, 5, weeks).zip(in_week(today, 6, weeks))],
        Period::Month(Month::Any) => (0..=12)
            .map(|ahead| months(first_of_month(ahead), 1))
            .collect(),
        Period::Month(Month::Ahead(ahead)) => vec![months(first_of_month(ahead), 1)],
        Period::Month(Month::Named(month, year)) => years(year, today)
            .map(|year| months(first_of(year, month), 1))
            .collect(),
        Period::Quarter(ahead) => {
            let since = (today.month() as u32 - 1) % 3;
            let first = first_of(Some(today.year()), today.month() as u32 - since);
            // Early in a quarter, said when that is over, is early in the next.
            let last = ahead + u32::from(ahead == 0);
            let first =
                |ahead: u32| first.and_then(|first| months_after(first, ahead.checked_mul(3)?));
            (ahead..=last)
                .map(|ahead| months(first(ahead), 3))
                .collect()
        }
        Period::QuarterOf(quarter, year) => years(year, today)
            .map(|year| months(first_of(year, quarter.checked_mul(3)?.checked_sub(2)?), 3))
            .collect(),
        // Winter may have begun in the year before.
        Period::Season(first, year) => {
            let before = year
                .is_none()
                .then(|| today.year().checked_sub(1))
                .flatten();
            let all = before.map(Some).into_iter().chain(years(year, today));
            all.map(|year| months(first_of(year, first), 3)).collect()
        }
        Period::Year(year) => years(Some(year), today)
            .map(|year| months(first_of(year, 1), 12))
            .collect(),
    };
    found.into_iter().flatten().collect()
}

/// The years that may be meant.
fn years(year: Option<Year>, today: Date) -> impl Iterator<Item = Option<i16>> {
    let ahead = |years: u32| today.year().checked_add(i16::try_from(years).ok()?);
    let (first, second) = match year {
        Some(Year::Number(year)) => (i16::try_from(year).ok(), None),
        Some(Year::Ahead(years)) => (ahead(years), None),
        Some(Year::Any) | None => (ahead(0), Some(ahead(1))),
    };
    std::iter::once(first).chain(second)
}

fn first_of(year: Option<i16>, month: u32) -> Option<Date> {
    Date::new(year?, i8::try_from(month).ok()?, 1).ok()
}

/// The last day that counts: a week is over on Friday, or at the weekend on Sunday.
fn end_of(period: Period, today: Date, (first, last): Days) -> Option<Date> {
    match period {
        Period::Week(_) => {
            let friday = days_after(first, FRIDAY.into())?;
            Some(if friday < today { last } else { friday })
        }
        _ => Some(last),
    }
}

/// The last day of a part.
fn part_of(part: Part, period: Period, today: Date, days: Days) -> Option<Date> {
    let (first, last) = days;
    match (part, period) {
        (Part::End, _) => end_of(period, today, days),
        (_, Period::Weekend(_)) => Some(first),
        (Part::Beginning, Period::Week(_)) => days_after(first, 1),
        (Part::Middle, Period::Week(_)) => days_after(first, 2),
        (Part::Beginning, Period::Month(_)) => days_after(first, 4),
        (Part::Middle, Period::Month(_)) => days_after(first, 14),
        // The first month of a longer one, and the middle of it.
        (Part::Beginning, _) => Some(first.last_of_month()),
        (Part::Middle, Period::Year(_)) => Some(months_after(first, 5)?.last_of_month()),
        (Part::Middle, _) => days_after(first, i64::from((last - first).get_days()) / 2),
    }
}

/// A day by its place among its like.
fn nth(place: i32, item: Item, (first, last): Days, calendar: &Calendar) -> Option<Date> {
    let fits = |day: &Date| match item {
        Item::Day => true,
        Item::WorkingDay => calendar.is_working_day(*day),
        Item::Weekday(weekday) => day.weekday().to_monday_zero_offset() == weekday,
        // A week belongs to the period that its Thursday is in (ISO 8601).
        Item::Week => day.weekday().to_monday_zero_offset() == THURSDAY,
    };
    let all = (0..=i64::from((last - first).get_days())).filter_map(|days| days_after(first, days));
    let mut all: Vec<Date> = all.filter(fits).collect();
    if place < 0 {
        all.reverse();
    }
    let index = usize::try_from(place.unsigned_abs()).ok()?.checked_sub(1)?;
    let day = *all.get(index)?;
    match item {
        Item::Week => Some(in_week(day, FRIDAY, 0)?.min(last)),
        _ => Some(day),
    }
}

/// The days before or after others.
fn beside((from, by): Days, side: Side, calendar: &Calendar) -> Option<Days> {
    let back = |days: u32| from.checked_sub(Span::new().try_days(days).ok()?).ok();
    let weekday = |day: Date| day.weekday().to_monday_zero_offset();
    let day = match side {
        Side::After(None) => calendar.working_days_after(by, 1)?,
        Side::After(Some(Step::Length(length))) => after(by.at(0, 0, 0, 0), length, calendar)?,
        Side::After(Some(Step::Weekday(day))) => coming(by, day, 0)?,
        Side::After(Some(Step::Week)) => in_week(by, FRIDAY, 1)?,
        Side::Before(None) => back(1)?,
        Side::Before(Some(Step::Length(Length::Days(days)))) => back(days)?,
        Side::Before(Some(Step::Length(Length::Months { months, days }))) => {
            let span = Span::new().try_months(months).ok()?.try_days(days).ok()?;
            from.checked_sub(span).ok()?
        }
        Side::Before(Some(Step::Length(Length::BusinessDays(days)))) => (1..=i32::from(i16::MAX))
            .filter_map(|days| back(days.unsigned_abs()))
            .filter(|day| calendar.is_working_day(*day))
            .nth(usize::try_from(days.checked_sub(1)?).ok()?)?,
        Side::Before(Some(Step::Length(Length::Minutes(_)))) => from,
        Side::Before(Some(Step::Length(Length::Quarters))) => return None,
        Side::Before(Some(Step::Weekday(day))) => {
            back(u32::try_from((weekday(from) - day - 1).rem_euclid(7) + 1).ok()?)?
        }
        Side::Before(Some(Step::Week)) => in_week(back(7)?, FRIDAY, 0)?,
    };
    Some((day, day))
}

fn after(began: DateTime, length: Length, calendar: &Calendar) -> Option<Date> {
    let today = began.date();
    match length {
        Length::Minutes(minutes) => {
            let span = Span::new()
                .try_minutes(minutes.min(MOST_DAYS * 1440))
                .ok()?;
            Some(began.checked_add(span).ok()?.date())
        }
        Length::Days(days) => days_after(today, days.into()),
        Length::BusinessDays(days) => calendar.working_days_after(today, days),
        Length::Quarters => None,
        Length::Months { months, days } => days_after(months_after(today, months)?, days.into()),
    }
}

/// A weekday of a calendar week.
fn in_week(today: Date, weekday: i8, weeks: u32) -> Option<Date> {
    let ahead = i64::from(weekday - today.weekday().to_monday_zero_offset());
    days_after(today, ahead + 7 * i64::from(weeks))
}

/// The next weekday after `today`, and so many weeks later.
fn coming(today: Date, weekday: i8, later: u32) -> Option<Date> {
    let ahead = (weekday - today.weekday().to_monday_zero_offset() + 6).rem_euclid(7) + 1;
    days_after(today, i64::from(ahead) + 7 * i64::from(later))
}

/// `days` after `today`; `None` beyond what anyone promises.
pub(super) fn days_after(today: Date, days: i64) -> Option<Date> {
    if days > i64::from(MOST_DAYS) {
        return None;
    }
    today.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// The same day so many months later, or the last of a month that is shorter.
fn months_after(day: Date, months: u32) -> Option<Date> {
    if months > MOST_DAYS / 30 {
        return None;
    }
    day.checked_add(Span::new().try_months(months).ok()?).ok()
}
