//! Every use case asks whether it may be carried out, and opening keeps what it promises.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sidetone_access::{Identified, Known, Roles};
use sidetone_core::call::Control;
use sidetone_core::describe::{CallDescription, LegDescription, LegName, Source};
use sidetone_core::effort::EffortPolicy;
use sidetone_core::event_log::{Filter, Start};
use sidetone_media::audio::StreamFormat;
use sidetone_media::rtp::PayloadMap;
use sidetone_models::transcriber::OneByOne;
use sidetone_types::event::{EndReason, EventKind, RunId};
use sidetone_types::id::{CallId, LegId, UtteranceId};
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Party, Role};
use sidetone_types::recognise::{Hypothesis, Job, Rejection};
use sidetone_types::vad::{FRAME, VoiceDetector};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::board::LiveBoard;
use crate::calls::{Audio, CallUpdate, LegControl, StreamItem};
use crate::recognition::{Admission, Inference};
use crate::storage::samples::place_call;

struct Deaf;

impl VoiceDetector for Deaf {
    fn is_voice(&mut self, _: &[f32; FRAME]) -> bool {
        false
    }
}

pub(super) fn api(config: Config) -> Api {
    let config = Arc::new(config);
    let metrics: Arc<Metrics> = Arc::default();
    let admission = Arc::new(Admission::new(&config.capacity, 1, Some(1e-3)));
    let silent = OneByOne::new(|_: &Job| Ok(Hypothesis::silence(Lang::EN, Rejection::Empty)));
    let inference = Inference::start(
        vec![Box::new(silent)],
        None,
        1,
        EffortPolicy::default(),
        (metrics.clone(), admission.clone()),
    );
    let services = Arc::new(Services::temporary(&config).expect("the samples are right"));
    let bus = EventBus::new(RunId::NONE, 100, metrics.clone());
    let calls = crate::calls::Parts {
        config: config.clone(),
        admission,
        detectors: Arc::new(|| Box::new(Deaf)),
        bus: bus.clone(),
        inference: Arc::new(inference),
        services: services.clone(),
        metrics: metrics.clone(),
    };
    let readiness = Readiness::default();
    readiness.ready();
    let board = LiveBoard::open(services.store.as_ref(), &config.board, &metrics);
    Api::new(Parts {
        board: board.expect("a new store"),
        guard: Guard::open(),
        calls: Calls::new(calls, CancellationToken::new()),
        bus,
        services,
        metrics,
        readiness,
        config,
    })
}

fn described(source: Source) -> CallDescription {
    CallDescription {
        recording: Default::default(),
        caller: Default::default(),
        callee: Default::default(),
        agent_id: "agent-7".to_owned(),
        direction: Direction::Unknown,
        languages: vec!["en".parse().expect("a language")],
        vocabulary: Vec::new(),
        metadata: Default::default(),
        legs: vec![LegDescription::new(Party::of_role(Role::Agent), source)],
        partials: true,
    }
}

/// A call over RTP of that agent.
pub(super) fn described_for(agent: &str) -> CallDescription {
    CallDescription {
        agent_id: agent.to_owned(),
        ..rtp()
    }
}

fn rtp() -> CallDescription {
    described(Source::Rtp(PayloadMap::new([]).expect("the usual ones")))
}

/// Somebody of that role, with one agent in their team.
pub(super) fn somebody(role: Arc<sidetone_access::Role>, agent_id: &str) -> Principal {
    Principal::new(Known {
        name: "ann".to_owned(),
        identified: Identified::Session("1".to_owned()),
        roles: vec![role],
        agent_id: Some(agent_id.to_owned()),
        team: Arc::new(BTreeSet::from(["agent-7".to_owned()])),
    })
}

/// A role that is built in.
pub(super) fn role(name: &str) -> Arc<sidetone_access::Role> {
    let roles = Roles::built_in();
    let mut all = roles.all();
    all.find(|role| role.name == name)
        .expect("built in")
        .clone()
}

