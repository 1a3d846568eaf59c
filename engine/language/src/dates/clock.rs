//! Times of day: `after five`, `half past three`, `3 pm`, `下午三点半`.

use super::names::longest;
use super::said::Said;
use super::{goes_on, word};
use crate::lexicon::{Dates, Lexicon};
use crate::numbers::{amount, number};
use crate::tokens::Token;

/// A part of the day, by the minute at which it is over.
#[derive(Clone, Copy, Eq, PartialEq)]
enum DayPart {
    Morning = 12 * 60,
    Noon = 14 * 60,
    Afternoon = 18 * 60,
    Evening = 24 * 60,
}

/// The time of day that is told from token `at` on, or the end of a part of the day, and the token
/// after it.
pub(super) fn clock(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let told = minute(tokens, at, words).map(|(minute, end)| (Said::Clock(minute), end));
    told.or_else(|| {
        // `下午给您回电`: of today, if no other day stands before it.
        let part = day_part(tokens, at, &words.dates);
        let (part, end) = part.filter(|(_, end)| tokens[at].is_han() && *end > at + 1)?;
        Some((Said::Clock(part as u32), end))
    })
}

/// The minute of the day that is told from token `at` on, and the token after it.
pub(super) fn minute(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(u32, usize)> {
    let dates = &words.dates;
    let lead = dates.before_clock.longest_at(tokens, at);
    let before = day_part(tokens, at, dates);
    let from = lead.or(before.map(|(_, next)| next)).unwrap_or(at);
    let mut time = time(tokens, from, words)?;
    // `three pm to five pm`: the end counts.
    let links = &words.numbers.all().lists;
    while links.range.have(word(tokens, time.end))
        || links.between_and.have(word(tokens, time.end))
        || word(tokens, time.end) == "-"
    {
        let Some(later) =
            self::time(tokens, time.end + 1, words).filter(|later| later.sure || later.oclock)
        else {
            break;
        };
        time = later;
    }
    let part = time.part.or(before.map(|(part, _)| part));
    let end = dates.behind_clock.skip(tokens, time.end);
    let led = lead.is_some() && !tokens[at].is_han();
    let closed = || goes_on(tokens, end, dates);
    let sure = time.sure || part.is_some() || end > time.end;
    let told = match tokens[at].is_han() {
        // 一点 alone is a little.
        true => time.oclock && (sure || time.hour > 1 && closed() && end < tokens.len()),
        false => sure && (led || time.part.is_some() || time.oclock) || led && closed(),
    };
    told.then_some((time.minute(part), end))
}

/// An hour and minutes as they were told.
struct Time {
    hour: u32,
    minutes: i32,
    part: Option<DayPart>,
    /// Whether the word for hours of the day was said.
    oclock: bool,
    /// Whether it can be nothing else.
    sure: bool,
    end: usize,
}

impl Time {
    /// Who names no part of the day means the hours at which people are up.
    fn minute(&self, part: Option<DayPart>) -> u32 {
        let later = match part {
            Some(DayPart::Morning) => 0,
            Some(DayPart::Noon) | None if self.hour > 6 => 0,
            _ => 12,
        };
        let hour = match (self.hour, part) {
            (12, Some(DayPart::Morning)) => 0,
            (12, Some(DayPart::Evening)) => 24,
            (1..12, _) => self.hour + later,
            _ => self.hour,
        };
        (hour * 60).saturating_add_signed(self.minutes)
    }
}

fn time(tokens: &[Token], at: usize, words: &Lexicon) -> Option<Time> {
    let dates = &words.dates;
    let numbers = words.numbers.all();
    // `noon`
    if let Some(end) = dates
        .noon
        .longest_at(tokens, at)
        .filter(|_| !tokens[at].is_han())
    {
        let part = Some(DayPart::Noon);
        return Some(Time {
            hour: 12,
            minutes: 0,
            part,
            oclock: true,
            sure: true,
            end,
        });
    }
    // `half past three`, `ten to four`
    let quarters = [
        (&dates.half_past, 30),
        (&dates.quarter_past, 15),
        (&dates.quarter_to, -15),
    ];
    let relative = longest(quarters, tokens, at).or_else(|| {
        let (minutes, next) = number(tokens, at, numbers).filter(|(minutes, _)| *minutes < 60)?;
        let minutes = i32::try_from(minutes).ok()?;
        let past = dates.past_hour.longest_at(tokens, next);
        let to = || {
            dates
                .to_hour
                .longest_at(tokens, next)
                .map(|end| (-minutes, end))
        };
        past.map(|end| (minutes, end)).or_else(to)
    });
    let hour_at = relative.map_or(at, |(_, next)| next);
    let (hour, mut end, mut part) = hour(tokens, hour_at, words)?;
    let oclock = dates.oclock.longest_at(tokens, end);
    end = oclock.unwrap_or(end);
    let mut minutes = relative.map(|(minutes, _)| minutes);
    if minutes.is_none() {
        let told = [
            (&dates.half_behind_hour, 30),
            (&dates.quarter_behind_hour, 15),
            (&dates.three_quarters_behind_hour, 45),
        ];
        let told = longest(told, tokens, end).or_else(|| {
            let (minutes, next) = number(tokens, end, numbers)?;
            // `05`, 零五
            let written = tokens[end].is_figure() && tokens[end].text.len() == 2 || next > end + 1;
            let minutes = i32::try_from(minutes)
                .ok()
                .filter(|m| (10..60).contains(m) || written && *m < 10)?;
            Some((minutes, next))
        });
        if let Some((told, next)) = told {
            (minutes, end) = (Some(told), next);
        }
    }
    if let Some((behind, next)) =
        day_part(tokens, end, dates).filter(|_| !word(tokens, end).is_empty())
    {
        (part, end) = (part.or(Some(behind)), next);
    }
    let sure = minutes.is_some() || part.is_some() || oclock.is_some() && !tokens[at].is_han();
    Some(Time {
        hour,
        minutes: minutes.unwrap_or(0),
        part,
        oclock: oclock.is_some(),
        sure,
        end,
    })
}

/// An hour, of a range the later: `five`, `5pm`, `三四`.
fn hour(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(u32, usize, Option<DayPart>)> {
    let text = word(tokens, at);
    let figures = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if let Ok(hour) = figures.parse()
        && figures.len() < text.len()
    {
        let suffix = Token {
            text: text[figures.len()..].to_owned(),
            ..tokens[at].clone()
        };
        let (part, _) = day_part(&[suffix], 0, &words.dates)?;
        return (1..=12)
            .contains(&hour)
            .then_some((hour, at + 1, Some(part)));
    }
    let numbers = words.numbers.all();
    let single = number(tokens, at, numbers)?;
    let (hour, end) = amount(tokens, at, numbers).unwrap_or(single);
    (1..=24).contains(&hour).then_some((hour, end, None))
}

fn day_part(tokens: &[Token], at: usize, words: &Dates) -> Option<(DayPart, usize)> {
    let table = [
        (&words.morning, DayPart::Morning),
        (&words.noon, DayPart::Noon),
        (&words.afternoon, DayPart::Afternoon),
        (&words.evening, DayPart::Evening),
    ];
    longest(table, tokens, at)
}

/// Behind a part of the day, which adds nothing to a day that is named.
pub(super) fn after_day_part(tokens: &[Token], at: usize, words: &Dates) -> usize {
    let part = day_part(tokens, at, words).map(|(_, end)| end);
    let short = words.daytime.longest_at(tokens, at);
    part.max(short).unwrap_or(at)
}
