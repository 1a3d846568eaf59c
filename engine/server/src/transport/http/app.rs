//! What the handlers share.

use tokio_util::sync::CancellationToken;

use crate::api::Api;

/// What the handlers share.
#[derive(Clone)]
pub(super) struct App {
    pub api: Api,
    /// Ends the streams of events.
    pub done: CancellationToken,
}
