//! A time that is written out in any of its spoken forms is read back.

use jiff::Span;
use jiff::civil::{Date, DateTime, date};
use proptest::prelude::*;

use crate::dates::{When, business_days_after, times};
use crate::lexicon::Lexicon;

const WEEKDAYS: [(&str, char); 7] = [
    ("Monday", '一'),
    ("Tuesday", '二'),
    ("Wednesday", '三'),
    ("Thursday", '四'),
    ("Friday", '五'),
    ("Saturday", '六'),
    ("Sunday", '日'),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A number below a hundred as it is said in English, its last word by `last`.
fn english(number: u64, last: impl Fn(u64) -> Option<String>) -> String {
    let lexicon = Lexicon::built_in();
    if let Some(word) = last(number) {
        return word;
    }
    let tens = lexicon.numbers.all().cardinal_word(number / 10 * 10);
    let ones = last(number % 10).expect("a number below ten has a word");
    format!("{} {ones}", tens.expect("tens have a word"))
}

fn cardinal(number: u64) -> String {
    let lexicon = Lexicon::built_in();
    let words = lexicon.numbers.all();
    english(number, |number| {
        words.cardinal_word(number).map(str::to_owned)
    })
}

fn ordinal(number: u64) -> String {
    let lexicon = Lexicon::built_in();
    let words = lexicon.numbers.all();
    english(number, |number| {
        words.ordinal_word(number).map(str::to_owned)
    })
}

/// The same in Mandarin.
fn mandarin(number: u64) -> String {
    let digits: Vec<char> = "零一二三四五六七八九".chars().collect();
    let digit = |number: u64| digits[number as usize].to_string();
    match (number / 10, number % 10) {
        (0, ones) => digit(ones),
        (1, 0) => "十".to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, 0) => format!("{}十", digit(tens)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}

fn after(day: Date, days: u32) -> Date {
    let span = Span::new().days(days);
    day.checked_add(span).expect("far from the limits")
}

/// All that names a day by the calendar.
fn spoken(day: Date) -> Vec<String> {
    let (english_weekday, weekday) = WEEKDAYS[day.weekday().to_monday_zero_offset() as usize];
    let english_month = MONTHS[day.month() as usize - 1];
    let number = day.day() as u64;
    let (nth, month, of_month) = (
        ordinal(number),
        mandarin(day.month() as u64),
        mandarin(number),
    );
    let place = number.div_ceil(7);
    let last = after(day, 7).month() != day.month();
    let mut forms = vec![
        format!("on the {nth} of {english_month}"),
        format!("{english_month} {nth}"),
        format!("{english_month} the {nth}"),
        format!("by {english_month} {number}"),
        format!("{number} {english_month}"),
        format!("on {english_weekday} the {nth} of {english_month}"),
        format!(
            "{english_weekday}, {english_month} {number}, {}",
            day.year()
        ),
        format!(
            "on the {} {english_weekday} of {english_month}",
            ordinal(place)
        ),
        format!(
            "the {} {english_weekday} in {english_month} at noon",
            ordinal(place)
        ),
        format!("{day}"),
        format!("on {}/{number}/{}", day.month(), day.year()),
        format!("{month}月{of_month}号"),
        format!("{}月{number}日之前", day.month()),
        format!("{}年{}月{number}日", day.year(), day.month()),
        format!("{month}月{of_month}号星期{weekday}"),
        format!("星期{weekday}，{month}月{of_month}号"),
        format!("{month}月{of_month}号下午三点"),
        format!("{month}月第{}个星期{weekday}", mandarin(place)),
        format!("{month}月的第{}个周{weekday}", mandarin(place)),
    ];
    if last {
        forms.push(format!("the last {english_weekday} of {english_month}"));
        forms.push(format!("{month}月最后一个星期{weekday}"));
    }
    if after(day, 1).month() != day.month() {
        forms.push(format!("by the end of {english_month}"));
        forms.push(format!("the last day of {english_month}"));
        forms.push(format!("{month}月底"));
        forms.push(format!("{month}月的最后一天"));
    }
    forms
}

/// What the only time in a text means.
fn read(began: DateTime, text: &str) -> Result<When, String> {
    let lexicon = Lexicon::built_in();
    let times = times(&lexicon.tokenise(text), began, &lexicon);
    match times.as_slice() {
        [time] => Ok(time.when),
        _ => Err(format!("{text} on {began}: {times:?}")),
    }
}

fn check(began: DateTime, text: &str, day: Date) -> Result<(), TestCaseError> {
    let read = read(began, text);
    prop_assert_eq!(read, Ok(When::By(day)), "{} on {}", text, began);
    Ok(())
}

fn mornings() -> impl Strategy<Value = DateTime> {
    (2025_i16..2040, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| date(y, m, d).at(10, 0, 0, 0))
}

proptest! {
    #[test]
    fn a_day_is_read_in_each_of_its_forms(began in mornings(), days in 0_u32..250) {
        let day = after(began.date(), days);
        for text in spoken(day) {
            check(began, &text, day)?;
        }
    }

    #[test]
    fn a_day_of_the_next_weeks_is_read(began in mornings(), days in 1_u32..7) {
        let day = after(began.date(), days);
        let (english_weekday, weekday) = WEEKDAYS[day.weekday().to_monday_zero_offset() as usize];
        let number = day.day() as u64;
        for text in [
            format!("on {english_weekday}"),
            format!("this {english_weekday} after five"),
            format!("on {english_weekday} the {}", ordinal(number)),
            format!("{english_weekday} the {number}th, in the morning"),
            format!("星期{weekday}"),
            format!("周{weekday}上午十点前"),
            format!("{}号星期{weekday}", mandarin(number)),
        ] {
            check(began, &text, day)?;
        }
        let until_monday = 7 - began.weekday().to_monday_zero_offset() as u32;
        let next_week = after(began.date(), until_monday + days - 1);
        let (english_weekday, weekday) =
            WEEKDAYS[next_week.weekday().to_monday_zero_offset() as usize];
        for text in [
            format!("next {english_weekday}"),
            format!("{english_weekday} of next week"),
            format!("next week on {english_weekday}"),
            format!("下周{weekday}"),
            format!("下个星期的星期{weekday}"),
        ] {
            check(began, &text, next_week)?;
        }
    }

    #[test]
    fn a_length_of_time_is_read(began in mornings(), many in 1_u32..30) {
        let today = began.date();
        let (words, han) = (cardinal(many.into()), mandarin(many.into()));
        let two = format!("{} to {}", cardinal(many.into()), cardinal(u64::from(many) + 1));
        for (texts, day) in [
            (
                [format!("in {words} days"), format!("{words} days from now"), format!("{han}天后")],
                after(today, many),
            ),
            (
                [format!("within {two} days"), format!("in {many}-{} days", many + 1),
                format!("{many}到{}天内", many + 1)],
                after(today, many + 1),
            ),
            (
                [format!("in {words} weeks"), format!("in {words} weeks' time"), format!("{han}周以后")],
                after(today, 7 * many),
            ),
            (
                [format!("in {words} and a half weeks"), format!("within {many} and a half weeks"),
                format!("{han}个半星期左右")],
                after(today, (7 * (2 * many + 1)).div_ceil(2)),
            ),
            (
                [format!("within {words} working days"), format!("{many} business days"),
                format!("{han}个工作日")],
                business_days_after(today, many).expect("far from the limits"),
            ),
        ] {
            for text in texts {
                check(began, &text, day)?;
            }
        }
    }

    #[test]
    fn a_time_of_day_is_read_as_the_next(began in mornings(), hour in 1_i8..12, half: bool) {
        let minutes = if half { 30 } else { 0 };
        let next = |hour: i8| {
            let ahead = (hour, minutes) > (10, 0);
            after(began.date(), u32::from(!ahead))
        };
        let words = cardinal(hour as u64);
        let (half_past, han_half) = if half { ("half past ", "半") } else { ("", "") };
        let han = mandarin(hour as u64);
        for (text, hour) in [
            (format!("at {hour}:{minutes:02} am"), hour),
            (format!("at {half_past}{words} in the afternoon"), hour + 12),
            (format!("上午{han}点{han_half}"), hour),
            (format!("下午{han}点{han_half}给您回电"), hour + 12),
            (format!("晚上{hour}点{han_half}之前"), hour + 12),
        ] {
            check(began, &text, next(hour))?;
        }
    }
}
