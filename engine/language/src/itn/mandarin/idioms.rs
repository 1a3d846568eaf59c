//! Set phrases with numerals in them, which are words and not numbers.

use super::chars::Chars;
use super::numeral::is_numeral;
use super::read::Read;

/// Those whose numerals could be read as a number; others need no protection, since small numbers stay
/// as they are anyway.
const IDIOMS: &[&str] = &[
    "一五一十",
    "三七二十一",
    "不怕一万就怕万一",
    "不怕一万，就怕万一",
    "一万个放心",
    "一万个不",
    "一百个放心",
    "一百个不",
    "九十九步",
    "二十四孝",
    "二十五史",
    "二百五",
    "五十步笑百步",
    "八十一难",
    "八百里加急",
    "八百辈子",
    "十万八千里",
    "十万火急",
    "十万个为什么",
    "十八般武艺",
    "十三点",
    "十三幺",
    "十三香",
    "十二分",
    "十二星座",
    "十二生肖",
    "十二月党",
    "百分之一百二",
    "三十六计",
    "三十而立",
    "三百六十行",
    "三百六十度",
    "三十年河东",
    "四十不惑",
    "五十知天命",
    "七十二变",
    "七十二行",
    "七老八十",
    "十全十美",
    "十年树木",
    "十年寒窗",
    "十年如一日",
    "十天半月",
    "十天半个月",
    "十有八九",
    "十之八九",
    "一千零一夜",
    "一万年太久",
    "万儿八千",
    "百八十",
    "一百八十度",
    "两点一线",
    "三点一线",
    "三点式",
    "一点一滴",
    "一点一点",
    "一点半点",
    "三三两两",
    "二三十",
    "五五开",
    "二八分",
    "三七分",
    "幺蛾子",
    "五百强",
    "双十一",
    "双十二",
    "三一五",
    "九一八",
    "十一黄金周",
    "十一假期",
    "十一长假",
    "九九八十一",
];

/// A set phrase. One that goes on with a numeral is none: `二百五十`.
pub(super) fn idiom(chars: &Chars<'_>, at: usize) -> Option<Read> {
    let fits = |idiom: &&&str| {
        let end = at + idiom.chars().count();
        chars.fits(at, idiom) && !is_numeral(chars.at(end)) && !is_numeral(chars.before(at))
    };
    let longest = IDIOMS
        .iter()
        .filter(fits)
        .map(|idiom| idiom.chars().count());
    Some(Read::nothing(at + longest.max()?))
}
