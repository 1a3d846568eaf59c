//! The calls that are over and kept, as a list.

use sidetone_access::{Right, agents_of};
use sidetone_core::phone;
use sidetone_types::class::{Class, Classed as _};
use sidetone_types::party::Direction;

use super::permit::Owners;
use super::{Api, ApiError, Principal};
use crate::access::AuditWords;
use crate::records::NoteState;
use crate::storage::{CallsPage, CallsQuery, PageSize, PastCall, Person};

/// Which calls are listed. What is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct PastCallsQuery {
    /// Of this agent, whoever they handed it to.
    pub agent_id: Option<String>,
    /// With this customer: the CRM's id, a number, or a part of the name.
    pub customer: Option<String>,
    /// Opened at this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Opened before this time.
    pub until_ms: Option<u64>,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// Where the note for the CRM stands.
    pub note: Option<NoteState>,
    /// Whether the ticket should be dealt with before others.
    pub urgent: Option<bool>,
    /// Whether there is a recording that can be heard.
    pub recorded: Option<bool>,
    /// A rule that raised an alert in it.
    pub rule: Option<String>,
    /// Where the list goes on: what the page before said.
    pub before: Option<String>,
    /// Calls wanted; 50 if it does not say, 200 at most.
    pub limit: Option<usize>,
}

impl PastCallsQuery {
    /// What is asked for, on a line, for the audit.
    fn asked(&self) -> String {
        let yes_or_no = |flag: Option<bool>| flag.map(|flag| flag.to_string());
        let asked = [
            ("agent", self.agent_id.clone()),
            ("customer", self.customer.clone()),
            ("from", self.from_ms.map(|ms| ms.to_string())),
            ("until", self.until_ms.map(|ms| ms.to_string())),
            (
                "direction",
                self.direction.map(|way| way.as_str().to_owned()),
            ),
            ("note", self.note.map(|state| state.as_str().to_owned())),
            ("urgent", yes_or_no(self.urgent)),
            ("recorded", yes_or_no(self.recorded)),
            ("rule", self.rule.clone()),
            ("before", self.before.clone()),
        ];
        let asked = asked.into_iter();
        let asked = asked.filter_map(|(name, value)| Some(format!("{name}:{}", value?)));
        asked.collect::<Vec<_>>().join(" ")
    }

    /// As the store takes it, of the calls of all agents. Numbers without a country are taken to be of `region`.
    pub fn for_store(self, region: &str) -> Result<CallsQuery, ApiError> {
        let invalid = |error: &dyn std::fmt::Display| ApiError::Invalid(error.to_string());
        let before = self.before.map(|before| before.parse()).transpose();
        let size = self.limit.map(PageSize::of).transpose();
        if let (Some(from), Some(until)) = (self.from_ms, self.until_ms)
            && from >= until
        {
            return Err(invalid(&format_args!(
                "no call begins from {from} on and before {until}: `until` has to lie behind `from`"
            )));
        }
        let customer = self.customer.map(|given| Person {
            phone: phone::parse(&given, region).e164,
            given: given.trim().to_owned(),
        });
        Ok(CallsQuery {
            agents: None,
            agent_id: self.agent_id,
            // Everybody has nothing in their name.
            customer: customer.filter(|customer| !customer.given.is_empty()),
            from_ms: self.from_ms,
            until_ms: self.until_ms,
            direction: self.direction,
            note: self.note,
            urgent: self.urgent,
            recorded: self.recorded,
            rule: self.rule,
            before: before.map_err(|error| invalid(&error))?,
            size: size.map_err(|error| invalid(&error))?.unwrap_or_default(),
        })
    }
}

impl Api {
    /// The calls that are over and that `principal` may read, the newest first.
    pub async fn past_calls(
        &self,
        principal: &Principal,
        query: PastCallsQuery,
    ) -> Result<CallsPage, ApiError> {
        let asked = (AuditWords::LISTED, query.asked());
        self.permit_asked(principal, Right::ReadCalls, (asked.0, &asked.1))
            .await?;
        // Whoever may ask for a number finds out whose it is.
        let needed = match query.customer {
            Some(_) => Class::Personal,
            None => Class::Basic,
        };
        let mut query = query.for_store(&self.0.config.defaults.region)?;
        query.agents = agents_of(principal, Right::ReadCalls, needed);
        self.settle().await;
        let page = self.with_store(move |store| store.reader().calls(&query));
        let mut page = page.await?;
        for call in &mut page.calls {
            self.show(principal, call)?;
        }
        Ok(page)
    }

