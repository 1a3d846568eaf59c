//! Each role gets what its table says, and nothing else: every right, of calls of one's own, of
//! one's team, opened by oneself and of others; and of what is shown, every class of fields.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use sidetone_access::{Identified, Known, Reach, Right, Role, Roles};
use sidetone_core::event_log::{Filter, Start};
use sidetone_core::recording::RecordingOrder;
use sidetone_types::class::{Class, Classed, Clearance};
use sidetone_types::event::{EndReason, EventRecord};
use sidetone_types::id::{CallId, UtteranceId};

use super::tests::{api, described_for};
use super::*;
use crate::calls::CallUpdate;
use crate::config::Config;
use crate::storage::FrictionQuery;

const OWN: &str = "agent-7";
const OF_TEAM: &str = "agent-8";
const OTHER: &str = "agent-9";

/// A call that is open: its agent, and who has opened it.
struct Case {
    id: &'static str,
    agent: &'static str,
    opened_by: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        id: "own",
        agent: OWN,
        opened_by: "pbx",
    },
    Case {
        id: "team",
        agent: OF_TEAM,
        opened_by: "pbx",
    },
    Case {
        id: "other",
        agent: OTHER,
        opened_by: "pbx",
    },
    Case {
        id: "nobodys",
        agent: "",
        opened_by: "pbx",
    },
    Case {
        id: "opened",
        agent: "",
        opened_by: "ann",
    },
];

impl Case {
    fn is_reached_by(&self, role: &Role) -> bool {
        role.calls.iter().any(|reach| match reach {
            Reach::All => true,
            Reach::Own => self.agent == OWN,
            Reach::Team => self.agent == OF_TEAM,
            Reach::Opened => self.opened_by == "ann",
        })
    }
}

fn principal(name: &str, role: &Arc<Role>) -> Principal {
    Principal::new(Known {
        name: name.to_owned(),
        identified: Identified::Session("1".to_owned()),
        roles: vec![role.clone()],
        agent_id: Some(OWN.to_owned()),
        team: Arc::new(BTreeSet::from([OF_TEAM.to_owned()])),
    })
}

fn is_forbidden<T>(answer: Result<T, ApiError>) -> bool {
    matches!(answer, Err(ApiError::Forbidden(_)))
}

/// Whether somebody is refused who asks for that with a call.
async fn refused(api: &Api, who: &Principal, right: Right, id: &CallId) -> bool {
    let text = id.as_str();
    match right {
        Right::OpenCalls => {
            let opened = api.open_call(who, None, described_for("")).await;
            is_forbidden(opened)
        }
        Right::ChangeCalls => is_forbidden(api.update_call(who, id, CallUpdate::default()).await),
        Right::CorrectCalls => {
            let correction = sidetone_core::correction::Correction {
                utterance: UtteranceId(1),
                text: "words".to_owned(),
                by: String::new(),
            };
            let update = CallUpdate {
                corrections: vec![correction],
                ..CallUpdate::default()
            };
            is_forbidden(api.update_call(who, id, update).await)
        }
        Right::ControlRecordings => {
            let update = CallUpdate {
                recording: Some((RecordingOrder::Pause, String::new())),
                ..CallUpdate::default()
            };
            is_forbidden(api.update_call(who, id, update).await)
        }
        Right::CloseCalls => is_forbidden(api.close_call(who, id, EndReason::Closed).await),
        Right::ListCalls => {
            let calls = api.list_calls(who).await;
            calls.map_or(true, |calls| calls.iter().all(|call| call.call_id != *id))
        }
        Right::Follow => {
            let filter = Filter {
                call_id: Some(id.clone()),
                ..Filter::default()
            };
            is_forbidden(api.subscribe(who, Start::Now, filter).await)
        }
        Right::ReadCalls => is_forbidden(api.stored_call(who, text).await),
        Right::HearCalls => is_forbidden(api.call_audio(who, text).await),
        Right::Search => is_forbidden(api.search(who, Query::default()).await),
        Right::RateCards => is_forbidden(api.rate_card(who, text, UtteranceId(1), "x", true).await),
        Right::Acknowledge => is_forbidden(api.acknowledge(who, text, 1, "").await),
        Right::Supervise => is_forbidden(api.release_call(who, id, "").await),
        Right::RetryNotes => is_forbidden(api.retry_note(who, text).await),
        Right::ReviewNotes => {
            is_forbidden(api.review_note(who, text, ReviewOrder::default()).await)
        }
        Right::ReadRules => is_forbidden(api.rules(who).await),
        Right::ReadKnowledge => is_forbidden(api.articles(who).await),
        Right::EditKnowledge => is_forbidden(api.bookcase(who).await),
        Right::ReadCustomers => is_forbidden(api.customer(who, "nobody").await),
        Right::EditCustomers => is_forbidden(api.remove_customer(who, "nobody").await),
        Right::ReadMetrics => is_forbidden(api.metrics(who).await),
        Right::ReadFriction => is_forbidden(api.friction_trend(who).await),
        Right::EditThresholds => {
            let read = api.live_board().standings().revision;
            is_forbidden(api.set_thresholds(who, read, Vec::new()).await)
        }
        Right::ReadDoors => is_forbidden(api.doors(who).await),
    }
}

