//! Which of the calls that are over are wanted, and a page of them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Serialize, Serializer};
use sidetone_types::party::Direction;

use super::{PastCall, Person};
use crate::records::NoteState;

/// Which calls are wanted. What is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct CallsQuery {
    /// Only of these agents: those whose calls may be read. Whoever had a call counts.
    pub agents: Option<BTreeSet<String>>,
    /// Of this agent, whoever they handed it to.
    pub agent_id: Option<String>,
    /// With somebody who has this id or number, or whose name has this in it.
    pub customer: Option<Person>,
    /// Opened at this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Opened before this time.
    pub until_ms: Option<u64>,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// Where its note stands.
    pub note: Option<NoteState>,
    /// Whether its ticket should be dealt with before others.
    pub urgent: Option<bool>,
    /// Whether there is a recording that can be heard.
    pub recorded: Option<bool>,
    /// A rule that raised an alert in it.
    pub rule: Option<String>,
    /// Behind this place in the list.
    pub before: Option<CallsCursor>,
    /// How many.
    pub size: PageSize,
}

impl CallsQuery {
    /// Whether a call is among the wanted ones by who it was with and what was made of it. The rest is for the store,
    /// which tells of rules only where a call [is told whole](Self::is_told_whole).
    pub fn fits(&self, call: &PastCall) -> bool {
        let urgent = self
            .urgent
            .is_none_or(|urgent| self.is_told_whole(call) && call.urgent == urgent);
        urgent && self.customer.as_ref().is_none_or(|who| is_with(call, who))
    }

    /// Whether all of a call is told to who asks: it was not handed over to agents whose calls they may not read.
    pub fn is_told_whole(&self, call: &PastCall) -> bool {
        let agents = self.agents.as_ref();
        agents.is_none_or(|agents| agents.contains(&call.agent_id))
    }
}

/// Whether a call was with somebody of that id or number, or with that in their name.
fn is_with(call: &PastCall, who: &Person) -> bool {
    who.is(call.number())
        || call.customer.as_ref().is_some_and(|customer| {
            let name = customer.name.to_lowercase();
            who.is(&customer.customer_id) || name.contains(&who.given.to_lowercase())
        })
}

/// Some of the calls that are wanted, the newest first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallsPage {
    /// At most as many as were asked for.
    pub calls: Vec<PastCall>,
    /// Where the list goes on; `None` at its end. A page may have room left, and the list go on: one that was
    /// looked through for long is told as far as it has come.
    pub next: Option<CallsCursor>,
}

/// A place in the list of calls, behind one of them. It stays where it is while calls come and go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallsCursor {
    /// When that call was opened, in milliseconds since 1970.
    pub opened_ms: i64,
    /// Its id.
    pub call_id: String,
}

impl fmt::Display for CallsCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format!("{} {}", self.opened_ms, self.call_id);
        f.write_str(&BASE64.encode(place))
    }
}

/// No list has such a place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no place in this list: `before` takes what `next` of an answer says, as it is")]
pub struct NoCursor(pub String);

impl FromStr for CallsCursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let place = BASE64.decode(text).ok();
        let place = place.and_then(|place| String::from_utf8(place).ok());
        let parts = place.as_deref().and_then(|place| place.split_once(' '));
        let cursor = parts.and_then(|(opened_ms, call_id)| {
            Some(Self {
                opened_ms: opened_ms.parse().ok()?,
                call_id: call_id.to_owned(),
            })
        });
        cursor.ok_or_else(|| NoCursor(text.to_owned()))
    }
}

impl Serialize for CallsCursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How many calls a page has at most.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageSize(usize);

impl PageSize {
    /// No page is longer.
    pub const MOST: Self = Self(200);

    /// A page of so many calls.
    pub fn of(calls: usize) -> Result<Self, PageSizeError> {
        match calls {
            1..=200 => Ok(Self(calls)),
            _ => Err(PageSizeError(calls)),
        }
    }

