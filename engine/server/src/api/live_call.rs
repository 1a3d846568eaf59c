//! A call that is open, as whoever looks at the list of calls is shown it.

use std::collections::BTreeMap;

use serde::Serialize;
use sidetone_types::class::{Classed as _, Clearance};
use sidetone_types::id::CallId;
use sidetone_types::party::{Direction, Party, PhoneNumber, Role};
use sidetone_types::time::unix_millis;

use crate::calls::{CallRecord, CalledBefore, Claim, Off, OpenAlert, Silent};

/// A call that is open.
#[derive(Clone, Debug, Serialize)]
pub struct LiveCall {
    /// Its id.
    pub call_id: CallId,
    /// The agent; empty if not known.
    pub agent_id: String,
    /// Who called.
    pub caller: PhoneNumber,
    /// Who was called.
    pub callee: PhoneNumber,
    /// Which way.
    pub direction: Direction,
    /// The sides that are listened to.
    pub legs: Vec<Role>,
    /// Who takes part now.
    pub parties: Vec<Party>,
    /// By name, once the CRM has told it.
    pub customer: Option<String>,
    /// All that is kept with the call.
    pub metadata: BTreeMap<String, String>,
    /// When it was opened, in milliseconds since 1970.
    pub opened_ms: u64,
    /// Whom no media comes from.
    pub silent: Vec<Silent>,
    /// Who is not listened to, and why.
    pub off: Vec<Off>,
    /// Alerts that are not cleared, the oldest first.
    pub alerts: Vec<OpenAlert>,
    /// Strain in the customer's voice and words now, 0 to 1; none if none was read.
    pub strain: Option<f32>,
    /// When somebody was last heard to speak, in milliseconds since 1970.
    pub spoke_ms: Option<u64>,
    /// Who takes care of it.
    pub claimed: Option<Claim>,
    /// Whether the customer has called within the last week, as far as the engine knows.
    pub called_before: Option<CalledBefore>,
    /// The day of the customer's last contact, as the CRM has it.
    pub last_contact: Option<String>,
}

sidetone_types::classes!(LiveCall {
    call_id: basic,
    agent_id: basic,
    caller: personal,
    callee: personal,
    direction: basic,
    legs: basic,
    parties: within,
    customer: personal,
    metadata: personal,
    opened_ms: basic,
    silent: within,
    off: within,
    alerts: within,
    strain: sensitive,
    spoke_ms: basic,
    claimed: within,
    called_before: personal,
    last_contact: personal,
});
sidetone_types::classes!(Silent {
    role: basic,
    party: personal,
    payload_type: basic,
});
sidetone_types::classes!(Off {
    role: basic,
    party: personal,
    state: basic,
});

impl LiveCall {
    /// What somebody of that clearance is shown of a call.
    pub fn shown(call: CallRecord, sees: Clearance) -> Self {
        let known = call.current.known();
        let parties = call.current.parties();
        let attention = call.current.attention();
        let mut shown = Self {
            agent_id: call.current.agent_id().to_string(),
            caller: known.caller,
            callee: known.callee,
            direction: known.direction,
            legs: parties.iter().map(|party| party.role).collect(),
            parties,
            metadata: known.metadata,
            customer: call.current.customer(),
            opened_ms: unix_millis(call.opened),
            silent: call.current.silent(),
            off: call.current.off(),
            alerts: attention.alerts,
            strain: attention.strain,
            spoke_ms: attention.spoke_ms,
            claimed: attention.claimed,
            called_before: attention.called_before,
            last_contact: attention.last_contact,
            call_id: call.id,
        };
        shown.mask(sees);
        shown
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use sidetone_core::describe::{CallDescription, LegDescription, Source};
    use sidetone_core::phone;
    use sidetone_media::audio::StreamFormat;
    use sidetone_types::customer::Customer;
    use sidetone_types::event::{Event, EventKind, LegState};
    use sidetone_types::time::MediaTime;

    use serde_json::json;

    use super::*;
    use crate::calls::Current;

    #[test]
    fn a_live_call_is_told_as_it_was_described_and_with_what_came_later() {
        let description = CallDescription {
            recording: Default::default(),
            caller: phone::parse("(415) 555-0117", "US"),
            callee: phone::parse("1001", "US"),
            agent_id: "agent-7".to_owned(),
            direction: Direction::Inbound,
            languages: Vec::new(),
            vocabulary: Vec::new(),
            metadata: [("queue".to_owned(), "billing".to_owned())].into(),
            legs: vec![LegDescription::new(
                Party::of_role(Role::Customer),
                Source::Stream(StreamFormat::Mulaw),
            )],
            partials: true,
        };
        let record = CallRecord {
            id: CallId::new("a"),
            current: Current::new(&description),
            description: Arc::new(description),
            opened: SystemTime::UNIX_EPOCH + Duration::from_millis(1_500),
            update_rate: Default::default(),
            message_rate: Default::default(),
            claim_rate: Default::default(),
            opened_by: "pbx".into(),
        };
        let told = |record| {
            serde_json::to_value(LiveCall::shown(record, Clearance::ALL)).expect("plain data")
        };
        let mut expected = json!({
            "call_id": "a", "agent_id": "agent-7",
            "caller": {"e164": "+14155550117", "given": "(415) 555-0117"},
            "callee": {"given": "1001"},
            "direction": "inbound", "legs": ["customer"], "parties": [{"role": "customer"}],
            "customer": null,
            "metadata": {"queue": "billing"}, "opened_ms": 1_500, "silent": [], "off": [],
            "alerts": [], "strain": null, "spoke_ms": null, "claimed": null, "called_before": null,
            "last_contact": null,
        });
        assert_eq!(told(record.clone()), expected);
        let customer = Customer {
            name: "Ann".to_owned(),
            ..Customer::default()
        };
        let told_later = [
            (
                Some(Role::Agent),
                EventKind::LegState {
                    state: LegState::Muted,
                },
            ),
            (
                Some(Role::Agent),
                EventKind::NoMedia {
                    waited_ms: 5_000,
                    payload_type: Some(96),
                },
            ),
            (None, EventKind::CustomerIdentified(customer)),
            (
                Some(Role::Agent),
                EventKind::PartyJoined(Default::default()),
            ),
        ];
        for (role, kind) in told_later {
            let event = Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, kind);
            record.current.observe(&Event {
                role,
                party: role.map_or("", |_| "agent-9").into(),
                ..event
            });
        }
        expected["off"] = json!([{"role": "agent", "party": "agent-9", "state": "muted"}]);
        expected["silent"] = json!([{"role": "agent", "party": "agent-9", "payload_type": 96}]);
        expected["customer"] = json!("Ann");
        expected["agent_id"] = json!("agent-9");
        expected["legs"] = json!(["agent", "customer"]);
        expected["parties"] = json!([{"role": "agent", "id": "agent-9"}, {"role": "customer"}]);
        assert_eq!(told(record), expected);
    }
}
