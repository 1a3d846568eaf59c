//! Days as they are named in Mandarin.

use super::names::named;
use super::when::{Month, Part, When, follows, word};
use crate::lexicon::Lexicon;
use crate::numbers::{amount, number};
use crate::pattern::{fits, fits_any};
use crate::tokens::Token;

/// What is named from token `at` on, and the token after it.
pub(super) fn when(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    fixed(tokens, at, words)
        .or_else(|| week(tokens, at, words))
        .or_else(|| month(tokens, at, words))
        .or_else(|| calendar(tokens, at, words))
        .or_else(|| duration(tokens, at, words))
}

/// What may stand between a day and what happens on it.
const BY: &[&str] = &["之前", "以前", "前", "之内", "以内", "内", "当天"];

fn fixed(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    // Names in other languages have a grammar of their own.
    let (when, end) = named(tokens, at, &words.dates)
        .filter(|_| tokens[at].is_han())
        .or_else(|| {
            // `下午给您回电`: of today, if no other day stands before it.
            Some((
                When::Days(0),
                fits_any(tokens, at, &["上午", "中午", "下午", "傍晚", "晚上"])?,
            ))
        })?;
    // `请稍后`, `请您等一下` ask to wait.
    if when == When::AtOnce && follows(tokens, at, 3, &["请", "请您", "您", "麻烦您", "你"])
    {
        let waits = fits_any(tokens, at, &["稍后", "稍候", "等一下", "等会", "等会儿"]).is_some();
        let ends_here = tokens.get(end).is_none_or(|t| t.opens());
        if waits && ends_here {
            return Some((When::NoDay, end));
        }
    }
    // `第二天` of something, `前天` inside `大前天`: the longest phrase has won already.
    let mut end = words.dates.daytime.longest_at(tokens, end).unwrap_or(end);
    // Of two times of the day only the first is looked at: `明天下午`.
    end = after_any(tokens, end, BY);
    Some((when, end))
}

fn after_any(tokens: &[Token], at: usize, patterns: &[&str]) -> usize {
    fits_any(tokens, at, patterns).unwrap_or(at)
}

fn weekday_name(tokens: &[Token], at: usize) -> Option<i8> {
    let day = match word(tokens, at) {
        "一" | "1" => 0,
        "二" | "2" => 1,
        "三" | "3" => 2,
        "四" | "4" => 3,
        "五" | "5" => 4,
        "六" | "6" => 5,
        "日" | "天" | "7" | "七" => 6,
        _ => return None,
    };
    Some(day)
}

fn week(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    const LEADS: &[(i32, &[&str])] = &[
        (-1, &["上", "上个", "上上", "上上个", "每", "每个", "逢"]),
        (0, &["这", "这个", "本", "当"]),
        (1, &["下", "下个", "下一", "下一个"]),
        (2, &["下下", "下下个"]),
    ];
    let lead = LEADS
        .iter()
        .filter_map(|(weeks, leads)| Some((*weeks, fits_any(tokens, at, leads)?)))
        .max_by_key(|(_, end)| *end);
    let named = lead.map_or(at, |(_, end)| end);
    let after = fits_any(tokens, named, &["周", "星期", "礼拜"])?;
    let weeks = lead.map(|(weeks, _)| weeks);
    if word(tokens, after) == "末" {
        let end = after_any(tokens, after + 1, BY);
        return Some(match weeks {
            Some(-1) => (When::NoDay, end),
            Some(weeks) => (When::Weekend(weeks as u32), end),
            None => (When::Weekend(0), end),
        });
    }
    if let Some(weekday) = weekday_name(tokens, after) {
        let time = words.dates.daytime.longest_at(tokens, after + 1);
        let end = after_any(tokens, time.unwrap_or(after + 1), BY);
        let when = match weeks {
            Some(-1) => When::NoDay,
            Some(weeks) => When::InWeek {
                weekday,
                weeks: weeks as u32,
            },
            None => When::Coming { weekday, later: 0 },
        };
        return Some((when, end));
    }
    // A week without a day: `下周`, `本周内`, `周内`; `周先生` is somebody's name.
    let end = after_any(tokens, after, BY);
    match weeks {
        Some(-1) => Some((When::NoDay, end)),
        Some(weeks) => {
            if let Some(end) = fits_any(tokens, after, &["初", "早些时候", "一开始"]) {
                return Some((When::EarlyInWeek(weeks as u32), end));
            }
            Some((
                When::Week(weeks as u32),
                after_any(tokens, end, &["底", "结束前"]),
            ))
        }
        None => (end > after && word(tokens, after) != "前").then_some((When::Week(0), end)),
    }
}

