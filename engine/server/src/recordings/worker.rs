//! Threads that are waited for no longer than until a deadline: a disk may hang for ever.

use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam::channel::{Receiver, RecvTimeoutError, bounded};
use tracing::{error, warn};

use super::lock;

/// A thread of ours.
pub(super) struct Worker {
    name: &'static str,
    thread: Mutex<Option<(JoinHandle<()>, Receiver<()>)>>,
}

impl Worker {
    pub fn start(name: &'static str, run: impl FnOnce() + Send + 'static) -> Self {
        let (alive, ended) = bounded(0);
        let run = move || {
            // Dropped when it ends, however that is.
            let _alive = alive;
            run();
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .expect("the system has room for a thread");
        Self {
            name,
            thread: Mutex::new(Some((thread, ended))),
        }
    }

    /// Waits until it has ended, or until `deadline`; it is left alone then.
    pub fn join_by(&self, deadline: Instant) {
        let Some((thread, ended)) = lock(&self.thread).take() else {
            return;
        };
        if let Err(RecvTimeoutError::Timeout) = ended.recv_deadline(deadline) {
            warn!(
                thread = self.name,
                "a thread of recordings waits for the disk: what it has is closed by the next start"
            );
        } else if thread.join().is_err() {
            error!(thread = self.name, "a thread of recordings had panicked");
        }
    }
}
