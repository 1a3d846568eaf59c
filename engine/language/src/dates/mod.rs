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
//! | business days, 工作日 | those of the [`Calendar`], from the day after the call; Monday to Friday without one |
//! | the second week of May, 五月第二周 | the Friday of its second week; its first has its first Thursday |
//! | early in a month, 月初 | the 5th; mid-month, 月中: the 15th; 月底: its last day |
//! | the 15th, May 3, 5月3号 | the next such day, the call's own included |
//! | 5/7 | month first, unless that cannot be |
//! | the third of May, on the fourth | a day behind us: nobody promises for a year ahead |
//! | a couple of, a few, 几 | two, three, three |
//! | 腊月二十三, 农历八月十五, 初八 | the next such day of the Chinese calendar |
//! | early in a year, 年初 | January; in spring, 春天: May 31 |
//! | after Christmas, 国庆节后 | the next working day; before Christmas, 国庆节前: the day before |
//! | after the bank holiday, 节后 | the first working day behind the next holiday of the calendar |
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
mod lunar;
mod names;
mod periods;
mod relative;
mod resolve;
mod said;
mod together;
mod weekdays;
mod working_days;
mod yearly;

#[cfg(test)]
mod tests;

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time as TimeOfDay};

pub use working_days::Calendar;
pub(crate) use yearly::Yearly;

use crate::lexicon::{Dates, Lexicon};
use crate::mandarin_words::cuts_a_word;
use crate::numerals::is_numeral;
use crate::tokens::Token;
use clock::{after_day_part, clock};
use days::day;
use duration::duration;
use lunar::lunar;
use names::{item, named};
use periods::{in_period, place};
use relative::relative;
use resolve::{Context, Miss};
use said::{Length, Said};
use together::{Found, said};
use weekdays::{is_plural, weekday};

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
    /// The time of day that was named with it, of a range its end: `tomorrow at half past three`.
    pub clock: Option<TimeOfDay>,
    /// Whether no day was named beside it.
    pub only_clock: bool,
    /// The days of which one is to be chosen, as they were named: `Monday or Tuesday`, `周一还是周二`.
    /// Empty where there is no choice; else `when` is the last of them. Of `Monday to Wednesday` and
    /// `two or three days` nobody has to choose.
    pub choice: Vec<Date>,
}

/// The times named in a sentence, for a call that began at `began`, in the order of the words.
pub fn times(tokens: &[Token], began: DateTime, words: &Lexicon) -> Vec<Time> {
    let mut context = Context {
        began,
        that: None,
        calendar: &words.calendar,
    };
    let mut times = Vec::new();
    for Found {
        tokens,
        said,
        clock,
    } in said(tokens, words)
    {
        let mut choice = match &said {
            Said::OneOf(all) => context.each(all),
            _ => Vec::new(),
        };
        if choice.len() < 2 {
            choice.clear();
        }
        let when = match said.resolve(context) {
            Ok(_) if said == Said::AtOnce => When::AtOnce,
            Ok((_, by)) => {
                context.that = Some(by);
                When::By(by)
            }
            Err(Miss::Unclear) => When::Unclear,
            Err(Miss::NoDay) => continue,
        };
        let only_clock = matches!(said, Said::Clock(_) | Said::DayPart(_));
        let clock = clock.and_then(time_of_day);
        times.push(Time {
            tokens,
            when,
            clock,
            only_clock,
            choice,
        });
    }
    times
}

/// Of its minute; midnight ends a day and is on none.
fn time_of_day(minute: u32) -> Option<TimeOfDay> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, (minute % 60) as i8);
    TimeOfDay::new(hour, minute, 0, 0).ok()
}

/// The time that is named from token `at` on, and the token after it.
fn time(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    if !may_begin(&tokens[at].text, words) || cuts_a_word(tokens, at) {
        return None;
    }
    let dates = &words.dates;
    let simple = simple(tokens, at, words);
    let (said, end) = match (relative(tokens, at, simple.as_ref(), words), simple) {
        // `the day after tomorrow` has a name.
        (Some(relative), Some(simple)) if simple.1 >= relative.1 => simple,
        (relative, simple) => relative.or(simple)?,
    };
    // `请稍后`, `请您等一下` ask to wait.
    let waits = said == Said::AtOnce
        && dates.asked_to_wait.end_before(tokens, at)
        && dates.wait.longest_at(tokens, at) == Some(end)
        && tokens.get(end).is_none_or(Token::opens);
    let said = if waits { Said::NoDay } else { said };
    // 每月第二个星期三
    let counted = || item(tokens, place(tokens, end, words)?.1, dates);
    let end = match said {
        Said::NoDay => counted().map_or(end, |(_, end)| end),
        Said::AtOnce
        | Said::Unclear
        | Said::Clock(_)
        | Said::DayPart(_)
        | Said::Ahead(Length::Minutes(_)) => end,
        _ => after_day_part(tokens, end, words),
    };
    Some((said, dates.by.longest_at(tokens, end).unwrap_or(end)))
}

/// Whether a time may begin with a word: most are passed over by this.
fn may_begin(word: &str, words: &Lexicon) -> bool {
    words.first_of_times.may_begin(word)
        || words.festivals.may_begin(word)
        || words.numbers.all().may_begin(word)
        || word.starts_with(is_numeral)
        || is_plural(word, &words.dates)
}

/// A time that is told by no other.
fn simple(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let name = || {
        let (said, end) = named(tokens, at, dates)?;
        // `tomorrow week`
        if let Said::Ahead(Length::Days(days @ 0..=1)) = said
            && let Some(end) = dates.a_week_later.longest_at(tokens, end)
        {
            return Some((Said::Ahead(Length::Days(days + 7)), end));
        }
        Some((said, after_day_part(tokens, end, words)))
    };
    let festive = || {
        let (festival, end) = words.festivals.longest_at(tokens, at)?;
        // 五一路 is a street.
        let other = dates.no_festival.longest_at(tokens, end).is_some();
        (!other).then_some((Said::Festival(festival), end))
    };
    let readings: [&dyn Fn() -> Option<(Said, usize)>; 8] = [
        &name,
        &|| weekday(tokens, at, words),
        &|| day(tokens, at, words),
        &|| in_period(tokens, at, words),
        &festive,
        &|| lunar(tokens, at, words),
        &|| duration(tokens, at, words),
        &|| clock(tokens, at, words),
    ];
    // Of readings as long the first counts.
    let found = readings.iter().filter_map(|read| read());
    found.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// The word at a place; empty past either end.
fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// Whether what was said of a time is over before token `at`, so that a number before it has no
/// noun behind.
fn goes_on(tokens: &[Token], at: usize, words: &Dates) -> bool {
    tokens.get(at).is_none_or(Token::opens) || words.goes_on.longest_at(tokens, at).is_some()
}
