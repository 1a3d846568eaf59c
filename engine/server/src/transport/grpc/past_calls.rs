//! The list of calls that are over, as the wire has it.

use std::time::{Duration, SystemTime};

use sidetone_proto::v1;
use sidetone_types::party::Direction;
use tonic::Status;

use super::transcripts::{in_millis, invalid};
use crate::api::PastCallsQuery;
use crate::convert;
use crate::storage::{CallsPage, PastCall, PastCustomer, note_state};

pub(super) fn query(request: v1::ListPastCallsRequest) -> Result<PastCallsQuery, Status> {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let direction = match request.direction() {
        v1::Direction::Unspecified => None,
        direction => Some(convert::direction(direction)),
    };
    let note = some(request.note).map(|state| note_state(&state));
    Ok(PastCallsQuery {
        agent_id: some(request.agent_id),
        customer: some(request.customer),
        from_ms: request.from.map(in_millis).transpose()?,
        until_ms: request.until.map(in_millis).transpose()?,
        direction,
        note: note.transpose().map_err(invalid)?,
        urgent: request.urgent,
        recorded: request.recorded,
        rule: some(request.rule),
        before: some(request.before),
        limit: (request.limit > 0).then_some(request.limit as usize),
    })
}

pub(super) fn page(page: CallsPage) -> v1::ListPastCallsResponse {
    v1::ListPastCallsResponse {
        calls: page.calls.into_iter().map(call).collect(),
        next: page.next.map(|next| next.to_string()).unwrap_or_default(),
    }
}

fn call(call: PastCall) -> v1::PastCall {
    let time = |ms| convert::wire_time(SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
    let direction = Direction::named(&call.direction).unwrap_or_default();
    let hidden = call.hidden.iter().map(|class| class.as_str().to_owned());
    v1::PastCall {
        direction: convert::wire_direction(direction).into(),
        opened: Some(time(call.opened_ms)),
        ended: call.ended_ms.map(time),
        customer: call.customer.map(customer),
        language_code: call.lang.map_or("", |lang| lang.code()).to_owned(),
        note: call.note.map_or("", |state| state.as_str()).to_owned(),
        hidden: hidden.collect(),
        call_id: call.call_id,
        agent_id: call.agent_id,
        agents: call.agents,
        caller: call.caller,
        callee: call.callee,
        reason: call.reason,
        urgent: call.urgent,
        alerts: call.alerts,
        recorded: call.recorded,
        held: call.held,
        handed_over: call.handed_over,
        unreadable: call.unreadable,
    }
}

fn customer(customer: PastCustomer) -> v1::PastCustomer {
    v1::PastCustomer {
        customer_id: customer.customer_id,
        name: customer.name,
        tier: customer.tier,
    }
}

#[cfg(test)]
mod tests {
    use sidetone_types::class::Class;
    use sidetone_types::lang::Lang;
    use tonic::Code;

    use super::*;
    use crate::records::NoteState;
    use crate::storage::CallsCursor;

    #[test]
    fn what_a_list_leaves_out_does_not_matter() {
        let query = query(v1::ListPastCallsRequest::default()).expect("right");
        assert_eq!(
            (query.agent_id, query.customer, query.rule),
            (None, None, None)
        );
        assert_eq!((query.from_ms, query.until_ms), (None, None));
        assert_eq!((query.direction, query.note), (None, None));
        assert_eq!((query.urgent, query.recorded), (None, None));
        assert_eq!((query.before, query.limit), (None, None));
    }

    #[test]
    fn what_a_list_asks_for_comes_through() {
        let at = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
        let request = v1::ListPastCallsRequest {
            agent_id: "agent-7".to_owned(),
            customer: "C-1".to_owned(),
            from: at(1, 500_000_000),
            until: at(2, 0),
            direction: v1::Direction::Outbound.into(),
            note: "dead".to_owned(),
            urgent: Some(false),
            recorded: Some(true),
            rule: "churn".to_owned(),
            before: "MTcgYw".to_owned(),
            limit: 10,
        };
        let query = query(request).expect("right");
        assert_eq!(query.agent_id.as_deref(), Some("agent-7"));
        assert_eq!(query.customer.as_deref(), Some("C-1"));
        assert_eq!((query.from_ms, query.until_ms), (Some(1_500), Some(2_000)));
        assert_eq!(query.direction, Some(Direction::Outbound));
        assert_eq!(query.note, Some(NoteState::Dead));
        assert_eq!((query.urgent, query.recorded), (Some(false), Some(true)));
        assert_eq!(query.rule.as_deref(), Some("churn"));
        assert_eq!(
            (query.before.as_deref(), query.limit),
            (Some("MTcgYw"), Some(10))
        );
    }

    #[test]
    fn a_state_that_no_note_has_is_refused_with_those_there_are() {
        let request = v1::ListPastCallsRequest {
            note: "lost".to_owned(),
            ..Default::default()
        };
        let refused = query(request).expect_err("no such state");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(
            refused.message().contains("waiting, in_flight"),
            "{refused}"
        );
    }

    #[test]
    fn a_call_is_told_with_all_that_is_known_of_it() {
        let known = PastCall {
            call_id: "c-1".to_owned(),
            agent_id: "agent-7".to_owned(),
            agents: vec!["agent-7".to_owned()],
            caller: "+14155550117".to_owned(),
            callee: "1001".to_owned(),
            direction: "inbound".to_owned(),
            opened_ms: 1_777_766_400_250,
            ended_ms: Some(1_777_766_500_000),
            customer: Some(PastCustomer {
                customer_id: "C-1".to_owned(),
                name: "Ann".to_owned(),
                tier: "gold".to_owned(),
            }),
            reason: "Charged twice".to_owned(),
            urgent: true,
            lang: Some(Lang::EN),
            alerts: 2,
            note: Some(NoteState::InFlight),
            recorded: true,
            held: true,
            handed_over: true,
            unreadable: 1,
            hidden: vec![Class::Sensitive],
        };
        let next = CallsCursor {
            opened_ms: 17,
            call_id: "c".to_owned(),
        };
        let told = page(CallsPage {
            calls: vec![known, PastCall::default()],
            next: Some(next),
        });
        assert_eq!(told.next, "MTcgYw");
        let time = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
        let whole = v1::PastCall {
            call_id: "c-1".to_owned(),
            agent_id: "agent-7".to_owned(),
            agents: vec!["agent-7".to_owned()],
            caller: "+14155550117".to_owned(),
            callee: "1001".to_owned(),
            direction: v1::Direction::Inbound.into(),
            opened: time(1_777_766_400, 250_000_000),
            ended: time(1_777_766_500, 0),
            customer: Some(v1::PastCustomer {
                customer_id: "C-1".to_owned(),
                name: "Ann".to_owned(),
                tier: "gold".to_owned(),
            }),
            reason: "Charged twice".to_owned(),
            urgent: true,
            language_code: "en".to_owned(),
            alerts: 2,
            note: "in_flight".to_owned(),
            recorded: true,
            held: true,
            handed_over: true,
            unreadable: 1,
            hidden: vec!["sensitive".to_owned()],
        };
        let bare = v1::PastCall {
            opened: time(0, 0),
            ..Default::default()
        };
        assert_eq!(told.calls, [whole, bare]);
    }
}
