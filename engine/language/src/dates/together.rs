//! Times that stand side by side and are one: `Thursday next week`, `tomorrow at five`; and those of
//! which one is chosen, or which a range lies between: `Monday or Tuesday`, `Monday to Wednesday`.

use std::ops::Range;

use super::said::{Length, Month, Period, Said, Side, Step};
use super::time;
use crate::lexicon::{Dates, Lexicon};
use crate::pattern::Phrases;
use crate::tokens::{Gap, Token};

/// What is said of a time.
#[derive(Debug)]
pub(super) struct Found {
    pub tokens: Range<usize>,
    pub said: Said,
    /// The time of day that was named with it, in minutes.
    pub clock: Option<u32>,
}

/// What is said of times in a sentence, neighbours that name one together joined.
pub(super) fn said(tokens: &[Token], words: &Lexicon) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((said, end)) = time(tokens, at, words) else {
            at += 1;
            continue;
        };
        let clock = match said {
            Said::Clock(minute) => Some(minute),
            _ => None,
        };
        let joined = found.last().and_then(|before| {
            let between = &tokens[before.tokens.end.min(at)..at];
            let apart = tokens[before.tokens.end.min(at)..=at]
                .iter()
                .any(Token::opens);
            join(between, apart, &before.said, &said, &words.dates)
        });
        match (joined, found.last_mut()) {
            (Some(joined), Some(last)) => {
                last.tokens.end = end;
                last.said = joined;
                last.clock = clock.or(last.clock);
            }
            _ => found.push(Found {
                tokens: at..end,
                said,
                clock,
            }),
        }
        at = end;
    }
    alternatives(found, tokens, &words.dates)
}

/// What two neighbours name together: `Thursday next week`, `Thursday the 7th`, `tomorrow at five`.
fn join(
    between: &[Token],
    apart: bool,
    first: &Said,
    second: &Said,
    words: &Dates,
) -> Option<Said> {
    use Said::{Ahead, Clock, Coming, Day, DayPart, EndOfDay, InWeek, NoDay, OneOf, Whole};
    let linked = between.len() <= 3 && between.iter().all(|token| words.links.have(&token.text));
    match (first, second) {
        (NoDay, said)
            if linked && !apart && (names_day(said) || matches!(said, Clock(_) | DayPart(_))) =>
        {
            Some(NoDay)
        }
        (Coming { .. } | Clock(_) | DayPart(_), NoDay) if linked && !apart => Some(NoDay),
        (Coming { weekday, .. }, Whole(Period::Week(weeks)))
        | (Whole(Period::Week(weeks)), Coming { weekday, .. })
            if linked =>
        {
            let (weekday, weeks) = (*weekday, *weeks);
            Some(InWeek { weekday, weeks })
        }
        (Coming { .. } | InWeek { .. } | Ahead(Length::Days(_)), day @ (Day { .. } | OneOf(_)))
        | (day @ Day { .. }, Coming { .. })
        | (EndOfDay | Clock(_) | DayPart(_), day)
        | (day, EndOfDay | Clock(_) | DayPart(_))
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
        // `sometime on Monday`
        (Said::Unclear, day) if between.len() <= 1 && !apart && dated(day) => Some(day.clone()),
        // `shortly after Christmas`
        (Said::AtOnce, Said::Beside(..)) if between.is_empty() => Some(second.clone()),
        (Ahead(Length::Days(_)), Coming { .. }) if between.is_empty() => Some(first.clone()),
        _ => None,
    }
}

/// Whether it names a day by the calendar.
const fn names_day(said: &Said) -> bool {
    matches!(
        said,
        Said::Nth(..)
            | Said::Festival(_)
            | Said::Lunar(_)
            | Said::PartOf(..)
            | Said::Coming { .. }
            | Said::Following(_)
            | Said::InWeek { .. }
            | Said::Day { .. }
            | Said::OneOf(_)
    )
}

/// Whether it names days at all.
const fn dated(said: &Said) -> bool {
    let ahead = matches!(said, Said::Ahead(Length::Days(_)) | Said::Whole(_));
    names_day(said) || ahead || matches!(said, Said::Beside(..))
}

/// How two times are linked that stand side by side.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Link {
    /// One of the two: `or`.
    Or,
    /// From one to the other: `to`.
    To,
    /// In a list: `Monday, Tuesday or Wednesday`.
    Listed,
}

