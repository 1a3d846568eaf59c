//! Two numbers with one unit: `five to ten business days`, `twenty or thirty dollars`.

use super::amounts::{Unit, after_cents, unit, with_sign};
use super::cardinal::{Amount, amount, cardinal, end_of_run, is_numeric};
use super::read::Read;
use super::words::Words;
use crate::itn::number::Number;
use sidetone_types::number::NumberKind;

/// A range, both ends written in one way. One whose ends are in doubt stays as it is: in `three or
/// four hundred` the first may be 300.
pub(super) fn range(words: Words<'_>, at: usize) -> Option<Read> {
    let low = side(words, at)?;
    let (link, lists) = (words.next(low.end), &words.numbers.lists);
    let links = lists.range.have(link)
        || lists.between_and.have(link) && lists.between.have(words.before(at));
    let from = low.end + 1;
    if !links || !is_numeric(words, words.next(from)) {
        return None;
    }
    let Some(high) = side(words, from) else {
        return Some(Read::nothing(end_of_run(words, from)));
    };
    let unit = unit(words, high.end);
    if let Some((Unit::Sign(_), end)) = unit
        && let Some(end) = after_cents(words, end)
    {
        return Some(Read::nothing(end));
    }
    let size = |amount: &Amount<'_>| (amount.whole, amount.fraction.clone());
    let in_doubt = high.large && !low.large && low.whole < 100 && low.scale.is_none()
        || low.scale.is_some() && high.scale.is_none()
        || low.scale.is_none() && high.scale.is_none() && size(&low) >= size(&high)
        || words.is_name(at);
    if in_doubt {
        return Some(Read::nothing(high.end));
    }
    let number = |kind, from, to, text| Number {
        kind,
        span: words.span(from, to),
        text,
    };
    let (lower, upper, end) = match unit {
        Some((Unit::Sign(sign), end)) => (
            number(NumberKind::Money, at, low.end, with_sign(sign, &low)),
            number(NumberKind::Money, from, end, with_sign(sign, &high)),
            end,
        ),
        Some((Unit::Percent, end)) => (
            number(NumberKind::Percent, at, low.end, low.text()),
            number(NumberKind::Percent, from, end, format!("{}%", high.text())),
            end,
        ),
        Some((Unit::Word | Unit::Cents, end)) => (
            number(NumberKind::Money, at, low.end, low.text()),
            number(NumberKind::Money, from, high.end, high.text()),
            end,
        ),
        None if low.is_small() && high.is_small() => return Some(Read::nothing(high.end)),
        None => (
            number(NumberKind::Cardinal, at, low.end, low.text()),
            number(NumberKind::Cardinal, from, high.end, high.text()),
            high.end,
        ),
    };
    Some(Read {
        numbers: vec![lower, upper],
        end,
    })
}

/// One end of a range, in words or in figures.
pub(super) fn side(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    cardinal(words, at).or_else(|| {
        let figures = words.word(at).starts_with(|c: char| c.is_ascii_digit());
        amount(words, at).filter(|_| figures)
    })
}
