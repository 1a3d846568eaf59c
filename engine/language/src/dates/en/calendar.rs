//! Months, and days of a month: `the end of May`, `May 3rd`, `on the 15th`, `2026-05-07`.

use crate::dates::when::{Month, Part, When, follows, word};
use crate::lexicon::Lexicon;
use crate::numbers::{number, ordinal};
use crate::pattern::fits_any;
use crate::tokens::Token;

/// What leads to a part of a month.
const PARTS: [(Part, &[&str]); 3] = [
    (
        Part::Beginning,
        &[
            "early",
            "early in",
            "beginning of",
            "the beginning of",
            "start of",
            "the start of",
        ],
    ),
    (Part::Middle, &["middle of", "the middle of", "mid"]),
    (
        Part::End,
        &[
            "end of",
            "the end of",
            "late",
            "late in",
            "later",
            "within",
            "sometime",
            "by the end of",
        ],
    ),
];

pub(super) fn month(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    let part = Part::at(tokens, at, &PARTS);
    let after = part.map_or(at, |(_, end)| end);
    let (month, end) = if let Some(end) = fits_any(
        tokens,
        after,
        &["next month", "the next month", "the following month"],
    ) {
        (Month::Ahead(1), end)
    } else if let Some(end) =
        fits_any(tokens, after, &["the month", "this month", "month"]).filter(|_| part.is_some())
    {
        (Month::Ahead(0), end)
    } else {
        // `may` is a month only where one must come.
        let needs =
            part.is_some() || follows(tokens, at, 1, &["in", "by", "until", "before", "during"]);
        (
            Month::Named(words.dates.month(word(tokens, after)).filter(|_| needs)?),
            after + 1,
        )
    };
    let part = part.map_or(Part::End, |(part, _)| part);
    Some((part.of(month), end))
}

fn year(tokens: &[Token], at: usize, words: &Lexicon) -> (Option<u32>, usize) {
    match number(tokens, at, words.numbers.all()) {
        Some((year @ 2000..=2999, next)) => (Some(year), next),
        _ => (None, at),
    }
}

pub(super) fn calendar(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    let numbers = words.numbers.all();
    let day_in = |day: u32, month: u32, end: usize| {
        let (year, end) = year(tokens, end, words);
        let month = Month::Named(month);
        (1..=31)
            .contains(&day)
            .then_some((When::Day { day, month, year }, end))
    };
    // `May 3rd`, `May the third`, `May 3`.
    if let Some(month) = words.dates.month(word(tokens, at)) {
        let next = at + 1 + usize::from(word(tokens, at + 1) == "the");
        let (day, end) =
            ordinal(tokens, next, numbers).or_else(|| number(tokens, next, numbers))?;
        return day_in(day, month, end);
    }
    // `2026-05-07`.
    if let (Some((year @ 2000..=2999, next)), "-") =
        (number(tokens, at, numbers), word(tokens, at + 1))
        && let Some((month, next)) = number(tokens, next + 1, numbers)
        && word(tokens, next) == "-"
        && let Some((day, end)) = number(tokens, next + 1, numbers)
    {
        let month = Month::Named(month);
        return Some((
            When::Day {
                day,
                month,
                year: Some(year),
            },
            end,
        ));
    }
    // `on 5/7`.
    if let Some((first, slash)) = number(tokens, at, numbers)
        && word(tokens, slash) == "/"
        && follows(tokens, at, 1, &["on", "by", "before", "until", "for"])
        && let Some((second, end)) = number(tokens, slash + 1, numbers)
    {
        let (month, day) = if first > 12 {
            (second, first)
        } else {
            (first, second)
        };
        let end = if word(tokens, end) == "/" {
            number(tokens, end + 1, numbers).map_or(end, |n| n.1)
        } else {
            end
        };
        return (1..=12).contains(&month).then(|| day_in(day, month, end))?;
    }
    let from = at + usize::from(word(tokens, at) == "the");
    let named = ordinal(tokens, from, numbers);
    if let Some((day, next)) = named.or_else(|| number(tokens, from, numbers)) {
        // `the third of May`, `3 May`.
        let of = next + usize::from(word(tokens, next) == "of");
        if let Some(month) = words.dates.month(word(tokens, of)) {
            return day_in(day, month, of + 1);
        }
    }
    let (day, next) = named?;
    if let Some(end) = fits_any(
        tokens,
        next,
        &[
            "of next month",
            "of the next month",
            "of the following month",
        ],
    ) {
        return Some((
            When::Day {
                day,
                month: Month::Ahead(1),
                year: None,
            },
            end,
        ));
    }
    if let Some(end) = fits_any(tokens, next, &["of this month", "of the month"]) {
        return Some((
            When::Day {
                day,
                month: Month::Any,
                year: None,
            },
            end,
        ));
    }
    // `on the 15th`, but not `on the first try`, `the third time`.
    let led = follows(
        tokens,
        at,
        1,
        &["on", "by", "before", "until", "till", "for", "than"],
    ) && from > at;
    let figures = tokens[from].is_figure();
    let closed = tokens.get(next).is_none_or(|t| t.opens())
        || [
            "and", "at", "so", "to", "i", "we", "you", "or", "if", "when", "then", "please", "in",
            "by", "latest",
        ]
        .contains(&word(tokens, next));
    (led && (figures || closed) && (1..=31).contains(&day)).then_some((
        When::Day {
            day,
            month: Month::Any,
            year: None,
        },
        next,
    ))
}
