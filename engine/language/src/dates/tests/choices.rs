//! Days of which one is to be chosen, and what looks like them.

use super::all;

/// A Wednesday.
const WEDNESDAY: &str = "2026-09-23T10:30";

/// What is said, and the days to choose from; none where there is no choice.
const ROWS: &[(&str, &[&str])] = &[
    (
        "would Monday or Tuesday suit you",
        &["2026-09-28", "2026-09-29"],
    ),
    ("Monday or Friday?", &["2026-09-28", "2026-09-25"]),
    ("either today or tomorrow", &["2026-09-23", "2026-09-24"]),
    ("tomorrow or the day after", &["2026-09-24", "2026-09-25"]),
    (
        "on Thursday, Friday or Saturday",
        &["2026-09-24", "2026-09-25", "2026-09-26"],
    ),
    (
        "Monday or Tuesday or Wednesday",
        &["2026-09-28", "2026-09-29", "2026-09-30"],
    ),
    (
        "周四或周五或周六",
        &["2026-09-24", "2026-09-25", "2026-09-26"],
    ),
    (
        "on Monday or Tuesday next week",
        &["2026-09-28", "2026-09-29"],
    ),
    ("next Monday or Tuesday", &["2026-09-28", "2026-09-29"]),
    (
        "tomorrow at three or Friday at five",
        &["2026-09-24", "2026-09-25"],
    ),
    ("on the 3rd or the 5th", &["2026-10-03", "2026-10-05"]),
    (
        "would the 3rd or the 5th suit you",
        &["2026-10-03", "2026-10-05"],
    ),
    (
        "the fourth or the sixth of October",
        &["2026-10-04", "2026-10-06"],
    ),
    ("October 3rd or 5th", &["2026-10-03", "2026-10-05"]),
    ("this week or next week", &["2026-09-25", "2026-10-02"]),
    ("in two or three days", &[]),
    ("within three or four working days", &[]),
    ("Monday to Wednesday", &[]),
    ("between Thursday and Saturday", &[]),
    ("Monday to Friday", &[]),
    ("tomorrow morning or afternoon", &[]),
    ("on Monday at three or four", &[]),
    ("last Monday or Tuesday", &[]),
    ("the first or the second option", &[]),
    ("on Monday. Or call us on Tuesday", &[]),
    ("周一还是周二方便", &["2026-09-28", "2026-09-29"]),
    ("周一或者周五", &["2026-09-28", "2026-09-25"]),
    (
        "周四、周五或者周六",
        &["2026-09-24", "2026-09-25", "2026-09-26"],
    ),
    ("下周一还是周二", &["2026-09-28", "2026-09-29"]),
    ("下周一或者下周二", &["2026-09-28", "2026-09-29"]),
    ("今天还是明天", &["2026-09-23", "2026-09-24"]),
    ("三号还是五号", &["2026-10-03", "2026-10-05"]),
    ("十月三号或者五号", &["2026-10-03", "2026-10-05"]),
    ("明天下午三点或者周五上午", &["2026-09-24", "2026-09-25"]),
    ("两三天内", &[]),
    ("周一到周三", &[]),
    ("三号到五号", &[]),
    ("明天上午还是下午", &[]),
    ("上周一还是周二", &[]),
];

#[test]
fn a_choice_between_days_is_no_range() {
    let mut wrong = Vec::new();
    for (text, expected) in ROWS {
        let times = all(WEDNESDAY, text);
        let chosen = times.iter().flat_map(|time| &time.choice);
        let chosen: Vec<String> = chosen.map(ToString::to_string).collect();
        if chosen != *expected {
            wrong.push(format!("{text}: {times:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
