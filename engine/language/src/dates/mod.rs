//! Days as people name them, and the day of the calendar they mean.
//!
//! A promise has to be kept *by* a day, so of everything that leaves room the last day counts:
//! "three to five days" are five. How we read what people themselves read differently:
//!
//! | said | meant |
//! |---|---|
//! | Thursday, this Thursday, 星期四 | the next one, never the call's own day: that is called today |
//! | 这周四, 本周四 | that of this week; once it is over, the next one |
//! | next Thursday, 下周四 | that of the next calendar week; weeks begin on Monday |
//! | next week, 下周 | its Friday; early next week, 下周初: its Tuesday |
//! | end of the week, 本周内 | Friday; at the weekend, Sunday |
//! | in the middle of a week, 下周中 | its Wednesday |
//! | the weekend, 周末 | Sunday |
//! | business days, 工作日 | Monday to Friday, from the day after the call; holidays are not known |
//! | the second week of May, 五月第二周 | the Friday of its second week; its first has its first Thursday |
//! | early in a month, 月初 | the 5th; mid-month, 月中: the 15th; 月底: its last day |
//! | the 15th, May 3, 5月3号 | the next such day, the call's own included |
//! | 5/7 | month first, unless that cannot be |
//! | the third of May, on the fourth | a day behind us: nobody promises for a year ahead |
//! | a couple of, a few, 几 | two, three, three |
//! | early in a year, 年初 | January; in spring, 春天: May 31 |
//! | after Christmas, 国庆节后 | the next working day; before Christmas, 国庆节前: the day before |
//! | after five, 下午三点半 | today if that is still ahead, else tomorrow; without am or pm from 7 to 6 |
//!
//! Words are lists ([`Dates`]), of any language. How they are put together is grammar, one module
//! for each kind of time; where languages differ it takes the parts in either order. It all ends in
//! one form (`said`), which `resolve` alone turns into days.
//!
//! A time that was named and cannot be told (after the holidays, 30 February, 改天) is
//! [`When::Unclear`], which is not the same as none.
//!
//! What lies behind ("three days ago", 上周四) or comes again and again ("every Thursday",
//! "Monday to Friday") is no day to keep a promise by.

mod clock;
mod days;
mod duration;
mod festivals;
mod names;
mod periods;
mod relative;
mod resolve;
mod said;
mod weekdays;
mod working_days;

#[cfg(test)]
mod tests;

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time as Clock};

pub use working_days::business_days_after;

use crate::lexicon::{Dates, Lexicon};
use crate::pattern::Phrases;
use crate::tokens::Token;
use clock::{after_day_part, clock, minute};
use days::day;
use duration::duration;
use names::{festival, item, named};
use periods::{in_period, place};
use relative::relative;
use resolve::{Context, Miss};
use said::{Length, Month, Period, Said};
use weekdays::weekday;

/// When something is to happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// It was only said that it happens at once: `right away`, `马上`.
    AtOnce,
    /// By this day, which is never before the call's.
    By(Date),
    /// A time was named, and nobody can tell from the words which day that is: `after the
    /// holidays`, `30 February`, `改天`. This is not the same as no time.
    Unclear,
}

/// A time that was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Time {
    /// The tokens that name it.
    pub tokens: Range<usize>,
    /// When that is.
    pub when: When,
    /// The time of day, if one was named; of a stretch its end. A mere part of the day is none.
    pub clock: Option<Clock>,
    /// Whether no day was named beside it.
    pub only_clock: bool,
}

/// A day that was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mention {
    /// The tokens that name it.
    pub tokens: Range<usize>,
    /// The day; never before the call's.
    pub day: Date,
    /// Whether it was only said that it happens at once: `right away`, `马上`.
    pub at_once: bool,
}

/// The days named in a sentence, for a call that began at `began`, in the order of the words:
/// [`times`] without those that are unclear.
pub fn mentions(tokens: &[Token], began: DateTime, words: &Lexicon) -> Vec<Mention> {
    let day = |Time { tokens, when, .. }| {
        let (day, at_once) = match when {
            When::AtOnce => (began.date(), true),
            When::By(day) => (day, false),
            When::Unclear => return None,
        };
        Some(Mention {
            tokens,
            day,
            at_once,
        })
    };
    times(tokens, began, words)
        .into_iter()
        .filter_map(day)
        .collect()
}

