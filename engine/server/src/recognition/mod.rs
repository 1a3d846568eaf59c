//! The models' threads. One recogniser serves all calls: jobs of all of them wait in one queue,
//! sorted by how urgent they are.
//!
//! A thread works on several jobs at a time, a little on each, and fetches another as soon as it
//! would go on with it at once: a short utterance never waits for a long one to end, and what is
//! urgent never stands behind what has been fetched.

mod admission;
pub mod model_loader;
mod recogniser;
#[cfg(test)]
mod script;
mod shared_queue;
mod worker;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use sidetone_core::effort::EffortPolicy;
use sidetone_models::transcriber::Transcriber;
use sidetone_types::id::JobId;
use sidetone_types::recognise::{Hypothesis, Job, RecogniseError};
use tokio::sync::mpsc::UnboundedSender;
use tracing::error;

use self::shared_queue::{Key, Requester, SharedQueue};
use self::worker::Worker;
use crate::telemetry::Metrics;

pub use self::admission::{Admission, Place};
pub use self::recogniser::{Detectors, Models, Recogniser, RecogniserConfig};

/// What becomes of a job.
#[derive(Debug)]
pub enum Reply {
    /// It ran.
    Done(Result<Hypothesis, RecogniseError>),
    /// It was a partial and came too late to be of use.
    Shed,
}

/// Where replies go. Unbounded, yet bounded by the jobs asked: each is replied to once.
pub type Answers = UnboundedSender<(JobId, Reply)>;

/// The inference threads. They end when this is [stopped](Self::stop), or when this and all clients
/// are dropped and nothing waits.
pub struct Inference {
    queue_handle: Option<Arc<QueueHandle>>,
    clients: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The way to the queue; it closes when the last who could ask is gone.
struct QueueHandle(Arc<SharedQueue>);

impl Drop for QueueHandle {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Inference {
    /// Starts a thread for each of `transcribers`, which works on so many jobs `side_by_side`.
    pub fn start(
        transcribers: Vec<Box<dyn Transcriber>>,
        side_by_side: usize,
        policy: EffortPolicy,
        metrics: Arc<Metrics>,
        admission: Arc<Admission>,
    ) -> Self {
        let queue = Arc::new(SharedQueue::new(metrics.clone()));
        let start = |(i, transcriber)| {
            let worker = Worker::new(
                transcriber,
                side_by_side,
                policy,
                (metrics.clone(), admission.clone()),
            );
            let queue = queue.clone();
            std::thread::Builder::new()
                .name(format!("infer-{i}"))
                .spawn(move || worker.serve(&queue))
                .expect("the system has room for a thread")
        };
        Self {
            threads: Mutex::new(transcribers.into_iter().enumerate().map(start).collect()),
            queue_handle: Some(Arc::new(QueueHandle(queue))),
            clients: AtomicU64::new(0),
        }
    }

    /// A way to ask, with replies sent to `answers`.
    pub fn client(&self, answers: Answers) -> Client {
        let queue_handle = self.queue_handle.clone().expect("taken only when dropped");
        Client {
            id: self.clients.fetch_add(1, Ordering::Relaxed),
            queue_handle,
            answers,
        }
    }
}

impl Inference {
    /// Ends the threads and waits for that, some milliseconds long. Jobs that wait or are underway
    /// fail, and so do those that clients ask for afterwards.
    pub fn stop(&self) {
        if let Some(queue_handle) = &self.queue_handle {
            queue_handle.0.stop();
        }
        self.join();
    }

    fn join(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                error!("an inference thread had panicked");
            }
        }
    }
}

impl Drop for Inference {
    fn drop(&mut self) {
        self.queue_handle = None;
        self.join();
    }
}

/// One call's way to the recogniser.
#[derive(Clone)]
pub struct Client {
    id: u64,
    queue_handle: Arc<QueueHandle>,
    answers: Answers,
}

impl Client {
    /// Asks for a job to be run.
    pub fn recognise(&self, job_id: JobId, job: Job) {
        let requester = Requester {
            key: self.key(job_id),
            answers: self.answers.clone(),
            asked: Instant::now(),
        };
        self.queue_handle.0.push(requester, job);
    }

    /// Makes a final of a partial that waits.
    pub fn promote(&self, job_id: JobId) {
        self.queue_handle.0.promote(self.key(job_id));
    }

    /// Takes a job back, if it still waits.
    pub fn cancel(&self, job_id: JobId) {
        self.queue_handle.0.cancel(self.key(job_id));
    }

