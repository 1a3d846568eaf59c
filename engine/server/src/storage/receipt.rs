//! When a change is on the disk.

use std::time::Duration;

use tokio::sync::oneshot;

use super::StoreError;

/// What became of a change.
pub type Committed = Result<(), StoreError>;

/// Whoever changes a call waits for the disk no longer than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says when a change is committed. Need not be kept: the change is made anyway.
pub struct Receipt(oneshot::Receiver<Committed>);

impl Receipt {
    /// A receipt, and where the store says what became of the change.
    pub fn pair() -> (oneshot::Sender<Committed>, Self) {
        let (tell, receipt) = oneshot::channel();
        (tell, Self(receipt))
    }

    /// Waits until the change is committed, or written down elsewhere for the next engine.
    pub async fn committed(self) -> Committed {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }

    /// [`Receipt::committed`], for whoever does not wait for a disk that takes nothing: `None` after five seconds.
    pub async fn committed_soon(self) -> Option<Committed> {
        tokio::time::timeout(PATIENCE, self.committed()).await.ok()
    }

    /// [`Receipt::committed`], for threads.
    pub fn wait(self) -> Committed {
        self.0.blocking_recv().unwrap_or(Err(StoreError::Stopped))
    }
}
