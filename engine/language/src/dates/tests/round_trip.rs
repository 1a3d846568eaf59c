//! A time that is written out in any of its spoken forms is read back.

use jiff::Span;
use jiff::civil::{Date, DateTime, Time as TimeOfDay, date, time};
use proptest::prelude::*;

use crate::dates::{Time, When, Yearly, times};
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

/// The letters behind an ordinal in figures.
fn ending(number: u64) -> &'static str {
    match (number / 10, number % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// Digit by digit: 二零二六.
fn year_in_mandarin(year: i16) -> String {
    let digits = year.to_string().into_bytes().into_iter();
    digits
        .map(|digit| mandarin(u64::from(digit - b'0')))
        .collect()
}

/// A number below a hundred in Mandarin.
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
    forms.extend([
        format!("{english_month} {number}"),
        format!("the {number}{} of {english_month}", ending(number)),
        format!("on {english_weekday} {number} {english_month}"),
        format!("{english_month} {nth}, {}", day.year()),
        format!("{month}月{number}号"),
        format!("{month}月{of_month}日，周{weekday}"),
        format!("{}年{month}月{of_month}号", year_in_mandarin(day.year())),
        format!("{month}月份的{of_month}号"),
    ]);
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

/// The only time in a text.
fn read(began: DateTime, text: &str) -> Result<Time, String> {
    let lexicon = Lexicon::built_in();
    let times = times(&lexicon.tokenise(text), began, &lexicon);
    match times.as_slice() {
        [time] => Ok(time.clone()),
        _ => Err(format!("{text} on {began}: {times:?}")),
    }
}

fn check(began: DateTime, text: &str, day: Date) -> Result<(), TestCaseError> {
    let read = read(began, text).map(|time| (time.when, time.choice));
    prop_assert_eq!(
        read,
        Ok((When::By(day), Vec::new())),
        "{} on {}",
        text,
        began
    );
    Ok(())
}

fn check_at(began: DateTime, text: &str, day: Date, at: TimeOfDay) -> Result<(), TestCaseError> {
    let read = read(began, text).map(|time| (time.when, time.clock));
    prop_assert_eq!(read, Ok((When::By(day), Some(at))), "{} on {}", text, began);
    Ok(())
}

/// A time of day as it is said in English, without the part of the day.
fn hours_in_english(hour: i8, minutes: i8) -> Vec<String> {
    let words = |number: i8| cardinal(number as u64);
    let (this, next) = (words(hour), words(hour % 12 + 1));
    match minutes {
        0 => vec![this.clone(), format!("{this} o'clock")],
        15 => vec![
            format!("quarter past {this}"),
            format!("a quarter past {this}"),
        ],
        30 => vec![format!("half past {this}"), format!("{this} thirty")],
        // `quarter to one` begins in another hour, and may in another part of the day.
        45 if hour < 11 => vec![format!("quarter to {next}"), format!("{this} forty five")],
        _ => vec![format!("{this} {}", words(minutes))],
    }
}

/// The same in Mandarin.
fn hour_in_mandarin(hour: i8, minutes: i8) -> String {
    let hour = match hour {
        2 => "两".to_owned(),
        hour => mandarin(hour as u64),
    };
    match minutes {
        0 => format!("{hour}点"),
        15 => format!("{hour}点一刻"),
        30 => format!("{hour}点半"),
        minutes => format!("{hour}点{}分", mandarin(minutes as u64)),
    }
}

fn minutes() -> impl Strategy<Value = i8> {
    prop::sample::select(vec![0, 10, 15, 20, 30, 40, 45, 50])
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
    fn a_festival_is_read_by_each_of_its_names(began in mornings(), which: prop::sample::Index) {
        let festivals = [
            ("12-25", ["by Christmas", "on Christmas Day", "圣诞节"]),
            ("12-31", ["on New Year's Eve", "by New Year's Eve", "跨年夜"]),
            ("thursday from 11-22 for 4 days", ["by Thanksgiving", "on Thanksgiving", "感恩节"]),
            ("easter", ["at Easter", "by Easter", "复活节"]),
            ("lunar 08-15", ["by the Mid-Autumn Festival", "by the moon festival", "中秋节"]),
            ("lunar 05-05", ["by the Dragon Boat Festival", "端午", "端午节"]),
            ("10-01 for 7 days", ["by Golden Week", "国庆", "十一假期"]),
            ("qingming", ["清明", "清明节", "清明节当天"]),
        ];
        let (rule, names) = which.get(&festivals);
        let yearly: Yearly = rule.parse().expect("a rule");
        let (_, last) = yearly.next(began.date()).expect("it comes every year");
        for text in names {
            check(began, text, last)?;
        }
    }

    #[test]
    fn one_of_two_days_is_a_choice(began in mornings(), days in 1_u32..4, more in 1_u32..3) {
        let (first, second) = (after(began.date(), days), after(began.date(), days + more));
        let name = |day: Date| WEEKDAYS[day.weekday().to_monday_zero_offset() as usize];
        let ((one, han_one), (other, han_other)) = (name(first), name(second));
        for text in [
            format!("{one} or {other}?"),
            format!("would {one} or {other} suit you"),
            format!("{one} at noon or {other} at noon"),
            format!("周{han_one}还是周{han_other}"),
            format!("星期{han_one}或者星期{han_other}"),
            format!("{}月{}号或者{}月{}号", first.month(), first.day(), second.month(), second.day()),
        ] {
            let read = read(began, &text).map(|time| time.choice);
            prop_assert_eq!(read, Ok(vec![first, second]), "{} on {}", text, began);
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
                Lexicon::built_in().calendar.working_days_after(today, many).expect("far from the limits"),
            ),
        ] {
            for text in texts {
                check(began, &text, day)?;
            }
        }
    }

    #[test]
    fn a_time_of_day_is_read_with_its_day(
        began in mornings(), days in 1_u32..7, hour in 1_i8..12, minutes in minutes(), morning: bool,
    ) {
        let day = after(began.date(), days);
        let (english_weekday, weekday) = WEEKDAYS[day.weekday().to_monday_zero_offset() as usize];
        let at = time(if morning { hour } else { hour + 12 }, minutes, 0, 0);
        let (part, half_day, han_part) = match (morning, hour) {
            (true, _) => ("morning", "am", "上午"),
            (false, ..6) => ("afternoon", "pm", "下午"),
            (false, _) => ("evening", "pm", "晚上"),
        };
        let han = hour_in_mandarin(hour, minutes);
        let mut texts = vec![
            format!("on {english_weekday} at {hour}:{minutes:02} {half_day}"),
            format!("at {hour}:{minutes:02}{half_day} on {english_weekday}"),
            format!("周{weekday}{han_part}{han}"),
            format!("星期{weekday}{han_part}{han}给您回电"),
            format!("{}月{}号{han_part}{han}之前", day.month(), day.day()),
        ];
        for hour in hours_in_english(hour, minutes) {
            texts.push(format!("on {english_weekday} at {hour} in the {part}"));
            texts.push(format!("at {hour} in the {part} on {english_weekday}"));
            texts.push(format!("{english_weekday} {part} at {hour}"));
        }
        for text in texts {
            check_at(began, &text, day, at)?;
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
