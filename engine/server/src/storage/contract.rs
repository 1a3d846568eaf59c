//! What every store promises, as tests that are generic over the implementer.
//!
//! A store takes part with one line: `contract::suite!(place)`, where `place` makes a [`Place`] of
//! its own for each test.

mod past_calls;

use std::time::{Duration, SystemTime};

use sidetone_types::event::EventKind;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;

use super::samples::{
    close_for_review, event, hand_over_call, note, place_call, revised, said, started, summary,
};
use super::{
    CallStore, ClosedRecording, Forgotten, NewRecording, Outbox, RecordingState, RecordingStore,
    StoreError, now_ms,
};
use crate::records::{Due, Entry, Note, NoteState, Owed, Progress, Rewriting, Step};
pub(super) use past_calls::*;

/// Where a store lies that is opened, closed and opened again.
pub(super) trait Place {
    type Store: CallStore;

    /// Opens it; what was stored before is there.
    fn open(&self) -> Self::Store;
}

/// Makes a test of each promise.
macro_rules! suite {
    ($place:expr; $($name:ident)*) => {
        $(#[test] fn $name() { crate::storage::contract::$name(&$place) })*
    };
    ($place:expr) => {
        crate::storage::contract::suite! { $place;
            a_call_comes_back_after_the_store_was_closed
            an_id_is_known_as_soon_as_its_call_has_begun
            a_call_is_closed_once_and_only_if_it_was_begun
            changes_of_calls_that_are_not_kept_are_refused_and_take_no_others_along
            calls_that_were_not_closed_are_found_again
            a_call_is_read_as_soon_as_what_was_told_of_it_has_settled
            every_commit_is_told_to_those_who_wait_for_one
            lines_are_read_in_order_and_none_twice
            the_lines_before_a_row_are_those_of_one_call_in_order
            the_last_correction_of_an_utterance_is_kept_as_long_as_its_call
            a_forgotten_call_leaves_nothing_but_a_note_that_is_not_delivered
            each_note_is_taken_by_one
            a_step_is_known_to_be_done_only_once_its_id_is_written_down
            a_note_that_is_put_off_or_given_up_waits_for_its_time_or_for_a_person
            notes_in_flight_are_put_back_when_an_engine_starts
            a_note_waits_for_its_reviewer_over_restarts_and_is_due_in_the_end
            a_note_is_rewritten_once_by_whoever_has_read_it_and_its_call_with_it
            a_recording_is_kept_until_it_or_its_call_is_forgotten
            what_is_to_be_silent_is_not_heard_before_it_is
            a_call_that_is_held_is_not_forgotten
            past_calls_are_listed_from_the_newest_on_while_others_come_in
            a_call_that_goes_on_or_is_gone_is_in_no_list
            a_list_is_narrowed_by_all_that_is_asked_for
            a_call_is_in_the_list_of_every_agent_who_had_it
            a_store_that_is_closed_takes_no_more_and_says_so
        }
    };
}
pub(super) use suite;

pub(super) fn a_call_comes_back_after_the_store_was_closed(place: &impl Place) {
    let store = place.open();
    place_call(&store, "a", Duration::ZERO);
    for useful in [false, true] {
        let stored = store.feedback("a", UtteranceId(1), "billing.en", useful);
        stored.wait().expect("the call is known");
    }
    for by in ["agent-7", "agent-8"] {
        let stored = store.acknowledge("a", 3, by);
        stored.wait().expect("the call is known");
    }
    store.close().expect("nothing is lost");
    drop(store);

    let store = place.open();
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(
        (call.agent_id.as_str(), call.callee.as_str()),
        ("agent-7", "1001")
    );
    assert_eq!(call.summary, Some(summary()));
    assert!(call.ended_ms.is_some() && call.closed_ms.is_some());
    assert_eq!(call.events.len(), 4, "all but the partial");
    assert_eq!(call.feedback.len(), 1);
    assert!(call.feedback[0].useful, "the second thought counts");
    assert_eq!(call.acknowledged, [3]);
    assert!(store.reader().call("b").expect("readable").is_none());
}

pub(super) fn the_last_correction_of_an_utterance_is_kept_as_long_as_its_call(place: &impl Place) {
    let store = place.open();
    for call in ["a", "b"] {
        store.record(&event(call, SystemTime::now(), started()));
        for meant in ["charged wise", "charged twice"] {
            let kind = revised("charged wife", meant, Some("agent-7"));
            store.record(&event(call, SystemTime::now(), kind));
        }
        let of_the_second_pass = revised("charged wife", "a charged wife", None);
        let last = store.close_call(&event(call, SystemTime::now(), of_the_second_pass), None);
        last.wait().expect("the disk takes it");
    }
    let corrected = |limit| {
        let read = store.reader().corrections(limit).expect("readable");
        let lines = read.into_iter().map(|line| {
            assert_eq!(line.lang, Lang::EN);
            (line.heard, line.meant)
        });
        lines.collect::<Vec<_>>()
    };
    let line = || ("charged wife".to_owned(), "charged twice".to_owned());
    assert_eq!(corrected(10), [line(), line()], "one of each call");
    assert_eq!(corrected(1).len(), 1);
    store.forget("a").expect("it is over");
    assert_eq!(corrected(10), [line()]);
}

pub(super) fn an_id_is_known_as_soon_as_its_call_has_begun(place: &impl Place) {
    let store = place.open();
    assert!(!store.knows("a").expect("readable"));
    store.record(&event("a", SystemTime::now(), started()));
    assert!(store.knows("a").expect("readable"));
    store.close().expect("nothing is lost");
    drop(store);
    assert!(place.open().knows("a").expect("readable"));
}

pub(super) fn a_call_is_closed_once_and_only_if_it_was_begun(place: &impl Place) {
    let store = place.open();
    place_call(&store, "a", Duration::ZERO);
    let last = |call| event(call, SystemTime::now(), EventKind::Summary(summary()));
    let again = store
        .close_call(&last("a"), Some(Owed::now(&note("a"))))
        .wait();
    assert!(matches!(again, Err(StoreError::ClosedBefore(call)) if call == "a"));
    let never = store
        .close_call(&last("b"), Some(Owed::now(&note("b"))))
        .wait();
    assert!(matches!(never, Err(StoreError::NoSuchCall(call)) if call == "b"));
    assert_eq!(store.reader().note_counts().expect("readable").waiting, 1);
    assert_eq!(store.health().failed, 2);
}

pub(super) fn changes_of_calls_that_are_not_kept_are_refused_and_take_no_others_along(
    place: &impl Place,
) {
    let store = place.open();
    let now = SystemTime::now();
    store.record(&event("a", now, started()));
    // Not awaited, so that it may share a commit with what comes before and after it.
    let wrong = store.feedback("nobody", UtteranceId(1), "billing.en", true);
    store.record(&event("a", now, said("still here")));
    assert!(matches!(wrong.wait(), Err(StoreError::NoSuchCall(_))));
    let other = store.acknowledge("nobody", 1, "agent-7").wait();
    assert!(matches!(other, Err(StoreError::NoSuchCall(_))));
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(call.events.len(), 2);
}

pub(super) fn calls_that_were_not_closed_are_found_again(place: &impl Place) {
    let store = place.open();
    place_call(&store, "closed", Duration::ZERO);
    for (call, ago) in [("younger", 10), ("older", 20)] {
        let at = SystemTime::now() - Duration::from_secs(ago);
        store.record(&event(call, at, started()));
    }
    store.close().expect("nothing is lost");
    drop(store);
    let store = place.open();
    let left = store.reader().unfinished().expect("readable");
    let left: Vec<&str> = left
        .calls
        .iter()
        .map(|call| call.call_id.as_str())
        .collect();
    assert_eq!(left, ["older", "younger"]);
}

pub(super) fn a_call_is_read_as_soon_as_what_was_told_of_it_has_settled(place: &impl Place) {
    let store = place.open();
    store.record(&event("a", SystemTime::now(), started()));
    for told in 2..20 {
        store.record(&event("a", SystemTime::now(), said("hello")));
        store.settle().wait().expect("the disk takes it");
        let call = store.reader().call("a").expect("readable").expect("kept");
        assert_eq!(call.events.len(), told);
    }
}

pub(super) fn every_commit_is_told_to_those_who_wait_for_one(place: &impl Place) {
    let store = place.open();
    let mut commits = store.commits();
    for call in ["a", "b"] {
        commits.borrow_and_update();
        place_call(&store, call, Duration::ZERO);
        store.settle().wait().expect("the disk takes it");
        assert!(commits.has_changed().expect("the store is open"));
    }
}

pub(super) fn the_lines_before_a_row_are_those_of_one_call_in_order(place: &impl Place) {
    let store = place.open();
    let now = SystemTime::now();
    for (call, kind) in [
        ("a", started()),
        ("b", started()),
        ("a", said("one")),
        ("b", said("another")),
        ("a", said("two")),
        ("a", said("three")),
    ] {
        store.record(&event(call, now, kind));
    }
    place_call(&store, "c", Duration::ZERO);
    let lines = store.reader().lines_after(0, 4).expect("readable").lines;
    let [one, _another, two, _three] = &lines[..] else {
        panic!("four lines");
    };
    for (call, row, limit, expected) in [
        ("a", two.row, 9, vec![one, two]),
        ("a", two.row, 1, vec![two]),
        ("a", two.row - 1, 9, vec![one]),
        ("a", one.row - 1, 9, vec![]),
        ("x", two.row, 9, vec![]),
    ] {
        let found = store.reader().lines_before(call, row, limit);
        let found = found.expect("readable");
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{call} {row}");
    }
}

pub(super) fn lines_are_read_in_order_and_none_twice(place: &impl Place) {
    let store = place.open();
    for call in ["a", "b", "c"] {
        place_call(&store, call, Duration::ZERO);
    }
    let (mut row, mut calls) = (0, Vec::new());
    loop {
        let lines = store.reader().lines_after(row, 2).expect("readable");
        let Some(last_row) = lines.last_row else {
            break;
        };
        assert!(lines.lines.iter().all(|line| line.row > row));
        row = last_row;
        calls.extend(lines.lines.into_iter().map(|line| line.call_id));
    }
    // What was said, and the summary.
    assert_eq!(calls, ["a", "a", "b", "b", "c", "c"]);
}

pub(super) fn a_forgotten_call_leaves_nothing_but_a_note_that_is_not_delivered(place: &impl Place) {
    let store = place.open();
    place_call(&store, "a", Duration::ZERO);
    store.record(&event("open", SystemTime::now(), started()));
    store.acknowledge("open", 1, "x").wait().expect("known");
    assert!(matches!(
        store.forget("open"),
        Err(StoreError::StillOpen(_))
    ));
    assert_eq!(store.forget("a").expect("it ended"), Forgotten::NoteRemains);
    assert!(!store.knows("a").expect("readable"));
    let outbox = store.outbox().expect("open");
    let taken = outbox.take_due().expect("readable").expect("it is due");
    outbox.delivered(taken.id).expect("writable");
    assert_eq!(store.forget("a").expect("once more"), Forgotten::All);
    assert!(matches!(store.forget("a"), Err(StoreError::NoSuchCall(_))));
    let forgotten = store.reader().forgotten_after(0).expect("readable");
    let calls: Vec<&str> = forgotten.iter().map(|(_, call)| call.as_str()).collect();
    assert_eq!(calls, ["a"]);
    // A late word about it brings nothing back.
    store.record(&event("a", SystemTime::now(), said("late")));
    store.acknowledge("open", 2, "x").wait().expect("known");
    assert!(!store.knows("a").expect("readable"));
}

pub(super) fn each_note_is_taken_by_one(place: &impl Place) {
    const NOTES: usize = 40;
    let store = place.open();
    for i in 0..NOTES {
        place_call(&store, &format!("call-{i}"), Duration::ZERO);
    }
    let take_all = || {
        let outbox = store.outbox().expect("open");
        let mut taken = Vec::new();
        while let Some(note) = outbox.take_due().expect("readable") {
            taken.push(note.note.call_id);
        }
        taken
    };
    let mut taken = std::thread::scope(|scope| {
        let other = scope.spawn(take_all);
        let mut taken = take_all();
        taken.extend(other.join().expect("it only takes"));
        taken
    });
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), NOTES);
    let counts = store.reader().note_counts().expect("readable");
    assert_eq!((counts.waiting, counts.in_flight), (0, NOTES as u64));
}

