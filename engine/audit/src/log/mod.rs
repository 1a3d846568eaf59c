//! The log as the engine holds it: entries in, receipts out.

mod disk;
mod open;
mod receipt;
mod retention;
mod tape;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, oneshot};

pub use receipt::Receipt;

use crate::entry::Entry;
use crate::error::AuditError;
use crate::key::PublicKey;
use disk::Disks;
use receipt::Queue;
use writer::{Clock, Message, Order, Writer};

/// Whoever writes a log holds this file of its directory.
pub const LOCK: &str = "lock";

/// How a log is kept.
#[derive(Clone, Copy, Debug)]
pub struct AuditOptions {
    /// A segment of so many bytes is followed by another. Smaller ones are more files, and are forgotten more closely to
    /// their age.
    pub segment_bytes: u64,
    /// Entries between two checkpoints. More of them cost some 50 µs and half a kilobyte each.
    pub checkpoint_every: u64,
    /// Whole segments that end before so many days ago are removed when a new one begins, which then happens once a day at
    /// least; two at a time at most, so that a clock that leaps does not take all. 0 keeps everything.
    pub keep_days: u32,
    /// Entries that may wait for the disk. A second's worth of the busiest engine.
    pub queue: usize,
    /// How long a receipt waits for room in the queue and for the disk.
    pub patience: Duration,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            checkpoint_every: 1_000,
            keep_days: 0,
            queue: 4_096,
            patience: Duration::from_secs(5),
        }
    }
}

/// How the log is doing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Health {
    /// Entries on the disk since the log was opened.
    pub written: u64,
    /// Entries that the disk refused.
    pub refused: u64,
    /// Whether the disk refused the last time.
    pub failing: bool,
}

/// The audit log of one engine. Shared by `Arc`; dropped, it is closed.
pub struct AuditLog {
    queue: Queue,
    thread: Mutex<Option<JoinHandle<Result<(), AuditError>>>>,
    counts: Arc<Counts>,
    key: PublicKey,
}

impl AuditLog {
    /// Opens the log in `dir` and goes on with it, or begins one: then the directory is made, for us only, and the key in the
    /// file `key` too if there is none. A second engine is refused, and so is a log that is not as it was left. Reads the
    /// last segment, and waits for the disk: not for a task.
    ///
    /// What an engine that was killed had written and not acknowledged is cut off, kept in a file beside, and told in an
    /// entry.
    pub fn open(dir: &Path, key: &Path, options: AuditOptions) -> Result<Self, AuditError> {
        Self::start(dir, key, options, disk::real(), Box::new(Timestamp::now))
    }

    fn start(
        dir: &Path,
        key: &Path,
        options: AuditOptions,
        disks: Disks,
        clock: Clock,
    ) -> Result<Self, AuditError> {
        let opened = open::open(dir, key, disks, &clock)?;
        let key = opened.tape.public_key();
        let counts = Arc::default();
        let (orders, incoming) = mpsc::channel();
        let writer = Writer::new(opened, incoming, options, clock, Arc::clone(&counts));
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || writer.run())
            .map_err(AuditError::at(dir))?;
        let size = options.queue.clamp(1, Semaphore::MAX_PERMITS);
        let queue = Queue {
            room: Arc::new(Semaphore::new(size)),
            orders,
            size,
            patience: options.patience,
        };
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
            counts,
            key,
        })
    }

    /// Hands an entry over, with the time it is now. Never waits: the receipt does.
    ///
    /// If the queue is full, the entry is handed over while the receipt is waited for, so that a disk that stalls for a
    /// moment refuses nobody, and one that takes nothing holds up each request no longer than `patience`.
    pub fn write(&self, entry: Entry) -> Receipt {
        let (tell, told) = oneshot::channel();
        let order = Box::new(Order {
            at: Timestamp::now(),
            entry: entry.bounded(),
            tell,
            room: None,
        });
        self.queue.put(order, told)
    }

    /// How it is doing.
    pub fn health(&self) -> Health {
        self.counts.health()
    }

    /// Checks what this log signs.
    pub fn public_key(&self) -> PublicKey {
        self.key
    }

    /// Writes what was handed over, and the closing checkpoint. Waits for the disk: not for a task. Later entries are
    /// refused; closing again does nothing.
    pub fn close(&self) -> Result<(), AuditError> {
        self.queue.room.close();
        // If the thread has ended, its own answer says why.
        let _ = self.queue.orders.send(Message::Close);
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        match thread.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(closed)) => closed,
            Some(Err(_)) => Err(AuditError::Closed),
        }
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        // Who wants to know calls `close`.
        let _ = self.close();
    }
}

/// What [`Health`] is made of.
#[derive(Default)]
struct Counts {
    written: AtomicU64,
    refused: AtomicU64,
    failing: AtomicBool,
}

impl Counts {
    fn written(&self, entries: usize) {
        self.written.fetch_add(entries as u64, Ordering::Relaxed);
        self.failing.store(false, Ordering::Relaxed);
    }

    fn refused(&self, entries: usize) {
        self.refused.fetch_add(entries as u64, Ordering::Relaxed);
        self.failing.store(true, Ordering::Relaxed);
    }

    fn health(&self) -> Health {
        Health {
            written: self.written.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failing: self.failing.load(Ordering::Relaxed),
        }
    }
}
