//! The models' threads. One recogniser serves all calls: jobs of all of them wait in one queue.
//!
//! A dispatcher sorts what waits, and hands the next batch to whichever thread is free. Nothing is
//! queued between the two, so what is urgent never stands behind what has been handed out already.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Select, Sender, bounded, unbounded};
use sidetone_core::batch::{BatchConfig, JobQueue};
use sidetone_core::id::JobId;
use sidetone_core::recognise::{Effort, Hypothesis, Job, Purpose, RecogniseError};
use sidetone_core::time::samples_to_duration;
use sidetone_models::Transcriber;
use tokio::sync::mpsc::UnboundedSender;
use tracing::{debug, error};

use crate::telemetry::Metrics;

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

/// A job of one client among all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Key {
    client: u64,
    job: JobId,
}

enum Order {
    Recognise(Asker, Job),
    Promote(Key),
    Cancel(Key),
}

/// Who wants a job done, and where the reply goes.
struct Asker {
    key: Key,
    answers: Answers,
}

impl Asker {
    fn reply(&self, reply: Reply) {
        // A call that is gone needs no answer.
        let _ = self.answers.send((self.key.job, reply));
    }
}

/// Jobs on their way to a thread.
struct Work {
    jobs: Vec<(Asker, Job)>,
    effort: Effort,
}

impl Work {
    /// The next of `queue`. If more finals wait even then, they are not to wait for nicety.
    fn next(queue: &mut JobQueue<Asker>) -> Self {
        let jobs = queue.next_batch();
        let effort = if queue.waiting(Purpose::Final) > 0 {
            Effort::Least
        } else {
            Effort::Full
        };
        Self { jobs, effort }
    }
}

/// The inference threads. They end when this and all clients are dropped.
pub struct Inference {
    orders: Option<Sender<Order>>,
    clients: AtomicU64,
    threads: Vec<JoinHandle<()>>,
}

impl Inference {
    /// Starts a thread for each of `transcribers`.
    pub fn start(
        transcribers: Vec<Box<dyn Transcriber>>,
        config: BatchConfig,
        metrics: Arc<Metrics>,
    ) -> Self {
        // Unbounded, yet bounded by design: a call asks for one partial per leg at a time, and for one
        // final per utterance.
        let (orders, incoming) = unbounded();
        let (work, next) = bounded(0);
        let mut threads = vec![spawn("dispatch", {
            let metrics = metrics.clone();
            move || dispatch(&incoming, &work, JobQueue::new(config), &metrics)
        })];
        for (i, mut transcriber) in transcribers.into_iter().enumerate() {
            let (next, metrics) = (next.clone(), metrics.clone());
            threads.push(spawn(&format!("infer-{i}"), move || {
                for Work { jobs, effort } in &next {
                    transcriber.set_effort(effort);
                    run(transcriber.as_mut(), jobs, &metrics);
                }
            }));
        }
        Self {
            orders: Some(orders),
            clients: AtomicU64::new(0),
            threads,
        }
    }

    /// A way to ask, with replies sent to `answers`.
    pub fn client(&self, answers: Answers) -> Client {
        let orders = self.orders.clone().expect("taken only when dropped");
        Client {
            id: self.clients.fetch_add(1, Ordering::Relaxed),
            orders,
            answers,
        }
    }
}

impl Drop for Inference {
    fn drop(&mut self) {
        self.orders = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                error!("an inference thread had panicked");
            }
        }
    }
}

/// One call's way to the recogniser.
#[derive(Clone)]
pub struct Client {
    id: u64,
    orders: Sender<Order>,
    answers: Answers,
}

impl Client {
    /// Asks for a job to be run.
    pub fn recognise(&self, job_id: JobId, job: Job) {
        let asker = Asker {
            key: self.key(job_id),
            answers: self.answers.clone(),
        };
        self.order(Order::Recognise(asker, job));
    }

    /// Makes a final of a partial that waits.
    pub fn promote(&self, job_id: JobId) {
        self.order(Order::Promote(self.key(job_id)));
    }

    /// Takes a partial back, if it still waits.
    pub fn cancel(&self, job_id: JobId) {
        self.order(Order::Cancel(self.key(job_id)));
    }

    fn key(&self, job: JobId) -> Key {
        Key {
            client: self.id,
            job,
        }
    }

