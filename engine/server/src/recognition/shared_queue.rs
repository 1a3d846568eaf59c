//! Where the jobs of all calls wait until a thread fetches them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sidetone_core::queue::JobQueue;
use sidetone_types::id::JobId;
use sidetone_types::recognise::{Job, Purpose, RecogniseError};

use super::{Answers, Reply};
use crate::telemetry::Metrics;

/// A job of one client among all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Key {
    pub client: u64,
    pub job: JobId,
}

/// Who wants a job done, and where the reply goes.
pub struct Requester {
    pub key: Key,
    pub answers: Answers,
    pub asked: Instant,
}

impl Requester {
    pub fn reply(&self, reply: Reply) {
        // A call that is gone needs no answer.
        let _ = self.answers.send((self.key.job, reply));
    }

    /// Whether nobody waits for the reply any more.
    pub fn is_gone(&self) -> bool {
        self.answers.is_closed()
    }

    /// Replies that the job failed for `why`.
    pub fn fail(&self, why: &str) {
        self.reply(Reply::Done(Err(RecogniseError(why.to_owned()))));
    }
}

/// A job that a thread has fetched.
pub struct Work {
    pub requester: Requester,
    pub job: Job,
    /// Whether finals wait behind it.
    pub urged: bool,
}

/// The queue of waiting jobs. A job stays in it until a thread goes on with it at once, so that it
/// can still be overtaken, taken back or given up.
pub struct SharedQueue {
    waiting: Mutex<Waiting>,
    news: Condvar,
    /// No job is worked on any more: also those underway are given up.
    stopped: AtomicBool,
    /// What is counted of it: queues side by side count different jobs.
    purposes: &'static [Purpose],
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Waiting {
    jobs: JobQueue<Requester>,
    /// Nobody is left who could ask.
    closed: bool,
}

impl SharedQueue {
    /// An empty queue. Tells `metrics` how many jobs of these `purposes` wait.
    pub fn new(purposes: &'static [Purpose], metrics: Arc<Metrics>) -> Self {
        Self {
            waiting: Mutex::default(),
            news: Condvar::new(),
            stopped: AtomicBool::new(false),
            purposes,
            metrics,
        }
    }

    pub fn push(&self, requester: Requester, job: Job) {
        let mut waiting = self.lock();
        if self.is_stopped() {
            return requester.fail("the engine stops");
        }
        waiting.jobs.push(requester, job);
        self.emit(&waiting);
        drop(waiting);
        self.news.notify_one();
    }

    /// Makes a final of a partial that waits.
    pub fn promote(&self, key: Key) {
        self.lock().jobs.promote(|requester| requester.key == key);
    }

    /// Takes a job back, if it still waits.
    pub fn cancel(&self, key: Key) {
        self.lock().jobs.cancel(|requester| requester.key == key);
    }

    /// Lets the threads end once nothing waits.
    pub fn close(&self) {
        self.lock().closed = true;
        self.news.notify_all();
    }

    /// Has the threads end as soon as they look. What waits fails, and so does what is asked from
    /// here on.
    pub fn stop(&self) {
        let mut waiting = self.lock();
        self.stopped.store(true, Ordering::Relaxed);
        waiting.closed = true;
        while let Some((requester, _)) = waiting.jobs.take() {
            requester.fail("the engine stops");
        }
        self.emit(&waiting);
        self.news.notify_all();
    }

    /// Whether [`Self::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The next job, if there is one and there is `room` for it.
    pub fn take(&self, room: impl FnOnce(&Job) -> bool) -> Option<Work> {
        self.fetch(&mut self.lock(), room)
    }

    /// The next job, as soon as there is one; none if there never will be.
    pub fn wait(&self) -> Option<Work> {
        let mut waiting = self.lock();
        loop {
            if let Some(work) = self.fetch(&mut waiting, |_| true) {
                return Some(work);
            }
            if waiting.closed {
                return None;
            }
            let woken = self.news.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fetch(&self, waiting: &mut Waiting, room: impl FnOnce(&Job) -> bool) -> Option<Work> {
        for requester in waiting.jobs.shed(Instant::now()) {
            self.metrics.recognition.partials_shed.inc();
            requester.reply(Reply::Shed);
        }
        let taken = waiting
            .jobs
            .next()
            .is_some_and(room)
            .then(|| waiting.jobs.take())
            .flatten();
        self.emit(waiting);
        taken.map(|(requester, job)| Work {
            requester,
            job,
            urged: waiting.jobs.waiting(Purpose::Final) > 0,
        })
    }

    fn emit(&self, waiting: &Waiting) {
        for purpose in self.purposes {
            let jobs = waiting.jobs.waiting(*purpose);
            self.metrics.waiting(*purpose, jobs);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every change of the queue is whole, whatever befell the thread that made it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
