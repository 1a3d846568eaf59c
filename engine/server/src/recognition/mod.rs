//! The models' threads. One recogniser serves all calls: jobs of all of them wait in one queue,
//! sorted by how urgent they are. Second passes have a queue and a thread of their own if another
//! model runs them (`recogniser.record_model`).
//!
//! A thread works on several jobs at a time, a little on each, and fetches another as soon as it
//! would go on with it at once: a short utterance never waits for a long one to end, and what is
//! urgent never stands behind what has been fetched.

mod admission;
pub mod model_loader;
mod pool;
mod priority;
mod recogniser;
#[cfg(test)]
mod script;
mod shared_queue;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use sidetone_core::effort::EffortPolicy;
use sidetone_models::transcriber::Transcriber;
use sidetone_types::id::JobId;
use sidetone_types::recognise::{Hypothesis, Job, Purpose, RecogniseError};
use tokio::sync::mpsc::UnboundedSender;

use self::pool::{Duty, Pool, QueueHandle};
use self::shared_queue::{Key, Requester};
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
    pool: Pool,
    /// Has second passes to itself, if another model runs them.
    record: Option<Pool>,
    clients: AtomicU64,
}

impl Inference {
    /// Starts a thread for each of `transcribers`, which works on so many jobs `side_by_side`; and
    /// one for `record`, if there is one, which all second passes go to: live jobs never wait for
    /// it.
    pub fn start(
        transcribers: Vec<Box<dyn Transcriber>>,
        record: Option<Box<dyn Transcriber>>,
        side_by_side: usize,
        policy: EffortPolicy,
        (metrics, admission): (Arc<Metrics>, Arc<Admission>),
    ) -> Self {
        let worker = |transcriber, side_by_side| {
            let reports = (metrics.clone(), admission.clone());
            Worker::new(transcriber, side_by_side, policy, reports)
        };
        let duty = match record {
            Some(_) => Duty::Live,
            None => Duty::Everything,
        };
        let workers = transcribers.into_iter();
        let workers = workers.map(|transcriber| worker(transcriber, side_by_side));
        Self {
            pool: Pool::start(duty, workers.collect(), metrics.clone()),
            record: record.map(|transcriber| {
                Pool::start(Duty::Record, vec![worker(transcriber, 1)], metrics.clone())
            }),
            clients: AtomicU64::new(0),
        }
    }

    /// A way to ask, with replies sent to `answers`.
    pub fn client(&self, answers: Answers) -> Client {
        Client {
            id: self.clients.fetch_add(1, Ordering::Relaxed),
            queue: self.pool.queue(),
            record: self.record.as_ref().map(Pool::queue),
            answers,
        }
    }

    /// Ends the threads and waits for that: as long as a layer of the network takes, milliseconds
    /// with whisper-base, a second with the largest. Jobs that wait or are underway fail, and so do
    /// those that clients ask for afterwards.
    pub fn stop(&self) {
        let pools = || {
            [Some(&self.pool), self.record.as_ref()]
                .into_iter()
                .flatten()
        };
        // All are told before any is waited for.
        pools().for_each(Pool::stop);
        pools().for_each(Pool::join);
    }
}

