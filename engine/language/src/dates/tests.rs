//! Date expressions and the days they mean, row by row.

use jiff::civil::date;
use proptest::prelude::*;

mod calendars;
mod choices;
mod round_trip;
mod situations;

use super::{Time, When, times};
use crate::lexicon::Lexicon;

/// A Monday morning.
const MONDAY: &str = "2026-05-04T10:30";

/// The times of a text, for a call that began then.
fn all(began: &str, text: &str) -> Vec<Time> {
    let lexicon = Lexicon::built_in();
    let began = began.parse().expect("a date and time");
    times(&lexicon.tokenise(text), began, &lexicon)
}

/// The last day named in it; the call's own for what happens at once.
fn day(began: &str, text: &str) -> String {
    let day = |time: &Time| match time.when {
        When::AtOnce => Some(began[..10].to_owned()),
        When::By(day) => Some(day.to_string()),
        When::Unclear => None,
    };
    let days = all(began, text);
    days.iter()
        .filter_map(day)
        .next_back()
        .unwrap_or_else(|| "-".to_owned())
}

fn check(began: &str, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(text, expected)| day(began, text) != *expected)
        .map(|(text, expected)| format!("{text}: {} instead of {expected}", day(began, text)))
        .collect();
    assert!(wrong.is_empty(), "on {began}:\n{}", wrong.join("\n"));
}

#[test]
fn days_named_in_english() {
    check(
        MONDAY,
        &[
            ("on Thursday", "2026-05-07"),
            ("by this Thursday", "2026-05-07"),
            ("this coming Friday", "2026-05-08"),
            ("Thursday morning", "2026-05-07"),
            ("on thurs", "2026-05-07"),
            ("on Monday", "2026-05-11"),
            ("this Monday", "2026-05-11"),
            ("next Monday", "2026-05-11"),
            ("next Thursday", "2026-05-14"),
            ("from Friday to the following Monday", "2026-05-11"),
            ("from the Friday to the Monday after", "2026-05-11"),
            ("the following Wednesday", "2026-05-06"),
            ("Eighteenth please", "2026-05-18"),
            ("Fourth floor please", "-"),
            ("next Thursday afternoon", "2026-05-14"),
            ("Thursday next week", "2026-05-14"),
            ("next week on Thursday", "2026-05-14"),
            ("on Thursday of next week", "2026-05-14"),
            ("Thursday week", "2026-05-14"),
            ("a week on Thursday", "2026-05-14"),
            ("two weeks from Thursday", "2026-05-21"),
            ("the Thursday after next", "2026-05-21"),
            ("on Saturday", "2026-05-09"),
            ("on Sunday", "2026-05-10"),
            ("by Thursday or Friday", "2026-05-08"),
            ("between Wednesday and Friday", "2026-05-08"),
            ("Wednesday to Thursday", "2026-05-07"),
            ("today", "2026-05-04"),
            ("later today", "2026-05-04"),
            ("tonight", "2026-05-04"),
            ("this afternoon", "2026-05-04"),
            ("right away", "2026-05-04"),
            ("shortly", "2026-05-04"),
            ("by the end of the day", "2026-05-04"),
            ("by close of business", "2026-05-04"),
            ("tomorrow", "2026-05-05"),
            ("tomorrow morning", "2026-05-05"),
            ("by end of day tomorrow", "2026-05-05"),
            ("tomorrow by close of business", "2026-05-05"),
            ("by the end of business on Friday", "2026-05-08"),
            ("the day after tomorrow", "2026-05-06"),
            ("first thing in the morning", "2026-05-05"),
            ("the next business day", "2026-05-05"),
            ("within 48 hours", "2026-05-06"),
            ("within forty eight hours", "2026-05-06"),
            ("in 24 to 48 hours", "2026-05-06"),
            ("within the next 24 hours", "2026-05-05"),
            ("in an hour", "2026-05-04"),
            ("in half an hour", "2026-05-04"),
            ("within the hour", "2026-05-04"),
            ("in fourteen hours", "2026-05-05"),
            ("in about twenty minutes", "2026-05-04"),
            ("in two days", "2026-05-06"),
            ("in a couple of days", "2026-05-06"),
            ("in a few days", "2026-05-07"),
            ("within a day or two", "2026-05-06"),
            ("in three days' time", "2026-05-07"),
            ("in 2-3 days", "2026-05-07"),
            ("five days from now", "2026-05-09"),
            ("three to five business days", "2026-05-11"),
            ("3-5 business days", "2026-05-11"),
            ("3 to 5 working days", "2026-05-11"),
            ("within one business day", "2026-05-05"),
            ("ten business days", "2026-05-18"),
            ("in a week", "2026-05-11"),
            ("in two weeks", "2026-05-18"),
            ("in two weeks' time", "2026-05-18"),
            ("in a fortnight", "2026-05-18"),
            ("within a month", "2026-06-04"),
            ("by the end of the week", "2026-05-08"),
            ("later this week", "2026-05-08"),
            ("next week", "2026-05-15"),
            ("early next week", "2026-05-12"),
            ("by the end of next week", "2026-05-15"),
            ("the week after next", "2026-05-22"),
            ("over the weekend", "2026-05-10"),
            ("by the end of the month", "2026-05-31"),
            ("later this month", "2026-05-31"),
            ("next month", "2026-06-30"),
            ("at the beginning of next month", "2026-06-05"),
            ("by the end of May", "2026-05-31"),
            ("in June", "2026-06-30"),
            ("by the end of the year", "2026-12-31"),
            ("on the fifth of May", "2026-05-05"),
            ("on May fifth", "2026-05-05"),
            ("on May 5th", "2026-05-05"),
            ("May the fifth", "2026-05-05"),
            ("on 5 May", "2026-05-05"),
            ("on the twenty first of June", "2026-06-21"),
            ("on the 15th", "2026-05-15"),
            ("by the fifteenth, if you like", "2026-05-15"),
            ("on the second", "2026-06-02"),
            ("on the fourth of May", "2026-05-04"),
            ("on the 3rd of next month", "2026-06-03"),
            ("2026-05-20", "2026-05-20"),
            ("on 5/20", "2026-05-20"),
            ("on 20/5", "2026-05-20"),
            ("on Friday the 8th of May", "2026-05-08"),
            ("on Friday, May 8", "2026-05-08"),
            ("on July 1st 2027", "2027-07-01"),
        ],
    );
}