/// What names a part of a month behind it.
const PARTS: [(Part, &[&str]); 3] = [
    (Part::Beginning, &["初", "上旬"]),
    (Part::Middle, &["中", "中旬"]),
    (Part::End, &["底", "末", "内", "之内", "下旬"]),
];

fn month(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    let (month, after) = if let Some(after) =
        fits_any(tokens, at, &["下个月", "下月", "下一个月", "次月"])
    {
        (Month::Ahead(1), after)
    } else if let Some(after) = fits_any(tokens, at, &["下下个月", "下下月"]) {
        (Month::Ahead(2), after)
    } else if let Some(after) = fits_any(tokens, at, &["这个月", "本月", "当月", "这月"]) {
        (Month::Ahead(0), after)
    } else if let Some(after) = fits_any(
        tokens,
        at,
        &["上个月", "上月", "每个月", "每月", "上上个月"],
    ) {
        let day = day_number(tokens, after, words).map_or(after, |(_, end)| end);
        return Some((When::NoDay, after_any(tokens, day, &["底", "初"])));
    } else if fits_any(tokens, at, &["月底", "月末", "月初", "月中"]).is_some() {
        (Month::Any, at + 1)
    } else {
        return None;
    };
    if let Some((part, end)) = Part::at(tokens, after, &PARTS) {
        return Some((part.of(month), after_any(tokens, end, BY)));
    }
    if let Some((day, end)) = day_number(tokens, after, words) {
        return Some((
            When::Day {
                day,
                month,
                year: None,
            },
            after_any(tokens, end, BY),
        ));
    }
    // `我这个月的话费`: what it is about, not by when.
    match month {
        Month::Ahead(0) => None,
        month => Some((When::EndOfMonth(month), after)),
    }
}

