//! Numerals: `二十五`, `三万五`, `两千零二十六`, `三点一四`.

use super::chars::Chars;
use crate::numerals::{self, ReadAs, unit};

/// 0 to 9 as a numeral says it; `两` counts, `幺` only tells digits.
pub(super) fn digit(c: char) -> Option<u64> {
    numerals::digit(c, ReadAs::Amount).map(u64::from)
}

/// 10 to 1000.
fn small_unit(c: char) -> Option<u64> {
    unit(c).filter(|unit| *unit < 10_000)
}

/// 万 and 亿.
fn large_unit(c: char) -> Option<u64> {
    unit(c).filter(|unit| *unit >= 10_000)
}

/// Whether a character is part of a number, in numerals or in figures.
pub(super) fn is_numeral(c: char) -> bool {
    numerals::digit(c, ReadAs::Either).is_some() || unit(c).is_some() || c.is_ascii_digit()
}

/// How much of something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Amount {
    /// Without its fraction, in units of `scale`.
    pub value: u64,
    /// Behind the point, as figures.
    pub fraction: String,
    /// 万 or 亿 behind a fraction.
    pub scale: Option<char>,
    /// The place after it.
    pub end: usize,
    /// Whether it has 十 or above: it counts, and does not tell digits.
    pub has_units: bool,
    /// Whether its last unit was left out: `三万五`, `一百二`.
    pub cut_short: bool,
}

impl Amount {
    fn of(value: u64, end: usize) -> Self {
        Self {
            value,
            fraction: String::new(),
            scale: None,
            end,
            has_units: false,
            cut_short: false,
        }
    }

    /// As it is written: `25`, `3.5万`, `1亿2000万`. In traditional characters if `traditional`.
    pub fn text(&self, traditional: bool) -> String {
        let (wan, yi) = if traditional {
            ('萬', '億')
        } else {
            ('万', '亿')
        };
        if !self.fraction.is_empty() || self.scale.is_some() {
            let scale = match self.scale {
                Some('亿') => yi.to_string(),
                Some(_) => wan.to_string(),
                None => String::new(),
            };
            let point = if self.fraction.is_empty() { "" } else { "." };
            return format!("{}{point}{}{scale}", self.value, self.fraction);
        }
        let (yis, rest) = (self.value / 100_000_000, self.value % 100_000_000);
        match (yis, rest) {
            (1.., 0) => format!("{yis}{yi}"),
            (1.., rest) if rest.is_multiple_of(10_000) => {
                format!("{yis}{yi}{}{wan}", rest / 10_000)
            }
            (0, rest) if rest >= 10_000 && rest.is_multiple_of(10_000) => {
                format!("{}{wan}", rest / 10_000)
            }
            _ => self.value.to_string(),
        }
    }

    /// Whether running text has it in characters.
    pub fn is_small(&self) -> bool {
        self.value < 10 && self.fraction.is_empty() && self.scale.is_none()
    }
}

/// A whole number in numerals, whatever follows it.
fn numerals(chars: &Chars<'_>, at: usize) -> Option<Amount> {
    let mut amount = Amount::of(0, at);
    // What has been counted in units above the section that is read.
    let mut unit_before: Option<u64> = None;
    loop {
        let from = amount.end;
        let zero = usize::from(from > at && chars.at(from) == '零');
        let Some(section) = section(chars, from + zero) else {
            break;
        };
        match unit_before {
            // `三万五`: of the unit below
            Some(unit) if zero == 0 && section.value < 1_000 => {
                let alone = section.end == from + 1 && !section.has_units && section.value > 0;
                if !alone || large_unit(chars.at(section.end)).is_some() {
                    return None;
                }
                amount.value += section.value * unit / 10;
                amount.cut_short = true;
                amount.end = section.end;
                break;
            }
            _ => {}
        }
        let Some(unit) = large_unit(chars.at(section.end)) else {
            if unit_before.is_some() && section.cut_short {
                return None;
            }
            amount.value += section.value;
            amount.cut_short |= section.cut_short;
            amount.has_units |= section.has_units;
            amount.end = section.end;
            break;
        };
        if unit_before.is_some_and(|before| before <= unit) || section.value == 0 {
            return None;
        }
        amount.value += section.value * unit;
        amount.has_units = true;
        amount.end = section.end + 1;
        unit_before = Some(unit);
    }
    (amount.end > at).then_some(amount)
}

/// A number below ten thousand.
fn section(chars: &Chars<'_>, at: usize) -> Option<Amount> {
    let mut amount = Amount::of(0, at);
    let mut above = 10_000;
    let mut zero = false;
    loop {
        let (c, next) = (chars.at(amount.end), chars.at(amount.end + 1));
        if c == '十' && amount.end == at {
            amount.value = 10;
            (amount.end, above, amount.has_units) = (at + 1, 10, true);
            continue;
        }
        let Some(digit) = digit(c) else { break };
        if digit == 0 {
            // `一百零五`; `零` alone; never two of them
            if amount.end == at {
                amount.end += 1;
                break;
            }
            if zero || !amount.has_units || digit_from_one(next).is_none() {
                break;
            }
            zero = true;
            amount.end += 1;
            continue;
        }
        if let Some(unit) = small_unit(next) {
            if unit >= above {
                return None;
            }
            amount.value += digit * unit;
            amount.end += 2;
            (above, zero, amount.has_units) = (unit, false, true);
            continue;
        }
        // `两` counts, and so needs a unit behind it.
        if c == '两' && amount.end > at {
            return None;
        }
        if amount.end == at || above == 10 || zero {
            amount.value += digit;
        } else {
            amount.value += digit * above / 10;
            amount.cut_short = true;
        }
        amount.end += 1;
        break;
    }
    (amount.end > at).then_some(amount)
}

