//! What the CRM is told of a call.

use std::fmt;

use serde::{Deserialize, Serialize};
use sidetone_types::party::{Direction, PhoneNumber};
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
    /// The customer's number in E.164, if they have one; see [`customer_number`].
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

/// The customer's number: that of the other side of the line.
pub fn customer_number<'a>(
    direction: Direction,
    caller: &'a PhoneNumber,
    callee: &'a PhoneNumber,
) -> Option<&'a str> {
    let number = match direction {
        Direction::Outbound => callee,
        Direction::Inbound | Direction::Unknown => caller,
    };
    number.e164.as_deref()
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

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_core::phone;

    #[test]
    fn the_customer_is_on_the_other_side_of_the_line() {
        let number = |given: &str| phone::parse(given, "US");
        let (ours, theirs) = (number("+14155550100"), number("+14155550117"));
        for (direction, caller, callee, expected) in [
            (Direction::Inbound, &theirs, &ours, Some("+14155550117")),
            (Direction::Unknown, &theirs, &ours, Some("+14155550117")),
            (Direction::Outbound, &ours, &theirs, Some("+14155550117")),
            (Direction::Inbound, &number("anonymous"), &ours, None),
        ] {
            assert_eq!(customer_number(direction, caller, callee), expected);
        }
    }
}
