//! Money and percentages: `twenty five dollars and fifty cents`, `five percent`.

use super::cardinal::{Amount, amount, is_numeric};
use super::read::Read;
use super::words::Words;
use sidetone_types::number::NumberKind;

/// What an amount is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit<'a> {
    /// Written with a sign: `${}`.
    Sign(&'a str),
    /// Money that is written as a word.
    Word,
    /// Hundredths of what has a sign.
    Cents,
    /// `percent`
    Percent,
}

/// The unit at `at`, and the place after it.
pub(super) fn unit(words: Words<'_>, at: usize) -> Option<(Unit<'_>, usize)> {
    let figures = words.figures;
    if let Some(end) = words.next_any(at, &figures.percent) {
        return Some((Unit::Percent, end));
    }
    let word = words.next(at);
    let sign = figures.money.iter().find(|(_, names)| names.have(word));
    let unit = match sign {
        Some((sign, _)) => Unit::Sign(sign),
        None if figures.money_words.have(word) => Unit::Word,
        None if figures.cents.have(word) => Unit::Cents,
        None => return None,
    };
    Some((unit, at + 1))
}

/// An amount of money with its unit.
pub(super) fn money(words: Words<'_>, at: usize) -> Option<Read> {
    let (amount, given) = match words.word(at).strip_prefix('$') {
        Some(_) => (dollars_in_figures(words, at)?, true),
        None => (amount(words, at)?, false),
    };
    let read = |end, text| Some(Read::one(words, NumberKind::Money, at..end, text));
    // English pounds may be of weight, unless pence follow.
    if words.next(amount.end) == "pounds" && !given {
        return pounds_and_pence(words, &amount)
            .and_then(|(end, pence)| read(end, with_cents("£{}", &amount, pence)));
    }
    let (unit, end) = if given {
        (Unit::Sign("${}"), amount.end)
    } else {
        unit(words, amount.end)?
    };
    // `twenty one dollar bills`: 21, or 20 of one dollar?
    let coins = words.figures.denominations.have(words.next(end));
    if coins && amount.whole % 10 == 1 && amount.whole > 1 {
        return Some(Read::nothing(end));
    }
    match unit {
        Unit::Sign(sign) => match cents(words, end) {
            Cents::Some(cents, end) if amount.takes_cents() => {
                read(end, with_cents(sign, &amount, cents))
            }
            // `twenty five dollars fifty`: nearly sure, but not quite
            Cents::Perhaps(end) => Some(Read::nothing(end)),
            _ => read(end, with_sign(sign, &amount)),
        },
        // `my two cents`
        Unit::Cents if words.figures.whose_cents.have(words.before(at)) => Some(Read::nothing(end)),
        Unit::Word | Unit::Cents => Some(Read {
            end,
            ..Read::one(words, NumberKind::Money, at..amount.end, amount.text())
        }),
        Unit::Percent => None,
    }
}

/// An amount in percent.
pub(super) fn percent(words: Words<'_>, at: usize) -> Option<Read> {
    let amount = amount(words, at)?;
    let (Unit::Percent, end) = unit(words, amount.end)? else {
        return None;
    };
    let text = format!("{}%", amount.text());
    Some(Read::one(words, NumberKind::Percent, at..end, text))
}

impl Amount<'_> {
    fn takes_cents(&self) -> bool {
        self.fraction.is_empty() && self.scale.is_none()
    }
}

/// `$25`, `$25.50`, `$2 million`.
pub(super) fn with_sign(sign: &str, amount: &Amount<'_>) -> String {
    let mut amount = amount.clone();
    if amount.fraction.len() == 1 && amount.scale.is_none() {
        amount.fraction.push('0');
    }
    sign.replace("{}", &amount.text())
}

fn with_cents(sign: &str, amount: &Amount<'_>, cents: u64) -> String {
    let fraction = format!("{cents:02}");
    let amount = Amount {
        fraction,
        ..amount.clone()
    };
    with_sign(sign, &amount)
}

/// `$25`, if cents follow in words.
fn dollars_in_figures(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    let whole = words.word(at).strip_prefix('$')?.replace(',', "");
    let amount = Amount {
        whole: whole.parse().ok()?,
        scale: None,
        ..Amount::of(words, 0, at + 1)
    };
    matches!(cents(words, at + 1), Cents::Some(..)).then_some(amount)
}

enum Cents {
    Some(u64, usize),
    /// A number that may be cents, or not.
    Perhaps(usize),
    None,
}

/// The place after the cents that follow at `at`, or after what may be cents.
pub(super) fn after_cents(words: Words<'_>, at: usize) -> Option<usize> {
    match cents(words, at) {
        Cents::Some(_, end) | Cents::Perhaps(end) => Some(end),
        Cents::None => None,
    }
}

/// `and fifty cents`.
fn cents(words: Words<'_>, at: usize) -> Cents {
    let from = at + usize::from(words.figures.before_cents.have(words.next(at)));
    let joined = words.gap(from).joins();
    let Some(amount) = amount(words, from).filter(|_| joined) else {
        return if is_numeric(words, words.next(from)) {
            Cents::Perhaps(from + 1)
        } else {
            Cents::None
        };
    };
    let fits = amount.takes_cents() && amount.whole < 100;
    match unit(words, amount.end) {
        Some((Unit::Cents, end)) if fits => Cents::Some(amount.whole, end),
        None if from == at || words.next(amount.end).is_empty() => Cents::Perhaps(amount.end),
        _ => Cents::None,
    }
}

/// The pence of `twenty pounds fifty pence`, which tell money from weight.
fn pounds_and_pence(words: Words<'_>, pounds: &Amount<'_>) -> Option<(usize, u64)> {
    let at = pounds.end + 1;
    let from = at + usize::from(words.figures.before_cents.have(words.next(at)));
    let joined = words.gap(from).joins();
    let pence = amount(words, from).filter(|_| joined && pounds.takes_cents())?;
    let fits = words.next(pence.end) == "pence" && pence.takes_cents() && pence.whole < 100;
    fits.then_some((pence.end + 1, pence.whole))
}