fn digit_from_one(c: char) -> Option<u64> {
    digit(c).filter(|digit| *digit > 0)
}

/// A whole number in numerals. None if more numerals follow, so that its meaning is open.
pub(super) fn whole(chars: &Chars<'_>, at: usize) -> Option<Amount> {
    numerals(chars, at).filter(|amount| !is_numeral(chars.at(amount.end)))
}

/// A whole number or one with a fraction, in numerals or in figures: where something around it
/// tells that it is an amount.
pub(super) fn amount(chars: &Chars<'_>, at: usize) -> Option<Amount> {
    if let Some(decimal) = decimal(chars, at) {
        return Some(decimal);
    }
    if !chars.at(at).is_ascii_digit() {
        return whole(chars, at);
    }
    let (digits, mut end) = figures(chars, at);
    let mut amount = Amount::of(digits.parse().ok()?, end);
    if chars.at(end) == '.' && chars.at(end + 1).is_ascii_digit() {
        (amount.fraction, end) = figures(chars, end + 1);
    }
    if large_unit(chars.at(end)).is_some() {
        amount.scale = Some(chars.at(end));
        end += 1;
    }
    amount.end = end;
    (!is_numeral(chars.at(end))).then_some(amount)
}

/// `三点一四`, `三点五万`.
pub(super) fn decimal(chars: &Chars<'_>, at: usize) -> Option<Amount> {
    let mut amount = if chars.at(at).is_ascii_digit() {
        let (digits, end) = figures(chars, at);
        Amount::of(digits.parse().ok()?, end)
    } else {
        numerals(chars, at).filter(|amount| !amount.cut_short)?
    };
    if chars.at(amount.end) != '点' {
        return None;
    }
    let mut end = amount.end + 1;
    while let Some(digit) = fraction_digit(chars.at(end)) {
        amount.fraction.push(digit);
        end += 1;
    }
    if amount.fraction.is_empty() {
        return None;
    }
    if large_unit(chars.at(end)).is_some() {
        amount.scale = Some(chars.at(end));
        end += 1;
    }
    amount.end = end;
    (!is_numeral(chars.at(end))).then_some(amount)
}

fn fraction_digit(c: char) -> Option<char> {
    match c {
        '幺' => None,
        c if c.is_ascii_digit() => Some(c),
        c => numerals::figure(c, ReadAs::Digits),
    }
}

fn figures(chars: &Chars<'_>, at: usize) -> (String, usize) {
    let mut end = at;
    let mut digits = String::new();
    while chars.at(end).is_ascii_digit() {
        digits.push(chars.at(end));
        end += 1;
    }
    (digits, end)
}

/// Whether something that is counted follows: alone, 十 and 十一 are found in many words (`十分`).
pub(super) fn counts(chars: &Chars<'_>, at: usize) -> bool {
    let figures = chars.figures;
    chars.after_any(at, &figures.counted).is_some() || measures(chars, at)
}

fn measures(chars: &Chars<'_>, at: usize) -> bool {
    chars.after_any(at, &chars.figures.measured).is_some()
}

fn is_counter(chars: &Chars<'_>, at: usize) -> bool {
    let figures = chars.figures;
    let counted = counts(chars, at) || chars.after_any(at, &figures.counters).is_some();
    counted && chars.after_any(at, &figures.not_counted).is_none()
}

/// Whether something follows of which there are no parts: `个人`, not `个小时`.
pub(super) fn counts_whole(chars: &Chars<'_>, at: usize) -> bool {
    is_counter(chars, at) && !measures(chars, at)
}

/// Whether what stands at `at` makes an amount of the number before it, which then is no time and no
/// digits.
pub(super) fn has_unit(chars: &Chars<'_>, at: usize) -> bool {
    is_counter(chars, at)
        || chars.after_any(at, &chars.figures.money_words).is_some()
        || chars.at(at) == '来' && has_unit(chars, at + 1) // `二十来个`, but `四点二十来取`
        || matches!(
            chars.at(at),
            '分' | '元' | '块' | '圆' | '毛' | '角' | '号' | '月' | '多' | '几' | '余'
        )
}

/// Whether 点 stands at `at` with a numeral behind it.
pub(super) fn goes_on_behind_point(chars: &Chars<'_>, at: usize) -> bool {
    chars.at(at) == '点' && is_numeral(chars.at(at + 1))
}

/// Behind the numerals that begin at `at` and the points between them: where they cannot be read as a
/// whole, no part of them is. Behind the character there if it is none.
pub(super) fn end_of_run(chars: &Chars<'_>, at: usize) -> usize {
    let mut end = at + 1;
    while is_numeral(chars.at(at))
        && (is_numeral(chars.at(end)) || goes_on_behind_point(chars, end))
    {
        end += 1;
    }
    end
}

/// Whether the units of a number are written in traditional characters.
pub(super) fn is_traditional(chars: &Chars<'_>, from: usize, to: usize) -> bool {
    chars.raw(from, to).contains(['萬', '億'])
}

/// An amount as it is written, with its units as they stand there.
pub(super) fn written(chars: &Chars<'_>, at: usize, amount: &Amount) -> String {
    amount.text(is_traditional(chars, at, amount.end))
}

/// An amount that begins at `at`, and is none of `几十`.
pub(super) fn exact_amount(chars: &Chars<'_>, at: usize) -> Option<Amount> {
    amount(chars, at).filter(|amount| !matches!(chars.at(amount.end), '几' | '多' | '来' | '余'))
}
