//! Days, months and years: `二零二六年五月七号`, `五月份`, `二十号之前`.

use super::chars::Chars;
use super::numeral::{digit, is_numeral, whole};
use super::read::Read;
use sidetone_types::number::NumberKind;

/// What follows a number in 号 that is of a house, a line or a window, not of a month.
const NOT_OF_MONTH: &str =
    "楼线门店厅窗桌房院车机位人坐座选键馆厂台仓段区路码字别称召令文柜箱单库柱床病";

/// A date, or as much of it as was said.
pub(super) fn date(chars: &Chars<'_>, at: usize) -> Option<Read> {
    let mut text = String::new();
    let mut end = at;
    if let Some((year, after)) = year(chars, at) {
        text.push_str(&year);
        text.push('年');
        end = after;
    }
    let has_year = end > at;
    let month = month(chars, end);
    if let Some((month, after)) = month {
        text.push_str(&format!("{month}月"));
        end = after;
    }
    if (has_year || month.is_some()) && is_numeral(chars.at(end)) {
        // Without 号, `八月十五` is a day of another calendar perhaps.
        let (day, after) = month.and_then(|_| day(chars, end))?;
        text.push_str(&day);
        end = after;
    } else if month.is_some() && !has_year {
        // `一月` may be `in a month`, `三月` is the month.
        let bare = chars.at(at) == '一' && chars.at(end) != '份';
        let bound = matches!(chars.before(at), '第' | '每' | '满' | '正' | '个');
        if bare || bound {
            return None;
        }
    } else if !has_year {
        let (day, after) = day(chars, at)?;
        let of_month =
            chars.raw(after - 1, after) != "日" && !"第个路街道弄巷".contains(chars.before(at));
        let of_house = NOT_OF_MONTH.contains(chars.at(after));
        if !of_month || of_house && chars.at(after) != '\0' {
            return None;
        }
        text = day;
        end = after;
    }
    Some(Read::one(chars, NumberKind::Date, at, end, text))
}

/// `二零二六年`, `两千零二十六年`; `九八年` only if a month follows.
fn year(chars: &Chars<'_>, at: usize) -> Option<(String, usize)> {
    if is_numeral(chars.before(at)) {
        return None;
    }
    let mut digits = String::new();
    let mut end = at;
    while let Some(digit) = digit(chars.at(end)).filter(|_| chars.at(end) != '两') {
        digits.push(char::from_digit(digit as u32, 10)?);
        end += 1;
    }
    let behind = |end: usize| (chars.at(end) == '年').then_some(end + 1);
    match digits.len() {
        4 if (1900..2100).contains(&digits.parse::<u32>().ok()?) => {
            return Some((digits, behind(end)?));
        }
        2 => {
            let end = behind(end)?;
            return month(chars, end).map(|_| (digits, end));
        }
        _ => {}
    }
    let number = whole(chars, at).filter(|number| number.has_units && !number.cut_short)?;
    // `两千年`, `两千一百年` may be how long something lasts.
    let fits = (2001..2100).contains(&number.value);
    fits.then(|| Some((number.value.to_string(), behind(number.end)?)))?
}

/// 1 to 12, with its 月.
fn month(chars: &Chars<'_>, at: usize) -> Option<(u64, usize)> {
    if chars.at(at) == '两' || is_numeral(chars.before(at)) {
        return None;
    }
    let number = whole(chars, at)?;
    let fits = (1..=12).contains(&number.value) && chars.at(number.end) == '月';
    fits.then_some((number.value, number.end + 1))
}

/// 1 to 31, with the 号 or 日 that was said.
fn day(chars: &Chars<'_>, at: usize) -> Option<(String, usize)> {
    if chars.at(at) == '两' {
        return None;
    }
    let number = whole(chars, at)?;
    let unit = chars.at(number.end);
    let fits = (1..=31).contains(&number.value) && matches!(unit, '号' | '日');
    let end = number.end + 1;
    fits.then(|| {
        (
            format!("{}{}", number.value, chars.raw(number.end, end)),
            end,
        )
    })
}