/// Asks for everything but closing, with every call. How often.
async fn check_role(api: &Api, role: &Arc<Role>) -> usize {
    let who = principal("ann", role);
    let rights = Right::ALL.iter();
    let rights = rights.filter(|right| **right != Right::CloseCalls);
    let mut checked = 0;
    for right in rights {
        for case in &CASES {
            let of_this_call = right.is_of_calls() && *right != Right::Search;
            let may = role.may.contains(right) && (!of_this_call || case.is_reached_by(role));
            let refused = refused(api, &who, *right, &CallId::new(case.id)).await;
            assert_eq!(refused, !may, "{} {right} {}", role.name, case.id);
            checked += 1;
        }
    }
    // A call that is not there is as one of others to all who may not see those.
    for right in [
        Right::ReadCalls,
        Right::HearCalls,
        Right::CloseCalls,
        Right::RetryNotes,
        Right::ReviewNotes,
        Right::Follow,
    ] {
        let may = role.may.contains(&right) && role.calls.contains(&Reach::All);
        let refused = refused(api, &who, right, &CallId::new("missing")).await;
        assert_eq!(refused, !may, "{} {right} missing", role.name);
    }
    checked
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_does_with_every_call_what_its_table_says() {
    let api = api(Config::default());
    let engine = Role::engine();
    for case in &CASES {
        let opener = principal(case.opened_by, &engine);
        let opened = api.open_call(
            &opener,
            Some(CallId::new(case.id)),
            described_for(case.agent),
        );
        opened.await.expect("there is room");
    }
    // That they have begun is told to the store a moment later.
    for case in &CASES {
        let engine = Principal::engine("test");
        while api.stored_call(&engine, case.id).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    // Closing comes last: a call that is over is not listed.
    let roles = Roles::built_in();
    let checked = roles.all().map(|role| check_role(&api, role));
    let checked: usize = futures_util::future::join_all(checked).await.iter().sum();
    assert!(checked > 400, "{checked}");
    for role in Roles::built_in().all() {
        let who = principal("ann", role);
        for case in &CASES {
            let may = role.may.contains(&Right::CloseCalls) && case.is_reached_by(role);
            if !may {
                let refused = refused(&api, &who, Right::CloseCalls, &CallId::new(case.id)).await;
                assert!(refused, "{} closes {}", role.name, case.id);
            }
        }
    }
    let soon = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    assert_eq!(api.live().drain(soon, soon).await, 0, "calls left open");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_is_shown_the_fields_of_its_classes() {
    let api = api(Config::default());
    let mut description = described_for(OWN);
    description
        .metadata
        .insert("order".to_owned(), "ABC-123".to_owned());
    let engine = Principal::engine("test");
    let id = CallId::new("a");
    let opened = api.open_call(&engine, Some(id.clone()), description).await;
    opened.expect("there is room");
    for role in Roles::built_in().all() {
        let who = principal("ann", role);
        let personal = role.sees.sees(Class::Personal);
        if role.may.contains(&Right::ListCalls) {
            let calls = api.list_calls(&who).await.expect("may");
            let shown = calls.iter().any(|call| !call.metadata.is_empty());
            let reached = role.calls.contains(&Reach::Own) || role.calls.contains(&Reach::All);
            assert_eq!(shown, personal && reached, "{}", role.name);
        }
        if role.may.contains(&Right::Follow) {
            let filter = Filter {
                call_id: Some(id.clone()),
                ..Filter::default()
            };
            let follower = api.subscribe(&who, Start::AfterSeq(0), filter).await;
            let Ok(mut follower) = follower else { continue };
            let page = follower.next().await.expect("it has begun");
            let mut begun = page.events.iter();
            let begun = begun.find(|event| event.event.kind.name() == "call_started");
            if let Some(event) = begun {
                assert_eq!(event.json().contains("ABC-123"), personal, "{}", role.name);
                let wire = event.wire();
                assert_eq!(wire.hidden.is_empty(), role.sees == Clearance::ALL);
                assert_eq!(format!("{wire:?}").contains("ABC-123"), personal);
            }
        }
    }
    let soon = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    assert_eq!(api.live().drain(soon, soon).await, 0, "calls left open");
}

#[test]
fn whatever_is_told_of_a_call_has_a_class() {
    let mut told = Vec::new();
    crate::storage::StoredCall::fields("", &mut told);
    NoteView::fields("", &mut told);
    LiveCall::fields("", &mut told);
    crate::storage::PastCall::fields("", &mut told);
    sidetone_kb::archive::Line::fields("", &mut told);
    let mut of_events = Vec::new();
    EventRecord::fields("", &mut of_events);
    assert!(told.len() > of_events.len());
    for text in [
        "caller",
        "reason",
        "events[].final.text",
        "customer.name",
        "phone",
    ] {
        let class = told.iter().find(|(path, _)| path == text);
        assert!(
            class.is_some_and(|(_, class)| *class != Class::Basic),
            "{text}"
        );
    }
}

proptest! {
    /// Whatever roles somebody has, they are let do no more than by the one of them that lets them
    /// do most.
    #[test]
    fn several_roles_allow_what_one_of_them_does(
        names in proptest::collection::vec(0_usize..8, 0..4),
        right in 0_usize..Right::ALL.len(),
        case in 0_usize..CASES.len(),
    ) {
        let built_in = Roles::built_in();
        let all: Vec<_> = built_in.all().cloned().collect();
        let roles: Vec<_> = names.iter().map(|at| all[*at].clone()).collect();
        let (right, case) = (Right::ALL[right], &CASES[case]);
        let whose = sidetone_access::Whose { agents: &[case.agent], opened_by: Some(case.opened_by) };
        let decide = |roles: Vec<Arc<Role>>| {
            let who = Principal::new(Known {
                name: "ann".to_owned(),
                identified: Identified::Session("1".to_owned()),
                roles,
                agent_id: Some(OWN.to_owned()),
                team: Arc::new(BTreeSet::from([OF_TEAM.to_owned()])),
            });
            sidetone_access::decide(&who, right, Some(whose)).is_allowed()
        };
        let one = roles.iter().any(|role| decide(vec![role.clone()]));
        prop_assert_eq!(decide(roles), one);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_say_of_a_call_is_told_to_those_who_may_read_it() {
    let api = api(Config::default());
    let engine = Principal::engine("test");
    let call = CallId::new("team");
    let opened = api.open_call(&engine, Some(call.clone()), described_for(OF_TEAM));
    opened.await.expect("there is room");
    while api.stored_call(&engine, "team").await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    for call_id in [None, Some("team".to_owned())] {
        let order = FrictionOrder {
            kind: "other".to_owned(),
            page: "live".to_owned(),
            call_id,
            comment: "It blinks.".to_owned(),
            ..FrictionOrder::default()
        };
        let kept = api.report_friction(&engine, order).await.expect("kept");
        let guessed = api.withdraw_friction(kept.id, "guessed").await;
        assert!(matches!(guessed, Err(ApiError::NotFound(_))));
    }
    for role in Roles::built_in().all() {
        let ann = principal("ann", role);
        let told = api.friction(&ann, (FrictionQuery::default(), None)).await;
        if !role.may.contains(&Right::ReadFriction) {
            assert!(is_forbidden(told), "{}", role.name);
            continue;
        }
        let told = told.expect("allowed");
        let [of_call, of_page] = &told[..] else {
            panic!("{told:?}");
        };
        let reads = role.may.contains(&Right::ReadCalls);
        let reaches = reads
            && [Reach::All, Reach::Team]
                .iter()
                .any(|reach| role.calls.contains(reach));
        assert_eq!(of_call.report.call_id.is_some(), reaches, "{}", role.name);
        let is_said = reaches && role.sees.sees(Class::Sensitive);
        assert_eq!(of_call.report.comment.is_some(), is_said, "{}", role.name);
        assert_eq!(of_page.report.comment.as_deref(), Some("It blinks."));
    }
    let soon = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    assert_eq!(api.live().drain(soon, soon).await, 0, "calls left open");
}