/// `3号`, `三日`; not `3号线`, `一三八零号`.
fn day_number(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(u32, usize)> {
    let (day, next) = number(tokens, at, words.numbers.all())?;
    let end = fits_any(tokens, next, &["号", "日"])?;
    let other = fits_any(
        tokens,
        end,
        &[
            "线", "楼", "机", "码", "店", "柜", "门", "房", "台", "院", "内", "之内", "以内", "后",
            "之后",
        ],
    );
    ((1..=31).contains(&day) && other.is_none()).then_some((day, end))
}

fn calendar(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    // `2026年5月3日`, `5月3号`, `5月底`.
    let dated =
        number(tokens, at, words.numbers.all()).filter(|(_, next)| word(tokens, *next) == "年");
    let (year, from) = match dated {
        Some((year @ 2000..=2999, next)) => (Some(year), next + 1),
        _ => (None, at),
    };
    if let Some((month @ 1..=12, next)) = number(tokens, from, words.numbers.all())
        && word(tokens, next) == "月"
    {
        let month = Month::Named(month);
        let next = after_any(tokens, next + 1, &["份"]);
        if let Some((day, end)) = day_number(tokens, next, words) {
            return Some((When::Day { day, month, year }, after_any(tokens, end, BY)));
        }
        if let Some((day @ 1..=31, end)) = number(tokens, next, words.numbers.all())
            && (fits_any(tokens, end, BY).is_some() || tokens[next].is_figure())
        {
            return Some((When::Day { day, month, year }, after_any(tokens, end, BY)));
        }
        let (part, end) = Part::at(tokens, next, &PARTS).unwrap_or((Part::End, next));
        return Some((part.of(month), after_any(tokens, end, BY)));
    }
    let (day, end) = day_number(tokens, at, words)?;
    let month = Month::Any;
    Some((
        When::Day {
            day,
            month,
            year: None,
        },
        after_any(tokens, end, BY),
    ))
}

/// Units of time; longer ones first where one begins another.
const UNITS: &[(&str, Unit)] = &[
    ("个工作日", Unit::BusinessDay),
    ("工作日", Unit::BusinessDay),
    ("个小时", Unit::Minutes(60)),
    ("小时", Unit::Minutes(60)),
    ("个钟头", Unit::Minutes(60)),
    ("个钟", Unit::Minutes(60)),
    ("分钟", Unit::Minutes(1)),
    ("刻钟", Unit::Minutes(15)),
    ("个星期", Unit::Days(7)),
    ("星期", Unit::Days(7)),
    ("个礼拜", Unit::Days(7)),
    ("周", Unit::Days(7)),
    // `三到五个工作系`: what a recogniser makes of it.
    ("个工作", Unit::BusinessDay),
    ("个自然日", Unit::Days(1)),
    ("自然日", Unit::Days(1)),
    ("天", Unit::Days(1)),
    ("日", Unit::Days(1)),
    ("个月", Unit::Month),
];

#[derive(Clone, Copy)]
enum Unit {
    Minutes(u32),
    Days(u32),
    BusinessDay,
    Month,
}

fn duration(tokens: &[Token], at: usize, words: &Lexicon) -> Option<(When, usize)> {
    let (when, ranged, end) = match half(tokens, at) {
        Some((when, end)) => (when, false, end),
        None => {
            let (many, next) = amount(tokens, at, words.numbers.all())?;
            let next = after_any(tokens, next, &["多", "来"]);
            let (unit, end) = UNITS
                .iter()
                .find_map(|(name, unit)| Some((*unit, fits(tokens, next, name)?)))?;
            let when = match unit {
                Unit::Minutes(each) => When::Minutes(many.saturating_mul(each)),
                Unit::Days(each) => When::Days(many.saturating_mul(each)),
                Unit::BusinessDay => When::BusinessDays(many),
                Unit::Month => When::Months(many),
            };
            (
                when,
                next > at + 1 && number(tokens, at, words.numbers.all()).is_none_or(|n| n.1 < next),
                end,
            )
        }
    };
    let end = after_any(tokens, end, &["左右", "时间", "的时间"]);
    let tail = fits_any(
        tokens,
        end,
        &["内", "之内", "以内", "后", "之后", "以后", "左右"],
    );
    let behind = fits_any(
        tokens,
        end,
        &[
            "前", "之前", "以前", "了", "还没", "没有", "都没", "来", "一次",
        ],
    )
    .is_some()
        || follows(
            tokens,
            at,
            3,
            &[
                "已经",
                "已经等了",
                "等了",
                "过了",
                "都",
                "每",
                "每隔",
                "过去",
                "最近",
                "拖了",
                "用了",
                "超过",
                "连续",
                "前",
                "上",
            ],
        );
    if behind && tail.is_none() {
        return Some((When::NoDay, end));
    }
    let business = matches!(when, When::BusinessDays(_));
    let led = follows(
        tokens,
        at,
        4,
        &[
            "在",
            "需要",
            "要",
            "大概",
            "大约",
            "约",
            "预计",
            "最多",
            "最快",
            "最慢",
            "最迟",
            "再等",
            "再过",
            "等",
            "过",
            "未来",
            "接下来",
            "一般",
            "通常",
            "会在",
            "差不多",
            "至少",
            "近",
        ],
    );
    (tail.is_some() || led || business || ranged).then(|| (when, tail.unwrap_or(end)))
}

fn half(tokens: &[Token], at: usize) -> Option<(When, usize)> {
    for (phrase, when) in [
        ("一个半小时", When::Minutes(90)),
        ("半个小时", When::Minutes(30)),
        ("半小时", When::Minutes(30)),
        ("半个钟头", When::Minutes(30)),
        ("半个月", When::Days(15)),
        ("半天", When::Days(0)),
        ("半年", When::Months(6)),
    ] {
        if let Some(end) = fits(tokens, at, phrase) {
            return Some((when, end));
        }
    }
    None
}
