//! A call that is over, as a list has it.

use serde::Serialize;
use sidetone_types::class::Class;
use sidetone_types::customer::Customer;
use sidetone_types::lang::Lang;
use sidetone_types::summary::Summary;

use super::stored_call::is_none;
use crate::records::NoteState;

/// A call that is over and kept. Times are milliseconds since 1970.
#[derive(Clone, Default, PartialEq, Serialize)]
pub struct PastCall {
    /// Its id.
    pub call_id: String,
    /// The agent; the last one if it was handed over; empty if not known.
    pub agent_id: String,
    /// All agents whose call it was, by their ids.
    pub agents: Vec<String>,
    /// Who called: E.164, or as given where it has no such form.
    pub caller: String,
    /// Who was called, likewise.
    pub callee: String,
    /// `inbound`, `outbound` or `unknown`.
    pub direction: String,
    /// When it was opened.
    pub opened_ms: u64,
    /// When it ended.
    pub ended_ms: Option<u64>,
    /// Whom it was with, if the CRM knew.
    pub customer: Option<PastCustomer>,
    /// Why it was made, in one line; empty if nobody spoke.
    pub reason: String,
    /// Whether its ticket should be dealt with before others.
    pub urgent: bool,
    /// The language of its reason.
    pub lang: Option<Lang>,
    /// Alerts that were raised in it, without those that were withdrawn.
    pub alerts: u64,
    /// Where its note for the CRM stands, if it has one.
    pub note: Option<NoteState>,
    /// Whether there is a recording that can be heard.
    pub recorded: bool,
    /// Whether it is on hold: kept until somebody releases it.
    pub held: bool,
    /// Whether it was handed over to somebody whose calls its reader may not read: they are not told what became
    /// of it.
    #[serde(skip_serializing_if = "is_false")]
    pub handed_over: bool,
    /// How many parts of it are there and cannot be read.
    #[serde(skip_serializing_if = "is_none")]
    pub unreadable: u64,
    /// The classes of fields that its reader is not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Class>,
}

/// Whom a call was with.
#[derive(Clone, Default, PartialEq, Serialize)]
pub struct PastCustomer {
    /// The CRM's own id of the contact; empty if several have the number.
    pub customer_id: String,
    /// Name.
    pub name: String,
    /// Kind of customer: `gold`, `business`; empty if the CRM tells none.
    pub tier: String,
}

sidetone_types::private_debug!(PastCall, PastCustomer);

sidetone_types::classes!(PastCall {
    call_id: basic,
    agent_id: basic,
    agents: basic,
    caller: personal,
    callee: personal,
    direction: basic,
    opened_ms: basic,
    ended_ms: basic,
    customer: within,
    reason: sensitive,
    urgent: basic,
    lang: basic,
    alerts: basic,
    note: basic,
    recorded: basic,
    held: basic,
    handed_over: basic,
    unreadable: basic,
    hidden: basic,
});
sidetone_types::classes!(PastCustomer {
    customer_id: personal,
    name: personal,
    tier: basic,
});

fn is_false(flag: &bool) -> bool {
    !flag
}

impl PastCall {
    /// Takes what was made of it.
    pub fn summed_up(&mut self, summary: Summary) {
        self.reason = summary.reason;
        self.urgent = summary.urgent;
        self.lang = Some(summary.lang);
    }

    /// Leaves out what became of it after it was handed over.
    pub fn cut_behind(&mut self) {
        self.reason.clear();
        (self.urgent, self.lang, self.alerts) = (false, None, 0);
        self.handed_over = true;
    }

    /// The number of whom it was with.
    pub fn number(&self) -> &str {
        match self.direction.as_str() {
            "outbound" => &self.callee,
            _ => &self.caller,
        }
    }
}

impl From<Customer> for PastCustomer {
    fn from(customer: Customer) -> Self {
        Self {
            customer_id: customer.customer_id,
            name: customer.name,
            tier: customer.tier,
        }
    }
}