pub(super) fn a_step_is_known_to_be_done_only_once_its_id_is_written_down(place: &impl Place) {
    let store = place.open();
    place_call(&store, "a", Duration::ZERO);
    let outbox = store.outbox().expect("open");
    let note = outbox.take_due().expect("readable").expect("due").id;
    let progress = |step| outbox.progress(note, step).expect("readable");
    assert_eq!(progress(Step::Ticket), Progress::New);
    let before = now_ms();
    outbox.begin(note, Step::Ticket).expect("writable");
    assert!(matches!(progress(Step::Ticket), Progress::Begun { at_ms } if at_ms >= before));
    outbox.undo_begin(note, Step::Ticket).expect("writable");
    assert_eq!(progress(Step::Ticket), Progress::New);
    outbox.begin(note, Step::Ticket).expect("writable");
    outbox.finish(note, Step::Ticket, "T-1").expect("writable");
    outbox.undo_begin(note, Step::Ticket).expect("writable");
    assert_eq!(progress(Step::Ticket), Progress::Done("T-1".to_owned()));
    assert_eq!(progress(Step::Task(0)), Progress::New);
    let full = outbox.of_call("a").expect("readable").expect("kept");
    assert_eq!(full.steps.len(), 1);
    assert_eq!(full.note.expect("readable").call_id, "a");
}

