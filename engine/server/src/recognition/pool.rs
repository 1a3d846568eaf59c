//! Threads that share a queue.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use sidetone_types::recognise::Purpose;
use tracing::error;

use super::priority;
use super::shared_queue::SharedQueue;
use super::worker::Worker;
use crate::telemetry::Metrics;

/// Which jobs come to a pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Duty {
    /// All.
    Everything,
    /// All but second passes.
    Live,
    /// Second passes alone: its threads leave the processor to all others.
    Record,
}

impl Duty {
    /// The queues that are counted under their purpose.
    fn purposes(self) -> &'static [Purpose] {
        match self {
            Self::Everything => &[Purpose::Final, Purpose::Partial, Purpose::Record],
            Self::Live => &[Purpose::Final, Purpose::Partial],
            Self::Record => &[Purpose::Record],
        }
    }
}

/// A queue, and the threads that take from it. They end when it is [stopped](Self::stop), or once
/// nobody is left who could ask and nothing waits.
pub struct Pool {
    queue: Option<Arc<QueueHandle>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The way to the queue; it closes when the last who could ask is gone.
pub struct QueueHandle(Arc<SharedQueue>);

impl Deref for QueueHandle {
    type Target = SharedQueue;

    fn deref(&self) -> &SharedQueue {
        &self.0
    }
}

impl Drop for QueueHandle {
    fn drop(&mut self) {
        self.close();
    }
}

impl Pool {
    /// Starts a thread for each of `workers`.
    pub fn start(duty: Duty, workers: Vec<Worker>, metrics: Arc<Metrics>) -> Self {
        let queue = Arc::new(SharedQueue::new(duty.purposes(), metrics));
        let start = |(i, worker): (usize, Worker)| {
            let queue = queue.clone();
            let name = match duty {
                Duty::Record => "infer-record".to_owned(),
                Duty::Everything | Duty::Live => format!("infer-{i}"),
            };
            let serve = move || {
                if duty == Duty::Record {
                    priority::lower();
                }
                worker.serve(&queue);
            };
            std::thread::Builder::new()
                .name(name)
                .spawn(serve)
                .expect("the system has room for a thread")
        };
        Self {
            threads: Mutex::new(workers.into_iter().enumerate().map(start).collect()),
            queue: Some(Arc::new(QueueHandle(queue))),
        }
    }

    /// The way to its queue.
    pub fn queue(&self) -> Arc<QueueHandle> {
        self.queue.clone().expect("taken only when dropped")
    }

    /// Has the threads end as soon as they look.
    pub fn stop(&self) {
        if let Some(queue) = &self.queue {
            queue.stop();
        }
    }

    /// Waits until the threads have ended.
    pub fn join(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                error!("an inference thread had panicked");
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        self.join();
    }
}
