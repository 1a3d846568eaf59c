//! What holds for any words at all.

use jiff::civil::date;
use proptest::prelude::*;

use super::kit::{alert, facts};
use crate::wrap_up::{Facts, Line, summarise};
use sidetone_types::assist::Severity;
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Side};
use sidetone_types::time::MediaTime;

/// Fragments that calls are made of, to be thrown together; and any characters whatever.
fn words() -> impl Strategy<Value = String> {
    let fragments = vec![
        "I will",
        "call you back",
        "send you",
        "the form",
        "it",
        "on Thursday",
        "at once",
        "right away",
        "once it is available",
        "after that",
        "by Friday",
        "if",
        "not",
        "please",
        "refund",
        "takes three to five business days",
        "can you",
        "yes",
        "no",
        "tomorrow.",
        "?",
        ",",
        "in 99999 days",
        "the 31st",
        "我会",
        "给您回电话",
        "星期四",
        "稍后",
        "发送给您",
        "资料",
        "如果",
        "不",
        "请",
        "退款",
        "三到五个工作日",
        "吗",
        "好的",
        "，",
        "。",
        "二月二十九号",
        "派师傅上门",
        "\u{feff}",
        "’",
        "...",
        "🙂",
        "３",
    ];
    let fragments = prop::collection::vec(prop::sample::select(fragments), 0..14);
    prop_oneof![
        3 => fragments.clone().prop_map(|f| f.join(" ")),
        2 => fragments.prop_map(|f| f.concat()),
        1 => any::<String>(),
    ]
}

pub(crate) fn line() -> impl Strategy<Value = Line> {
    (any::<bool>(), words(), 0_u64..600_000, 0_u64..30_000).prop_map(
        |(agent, text, start, long)| Line {
            side: if agent { Side::Agent } else { Side::Customer },
            lang: Lang::ZH,
            start: MediaTime::from_millis(start),
            end: MediaTime::from_millis(start + long),
            text,
            doubtful: Vec::new(),
        },
    )
}

proptest! {
    #[test]
    fn any_call_can_be_summed_up_and_nothing_is_due_before_it(
        lines in prop::collection::vec(line(), 0..12),
        (year, month, day) in (1_i16..=9999, 1_i8..=12, 1_i8..=28),
        outbound: bool,
        term in any::<String>(),
    ) {
        let today = date(year, month, day);
        let facts = Facts {
            began: today.at(23, 0, 0, 0),
            direction: if outbound { Direction::Outbound } else { Direction::Inbound },
            terms: [term].into(),
            ..facts()
        };
        let alerts = [alert("churn", Severity::Warning, "the customer said so")];
        let note = summarise(&facts, &lines, &alerts, &[]);
        let day = |day: &str| day.parse::<jiff::civil::Date>().expect("a date");
        for promise in &note.promises {
            prop_assert!(promise.due.as_deref().is_none_or(|due| day(due) >= today));
            prop_assert!(promise.said.is_some() || promise.due.is_none());
        }
        for task in &note.follow_ups {
            prop_assert!(task.due.as_deref().is_none_or(|due| day(due) >= today));
            prop_assert!(task.due.is_some() || task.when_said.is_some());
            prop_assert!(task.title.contains([':', '：']));
        }
        prop_assert!(note.keywords.len() <= 8);
        prop_assert!((2..=8).contains(&note.text.lines().count()));
    }

    #[test]
    fn the_order_in_which_lines_arrive_does_not_matter(
        mut lines in prop::collection::vec(line(), 0..8),
    ) {
        lines.dedup_by_key(|line| (line.start, line.end));
        lines.sort_by_key(|line| (line.start, line.end));
        lines.dedup_by_key(|line| (line.start, line.end));
        let there = summarise(&facts(), &lines, &[], &[]);
        lines.reverse();
        prop_assert_eq!(summarise(&facts(), &lines, &[], &[]), there);
    }
}
