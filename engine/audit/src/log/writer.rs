//! The thread that writes: it takes what has gathered, puts it on the disk, and answers all at once.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::open::Opened;
use super::receipt::Written;
use super::retention;
use super::tape::Tape;
use super::{AuditOptions, Counts};
use crate::entry::Entry;
use crate::error::AuditError;

/// Most entries that are written as one. A megabyte at most as people write, and no more than a disk takes in some
/// milliseconds.
const MAX_BATCH: usize = 1_024;

/// With `keep_days`, a segment is no longer than this.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What tells the time.
pub type Clock = Box<dyn Fn() -> Timestamp + Send>;

/// What the thread is told.
pub enum Message {
    /// To write an entry.
    Write(Box<Order>),
    /// To write what is there, and end.
    Close,
}

/// An entry to be written.
pub struct Order {
    /// When it was handed over.
    pub at: Timestamp,
    /// What it is.
    pub entry: Entry,
    /// Who waits for it.
    pub tell: oneshot::Sender<Written>,
    /// Its place in the queue, until it is written.
    pub room: Option<OwnedSemaphorePermit>,
}

/// The thread.
pub struct Writer {
    tape: Tape,
    _claim: File,
    incoming: Receiver<Message>,
    options: AuditOptions,
    clock: Clock,
    counts: Arc<Counts>,
    /// Entries since the last checkpoint.
    unsigned: u64,
}

impl Writer {
    /// Goes on with `opened`, which ends with a checkpoint.
    pub fn new(
        opened: Opened,
        incoming: Receiver<Message>,
        options: AuditOptions,
        clock: Clock,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            tape: opened.tape,
            _claim: opened.claim,
            incoming,
            options,
            clock,
            counts,
            unsigned: 0,
        }
    }

    /// Writes until the log is closed, and then its last line.
    pub fn run(mut self) -> Result<(), AuditError> {
        let mut open = true;
        while open {
            let Ok(mut message) = self.incoming.recv() else {
                break;
            };
            let mut batch = Vec::new();
            loop {
                match message {
                    Message::Write(order) => batch.push(*order),
                    // Who was let in before that has sent by now, or is answered that the log is closed.
                    Message::Close => open = false,
                }
                if batch.len() == MAX_BATCH {
                    break;
                }
                match self.incoming.try_recv() {
                    Ok(next) => message = next,
                    Err(_) => break,
                }
            }
            self.write(batch);
        }
        self.write_rest();
        self.close()
    }

    /// Writes what stands behind the order to close.
    fn write_rest(&mut self) {
        let rest: Vec<_> = self.incoming.try_iter().collect();
        let orders = rest.into_iter().filter_map(|message| match message {
            Message::Write(order) => Some(*order),
            Message::Close => None,
        });
        self.write(orders.collect());
    }

    fn close(&mut self) -> Result<(), AuditError> {
        let mut end = self.tape.end();
        let mut line = Vec::new();
        end.checkpoint((self.clock)(), "closed", self.tape.signer(), &mut line);
        self.tape.add(&line, end)
    }

    /// Writes `batch` as one, and tells all who wait for it.
    fn write(&mut self, batch: Vec<Order>) {
        if batch.is_empty() {
            return;
        }
        match self.try_write(&batch) {
            Ok(numbers) => {
                self.counts.written(batch.len());
                for (order, number) in batch.into_iter().zip(numbers) {
                    // Who has gone away need not know.
                    let _ = order.tell.send(Ok(number));
                }
            }
            Err(error) => {
                self.counts.refused(batch.len());
                for order in batch {
                    let _ = order.tell.send(Err(error.clone()));
                }
            }
        }
    }

    fn try_write(&mut self, batch: &[Order]) -> Result<Vec<u64>, AuditError> {
        self.turn_if_due()?;
        let mut end = self.tape.end();
        let mut unsigned = self.unsigned;
        let mut lines = Vec::with_capacity(batch.len() * 512);
        let mut numbers = Vec::with_capacity(batch.len());
        for order in batch {
            numbers.push(end.entry(order.at, &order.entry, false, &mut lines));
            unsigned += 1;
            if unsigned >= self.options.checkpoint_every {
                end.checkpoint((self.clock)(), "count", self.tape.signer(), &mut lines);
                unsigned = 0;
            }
        }
        self.tape.add(&lines, end)?;
        self.unsigned = unsigned;
        Ok(numbers)
    }

    /// Begins another segment if this one is long enough, and removes those that are old.
    fn turn_if_due(&mut self) -> Result<(), AuditError> {
        let now = (self.clock)();
        let old = self.options.keep_days > 0 && now.duration_since(self.tape.began()) >= DAY;
        if self.tape.length() < self.options.segment_bytes && !old {
            return Ok(());
        }
        self.tape.turn(now, "segment")?;
        self.unsigned = 0;
        if self.options.keep_days > 0 {
            retention::remove_old(&mut self.tape, now, self.options.keep_days)?;
        }
        Ok(())
    }
}