#[test]
fn words_that_name_no_day_to_come_in_english() {
    check(
        MONDAY,
        &[
            ("I called last Thursday", "-"),
            ("three days ago", "-"),
            ("for three days", "-"),
            ("for the last two weeks", "-"),
            ("every Thursday", "-"),
            ("on Thursdays", "-"),
            ("Monday to Friday from nine to five", "-"),
            ("yesterday", "-"),
            ("last month", "-"),
            ("this is the third time", "-"),
            ("on the first try", "-"),
            ("you may have two payments", "-"),
            ("I may call you", "-"),
            (
                "two payments of forty nine dollars on the third of May",
                "-",
            ),
            ("it is four one five, five five five", "-"),
            ("for ten seconds", "-"),
            ("on my invoice this month", "-"),
            ("we are here 24/7", "-"),
            ("a two week old router", "-"),
            ("on the 31st of February", "-"),
        ],
    );
}

#[test]
fn days_named_in_mandarin() {
    check(
        MONDAY,
        &[
            ("星期四", "2026-05-07"),
            ("星期4", "2026-05-07"),
            ("周四", "2026-05-07"),
            ("週四", "2026-05-07"),
            ("礼拜四", "2026-05-07"),
            ("禮拜四下午", "2026-05-07"),
            ("这周四", "2026-05-07"),
            ("本周五之前", "2026-05-08"),
            ("星期五之前", "2026-05-08"),
            ("星期一", "2026-05-11"),
            ("周一上午", "2026-05-11"),
            ("周日", "2026-05-10"),
            ("星期天", "2026-05-10"),
            ("下周一", "2026-05-11"),
            ("下周三", "2026-05-13"),
            ("下个星期三", "2026-05-13"),
            ("下礼拜三", "2026-05-13"),
            ("下周的星期三", "2026-05-13"),
            ("下下周三", "2026-05-20"),
            ("下周", "2026-05-15"),
            ("下周内", "2026-05-15"),
            ("下周初", "2026-05-12"),
            ("下个星期", "2026-05-15"),
            ("本周内", "2026-05-08"),
            ("这周之内", "2026-05-08"),
            ("周末", "2026-05-10"),
            ("这个周末", "2026-05-10"),
            ("下周末", "2026-05-17"),
            ("周三或者周四", "2026-05-07"),
            ("周三到周四", "2026-05-07"),
            ("今天", "2026-05-04"),
            ("今天下午", "2026-05-04"),
            ("今晚", "2026-05-04"),
            ("下午给您回电", "2026-05-04"),
            ("稍后发送给您", "2026-05-04"),
            ("马上", "2026-05-04"),
            ("一会儿", "2026-05-04"),
            ("明天", "2026-05-05"),
            ("明天下午", "2026-05-05"),
            ("明早", "2026-05-05"),
            ("明天上午十点之前", "2026-05-05"),
            ("后天", "2026-05-06"),
            ("後天", "2026-05-06"),
            ("大后天", "2026-05-07"),
            ("这两天", "2026-05-06"),
            ("过几天", "2026-05-07"),
            ("三天内", "2026-05-07"),
            ("三天內", "2026-05-07"),
            ("3天之内", "2026-05-07"),
            ("三天以后", "2026-05-07"),
            ("两三天内", "2026-05-07"),
            ("一两天之内", "2026-05-06"),
            ("三到五天", "2026-05-09"),
            ("大概需要五天", "2026-05-09"),
            ("十五天内", "2026-05-19"),
            ("三日内", "2026-05-07"),
            ("三到五个工作日", "2026-05-11"),
            ("3到5个工作日", "2026-05-11"),
            ("3-5个工作日", "2026-05-11"),
            ("三至五個工作日", "2026-05-11"),
            ("一个工作日内", "2026-05-05"),
            ("七个工作日", "2026-05-13"),
            ("下一个工作日", "2026-05-05"),
            ("二十四小时内", "2026-05-05"),
            ("24小时之内", "2026-05-05"),
            ("四十八小时内", "2026-05-06"),
            ("48小时以内", "2026-05-06"),
            ("两个小时后", "2026-05-04"),
            ("半小时内", "2026-05-04"),
            ("十四个小时之后", "2026-05-05"),
            ("一周内", "2026-05-11"),
            ("一个星期之内", "2026-05-11"),
            ("两周后", "2026-05-18"),
            ("半个月内", "2026-05-19"),
            ("一个月内", "2026-06-04"),
            ("月底", "2026-05-31"),
            ("月底之前", "2026-05-31"),
            ("这个月底", "2026-05-31"),
            ("本月内", "2026-05-31"),
            ("下个月", "2026-06-30"),
            ("下月初", "2026-06-05"),
            ("下个月5号", "2026-06-05"),
            ("下个月底", "2026-06-30"),
            ("年底", "2026-12-31"),
            ("五月五号", "2026-05-05"),
            ("5月5号", "2026-05-05"),
            ("5月5日", "2026-05-05"),
            ("五月二十一日", "2026-05-21"),
            ("2026年5月20日", "2026-05-20"),
            ("六月底", "2026-06-30"),
            ("十五号", "2026-05-15"),
            ("15號之前", "2026-05-15"),
            ("三号", "2026-06-03"),
            ("本月15号", "2026-05-15"),
            ("5月8号星期五", "2026-05-08"),
        ],
    );
}

