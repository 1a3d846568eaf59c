//! What the calendar of a place makes of what is said.

use super::all;
use crate::dates::{Calendar, When, times};
use crate::lexicon::Lexicon;

/// The place, when it is said, what, and the day that is meant; `unclear` where nobody can tell.
type Row = (&'static str, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        "CN",
        "2026-09-30T10:30",
        "三个工作日内给您回复",
        "2026-10-10",
    ),
    (
        "CN",
        "2026-09-30T10:30",
        "within three working days",
        "2026-10-10",
    ),
    ("", "2026-09-30T10:30", "三个工作日内给您回复", "2026-10-05"),
    ("CN", "2026-02-13T10:30", "下一个工作日", "2026-02-14"),
    ("CN", "2026-02-14T10:30", "下一个工作日", "2026-02-24"),
    ("CN", "2026-02-10T10:30", "春节后给您打电话", "2026-02-24"),
    ("CN", "2026-02-10T10:30", "春节前给您打电话", "2026-02-16"),
    ("CN", "2025-09-29T10:30", "国庆节后", "2025-10-09"),
    ("CN", "2026-09-28T10:30", "国庆后第一个工作日", "2026-10-08"),
    (
        "CN",
        "2026-09-28T10:30",
        "after the National Day holiday",
        "2026-10-08",
    ),
    ("CN", "2026-09-28T10:30", "节后给您回电", "2026-10-08"),
    ("CN", "2026-10-03T10:30", "过完节给您回电", "2026-10-08"),
    ("CN", "2026-09-28T10:30", "长假前给您寄出", "2026-09-30"),
    ("CN", "2026-09-23T10:30", "节后给您回电", "2026-09-28"),
    ("CN", "2026-04-20T10:30", "五一过后", "2026-05-06"),
    ("CN", "2025-12-30T10:30", "元旦以后给您", "2026-01-04"),
    ("CN", "2026-09-15T10:30", "十月第一个工作日", "2026-10-08"),
    ("", "2026-09-28T10:30", "节后给您回电", "unclear"),
    ("", "2026-12-20T10:30", "腊月二十三上门", "2027-01-30"),
    ("", "2026-12-20T10:30", "腊月廿三上门", "2027-01-30"),
    ("", "2027-01-10T10:30", "腊月30给您送到", "2027-02-05"),
    ("", "2027-01-10T10:30", "腊月底给您退款", "2027-02-05"),
    ("", "2026-09-10T10:30", "农历八月十五给您送到", "2026-09-25"),
    ("", "2026-12-01T10:30", "冬月十五过来", "2026-12-23"),
    ("", "2028-05-20T10:30", "闰五月初五到账", "2028-06-27"),
    ("", "2026-09-23T10:30", "闰四月初八回电", "unclear"),
    ("", "2027-02-03T10:30", "初八给您打电话", "2027-02-13"),
    ("", "2026-12-01T10:30", "明年正月初六给您回电", "2027-02-11"),
    ("", "2027-01-05T10:30", "腊八给您寄出", "2027-01-15"),
    (
        "",
        "2027-05-20T10:30",
        "on the fifth day of the fifth lunar month",
        "2027-06-09",
    ),
    (
        "US",
        "2026-11-24T10:30",
        "in two business days",
        "2026-11-27",
    ),
    (
        "US",
        "2026-11-24T10:30",
        "the working day after Thanksgiving",
        "2026-11-30",
    ),
    ("US", "2026-08-31T10:30", "after Labor Day", "2026-09-08"),
    ("US", "2026-06-29T10:30", "after the holiday", "2026-07-06"),
    ("GB", "2026-12-21T10:30", "after Christmas", "2026-12-29"),
    (
        "GB",
        "2026-08-27T10:30",
        "on the working day after the bank holiday",
        "2026-09-01",
    ),
    (
        "GB",
        "2026-08-27T10:30",
        "within two working days",
        "2026-09-01",
    ),
    (
        "GB-SCT",
        "2026-08-27T10:30",
        "within two working days",
        "2026-08-31",
    ),
    (
        "GB",
        "2026-04-02T10:30",
        "the next working day",
        "2026-04-07",
    ),
    ("", "2026-08-27T10:30", "after the bank holiday", "unclear"),
    (
        "DE",
        "2026-05-13T10:30",
        "on the next business day",
        "2026-05-15",
    ),
    (
        "FR",
        "2026-07-13T10:30",
        "on the next business day",
        "2026-07-15",
    ),
    (
        "FR",
        "2026-04-03T10:30",
        "on the next business day",
        "2026-04-07",
    ),
];

#[test]
fn working_days_and_holidays_are_those_of_the_place() {
    let mut wrong = Vec::new();
    for (place, began, text, expected) in ROWS {
        let lexicon = Lexicon::parse(std::iter::empty::<(&str, &str)>()).expect("it is good");
        let lexicon = lexicon.with_calendar(Calendar::built_in(place).unwrap_or_default());
        let began = began.parse().expect("a date and time");
        let times = times(&lexicon.tokenise(text), began, &lexicon);
        let found = match times.last().map(|time| time.when) {
            Some(When::By(day)) => day.to_string(),
            Some(When::Unclear) => "unclear".to_owned(),
            other => format!("{other:?}"),
        };
        if found != *expected {
            wrong.push(format!(
                "{text} in {place} on {began}: {found} instead of {expected}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_character_of_another_word_is_no_holiday_and_no_day() {
    for text in [
        "这个环节之后",
        "换季节前",
        "操作说明晚上发您邮箱",
        "我们详细说明天然气的事",
    ] {
        let days = all("2026-09-23T10:30", text);
        let others = days
            .iter()
            .filter(|time| time.when != When::By("2026-09-23".parse().expect("a date")));
        assert_eq!(others.count(), 0, "{text}: {days:?}");
    }
}