/// One call's way to the recogniser.
#[derive(Clone)]
pub struct Client {
    id: u64,
    queue: Arc<QueueHandle>,
    /// Where second passes go, if not to the same queue.
    record: Option<Arc<QueueHandle>>,
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
        let queue = match (&self.record, job.purpose) {
            (Some(record), Purpose::Record) => record,
            _ => &self.queue,
        };
        queue.push(requester, job);
    }

    /// Makes a final of a partial that waits.
    pub fn promote(&self, job_id: JobId) {
        self.queue.promote(self.key(job_id));
    }

    /// Takes a job back, if it still waits.
    pub fn cancel(&self, job_id: JobId) {
        for queue in [Some(&self.queue), self.record.as_ref()]
            .into_iter()
            .flatten()
        {
            queue.cancel(self.key(job_id));
        }
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

    use sidetone_models::transcriber::{Answer, OneByOne, Ticket};
    use sidetone_types::lang::{ChineseScript, Lang};
    use sidetone_types::recognise::{Effort, Rejection, Vocabulary};
    use tokio::sync::mpsc::unbounded_channel;

    use super::shared_queue::SharedQueue;
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
            before: None,
            left_context: None,
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
            None,
            1,
            EffortPolicy::default(),
            (Arc::default(), admission()),
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
            None,
            1,
            EffortPolicy::default(),
            (Arc::default(), admission()),
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

    /// A second pass that is slow, and what holds it back until the test lets go.
    struct Held {
        transcriber: Box<dyn Transcriber>,
        begun: std::sync::mpsc::Receiver<Purpose>,
        go_on: std::sync::mpsc::Sender<()>,
    }

    fn held() -> Held {
        let (tell, begun) = std::sync::mpsc::channel();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let transcriber = Box::new(OneByOne::new(move |job: &Job| {
            let _ = tell.send(job.purpose);
            let _ = wait.recv();
            Ok(Hypothesis::silence(Lang::ZH, Rejection::Empty))
        }));
        Held {
            transcriber,
            begun,
            go_on,
        }
    }

    /// In English, which tells it from that of second passes.
    fn live(job: &Job) -> Result<Hypothesis, RecogniseError> {
        assert_ne!(job.purpose, Purpose::Record, "live words alone");
        Ok(Hypothesis::silence(Lang::EN, Rejection::Empty))
    }

    fn start_with(record: Box<dyn Transcriber>) -> (Inference, Arc<Metrics>) {
        let metrics: Arc<Metrics> = Arc::default();
        let inference = Inference::start(
            vec![Box::new(OneByOne::new(live))],
            Some(record),
            1,
            EffortPolicy::default(),
            (metrics.clone(), admission()),
        );
        (inference, metrics)
    }

    #[test]
    fn live_words_never_wait_for_a_second_pass_of_another_model() {
        let Held {
            transcriber,
            begun,
            go_on,
        } = held();
        let (inference, metrics) = start_with(transcriber);
        let (answers, mut replies) = unbounded_channel();
        let client = inference.client(answers);
        let due = Instant::now() + Duration::from_secs(60);
        for id in 0..3 {
            client.recognise(JobId(id), job(5, Purpose::Record, due));
        }
        let first = begun.recv().expect("the first is worked on");
        assert_eq!(first, Purpose::Record);
        let purposes = [Purpose::Final, Purpose::Pause, Purpose::Partial];
        for (id, purpose) in (10..).zip(purposes) {
            client.recognise(JobId(id), job(5, purpose, due));
            let (answered, reply) = replies.blocking_recv().expect("a reply");
            assert!(
                answered == JobId(id) && heard(&reply) == Some(Lang::EN),
                "{purpose:?}: {reply:?}"
            );
        }
        assert_eq!(metrics.waiting_so_far(Purpose::Record), 2);
        assert_eq!(metrics.waiting_so_far(Purpose::Final), 0);

        client.cancel(JobId(1));
        drop(go_on);
        for id in [0, 2] {
            let (answered, reply) = replies.blocking_recv().expect("a reply");
            assert!(
                answered == JobId(id) && heard(&reply) == Some(Lang::ZH),
                "{answered:?}: {reply:?}"
            );
        }
        assert_eq!(metrics.waiting_so_far(Purpose::Record), 0);
    }

    #[test]
    fn second_passes_of_another_model_end_when_the_threads_are_stopped() {
        let Held {
            transcriber,
            begun,
            go_on,
        } = held();
        let (inference, _) = start_with(transcriber);
        let (answers, mut replies) = unbounded_channel();
        let client = inference.client(answers);
        let due = Instant::now() + Duration::from_secs(60);
        for id in 0..2 {
            client.recognise(JobId(id), job(5, Purpose::Record, due));
        }
        begun.recv().expect("the first is worked on");
        std::thread::scope(|scope| {
            scope.spawn(|| inference.stop());
            let (id, reply) = replies.blocking_recv().expect("a reply");
            assert!(id == JobId(1) && heard(&reply).is_none(), "it waited");
            drop(go_on);
        });
        for (id, purpose) in (2..).zip([Purpose::Record, Purpose::Final]) {
            client.recognise(JobId(id), job(5, purpose, due));
        }
        let left: Vec<_> = std::iter::from_fn(|| replies.try_recv().ok()).collect();
        let failed: Vec<_> = left
            .iter()
            .map(|(_, reply)| heard(reply).is_none())
            .collect();
        assert_eq!(failed, [false, true, true], "nobody is left to work");
    }

    /// Never comes to an end, and tells when it is taken off a job.
    struct Endless(std::sync::mpsc::Sender<()>);

    impl Transcriber for Endless {
        fn begin(&mut self, _: Ticket, _: Job, _: Effort) {}

        fn hurry(&mut self, _: Ticket) {}

        fn work(&mut self) -> Vec<Answer> {
            Vec::new()
        }

        fn has_room(&self, _: Instant) -> bool {
            false
        }

        fn give_up(&mut self) {
            let _ = self.0.send(());
        }
    }

    #[test]
    fn a_second_pass_is_given_up_once_its_call_is_gone() {
        let (tell, given_up) = std::sync::mpsc::channel();
        let (inference, _) = start_with(Box::new(Endless(tell)));
        let (answers, replies) = unbounded_channel();
        let client = inference.client(answers);
        let due = Instant::now() + Duration::from_secs(60);
        client.recognise(JobId(1), job(5, Purpose::Record, due));
        drop(replies);
        given_up.recv().expect("the thread lives");
    }

    #[test]
    fn what_second_passes_take_is_not_priced_as_live_time() {
        let Held {
            transcriber, go_on, ..
        } = held();
        let admission = admission();
        let before = admission.report();
        let inference = Inference::start(
            Vec::new(),
            Some(transcriber),
            1,
            EffortPolicy::default(),
            (Arc::default(), admission.clone()),
        );
        let (answers, mut replies) = unbounded_channel();
        let due = Instant::now() + Duration::from_secs(60);
        let client = inference.client(answers);
        client.recognise(JobId(0), job(5, Purpose::Record, due));
        drop(go_on);
        replies.blocking_recv().expect("a reply");
        let after = admission.report();
        assert_eq!((after.busy, after.measured), (0.0, before.measured));
    }

    /// The language of an answer; `None` if the job failed.
    fn heard(reply: &Reply) -> Option<Lang> {
        match reply {
            Reply::Done(Ok(hypothesis)) => Some(hypothesis.lang),
            _ => None,
        }
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
        let queue = SharedQueue::new(&[], Arc::default());
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
