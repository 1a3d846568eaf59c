//! What the CRM is told of a call.

use std::fmt;

use serde::{Deserialize, Serialize};
use sidetone_types::event::{Event, EventKind};
use sidetone_types::party::Direction;
use sidetone_types::summary::Summary;
use sidetone_types::time::MediaTime;

/// Everything the CRM is told of one call. Complete in itself: it waits in the outbox, and may
/// outlive its call.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Note {
    /// Which call.
    pub call_id: String,
    /// Whose; empty if not known.
    pub agent_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// The customer's number in E.164, if they have one.
    pub phone: Option<String>,
    /// The CRM's own id of the customer, if they were found during the call. Otherwise they are
    /// looked for once more.
    pub customer_id: Option<String>,
    /// Whether it is not known who they are though they were looked for, or were said to be somebody else: then they
    /// are not looked for by their number once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub customer_unknown: bool,
    /// When the call began, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended.
    pub ended_ms: u64,
    /// What remains of it.
    pub summary: Summary,
}

impl Note {
    /// Something that is told of the note's call, which is over.
    pub fn event(&self, kind: EventKind) -> Event {
        let length = self.ended_ms.saturating_sub(self.started_ms);
        let end = MediaTime::from_millis(length);
        Event::of_the_call(end, end, kind)
    }
}

/// One of the things that are done in the CRM for a note, in this order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Find the customer.
    Contact,
    /// Open a ticket.
    Ticket,
    /// Add a follow-up task to it; counts from 0.
    Task(usize),
    /// Add the call to the customer's history.
    Interaction,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contact => f.write_str("contact"),
            Self::Ticket => f.write_str("ticket"),
            Self::Task(index) => write!(f, "task/{index}"),
            Self::Interaction => f.write_str("interaction"),
        }
    }
}

impl Step {
    /// The step of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "contact" => Some(Self::Contact),
            "ticket" => Some(Self::Ticket),
            "interaction" => Some(Self::Interaction),
            task => task.strip_prefix("task/")?.parse().ok().map(Self::Task),
        }
    }
}

sidetone_types::private_debug!(Note);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_known_by_its_name() {
        for step in [
            Step::Contact,
            Step::Ticket,
            Step::Task(0),
            Step::Task(12),
            Step::Interaction,
        ] {
            assert_eq!(Step::named(&step.to_string()), Some(step));
        }
        assert_eq!(Step::named("task/x"), None);
        assert_eq!(Step::named("invoice"), None);
    }
}
