//! Whether whoever is on the line has called before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sidetone_core::recent_callers::RecentCallers;
use sidetone_types::time::unix_millis;
use tracing::warn;

use super::CalledBefore;
use crate::storage::{CallStore, CallsQuery, PageSize};

/// Pages of earlier calls that are read when the engine starts: 20,000 calls.
const PAGES: usize = 100;

/// The calls of the last week, by number. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Recent(Arc<Mutex<RecentCallers>>);

impl Recent {
    /// A call of `number` is opened. Gives what was known of earlier ones.
    pub fn came(&self, number: &str, opened: SystemTime) -> Option<CalledBefore> {
        let earlier = self.lock().came(number, unix_millis(opened));
        earlier.map(Into::into)
    }

    /// Takes up what earlier engines have kept. Blocks.
    pub fn recall(&self, store: &dyn CallStore) {
        let since = RecentCallers::since(unix_millis(SystemTime::now()));
        let mut query = CallsQuery {
            from_ms: Some(since),
            size: PageSize::MOST,
            ..CallsQuery::default()
        };
        for _ in 0..PAGES {
            let page = match store.reader().calls(&query) {
                Ok(page) => page,
                Err(error) => {
                    warn!(%error, "who has called of late is not known from earlier calls");
                    return;
                }
            };
            let mut recent = self.lock();
            for call in page.calls.iter().filter(|call| !call.number().is_empty()) {
                recent.recall(call.number(), call.opened_ms);
            }
            drop(recent);
            let Some(next) = page.next else { return };
            query.before = Some(next);
        }
    }

    fn lock(&self) -> MutexGuard<'_, RecentCallers> {
        // Every change leaves it whole, so a panic elsewhere does too.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
