//! What an engine waits for before it takes calls, as probes ask it.

use std::sync::{Arc, Mutex, PoisonError};

/// What an engine says it is that takes no calls yet.
pub(crate) const STARTING: &str = "starting";

/// Whether calls are taken. Clones share it.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Mutex<State>>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum State {
    Starting(&'static str),
    Ready,
    Draining,
}

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State::Starting("its start"))))
    }
}

impl Readiness {
    /// Calls are not taken before `what` is done.
    pub fn waits_for(&self, what: &'static str) {
        self.set(State::Starting(what));
    }

    /// Calls are taken.
    pub fn ready(&self) {
        self.set(State::Ready);
    }

    /// No more calls are taken.
    pub fn draining(&self) {
        self.set(State::Draining);
    }

    /// Whether the engine goes down.
    pub fn is_draining(&self) -> bool {
        self.get() == State::Draining
    }

    /// Why no calls are taken, if so.
    pub fn check(&self) -> Result<(), String> {
        match self.get() {
            State::Starting(what) => Err(format!("{STARTING}: waits for {what}")),
            State::Ready => Ok(()),
            State::Draining => Err("draining".to_owned()),
        }
    }

    fn get(&self) -> State {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
