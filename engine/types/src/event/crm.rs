//! What became of a call's note in the CRM.

use serde::{Deserialize, Serialize};

/// A call's note has reached the CRM.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CrmWritten {
    /// The CRM's own id of the ticket.
    pub ticket_id: String,
    /// The CRM's own ids of the follow-up tasks, in the order of the summary's.
    pub task_ids: Vec<String>,
    /// The days by which those tasks are to be done: `2026-05-07`; empty where nobody can tell.
    pub due: Vec<String>,
}

/// A call's note has not reached the CRM yet, or never will by itself.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct CrmFailed {
    /// What happened, in words for the agent.
    pub reason: String,
    /// What the CRM, or the way to it, had to say, for operations.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Whether it will be tried again. If not, a person has to look at it: `sidetone crm dead`.
    pub retrying: bool,
    /// Tries so far.
    pub attempts: u32,
}

crate::private_debug!(CrmFailed);

// What a CRM answers may quote what it was sent.
crate::classes!(CrmWritten {
    ticket_id: basic,
    task_ids: basic,
    due: basic,
});
crate::classes!(CrmFailed {
    reason: sensitive,
    detail: sensitive,
    retrying: basic,
    attempts: basic,
});
