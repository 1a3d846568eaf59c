//! The one thread that writes what calls tell.
//!
//! While the disk refuses, changes wait in memory and are tried again. When the engine stops
//! meanwhile, the [reserve](super::reserve) is given up to make room for them, and what is refused
//! even then is [written down elsewhere](super::spill). A change that fails for another reason is
//! logged with its call and counted, whether somebody waits for its receipt
//! or not.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{oneshot, watch};
use tracing::{error, info};

use super::change::Change;
use super::clock::{self, TrustedClock};
use super::forget;
use super::reserve::Reserve;
use super::sealing::Keys;
use super::spill::Spill;
use crate::storage::receipt::{Committed, Receipt};
use crate::storage::wake_signal::WakeSignal;
use crate::storage::{StoreError, StoreHealth};

/// Changes wait this long for others to share a commit with. Also what a crash may take of the
/// events of a call that is still open; a call that was closed is safe once its [`Receipt`] says
/// so.
const GATHER: Duration = Duration::from_millis(50);

/// More changes than this do not share a commit, so that other connections get their turn.
const MAX_BATCH: usize = 2_000;

/// While the disk refuses, it is tried again this often.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Tries that the last changes get when the engine goes down and the disk refuses.
const LAST_TRIES: usize = 5;

/// Pause between them.
const LAST_TRY_AGAIN: Duration = Duration::from_millis(200);

/// How often old calls are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

struct Order {
    change: Change,
    /// Told once it is committed; `None` where nobody waits.
    receipt: Option<oneshot::Sender<Committed>>,
}

/// Fails a commit in a test.
pub(super) type Fault = Box<dyn FnMut() -> Option<StoreError> + Send>;

/// What the thread needs.
pub(super) struct Setup {
    pub connection: Connection,
    /// Seal what is written.
    pub keys: Keys,
    /// Older calls are forgotten. Recordings are by what they say themselves.
    pub keep: Option<Duration>,
    /// Raised after each commit.
    pub commits: watch::Sender<u64>,
    /// Rung where somebody waited for the commit: a note may be among them.
    pub wake_signal: Arc<WakeSignal>,
    /// Given up for the last changes.
    pub reserve: Reserve,
    /// Takes what is refused even then.
    pub spill: Option<Spill>,
    /// Where a person confirms the clock.
    pub confirmation: PathBuf,
    /// Asked before each commit, in tests.
    pub fault: Option<Fault>,
}

/// Hands changes to the thread. Ends it when dropped, after all that was handed over.
pub(super) struct Writer {
    orders: Mutex<Option<Sender<Order>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    health: Arc<Health>,
}

/// How the writer is.
#[derive(Default)]
struct Health {
    failing_since: Mutex<Option<Instant>>,
    stopping: AtomicBool,
    /// Calls that were begun, but not committed yet.
    beginning: Mutex<HashSet<String>>,
    refusals: AtomicU64,
    failed: AtomicU64,
    spilled: AtomicU64,
    lost: AtomicU64,
}

impl Health {
    fn failing_since(&self) -> MutexGuard<'_, Option<Instant>> {
        // It is one value, so a panic elsewhere leaves it whole.
        self.failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn beginning(&self) -> MutexGuard<'_, HashSet<String>> {
        // Every change to it is one step.
        self.beginning
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Starts the thread.
    pub fn start(setup: Setup) -> Self {
        let (orders, incoming) = unbounded();
        let health: Arc<Health> = Arc::default();
        let mut task = Task {
            clock: None,
            forgot: false,
            spilling: None,
            setup,
            incoming,
            health: Arc::clone(&health),
        };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || task.run())
            .expect("the system has room for a thread");
        Self {
            orders: Mutex::new(Some(orders)),
            thread: Mutex::new(Some(thread)),
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
        let (tell, receipt) = Receipt::pair();
        self.send(Order {
            change,
            receipt: Some(tell),
        });
        receipt
    }

    /// Whether a call of this id was begun and is not committed yet.
    pub fn is_beginning(&self, call_id: &str) -> bool {
        self.health.beginning().contains(call_id)
    }

