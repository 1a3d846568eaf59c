//! Days of the week: `next Thursday`, `a week on Thursday`, `下下周三`.

use super::clock::after_day_part;
use super::names::longest;
use super::said::{Length, Said};
use super::word;
use crate::lexicon::{Dates, Lexicon};
use crate::numbers::amount;
use crate::tokens::Token;

/// The weekday that is named from token `at` on, and the token after it.
pub(super) fn weekday(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    if is_plural(word(tokens, at), dates) {
        return Some((Said::NoDay, at + 1));
    }
    if let Some(later) = weeks_later(tokens, at, words) {
        return Some(later);
    }
    if let Some(named) = dates.following_weekday.longest_at(tokens, at)
        && let Some((weekday, end)) = dates.weekday_at(tokens, named)
    {
        return Some((Said::Following(weekday), after_day_part(tokens, end, words)));
    }
    let leads = [
        (&dates.no_weekday, None),
        (&dates.this_weekday, Some(0)),
        (&dates.next_weekday, Some(1)),
        (&dates.weekday_after_next, Some(2)),
    ];
    let lead = longest(leads, tokens, at);
    let named = lead.map_or(at, |(_, next)| next);
    let (weekday, end) = dates.weekday_at(tokens, named)?;
    let end = after_day_part(tokens, end, words);
    if let Some(end) = dates.after_next.longest_at(tokens, end) {
        return Some((Said::InWeek { weekday, weeks: 2 }, end));
    }
    // `Thursday week` is one week more.
    let week = dates.a_week_later.longest_at(tokens, end);
    let (later, end) = (u32::from(week.is_some()), week.unwrap_or(end));
    let said = match lead {
        None => Said::Coming { weekday, later },
        Some((None, _)) => Said::NoDay,
        Some((Some(weeks), _)) => {
            let weeks = weeks + later;
            Said::InWeek { weekday, weeks }
        }
    };
    Some((said, end))
}

/// `a week on Thursday`, `two weeks from Thursday`, `a week tomorrow`.
fn weeks_later(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let (many, next) = amount(tokens, at, words.numbers.all())?;
    let single = dates
        .weeks
        .longest_at(tokens, next)
        .map(|next| (many, next));
    let double = || {
        Some((
            many.checked_mul(2)?,
            dates.fortnights.longest_at(tokens, next)?,
        ))
    };
    let (weeks, next) = single.or_else(double)?;
    let on = dates.weeks_on.longest_at(tokens, next);
    if let Some((weekday, end)) = on.and_then(|next| dates.weekday_at(tokens, next)) {
        let later = weeks;
        return Some((Said::Coming { weekday, later }, end));
    }
    let next = on.unwrap_or(next);
    let from = [(&dates.today, 0), (&dates.tomorrow, 1)];
    let (days, end) = longest(from, tokens, next).filter(|_| !tokens[at].is_han())?;
    let days = weeks.checked_mul(7)?.checked_add(days)?;
    Some((Said::Ahead(Length::Days(days)), end))
}

/// `Mondays`.
pub(super) fn is_plural(word: &str, words: &Dates) -> bool {
    let single = word
        .strip_suffix('s')
        .filter(|single| single.ends_with("day"));
    single.is_some_and(|single| words.weekday(single).is_some())
}
