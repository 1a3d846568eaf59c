//! What was said of a time, in whatever language: the one form between grammar and calendar.

use super::lunar::LunarDay;
use super::yearly::Yearly;

/// What was said, before it is known when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Said {
    /// Behind us, or again and again.
    NoDay,
    /// A time that nobody can tell from the words: `after the holidays`.
    Unclear,
    /// `right now`, `shortly`.
    AtOnce,
    /// `by the end of the day`: of the day named beside it, else of today.
    EndOfDay,
    /// A time of day, in minutes: of the day named beside it, else the next such time.
    Clock(u32),
    /// A part of the day, by the minute at which it is over.
    DayPart(u32),
    /// So long from now.
    Ahead(Length),
    /// A weekday, 0 is Monday: the next one, and so many weeks later.
    Coming {
        weekday: i8,
        later: u32,
    },
    /// That of the calendar week so many weeks ahead.
    InWeek {
        weekday: i8,
        weeks: u32,
    },
    /// The weekday that follows on the day named before, else on the call's own.
    Following(i8),
    /// `next week`, `in June`.
    Whole(Period),
    /// `the end of next week`, `月初`.
    PartOf(Part, Period),
    /// `the second Wednesday of next month`; 1 is the first, -1 the last.
    Nth(i32, Item, Period),
    /// A day of a month.
    Day {
        day: u32,
        month: Month,
    },
    Festival(Yearly),
    /// A day of the Chinese calendar.
    Lunar(LunarDay),
    /// The next public holiday, with all days off around it: `节`, `the bank holiday`.
    Holiday,
    /// One of several: `Monday or Tuesday`.
    OneOf(Vec<Self>),
    /// The day that was named before.
    That,
    /// `two days after Christmas`, `国庆节前`.
    Beside(Box<Self>, Side),
}

/// A length of time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Length {
    Minutes(u32),
    Days(u32),
    BusinessDays(u32),
    Months {
        months: u32,
        days: u32,
    },
    /// `two quarters`: whose ends may be meant, so that nobody can tell the day.
    Quarters,
}

impl Length {
    pub const fn months(months: u32) -> Self {
        Self::Months { months, days: 0 }
    }
}

/// On which side of another time, and how far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    Before(Option<Step>),
    After(Option<Step>),
}

/// How far from another time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Length(Length),
    /// The nearest such day.
    Weekday(i8),
    /// The calendar week next to it.
    Week,
}

/// A stretch of the calendar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Period {
    /// So many weeks after the call's.
    Week(u32),
    Weekend(u32),
    Month(Month),
    /// So many quarters after the call's.
    Quarter(u32),
    /// By its number, from 1.
    QuarterOf(u32, Option<Year>),
    /// By its first month.
    Season(u32, Option<Year>),
    Year(Year),
}

/// Which month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Month {
    /// None was named.
    Any,
    Named(u32, Option<Year>),
    /// So many months after the call's.
    Ahead(u32),
}

/// Which year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Year {
    /// This one or the next: which is still to come.
    Any,
    Number(u32),
    /// So many years after the call's.
    Ahead(u32),
}

/// A part of a period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Beginning,
    Middle,
    End,
}

/// What is counted in a period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Item {
    Day,
    WorkingDay,
    Weekday(i8),
    Week,
}
