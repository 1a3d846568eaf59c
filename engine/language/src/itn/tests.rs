//! Lines as they are recognised and as they are written, and what holds for any line at all.

use proptest::prelude::*;

use super::{Number, written};
use crate::lexicon::Lexicon;
use sidetone_types::lang::Lang;
use sidetone_types::number::NumberKind;

/// Lines by the kind of their numbers: `kind-money-3`.
const TABLE: &str = include_str!("../../../../tests/understanding/figures.tsv");

fn numbers(line: &str, lang: Lang) -> Vec<Number> {
    super::numbers(line, lang, &Lexicon::built_in())
}

#[test]
fn lines_are_written_as_the_table_says_and_their_numbers_have_its_kind() {
    for row in TABLE.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let [id, code, spoken, expected, _] = fields[..] else {
            panic!("five columns: {row}");
        };
        let lang = if code == "zh" { Lang::ZH } else { Lang::EN };
        let found = numbers(spoken, lang);
        let got = written(spoken, &found);
        assert!(expected.split(" | ").any(|one| one == got), "{row}: {got}");
        let kind = id
            .strip_prefix("kind-")
            .filter(|id| !id.starts_with("plain"));
        let Some((kind, _)) = kind.and_then(|id| id.rsplit_once('-')) else {
            continue;
        };
        let is_it = |number: &Number| format!("{:?}", number.kind).eq_ignore_ascii_case(kind);
        assert!(found.iter().all(is_it), "{row}: {found:?}");
    }
}

#[test]
fn several_numbers_of_a_line_keep_their_kinds() {
    use NumberKind::{Cardinal, Date, Money, Percent, Time};
    for (lang, line, expected) in [
        (
            Lang::EN,
            "On May third I paid forty nine dollars, that's ten percent of five hundred.",
            [
                (Date, "May 3"),
                (Money, "$49"),
                (Percent, "10%"),
                (Cardinal, "500"),
            ],
        ),
        (
            Lang::ZH,
            "我看到五月三号有两笔四十九元的扣款，三点半退百分之十。",
            [
                (Date, "5月3号"),
                (Money, "49"),
                (Time, "3:30"),
                (Percent, "10%"),
            ],
        ),
    ] {
        let found = numbers(line, lang);
        let found: Vec<_> = found.iter().map(|n| (n.kind, n.text.as_str())).collect();
        assert_eq!(found, expected);
    }
}

/// Fragments that numbers are made of, to be thrown together; and any characters whatever.
fn lines() -> impl Strategy<Value = String> {
    let english = vec![
        "one",
        "two",
        "five",
        "ten",
        "fifteen",
        "twenty",
        "twenty-five",
        "hundred",
        "thousand",
        "million",
        "and",
        "point",
        "oh",
        "zero",
        "double",
        "a",
        "dollars",
        "cents",
        "percent",
        "per",
        "cent",
        "May",
        "march",
        "seventh",
        "first",
        "second",
        "the",
        "of",
        "at",
        "in",
        "on",
        "to",
        "or",
        "between",
        "p.m.",
        "am",
        "o'clock",
        "$25",
        "25",
        "1,200",
        "3.5",
        "2026",
        "7th",
        ",",
        ".",
        "-",
        "people",
        "nineteen",
        "eighty",
        "half",
        "past",
        "pounds",
        "pence",
        "Thursday",
        "99999999999999999999",
        "trillion",
    ];
    let mandarin = vec![
        "零",
        "一",
        "二",
        "两",
        "三",
        "五",
        "九",
        "十",
        "百",
        "千",
        "万",
        "亿",
        "点",
        "半",
        "分",
        "刻",
        "块",
        "毛",
        "元",
        "钱",
        "年",
        "月",
        "号",
        "日",
        "百分之",
        "第",
        "到",
        "几",
        "多",
        "个",
        "下午",
        "周",
        "幺",
        "，",
        " ",
        "。",
        "2",
        "5.5",
        "萬",
        "兩",
        "點",
        "的",
        "我",
        "二百五",
        "９",
    ];
    let joined = |parts: Vec<&'static str>, by: &'static str| {
        prop::collection::vec(prop::sample::select(parts), 0..14)
            .prop_map(move |parts| parts.join(by))
    };
    prop_oneof![
        4 => joined(english, " "),
        4 => joined(mandarin, ""),
        1 => ".{0,40}",
    ]
}

