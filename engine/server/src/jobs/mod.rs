//! What works in the background for all calls: delivery to the CRM, indexing, and an eye on the
//! authors.

mod indexer;
mod line_emotion;
mod recovery;

use std::sync::Arc;
use std::time::Duration;

use sidetone_audit::{AuditLog, Entry};
use sidetone_kb::archive::Archive;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::crm::CrmConfig;
use crate::delivery::{self, Delivery};
use crate::event_bus::EventBus;
use crate::knowledge::Knowledge;
use crate::services::Services;
use crate::storage::{CallStore, StoreError};
use crate::telemetry::Metrics;

/// How often articles and rules are looked at for changes.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// After so many looks corrections are read again though nothing was committed.
const LEARN_EVERY: u64 = 30;

/// Corrected lines that are learnt from, the newest.
const LEARNT_FROM: usize = 1_000;

pub use indexer::IndexError;

/// Has `archive` take in and forget what the store has, once.
pub(crate) fn catch_up(store: Arc<dyn CallStore>, archive: &Archive) -> Result<(), IndexError> {
    indexer::catch_up(store, archive)
}

/// Runs until the engine stops.
pub(crate) struct BackgroundJobs {
    delivery: Delivery,
    stop: CancellationToken,
    indexer: JoinHandle<()>,
    watcher: JoinHandle<()>,
}

impl BackgroundJobs {
    /// Wraps up what an earlier engine left behind, and starts to work. Waits for the disk.
    pub fn start(
        services: &Services,
        bus: &EventBus,
        metrics: &Arc<Metrics>,
        crm: &CrmConfig,
    ) -> Result<Self, StoreError> {
        recovery::wrap_up_unfinished(services, bus, metrics, crm.review())?;
        let tell = delivery::teller(services.store.clone(), bus.clone());
        let (outbox, retry) = (services.store.outbox()?, crm.retry.clone());
        let delivery = Delivery::start(outbox, services.crm.clone(), retry, tell)?;
        let stop = CancellationToken::new();
        let indexer = indexer::run(
            services.store.clone(),
            services.archive.clone(),
            metrics.clone(),
            stop.clone(),
        );
        let watcher = watch(
            services.knowledge.clone(),
            services.store.clone(),
            (metrics.clone(), services.audit.clone()),
            stop.clone(),
        );
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

/// Has later calls listen for what people have corrected.
fn learn(store: &dyn CallStore, knowledge: &Knowledge) -> Result<(), StoreError> {
    knowledge.learn(store.reader().corrections(LEARNT_FROM)?);
    Ok(())
}

/// Takes up what authors change, and what agents correct, until `stop`.
async fn watch(
    knowledge: Arc<Knowledge>,
    store: Arc<dyn CallStore>,
    (metrics, audit): (Arc<Metrics>, Option<Arc<AuditLog>>),
    stop: CancellationToken,
) {
    let mut commits = store.commits();
    let mut fails = false;
    for round in 0_u64.. {
        if round > 0 {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        // Calls are forgotten without a commit of the engine's own.
        let seldom = round.is_multiple_of(LEARN_EVERY);
        let is_new = fails || seldom || commits.has_changed().unwrap_or(false);
        commits.mark_unchanged();
        if is_new {
            let (store, knowledge) = (store.clone(), knowledge.clone());
            let learnt = tokio::task::spawn_blocking(move || learn(store.as_ref(), &knowledge));
            let why = match learnt.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(error) => Some(error.to_string()),
            };
            // Told once, not every other second.
            if let Some(error) = why.as_ref().filter(|_| !fails) {
                warn!(error, "what was corrected is not taken up");
            }
            fails = why.is_some();
        }
        let knowledge = knowledge.clone();
        match tokio::task::spawn_blocking(move || knowledge.look_again()).await {
            Ok(Ok(true)) => {
                metrics.knowledge_reloaded(true);
                info!("articles or rules have changed and are in use");
                if let Some(audit) = &audit {
                    // It has happened: nobody waits for it.
                    drop(audit.write(Entry {
                        who: "host".to_owned(),
                        by: "files".to_owned(),
                        action: "knowledge_changed".to_owned(),
                        ..Entry::default()
                    }));
                }
            }
            Ok(Ok(false)) => {}
            Ok(Err(error)) => {
                metrics.knowledge_reloaded(false);
                warn!(%error, "articles and rules stay as they were");
            }
            Err(error) => warn!(%error, "articles and rules stay as they were"),
        }
    }
}