    /// Leaves in a call what somebody is shown of it.
    fn show(&self, who: &Principal, call: &mut PastCall) -> Result<(), ApiError> {
        let sees = self.permit_again(who, Right::ReadCalls, &Owners::of_past(call))?;
        let may = |owners: Owners| owners.decide(who, Right::ReadCalls).is_allowed();
        if !may(Owners::default()) && !may(Owners::of_agent(&call.agent_id)) {
            call.cut_behind();
        }
        call.mask(sees);
        // There are no secrets in a list.
        let hidden = sees.hidden().filter(|class| *class != Class::Secret);
        call.hidden = hidden.collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use sidetone_access::Role;
    use sidetone_types::customer::Customer;
    use sidetone_types::event::{EventKind, EventRecord, PartyJoined};

    use super::super::tests::{api, role, somebody};
    use super::*;
    use crate::config::Config;
    use crate::storage::CallStore;
    use crate::storage::samples::{event, place_call, started};

    fn customer() -> EventKind {
        EventKind::CustomerIdentified(Customer {
            customer_id: "C-1".to_owned(),
            name: "Ann Miller".to_owned(),
            tier: "gold".to_owned(),
            ..Customer::default()
        })
    }

    /// A call of `agent-7`, one of `agent-8`, one that the first has handed over to the second, and one that goes on.
    fn place_calls(store: &dyn CallStore) {
        let at = |minutes: u64| SystemTime::now() - Duration::from_secs(60 * minutes);
        let told = |call: &str, agent: &str, minutes, kind| EventRecord {
            agent_id: agent.to_owned(),
            ..event(call, at(minutes), kind)
        };
        store.record(&event("own", at(1), started()));
        store.record(&event("own", at(1), customer()));
        place_call(store, "own", Duration::from_secs(60));
        store.record(&told("other", "agent-8", 2, started()));
        store.record(&event("handed-over", at(3), started()));
        let joined = EventKind::PartyJoined(PartyJoined::default());
        store.record(&told("handed-over", "agent-8", 3, joined));
        store.record(&event("open", at(0), started()));
        for call in ["other", "handed-over"] {
            let last = told(call, "agent-8", 1, EventKind::PartyLeft);
            let closed = store.close_call(&last, None);
            closed.wait().expect("it has begun");
        }
    }

    async fn filled() -> Api {
        let api = api(Config::default());
        let store = api.0.services.store.clone();
        let placed = tokio::task::spawn_blocking(move || place_calls(store.as_ref()));
        placed.await.expect("no panic");
        api
    }

    async fn listed(api: &Api, who: &Principal, query: PastCallsQuery) -> Vec<PastCall> {
        let page = api.past_calls(who, query).await.expect("they may");
        assert_eq!(page.next, None);
        page.calls
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn everybody_is_listed_the_calls_that_they_may_read_and_what_they_see_of_them() {
        let api = filled().await;
        let blind = Arc::new(Role {
            sees: role("analyst").sees,
            ..Role::clone(&role("supervisor"))
        });
        for (who, expected) in [
            (
                somebody(role("agent"), "agent-7"),
                &["own", "handed-over"][..],
            ),
            (
                somebody(role("agent"), "agent-8"),
                &["other", "handed-over"],
            ),
            (somebody(role("agent"), "agent-9"), &[]),
            (
                somebody(role("supervisor"), "agent-9"),
                &["own", "handed-over"],
            ),
            (
                somebody(role("quality"), "agent-9"),
                &["own", "other", "handed-over"],
            ),
            (
                somebody(role("analyst"), "agent-9"),
                &["own", "other", "handed-over"],
            ),
            (somebody(blind, "agent-9"), &["own", "handed-over"]),
            (Principal::engine("test"), &["own", "other", "handed-over"]),
        ] {
            let calls = listed(&api, &who, PastCallsQuery::default()).await;
            let ids: Vec<&str> = calls.iter().map(|call| call.call_id.as_str()).collect();
            assert_eq!(ids, expected, "{:?}", who.role_names());
            let mut roles = who.roles().iter();
            let sees_people = roles.all(|role| role.sees.sees(Class::Personal));
            for call in calls.iter().filter(|call| call.call_id == "own") {
                let customer = call.customer.as_ref().expect("the CRM knew them");
                assert_eq!(customer.tier, "gold", "that is nobody's name");
                let shown = [
                    &call.caller,
                    &call.reason,
                    &customer.name,
                    &customer.customer_id,
                ];
                let shown = shown.map(|text| !text.is_empty());
                assert_eq!(shown, [sees_people; 4], "{:?}", who.role_names());
                let hidden = [Class::Personal, Class::Sensitive];
                let hidden = if sees_people { &[][..] } else { &hidden };
                assert_eq!(call.hidden, hidden);
            }
        }
        let media = somebody(role("media"), "agent-7");
        let refused = api.past_calls(&media, PastCallsQuery::default()).await;
        assert!(
            matches!(refused, Err(ApiError::Forbidden(_))),
            "{refused:?}"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_became_of_a_call_is_told_to_those_whose_call_it_still_is() {
        let api = filled().await;
        for (who, whole) in [
            (somebody(role("agent"), "agent-7"), false),
            (somebody(role("agent"), "agent-8"), true),
            (somebody(role("supervisor"), "agent-9"), false),
            (somebody(role("quality"), ""), true),
        ] {
            let calls = listed(&api, &who, PastCallsQuery::default()).await;
            let call = calls.iter().find(|call| call.call_id == "handed-over");
            let call = call.expect("they had it, or may read all");
            assert_eq!(call.handed_over, !whole, "{:?}", who.role_names());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_who_is_shown_customers_finds_calls_by_them() {
        let api = filled().await;
        for (who, found) in [
            (somebody(role("agent"), "agent-7"), true),
            (somebody(role("agent"), "agent-8"), false),
            (somebody(role("quality"), ""), true),
            (somebody(role("analyst"), ""), false),
        ] {
            for customer in ["C-1", "miller", " ann m"] {
                let query = PastCallsQuery {
                    customer: Some(customer.to_owned()),
                    ..PastCallsQuery::default()
                };
                let calls = listed(&api, &who, query).await;
                assert_eq!(
                    !calls.is_empty(),
                    found,
                    "{customer} {:?}",
                    who.role_names()
                );
            }
        }
        // As people write it, in the country of the call centre.
        let query = PastCallsQuery {
            customer: Some("(415) 555-0117".to_owned()),
            ..PastCallsQuery::default()
        };
        assert_eq!(
            listed(&api, &Principal::engine("test"), query).await.len(),
            3
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_listed_is_refused_with_what_can() {
        let api = filled().await;
        let engine = Principal::engine("test");
        let nothing = PastCallsQuery::default;
        for (query, told) in [
            (
                PastCallsQuery {
                    limit: Some(201),
                    ..nothing()
                },
                "1 to 200",
            ),
            (
                PastCallsQuery {
                    limit: Some(0),
                    ..nothing()
                },
                "1 to 200",
            ),
            (
                PastCallsQuery {
                    before: Some("c-1".to_owned()),
                    ..nothing()
                },
                "what `next`",
            ),
            (
                PastCallsQuery {
                    from_ms: Some(2),
                    until_ms: Some(1),
                    ..nothing()
                },
                "behind `from`",
            ),
        ] {
            let refused = api.past_calls(&engine, query).await;
            let refused = refused.expect_err("it cannot be");
            assert!(matches!(refused, ApiError::Invalid(_)), "{refused:?}");
            assert!(refused.to_string().contains(told), "{refused}");
        }
    }

    #[test]
    fn the_audit_is_told_all_that_was_asked_for() {
        let query = PastCallsQuery {
            agent_id: Some("agent-7".to_owned()),
            customer: Some("C-1".to_owned()),
            from_ms: Some(1),
            until_ms: Some(2),
            direction: Some(Direction::Inbound),
            note: Some(NoteState::InFlight),
            urgent: Some(true),
            recorded: Some(false),
            rule: Some("churn".to_owned()),
            before: Some("MTcgYw".to_owned()),
            limit: Some(10),
        };
        let asked = "agent:agent-7 customer:C-1 from:1 until:2 direction:inbound note:in_flight urgent:true \
                     recorded:false rule:churn before:MTcgYw";
        assert_eq!(query.asked(), asked);
        assert_eq!(PastCallsQuery::default().asked(), "");
    }
}
