//! What the engine can be asked for: one function per use case, whoever asks and over whatever
//! protocol.
//!
//! Each takes the [`Principal`] who asks and types of the domain. Transports translate, and do
//! nothing else.

mod audit;
mod board;
mod calls;
mod changes;
mod customers;
mod error;
mod events;
mod friction;
mod identity;
mod knowledge;
mod knowledge_files;
#[cfg(test)]
mod knowledge_tests;
mod knowledge_trials;
mod knowledge_views;
mod live_call;
mod note_view;
mod notes;
#[cfg(test)]
mod notes_tests;
mod notices;
mod operations;
mod past_calls;
mod permit;
mod recordings;
#[cfg(test)]
mod rights_tests;
mod single_sign_on;
mod strangers;
mod supervision;
mod tap;
#[cfg(test)]
mod tests;
mod transcripts;
mod work;

use std::sync::{Arc, Mutex, OnceLock};

pub use board::{BoardView, FigureView, Notices, ThresholdView, ThresholdsView};
pub use calls::Advertised;
pub use customers::{CustomerView, CustomersQuery};
pub use error::ApiError;
pub use events::Follower;
pub use friction::{FrictionKept, FrictionOrder, FrictionSeen, FrictionTrend, trend_of};
pub use knowledge::{ArticleLine, FoundArticle, FoundArticles, WholeArticle};
pub use knowledge_files::{Published, Publishing, Unpublished};
pub use knowledge_trials::{MOST_TRIED, Trial, TrialOrder, TriedCall, TriedHelp};
pub use knowledge_views::{
    Bookcase, FileArticle, FileLine, FileView, LookedView, ReplacedRule, RuleView, ShelfView,
};
pub use live_call::LiveCall;
pub use note_view::{NoteView, WrittenStep};
pub use notes::ReviewOrder;
pub use past_calls::PastCallsQuery;
pub use sidetone_access::Principal;
pub use tap::{TapCall, TapRequest};
pub use transcripts::{Query, StrainError, in_characters, strain};

use crate::access::Guard;
use crate::board::LiveBoard;
use crate::calls::{Calls, PersonRates};
use crate::config::Config;
use crate::delivery::{self, Tell};
use crate::event_bus::EventBus;
use crate::readiness::Readiness;
use crate::receptions::Entrance;
use crate::services::Services;
use crate::telemetry::Metrics;
use strangers::Strangers;
use tokio::sync::{Semaphore, mpsc};
use tracing::warn;

/// People who may wait to log in: a hash takes some 50 ms, so that the last of them waits a few seconds.
const MOST_LOGGING_IN: usize = 64;

/// The use cases. Clones share what they work on.
#[derive(Clone)]
pub struct Api(Arc<Inner>, Entrance);

struct Inner {
    guard: Guard,
    calls: Calls,
    bus: EventBus,
    services: Arc<Services>,
    metrics: Arc<Metrics>,
    board: LiveBoard,
    readiness: Readiness,
    followers: Arc<Semaphore>,
    /// Those who wait to log in, and whose turn it is.
    logging_in: Arc<Semaphore>,
    login_turns: Semaphore,
    strangers: Strangers,
    /// Tells what becomes of notes, and whose turn it is to.
    tell: Tell,
    reviewing: Mutex<()>,
    /// Whose turn it is to publish articles and rules, and to try them.
    publishing: tokio::sync::Mutex<()>,
    /// Whose turn it is to have a draft looked at, which takes a core for a moment.
    checking: Semaphore,
    trials: Semaphore,
    friction_rates: PersonRates,
    config: Arc<Config>,
    /// Where calls of an rtpengine are tapped, once there is such a place.
    taps: OnceLock<mpsc::Sender<TapRequest>>,
}

/// What the use cases work on.
pub struct Parts {
    /// Finds out who asks.
    pub guard: Guard,
    /// The live calls.
    pub calls: Calls,
    /// What they emit.
    pub bus: EventBus,
    /// What stands behind them.
    pub services: Arc<Services>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Figures over time, and thresholds.
    pub board: LiveBoard,
    /// Whether calls are taken.
    pub readiness: Readiness,
    /// Checked.
    pub config: Arc<Config>,
}

impl Api {
    /// The use cases over `parts`.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            guard,
            calls,
            bus,
            services,
            metrics,
            board,
            readiness,
            config,
        } = parts;
        let entrance = calls.receptions().at("api");
        let tell = delivery::teller(services.store.clone(), bus.clone());
        let inner = Inner {
            guard,
            calls,
            bus,
            services,
            metrics,
            board,
            readiness,
            followers: Arc::new(Semaphore::new(config.server.max_subscribers)),
            logging_in: Arc::new(Semaphore::new(MOST_LOGGING_IN)),
            login_turns: Semaphore::new(1),
            strangers: Strangers::default(),
            tell,
            reviewing: Mutex::new(()),
            publishing: tokio::sync::Mutex::new(()),
            checking: Semaphore::new(1),
            trials: Semaphore::new(1),
            friction_rates: PersonRates::default(),
            config,
            taps: OnceLock::new(),
        };
        Self(Arc::new(inner), entrance)
    }

    /// The same, for those who come through that door.
    pub(crate) fn through(&self, door: &str) -> Self {
        Self(self.0.clone(), self.0.calls.receptions().at(door))
    }

    /// The door that is asked through.
    pub(crate) fn entrance(&self) -> &Entrance {
        &self.1
    }

    /// Somebody is turned away at the door that is asked through, before anything is asked for.
    pub(crate) fn refused(&self, why: &str) {
        self.0.metrics.door("refused");
        self.1.refused(why);
    }

    /// The same for want of room, which the log tells now and then.
    pub(crate) fn crowded(&self, why: &str) {
        self.refused(why);
        if let Some(times) = self.1.crowded() {
            let door = self.1.name();
            warn!(
                door,
                times, why, "whoever comes is turned away; told once a minute"
            );
        }
    }

    /// Something has come to that door that cannot be read, and belongs to nobody.
    pub(crate) fn stray(&self) {
        self.0.metrics.stray();
        self.1.stray();
    }

    /// The origins of pages that may show the desk in a frame.
    pub fn embed_origins(&self) -> &[String] {
        &self.0.config.server.embed_origins
    }

    /// Names under which browsers reach an open engine.
    pub(crate) fn hosts(&self) -> &[String] {
        &self.0.config.access.hosts
    }

    /// How customers are told that their mood is read; `None` where it is not.
    pub(crate) fn mood_notice(&self) -> Option<&str> {
        let emotion = &self.0.config.call.emotion;
        emotion.read.then_some(&emotion.notice)
    }

    /// What is counted.
    pub(crate) fn counts(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Figures over time, and thresholds.
    #[cfg(test)]
    pub(crate) fn live_board(&self) -> &LiveBoard {
        &self.0.board
    }

    /// Finds out who asks.
    pub(crate) fn guard(&self) -> &Guard {
        &self.0.guard
    }

    /// The live calls, for the engine that stops them.
    pub(crate) fn live(&self) -> &Calls {
        &self.0.calls
    }
}