pub(super) fn a_note_that_is_put_off_or_given_up_waits_for_its_time_or_for_a_person(
    place: &impl Place,
) {
    let store = place.open();
    place_call(&store, "a", Duration::ZERO);
    let outbox = store.outbox().expect("open");
    let id = outbox.take_due().expect("readable").expect("due").id;
    let later = now_ms() + 60_000;
    outbox.put_off(id, later, 3, "away").expect("writable");
    outbox.put_off(id, later, 3, "").expect("writable");
    assert!(outbox.take_due().expect("readable").is_none());
    assert_eq!(outbox.next_due().expect("readable"), Some(later));
    let waiting = outbox.list(NoteState::Waiting, 10).expect("readable");
    assert_eq!(
        (waiting[0].attempts, waiting[0].reason.as_str()),
        (3, "away")
    );
    assert!(!outbox.discard(id).expect("writable"), "only the dead");
    assert!(outbox.retry(id).expect("writable"));
    let taken = outbox.take_due().expect("readable").expect("due now");
    assert_eq!((taken.id, taken.attempts), (id, 0));
    assert!(!outbox.retry(id).expect("writable"), "it is being written");
    outbox.give_up(id, 1, "no such pool").expect("writable");
    assert_eq!(outbox.counts().expect("readable").dead, 1);
    assert_eq!(outbox.retry_all_dead().expect("writable"), 1);
    outbox.give_up(id, 1, "no such pool").expect("writable");
    assert!(outbox.discard(id).expect("writable"));
    assert!(outbox.entry(id).expect("readable").is_none());
}

