//! Lengths of time from now on: `in three days`, `within five business days`.

use crate::dates::when::{When, follows, word};
use crate::numbers::amount;
use crate::pattern::fits_any;
use crate::tokens::Token;

pub(super) fn duration(tokens: &[Token], at: usize) -> Option<(When, usize)> {
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
