//! Times of day: `三点半`, `下午三点`, `十点四十五分`.

use super::chars::Chars;
use super::numeral::{digit, end_of_run, has_unit, is_numeral, whole};
use super::read::Read;
use sidetone_types::number::NumberKind;

/// Parts of a day, behind which a number in 点 is a time.
const DAY_PARTS: &[&str] = &[
    "早上", "上午", "中午", "下午", "傍晚", "晚上", "凌晨", "半夜", "夜里", "今晚", "明晚", "昨晚",
    "今早", "明早", "早晨", "清晨",
];
/// What follows a time and not a point of a list.
const AFTER_TIME: &[&str] = &[
    "之前", "以前", "之后", "以后", "左右", "前", "后", "到", "至", "开门", "关门", "上班", "下班",
    "见", "开始", "钟", "整",
];

/// A time of day. `三点` alone may be three points, and `一点` is a little.
pub(super) fn time(chars: &Chars<'_>, at: usize) -> Option<Read> {
    let hour = whole(chars, at).filter(|hour| hour.value <= 24 && !hour.cut_short)?;
    if chars.at(hour.end) != '点' {
        return None;
    }
    let behind = hour.end + 1;
    let day_part = chars.ends_with(at, DAY_PARTS);
    let a_little = hour.value == 1
        && !day_part
        && "有差早晚快慢多少好大小高低近远这那第".contains(chars.before(at));
    let listed = !day_part && "第这那有几".contains(chars.before(at));
    if a_little || listed {
        return None;
    }
    let clear = day_part || clear_by_day(chars, at, behind);
    if let Some((minutes, end)) = minutes(chars, behind, clear) {
        if is_numeral(chars.at(end)) {
            return Some(Read::nothing(end_of_run(chars, end))); // `三点半十个人`
        }
        let text = format!("{}:{minutes:02}", hour.value);
        return (hour.value > 0 || minutes > 0 && chars.at(end - 1) == '分')
            .then(|| Read::one(chars, NumberKind::Time, at, end, text));
    }
    if is_numeral(chars.at(behind)) {
        // `下午三点五十元`: a time and an amount, or which?
        return clear.then(|| Read::nothing(end_of_run(chars, at)));
    }
    if hour.value == 0 {
        return None;
    }
    let on_the_hour = match hour.value {
        1 if day_part => !"也都儿不没点".contains(chars.at(behind)) || chars.at(behind) == '\0',
        1 => chars.after_any(behind, &["钟", "整"]).is_some(),
        _ => {
            let ends_range = matches!(chars.before(at), '到' | '至')
                && at > 1
                && matches!(chars.before(at - 1), '点' | '半');
            day_part || ends_range || chars.after_any(behind, AFTER_TIME).is_some()
        }
    };
    let text = hour.value.to_string();
    on_the_hour.then(|| Read {
        end: behind,
        ..Read::one(chars, NumberKind::Time, at, hour.end, text)
    })
}

/// `半`, `一刻`, `十五分`, `二十`, `零五分`, with their 分.
fn minutes(chars: &Chars<'_>, at: usize, clear: bool) -> Option<(u64, usize)> {
    if chars.at(at) == '半' && !"数天年个".contains(chars.at(at + 1)) {
        return Some((30, at + 1));
    }
    for (quarter, minutes) in [("一刻", 15), ("三刻", 45)] {
        if chars.fits(at, quarter) {
            let end = at + 2 + usize::from(chars.at(at + 2) == '钟');
            return Some((minutes, end));
        }
    }
    let is_fen = |at: usize| chars.at(at) == '分' && !matches!(chars.at(at + 1), '之' | '钟');
    if chars.at(at) == '零' {
        let minutes = digit(chars.at(at + 1)).filter(|_| !is_numeral(chars.at(at + 2)))?;
        // `三点零五` is 3.05 as well.
        return match is_fen(at + 2) {
            true => Some((minutes, at + 3)),
            false => (clear && !has_unit(chars, at + 2)).then_some((minutes, at + 2)),
        };
    }
    let number = whole(chars, at).filter(|number| number.value < 60 && !number.cut_short)?;
    if is_fen(number.end) {
        return Some((number.value, number.end + 1));
    }
    // `三点五` is 3.5.
    let alone = number.has_units && !has_unit(chars, number.end);
    alone.then_some((number.value, number.end))
}

/// Whether the day before a number in 点 makes a time of it: `明天三点零五`. Not if what follows the
/// digits behind it can be had in parts, `今天八点五折`.
fn clear_by_day(chars: &Chars<'_>, at: usize, behind: usize) -> bool {
    let mut end = behind;
    while is_numeral(chars.at(end)) {
        end += 1;
    }
    chars.ends_with(at, &chars.figures.days) && !has_unit(chars, end)
}
