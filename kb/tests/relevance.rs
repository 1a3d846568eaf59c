//! How good the suggestions are, over the table of what callers say (`relevance.tsv`).
//!
//! A new article comes with rows; so does a sentence that found the wrong one. `sidetone kb eval`
//! shows what is missed and what came instead.

use sidetone_kb::relevance::{Figures, SAMPLE_TABLE, held_out, measure, parse_table};
use sidetone_kb::{Index, samples};
use sidetone_types::lang::Lang;

/// What was reached, less two rows: (part, language, precision@1, recall, false suggestions).
const FLOORS: &[(&str, Lang, f64, f64, f64)] = &[
    ("tuned on", Lang::EN, 0.90, 0.88, 0.0),
    ("held out", Lang::EN, 0.84, 0.86, 0.15),
    ("tuned on", Lang::ZH, 0.90, 0.90, 0.0),
    ("held out", Lang::ZH, 0.84, 0.84, 0.1),
];

#[test]
fn suggestions_stay_as_good_as_they_were() {
    let index = Index::build(samples()).unwrap();
    let (tuned, held_out) = held_out(&parse_table(SAMPLE_TABLE).unwrap());
    for &(part, lang, precision, recall, disturbed) in FLOORS {
        let rows = if part == "tuned on" {
            &tuned
        } else {
            &held_out
        };
        let figures: Figures = measure(&index, rows, lang);
        let missed: Vec<_> = figures
            .misses
            .iter()
            .map(|miss| (&miss.row.said, &miss.suggested))
            .collect();
        assert!(
            figures.precision_at_1().unwrap() >= precision,
            "{part} {lang:?}: {missed:#?}"
        );
        assert!(
            figures.recall().unwrap() >= recall,
            "{part} {lang:?}: {missed:#?}"
        );
        assert!(
            figures.false_suggestions().unwrap() <= disturbed,
            "{part} {lang:?}: {missed:#?}"
        );
    }
}

#[test]
fn what_our_recogniser_really_mishears_finds_what_was_meant() {
    let index = Index::build(samples()).unwrap();
    for (lang, heard, expected) in [
        (
            Lang::EN,
            "Hi. I was charged wife on my invoice this month, and I want a refund.",
            "charged-twice-en",
        ),
        (
            Lang::ZH,
            "我這個業的花費被重複扣了兩次，我要退款。",
            "charged-twice-zh",
        ),
        (
            Lang::ZH,
            "好的，我看到五月三号有两比四十九元的扣款。",
            "charged-twice-zh",
        ),
        (
            Lang::ZH,
            "如果星期五之前不处理，我就要投诉到公信部。",
            "regulator-zh",
        ),
        (Lang::ZH, "退款怎么还没到將", "refund-status-zh"),
    ] {
        let hits = index.suggest(heard, lang, 3);
        let ids: Vec<&str> = hits.iter().map(|hit| hit.id.as_str()).collect();
        assert!(ids.contains(&expected), "{heard}: {ids:?}");
    }
}

#[test]
fn what_was_heard_right_outranks_what_was_misheard() {
    let index = Index::build(samples()).unwrap();
    for (lang, right, misheard) in [
        (Lang::EN, "the router is broken", "the rooter is broken"),
        (
            Lang::EN,
            "a late fee on my bill and a refund",
            "a lay tea on my bill and a refound",
        ),
        (Lang::ZH, "我要投诉到工信部", "我要投诉到公信部"),
        (Lang::ZH, "同样的两笔扣款", "同样的两比扣款"),
    ] {
        let score = |said| index.search(said, lang, 1)[0].score;
        assert!(score(right) > score(misheard), "{right}");
    }
}