/// The times, with those joined that are a choice or the ends of a range.
fn alternatives(found: Vec<Found>, tokens: &[Token], words: &Dates) -> Vec<Found> {
    let link = |first: &Found, second: &Found| {
        let at = second.tokens.start;
        let between = tokens.get(first.tokens.end..at)?;
        let is = |phrases: &Phrases| {
            let end = phrases.longest_at(between, 0)?;
            let end = words.article.longest_at(between, end).unwrap_or(end);
            (end == between.len()).then_some(())
        };
        let is = |phrases: &Phrases| is(phrases).is_some();
        match between {
            [] => matches!(tokens[at].gap, Gap::Comma | Gap::Mark).then_some(Link::Listed),
            [mark] if mark.text == "-" => Some(Link::To),
            _ if is(&words.either) => Some(Link::Or),
            _ if is(&words.until) => Some(Link::To),
            _ => None,
        }
    };
    let mut joined: Vec<Found> = Vec::new();
    for mut next in found {
        let mut chosen = false;
        while let Some(last) = joined.last()
            && let Some(link) = link(last, &next)
            && (link == Link::Listed) == chosen
            && let Some(said) = linked(link, &last.said, &next.said)
        {
            chosen = link != Link::To;
            next = Found {
                tokens: last.tokens.start..next.tokens.end,
                said,
                clock: next.clock.or(last.clock),
            };
            joined.pop();
        }
        joined.push(next);
    }
    joined
}

/// Nobody offers more days than this to choose from.
const MOST_DAYS: usize = 7;

/// What two linked times name together.
fn linked(link: Link, first: &Said, second: &Said) -> Option<Said> {
    use Said::{Coming, NoDay};
    match (first, second) {
        // `Monday to Friday`
        (Coming { weekday: 0, .. }, Coming { weekday: 4, .. }) if link == Link::To => Some(NoDay),
        (NoDay, Coming { .. }) if link != Link::Listed => Some(NoDay),
        _ if !dated(first) || !dated(second) => None,
        _ => {
            let (mut days, others) = (options(first), options(second));
            let (last, next) = within_one(days.last()?, others.first()?);
            let next = told_by(&last, next);
            if link == Link::To {
                return Some(next);
            }
            days.pop();
            days.extend([last, next]);
            days.extend_from_slice(&others[1..]);
            (days.len() <= MOST_DAYS).then_some(Said::OneOf(days))
        }
    }
}

/// What is chosen from, of a choice; else the time itself.
fn options(said: &Said) -> Vec<Said> {
    match said {
        Said::OneOf(all) => all.clone(),
        said => vec![said.clone()],
    }
}

/// A day that another one before it tells, with that: of `Friday to the Monday after` the second.
fn told_by(first: &Said, second: Said) -> Said {
    let first = || Box::new(first.clone());
    match second {
        Said::Following(weekday) => {
            Said::Beside(first(), Side::After(Some(Step::Weekday(weekday))))
        }
        Said::Beside(that, side) if *that == Said::That => Said::Beside(first(), side),
        second => second,
    }
}

/// Two days, with the week or month of one for both where it was named once: `Monday or Tuesday next
/// week`, `the 3rd or the 5th of May`.
fn within_one(first: &Said, second: &Said) -> (Said, Said) {
    use Said::{Coming, Day, InWeek};
    let (mut earlier, mut later) = (first.clone(), second.clone());
    match (first, second) {
        (InWeek { weeks, .. }, Coming { weekday, .. }) => {
            let (weekday, weeks) = (*weekday, *weeks);
            later = InWeek { weekday, weeks };
        }
        (
            Coming { weekday, .. },
            InWeek {
                weeks,
                weekday: last,
            },
        ) if weekday < last => {
            let (weekday, weeks) = (*weekday, *weeks);
            earlier = InWeek { weekday, weeks };
        }
        (
            Day { month, .. },
            Day {
                day,
                month: Month::Any,
            },
        ) => {
            let (day, month) = (*day, *month);
            later = Day { day, month };
        }
        (
            Day {
                day,
                month: Month::Any,
            },
            Day { month, .. },
        ) => {
            let (day, month) = (*day, *month);
            earlier = Day { day, month };
        }
        _ => {}
    }
    (earlier, later)
}