#[test]
fn words_that_name_no_day_to_come_in_mandarin() {
    check(
        MONDAY,
        &[
            ("上周四", "-"),
            ("上个星期四", "-"),
            ("昨天", "-"),
            ("三天前", "-"),
            ("已经三天了", "-"),
            ("等了两个星期了", "-"),
            ("每周四", "-"),
            ("每天下午", "-"),
            ("周一到周五", "-"),
            ("上个月5号", "-"),
            ("我这个月的话费", "-"),
            ("我看到五月三号有两笔扣款", "-"),
            ("一三八零零一三八零一七", "-"),
            ("三号线", "-"),
            ("打了三次电话", "-"),
            ("等待两分钟", "-"),
            ("五百兆", "-"),
            ("请您稍等", "-"),
            ("周先生", "-"),
            ("手机号码", "-"),
        ],
    );
}

#[test]
fn the_edges_of_weeks_months_and_years() {
    for (began, text, expected) in [
        // On the very day: another one is meant, unless it is called today.
        ("2026-05-07T09:00", "on Thursday", "2026-05-14"),
        ("2026-05-07T09:00", "星期四", "2026-05-14"),
        ("2026-05-07T09:00", "这周四", "2026-05-14"),
        ("2026-05-07T09:00", "today, Thursday", "2026-05-07"),
        ("2026-05-07T09:00", "next Thursday", "2026-05-14"),
        ("2026-05-07T09:00", "下周四", "2026-05-14"),
        // The end of a week.
        ("2026-05-08T09:00", "this Thursday", "2026-05-14"),
        ("2026-05-08T09:00", "本周四", "2026-05-14"),
        ("2026-05-08T09:00", "by the end of the week", "2026-05-08"),
        ("2026-05-08T09:00", "next business day", "2026-05-11"),
        ("2026-05-08T09:00", "三个工作日内", "2026-05-13"),
        ("2026-05-09T09:00", "by the end of the week", "2026-05-10"),
        ("2026-05-09T09:00", "one business day", "2026-05-11"),
        ("2026-05-10T09:00", "next Monday", "2026-05-11"),
        ("2026-05-10T09:00", "下周一", "2026-05-11"),
        ("2026-05-10T09:00", "on Sunday", "2026-05-17"),
        ("2026-05-10T09:00", "周末", "2026-05-10"),
        // The end of a month.
        ("2026-05-31T09:00", "by the end of the month", "2026-05-31"),
        ("2026-05-31T09:00", "月底", "2026-05-31"),
        ("2026-05-31T09:00", "tomorrow", "2026-06-01"),
        ("2026-04-30T09:00", "on the 31st", "2026-05-31"),
        ("2026-01-31T09:00", "within a month", "2026-02-28"),
        ("2026-01-31T09:00", "一个月内", "2026-02-28"),
        ("2026-02-10T09:00", "三十号之前", "2026-03-30"),
        // The end of a year.
        ("2026-12-30T09:00", "on the third of January", "2027-01-03"),
        ("2026-12-30T09:00", "一月三号", "2027-01-03"),
        ("2026-12-31T09:00", "tomorrow morning", "2027-01-01"),
        ("2026-12-31T09:00", "明天", "2027-01-01"),
        ("2026-12-31T09:00", "next month", "2027-01-31"),
        ("2026-12-31T09:00", "by the end of the year", "2026-12-31"),
        ("2026-12-31T09:00", "三个工作日内", "2027-01-05"),
        ("2026-12-28T09:00", "下周五", "2027-01-08"),
        // The leap day.
        ("2028-02-01T09:00", "on the 29th of February", "2028-02-29"),
        ("2028-02-01T09:00", "二月二十九号", "2028-02-29"),
        ("2028-02-28T09:00", "tomorrow", "2028-02-29"),
        ("2028-02-01T09:00", "by the end of the month", "2028-02-29"),
        ("2027-02-01T09:00", "on the 29th of February", "-"),
        ("2028-02-29T09:00", "in twelve months' time", "2029-02-28"),
        // The end of a day.
        ("2026-05-04T23:30", "in an hour", "2026-05-05"),
        ("2026-05-04T23:30", "一个小时后", "2026-05-05"),
        ("2026-05-04T23:30", "within 48 hours", "2026-05-06"),
        // Beyond what anyone promises.
        ("2026-05-04T09:00", "in 99999 days", "-"),
        ("2026-05-04T09:00", "in 4000000000 weeks", "-"),
        ("9999-12-31T23:59", "tomorrow", "-"),
        ("9999-12-31T23:59", "within 48 hours", "-"),
    ] {
        assert_eq!(day(began, text), expected, "{text} on {began}");
    }
}

