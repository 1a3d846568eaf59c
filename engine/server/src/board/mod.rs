//! The operations board: samples what is counted, keeps the means of hours, and tells who wants to know
//! that a threshold is passed, and that it is not any more.
//!
//! ```text
//! Metrics ─► sampled each `board.step_ms` ─► core's Board ─► Turned ─┬─► desks (GET /v1/events)
//!                                              │  ▲                  ├─► webhook (a thread)
//!                                              ▼  │                  └─► e-mail (a thread)
//!                                        means by the hour, thresholds (store)
//! ```

mod config;
mod email;
mod hmac;
mod notice;
mod tell;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sidetone_core::board::{
    Board, HOURS_KEPT, Hour, Hours, MOST_THRESHOLDS, Reading, Standing, Threshold, Thresholds,
    Turned, hour_of,
};
use tokio::sync::broadcast;
use tracing::{info, warn};

pub use config::{BoardConfig, EmailConfig, EmailTls, WebhookConfig};
pub use notice::Notice;
use tell::Teller;

use crate::storage::{BoardStore, CallStore, RaisedSince, StoreError, now_ms};
use crate::telemetry::Metrics;

/// Notices that a desk may fall behind by. One that falls behind further is told how things stand.
const NOTICES: usize = 2 * MOST_THRESHOLDS;
/// The hour that goes on is kept so often: a crash loses no more of it.
const KEPT_EVERY_MS: i64 = 5 * 60_000;

/// The board of an engine. Clones share it.
#[derive(Clone)]
pub struct LiveBoard(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    store: Arc<dyn BoardStore>,
    notices: broadcast::Sender<Notice>,
    teller: Teller,
    metrics: Arc<Metrics>,
    step_ms: u32,
}

struct State {
    board: Board,
    revision: u64,
    kept: Option<(Hour, i64)>,
    /// What the store has as raised.
    raised: RaisedSince,
}

impl State {
    fn raised(&self) -> RaisedSince {
        let raised = self.board.raised().into_iter();
        raised.map(|one| (one.threshold.id, one.since_ms)).collect()
    }
}

/// The thresholds, and how they stand.
#[derive(Clone, Debug)]
pub struct Standings {
    /// How often they were changed.
    pub revision: u64,
    /// Each with where it stands, and what was last compared with its limit.
    pub thresholds: Vec<(Threshold, Standing, Option<f64>)>,
}

impl LiveBoard {
    /// The board that `store` keeps, which tells whom `config` names. Waits for the disk.
    pub fn open(
        store: &dyn CallStore,
        config: &BoardConfig,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, StoreError> {
        let store = store.board()?;
        let mut hours = Hours::default();
        for (hour, figure, mean) in store.hours(hour_of(now_ms()) - HOURS_KEPT)? {
            hours.restore(hour, figure, mean);
        }
        let kept = store.thresholds()?;
        let mut board = Board::new(hours, kept.thresholds);
        for (id, since_ms) in &kept.raised {
            board.restore(id, *since_ms, now_ms());
        }
        metrics.thresholds_raised(board.raised().len());
        Ok(Self(Arc::new(Inner {
            state: Mutex::new(State {
                board,
                revision: kept.revision,
                kept: None,
                raised: kept.raised,
            }),
            store,
            notices: broadcast::channel(NOTICES).0,
            teller: Teller::start(config, metrics),
            metrics: metrics.clone(),
            step_ms: config.step_ms,
        })))
    }

    /// From one sample to the next.
    pub fn step_ms(&self) -> u32 {
        self.0.step_ms
    }

    /// Takes a sample, and tells what has turned by it.
    pub(crate) fn take(&self, at_ms: i64, reading: Reading) {
        let mut state = self.lock();
        let turned = state.board.take(at_ms, reading);
        self.tell(&state, &turned);
    }

    /// Looks at the board as it is now.
    pub fn look<T>(&self, at: impl FnOnce(&Board) -> T) -> T {
        at(&self.lock().board)
    }

    /// How the thresholds stand.
    pub fn standings(&self) -> Standings {
        let state = self.lock();
        let all = state.board.thresholds();
        Standings {
            revision: state.revision,
            thresholds: all
                .map(|(one, standing, measured)| (one.clone(), standing, measured))
                .collect(),
        }
    }

    /// Has other thresholds hold from now on, over those of revision `read`, and on the disk. Whether it
    /// did: `false` if they have changed since. Blocks.
    pub(crate) fn set(&self, read: u64, thresholds: Thresholds) -> Result<bool, StoreError> {
        // The store lets one of two through: nobody who looks at the board waits for the disk.
        let Some(revision) = self.0.store.keep_thresholds(read, &thresholds)? else {
            return Ok(false);
        };
        let mut state = self.lock();
        if revision > state.revision {
            state.revision = revision;
            let turned = state.board.set(thresholds, now_ms());
            self.tell(&state, &turned);
        }
        Ok(true)
    }

    /// Hears what turns from now on, and how things stand.
    pub fn listen(&self) -> (Vec<Notice>, broadcast::Receiver<Notice>) {
        // In this order: what turns in between is told twice rather than never.
        let notices = self.0.notices.subscribe();
        (self.raised(), notices)
    }

    /// What is raised.
    pub fn raised(&self) -> Vec<Notice> {
        self.lock().board.raised().iter().map(Notice::of).collect()
    }

    /// Keeps what is raised, and the means of the hour that goes on, and of the one before if it has just
    /// ended. `now` keeps them whenever they were last kept. Blocks.
    pub(crate) fn keep(&self, at_ms: i64, now: bool) -> Result<(), StoreError> {
        self.keep_raised()?;
        let hour = hour_of(at_ms);
        let due: Vec<_> = {
            let mut state = self.lock();
            let (last, kept_ms) = *state.kept.get_or_insert((hour, at_ms));
            if !now && last == hour && at_ms - kept_ms < KEPT_EVERY_MS {
                return Ok(());
            }
            let hours = (last.min(hour)..=hour).rev().take(2);
            hours
                .map(|hour| (hour, state.board.hours().of(hour)))
                .collect()
        };
        for (one, means) in due {
            self.0.store.keep_hour(one, &means, hour - HOURS_KEPT)?;
        }
        self.lock().kept = Some((hour, at_ms));
        Ok(())
    }

    fn keep_raised(&self) -> Result<(), StoreError> {
        let raised = {
            let state = self.lock();
            let raised = state.raised();
            if raised == state.raised {
                return Ok(());
            }
            raised
        };
        self.0.store.keep_raised(&raised)?;
        self.lock().raised = raised;
        Ok(())
    }

    /// Tells what has turned, before anything else turns: none of these waits for anybody.
    fn tell(&self, state: &State, turned: &[Turned]) {
        if turned.is_empty() {
            return;
        }
        for one in turned {
            let notice = Notice::of(one);
            let (threshold, measured) = (&one.threshold.id, one.measured);
            match one.raised {
                true => warn!(threshold, measured, "a threshold is passed"),
                false => info!(threshold, measured, "a threshold is not passed any more"),
            }
            // Nobody may listen.
            let _ = self.0.notices.send(notice.clone());
            self.0.teller.tell(notice);
        }
        let raised = state.board.raised().len();
        self.0.metrics.thresholds_raised(raised);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The board is whole after every step, so a panic elsewhere leaves it usable.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
