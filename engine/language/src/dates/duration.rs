//! Lengths of time from now on, in languages that write spaces: `in three days`, `within five
//! business days`.

use super::when::When;
use crate::lexicon::Lexicon;
use crate::numbers::amount;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// The length of time that is told from token `at` on, and the token after it.
pub(super) fn duration(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    let (many, next) = amount(tokens, at, words.numbers.all())?;
    let next = words
        .dates
        .before_unit
        .longest_at(tokens, next)
        .unwrap_or(next);
    let units = [
        (&words.dates.business_days, When::BusinessDays(many)),
        (&words.dates.minutes, When::Minutes(many)),
        (&words.dates.hours, When::Minutes(many.saturating_mul(60))),
        (&words.dates.days, When::Days(many)),
        (&words.dates.weeks, When::Days(many.saturating_mul(7))),
        (&words.dates.fortnights, When::Days(14)),
        (&words.dates.months, When::Months(many)),
    ];
    let (when, end) = units
        .into_iter()
        .find_map(|(unit, when)| Some((when, unit.longest_at(tokens, next)?)))?;
    let behind = words.dates.ago.longest_at(tokens, end).is_some()
        || follows(tokens, at, 2, &words.dates.since)
            && !follows(tokens, at, 2, &words.dates.for_another);
    if behind {
        return Some((When::NoDay, end));
    }
    let tail = words.dates.from_now.longest_at(tokens, end);
    let ahead = tail.is_some()
        || matches!(when, When::BusinessDays(_))
        || follows(tokens, at, 3, &words.dates.within);
    ahead.then_some((when, tail.unwrap_or(end)))
}

/// Whether one of `phrases` ends right before token `at`, `back` tokens earlier at most.
fn follows(tokens: &[Token], at: usize, back: usize, phrases: &Phrases) -> bool {
    let ends_here = |from| phrases.longest_at(&tokens[..at], from) == Some(at);
    (at.saturating_sub(back)..at).any(ends_here)
}