#[test]
fn what_stands_between_a_day_and_its_deed_belongs_to_the_day() {
    for (text, words) in [
        ("下月初之前给您", 5),
        ("六月中旬之前", 6),
        ("月底之前", 4),
        ("五月之前", 4),
    ] {
        assert_eq!(all(MONDAY, text)[0].tokens, 0..words, "{text}");
    }
}

#[test]
fn the_time_of_day_is_told_with_its_day() {
    for (text, expected) in [
        ("tomorrow at half past three", "2026-05-05 15:30:00"),
        ("tomorrow evening at eight", "2026-05-05 20:00:00"),
        ("tonight at eight", "2026-05-04 20:00:00"),
        ("on Friday between three and five pm", "2026-05-08 17:00:00"),
        ("at 9:15am on Monday", "2026-05-11 09:15:00"),
        ("on Thursday morning", "2026-05-07 -"),
        ("in the afternoon on Thursday", "2026-05-07 -"),
        ("明天下午三点半给您打", "2026-05-05 15:30:00"),
        ("今晚八点", "2026-05-04 20:00:00"),
        ("明早九点", "2026-05-05 09:00:00"),
        ("周五晚八点", "2026-05-08 20:00:00"),
        ("下午两点到四点之间", "2026-05-04 16:00:00"),
        ("下午给您回电", "2026-05-04 -"),
        ("明天早一点给您打", "2026-05-05 -"),
    ] {
        let times = all(MONDAY, text);
        let at = times[0]
            .clock
            .map_or_else(|| "-".to_owned(), |at| at.to_string());
        let found = match times[0].when {
            When::By(day) => format!("{day} {at}"),
            other => format!("{other:?}"),
        };
        assert_eq!((found.as_str(), times.len()), (expected, 1), "{text}");
    }
}

