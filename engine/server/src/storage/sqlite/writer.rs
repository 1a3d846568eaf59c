//! The one thread that writes what calls tell.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{oneshot, watch};
use tracing::{error, info};

use super::forget;
use crate::storage::StoreError;
use crate::storage::wake_signal::WakeSignal;

/// Changes wait this long for others to share a commit with. Also what a crash may take of the events of
/// a call that is still open; a call that was closed is safe once its [`Receipt`] says so.
const GATHER: Duration = Duration::from_millis(50);

/// More changes than this do not share a commit, so that other connections get their turn.
const MAX_BATCH: usize = 2_000;

/// While the disk refuses, it is tried again this often.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Tries that the last changes get when the engine goes down and the disk refuses.
const LAST_TRIES: usize = 5;

/// How often old calls are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// A change to the store. May run more than once, until it is committed.
pub(super) type Change = Box<dyn Fn(&Connection) -> Result<(), StoreError> + Send>;

pub(super) struct Order {
    pub change: Change,
    /// Event once it is committed; `None` where nobody waits.
    pub receipt: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// Says when a change is on the disk. Need not be kept: the change is carried out anyway.
pub struct Receipt(oneshot::Receiver<Result<(), StoreError>>);

impl Receipt {
    /// Waits until the change is committed.
    pub async fn committed(self) -> Result<(), StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }

    /// [`Receipt::committed`], for threads.
    pub fn wait(self) -> Result<(), StoreError> {
        self.0.blocking_recv().unwrap_or(Err(StoreError::Stopped))
    }
}

/// Hands changes to the thread. Ends it when dropped, after all that was handed over.
pub(super) struct Writer {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    health: Arc<Health>,
}

#[derive(Default)]
struct Health {
    failing_since: Mutex<Option<Instant>>,
    stopping: AtomicBool,
}

impl Health {
    fn failing_since(&self) -> MutexGuard<'_, Option<Instant>> {
        // It is one value, so a panic elsewhere leaves it whole.
        self.failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Starts the thread. Calls older than `keep` are forgotten by it; after each commit it raises
    /// `commits`, and it rings `wake_signal` where somebody waited for the commit: a note may be among them.
    pub fn start(
        connection: Connection,
        keep: Option<Duration>,
        commits: watch::Sender<u64>,
        wake_signal: Arc<WakeSignal>,
    ) -> Self {
        let (orders, incoming) = unbounded();
        let health: Arc<Health> = Arc::default();
        let mut task = Task {
            connection,
            incoming,
            keep,
            commits,
            wake_signal,
            health: Arc::clone(&health),
        };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || task.run())
            .expect("the system has room for a thread");
        Self {
            orders: Some(orders),
            thread: Some(thread),
            health,
        }
    }

    /// Hands a change over. Never waits.
    pub fn order(&self, change: Change) {
        self.send(Order {
            change,
            receipt: None,
        });
    }

    /// Hands a change over that somebody wants to know committed.
    pub fn order_with_receipt(&self, change: Change) -> Receipt {
        let (tell, receipt) = oneshot::channel();
        self.send(Order {
            change,
            receipt: Some(tell),
        });
        Receipt(receipt)
    }

    /// For how long nothing could be committed.
    pub fn failing_for(&self) -> Option<Duration> {
        let since = *self.health.failing_since();
        since.map(|since| since.elapsed())
    }

    fn send(&self, order: Order) {
        let orders = self.orders.as_ref().expect("taken only when dropped");
        if orders.send(order).is_err() {
            error!("the store's writer is gone: a change is lost");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.health.stopping.store(true, Ordering::Relaxed);
        self.orders = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the store's writer had panicked");
        }
    }
}

struct Task {
    connection: Connection,
    incoming: Receiver<Order>,
    keep: Option<Duration>,
    commits: watch::Sender<u64>,
    wake_signal: Arc<WakeSignal>,
    health: Arc<Health>,
}

impl Task {
    fn run(&mut self) {
        let mut prune_at = Instant::now();
        loop {
            let next = match self.keep {
                Some(_) => self.incoming.recv_deadline(prune_at),
                None => self
                    .incoming
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(first) => {
                    let batch = self.gather(first);
                    self.commit(batch);
                }
                Err(RecvTimeoutError::Timeout) => prune_at = Instant::now() + self.prune(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// `first`, and what comes soon after it. Nobody who waits for a receipt is kept waiting for more.
    fn gather(&self, first: Order) -> Vec<Order> {
        let until = Instant::now() + GATHER;
        let mut batch = vec![first];
        let mut awaited = batch[0].receipt.is_some();
        while batch.len() < MAX_BATCH {
            let next = match awaited {
                true => self.incoming.try_recv().ok(),
                false => self.incoming.recv_deadline(until).ok(),
            };
            let Some(order) = next else { break };
            awaited |= order.receipt.is_some();
            batch.push(order);
        }
        batch
    }

    /// Commits `batch` as one, as often as it takes: what was accepted is not given up while the engine
    /// runs.
    fn commit(&mut self, batch: Vec<Order>) {
        let mut last_tries = 0;
        let results = loop {
            match self.try_commit(&batch) {
                Ok(results) => break results,
                Err(error) => {
                    self.say_failing(&error, batch.len());
                    last_tries += usize::from(self.health.stopping.load(Ordering::Relaxed));
                    if last_tries == LAST_TRIES {
                        error!(changes = batch.len(), "the store gave up: changes are lost");
                        return;
                    }
                    std::thread::sleep(TRY_AGAIN);
                }
            }
        };
        if self.health.failing_since().take().is_some() {
            info!("the store writes again");
        }
        let mut awaited = false;
        for (order, result) in batch.into_iter().zip(results) {
            match (order.receipt, result) {
                // Whoever asked may be gone.
                (Some(receipt), result) => {
                    awaited = true;
                    drop(receipt.send(result));
                }
                (None, Err(error)) => error!(%error, "a change could not be stored"),
                (None, Ok(())) => {}
            }
        }
        self.commits.send_modify(|commits| *commits += 1);
        if awaited {
            self.wake_signal.ring();
        }
    }

    /// What became of each change, once all that can be are committed. An error is the disk's, and the
    /// batch is to be tried again.
    fn try_commit(&mut self, batch: &[Order]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut results = Vec::with_capacity(batch.len());
        for order in batch {
            let savepoint = transaction.savepoint()?;
            let result = (order.change)(&savepoint);
            match &result {
                Ok(()) => savepoint.commit()?,
                Err(error) if error.is_of_the_disk() => return Err(result.expect_err("just seen")),
                // Dropped, the savepoint undoes what this change did.
                Err(_) => drop(savepoint),
            }
            results.push(result);
        }
        transaction.commit()?;
        Ok(results)
    }

    fn say_failing(&self, error: &StoreError, changes: usize) {
        let mut since = self.health.failing_since();
        if since.is_none() {
            error!(%error, changes, "the store cannot write; it keeps trying and nothing is lost yet");
            *since = Some(Instant::now());
        }
    }

    /// Forgets some old calls, and says when to look again.
    fn prune(&mut self) -> Duration {
        let Some(keep) = self.keep else {
            return PRUNE_EVERY;
        };
        match forget::prune(&mut self.connection, keep) {
            Ok(0) => PRUNE_EVERY,
            Ok(calls) => {
                info!(calls, "forgot calls that were older than they are kept");
                // There may be more; writing goes first.
                Duration::ZERO
            }
            Err(error) => {
                error!(%error, "old calls could not be forgotten");
                PRUNE_EVERY
            }
        }
    }
}
