use sidetone_types::party::Side;
use sidetone_types::summary::FollowUpKind;

use super::*;
use crate::wrap_up::summarise;
use crate::wrap_up::tests::kit::{facts, lines};

/// Two tasks, a promise of each, and a reason.
const CALL: &str = "c: I was charged twice for April.\n\
                    a: I am sorry. I will send you an offer tomorrow.\n\
                    a: And I will call you back on Thursday.\n\
                    c: Thank you.";

struct Stage {
    note: Summary,
    facts: Facts,
    written: Written,
    dispositions: Vec<String>,
    redaction: RedactionConfig,
}

impl Stage {
    fn new() -> Self {
        let facts = Facts {
            customer_name: "Daniel Whitmore".to_owned(),
            ..facts()
        };
        let note = summarise(&facts, &lines(CALL), &[], &[]);
        assert_eq!(note.follow_ups.len(), 2, "{}", note.text);
        Self {
            note,
            facts,
            written: Written::default(),
            dispositions: vec!["resolved".to_owned(), "follow_up".to_owned()],
            redaction: RedactionConfig::default(),
        }
    }

    fn apply(&self, review: &Review) -> Result<Reviewed, ReviewError> {
        let ground = Ground {
            written: &self.written,
            dispositions: &self.dispositions,
            facts: &self.facts,
            redaction: &self.redaction,
        };
        apply(&self.note, review, "ann", &ground)
    }

    fn problem(&self, review: &Review) -> String {
        self.apply(review).expect_err("it is refused").to_string()
    }

    /// The tasks of the note, changed.
    fn tasks(&self, change: impl FnOnce(&mut Vec<FollowUp>)) -> Review {
        let mut tasks = self.note.follow_ups.clone();
        change(&mut tasks);
        Review {
            follow_ups: Some(tasks),
            ..Review::default()
        }
    }
}

fn task(title: &str, due: Option<&str>, due_time: Option<&str>) -> FollowUp {
    FollowUp {
        kind: FollowUpKind::Callback,
        title: title.to_owned(),
        due: due.map(str::to_owned),
        due_time: due_time.map(str::to_owned),
        when_said: None,
    }
}

