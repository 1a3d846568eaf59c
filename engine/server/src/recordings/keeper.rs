//! The thread that closes recordings and removes files. What fails is tried again while the engine runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use super::closing::Closing;
use super::keeping::{remove_gone, sweep};
use super::mute::Span;
use super::worker::Worker;
use super::{RecordingError, Shared};

/// How soon the file of a recording that was forgotten is removed. Nobody can read it meanwhile.
const LOOK: Duration = Duration::from_secs(5);
/// How soon it is tried again to close what could not be closed.
const AGAIN: Duration = Duration::from_secs(60);

/// What the keeper is asked to do.
pub(super) enum Job {
    /// A stretch of a recording that is written is to be silent.
    Silence(String, Span),
    /// A recording is written. Somebody may wait until it is closed; whether it counts as failed already.
    Close(Closing, bool, Option<oneshot::Sender<()>>),
    /// No more comes.
    Stop,
}

/// Closes recordings and removes files, while the engine runs.
pub(super) struct Keeper {
    jobs: Sender<Job>,
    worker: Worker,
}

impl Keeper {
    /// Closes first what an earlier engine has left, and removes what is nobody's. Blocks.
    pub fn start(shared: Arc<Shared>) -> Result<Self, RecordingError> {
        let (jobs, incoming) = unbounded();
        let now = Instant::now();
        let mut task = Task {
            shared,
            left: Vec::new(),
            is_swept: false,
            look_at: now + LOOK,
            again_at: now + AGAIN,
        };
        for call in task.shared.store.unclosed()? {
            task.close(Closing::left(call), false);
        }
        task.sweep();
        let worker = Worker::start("recordings-keeper", move || task.run(&incoming));
        Ok(Self { jobs, worker })
    }

    pub fn jobs(&self) -> Sender<Job> {
        self.jobs.clone()
    }

    /// Ends it, after all that it was asked to do, or at `deadline`.
    pub fn stop(&self, deadline: Instant) {
        let _ = self.jobs.send(Job::Stop);
        self.worker.join_by(deadline);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop(Instant::now() + super::PATIENCE);
    }
}

pub(super) struct Task {
    pub shared: Arc<Shared>,
    /// What could not be closed, and why.
    left: Vec<(Closing, String)>,
    is_swept: bool,
    look_at: Instant,
    again_at: Instant,
}

impl Task {
    fn run(&mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_deadline(self.look_at) {
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Job::Silence(call, span)) => {
                    // It comes with the end of the recording once more.
                    if let Err(error) = self.shared.store.mark_silent(&call, span) {
                        warn!(call, %error, "a stretch to be silenced is not written down yet");
                    }
                }
                Ok(Job::Close(closing, is_counted, tell)) => {
                    self.close(closing, is_counted);
                    if let Some(tell) = tell {
                        let _ = tell.send(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            if now >= self.look_at {
                self.look_at = now + LOOK;
                self.remove_gone();
            }
            if now >= self.again_at {
                self.again_at = now + AGAIN;
                self.again();
            }
        }
    }

    /// Closes a recording. Where that fails, it is tried again.
    fn close(&mut self, mut closing: Closing, is_counted: bool) {
        let Some(problem) = self.problem(&mut closing) else {
            return;
        };
        if !is_counted {
            self.shared.figures.failed();
        }
        let call = &closing.call;
        error!(
            call,
            problem,
            "a recording is not closed: nobody hears it before it is, which is tried again"
        );
        self.left.push((closing, problem));
    }

    /// Tries once more what has failed.
    fn again(&mut self) {
        for (mut closing, before) in std::mem::take(&mut self.left) {
            let Some(problem) = self.problem(&mut closing) else {
                info!(call = closing.call, "closed a recording that was left open");
                continue;
            };
            if problem != before {
                warn!(
                    call = closing.call,
                    problem, "a recording is still not closed"
                );
            }
            self.left.push((closing, problem));
        }
        self.sweep();
    }

    fn problem(&self, closing: &mut Closing) -> Option<String> {
        match catch_unwind(AssertUnwindSafe(|| closing.close(&self.shared))) {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("closing it failed".to_owned()),
        }
    }

    fn sweep(&mut self) {
        if self.is_swept {
            return;
        }
        match sweep(&self.shared) {
            Ok(()) => self.is_swept = true,
            Err(error) => {
                self.shared.figures.failed();
                error!(%error, "the folder of recordings cannot be looked through, which is tried again");
            }
        }
    }

    fn remove_gone(&self) {
        if let Err(error) = remove_gone(&self.shared.folder, &*self.shared.store) {
            warn!(%error, "files of recordings that were forgotten are not removed yet");
        }
    }
}
