//! The customer as the CRM knows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whom a call is with: the screen pop.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
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
    /// By what they are known. Not told where nobody knows who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_by: Option<KnownBy>,
    /// Set only where it may be one of several: who they are. All other fields but `phone` are empty then,
    /// because nobody knows yet which of them it is. Where these are empty as well, it is none that was shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// By what it is known who somebody is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// The CRM has the number they call from, or are called at.
    #[default]
    Number,
    /// Somebody has chosen them in an earlier call with that number.
    ChosenBefore,
    /// Somebody has chosen them in this call.
    Chosen,
    /// They have said a number or a name that is theirs.
    Said,
    /// They have typed a number that is theirs.
    Typed,
}

impl KnownBy {
    /// Its name in JSON and over gRPC.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::ChosenBefore => "chosen_before",
            Self::Chosen => "chosen",
            Self::Said => "said",
            Self::Typed => "typed",
        }
    }
}

/// One of several contacts that a call may be with.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Candidate {
    /// The CRM's own id of the contact.
    pub customer_id: String,
    /// Name.
    pub name: String,
    /// Kind of customer; empty if the CRM tells none.
    pub tier: String,
    /// Why it may be them.
    pub known_by: KnownBy,
    /// What was said or typed of it; else empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub clue: String,
}

/// A ticket in a list.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
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
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
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
    known_by: basic,
});
crate::classes!(Candidate {
    customer_id: personal,
    name: personal,
    tier: basic,
    known_by: basic,
    clue: personal,
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
