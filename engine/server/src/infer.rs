//! The models' threads. One recogniser serves all calls: jobs of all of them wait in one queue.
//!
//! A dispatcher sorts what waits, and hands the next job to whichever thread has room. Nothing is
//! queued between the two, so what is urgent never stands behind what has been handed out already.
//! A thread works on several jobs at a time, a little on each, and takes another as soon as there is room:
//! a short utterance never waits for a long one to end.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Select, Sender, bounded, unbounded};
use sidetone_core::capacity::Run;
use sidetone_core::id::JobId;
use sidetone_core::queue::JobQueue;
use sidetone_core::recognise::{Effort, Hypothesis, Job, Purpose, RecogniseError};
use sidetone_core::time::samples_to_duration;
use sidetone_models::transcriber::{Ticket, Transcriber};
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
    asked: Instant,
}

impl Asker {
    fn reply(&self, reply: Reply) {
        // A call that is gone needs no answer.
        let _ = self.answers.send((self.key.job, reply));
    }
}

/// A job on its way to a thread.
struct Work {
    asker: Asker,
    job: Job,
    /// Whether finals wait behind it.
    urged: bool,
}

impl Work {
    /// The next of `queue`, unless all that waited has been taken back.
    fn next(queue: &mut JobQueue<Asker>) -> Option<Self> {
        let (asker, job) = queue.take()?;
        let urged = queue.waiting(Purpose::Final) > 0;
        Some(Self { asker, job, urged })
    }
}

/// The inference threads. They end when this and all clients are dropped.
pub struct Inference {
    orders: Option<Sender<Order>>,
    clients: AtomicU64,
    threads: Vec<JoinHandle<()>>,
}

impl Inference {
    /// Starts a thread for each of `transcribers`, which works on so many jobs `side_by_side`.
    pub fn start(
        transcribers: Vec<Box<dyn Transcriber>>,
        side_by_side: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        // Unbounded, yet bounded by design: a call asks for one partial per leg at a time, and for one
        // final per utterance.
        let (orders, incoming) = unbounded();
        let (work, next) = bounded(0);
        let mut threads = vec![spawn("dispatch", {
            let metrics = metrics.clone();
            move || dispatch(&incoming, &work, &metrics)
        })];
        for (i, transcriber) in transcribers.into_iter().enumerate() {
            let (next, metrics) = (next.clone(), metrics.clone());
            threads.push(spawn(&format!("infer-{i}"), move || {
                Worker::new(transcriber, side_by_side, metrics).serve(&next);
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
            asked: Instant::now(),
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

fn dispatch(incoming: &Receiver<Order>, work: &Sender<Option<Work>>, metrics: &Metrics) {
    let mut queue = JobQueue::default();
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

/// A thread's jobs, and what they are worked on with.
struct Worker {
    transcriber: Box<dyn Transcriber>,
    side_by_side: usize,
    metrics: Arc<Metrics>,
    underway: HashMap<Ticket, Underway>,
    last_ticket: u64,
    /// Time spent that no answer has accounted for yet.
    busy: Duration,
}

/// So many jobs underway in a thread leave no time for nicety.
const CROWD: usize = 2;

/// What is due later than this belongs to a recording, not to a call.
const NO_HURRY: Duration = Duration::from_secs(60);

/// What is to be known of a job when it is done.
struct Underway {
    asker: Asker,
    begun: Instant,
    purpose: Purpose,
    audio: Duration,
}

impl Worker {
    fn new(transcriber: Box<dyn Transcriber>, side_by_side: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            transcriber,
            side_by_side,
            metrics,
            underway: HashMap::new(),
            last_ticket: 0,
            busy: Duration::ZERO,
        }
    }

    /// Takes jobs and answers them until there are no more.
    fn serve(mut self, next: &Receiver<Option<Work>>) {
        loop {
            if self.underway.is_empty() {
                match next.recv() {
                    Ok(work) => self.begin(work),
                    Err(_) => return,
                }
            }
            while self.underway.len() < self.side_by_side
                && self.transcriber.has_room()
                && let Ok(work) = next.try_recv()
            {
                self.begin(work);
            }
            self.go_on();
        }
    }

    fn begin(&mut self, work: Option<Work>) {
        let Some(Work { asker, job, urged }) = work else {
            return;
        };
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let underway = Underway {
            asker,
            begun: Instant::now(),
            purpose: job.purpose,
            audio: samples_to_duration(job.audio.len() as u64),
        };
        let effort = self.effort(&job, urged);
        self.underway.insert(ticket, underway);
        self.guarded(|transcriber| transcriber.begin(ticket, job, effort));
    }

    /// How much care there is time for: where others wait or share the thread, none is to take more than it must, unless
    /// nobody waits for it.
    fn effort(&self, job: &Job, urged: bool) -> Effort {
        let in_time = job.due > Instant::now() + NO_HURRY;
        if in_time || !(urged || self.underway.len() >= CROWD) {
            Effort::Full
        } else {
            Effort::Least
        }
    }

    fn go_on(&mut self) {
        let answers = self
            .guarded(|transcriber| transcriber.work())
            .unwrap_or_default();
        let done: Vec<_> = answers
            .into_iter()
            .filter_map(|(ticket, answer)| Some((self.underway.remove(&ticket)?, answer)))
            .collect();
        let audio: Duration = done.iter().map(|(underway, _)| underway.audio).sum();
        for (
            Underway {
                asker,
                begun,
                purpose,
                audio: heard,
            },
            answer,
        ) in done
        {
            let share = heard.as_secs_f64() / audio.as_secs_f64().max(f64::MIN_POSITIVE);
            let busy = self.busy.mul_f64(share);
            debug!(
                ?purpose,
                audio_ms = heard.as_millis(),
                waited_ms = begun.duration_since(asker.asked).as_millis(),
                took_ms = begun.elapsed().as_millis(),
                busy_ms = busy.as_millis(),
                "recognised"
            );
            self.metrics.ran(&Run {
                purpose,
                audio: heard,
                busy,
            });
            asker.reply(Reply::Done(answer));
        }
        if !audio.is_zero() {
            self.busy = Duration::ZERO;
        }
    }

    /// Has the transcriber do something, which must not end the engine: after a panic it begins afresh, and the jobs it
    /// was at have failed.
    fn guarded<R>(&mut self, act: impl FnOnce(&mut dyn Transcriber) -> R) -> Option<R> {
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| act(self.transcriber.as_mut())));
        self.busy += began.elapsed();
        if done.is_err() {
            error!(jobs = self.underway.len(), "the recogniser panicked");
            self.transcriber.give_up();
            for (_, underway) in self.underway.drain() {
                let error = RecogniseError("the recogniser panicked".to_owned());
                underway.asker.reply(Reply::Done(Err(error)));
            }
        }
        done.ok()
    }
}

#[cfg(test)]
mod tests {
    use sidetone_core::lang::{ChineseScript, Lang};
    use sidetone_core::recognise::Rejection;
    use sidetone_models::transcriber::OneByOne;
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
            vocabulary: Arc::new([]),
        }
    }

    fn start() -> Inference {
        Inference::start(vec![moody(), moody()], 1, Arc::default())
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
            job(5, Purpose::Partial, Instant::now() - Duration::from_secs(2)),
        );
        let (id, reply) = replies.blocking_recv().expect("a reply");
        assert!(id == JobId(1) && matches!(reply, Reply::Shed), "{reply:?}");
    }
}