proptest! {
    #[test]
    fn no_day_lies_before_the_call(
        year in 1_i16..=9999,
        month in 1_i8..=12,
        day in 1_i8..=28,
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..8),
    ) {
        let began = date(year, month, day).at(12, 0, 0, 0);
        let lexicon = Lexicon::built_in();
        for time in times(&lexicon.tokenise(&words.join(" ")), began, &lexicon) {
            let days = match time.when {
                When::By(day) => [&[day], time.choice.as_slice()].concat(),
                _ => time.choice,
            };
            prop_assert!(days.iter().all(|day| *day >= began.date()));
        }
    }
}

/// What dates are made of, to be thrown together.
const WORDS: [&str; 58] = [
    "next",
    "this",
    "last",
    "the",
    "on",
    "by",
    "in",
    "within",
    "a",
    "end of",
    "week",
    "weeks",
    "month",
    "day",
    "days",
    "business days",
    "hours",
    "Thursday",
    "Friday",
    "Monday",
    "May",
    "February",
    "third",
    "31st",
    "29",
    "3-5",
    "to",
    "of",
    "tomorrow",
    "today",
    "2026",
    "99999999",
    "/",
    "-",
    "下",
    "周",
    "四",
    "星期",
    "月",
    "号",
    "日",
    "三",
    "十",
    "百",
    "到",
    "内",
    "个",
    "工作日",
    "小时",
    "天",
    "底",
    "初",
    "年",
    "明天",
    "今天",
    "半",
    "后",
    "前",
];

#[test]
fn a_time_of_day_is_kept_beside_its_day() {
    let lexicon = Lexicon::built_in();
    for (text, expected) in [
        ("on Thursday at half past three", Some("15:30")),
        ("tomorrow between two and four pm", Some("16:00")),
        ("by ten in the morning on Monday", Some("10:00")),
        ("within three to five business days", None),
        ("tomorrow afternoon", None),
        ("by the 5th of May", None),
        ("周四下午三点半", Some("15:30")),
        ("明天上午九点", Some("09:00")),
        ("明天下午", None),
        ("三到五个工作日内", None),
    ] {
        let tokens = lexicon.tokenise(text);
        let times = times(
            &tokens,
            "2026-05-04T10:30".parse().expect("a time"),
            &lexicon,
        );
        let clock = times.last().and_then(|time| time.clock);
        let clock = clock.map(|clock| clock.strftime("%H:%M").to_string());
        assert_eq!(clock.as_deref(), expected, "{text}");
    }
}