pub(super) fn notes_in_flight_are_put_back_when_an_engine_starts(place: &impl Place) {
    let store = place.open();
    place_call(&store, "a", Duration::ZERO);
    let outbox = store.outbox().expect("open");
    outbox.take_due().expect("readable").expect("due");
    drop(outbox);
    store.close().expect("nothing is lost");
    drop(store);
    let store = place.open();
    let outbox = store.outbox().expect("open");
    assert!(outbox.take_due().expect("readable").is_none());
    assert_eq!(outbox.put_all_back().expect("writable"), 1);
    assert!(outbox.take_due().expect("readable").is_some());
}

const HOUR: Duration = Duration::from_secs(3_600);

fn entry(outbox: &dyn Outbox, call: &str) -> Entry {
    let full = outbox.of_call(call).expect("readable").expect("kept");
    full.entry
}

/// Puts `note` in the place of that of its call, as somebody would who had read `before`.
fn rewrite(outbox: &dyn Outbox, before: &Entry, note: &Note, due: Due) -> bool {
    let rewriting = Rewriting {
        id: before.id,
        note,
        revision: before.revision,
        taken: before.taken,
        due,
    };
    outbox.rewrite(&rewriting).expect("writable")
}

pub(super) fn a_note_waits_for_its_reviewer_over_restarts_and_is_due_in_the_end(
    place: &impl Place,
) {
    let store = place.open();
    close_for_review(&store, "waits", (Duration::ZERO, HOUR));
    close_for_review(&store, "over", (2 * HOUR, HOUR));
    store.close().expect("nothing is lost");
    drop(store);

    let store = place.open();
    let outbox = store.outbox().expect("open");
    assert_eq!(outbox.put_all_back().expect("writable"), 0);
    let waits = entry(&*outbox, "waits");
    assert!(waits.is_in_review());
    assert_eq!(waits.due_ms - waits.created_ms, 3_600_000);
    let counts = outbox.counts().expect("readable");
    assert_eq!((counts.in_review, counts.waiting), (2, 0));
    let before = now_ms();
    let taken = outbox
        .take_due()
        .expect("readable")
        .expect("its time is over");
    assert_eq!(taken.note.call_id, "over");
    assert!(
        taken.since_ms >= before,
        "nobody has tried it while it waited"
    );
    assert!(outbox.take_due().expect("readable").is_none());
    assert_eq!(
        outbox.next_due().expect("readable"),
        Some(waits.due_ms.cast_signed())
    );
    // One that was tried is not reviewed in peace any more, however long it waits.
    outbox
        .put_off(taken.id, now_ms() + 60_000, 1, "away")
        .expect("writable");
    assert!(!entry(&*outbox, "over").is_in_review());
    assert!(outbox.retry(waits.id).expect("writable"));
    assert!(!entry(&*outbox, "waits").is_in_review());
    let taken = outbox.take_due().expect("readable").expect("due now");
    assert_eq!(taken.note.call_id, "waits");
}