/// The times named in a sentence, for a call that began at `began`, in the order of the words.
pub fn times(tokens: &[Token], began: DateTime, words: &Lexicon) -> Vec<Time> {
    let mut that = None;
    let mut times = Vec::new();
    for (place, said) in said(tokens, words) {
        let when = match said.resolve(Context { began, that }) {
            Ok(_) if said == Said::AtOnce => When::AtOnce,
            Ok((_, by)) => {
                that = Some(by);
                When::By(by)
            }
            Err(Miss::Unclear) => When::Unclear,
            Err(Miss::NoDay) => continue,
        };
        let only_clock = matches!(said, Said::Clock(_));
        let clock = clock_of(tokens, &place, words);
        times.push(Time {
            tokens: place,
            when,
            clock,
            only_clock,
        });
    }
    times
}

/// The last time of day that is named from within `place` on.
fn clock_of(tokens: &[Token], place: &Range<usize>, words: &Lexicon) -> Option<Clock> {
    let mut clock = None;
    let mut at = place.start;
    while at < place.end {
        let Some((told, end)) = minute(tokens, at, words) else {
            at += 1;
            continue;
        };
        let (hour, minute) = (i8::try_from(told / 60).ok()?, i8::try_from(told % 60).ok()?);
        clock = Clock::new(hour, minute, 0, 0).ok();
        at = end;
    }
    clock
}

/// What is said of times in a sentence, neighbours that name one together joined.
fn said(tokens: &[Token], words: &Lexicon) -> Vec<(Range<usize>, Said)> {
    let mut found: Vec<(Range<usize>, Said)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((said, end)) = time(tokens, at, words) else {
            at += 1;
            continue;
        };
        let here = at..end;
        let joined = found.last().and_then(|(before, first)| {
            let between = &tokens[before.end.min(at)..at];
            let apart = tokens[before.end.min(at)..=at].iter().any(Token::opens);
            join(between, apart, first, &said, &words.dates)
        });
        match (joined, found.last_mut()) {
            (Some(joined), Some(last)) => *last = (last.0.start..end, joined),
            _ => found.push((here, said)),
        }
        at = end;
    }
    found
}

/// The time that is named from token `at` on, and the token after it.
fn time(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let simple = simple(tokens, at, words);
    let (said, end) = match (relative(tokens, at, simple.as_ref(), words), simple) {
        // `the day after tomorrow` has a name.
        (Some(relative), Some(simple)) if simple.1 >= relative.1 => simple,
        (relative, simple) => relative.or(simple)?,
    };
    // `请稍后`, `请您等一下` ask to wait.
    let waits = said == Said::AtOnce
        && follows(tokens, at, &dates.asked_to_wait)
        && dates.wait.longest_at(tokens, at) == Some(end)
        && tokens.get(end).is_none_or(Token::opens);
    let said = if waits { Said::NoDay } else { said };
    // 每月第二个星期三
    let counted = || item(tokens, place(tokens, end, words)?.1, dates);
    let end = match said {
        Said::NoDay => counted().map_or(end, |(_, end)| end),
        Said::AtOnce | Said::Unclear | Said::Clock(_) | Said::Ahead(Length::Minutes(_)) => end,
        _ => after_day_part(tokens, end, dates),
    };
    Some((said, dates.by.longest_at(tokens, end).unwrap_or(end)))
}