fn languages() -> impl Strategy<Value = Lang> {
    prop::sample::select(vec![Lang::EN, Lang::ZH])
}

/// A test that ends is the measure: by the square of its length, such a line takes minutes.
#[test]
fn what_is_said_again_and_again_takes_no_longer_each_time() {
    for (part, lang) in [
        ("point ", Lang::EN),
        ("double ", Lang::EN),
        ("A one ", Lang::EN),
        ("one and ", Lang::EN),
        ("双五", Lang::ZH),
        ("一，", Lang::ZH),
        ("点一", Lang::ZH),
    ] {
        let line = part.repeat(20_000);
        assert!(numbers(&line, lang).len() <= 20_000, "{part}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn numbers_are_in_order_apart_from_each_other_and_not_empty(line in lines(), lang in languages()) {
        let mut end = 0;
        for number in numbers(&line, lang) {
            prop_assert!(end <= number.span.start && number.span.start < number.span.end);
            prop_assert!(line.get(number.span.clone()).is_some());
            prop_assert!(!number.text.is_empty());
            end = number.span.end;
        }
        prop_assert!(end <= line.len());
    }

    #[test]
    fn all_that_is_no_number_stays(line in lines(), lang in languages()) {
        let numbers = numbers(&line, lang);
        let text = written(&line, &numbers);
        let mut rest = text.as_str();
        let mut at = 0;
        for number in &numbers {
            let between = &line[at..number.span.start];
            prop_assert!(rest.starts_with(between));
            rest = &rest[between.len()..];
            prop_assert!(rest.starts_with(&number.text));
            rest = &rest[number.text.len()..];
            at = number.span.end;
        }
        prop_assert_eq!(rest, &line[at..]);
    }

    #[test]
    fn a_line_without_number_words_stays_as_it_is(line in "[b-dj-mB-DJ-M ,.?!'0-9你好请问退款]{0,40}", lang in languages()) {
        prop_assert_eq!(written(&line, &numbers(&line, lang)), line);
    }

    #[test]
    fn every_number_is_written_back_from_its_words(n in 10_u64..1_000_000) {
        let line = in_english(n);
        let spoken = numbers(&line, Lang::EN);
        prop_assert_eq!(written(&line, &spoken).replace(',', ""), n.to_string());
        let line = format!("{}次", in_mandarin(n));
        let text = written(&line, &numbers(&line, Lang::ZH));
        let figures = text.trim_end_matches('次');
        let value = match figures.strip_suffix('万') {
            Some(wan) => wan.parse::<u64>().map(|wan| wan * 10_000),
            None => figures.parse(),
        };
        prop_assert_eq!(value, Ok(n), "{} {}", line, text);
    }
}

fn in_english(n: u64) -> String {
    let lexicon = Lexicon::built_in();
    let words = lexicon.numbers.of_lang(Lang::EN).expect("it has some");
    let word = |n| words.cardinal_word(n).expect("it has one").to_owned();
    let with = |head: String, rest: u64| match rest {
        0 => head,
        rest => format!("{head} {}", in_english(rest)),
    };
    match n {
        0..20 => word(n),
        20..100 => with(word(n / 10 * 10), n % 10),
        100..1_000 => with(format!("{} hundred", in_english(n / 100)), n % 100),
        _ => with(format!("{} thousand", in_english(n / 1_000)), n % 1_000),
    }
}

fn in_mandarin(n: u64) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let with = |unit: u64, name: &str| {
        let rest = n % unit;
        let zero = if rest > 0 && rest < unit / 10 {
            "零"
        } else {
            ""
        };
        let rest = if rest == 0 {
            String::new()
        } else if (10..20).contains(&rest) {
            format!("一{}", in_mandarin(rest))
        } else {
            in_mandarin(rest)
        };
        format!("{}{name}{zero}{rest}", in_mandarin(n / unit))
    };
    match n {
        0..10 => DIGITS[n as usize].to_owned(),
        10..20 if n == 10 => "十".to_owned(),
        10..20 => format!("十{}", DIGITS[n as usize - 10]),
        20..100 => with(10, "十"),
        100..1_000 => with(100, "百"),
        1_000..10_000 => with(1_000, "千"),
        _ => with(10_000, "万"),
    }
}