pub(super) fn a_note_is_rewritten_once_by_whoever_has_read_it_and_its_call_with_it(
    place: &impl Place,
) {
    let store = place.open();
    close_for_review(&store, "a", (Duration::ZERO, HOUR));
    let outbox = store.outbox().expect("open");
    let mut better = note("a");
    better.summary.reason = "Charged three times".to_owned();
    better.summary.reviewed_by = Some("ann".to_owned());
    let first = entry(&*outbox, "a");
    assert_eq!((first.revision, first.taken), (0, 0));
    assert!(rewrite(&*outbox, &first, &better, Due::AsBefore));
    let second = entry(&*outbox, "a");
    assert_eq!((second.revision, second.due_ms), (1, first.due_ms));
    assert!(second.is_in_review());
    let mut late = better.clone();
    late.summary.reason = "Too late".to_owned();
    assert!(
        !rewrite(&*outbox, &first, &late, Due::Now),
        "it was changed"
    );
    let later = second.due_ms + 1;
    assert!(rewrite(&*outbox, &second, &better, Due::At(later)));
    let third = entry(&*outbox, "a");
    assert_eq!(third.due_ms, later);

    // It is with the CRM, and comes back refused: what was read before says nothing of it.
    assert!(rewrite(&*outbox, &third, &better, Due::Now));
    let due = entry(&*outbox, "a");
    let taken = outbox.take_due().expect("readable").expect("due now");
    assert!(!rewrite(&*outbox, &due, &late, Due::Now), "in flight");
    outbox.begin(taken.id, Step::Ticket).expect("writable");
    outbox
        .finish(taken.id, Step::Ticket, "T-1")
        .expect("writable");
    outbox.give_up(taken.id, 3, "no").expect("writable");
    assert!(!rewrite(&*outbox, &due, &late, Due::Now), "taken since");
    let dead = entry(&*outbox, "a");
    assert!(rewrite(&*outbox, &dead, &better, Due::AsBefore));
    assert_eq!(entry(&*outbox, "a").state, NoteState::Dead);
    let dead = entry(&*outbox, "a");
    assert!(rewrite(&*outbox, &dead, &better, Due::Now));
    store.close().expect("nothing is lost");
    drop((outbox, store));

    let store = place.open();
    let outbox = store.outbox().expect("open");
    let full = outbox.of_call("a").expect("readable").expect("kept");
    assert_eq!(full.note.as_ref(), Some(&better));
    assert_eq!((full.entry.revision, full.entry.attempts), (5, 0));
    assert!(full.written().ticket);
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(call.summary.as_ref(), Some(&better.summary));
    let taken = outbox.take_due().expect("readable").expect("due now");
    assert_eq!(taken.note, better);
    outbox.delivered(taken.id).expect("writable");
    let done = entry(&*outbox, "a");
    assert!(!rewrite(&*outbox, &done, &late, Due::Now), "it is there");

    // A note outlives its call, and changes nothing that is gone.
    close_for_review(&store, "b", (Duration::ZERO, HOUR));
    assert_eq!(store.forget("b").expect("over"), Forgotten::NoteRemains);
    let left = entry(&*outbox, "b");
    assert!(rewrite(&*outbox, &left, &note("b"), Due::Now));
    assert!(store.reader().call("b").expect("readable").is_none());
}

