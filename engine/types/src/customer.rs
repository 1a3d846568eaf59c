//! The customer as the CRM knows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whom a call is with: the screen pop.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Customer {
    /// The CRM's own id of the contact.
    pub customer_id: String,
    /// Name, as the agent should say it.
    pub name: String,
    /// Kind of customer: `gold`, `business`; empty if the CRM tells none.
    pub tier: String,
    /// In international form (E.164).
    pub phone: String,
    /// E-mail address; empty if not known.
    pub email: String,
    /// Tickets that are not closed yet, the newest first.
    pub open_tickets: Vec<TicketRef>,
    /// When and why they were in touch, the newest first.
    pub last_contacts: Vec<Contact>,
    /// How they like to be treated: language, channel, times.
    pub preferences: BTreeMap<String, String>,
    /// Set only where several contacts have the number: who they are. All other fields but `phone`
    /// are empty then, because nobody knows yet which of them it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// One of several contacts that have the number of a call.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Candidate {
    /// The CRM's own id of the contact.
    pub customer_id: String,
    /// Name.
    pub name: String,
    /// Kind of customer; empty if the CRM tells none.
    pub tier: String,
}

/// A ticket in a list.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct TicketRef {
    /// The CRM's own id.
    pub ticket_id: String,
    /// What it is about.
    pub title: String,
    /// As the CRM calls it: `open`, `waiting`.
    pub status: String,
    /// Day it was opened: `2026-05-04`.
    pub opened: String,
}

/// One earlier contact.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Contact {
    /// Day: `2026-05-04`.
    pub day: String,
    /// `call`, `email`, `shop`.
    pub channel: String,
    /// What it was about.
    pub about: String,
}

crate::private_debug!(Customer, Candidate, TicketRef, Contact);

crate::classes!(Customer {
    customer_id: personal,
    name: personal,
    tier: basic,
    phone: personal,
    email: personal,
    open_tickets: within,
    last_contacts: within,
    preferences: personal,
    candidates: within,
});
crate::classes!(Candidate {
    customer_id: personal,
    name: personal,
    tier: basic,
});
crate::classes!(TicketRef {
    ticket_id: basic,
    title: sensitive,
    status: basic,
    opened: basic,
});
crate::classes!(Contact {
    day: basic,
    channel: basic,
    about: sensitive,
});
