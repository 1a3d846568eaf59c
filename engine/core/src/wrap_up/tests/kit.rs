//! Calls written as `side: words`, and short views of their notes.

use sidetone_language::lexicon::Lexicon;

use crate::script;
use crate::wrap_up::{Facts, Line, summarise};
use sidetone_types::assist::{Action, AlertRaised, Severity};
use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;
use sidetone_types::summary::Summary;

/// A Monday morning.
pub(crate) fn facts() -> Facts {
    Facts {
        began: "2026-05-04T10:30".parse().expect("a date and time"),
        direction: Direction::Inbound,
        main_lang: Lang::EN,
        customer_name: String::new(),
        terms: [].into(),
        lexicon: Lexicon::built_in(),
    }
}

/// Lines as `a: Hello.` and `c: Hi.`, five seconds each, a second of silence between them.
pub(crate) fn lines(script: &str) -> Vec<Line> {
    let turns = script.lines().filter(|line| !line.trim().is_empty());
    script::call(turns, Lang::EN).expect("`a: words` or `c: words`")
}

/// The note of a call that raised no alert.
pub(super) fn note(script: &str) -> Summary {
    summarise(&facts(), &lines(script), &[], &[])
}

/// `due title` of each task.
pub(super) fn tasks(note: &Summary) -> Vec<String> {
    note.follow_ups
        .iter()
        .map(|t| format!("{} {}", t.due.as_deref().unwrap_or("-"), t.title))
        .collect()
}

/// `side kind said due` of each promise.
pub(super) fn promises(note: &Summary) -> Vec<String> {
    note.promises
        .iter()
        .map(|p| {
            let said = p.said.as_deref().unwrap_or("-");
            let due = p.due.as_deref().unwrap_or("-");
            format!("{} {} {said} {due}", p.side.as_str(), p.kind.as_str())
        })
        .collect()
}

pub(super) fn alert(rule: &str, severity: Severity, why: &str) -> AlertRaised {
    AlertRaised {
        alert: 1,
        situation: 1,
        folded: false,
        rule: rule.to_owned(),
        severity,
        action: Action::Warn,
        message: String::new(),
        script: String::new(),
        why: why.to_owned(),
        triggers: Vec::new(),
    }
}
