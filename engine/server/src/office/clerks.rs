//! What works in the background for all calls: delivery to the CRM, indexing, and an eye on the authors.

use std::sync::Arc;
use std::time::Duration;

use sidetone_core::event::{EventKind, Told};
use sidetone_core::id::CallId;
use sidetone_core::outbox::RetryConfig;
use sidetone_core::time::MediaTime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Office, indexer, recovery};
use crate::crm::{Delivery, Note};
use crate::guidance::Guidance;
use crate::hub::Hub;
use crate::store::StoreError;

/// How often articles and rules are looked at for changes.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The office at work.
pub(crate) struct Clerks {
    delivery: Delivery,
    stop: CancellationToken,
    indexer: JoinHandle<()>,
    watcher: JoinHandle<()>,
}

impl Clerks {
    /// Wraps up what an earlier engine left behind, and starts to work. Waits for the disk.
    pub fn start(office: &Office, hub: &Hub, retry: RetryConfig) -> Result<Self, StoreError> {
        recovery::wrap_up_unfinished(office, hub)?;
        let (store, hub) = (office.store.clone(), hub.clone());
        let tell = move |note: &Note, kind: EventKind| {
            let call_id = CallId::new(note.call_id.clone());
            let event = hub.tell(&call_id, &note.agent_id, of_a_note(note, kind));
            store.record(&event);
        };
        let outbox = office.store.outbox()?;
        let delivery = Delivery::start(outbox, office.crm.clone(), retry, Arc::new(tell))?;
        let stop = CancellationToken::new();
        let indexer = indexer::run(office.store.clone(), office.archive.clone(), stop.clone());
        let watcher = watch(office.guidance.clone(), stop.clone());
        Ok(Self {
            delivery,
            indexer: tokio::spawn(indexer),
            watcher: tokio::spawn(watcher),
            stop,
        })
    }

    /// Stops after what is under way. What is left is done by the next engine.
    pub async fn stop(self) {
        self.stop.cancel();
        let delivery = tokio::task::spawn_blocking(move || self.delivery.stop());
        // A clerk that panicked has said so; nothing is lost by it.
        let _ = tokio::join!(delivery, self.indexer, self.watcher);
    }
}

/// Something that concerns a whole call which is over.
fn of_a_note(note: &Note, kind: EventKind) -> Told {
    let length = note.ended_ms.saturating_sub(note.started_ms);
    let end = MediaTime::from_millis(length);
    Told::of_the_call(end, end, kind)
}

/// Takes up what authors change, until `stop`.
async fn watch(guidance: Arc<Guidance>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let guidance = guidance.clone();
        match tokio::task::spawn_blocking(move || guidance.look_again()).await {
            Ok(Ok(true)) => info!("articles or rules have changed and are in use"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => warn!(%error, "articles and rules stay as they were"),
            Err(error) => warn!(%error, "articles and rules stay as they were"),
        }
    }
}
