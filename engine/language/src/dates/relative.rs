//! Times told by others: `two days after Christmas`, `the day after that`, `国庆节前`.

use super::clock::clock;
use super::duration::length;
use super::names::item;
use super::periods::place;
use super::said::{Item, Length, Period, Said, Side, Step};
use super::{goes_on, simple};
use crate::lexicon::Lexicon;
use crate::numbers::number;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// What is told by another time from token `at` on, and the token after it.
///
/// `simple` is what is told there by no other time.
pub(super) fn relative(
    tokens: &[Token],
    at: usize,
    simple: Option<&(Said, usize)>,
    words: &Lexicon,
) -> Option<(Said, usize)> {
    leading(tokens, at, words)
        .or_else(|| trailing(tokens, at, simple, words))
        .or_else(|| vague(tokens, at, words))
}

/// `the bank holiday`, `节`: which one, the calendar tells. A time only beside other words.
fn holiday(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let end = words.dates.public_holiday.longest_at(tokens, at)?;
    Some((Said::Holiday, end))
}

/// `after the holidays`, `假期以后`.
fn vague(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let named = || Some(holiday(tokens, at, words)?.1);
    let end = dates.vague.longest_at(tokens, at).or_else(named)?;
    let behind = dates.behind_vague.longest_at(tokens, end);
    let leads = [
        &dates.before_vague,
        &dates.end_of,
        &dates.beginning_of,
        &dates.middle_of,
    ];
    let led = || leads.into_iter().any(|lead| lead.end_before(tokens, at));
    let told = behind.is_some() || led();
    told.then_some((Said::Unclear, behind.unwrap_or(end)))
}

/// `after Christmas`, `two days after that`, `the Monday before Easter`.
fn leading(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let (step, next) = match step(tokens, at, words) {
        Some((step, next)) => (Some(step), next),
        None => (None, at),
    };
    let length = matches!(step, Some(Step::Length(_)));
    // `the Thursday after next`, `Thursday after lunch`, `Thursday after six`
    let is_other = |words: &Phrases| words.longest_at(tokens, next).is_some();
    let is_clock = || clock(tokens, next, words).is_some();
    if !length && (is_other(&dates.after_next) || is_other(&words.promises.no_event) || is_clock())
    {
        return None;
    }
    let from = || dates.from.longest_at(tokens, next).filter(|_| length);
    let after = dates.after.longest_at(tokens, next).or_else(from);
    let base_at = after.or_else(|| dates.before.longest_at(tokens, next))?;
    let side = |step| match after {
        Some(_) => Side::After(step),
        None => Side::Before(step),
    };
    let base = holiday(tokens, base_at, words).or_else(|| simple(tokens, base_at, words));
    let vague = dates.vague.longest_at(tokens, base_at);
    if let Some(end) = vague.filter(|end| base.as_ref().is_none_or(|(_, known)| known < end)) {
        return Some((Said::Unclear, end));
    }
    let that = || Some((Said::That, dates.that.longest_at(tokens, base_at)?));
    match (step, base) {
        (None, Some((base @ (Said::Festival(_) | Said::Holiday | Said::Whole(_)), end))) => {
            // A week is over on Friday.
            let worked = after.is_none() && matches!(base, Said::Whole(Period::Week(_)));
            let step = worked.then_some(Step::Length(Length::BusinessDays(1)));
            Some((Said::Beside(Box::new(base), side(step)), end))
        }
        (None, _) => None,
        (step, Some((base, end))) if base != Said::NoDay => {
            Some((Said::Beside(Box::new(base), side(step)), end))
        }
        (step, _) => {
            if let Some((base, end)) = that() {
                return Some((Said::Beside(Box::new(base), side(step)), end));
            }
            after?;
            let base = match goes_on(tokens, base_at, dates) {
                true => Said::Beside(Box::new(Said::That), side(step)),
                // After something that is no time: the delivery, their answer.
                false => Said::Unclear,
            };
            Some((base, base_at))
        }
    }
}

/// How far: `two days`, `the day`, `the first working day`, `the Monday`.
fn step(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(Step, usize)> {
    if let Some((length, end)) = length(tokens, at, words) {
        return Some((Step::Length(length), end));
    }
    let dates = &words.dates;
    let (place, from) = match place(tokens, at, words) {
        Some((place, next)) => (u32::try_from(place).ok()?, next),
        None => (1, dates.article.longest_at(tokens, at).unwrap_or(at)),
    };
    let (item, end) = item(tokens, from, dates)?;
    let step = match (item, place) {
        (Item::Day, place) => Step::Length(Length::Days(place)),
        (Item::WorkingDay, place) => Step::Length(Length::BusinessDays(place)),
        (Item::Weekday(weekday), 1) => Step::Weekday(weekday),
        (Item::Week, 1) => Step::Week,
        _ => return None,
    };
    (from > at || matches!(item, Item::Weekday(_))).then_some((step, end))
}

/// `国庆节后`, `元旦前一天`, `国庆节第二天`, `那之后两天`.
fn trailing(
    tokens: &[Token],
    at: usize,
    simple: Option<&(Said, usize)>,
    words: &Lexicon,
) -> Option<(Said, usize)> {
    let dates = &words.dates;
    let (base, next) = match simple {
        Some((
            Said::NoDay
            | Said::Unclear
            | Said::AtOnce
            | Said::Clock(_)
            | Said::DayPart(_)
            | Said::Ahead(_),
            _,
        )) => return None,
        Some((base, next)) => (base.clone(), *next),
        None => holiday(tokens, at, words)
            .or_else(|| Some((Said::That, dates.that.longest_at(tokens, at)?)))?,
    };
    // `国庆节第二天`: the first is its own.
    if let Some(from) = dates.before_ordinal.longest_at(tokens, next)
        && let Some((place @ 2.., from)) = number(tokens, from, words.numbers.all())
        && let Some(end) = dates.days.longest_at(tokens, from)
        && let Said::Festival(festival) = base
    {
        let step = Step::Length(Length::Days(place - 1));
        return Some((
            Said::Beside(
                Box::new(Said::Festival(festival.first_day())),
                Side::After(Some(step)),
            ),
            end,
        ));
    }
    let after = dates.after_behind.longest_at(tokens, next);
    let end = after.or_else(|| dates.before_behind.longest_at(tokens, next))?;
    let of = dates.of.longest_at(tokens, end).unwrap_or(end);
    let (step, end) = match step(tokens, of, words) {
        Some((step, end)) => (Some(step), end),
        None => (None, end),
    };
    // 周五之前 and 下周末之前 are by then, and so is 国庆前后.
    let far = match base {
        Said::Whole(Period::Week(_) | Period::Weekend(_)) => after.is_some(),
        Said::Festival(_) | Said::Holiday | Said::Whole(_) | Said::That => true,
        _ => false,
    };
    let around = dates.by.longest_at(tokens, next) > Some(of);
    if step.is_none() && (!far || around) {
        return None;
    }
    let side = match after {
        Some(_) => Side::After(step),
        None => Side::Before(step),
    };
    Some((Said::Beside(Box::new(base), side), end))
}
