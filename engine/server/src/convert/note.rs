//! Notes and their reviews as they go over the wire.

use std::time::{Duration, SystemTime};

use sidetone_core::review::Review;
use sidetone_proto::v1;
use sidetone_proto::v1::note::State;
use sidetone_types::summary::{FollowUp, FollowUpKind, Promise};

use super::{RequestError, assist, side, wire_time};
use crate::api::{NoteView, ReviewOrder};
use crate::records::NoteStanding;

pub(crate) fn wire_note(note: NoteView) -> v1::Note {
    let time = |ms: u64| wire_time(SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
    let written = note.written.into_iter().map(|done| v1::WrittenStep {
        step: done.step,
        crm_id: done.crm_id,
    });
    let hidden = note.hidden.iter().map(|class| class.as_str().to_owned());
    v1::Note {
        call_id: note.call_id,
        state: state(note.state).into(),
        revision: note.revision,
        due: note.due_ms.map(time),
        settled: note.settled_ms.map(time),
        attempts: note.attempts,
        failure: note.failure.unwrap_or_default(),
        written: written.collect(),
        summary: Some(assist::summary(&note.summary)),
        dispositions: note.dispositions,
        hidden: hidden.collect(),
    }
}

fn state(stands: NoteStanding) -> State {
    match stands {
        NoteStanding::Review => State::Review,
        NoteStanding::Waiting => State::Waiting,
        NoteStanding::InFlight => State::InFlight,
        NoteStanding::Delivered => State::Delivered,
        NoteStanding::Dead => State::Dead,
    }
}

/// The call whose note is reviewed, and what is made of it.
pub(crate) fn review(
    request: v1::ReviewNoteRequest,
) -> Result<(String, ReviewOrder), RequestError> {
    let promises = request.promises.map(|all| {
        let all = all.promises.into_iter().enumerate();
        all.map(|(at, one)| promise(at, one)).collect()
    });
    let follow_ups = request.follow_ups.map(|all| {
        let all = all.follow_ups.into_iter().enumerate();
        all.map(|(at, one)| follow_up(at, one)).collect()
    });
    let order = ReviewOrder {
        revision: request.revision,
        confirm: request.confirm,
        by: request.by,
        review: Review {
            reason: request.reason,
            actions: request.actions.map(|all| all.texts),
            promises: promises.transpose()?,
            follow_ups: follow_ups.transpose()?,
            urgent: request.urgent,
            keywords: request.keywords.map(|all| all.texts),
            disposition: request.disposition,
            memo: request.memo,
        },
    };
    Ok((request.call_id, order))
}

fn promise(at: usize, promise: v1::Promise) -> Result<Promise, RequestError> {
    Ok(Promise {
        side: side(promise.role).ok_or(RequestError::NoSide(at))?,
        text: promise.text,
        kind: kind(&promise.kind, ("promises", at))?,
        said: some(promise.said),
        due: some(promise.due),
    })
}

fn follow_up(at: usize, task: v1::FollowUp) -> Result<FollowUp, RequestError> {
    Ok(FollowUp {
        kind: kind(&task.kind, ("follow_ups", at))?,
        title: task.title,
        due: some(task.due),
        due_time: some(task.due_time),
        when_said: some(task.when_said),
    })
}

fn kind(given: &str, (list, at): (&'static str, usize)) -> Result<FollowUpKind, RequestError> {
    let known = FollowUpKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == given);
    known.ok_or_else(|| RequestError::Kind {
        field: format!("{list}[{at}].kind"),
        given: given.to_owned(),
    })
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> v1::ReviewNoteRequest {
        v1::ReviewNoteRequest {
            call_id: "a".to_owned(),
            revision: 3,
            ..v1::ReviewNoteRequest::default()
        }
    }

    fn task(kind: &str) -> v1::FollowUp {
        v1::FollowUp {
            kind: kind.to_owned(),
            title: "Callback: refund".to_owned(),
            due: "2026-05-07".to_owned(),
            ..v1::FollowUp::default()
        }
    }

    #[test]
    fn what_is_absent_stays_and_an_empty_list_empties() {
        let (call, order) = review(request()).expect("right");
        assert_eq!(
            (call.as_str(), order.revision, order.confirm),
            ("a", 3, false)
        );
        assert_eq!(order.review, Review::default());
        let emptied = v1::ReviewNoteRequest {
            actions: Some(Default::default()),
            promises: Some(Default::default()),
            follow_ups: Some(v1::review_note_request::FollowUps {
                follow_ups: vec![task("callback")],
            }),
            reason: Some(String::new()),
            ..request()
        };
        let (_, order) = review(emptied).expect("right");
        let review = order.review;
        assert_eq!(review.actions, Some(Vec::new()));
        assert!(review.promises.is_some_and(|all| all.is_empty()));
        assert_eq!((review.keywords, review.urgent), (None, None));
        assert_eq!(review.reason.as_deref(), Some(""));
        let tasks = review.follow_ups.expect("given");
        assert_eq!(
            (tasks[0].due.as_deref(), tasks[0].due_time.as_deref()),
            (Some("2026-05-07"), None)
        );
    }

    #[test]
    fn a_kind_or_a_side_that_there_is_not_is_named_with_its_place() {
        let tasks = v1::ReviewNoteRequest {
            follow_ups: Some(v1::review_note_request::FollowUps {
                follow_ups: vec![task("callback"), task("dance")],
            }),
            ..request()
        };
        let error = review(tasks).err().expect("no kind").to_string();
        assert!(
            error.starts_with("`follow_ups[1].kind` is `dance`"),
            "{error}"
        );
        let promises = v1::ReviewNoteRequest {
            promises: Some(v1::review_note_request::Promises {
                promises: vec![v1::Promise {
                    role: v1::Role::Supervisor.into(),
                    ..v1::Promise::default()
                }],
            }),
            ..request()
        };
        let error = review(promises).err().expect("no side").to_string();
        assert!(error.starts_with("`promises[0].role`"), "{error}");
    }
}