    /// How many.
    pub const fn calls(self) -> usize {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

/// A page has not so many calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a page has 1 to {most} calls, and not {0}: `next` of an answer says where the list goes on", most = PageSize::MOST.0)]
pub struct PageSizeError(usize);

/// A note stands nowhere that is called this.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{name}` is no state of a note: {known}", known = known_states())]
pub struct NoNoteState {
    name: String,
}

fn known_states() -> String {
    NoteState::ALL.map(NoteState::as_str).join(", ")
}

/// The state of a note that has this label.
pub fn note_state(name: &str) -> Result<NoteState, NoNoteState> {
    let known = NoteState::ALL.into_iter();
    let mut known = known.filter(|state| state.as_str() == name);
    known.next().ok_or_else(|| NoNoteState {
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::PastCustomer;

    #[test]
    fn a_place_in_the_list_reads_back_and_nonsense_does_not() {
        let cursor = CallsCursor {
            opened_ms: 1_777_766_400_250,
            call_id: "a call/ü 7".to_owned(),
        };
        let text = cursor.to_string();
        assert!(
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        assert_eq!(text.parse(), Ok(cursor));
        let tail = BASE64.encode("soon c-1");
        for nonsense in ["", "c-1", "%", tail.as_str()] {
            let error = nonsense.parse::<CallsCursor>().expect_err("no place");
            assert!(
                error.to_string().contains(&format!("`{nonsense}`")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_page_has_no_more_calls_than_can_be_told_at_once() {
        for (calls, possible) in [(0, false), (1, true), (200, true), (201, false)] {
            let size = PageSize::of(calls);
            assert_eq!(size.map(PageSize::calls).ok(), possible.then_some(calls));
        }
        let error = PageSize::of(500).expect_err("too many").to_string();
        assert!(
            error.contains("1 to 200") && error.contains("500"),
            "{error}"
        );
    }

    #[test]
    fn the_name_of_a_state_reads_back_and_another_tells_what_there_is() {
        for state in NoteState::ALL {
            assert_eq!(note_state(state.as_str()), Ok(state));
        }
        let error = note_state("lost").expect_err("no state").to_string();
        assert!(
            error.contains("`lost`") && error.contains("in_flight, delivered"),
            "{error}"
        );
    }

    #[test]
    fn a_customer_is_found_by_id_number_and_part_of_the_name() {
        let call = |direction: &str, name: &str| PastCall {
            caller: "+14155550117".to_owned(),
            callee: "+14155550199".to_owned(),
            direction: direction.to_owned(),
            customer: Some(PastCustomer {
                customer_id: "C-1".to_owned(),
                name: name.to_owned(),
                tier: String::new(),
            }),
            ..PastCall::default()
        };
        for (direction, name, given, phone, found) in [
            ("inbound", "Ann Miller", "C-1", None, true),
            ("inbound", "Ann Miller", "C-", None, false),
            ("inbound", "Ann Miller", "miller", None, true),
            ("inbound", "Åsa Öberg", "öberg", None, true),
            ("inbound", "王小明", "小明", None, true),
            (
                "inbound",
                "Ann",
                "(415) 555-0117",
                Some("+14155550117"),
                true,
            ),
            (
                "inbound",
                "Ann",
                "+14155550199",
                Some("+14155550199"),
                false,
            ),
            (
                "outbound",
                "Ann",
                "+14155550199",
                Some("+14155550199"),
                true,
            ),
            ("unknown", "Ann", "+14155550117", Some("+14155550117"), true),
        ] {
            let query = CallsQuery {
                customer: Some(Person {
                    phone: phone.map(str::to_owned),
                    given: given.to_owned(),
                }),
                ..CallsQuery::default()
            };
            assert_eq!(
                query.fits(&call(direction, name)),
                found,
                "{given} {direction}"
            );
        }
    }

    #[test]
    fn what_became_of_a_call_that_was_handed_over_is_not_found_out_by_asking() {
        let call = PastCall {
            agent_id: "agent-8".to_owned(),
            agents: vec!["agent-7".to_owned(), "agent-8".to_owned()],
            urgent: true,
            ..PastCall::default()
        };
        for (agents, urgent, found) in [
            (None, Some(true), true),
            (Some("agent-8"), Some(true), true),
            (Some("agent-7"), Some(true), false),
            (Some("agent-7"), Some(false), false),
            (Some("agent-7"), None, true),
        ] {
            let query = CallsQuery {
                agents: agents.map(|agent| BTreeSet::from([agent.to_owned()])),
                urgent,
                ..CallsQuery::default()
            };
            assert_eq!(query.fits(&call), found, "{agents:?} {urgent:?}");
        }
    }
}
