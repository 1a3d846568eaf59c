//! When an entry is on the disk.

use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, TryAcquireError, oneshot};
use tokio::time::timeout;

use super::writer::{Message, Order};
use crate::error::AuditError;

/// What became of an entry: its number.
pub type Written = Result<u64, AuditError>;

/// How often a thread looks for room.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// The way to the writer's thread, with room for so many.
#[derive(Clone)]
pub struct Queue {
    /// A permit goes with each entry until it is on the disk.
    pub room: Arc<Semaphore>,
    /// Where they go.
    pub orders: Sender<Message>,
    /// How many fit.
    pub size: usize,
    /// How long to wait for room and for the disk.
    pub patience: Duration,
}

impl Queue {
    /// Puts `order` in if there is room.
    pub fn put(&self, mut order: Box<Order>, told: oneshot::Receiver<Written>) -> Receipt {
        let state = match Arc::clone(&self.room).try_acquire_owned() {
            Ok(room) => {
                order.room = Some(room);
                self.send(order);
                State::Queued
            }
            Err(TryAcquireError::NoPermits) => State::Waiting(order),
            // The sender of its answer is dropped, which says as much.
            Err(TryAcquireError::Closed) => State::Queued,
        };
        Receipt {
            state,
            told,
            queue: self.clone(),
        }
    }

    fn send(&self, order: Box<Order>) {
        // If the thread has ended, the order is dropped, and the receipt says that the log is closed.
        let _ = self.orders.send(Message::Write(order));
    }
}

/// Says when an entry is on the disk, and its number: `log.write(entry).await`. Who has not waited for it does not
/// know that the entry is written, and if the queue was full, it is not.
#[must_use = "an entry is on the disk only once its receipt says so"]
pub struct Receipt {
    state: State,
    told: oneshot::Receiver<Written>,
    queue: Queue,
}

enum State {
    Queued,
    /// There was no room.
    Waiting(Box<Order>),
}

impl Receipt {
    /// Waits until the entry is on the disk; no longer than the log's patience.
    pub async fn written(self) -> Written {
        let Self { state, told, queue } = self;
        let began = Instant::now();
        if let State::Waiting(mut order) = state {
            match timeout(queue.patience, Arc::clone(&queue.room).acquire_owned()).await {
                Err(_) => {
                    return Err(AuditError::Full {
                        waiting: queue.size,
                    });
                }
                Ok(Err(_)) => return Err(AuditError::Closed),
                Ok(Ok(room)) => order.room = Some(room),
            }
            queue.send(order);
        }
        let left = queue.patience.saturating_sub(began.elapsed());
        match timeout(left, told).await {
            Err(_) => Err(AuditError::Slow),
            Ok(told) => told.unwrap_or(Err(AuditError::Closed)),
        }
    }

    /// [`Receipt::written`], for threads.
    pub fn wait(mut self) -> Written {
        let until = Instant::now() + self.queue.patience;
        if let State::Waiting(mut order) = self.state {
            let room = loop {
                match Arc::clone(&self.queue.room).try_acquire_owned() {
                    Ok(room) => break room,
                    Err(TryAcquireError::Closed) => return Err(AuditError::Closed),
                    Err(TryAcquireError::NoPermits) if Instant::now() >= until => {
                        return Err(AuditError::Full {
                            waiting: self.queue.size,
                        });
                    }
                    Err(TryAcquireError::NoPermits) => std::thread::sleep(LOOK_AGAIN),
                }
            };
            order.room = Some(room);
            self.queue.send(order);
        }
        loop {
            match self.told.try_recv() {
                Ok(written) => return written,
                Err(oneshot::error::TryRecvError::Closed) => return Err(AuditError::Closed),
                Err(oneshot::error::TryRecvError::Empty) if Instant::now() >= until => {
                    return Err(AuditError::Slow);
                }
                Err(oneshot::error::TryRecvError::Empty) => std::thread::sleep(LOOK_AGAIN),
            }
        }
    }
}

impl IntoFuture for Receipt {
    type Output = Written;
    type IntoFuture = Pin<Box<dyn Future<Output = Written> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.written())
    }
}