/// A time that is told by no other.
fn simple(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let name = || {
        let (said, end) = named(tokens, at, dates)?;
        if said == Said::Ahead(Length::Days(1))
            && let Some(end) = dates.a_week_later.longest_at(tokens, end)
        {
            return Some((Said::Ahead(Length::Days(8)), end));
        }
        Some((said, after_day_part(tokens, end, dates)))
    };
    let festive = || {
        let (festival, end) = festival(tokens, at, dates)?;
        // 五一路 is a street.
        let other = dates.no_festival.longest_at(tokens, end).is_some();
        (!other).then_some((Said::Festival(festival), end))
    };
    let readings: [&dyn Fn() -> Option<(Said, usize)>; 7] = [
        &name,
        &|| weekday(tokens, at, words),
        &|| day(tokens, at, words),
        &|| in_period(tokens, at, words),
        &festive,
        &|| duration(tokens, at, words),
        &|| clock(tokens, at, words),
    ];
    // Of readings as long the first counts.
    let found = readings.iter().filter_map(|read| read());
    found.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// What two neighbours name together: `Thursday next week`, `Thursday the 7th`, `Thursday or
/// Friday`, `tomorrow at five`.
fn join(
    between: &[Token],
    apart: bool,
    first: &Said,
    second: &Said,
    words: &Dates,
) -> Option<Said> {
    use Said::{Ahead, Clock, Coming, Day, EndOfDay, InWeek, NoDay, Whole};
    let linked = between.len() <= 3 && between.iter().all(|token| words.links.have(&token.text));
    let either = !between.is_empty()
        && (words.either.longest_at(between, 0) == Some(between.len())
            || between.len() == 1 && between[0].text == "-");
    let named = |said: &Said| {
        let other = matches!(said, Said::Nth(..) | Said::Festival(_) | Said::PartOf(..));
        other || matches!(said, Coming { .. } | InWeek { .. } | Day { .. })
    };
    let dated = |said: &Said| named(said) || matches!(said, Ahead(Length::Days(_)) | Whole(_));
    match (first, second) {
        (Coming { weekday: 0, .. }, Coming { weekday: 4, .. }) if either => Some(NoDay),
        (NoDay, Coming { .. }) if either => Some(NoDay),
        (NoDay, said) if linked && !apart && (named(said) || matches!(said, Clock(_))) => {
            Some(NoDay)
        }
        (Coming { .. } | Clock(_), NoDay) if linked && !apart => Some(NoDay),
        (Coming { weekday, .. }, Whole(Period::Week(weeks)))
        | (Whole(Period::Week(weeks)), Coming { weekday, .. })
            if linked =>
        {
            let (weekday, weeks) = (*weekday, *weeks);
            Some(InWeek { weekday, weeks })
        }
        (Coming { .. } | InWeek { .. } | Ahead(Length::Days(_)), day @ Day { .. })
        | (day @ Day { .. }, Coming { .. })
        | (EndOfDay | Clock(_), day)
        | (day, EndOfDay | Clock(_))
            if linked && (dated(day) || *day == EndOfDay) =>
        {
            Some(day.clone())
        }
        // `in two weeks on Friday`, `两周后的周五`
        (Ahead(Length::Days(days @ 7..)), Coming { weekday, .. })
            if linked && !apart && days % 7 == 0 =>
        {
            let (weekday, weeks) = (*weekday, days / 7);
            Some(InWeek { weekday, weeks })
        }
        // `shortly after Christmas`
        (Said::AtOnce, Said::Beside(..)) if between.is_empty() => Some(second.clone()),
        (Ahead(Length::Days(_)), Coming { .. }) if between.is_empty() => Some(first.clone()),
        (InWeek { weeks, .. }, Coming { weekday, .. }) if either => {
            let (weekday, weeks) = (*weekday, *weeks);
            Some(InWeek { weekday, weeks })
        }
        (
            Day { month, .. },
            Day {
                day,
                month: Month::Any,
            },
        ) if either => {
            let (day, month) = (*day, *month);
            Some(Day { day, month })
        }
        _ if either && dated(first) && dated(second) => Some(second.clone()),
        _ => None,
    }
}

/// The word at a place; empty past either end.
fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// The longest phrase that is looked for before something, in tokens.
const LONGEST_LEAD: usize = 4;

/// Whether one of `phrases` ends right before token `at`.
fn follows(tokens: &[Token], at: usize, phrases: &Phrases) -> bool {
    let ends_here = |from| phrases.longest_at(&tokens[..at], from) == Some(at);
    (at.saturating_sub(LONGEST_LEAD)..at).any(ends_here)
}

/// Whether what was said of a time is over before token `at`, so that a number before it has no
/// noun behind.
fn goes_on(tokens: &[Token], at: usize, words: &Dates) -> bool {
    tokens.get(at).is_none_or(Token::opens) || words.goes_on.longest_at(tokens, at).is_some()
}
