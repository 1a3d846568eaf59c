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

/// The time of day that is told from token `at` on, and the token after it.
pub(super) fn clock(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let behind_day = behind_day(tokens, at, dates);
    let short = || {
        let parts = [
            (&dates.early, DayPart::Morning),
            (&dates.late, DayPart::Evening),
        ];
        longest(parts, tokens, at).filter(|_| behind_day)
    };
    let long = day_part(tokens, at, dates);
    let before = long.or_else(short);
    let from = before.map_or(at, |(_, next)| next);
    // `in the evening at eight`
    let lead = dates.before_clock.longest_at(tokens, from);
    let from = lead.unwrap_or(from);
    let Some(mut time) = time(tokens, from, words) else {
        // `下午给您回电`: of today, if no other day stands before it.
        let (part, end) = before.filter(|(_, end)| tokens[at].is_han() && *end > at + 1)?;
        return Some((Said::DayPart(part as u32), end));
    };
    // `three pm to five pm`: the end counts.
    let links = &words.numbers.all().lists;
    let link = word(tokens, time.end);
    if (links.range.have(link) || links.between_and.have(link) || link == "-")
        && let Some(later) = self::time(tokens, time.end + 1, words)
        && (later.sure || later.oclock)
    {
        time = later;
    }
    // `tonight at eight`, 今晚八点
    let named = || {
        let parts = [
            (&dates.mornings, DayPart::Morning),
            (&dates.afternoons, DayPart::Afternoon),
            (&dates.evenings, DayPart::Evening),
        ];
        let named = parts
            .into_iter()
            .find(|(names, _)| names.end_before(tokens, at));
        named.map(|(_, part)| part)
    };
    let part = time.part.or(before.map(|(part, _)| part)).or_else(named);
    let end = dates.behind_clock.skip(tokens, time.end);
    let led = lead.is_some() && !tokens[at].is_han();
    let closed = || goes_on(tokens, end, dates);
    let sure = time.sure || part.is_some() || end > time.end;
    // 一点 alone is a little, 早一点 a little earlier.
    let little = time.hour == 1 && long.is_none() && !time.sure;
    let told = match tokens[at].is_han() {
        true if little => false,
        true => time.oclock && (sure || closed() && (end < tokens.len() || behind_day)),
        false => sure && (led || time.part.is_some() || time.oclock) || led && closed(),
    };
    told.then_some((Said::Clock(time.minute(part)), end))
}

/// Whether a day is named right before token `at`, in Mandarin: 周五八点.
fn behind_day(tokens: &[Token], at: usize, words: &Dates) -> bool {
    let near = [
        &words.today,
        &words.tomorrow,
        &words.in_two_days,
        &words.in_three_days,
        &words.day_of_month,
    ];
    let mut days = near.into_iter().chain(words.week());
    at > 0 && tokens[at - 1].is_han() && days.any(|days| days.end_before(tokens, at))
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
            // `30pm`
            let joined = with_part(tokens, end, dates).filter(|_| oclock.is_none());
            part = part.or(joined.map(|(_, part)| part));
            let joined = joined.map(|(minutes, _)| (minutes, end + 1));
            let (minutes, next) = joined.or_else(|| number(tokens, end, numbers))?;
            // `05`, 零五
            let written = tokens[end].is_figure() && tokens[end].text.len() > 1 || next > end + 1;
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
    if let Some((hour, part)) = with_part(tokens, at, &words.dates) {
        return (1..=12)
            .contains(&hour)
            .then_some((hour, at + 1, Some(part)));
    }
    let numbers = words.numbers.all();
    let single = number(tokens, at, numbers)?;
    let (hour, end) = amount(tokens, at, numbers).unwrap_or(single);
    (1..=24).contains(&hour).then_some((hour, end, None))
}

/// Figures in one word with a part of the day: `5pm`.
fn with_part(tokens: &[Token], at: usize, words: &Dates) -> Option<(u32, DayPart)> {
    let text = word(tokens, at);
    let figures = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number = figures
        .parse()
        .ok()
        .filter(|_| figures.len() < text.len())?;
    let part = Token {
        text: text[figures.len()..].to_owned(),
        ..tokens[at].clone()
    };
    let (part, _) = day_part(&[part], 0, words)?;
    Some((number, part))
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

/// Behind a part of the day, which adds nothing to a day that is named. Not if a time of day is told
/// with it.
pub(super) fn after_day_part(tokens: &[Token], at: usize, words: &Lexicon) -> usize {
    let part = day_part(tokens, at, &words.dates).map(|(_, end)| end);
    let short = [&words.dates.early, &words.dates.late];
    let short = short
        .into_iter()
        .filter_map(|list| list.longest_at(tokens, at));
    let end = part.into_iter().chain(short).max().unwrap_or(at);
    match end > at && matches!(clock(tokens, at, words), Some((Said::Clock(_), _))) {
        true => at,
        false => end,
    }
}
