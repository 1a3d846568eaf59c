//! What is written to a CRM, one record at a time.

use std::fmt;

use sidetone_types::summary::FollowUp;

use crate::records::{Note, Step};

/// Names one thing to be written, the same at every try: `{call}/ticket`, `{call}/task/0`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of a step of a call.
    pub fn new(call_id: &str, step: Step) -> Self {
        Self(format!("{call_id}/{step}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something to be written to the CRM.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// Its key, the same at every try.
    pub key: &'a IdempotencyKey,
    /// Whether an earlier try may have got through without its answer.
    pub repeated: bool,
    /// What it is part of.
    pub note: &'a Note,
    /// The CRM's own id of the customer; `None` if it knows none.
    pub customer_id: Option<&'a str>,
    /// What is written.
    pub what: What<'a>,
}

/// What is written.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// A ticket, in the pool.
    Ticket,
    /// A follow-up task.
    Task {
        /// The CRM's own id of the ticket it belongs to.
        ticket_id: &'a str,
        /// What is to be done.
        task: &'a FollowUp,
    },
    /// The call, in the customer's history.
    Interaction {
        /// The CRM's own id of the ticket that came of it.
        ticket_id: &'a str,
    },
}