    /// How it is.
    pub fn health(&self) -> StoreHealth {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let since = *self.health.failing_since();
        StoreHealth {
            failing_for: since.map(|since| since.elapsed()),
            refusals: count(&self.health.refusals),
            failed: count(&self.health.failed),
            spilled: count(&self.health.spilled),
            lost: count(&self.health.lost),
        }
    }

    /// Ends the thread, after all that was handed over.
    pub fn stop(&self) {
        self.health.stopping.store(true, Ordering::Relaxed);
        let orders = self.orders.lock();
        drop(orders.unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            error!("the store's writer had panicked");
        }
    }

    fn send(&self, order: Order) {
        if order.change.begins() {
            let call = order.change.call().to_owned();
            self.health.beginning().insert(call);
        }
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = match orders.as_ref() {
            None => Some(order),
            Some(orders) => orders.send(order).err().map(|unsent| unsent.into_inner()),
        };
        if let Some(order) = unsent {
            self.health.lost.fetch_add(1, Ordering::Relaxed);
            let call = order.change.call();
            error!(call, "the store is closed: a change is lost");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Task {
    setup: Setup,
    incoming: Receiver<Order>,
    health: Arc<Health>,
    /// Read from the store when it is first needed.
    clock: Option<TrustedClock>,
    /// Whether old calls were forgotten whose keys are still in the log of changes.
    forgot: bool,
    /// Why changes are written down elsewhere, once some are: from then on all are.
    spilling: Option<StoreError>,
}

impl Task {
    fn run(&mut self) {
        let mut prune_at = Instant::now();
        loop {
            // In turns with writing, however much there is to write.
            if Instant::now() >= prune_at {
                prune_at = Instant::now() + self.prune();
            }
            match self.incoming.recv_deadline(prune_at) {
                Ok(first) => {
                    let batch = self.gather(first);
                    self.commit(batch);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// `first`, and what comes soon after it. Nobody who waits for a receipt is kept waiting for
    /// more.
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

    /// Commits `batch` as one, as often as it takes: what was accepted is not given up while the
    /// engine runs.
    fn commit(&mut self, batch: Vec<Order>) {
        if let Some(error) = self.spilling.take() {
            // In their order: what follows would find that a call was never begun.
            self.give_up(batch, error);
            return;
        }
        let mut last_tries = 0;
        let results = loop {
            let error = match self.try_commit(&batch) {
                Ok(results) => break results,
                Err(error) => error,
            };
            self.say_failing(&error, batch.len());
            if !self.health.stopping.load(Ordering::Relaxed) {
                std::thread::sleep(TRY_AGAIN);
                continue;
            }
            self.setup.reserve.release();
            last_tries += 1;
            if last_tries == LAST_TRIES {
                self.give_up(batch, error);
                return;
            }
            std::thread::sleep(LAST_TRY_AGAIN);
        };
        if self.health.failing_since().take().is_some() {
            info!("the store writes again");
        }
        let mut awaited = false;
        for (order, result) in batch.into_iter().zip(results) {
            if order.change.begins() {
                self.health.beginning().remove(order.change.call());
            }
            awaited |= order.receipt.is_some();
            self.report(order, result);
        }
        self.setup.commits.send_modify(|commits| *commits += 1);
        if awaited {
            self.setup.wake_signal.ring();
        }
    }

    /// Tells who waits for it what became of an order. A failure that nobody hears of is logged.
    fn report(&self, order: Order, result: Result<(), StoreError>) {
        let failed = result.is_err();
        if failed {
            self.health.failed.fetch_add(1, Ordering::Relaxed);
        }
        let unheard = match order.receipt {
            Some(receipt) => receipt.send(result).err(),
            None => Some(result),
        };
        if let Some(Err(error)) = unheard {
            error!(call = order.change.call(), %error, "a change could not be stored");
        }
    }

    /// Writes down elsewhere what the disk does not take.
    fn give_up(&mut self, batch: Vec<Order>, error: StoreError) {
        let count = batch.len() as u64;
        let changes = batch.iter().map(|order| &order.change);
        let spilled = self.setup.spill.as_mut().map(|spill| spill.write(changes));
        match spilled {
            Some(Ok(file)) => {
                self.health.spilled.fetch_add(count, Ordering::Relaxed);
                let file = file.display();
                error!(%error, changes = count, %file,
                    "the disk did not take the last changes: they are in this file, and the next start takes them up");
                // They are as safe as can be.
                for receipt in batch.into_iter().filter_map(|order| order.receipt) {
                    let _ = receipt.send(Ok(()));
                }
                self.spilling = Some(error);
            }
            not_spilled => {
                self.health.lost.fetch_add(count, Ordering::Relaxed);
                if let Some(Err(error)) = not_spilled {
                    error!(%error, "nothing can be written to `store.spill_dir` either");
                }
                let mut calls: Vec<&str> = batch.iter().map(|order| order.change.call()).collect();
                calls.sort_unstable();
                calls.dedup();
                error!(%error, changes = count, ?calls, "the store gave up: changes are lost");
            }
        }
    }

    /// What became of each change, once all that can be are committed. An error is the disk's, and
    /// the batch is to be tried again.
    fn try_commit(&mut self, batch: &[Order]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        if let Some(error) = self.setup.fault.as_mut().and_then(|fault| fault()) {
            return Err(error);
        }
        let mut transaction = self
            .setup
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut results = Vec::with_capacity(batch.len());
        for order in batch {
            let savepoint = transaction.savepoint()?;
            let result = order.change.make(&savepoint, &self.setup.keys);
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
        self.health.refusals.fetch_add(1, Ordering::Relaxed);
        let mut since = self.health.failing_since();
        if since.is_none() {
            error!(%error, changes, "the store cannot write; it keeps trying and nothing is lost yet");
            *since = Some(Instant::now());
        }
    }

    /// Forgets some old calls, and says when to look again. While the clock is in doubt, nothing is
    /// forgotten.
    fn prune(&mut self) -> Duration {
        // The clock is not asked where nothing is forgotten by it.
        let any = match self.setup.keep {
            Some(_) => Ok(true),
            None => forget::any_is_kept_for_a_time(&self.setup.connection),
        };
        if any.is_ok_and(|any| !any) {
            return PRUNE_EVERY;
        }
        let pruned = match self.trusted_now() {
            Ok(Some(now)) => forget::prune(&mut self.setup.connection, now, self.setup.keep),
            Ok(None) => return PRUNE_EVERY,
            Err(error) => Err(error),
        };
        match pruned {
            Ok(0) => {
                if std::mem::take(&mut self.forgot) {
                    forget::leave_nothing_behind(&self.setup.connection);
                    // The search index forgets too.
                    self.setup.commits.send_modify(|commits| *commits += 1);
                }
                PRUNE_EVERY
            }
            Ok(calls) => {
                self.forgot = true;
                info!(
                    calls,
                    "forgot calls and recordings that were older than they are kept"
                );
                // There may be more; writing goes first.
                Duration::ZERO
            }
            Err(error) => {
                error!(%error, "old calls could not be forgotten");
                PRUNE_EVERY
            }
        }
    }

    /// The wall clock, unless it has leapt.
    fn trusted_now(&mut self) -> Result<Option<SystemTime>, StoreError> {
        let (now, at) = (SystemTime::now(), Instant::now());
        let clock = match &mut self.clock {
            Some(clock) => clock,
            None => {
                let seen = clock::last_seen(&self.setup.connection)?;
                self.clock
                    .insert(TrustedClock::new(seen.unwrap_or(now), at))
            }
        };
        if std::fs::remove_file(&self.setup.confirmation).is_ok() {
            info!("a person has confirmed the clock");
            *clock = TrustedClock::new(now, at);
        }
        if let Err(leap) = clock.check(now, at) {
            let file = self.setup.confirmation.display();
            error!(%leap, "old calls are not forgotten: set the clock right, or make the file {file} if it is");
            return Ok(None);
        }
        clock::set_last_seen(&self.setup.connection, now)?;
        Ok(Some(now))
    }
}
