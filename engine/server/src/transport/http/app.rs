//! What the handlers share.

use tokio_util::sync::CancellationToken;

use crate::api::{Api, Principal};

/// What the handlers share.
#[derive(Clone)]
pub(super) struct App {
    pub api: Api,
    /// Ends the streams of events.
    pub done: CancellationToken,
}

impl App {
    /// Who asks. There is no login yet.
    pub fn principal(&self) -> Principal {
        Principal::local()
    }
}
