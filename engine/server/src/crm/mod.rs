//! The CRM: who is calling, and what is written when they have hung up.
//!
//! [`Crm`] is the seam. [`embedded::Embedded`] comes with the program; [`rest::Rest`] speaks to any
//! CRM with an HTTP interface that one TOML file describes. Nothing is written from a call: its
//! note goes into the outbox, and [`crate::delivery`] carries it over, however long that takes.

mod config;
pub mod embedded;
mod look_ups;
mod mirrored;
pub mod rest;
mod sync;
mod timed;
mod trial;
mod who;
mod writing;

use std::time::Duration;

use sidetone_core::identity::Clue;
use sidetone_types::customer::{Candidate, Customer};

pub use crate::records::{Note, Step};
pub use config::CrmConfig;
pub use embedded::{Embedded, EmbeddedError};
pub use look_ups::LookUps;
pub use mirrored::Mirrored;
pub use rest::{DescriptionFileError, Rest};
pub use sync::{CustomerSync, SyncPace};
pub use timed::Timed;
pub use trial::write_test_ticket;
pub use who::Question;
pub use writing::{IdempotencyKey, What, Writing};

/// A customer relationship management system. Its methods wait for it: they are for threads that
/// may.
pub trait Crm: Send + Sync {
    /// How it is called in messages.
    fn name(&self) -> &str;

    /// Who has this number (E.164). `None` if the CRM knows nobody; [`Customer::candidates`] if
    /// several have it.
    fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError>;

    /// The customer of this id of the CRM's own. `None` if it knows none, or cannot be asked for one.
    fn get(&self, customer_id: &str) -> Result<Option<Customer>, CrmError>;

    /// Those whose number of a customer, an order or a ticket that is, or whose name. Nobody if it cannot be asked.
    fn look_for(&self, clue: &Clue) -> Result<Vec<Candidate>, CrmError>;

    /// Writes something, and gives the CRM's own id of it. Written again under the same key it is
    /// written once, as far as the CRM lets us: see [`Writing::repeated`].
    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError>;

    /// The CRM that comes with the program, if it is that: people work with its customers through the engine.
    fn own(&self) -> Option<&Embedded> {
        None
    }

    /// Whether [`Crm::find`] tells what is known here, and [`Crm::get`] more of it.
    fn has_details(&self) -> bool {
        false
    }

    /// Notes it can take at once.
    fn concurrency(&self) -> usize;

    /// How long a request whose answer was lost may still be at work in the CRM. Before that it is
    /// not asked what became of it.
    fn settles_within(&self) -> Duration {
        Duration::ZERO
    }
}

/// The CRM has not done what it was asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CrmError {
    /// Not now: it is away, busy, or in trouble. Trying again will help.
    #[error("{reason}")]
    Unavailable {
        /// What happened; nothing of what was said in the call.
        reason: String,
        /// What the CRM itself said, which may quote what it was sent.
        answer: String,
        /// It asked not to be tried before.
        retry_after: Option<Duration>,
        /// Whether it may have done it nevertheless.
        maybe_written: bool,
    },
    /// It will not take this. Somebody has to look at it.
    #[error("{reason}")]
    Rejected {
        /// What happened; nothing of what was said in the call.
        reason: String,
        /// What the CRM itself said, which may quote what it was sent.
        answer: String,
        /// Whether it may have done it nevertheless.
        maybe_written: bool,
    },
}

impl CrmError {
    /// A refusal without an answer.
    pub fn rejected(reason: impl Into<String>) -> Self {
        Self::Rejected {
            reason: reason.into(),
            answer: String::new(),
            maybe_written: false,
        }
    }

    /// A CRM that is not itself: it answered, but what it said makes no sense. That says nothing of
    /// what it was sent, and it may have done it.
    pub fn not_itself(reason: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
            answer: String::new(),
            retry_after: None,
            maybe_written: true,
        }
    }

    /// What happened and what the CRM said, for those who may read what was said in the call.
    pub fn in_full(&self) -> String {
        let (Self::Unavailable { reason, answer, .. } | Self::Rejected { reason, answer, .. }) =
            self;
        match answer.as_str() {
            "" => reason.clone(),
            answer => format!("{reason}: {answer}"),
        }
    }

    /// Whether it may have done it nevertheless.
    pub fn maybe_written(&self) -> bool {
        let (Self::Unavailable { maybe_written, .. } | Self::Rejected { maybe_written, .. }) = self;
        *maybe_written
    }
}

/// There is no CRM to work with.
#[derive(Debug, thiserror::Error)]
pub enum CrmOpenError {
    /// Its description cannot be used.
    #[error(transparent)]
    Description(#[from] DescriptionFileError),
    /// The CRM that comes with the program.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
}
