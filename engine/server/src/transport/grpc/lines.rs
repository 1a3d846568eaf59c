//! Calls whose streams may come back after they have broken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sidetone_types::id::CallId;
use tokio::sync::MutexGuard;
use tokio_util::sync::CancellationToken;

use super::feed::Feed;

/// Those that are open, by their calls.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<HashMap<CallId, Arc<Line>>>>);

/// What streams bring to one call, one after the other.
pub(super) struct Line {
    feed: tokio::sync::Mutex<Feed>,
    /// For how long it waits for the next stream.
    within: Duration,
    /// Has the stream that holds it let go.
    replaced: Mutex<CancellationToken>,
}

impl Lines {
    /// A line for a call. Streams find it if it waits for them.
    pub fn open(&self, id: &CallId, feed: Feed, within: Duration) -> Arc<Line> {
        let line = Arc::new(Line {
            feed: tokio::sync::Mutex::new(feed),
            within,
            replaced: Mutex::default(),
        });
        if !within.is_zero() {
            self.lock().insert(id.clone(), line.clone());
        }
        line
    }

    /// The line of a call.
    pub fn find(&self, id: &CallId) -> Option<Arc<Line>> {
        self.lock().get(id).cloned()
    }

    /// No stream finds it any more.
    pub fn close(&self, id: &CallId) {
        self.lock().remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CallId, Arc<Line>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Takes it, from the stream that holds it if there is one. The token tells when another stream
    /// wants it.
    pub async fn take(&self) -> (MutexGuard<'_, Feed>, CancellationToken) {
        let replaced = CancellationToken::new();
        let before = {
            let mut held = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *held, replaced.clone())
        };
        before.cancel();
        (self.feed.lock().await, replaced)
    }

    /// Waits for the next stream once one has broken. Whether none has come, and the line is to be
    /// given up.
    pub async fn is_left(&self, replaced: &CancellationToken) -> bool {
        tokio::select! {
            biased;
            () = replaced.cancelled() => false,
            () = tokio::time::sleep(self.within) => true,
        }
    }

    /// Ends its call as one whose stream has gone, unless one has come in this very moment.
    pub async fn disconnect(&self) {
        if let Ok(feed) = self.feed.try_lock() {
            feed.disconnect().await;
        }
    }
}
