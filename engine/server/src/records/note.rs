//! What the CRM is told of a call.

use std::fmt;

use serde::{Deserialize, Serialize};
use sidetone_types::party::Direction;
use sidetone_types::summary::Summary;

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
    /// When the call began, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended.
    pub ended_ms: u64,
    /// What remains of it.
    pub summary: Summary,
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

sidetone_types::private_debug!(Note);