fn forbidden<T>(answer: Result<T, ApiError>) -> bool {
    matches!(answer, Err(ApiError::Forbidden(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_do_nothing_is_refused_by_every_use_case() {
    let api = api(Config::default());
    let who = Principal::new(Known {
        name: "ann".to_owned(),
        identified: Identified::Session("1".to_owned()),
        roles: Vec::new(),
        agent_id: Some("agent-7".to_owned()),
        team: Arc::default(),
    });
    let id = CallId::new("a");
    let (_, audio) = mpsc::channel(1);
    let refused = [
        forbidden(api.open_call(&who, None, rtp()).await),
        forbidden(api.stream_call(&who, None, rtp(), audio).await),
        forbidden(api.update_call(&who, &id, Default::default()).await),
        forbidden(api.close_call(&who, &id, EndReason::Closed).await),
        forbidden(api.list_calls(&who).await),
        forbidden(api.past_calls(&who, PastCallsQuery::default()).await),
        forbidden(api.subscribe(&who, Start::Now, Filter::default()).await),
        forbidden(api.rejoin_call(&who, &id, Start::Now).await),
        forbidden(api.stored_call(&who, "a").await),
        forbidden(api.search(&who, Query::default()).await),
        forbidden(api.rules(&who).await),
        forbidden(api.rate_card(&who, "a", UtteranceId(1), "x", true).await),
        forbidden(api.acknowledge(&who, "a", 1, "ann").await),
        forbidden(api.retry_note(&who, "a").await),
        forbidden(api.note(&who, "a").await),
        forbidden(api.review_note(&who, "a", ReviewOrder::default()).await),
        forbidden(api.metrics(&who).await),
        forbidden(api.doors(&who).await),
    ];
    assert!(refused.iter().all(|refused| *refused), "{refused:?}");
    assert!(api.ready().is_ok(), "probes ask without a name");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_shown_is_neither_rated_nor_seen() {
    let api = api(Config::default());
    let who = Principal::local();
    let opened = api.open_call(&who, Some(CallId::new("a")), rtp()).await;
    opened.expect("there is room");
    let rated = api.rate_card(&who, "a", UtteranceId(1), "x", true).await;
    assert!(matches!(rated, Err(ApiError::NotFound(_))), "{rated:?}");
    let seen = api.acknowledge(&who, "a", 1, "ann").await;
    assert!(matches!(seen, Err(ApiError::NotFound(_))), "{seen:?}");
    let seen = api.acknowledge(&who, "a", 1, &"ann".repeat(100)).await;
    assert!(matches!(seen, Err(ApiError::Invalid(_))), "{seen:?}");
    // That it has begun may still be on its way to the store.
    let mut kept = api.stored_call(&who, "a").await;
    while matches!(kept, Err(ApiError::NotFound(_))) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        kept = api.stored_call(&who, "a").await;
    }
    let call = kept.expect("it is kept");
    assert!(call.feedback.is_empty() && call.acknowledged.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_leaves_no_trace_of_having_been_there() {
    let mut config = Config::default();
    config.server.max_calls = 1;
    let api = api(config);
    let who = Principal::local();
    let id = |id: &str| Some(CallId::new(id));
    let open = |name: &'static str| api.open_call(&who, id(name), rtp());
    open("a").await.expect("there is room");
    assert!(matches!(open("a").await, Err(ApiError::Exists(_))));
    assert!(matches!(open("b").await, Err(ApiError::Exhausted { .. })));
    assert_eq!(api.list_calls(&who).await.expect("may").len(), 1);
    assert_eq!(api.live().admission().report().live, 0.5, "one leg");

    let first = CallId::new("a");
    let closed = api.close_call(&who, &first, EndReason::Closed);
    closed.await.expect("open");
    let mut again = open("b").await;
    while matches!(again, Err(ApiError::Exhausted { .. })) {
        tokio::task::yield_now().await;
        again = open("b").await;
    }
    again.expect("its id was given back, and there is room again");
    let kept = open("a").await.expect_err("the store knows it");
    assert!(matches!(kept, ApiError::Exists(_)), "{kept}");
    let soon = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    assert_eq!(api.live().drain(soon, soon).await, 0, "calls left open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_call_ends_with_its_audio_and_its_last_event_is_its_summary() {
    let api = api(Config::default());
    let (to_call, audio) = mpsc::channel(1);
    let description = described(Source::Stream(StreamFormat::Mulaw));
    let who = Principal::local();
    let opened = api.stream_call(&who, None, description, audio);
    let (_, mut follower) = opened.await.expect("there is room");
    to_call
        .send(StreamItem::Audio(Audio {
            leg: LegId(0),
            at: None,
            bytes: vec![0xff; 80_000],
        }))
        .await
        .expect("it listens");
    drop(to_call);
    let mut kinds = Vec::new();
    while kinds.last() != Some(&"summary") {
        let page = follower.next().await.expect("the engine goes on");
        for event in &page.events {
            if let EventKind::CallEnded(ended) = &event.event.kind {
                assert_eq!(ended.reason, EndReason::EndOfAudio);
                assert_eq!(event.event.end.as_millis(), 10_000, "all of it was heard");
            }
            kinds.push(event.event.kind.name());
        }
    }
    assert_eq!(
        kinds,
        ["call_started", "checklist", "call_ended", "summary"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn more_subscribers_than_are_allowed_are_told_so_until_one_leaves() {
    let mut config = Config::default();
    config.server.max_subscribers = 1;
    let api = api(config);
    let who = Principal::local();
    let first = api
        .subscribe(&who, Start::Now, Filter::default())
        .await
        .expect("room");
    let second = api.subscribe(&who, Start::Now, Filter::default()).await;
    let refused = second.err().expect("refused").to_string();
    assert!(refused.contains("server.max_subscribers"), "{refused}");
    drop(first);
    let third = api.subscribe(&who, Start::Now, Filter::default()).await;
    assert!(third.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_the_crm_refused_is_written_again_when_the_desk_asks_for_it() {
    let api = api(Config::default());
    let who = Principal::local();
    let store = api.0.services.store.clone();
    let closed = tokio::task::spawn_blocking(move || {
        place_call(store.as_ref(), "a", Duration::ZERO);
        let outbox = store.outbox().expect("open");
        let taken = outbox.take_due().expect("readable").expect("it is due");
        (outbox, taken.id)
    });
    let (outbox, id) = closed.await.expect("no panic");
    let being_written = api.retry_note(&who, "a").await;
    assert!(matches!(being_written, Err(ApiError::Exists(_))));
    outbox.give_up(id, 1, "subject too long").expect("writable");
    let rung = outbox.wake_signal().count();
    api.retry_note(&who, "a").await.expect("it was given up");
    assert!(outbox.wake_signal().count() > rung, "at once");
    let again = outbox.take_due().expect("readable").expect("it is due");
    assert_eq!((again.id, again.attempts), (id, 0));
    outbox.delivered(id).expect("writable");
    let error = api.retry_note(&who, "a").await.expect_err("it is there");
    assert!(error.to_string().contains("delivered"), "{error}");
    let error = api.retry_note(&who, "b").await.expect_err("never was");
    assert!(matches!(error, ApiError::NotFound(_)), "{error}");
}

fn hold(on: bool) -> CallUpdate {
    CallUpdate {
        controls: vec![LegControl {
            leg: LegName {
                role: Role::Agent,
                party: "".into(),
            },
            at: None,
            control: Control::Hold(on),
        }],
        ..CallUpdate::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_call_is_on_the_disk_once_it_is_answered() {
    let api = api(Config::default());
    let (who, id) = (Principal::local(), CallId::new("a"));
    api.open_call(&who, Some(id.clone()), rtp())
        .await
        .expect("there is room");
    for changes in 1..=20 {
        let updated = api.update_call(&who, &id, hold(changes % 2 == 1)).await;
        updated.expect("it is changed");
        // Without waiting for what is on its way there.
        let store = api.0.services.store.clone();
        let read = tokio::task::spawn_blocking(move || store.reader().call("a"));
        let call = read.await.expect("no panic").expect("readable");
        let events = call.expect("kept").events;
        let stored = events.iter().map(|event| event.event.kind.name());
        let stored = stored.filter(|kind| *kind == "leg_state").count();
        assert_eq!(stored, changes);
    }
    all_end(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_a_call_without_end_is_refused_and_others_are_not() {
    let api = api(Config::default());
    let (who, a, b) = (Principal::local(), CallId::new("a"), CallId::new("b"));
    for id in [&a, &b] {
        let opened = api.open_call(&who, Some(id.clone()), rtp());
        opened.await.expect("there is room");
    }
    let update = |id, changes| {
        let mut update = hold(true);
        update.controls = vec![update.controls[0].clone(); changes];
        api.update_call(&who, id, update)
    };
    update(&a, 64).await.expect("a burst");
    let refused = update(&a, 64).await.expect_err("and another");
    let ApiError::Exhausted {
        reason,
        retry_after,
    } = refused
    else {
        panic!("{refused}");
    };
    assert!(reason.contains("half second"), "{reason}");
    assert!(retry_after <= Duration::from_secs(32), "{retry_after:?}");
    let much = update(&b, 65).await.expect_err("never");
    assert!(matches!(much, ApiError::Invalid(_)), "{much}");
    update(&b, 64).await.expect("another call");
    let text = api.metrics(&who).await.expect("may");
    assert!(text.contains("sidetone_updates_refused_total 2"), "{text}");
    all_end(&api).await;
}

/// Ends the calls that are open.
async fn all_end(api: &Api) {
    let soon = tokio::time::Instant::now() + Duration::from_secs(10);
    assert_eq!(api.live().drain(soon, soon).await, 0, "calls left open");
}
