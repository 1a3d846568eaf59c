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
//! | the weekend, 周末 | Sunday |
//! | business days, 工作日 | Monday to Friday, from the day after the call; holidays are not known |
//! | early in a month, 月初 | the 5th; mid-month, 月中: the 15th; 月底: its last day |
//! | the 15th, May 3, 5月3号 | the next such day, the call's own included |
//! | 5/7 | month first, unless that cannot be |
//! | the third of May, on the fourth | a day behind us: nobody promises for a year ahead |
//! | a couple of, a few, 几 | two, three, three |
//!
//! Names of days and units of time are word lists ([`Dates`](crate::lexicon::Dates)), of any
//! language. What is put together is grammar: `en` and `zh`.
//!
//! What lies behind ("three days ago", 上周四) or comes again and again ("every Thursday",
//! "Monday to Friday") is no day to keep a promise by.

mod duration;
mod en;
mod names;
mod when;
mod zh;

#[cfg(test)]
mod tests;

use std::ops::Range;

use jiff::civil::{Date, DateTime};

pub use when::business_days_after;

use crate::lexicon::Lexicon;
use crate::tokens::Token;
use when::When;

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

/// The days named in a sentence, for a call that began at `began`, in the order of the words.
pub fn mentions(tokens: &[Token], began: DateTime, words: &Lexicon) -> Vec<Mention> {
    let mut found: Vec<(Range<usize>, When)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((when, end)) = zh::when(tokens, at, words).or_else(|| en::when(tokens, at, words))
        else {
            at += 1;
            continue;
        };
        let here = at..end;
        match found.last_mut() {
            Some((before, first)) => {
                match join(
                    &tokens[before.end.min(here.start)..here.start],
                    *first,
                    when,
                ) {
                    Some(joined) => {
                        *first = joined;
                        before.end = here.end;
                    }
                    None => found.push((here, when)),
                }
            }
            None => found.push((here, when)),
        }
        at = end;
    }
    found
        .into_iter()
        .filter_map(|(tokens, when)| {
            let day = when.resolve(began)?;
            (day >= began.date()).then_some(Mention {
                tokens,
                day,
                at_once: when == When::AtOnce,
            })
        })
        .collect()
}

/// What two neighbours name together: `Thursday next week`, `Thursday the 7th`, `Thursday or
/// Friday`.
fn join(between: &[Token], first: When, second: When) -> Option<When> {
    let only = |words: &[&str]| {
        between.len() <= 2 && between.iter().all(|t| words.contains(&t.text.as_str()))
    };
    let linked = only(&[
        "on", "the", "of", "in", "的", "在", "也", "就", "是", "by", "a",
    ]);
    let either = between.len() == 1
        && only(&[
            "or", "to", "-", "and", "through", "until", "till", "到", "至", "或",
        ])
        || only(&["或", "者"]) && between.len() == 2;
    match (first, second) {
        (When::Coming { weekday: 0, .. }, When::Coming { weekday: 4, .. }) if either => {
            Some(When::NoDay)
        }
        (When::NoDay, When::Coming { .. }) if either => Some(When::NoDay),
        (When::Coming { weekday, .. }, When::Week(weeks))
        | (When::Week(weeks), When::Coming { weekday, .. })
            if linked =>
        {
            Some(When::InWeek { weekday, weeks })
        }
        (When::Coming { .. } | When::InWeek { .. } | When::Days(_), day @ When::Day { .. })
        | (day @ When::Day { .. }, When::Coming { .. })
            if linked =>
        {
            Some(day)
        }
        (When::EndOfDay, day) | (day, When::EndOfDay) if linked => Some(day),
        (When::Days(_), When::Coming { .. }) if between.is_empty() => Some(first),
        (When::InWeek { weeks, .. }, When::Coming { weekday, .. }) if either => {
            Some(When::InWeek { weekday, weeks })
        }
        (
            When::Coming { .. } | When::InWeek { .. } | When::Days(_) | When::Day { .. },
            When::Coming { .. } | When::InWeek { .. } | When::Days(_) | When::Day { .. },
        ) if either => Some(second),
        _ => None,
    }
}
