use sidetone_types::event::EventKind;
use sidetone_types::id::UtteranceId;
use sidetone_types::time::MediaTime;

use super::PromiseList;
use crate::wrap_up::tests::kit::{facts, lines};
use crate::wrap_up::{Line, summarise, summarise_edited};

fn said(script: &str) -> Vec<(UtteranceId, Line)> {
    (1..).map(UtteranceId).zip(lines(script)).collect()
}

fn told(events: &[EventKind]) -> Vec<String> {
    let told = events.iter().map(|kind| match kind {
        EventKind::PromiseMade(made) => {
            format!("made {} {:?}", made.number, made.promise.due)
        }
        EventKind::PromiseChanged(changed) => {
            format!(
                "changed {} {:?} {:?}",
                changed.number, changed.promise.due, changed.by
            )
        }
        EventKind::PromiseWithdrawn(gone) => format!("gone {} {:?}", gone.number, gone.by),
        other => other.name().to_owned(),
    });
    told.collect()
}

fn observe(list: &mut PromiseList, said: &[(UtteranceId, Line)]) -> Vec<EventKind> {
    let new = said.last().map_or(MediaTime::ZERO, |(_, line)| line.start);
    list.observe(&facts(), said, new)
}

/// What is told line by line.
fn course(list: &mut PromiseList, said: &[(UtteranceId, Line)]) -> Vec<String> {
    let so_far = (1..=said.len()).map(|end| &said[..end]);
    so_far.flat_map(|said| told(&observe(list, said))).collect()
}

const MOVED: &str =
    "a: I will call you back on Thursday.\nc: Could we make it Friday?\na: Yes, of course.";

#[test]
fn a_promise_is_told_when_it_is_made_and_when_it_moves() {
    let mut list = PromiseList::default();
    assert_eq!(
        course(&mut list, &said(MOVED)),
        [
            r#"made 1 Some("2026-05-07")"#,
            r#"changed 1 Some("2026-05-08") None"#
        ]
    );
    assert!(
        observe(&mut list, &said(MOVED)).is_empty(),
        "nothing is new"
    );
}

#[test]
fn a_promise_that_is_taken_back_is_told_to_stand_no_more() {
    let mut list = PromiseList::default();
    let script = "a: I will call you back on Thursday.\nc: No need to call me back, thanks.";
    assert_eq!(
        course(&mut list, &said(script)),
        [r#"made 1 Some("2026-05-07")"#, "gone 1 None"]
    );
}

#[test]
fn the_summary_has_what_was_shown_as_people_have_put_it_right() {
    let script = "a: I will call you back on Thursday.\na: And I will send you the contract by email.\nc: Fine.";
    let said = said(script);
    let mut list = PromiseList::default();
    course(&mut list, &said);
    assert!(list.stands(1) && list.stands(2) && !list.stands(3) && !list.stands(0));
    let day = "2026-05-11".parse().expect("a day");
    let told = list.edit(1, ("Ring Ms Lee".to_owned(), Some(day)), "ann");
    assert!(matches!(told, Some(EventKind::PromiseChanged(_))));
    assert!(
        list.edit(1, ("Ring Ms Lee".to_owned(), Some(day)), "ann")
            .is_none(),
        "as it stands"
    );
    assert!(list.remove(2, "ann").is_some() && list.remove(2, "ann").is_none());
    assert!(
        observe(&mut list, &said).is_empty(),
        "it stays as people want it"
    );
    let lines: Vec<Line> = said.iter().map(|(_, line)| line.clone()).collect();
    let note = summarise_edited(&facts(), &lines, &[], &[], &list.edits(&said));
    let promises: Vec<(&str, Option<&str>)> = note
        .promises
        .iter()
        .map(|p| (&*p.text, p.due.as_deref()))
        .collect();
    assert_eq!(promises, [("Ring Ms Lee", Some("2026-05-11"))]);
    let [task] = &note.follow_ups[..] else {
        panic!("one task");
    };
    assert!(task.title.ends_with("Ring Ms Lee"), "{}", task.title);
    assert_eq!(
        (task.due.as_deref(), &task.when_said),
        (Some("2026-05-11"), &None)
    );
    assert!(note.text.contains("Ring Ms Lee"));
}

#[test]
fn another_day_that_is_said_after_an_edit_counts() {
    let said = said(MOVED);
    let mut list = PromiseList::default();
    course(&mut list, &said[..1]);
    let day = "2026-05-07".parse().ok();
    list.edit(1, ("Ring Ms Lee".to_owned(), day), "ann");
    let after = told(&observe(&mut list, &said));
    assert_eq!(after, [r#"changed 1 Some("2026-05-08") None"#]);
}

#[test]
fn without_edits_what_was_shown_is_what_the_summary_has() {
    for script in [
        MOVED,
        "a: 我周四下午三点半给您回电话。\nc: 好的。\na: 合同我今天发给您。",
        "c: Can you send me the invoice?\na: Sure, I will email it today.\na: The refund takes five days.",
    ] {
        let said = said(script);
        let mut list = PromiseList::default();
        course(&mut list, &said);
        let lines: Vec<Line> = said.iter().map(|(_, line)| line.clone()).collect();
        let note = summarise(&facts(), &lines, &[], &[]);
        let mut shown: Vec<_> = list.entries.iter().filter(|entry| entry.stands).collect();
        shown.sort_by_key(|entry| note.promises.iter().position(|p| *p == entry.told));
        let shown: Vec<_> = shown.iter().map(|entry| &entry.told).collect();
        assert_eq!(shown, note.promises.iter().collect::<Vec<_>>(), "{script}");
        assert!(!shown.is_empty(), "{script}");
    }
}

#[test]
fn what_was_told_before_is_taken_up_again() {
    let said =
        said("a: I will call you back on Thursday.\na: And I will send you the contract by email.");
    let mut list = PromiseList::default();
    let mut events = observe(&mut list, &said);
    let day = "2026-05-11".parse().ok();
    events.extend(list.edit(1, ("Ring Ms Lee".to_owned(), day), "ann"));
    events.extend(list.remove(2, "ann"));
    let mut again = PromiseList::default();
    events.iter().for_each(|kind| again.replay(kind));
    let lines: Vec<Line> = said.iter().map(|(_, line)| line.clone()).collect();
    let of = |list: &PromiseList| summarise_edited(&facts(), &lines, &[], &[], &list.edits(&said));
    assert_eq!(of(&again), of(&list));
    assert_eq!(of(&again).promises.len(), 1);
}