fn reason(text: &str) -> Review {
    Review {
        reason: Some(text.to_owned()),
        ..Review::default()
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn what_is_reviewed_stands_in_the_parts_and_in_the_text_and_the_rest_stays() {
    let stage = Stage::new();
    let review = Review {
        reason: Some(" Charged twice for May \n".to_owned()),
        actions: Some(strings(&["Refunded $49"])),
        urgent: Some(true),
        keywords: Some(strings(&["refund", "May"])),
        disposition: Some("follow_up".to_owned()),
        ..stage.tasks(|tasks| tasks[0].title = "Send offer: the yearly plan".to_owned())
    };
    let reviewed = stage.apply(&review).expect("it may be");
    let names: Vec<&str> = reviewed.changed.iter().map(|part| part.as_str()).collect();
    assert_eq!(
        names,
        [
            "reason",
            "actions",
            "follow_ups",
            "urgent",
            "keywords",
            "disposition"
        ]
    );
    let summary = reviewed.summary;
    assert_eq!(summary.reviewed_by.as_deref(), Some("ann"));
    assert_eq!(summary.promises, stage.note.promises);
    assert_eq!(summary.follow_ups[1], stage.note.follow_ups[1]);
    let lines: Vec<&str> = summary.text.lines().collect();
    assert_eq!(lines[0], "Call with Daniel Whitmore, 2026-05-04");
    assert_eq!(lines[1], "[URGENT] Reason: Charged twice for May");
    assert_eq!(lines[2], "Outcome: follow_up");
    assert_eq!(lines[3], "Done: Refunded $49");
    assert!(
        lines[5].starts_with("To do: Send offer: the yearly plan"),
        "{}",
        lines[5]
    );
    assert!(
        summary.text.contains("Keywords: refund; May"),
        "{}",
        summary.text
    );
}

#[test]
fn whoever_only_confirms_changes_nothing_but_who_has_reviewed_it() {
    let stage = Stage::new();
    let all = Review {
        reason: Some(stage.note.reason.clone()),
        actions: Some(stage.note.actions.clone()),
        promises: Some(stage.note.promises.clone()),
        follow_ups: Some(stage.note.follow_ups.clone()),
        urgent: Some(stage.note.urgent),
        keywords: Some(stage.note.keywords.clone()),
        disposition: Some(String::new()),
        memo: Some(stage.note.memo.clone()),
    };
    for review in [Review::default(), all] {
        let reviewed = stage.apply(&review).expect("it may be");
        assert_eq!(reviewed.changed, []);
        let expected = Summary {
            reviewed_by: Some("ann".to_owned()),
            ..stage.note.clone()
        };
        assert_eq!(reviewed.summary, expected);
    }
}

#[test]
fn the_times_that_were_said_stay_with_what_is_left_as_it_was() {
    let stage = Stage::new();
    let said = stage
        .note
        .follow_ups
        .iter()
        .filter(|task| task.when_said.is_some());
    assert!(said.count() > 0, "{:?}", stage.note.text);
    let review = Review {
        promises: Some(
            stage
                .note
                .promises
                .iter()
                .map(|promise| Promise {
                    said: None,
                    ..promise.clone()
                })
                .collect(),
        ),
        ..stage.tasks(|tasks| tasks.iter_mut().for_each(|task| task.when_said = None))
    };
    assert_eq!(stage.apply(&review).expect("it may be").changed, []);
}

#[test]
fn notes_keep_their_lines_and_lose_their_secrets() {
    let stage = Stage::new();
    let review = Review {
        memo: Some("Rings from work\n\ncard 4111 1111\n1111 1111 \n".to_owned()),
        ..Review::default()
    };
    let reviewed = stage.apply(&review).expect("it may be");
    assert_eq!(reviewed.changed, [Part::Memo]);
    let summary = reviewed.summary;
    assert_eq!(summary.memo, "Rings from work\n\ncard [card number]");
    assert!(
        summary
            .text
            .contains("Notes: Rings from work\ncard [card number]\n"),
        "{}",
        summary.text
    );
    let long = Review {
        memo: Some("x".repeat(5_000)),
        ..Review::default()
    };
    let error = stage.apply(&long).expect_err("too long").to_string();
    assert!(error.starts_with("`memo` has 5000 characters"), "{error}");
}

#[test]
fn what_the_crm_has_stays_as_it_is() {
    let mut stage = Stage::new();
    stage.written.ticket = true;
    for (review, named) in [
        (reason("Another one"), "`reason`"),
        (
            Review {
                urgent: Some(true),
                ..Review::default()
            },
            "`urgent`",
        ),
        (
            Review {
                keywords: Some(Vec::new()),
                disposition: Some("resolved".to_owned()),
                ..Review::default()
            },
            "`keywords`, `disposition`",
        ),
    ] {
        let error = stage.apply(&review).expect_err("the ticket is written");
        assert!(error.is_conflict());
        assert!(error.to_string().contains(named), "{error}");
    }
    // No task is written yet: one may be mended.
    let mended = stage.tasks(|tasks| tasks[0].title = "Shorter".to_owned());
    stage.apply(&mended).expect("it is not there");

    stage.written.tasks.insert(0);
    for review in [
        mended,
        stage.tasks(|tasks| drop(tasks.remove(0))),
        stage.tasks(|tasks| tasks.swap(0, 1)),
        stage.tasks(Vec::clear),
    ] {
        let problem = stage.problem(&review);
        assert!(problem.contains("`follow_ups[0]`"), "{problem}");
        assert!(!problem.contains("`follow_ups[1]`"), "{problem}");
    }
    let others = [
        stage.tasks(|tasks| drop(tasks.pop())),
        stage.tasks(|tasks| tasks[1].due = Some("2026-05-08".to_owned())),
        stage.tasks(|tasks| {
            tasks.push(task(
                "Callback: once more",
                Some("2026-05-09"),
                Some("09:00"),
            ))
        }),
    ];
    for review in others {
        let reviewed = stage.apply(&review).expect("the second is not written");
        assert_eq!(reviewed.summary.follow_ups[0], stage.note.follow_ups[0]);
        assert_eq!(reviewed.changed, [Part::FollowUps]);
    }
}

#[test]
fn what_cannot_be_taken_is_named_by_its_field() {
    let stage = Stage::new();
    let tasks = |task: FollowUp| stage.tasks(|tasks| tasks.push(task));
    let promise = |text: &str, due: &str| Review {
        promises: Some(vec![Promise {
            side: Side::Agent,
            text: text.to_owned(),
            kind: FollowUpKind::Other,
            said: None,
            due: Some(due.to_owned()),
        }]),
        ..Review::default()
    };
    let actions = |actions: Vec<String>| Review {
        actions: Some(actions),
        ..Review::default()
    };
    for (review, expected) in [
        (
            reason(&"长".repeat(1_001)),
            "`reason` has 1001 characters; at most 1000",
        ),
        (reason("one\ntwo"), "`reason` holds a line break"),
        (reason("a\u{202e}b"), "`reason` holds"),
        (actions(strings(&["done", " "])), "`actions[1]` is empty"),
        (
            actions(vec!["x".to_owned(); 201]),
            "`actions` has 201 items",
        ),
        (
            Review {
                keywords: Some(vec!["x".repeat(101)]),
                ..Review::default()
            },
            "`keywords[0]` has 101 characters; at most 100",
        ),
        (promise("", "2026-05-07"), "`promises[0].text` is empty"),
        (
            promise("I will", "Thursday"),
            "`promises[0].due` is `Thursday`",
        ),
        (
            tasks(task("", None, None)),
            "`follow_ups[2].title` is empty",
        ),
        (
            tasks(task("x", Some("2026-02-30"), None)),
            "`follow_ups[2].due` is `2026-02-30`",
        ),
        (
            tasks(task("x", Some("20260507"), None)),
            "`follow_ups[2].due` is `20260507`",
        ),
        (
            tasks(task("x", Some("2026-05-07T10:00"), None)),
            "`follow_ups[2].due` is",
        ),
        (
            tasks(task("x", Some("2026-05-07"), Some("25:00"))),
            "`follow_ups[2].due_time` is `25:00`",
        ),
        (
            tasks(task("x", Some("2026-05-07"), Some("9:00"))),
            "`follow_ups[2].due_time` is `9:00`",
        ),
        (
            tasks(task("x", Some(""), Some("09:00"))),
            "`follow_ups[2].due_time` is a time without a day",
        ),
        (
            Review {
                disposition: Some("solved".to_owned()),
                ..Review::default()
            },
            "`disposition` is `solved`, which is none of resolved, follow_up",
        ),
    ] {
        let problem = stage.problem(&review);
        assert!(problem.starts_with(expected), "{problem}");
        assert!(!stage.apply(&review).expect_err("refused").is_conflict());
    }
}

#[test]
fn what_is_typed_is_kept_without_its_secrets_and_what_stood_there_is_not_read_again() {
    let mut stage = Stage::new();
    stage.note.actions = strings(&["Took [card number], order 4711"]);
    let review = Review {
        reason: Some("Card 4111 1111 1111 1111 charged twice".to_owned()),
        actions: Some(strings(&[
            "Took [card number], order 4711",
            "Their CVV is 737",
        ])),
        keywords: Some(strings(&["4111111111111111"])),
        ..stage.tasks(|tasks| tasks.push(task("Refund 4111-1111-1111-1111", None, None)))
    };
    let summary = stage.apply(&review).expect("it may be").summary;
    assert_eq!(summary.reason, "Card [card number] charged twice");
    assert_eq!(
        summary.actions,
        [
            "Took [card number], order 4711",
            "Their CVV is [security code]"
        ]
    );
    assert_eq!(summary.keywords, ["[card number]"]);
    assert_eq!(summary.follow_ups[2].title, "Refund [card number]");
    for secret in ["4111", "737"] {
        assert!(!summary.text.contains(secret), "{}", summary.text);
    }
}

#[test]
fn a_disposition_that_is_no_longer_offered_may_stay_and_be_taken_away() {
    let mut stage = Stage::new();
    stage.note.disposition = "sold".to_owned();
    let with = |given: &str| Review {
        disposition: Some(given.to_owned()),
        ..Review::default()
    };
    assert_eq!(stage.apply(&with("sold")).expect("as before").changed, []);
    let away = stage.apply(&with("")).expect("it may be").summary;
    assert_eq!(away.disposition, "");
    stage.dispositions.clear();
    let problem = stage.problem(&with("resolved"));
    assert!(problem.contains("`crm.dispositions` is empty"), "{problem}");
}
