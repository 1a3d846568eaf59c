//! Days as they are named in English.

use super::names::named;
use super::when::{Month, Part, When, follows, word};
use crate::lexicon::Dates;
use crate::numbers::{amount, number, ordinal};
use crate::pattern::{fits, fits_any};
use crate::tokens::Token;

/// What is named from token `at` on, and the token after it.
pub(super) fn when(tokens: &[Token], at: usize, words: &Dates) -> Option<(When, usize)> {
    fixed(tokens, at, words)
        .or_else(|| calendar(tokens, at, words))
        .or_else(|| weekday(tokens, at, words))
        .or_else(|| month(tokens, at, words))
        .or_else(|| duration(tokens, at))
}

fn fixed(tokens: &[Token], at: usize, words: &Dates) -> Option<(When, usize)> {
    let (when, end) = named(tokens, at, words)?;
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

fn after_daytime(tokens: &[Token], end: usize, words: &Dates) -> usize {
    words.daytime.longest_at(tokens, end).unwrap_or(end)
}

/// `Mondays`.
fn is_plural_weekday(word: &str, words: &Dates) -> bool {
    let single = word
        .strip_suffix('s')
        .filter(|single| single.ends_with("day"));
    single.is_some_and(|single| words.weekday(single).is_some())
}

fn weekday(tokens: &[Token], at: usize, words: &Dates) -> Option<(When, usize)> {
    if is_plural_weekday(word(tokens, at), words) {
        return Some((When::NoDay, at + 1));
    }
    // `a week on Thursday`, `two weeks from Thursday`.
    if let Some((weeks, next)) = amount(tokens, at)
        && matches!(word(tokens, next), "week" | "weeks")
        && matches!(word(tokens, next + 1), "on" | "from" | "this")
        && let Some(weekday) = words.weekday(word(tokens, next + 2))
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
    let weekday = words.weekday(word(tokens, named))?;
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

fn month(tokens: &[Token], at: usize, words: &Dates) -> Option<(When, usize)> {
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
            Month::Named(words.month(word(tokens, after)).filter(|_| needs)?),
            after + 1,
        )
    };
    let part = part.map_or(Part::End, |(part, _)| part);
    Some((part.of(month), end))
}

fn year(tokens: &[Token], at: usize) -> (Option<u32>, usize) {
    match number(tokens, at) {
        Some((year @ 2000..=2999, next)) => (Some(year), next),
        _ => (None, at),
    }
}

fn calendar(tokens: &[Token], at: usize, words: &Dates) -> Option<(When, usize)> {
    let day_in = |day: u32, month: u32, end: usize| {
        let (year, end) = year(tokens, end);
        let month = Month::Named(month);
        (1..=31)
            .contains(&day)
            .then_some((When::Day { day, month, year }, end))
    };
    // `May 3rd`, `May the third`, `May 3`.
    if let Some(month) = words.month(word(tokens, at)) {
        let next = at + 1 + usize::from(word(tokens, at + 1) == "the");
        let (day, end) = ordinal(tokens, next).or_else(|| number(tokens, next))?;
        return day_in(day, month, end);
    }
    // `2026-05-07`.
    if let (Some((year @ 2000..=2999, next)), "-") = (number(tokens, at), word(tokens, at + 1))
        && let Some((month, next)) = number(tokens, next + 1)
        && word(tokens, next) == "-"
        && let Some((day, end)) = number(tokens, next + 1)
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
    if let Some((first, slash)) = number(tokens, at)
        && word(tokens, slash) == "/"
        && follows(tokens, at, 1, &["on", "by", "before", "until", "for"])
        && let Some((second, end)) = number(tokens, slash + 1)
    {
        let (month, day) = if first > 12 {
            (second, first)
        } else {
            (first, second)
        };
        let end = if word(tokens, end) == "/" {
            number(tokens, end + 1).map_or(end, |n| n.1)
        } else {
            end
        };
        return (1..=12).contains(&month).then(|| day_in(day, month, end))?;
    }
    let from = at + usize::from(word(tokens, at) == "the");
    let named = ordinal(tokens, from);
    if let Some((day, next)) = named.or_else(|| number(tokens, from)) {
        // `the third of May`, `3 May`.
        let of = next + usize::from(word(tokens, next) == "of");
        if let Some(month) = words.month(word(tokens, of)) {
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

fn duration(tokens: &[Token], at: usize) -> Option<(When, usize)> {
    let (many, next) = amount(tokens, at)?;
    let unit = fits_any(tokens, next, &["of", "full", "more", "short"]).unwrap_or(next);
    let business = fits_any(
        tokens,
        unit,
        &[
            "business days",
            "business day",
            "working days",
            "working day",
            "weekdays",
            "weekday",
        ],
    );
    let (when, end) = match word(tokens, unit) {
        _ if business.is_some() => (When::BusinessDays(many), business?),
        "minute" | "minutes" | "min" | "mins" => (When::Minutes(many), unit + 1),
        "hour" | "hours" | "hrs" => (When::Minutes(many.saturating_mul(60)), unit + 1),
        "day" | "days" => (When::Days(many), unit + 1),
        "week" | "weeks" => (When::Days(many.saturating_mul(7)), unit + 1),
        "fortnight" => (When::Days(14), unit + 1),
        "month" | "months" => (When::Months(many), unit + 1),
        _ => return None,
    };
    let behind = fits_any(
        tokens,
        end,
        &[
            "ago",
            "old",
            "late",
            "earlier",
            "before",
            "long",
            "in a row",
            "already",
            "and still",
            "of waiting",
        ],
    )
    .is_some()
        || follows(
            tokens,
            at,
            2,
            &[
                "for",
                "last",
                "past",
                "previous",
                "since",
                "every",
                "waited",
                "waiting",
                "took",
                "already",
                "over",
                "after waiting",
                "been",
            ],
        ) && !follows(tokens, at, 2, &["for another"]);
    if behind {
        return Some((When::NoDay, end));
    }
    let tail = fits_any(
        tokens,
        end,
        &[
            "from now",
            "from today",
            "time",
            "at the latest",
            "at most",
            "maximum",
            "tops",
        ],
    );
    let ahead = tail.is_some()
        || business.is_some()
        || follows(
            tokens,
            at,
            3,
            &[
                "in",
                "within",
                "after",
                "takes",
                "take",
                "another",
                "up to",
                "about",
                "next",
                "around",
                "roughly",
                "approximately",
                "only",
                "than",
                "least",
                "most",
                "the next",
                "needs",
                "need",
                "between",
                "give us",
                "give me",
                "wait",
                "be",
                "under",
            ],
        );
    ahead.then_some((when, tail.unwrap_or(end)))
}