pub(super) fn a_store_that_is_closed_takes_no_more_and_says_so(place: &impl Place) {
    let store = place.open();
    drop(hand_over_call(&store, "a", Duration::ZERO));
    store.close().expect("what was handed over is written out");
    assert!(store.reader().call("a").expect("readable").is_some());
    let late = store.acknowledge("a", 1, "x").wait();
    assert!(matches!(late, Err(StoreError::Stopped)), "{late:?}");
    assert_eq!(store.health().lost, 1);
}

/// Long after any test: a store that is opened forgets by itself what has been kept for long enough.
const KEEP_UNTIL_MS: u64 = 32_503_680_000_000;

fn begin(store: &dyn RecordingStore, call: &str) {
    let file = format!("{call}.rec");
    let new = NewRecording {
        call,
        class: "default",
        file: &file,
        began_ms: 7,
        keep_until_ms: Some(KEEP_UNTIL_MS),
    };
    store.begin(&new).expect("new");
}

const CLOSED: ClosedRecording<'_> = ClosedRecording {
    state: RecordingState::Whole,
    file: None,
    samples: 16_000,
    bytes: 500,
    points: &[0, 300],
};

pub(super) fn a_recording_is_kept_until_it_or_its_call_is_forgotten(place: &impl Place) {
    let store = place.open();
    let recordings = store.recordings().expect("open");
    for call in ["a", "b"] {
        place_call(&store, call, Duration::ZERO);
        begin(&*recordings, call);
    }
    let again = NewRecording {
        call: "a",
        class: "other",
        file: "other.rec",
        began_ms: 8,
        keep_until_ms: None,
    };
    let again = recordings.begin(&again);
    assert!(matches!(again, Err(StoreError::RecordedBefore(_))));
    begin(&*recordings, "live");
    let early = recordings.forget("live");
    assert!(matches!(early, Err(StoreError::StillRecorded(_))));
    recordings.close("live", &CLOSED).expect("writable");
    recordings.forget("live").expect("closed");
    recordings.removed("live.rec").expect("writable");
    assert_eq!(recordings.unclosed().expect("readable"), ["a", "b"]);
    for call in ["a", "b"] {
        assert!(recordings.close(call, &CLOSED).expect("writable"));
    }
    drop(recordings);
    store.close().expect("nothing is lost");
    drop(store);

    let store = place.open();
    let recordings = store.recordings().expect("open");
    assert!(recordings.unclosed().expect("readable").is_empty());
    let open = recordings.open("a").expect("readable").expect("kept");
    assert_eq!(open.points, [0, 300]);
    let kept = open.recording;
    assert_eq!(
        (kept.class.as_str(), kept.file.as_str(), kept.samples),
        ("default", "a.rec", 16_000)
    );
    assert_eq!(
        (kept.began_ms, kept.keep_until_ms),
        (7, Some(KEEP_UNTIL_MS))
    );
    assert_eq!(recordings.recordings().expect("readable").len(), 2);
    recordings.forget("a").expect("closed");
    let none = recordings.forget("a");
    assert!(matches!(none, Err(StoreError::NoRecording(_))));
    assert!(store.knows("a").expect("readable"), "its call stays");
    store.forget("b").expect("over");
    assert!(recordings.open("b").expect("readable").is_none());
    assert!(!recordings.close("b", &CLOSED).expect("writable"));
    let mut gone = recordings.gone().expect("readable");
    gone.sort();
    assert_eq!(gone, ["a.rec", "b.rec"]);
    for file in gone {
        recordings.removed(&file).expect("writable");
    }
    assert!(recordings.gone().expect("readable").is_empty());
    begin(&*recordings, "a");
    assert!(recordings.open("a").expect("readable").is_some());
}

