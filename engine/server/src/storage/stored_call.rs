//! A call as it was stored.

use std::collections::BTreeMap;

use serde::Serialize;
use sidetone_types::class::{Class, Classed, Clearance, join, mask_field};
use sidetone_types::customer::Customer;
use sidetone_types::event::EventRecord;
use sidetone_types::summary::Summary;

/// A call as it was stored. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredCall {
    /// Its id.
    pub call_id: String,
    /// The agent; empty if not known.
    pub agent_id: String,
    /// Who called: E.164, or as given where it has no such form.
    pub caller: String,
    /// Who was called, likewise.
    pub callee: String,
    /// `inbound`, `outbound` or `unknown`.
    pub direction: String,
    /// Codes of the languages that could be spoken.
    pub languages: Vec<String>,
    /// What its owner wanted kept with it.
    pub metadata: BTreeMap<String, String>,
    /// When it was opened.
    pub opened_ms: u64,
    /// When it ended.
    pub ended_ms: Option<u64>,
    /// When it was wrapped up: summary stored, note in the outbox.
    pub closed_ms: Option<u64>,
    /// Whom it was with, if the CRM knew.
    pub customer: Option<Customer>,
    /// What remains of it.
    pub summary: Option<Summary>,
    /// Every event but partials, as subscribers got them, in order.
    pub events: Vec<EventRecord>,
    /// How many parts of it, events above all, are there and cannot be read.
    #[serde(skip_serializing_if = "is_none")]
    pub unreadable: u64,
    /// What was thought of its cards.
    pub feedback: Vec<CardFeedback>,
    /// The numbers of the alerts that somebody has acknowledged.
    pub acknowledged: Vec<u64>,
    /// The classes of fields that its reader is not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Class>,
}

pub(super) fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Classed for StoredCall {
    /// Events that are hidden as a whole are left out.
    fn mask(&mut self, sees: Clearance) {
        mask_field(&mut self.caller, Class::Personal, sees);
        mask_field(&mut self.callee, Class::Personal, sees);
        mask_field(&mut self.metadata, Class::Personal, sees);
        self.customer.mask(sees);
        self.summary.mask(sees);
        self.events
            .retain(|event| sees.sees(event.event.kind.class()));
        self.events.mask(sees);
        self.hidden = sees.hidden().collect();
    }

    fn fields(path: &str, told: &mut Vec<(String, Class)>) {
        let of = |field: &str, class| (join(path, field), class);
        told.extend(["caller", "callee", "metadata"].map(|field| of(field, Class::Personal)));
        let basic = [
            "call_id",
            "agent_id",
            "direction",
            "languages",
            "opened_ms",
            "ended_ms",
            "closed_ms",
            "unreadable",
            "feedback",
            "acknowledged",
            "hidden",
        ];
        told.extend(basic.map(|field| of(field, Class::Basic)));
        Customer::fields(&join(path, "customer"), told);
        Summary::fields(&join(path, "summary"), told);
        Vec::<EventRecord>::fields(&join(path, "events"), told);
    }
}

/// The calls that were begun and never closed, the oldest first.
#[derive(Debug, Default)]
pub struct Unfinished {
    /// Those that can be read, in part at least.
    pub calls: Vec<StoredCall>,
    /// The ids of those that cannot.
    pub unreadable: Vec<String>,
}

/// What was thought of a card.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CardFeedback {
    /// The utterance the card answered.
    pub utterance: u64,
    /// The article it showed.
    pub article_id: String,
    /// Whether it helped.
    pub useful: bool,
}