    fn key(&self, job: JobId) -> Key {
        Key {
            client: self.id,
            job,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sidetone_models::transcriber::OneByOne;
    use sidetone_types::lang::{ChineseScript, Lang};
    use sidetone_types::recognise::{Purpose, Rejection, Vocabulary};
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// Panics over audio of one sample, fails over two, and hears nothing in any other.
    fn moody() -> Box<dyn Transcriber> {
        Box::new(OneByOne::new(|job: &Job| match job.audio.len() {
            1 => panic!("of this job"),
            2 => Err(RecogniseError("two samples".to_owned())),
            _ => Ok(Hypothesis::silence(Lang::EN, Rejection::Empty)),
        }))
    }

    fn job(samples: usize, purpose: Purpose, due: Instant) -> Job {
        Job {
            purpose,
            due,
            audio: vec![0.0; samples].into(),
            languages: Arc::new([Lang::EN]),
            script: ChineseScript::Simplified,
            confirmed: None,
            expected: None,
            kept: None,
            vocabulary: Vocabulary::default(),
            voice: None,
        }
    }

    fn admission() -> Arc<Admission> {
        Arc::new(Admission::new(&Default::default(), 2, None))
    }

    fn start() -> Inference {
        Inference::start(
            vec![moody(), moody()],
            1,
            EffortPolicy::default(),
            Arc::default(),
            admission(),
        )
    }

    #[test]
    fn every_job_is_replied_to_once_even_if_the_model_panics() {
        let inference = start();
        let (answers, mut replies) = unbounded_channel();
        let client = inference.client(answers);
        let due = Instant::now() + Duration::from_secs(60);
        for id in 0..30 {
            client.recognise(JobId(id), job(id as usize % 3 + 1, Purpose::Final, due));
        }
        drop((client, inference));
        let mut seen = Vec::new();
        while let Some((id, reply)) = replies.blocking_recv() {
            let Reply::Done(answer) = reply else {
                panic!("a final was shed")
            };
            assert_eq!(answer.is_ok(), id.0 % 3 == 2);
            seen.push(id.0);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..30).collect::<Vec<_>>());
    }

    #[test]
    fn what_waits_fails_when_the_threads_are_stopped_and_nothing_is_left_unanswered() {
        let (begun, first_begun) = std::sync::mpsc::channel();
        let (go_on, held) = std::sync::mpsc::channel::<()>();
        let slow = OneByOne::new(move |_: &Job| {
            let _ = begun.send(());
            let _ = held.recv();
            Ok(Hypothesis::silence(Lang::EN, Rejection::Empty))
        });
        let inference = Inference::start(
            vec![Box::new(slow)],
            1,
            EffortPolicy::default(),
            Arc::default(),
            admission(),
        );
        let (answers, mut replies) = unbounded_channel();
        let client = inference.client(answers);
        let due = Instant::now() + Duration::from_secs(60);
        for id in 0..3 {
            client.recognise(JobId(id), job(5, Purpose::Final, due));
        }
        first_begun.recv().expect("the first is worked on");
        let failed = |reply| matches!(reply, Reply::Done(Err(_)));
        std::thread::scope(|scope| {
            scope.spawn(|| inference.stop());
            for _ in 0..2 {
                let (id, reply) = replies.blocking_recv().expect("a reply");
                assert!(id.0 > 0 && failed(reply), "{id:?} waited");
            }
            drop(go_on);
        });
        let (id, reply) = replies.blocking_recv().expect("a reply");
        assert!(id == JobId(0) && !failed(reply), "it was done by then");
        client.recognise(JobId(7), job(5, Purpose::Final, due));
        let (id, reply) = replies.blocking_recv().expect("a reply");
        assert!(id == JobId(7) && failed(reply), "nobody is left to work");
    }

    #[test]
    fn a_partial_that_is_late_is_shed_and_said_to_be() {
        let inference = start();
        let (answers, mut replies) = unbounded_channel();
        let client = inference.client(answers);
        client.recognise(
            JobId(1),
            job(5, Purpose::Partial, Instant::now() - Duration::from_secs(2)),
        );
        let (id, reply) = replies.blocking_recv().expect("a reply");
        assert!(id == JobId(1) && matches!(reply, Reply::Shed), "{reply:?}");
    }

    #[test]
    fn a_job_stays_in_line_until_there_is_room_for_it() {
        let queue = SharedQueue::new(Arc::default());
        let (answers, _replies) = unbounded_channel();
        let due = Instant::now() + Duration::from_secs(60);
        let key = Key {
            client: 0,
            job: JobId(7),
        };
        let requester = Requester {
            key,
            answers,
            asked: Instant::now(),
        };
        queue.push(requester, job(5, Purpose::Partial, due));
        assert!(queue.take(|job| job.due < due).is_none());
        queue.promote(key);
        let work = queue.take(|job| job.due == due).expect("it still waits");
        assert_eq!(
            (work.requester.key, work.job.purpose),
            (key, Purpose::Final),
            "made a final while it waited"
        );
        queue.close();
        assert!(queue.wait().is_none());
    }
}
