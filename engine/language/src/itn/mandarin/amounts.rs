//! Money, percentages and measures: `二十五块五`, `四十九元`, `百分之五`, `三十七度五`.

use super::chars::Chars;
use super::numeral::{Amount, digit, end_of_run, exact_amount, is_numeral, whole, written};
use super::read::Read;
use crate::itn::number::Number;
use crate::numerals::{ReadAs, figure};
use sidetone_types::number::NumberKind;

/// Words that begin with 元 or 块 and are no money.
const NOT_MONEY: &str = "件素音老里桥朝帅首旦宵月论二次三化儿肉面糖蛋布石砖";

/// An amount of money. What is said in 块 and 毛 is written in 元.
pub(super) fn money(chars: &Chars<'_>, at: usize) -> Option<Read> {
    let amount = exact_amount(chars, at).filter(|amount| !amount.cut_short || amount.has_units)?;
    let text = written(chars, at, &amount);
    let read = |end, text| Some(Read::one(chars, NumberKind::Money, at, end, text));
    let number_alone = |end| {
        let alone = Read::one(chars, NumberKind::Money, at, amount.end, text.clone());
        Some(Read { end, ..alone })
    };
    if let Some(end) = chars.after_any(amount.end, &chars.figures.money_words) {
        return number_alone(end);
    }
    let unit = chars.at(amount.end);
    let end = amount.end + 1;
    if matches!(unit, '块' | '元' | '圆') {
        if amount.fraction.is_empty()
            && let Some((fraction, end)) = small_change(chars, end, unit)
        {
            return read(end, format!("{text}.{fraction}元"));
        }
        let clear = !NOT_MONEY.contains(chars.at(end)) || chars.at(end) == '\0';
        let money = clear && (unit == '元' && !is_numeral(chars.at(end)) || !amount.is_small());
        return if money {
            number_alone(end)
        } else {
            Some(Read::nothing(end))
        };
    }
    // `一毛钱没少` means nothing at all.
    if matches!(unit, '毛' | '角') && chars.at(end) == '钱' && amount.value > 1 {
        return number_alone(end + 1);
    }
    None
}

/// What is said behind 块: `五`, `五毛`, `五毛三`, `零五分`; as figures.
fn small_change(chars: &Chars<'_>, at: usize, unit: char) -> Option<(String, usize)> {
    let skip_money = |end: usize| end + usize::from(chars.at(end) == '钱');
    if chars.at(at) == '零' {
        let fen = digit(chars.at(at + 1)).filter(|fen| *fen > 0)?;
        return match chars.at(at + 2) {
            '分' if chars.at(at + 3) != '之' => Some((format!("0{fen}"), skip_money(at + 3))),
            '毛' | '角' => Some((fen.to_string(), skip_money(at + 3))),
            _ => None,
        };
    }
    let jiao = tenth(chars.at(at))?;
    if !matches!(chars.at(at + 1), '毛' | '角') {
        // `二十五块五`, but `一块五花肉`, and `二十五块五十`
        let alone = unit == '块' && !is_numeral(chars.at(at + 1)) && chars.clause_ends(at + 1);
        return alone.then(|| (jiao.to_string(), at + 1));
    }
    match tenth(chars.at(at + 2)).filter(|_| !is_numeral(chars.at(at + 3))) {
        Some(fen) if chars.at(at + 3) == '分' => {
            Some((format!("{jiao}{fen}"), skip_money(at + 4)))
        }
        Some(fen) if chars.clause_ends(at + 3) => Some((format!("{jiao}{fen}"), at + 3)),
        Some(_) => None,
        None => Some((jiao.to_string(), skip_money(at + 2))),
    }
}

/// 1 to 9, in a numeral or a figure.
fn tenth(c: char) -> Option<u64> {
    let value = digit(c).or_else(|| c.to_digit(10).map(u64::from))?;
    (value > 0).then_some(value)
}

/// `百分之五`, `百分之五到十`.
pub(super) fn percent(chars: &Chars<'_>, at: usize) -> Option<Read> {
    let from = chars.after_any(at, &["百分之"])?;
    if is_numeral(chars.before(at)) {
        return None;
    }
    let share = |from| match exact_amount(chars, from) {
        Some(amount) if !amount.cut_short => Some((amount.text(false), amount.end)),
        None if chars.at(from) == '百' && !is_numeral(chars.at(from + 1)) => {
            Some(("100".to_owned(), from + 1))
        }
        _ => None,
    };
    let Some((low, end)) = share(from) else {
        return Some(Read::nothing(end_of_run(chars, from)));
    };
    let mut read = Read::one(chars, NumberKind::Percent, at, end, format!("{low}%"));
    // One sign is enough for the ear, on paper each end has its own.
    if matches!(chars.at(end), '到' | '至')
        && is_numeral(chars.at(end + 1))
        && let Some((high, after)) = share(end + 1)
        && !chars.fits(after, "分之")
    {
        if !chars.at(after).is_alphanumeric() || chars.clause_ends(after) || chars.at(after) == '之'
        {
            read.numbers.push(Number {
                kind: NumberKind::Percent,
                span: chars.bytes(end + 1, after),
                text: format!("{high}%"),
            });
            read.end = after;
        } else {
            // `百分之五到十天`: who knows
            return Some(Read::nothing(after));
        }
    }
    Some(read)
}

/// What is said behind a unit in its tenths and hundredths: `三十七度五`, `一米七五`.
pub(super) fn measure(chars: &Chars<'_>, at: usize) -> Option<Read> {
    let number = whole(chars, at).filter(|number| !number.cut_short)?;
    let from = chars.after_any(number.end, &chars.figures.split)?;
    let mut fraction = String::new();
    while let Some(digit) = figure(chars.at(from + fraction.len()), ReadAs::Digits) {
        fraction.push(digit);
    }
    let end = from + fraction.len();
    // `二十米五十块`, `二十米两根`: another number.
    if fraction.is_empty() || is_numeral(chars.at(end)) {
        return None;
    }
    if fraction.len() > 2 || !chars.clause_ends(end) {
        return Some(Read::nothing(end));
    }
    let unit = chars.raw(number.end, from);
    let text = format!("{}.{fraction}{unit}", number.text(false));
    Some(Read::one(chars, NumberKind::Cardinal, at, end, text))
}

/// An amount of money at the end of a range, with the place after its unit.
pub(super) fn money_unit(chars: &Chars<'_>, amount: &Amount) -> Option<usize> {
    if let Some(end) = chars.after_any(amount.end, &chars.figures.money_words) {
        return Some(end);
    }
    let end = amount.end + 1;
    let money = matches!(chars.at(amount.end), '元' | '块');
    let clear = !is_numeral(chars.at(end)) && !NOT_MONEY.contains(chars.at(end));
    (money && (clear || chars.at(end) == '\0')).then_some(end)
}
