//! Lengths of time from now on: `in three days`, `within a week and a half`, `一个半月以后`.

use super::said::{Length, Said};
use crate::lexicon::Lexicon;
use crate::numbers::{amount, number};
use crate::pattern::Phrases;
use crate::tokens::Token;

/// The length of time that is told from token `at` on, if it lies ahead, and the token after it.
pub(super) fn duration(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let (length, end) = length(tokens, at, words)?;
    let tail = dates.from_now.longest_at(tokens, end);
    let han = tokens[at].is_han();
    let behind = dates.ago.longest_at(tokens, end).is_some()
        || dates.since.end_before(tokens, at) && !dates.for_another.end_before(tokens, at);
    if behind && !(han && tail.is_some()) {
        return Some((Said::NoDay, end));
    }
    if dates.counted_from.end_before(tokens, at) {
        return Some((Said::Unclear, tail.unwrap_or(end)));
    }
    // `三到五天`: nobody tells a range of what is over.
    let ranged = || {
        let low = number(tokens, at, words.numbers.all());
        let high = amount(tokens, at, words.numbers.all());
        han && high != low && high.is_some_and(|(_, next)| next > at + 1)
    };
    let ahead = tail.is_some()
        || matches!(length, Length::BusinessDays(_))
        || dates.within.end_before(tokens, at)
        || dates.done_by_then.longest_at(tokens, end).is_some()
        || ranged();
    ahead.then_some((Said::Ahead(length), tail.unwrap_or(end)))
}

/// A length of time, at the most, and the token after it.
pub(super) fn length(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Length, usize)> {
    let dates = &words.dates;
    let (halves, next) = match dates.half.longest_at(tokens, at) {
        Some(next) => (1, next),
        None => {
            // `1.5 weeks`
            let whole = tokens.get(at)?.text.strip_suffix(".5");
            if let Some(whole) = whole.and_then(|whole| whole.parse::<u32>().ok()) {
                return of_unit(
                    tokens,
                    at + 1,
                    whole.saturating_mul(2).saturating_add(1),
                    words,
                );
            }
            let (many, next) = amount(tokens, at, words.numbers.all())?;
            let half = dates.and_a_half.longest_at(tokens, next);
            let halves = many
                .saturating_mul(2)
                .saturating_add(u32::from(half.is_some()));
            (halves, half.unwrap_or(next))
        }
    };
    of_unit(tokens, next, halves, words)
}

/// Makes a length of so many halves of a unit.
type OfHalves = fn(u32) -> Length;

/// So many halves of the unit that is named from token `next` on.
fn of_unit(tokens: &[Token], next: usize, halves: u32, words: &Lexicon) -> Option<(Length, usize)> {
    let dates = &words.dates;
    let next = dates.before_unit.longest_at(tokens, next).unwrap_or(next);
    let units: [(&Phrases, OfHalves); 10] = [
        (&dates.quarters, |_| Length::Quarters),
        (&dates.business_days, |halves| {
            Length::BusinessDays(halves.div_ceil(2))
        }),
        (&dates.minutes, |halves| Length::Minutes(halves.div_ceil(2))),
        (&dates.quarter_hours, |halves| {
            Length::Minutes(halves.saturating_mul(8))
        }),
        (&dates.hours, |halves| {
            Length::Minutes(halves.saturating_mul(30))
        }),
        // Half a day is today.
        (&dates.days, |halves| {
            Length::Days(if halves == 1 { 0 } else { halves.div_ceil(2) })
        }),
        (&dates.weeks, |halves| {
            Length::Days(halves.saturating_mul(7).div_ceil(2))
        }),
        (&dates.fortnights, |halves| {
            Length::Days(halves.saturating_mul(7))
        }),
        (&dates.months, |halves| Length::Months {
            months: halves / 2,
            days: halves % 2 * 15,
        }),
        (&dates.years, |halves| {
            Length::months(halves.saturating_mul(6))
        }),
    ];
    let (of_halves, end) = units
        .into_iter()
        .filter_map(|(unit, length)| Some((length, unit.longest_at(tokens, next)?)))
        .max_by_key(|(_, end)| *end)?;
    match dates.and_a_half.longest_at(tokens, end) {
        Some(end) if halves.is_multiple_of(2) => Some((of_halves(halves.saturating_add(1)), end)),
        _ => Some((of_halves(halves), end)),
    }
}
