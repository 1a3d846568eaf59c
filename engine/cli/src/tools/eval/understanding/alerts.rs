//! Which rules a sentence raises.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_core::escalation::Watch;
use sidetone_core::rules::RuleSet;
use sidetone_core::stable_words::StableWords;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use super::tally::{Found, Verdict};
use super::{check_names, lang, list, rows};
use sidetone_core::script::{growing, said};

pub const COLUMNS: [&str; 6] = ["id", "lang", "role", "sentence", "expect", "must_not"];

pub fn judge(text: &str, knowledge: &Knowledge, _: &Config) -> anyhow::Result<Vec<Verdict>> {
    let rules = knowledge.rules();
    let known = rules
        .rules()
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    let judge = |(line, [id, code, role, sentence, expect, must_not]): (usize, [&str; 6])| {
        let at = || format!("line {line}");
        let lang = lang(code).with_context(at)?;
        for names in [expect, must_not] {
            check_names("rule", &list(names), &known).with_context(at)?;
        }
        let side = match role {
            "agent" => Side::Agent,
            "customer" => Side::Customer,
            _ => anyhow::bail!("line {line}: `role` is `{role}`: write agent or customer"),
        };
        let said = said(1, side, lang, MediaTime::ZERO, sentence);
        let (growing, whole) = (
            raised(&rules, lang, growing(&said)),
            raised(&rules, lang, [said.clone()].into_iter()),
        );
        let (found, wanted) = wanted(expect, must_not, &growing);
        let mut got = names(&growing);
        if growing != whole {
            got = format!(
                "word by word {got}, of the whole sentence {}",
                names(&whole)
            );
        }
        Ok(Verdict {
            id: id.to_owned(),
            lang: code.to_owned(),
            given: sentence.to_owned(),
            expected: wanted,
            got,
            right: found.missed + found.wrong == 0 && growing == whole,
            found,
        })
    };
    rows(text, COLUMNS)?.into_iter().map(judge).collect()
}

/// The rules that the steps of an utterance raise and do not withdraw.
fn raised(
    rules: &Arc<RuleSet>,
    lang: Lang,
    steps: impl Iterator<Item = StableWords>,
) -> BTreeSet<String> {
    let mut watch = Watch::new(Arc::clone(rules), &[lang]);
    let mut raised = BTreeSet::new();
    for said in steps {
        let alerts = watch.observe_words(&said);
        raised.extend(alerts.into_iter().map(|alert| alert.raised.rule));
        for withdrawn in watch.withdrawn() {
            raised.remove(&withdrawn.rule);
        }
    }
    raised
}

/// In place of what must not be: nothing but what is expected.
pub(super) const OTHERS: &str = "others";

/// How many of what is expected and what must not be is among the `got`, and both as a line.
pub(super) fn wanted(expect: &str, must_not: &str, got: &BTreeSet<String>) -> (Found, String) {
    let (expected, banned) = (list(expect), list(must_not));
    let has = |name: &&&str| got.contains(**name);
    let hits = expected.iter().filter(has).count();
    let wrong = match (expect, must_not) {
        ("none", _) | (_, OTHERS) => got.len() - hits,
        _ => banned.iter().filter(has).count(),
    };
    let found = Found {
        hits: hits as u64,
        missed: (expected.len() - hits) as u64,
        wrong: wrong as u64,
    };
    let line = match (expect, banned.is_empty()) {
        ("-", false) => format!("not {must_not}"),
        ("none", _) | (_, true) => expect.to_owned(),
        (_, false) => format!("{expect}, not {must_not}"),
    };
    (found, line)
}

pub(super) fn names(got: &BTreeSet<String>) -> String {
    match got.is_empty() {
        true => "none".to_owned(),
        false => got
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_must_be_there_and_what_is_banned_must_not() {
        for (expect, must_not, got, (hits, missed, wrong)) in [
            ("churn", "-", vec!["churn"], (1, 0, 0)),
            ("churn; legal threat", "-", vec!["churn"], (1, 1, 0)),
            ("none", "churn", vec!["complaint"], (0, 0, 1)),
            ("-", "churn", vec!["complaint"], (0, 0, 0)),
            ("complaint", "churn", vec!["churn"], (0, 1, 1)),
            ("churn", "others", vec!["churn", "complaint"], (1, 0, 1)),
        ] {
            let got = got.into_iter().map(str::to_owned).collect();
            let (found, _) = wanted(expect, must_not, &got);
            assert_eq!(
                found,
                Found {
                    hits,
                    missed,
                    wrong
                },
                "{expect} {must_not}"
            );
        }
    }
}