pub(super) fn what_is_to_be_silent_is_not_heard_before_it_is(place: &impl Place) {
    let store = place.open();
    let recordings = store.recordings().expect("open");
    begin(&*recordings, "a");
    assert!(recordings.mark_silent("a", (1, 2)).expect("writable"));
    assert!(!recordings.mark_silent("b", (1, 2)).expect("writable"));
    recordings.close("a", &CLOSED).expect("writable");
    let silent = || {
        let open = recordings.open("a").expect("readable").expect("kept");
        (open.recording.state, open.silent)
    };
    assert_eq!(silent(), (RecordingState::Whole, vec![]));
    assert!(!recordings.mark_silent("a", (3, 4)).expect("closed"));
    begin(&*recordings, "c");
    for span in [(3, 4), (5, 6)] {
        recordings.mark_silent("c", span).expect("writable");
    }
    let open = recordings.open("c").expect("readable").expect("kept");
    assert_eq!(open.silent, [(3, 4), (5, 6)]);
    assert_eq!(open.recording.state, RecordingState::Open);
    let silenced = ClosedRecording {
        file: Some("new.rec"),
        ..CLOSED
    };
    recordings.close("a", &silenced).expect("writable");
    assert_eq!(silent(), (RecordingState::Whole, vec![]));
    let kept = recordings.recording("a").expect("readable").expect("kept");
    assert_eq!(kept.file, "new.rec");
    assert_eq!(recordings.gone().expect("readable"), ["a.rec"]);
}

pub(super) fn a_call_that_is_held_is_not_forgotten(place: &impl Place) {
    let store = place.open();
    let recordings = store.recordings().expect("open");
    place_call(&store, "a", Duration::ZERO);
    begin(&*recordings, "a");
    recordings.close("a", &CLOSED).expect("writable");
    for reason in ["a dispute", "another one"] {
        recordings.hold("a", "ann", reason).expect("kept");
    }
    let unknown = recordings.hold("b", "ann", "x");
    assert!(matches!(unknown, Err(StoreError::NoSuchCall(_))));
    let holds = recordings.holds().expect("readable");
    let [hold] = &holds[..] else {
        panic!("one hold: {holds:?}");
    };
    let told = (
        hold.call.as_str(),
        hold.by_who.as_str(),
        hold.reason.as_str(),
    );
    assert_eq!(told, ("a", "ann", "another one"));
    for refused in [store.forget("a").map(drop), recordings.forget("a")] {
        let error = refused.expect_err("it is held");
        assert!(matches!(error, StoreError::Held(_)), "{error}");
        assert!(error.to_string().contains("sidetone recording release a"));
    }
    assert!(recordings.open("a").expect("readable").is_some());
    assert!(recordings.release("a").expect("writable"));
    assert!(!recordings.release("a").expect("writable"));
    store.forget("a").expect("it is over");
    assert!(recordings.recordings().expect("readable").is_empty());
}
