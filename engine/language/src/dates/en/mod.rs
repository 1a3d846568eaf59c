//! Days as they are named in English.

mod calendar;

use super::duration::duration;
use super::names::named;
use super::when::{When, follows, word};
use crate::lexicon::Lexicon;
use crate::numbers::amount;
use crate::pattern::{fits, fits_any};
use crate::tokens::Token;
use calendar::{calendar, month};

/// What is named from token `at` on, and the token after it.
pub(super) fn when(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    fixed(tokens, at, words)
        .or_else(|| calendar(tokens, at, words))
        .or_else(|| weekday(tokens, at, words))
        .or_else(|| month(tokens, at, words))
        .or_else(|| duration(tokens, at, words))
}

fn fixed(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    let (when, end) = named(tokens, at, &words.dates)?;
    // "Put up with half an hour of noise", "for half an hour": how long, not when.
    if matches!(when, When::Minutes(_))
        && !follows(tokens, at, 2, &["in", "within", "in about", "in the next"])
    {
        return (word(tokens, at) == "within" || word(tokens, at) == "in").then_some((when, end));
    }
    if matches!(when, When::Days(1)) && fits(tokens, end, "week").is_some() {
        return Some((When::Days(8), end + 1));
    }
    Some((when, after_daytime(tokens, end, words)))
}

fn after_daytime(tokens: &[Token], end: usize, words: &Lexicon) -> usize {
    words.dates.daytime.longest_at(tokens, end).unwrap_or(end)
}

/// `Mondays`.
fn is_plural_weekday(word: &str, words: &Lexicon) -> bool {
    let single = word
        .strip_suffix('s')
        .filter(|single| single.ends_with("day"));
    single.is_some_and(|single| words.dates.weekday(single).is_some())
}

fn weekday(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    if is_plural_weekday(word(tokens, at), words) {
        return Some((When::NoDay, at + 1));
    }
    // `a week on Thursday`, `two weeks from Thursday`.
    if let Some((weeks, next)) = amount(tokens, at, words.numbers.all())
        && matches!(word(tokens, next), "week" | "weeks")
        && matches!(word(tokens, next + 1), "on" | "from" | "this")
        && let Some(weekday) = words.dates.weekday(word(tokens, next + 2))
    {
        return Some((
            When::Coming {
                weekday,
                later: weeks,
            },
            next + 3,
        ));
    }
    let lead = fits_any(
        tokens,
        at,
        &[
            "this",
            "this coming",
            "coming",
            "the coming",
            "next",
            "last",
            "past",
            "every",
            "each",
            "since",
        ],
    );
    let named = lead.unwrap_or(at);
    let weekday = words.dates.weekday(word(tokens, named))?;
    let end = after_daytime(tokens, named + 1, words);
    if lead.is_some() {
        match word(tokens, named - 1) {
            "next" => return Some(after_next(tokens, weekday, 1, end)),
            "last" | "past" | "every" | "each" | "since" => return Some((When::NoDay, end)),
            _ => {}
        }
    }
    if let Some(end) = fits_any(tokens, end, &["last week", "of last week"]) {
        return Some((When::NoDay, end));
    }
    if let Some(end) = fits_any(tokens, end, &["after next"]) {
        return Some((When::InWeek { weekday, weeks: 2 }, end));
    }
    if word(tokens, end) == "week" {
        return Some((When::Coming { weekday, later: 1 }, end + 1));
    }
    Some((When::Coming { weekday, later: 0 }, end))
}

fn after_next(tokens: &[Token], weekday: i8, weeks: u32, end: usize) -> (When, usize) {
    // "Next Thursday week" is one week more.
    let more = u32::from(word(tokens, end) == "week");
    let weeks = weeks + more;
    (When::InWeek { weekday, weeks }, end + more as usize)
}
