//! Two numbers with one unit: `五到十个工作日`, `二十到三十块钱`, `三号到五号`.

use super::amounts::money_unit;
use super::chars::Chars;
use super::numeral::{Amount, counts, is_numeral, is_traditional, whole};
use super::read::Read;
use crate::itn::number::Number;
use sidetone_types::number::NumberKind;

/// A range, both ends written in one way. One whose ends are in doubt stays as it is: in `三到五百` the
/// first may be 300.
pub(super) fn range(chars: &Chars<'_>, at: usize) -> Option<Read> {
    if is_numeral(chars.before(at)) {
        return None;
    }
    let low = whole(chars, at)?;
    let from = low.end + 1;
    if !matches!(chars.at(low.end), '到' | '至') || !is_numeral(chars.at(from)) {
        return None;
    }
    let Some(high) = whole(chars, from) else {
        return Some(Read::nothing(from));
    };
    if chars.at(high.end) == '点' || chars.fits(high.end, "分之") {
        return Some(Read::nothing(high.end + 1));
    }
    let short = |amount: &Amount| amount.cut_short || amount.value == 0;
    let in_doubt = short(&low)
        || short(&high)
        || low.value >= high.value
        || !low.has_units && high.value >= 100
        || low.value < 10_000 && high.value >= 10_000
        || matches!(chars.at(high.end), '几' | '多' | '来' | '余')
        || matches!(chars.before(at), '第' | '周' | '期' | '拜' | '几' | '数');
    if in_doubt {
        return Some(Read::nothing(high.end));
    }
    let money = money_unit(chars, &high);
    let day = chars.at(high.end) == '号' && high.value <= 31;
    let kind = match (money, day) {
        (Some(_), _) => NumberKind::Money,
        (None, true) => NumberKind::Date,
        (None, false) => NumberKind::Cardinal,
    };
    let bare_ten = high.value < 12 && !counts(chars, high.end);
    if kind == NumberKind::Cardinal && (high.is_small() || bare_ten)
        || kind == NumberKind::Date && high.is_small()
    {
        return Some(Read::nothing(high.end));
    }
    let number = |amount: &Amount, from| Number {
        kind,
        span: chars.bytes(from, amount.end),
        text: amount.text(is_traditional(chars, from, amount.end)),
    };
    Some(Read {
        numbers: vec![number(&low, at), number(&high, from)],
        end: money.unwrap_or(high.end),
    })
}
