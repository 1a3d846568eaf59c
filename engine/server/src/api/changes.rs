//! What is changed beside the engine about who is let in: it holds within a second, and is written down.

use std::time::Duration;

use sidetone_audit::Entry;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::{Api, ApiError};
use crate::access::Change;

/// Between two looks.
const LOOKED_AGAIN: Duration = Duration::from_secs(1);

impl Api {
    /// Keeps up with it, for ever.
    pub(crate) async fn keep_up_with_access(self) {
        let mut told = false;
        loop {
            tokio::time::sleep(LOOKED_AGAIN).await;
            match self.look_at_access().await {
                Ok(()) => told = false,
                // It is tried again each second.
                Err(error) if !told => {
                    warn!(%error, "changes of who is let in are not written down");
                    told = true;
                }
                Err(_) => {}
            }
        }
    }

    /// Looks once.
    pub(crate) async fn look_at_access(&self) -> Result<(), ApiError> {
        let guard = self.guard().clone();
        let looked = spawn_blocking(move || {
            guard.look();
            guard.changes()
        });
        let changes = looked.await.map_err(ApiError::internal)?;
        let changes = changes.map_err(ApiError::internal)?;
        let Some(last) = changes.last().cloned() else {
            return Ok(());
        };
        for change in changes {
            self.audit(entry(change)).await?;
        }
        let guard = self.guard().clone();
        let forgotten = spawn_blocking(move || guard.forget_changes(&last)).await;
        let forgotten = forgotten.map_err(ApiError::internal)?;
        forgotten.map_err(ApiError::internal)
    }
}

fn entry(change: Change) -> Entry {
    let at = jiff::Timestamp::from_millisecond(change.at_ms).unwrap_or_default();
    let detail = match change.detail.as_str() {
        "" => format!("at {at}"),
        detail => format!("{detail}; at {at}"),
    };
    Entry {
        who: "host".to_owned(),
        by: "files".to_owned(),
        action: change.action,
        what: change.what,
        detail,
        ..Entry::default()
    }
}