    fn order(&self, order: Order) {
        if let Err(refused) = self.orders.send(order) {
            // The dispatcher is gone: the engine is broken, and the call must hear of it.
            if let Order::Recognise(asker, _) = refused.into_inner() {
                asker.reply(Reply::Done(Err(RecogniseError(
                    "the recogniser has stopped".to_owned(),
                ))));
            }
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .expect("the system has room for a thread")
}

/// While jobs wait and all threads are busy, partials that have become too late are looked for this often.
const SHED_EVERY: Duration = Duration::from_millis(100);

fn dispatch(
    incoming: &Receiver<Order>,
    work: &Sender<Work>,
    mut queue: JobQueue<Asker>,
    metrics: &Metrics,
) {
    let mut open = true;
    while open || !queue.is_empty() {
        if queue.is_empty() {
            match incoming.recv() {
                Ok(order) => take(&mut queue, order),
                Err(_) => open = false,
            }
            continue;
        }
        let mut select = Select::new();
        let free = select.send(work);
        if open {
            select.recv(incoming);
        }
        match select.select_timeout(SHED_EVERY) {
            Ok(ready) if ready.index() == free => {
                // What came meanwhile may be more urgent than what waited.
                while let Ok(order) = incoming.try_recv() {
                    take(&mut queue, order);
                }
                shed(&mut queue, metrics);
                if ready.send(work, Work::next(&mut queue)).is_err() {
                    error!("all inference threads are gone");
                    return;
                }
            }
            Ok(ready) => match ready.recv(incoming) {
                Ok(order) => take(&mut queue, order),
                Err(_) => open = false,
            },
            Err(_) => {}
        }
        shed(&mut queue, metrics);
        metrics.waiting(
            queue.waiting(Purpose::Final),
            queue.waiting(Purpose::Partial),
        );
    }
}

fn shed(queue: &mut JobQueue<Asker>, metrics: &Metrics) {
    for asker in queue.shed(Instant::now()) {
        metrics.partials_shed.inc();
        asker.reply(Reply::Shed);
    }
}

fn take(queue: &mut JobQueue<Asker>, order: Order) {
    match order {
        Order::Recognise(asker, job) => queue.push(asker, job),
        Order::Promote(key) => queue.promote(|asker| asker.key == key),
        Order::Cancel(key) => queue.cancel(|asker| asker.key == key),
    }
}

fn run(transcriber: &mut dyn Transcriber, batch: Vec<(Asker, Job)>, metrics: &Metrics) {
    let (askers, jobs): (Vec<Asker>, Vec<Job>) = batch.into_iter().unzip();
    if jobs.is_empty() {
        return;
    }
    let began = Instant::now();
    // One bad job must not end the engine: the models keep no state between runs.
    let answers =
        catch_unwind(AssertUnwindSafe(|| transcriber.transcribe(&jobs))).unwrap_or_else(|_| {
            error!("a model run panicked");
            vec![Err(RecogniseError("the recogniser panicked".to_owned())); jobs.len()]
        });
    let took = began.elapsed();
    let audio: Duration = jobs
        .iter()
        .map(|job| samples_to_duration(job.audio.len() as u64))
        .sum();
    debug!(
        jobs = jobs.len(),
        audio_ms = audio.as_millis(),
        took_ms = took.as_millis(),
        "ran"
    );
    metrics.ran(&jobs, audio, took);
    for (asker, answer) in askers.iter().zip(answers) {
        asker.reply(Reply::Done(answer));
    }
}

#[cfg(test)]
mod tests {
    use sidetone_core::lang::{ChineseScript, Lang};
    use sidetone_core::recognise::Rejection;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// Panics over audio of one sample, fails over two, and hears nothing in any other.
    struct Moody;

    impl Transcriber for Moody {
        fn transcribe(&mut self, jobs: &[Job]) -> Vec<Result<Hypothesis, RecogniseError>> {
            jobs.iter()
                .map(|job| match job.audio.len() {
                    1 => panic!("of this job"),
                    2 => Err(RecogniseError("two samples".to_owned())),
                    _ => Ok(Hypothesis::silence(Lang::EN, Rejection::Empty)),
                })
                .collect()
        }
    }

    fn job(samples: usize, purpose: Purpose, due: Instant) -> Job {
        Job {
            purpose,
            due,
            audio: vec![0.0; samples].into(),
            languages: Arc::new([Lang::EN]),
            script: ChineseScript::Simplified,
            confirmed: None,
            vocabulary: Arc::new([]),
        }
    }

    fn start() -> Inference {
        let alone = BatchConfig {
            max_jobs: 1,
            ..BatchConfig::default()
        };
        Inference::start(
            vec![Box::new(Moody), Box::new(Moody)],
            alone,
            Arc::default(),
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
    fn a_partial_that_is_late_is_shed_and_said_to_be() {
        let inference = start();
        let (answers, mut replies) = unbounded_channel();
        let client = inference.client(answers);
        client.recognise(
            JobId(1),
            job(5, Purpose::Partial, Instant::now() - Duration::from_secs(1)),
        );
        let (id, reply) = replies.blocking_recv().expect("a reply");
        assert!(id == JobId(1) && matches!(reply, Reply::Shed), "{reply:?}");
    }
}
