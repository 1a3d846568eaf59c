//! An inference thread.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_core::capacity::Run;
use sidetone_core::effort::EffortPolicy;
use sidetone_models::transcriber::{Ticket, Transcriber};
use sidetone_types::recognise::{Job, Purpose};
use sidetone_types::time::samples_to_duration;
use tracing::{debug, error};

use super::Admission;
use super::Reply;
use super::shared_queue::{Requester, SharedQueue, Work};
use crate::telemetry::Metrics;

/// A thread's jobs, and what they are worked on with.
pub struct Worker {
    transcriber: Box<dyn Transcriber>,
    side_by_side: usize,
    policy: EffortPolicy,
    metrics: Arc<Metrics>,
    admission: Arc<Admission>,
    underway: HashMap<Ticket, Underway>,
    last_ticket: u64,
    /// Time spent that no answer has accounted for yet.
    busy: Busy,
}

/// Time spent on live jobs and on second passes, which stand still while there are live ones.
#[derive(Default)]
struct Busy {
    live: Duration,
    record: Duration,
}

impl Busy {
    fn of(&mut self, purpose: Purpose) -> &mut Duration {
        match purpose {
            Purpose::Record => &mut self.record,
            _ => &mut self.live,
        }
    }
}

/// What is to be known of a job when it is done.
struct Underway {
    requester: Requester,
    begun: Instant,
    due: Instant,
    hurried: bool,
    purpose: Purpose,
    audio: Duration,
}

impl Worker {
    pub fn new(
        transcriber: Box<dyn Transcriber>,
        side_by_side: usize,
        policy: EffortPolicy,
        (metrics, admission): (Arc<Metrics>, Arc<Admission>),
    ) -> Self {
        Self {
            transcriber,
            side_by_side,
            policy,
            metrics,
            admission,
            underway: HashMap::new(),
            last_ticket: 0,
            busy: Busy::default(),
        }
    }

    /// Takes jobs and answers them until there are no more, or the queue is stopped.
    pub fn serve(mut self, queue: &SharedQueue) {
        loop {
            if queue.is_stopped() {
                return self.give_up("the engine stops");
            }
            self.forget_what_nobody_waits_for();
            if self.underway.is_empty() {
                match queue.wait() {
                    Some(work) => self.begin(work),
                    None => return,
                }
            }
            while let Some(work) = queue.take(|job| self.has_room(job)) {
                self.begin(work);
            }
            self.go_on();
        }
    }

    /// Whether a job is begun beside those underway. A second pass is not: it would take the place
    /// of a call's next words.
    fn has_room(&self, job: &Job) -> bool {
        let room = match job.purpose {
            Purpose::Record => self.underway.is_empty(),
            _ => self.live() < self.side_by_side,
        };
        room && self.transcriber.has_room(job.due)
    }

    /// Jobs underway that compete: a second pass stands still beside them.
    fn live(&self) -> usize {
        let live = self.underway.values();
        live.filter(|underway| underway.purpose != Purpose::Record)
            .count()
    }

    fn begin(&mut self, work: Work) {
        let Work {
            requester,
            job,
            urged,
        } = work;
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let now = Instant::now();
        let effort = self.policy.effort(job.due, now, urged, self.live());
        let underway = Underway {
            requester,
            begun: now,
            due: job.due,
            hurried: false,
            purpose: job.purpose,
            audio: samples_to_duration(job.audio.len() as u64),
        };
        let purpose = job.purpose;
        self.underway.insert(ticket, underway);
        self.guarded(purpose, |transcriber| {
            transcriber.begin(ticket, job, effort)
        });
    }

    fn go_on(&mut self) {
        self.hurry();
        let worked_on = match self.live() {
            0 => Purpose::Record,
            _ => Purpose::Final,
        };
        let answers = self
            .guarded(worked_on, |transcriber| transcriber.work())
            .unwrap_or_default();
        let done: Vec<_> = answers
            .into_iter()
            .filter_map(|(ticket, answer)| Some((self.underway.remove(&ticket)?, answer)))
            .collect();
        let audio: Duration = done.iter().map(|(underway, _)| underway.audio).sum();
        let spent = std::mem::take(self.busy.of(worked_on));
        for (
            Underway {
                requester,
                begun,
                purpose,
                audio: heard,
                ..
            },
            answer,
        ) in done
        {
            let share = heard.as_secs_f64() / audio.as_secs_f64().max(f64::MIN_POSITIVE);
            let busy = spent.mul_f64(share);
            let (waited, took) = (begun.duration_since(requester.asked), begun.elapsed());
            debug!(
                ?purpose,
                audio_ms = heard.as_millis(),
                waited_ms = waited.as_millis(),
                took_ms = took.as_millis(),
                busy_ms = busy.as_millis(),
                "recognised"
            );
            let run = Run {
                purpose,
                audio: heard,
                busy,
            };
            self.metrics.ran(&run, [waited, took]);
            self.admission.ran(&run);
            requester.reply(Reply::Done(answer));
        }
        if audio.is_zero() {
            *self.busy.of(worked_on) = spent;
        }
    }

    /// Tells the transcriber whose words are nearly due.
    fn hurry(&mut self) {
        let (now, policy) = (Instant::now(), self.policy);
        for (ticket, underway) in &mut self.underway {
            if !underway.hurried && policy.hurries(underway.due, now) {
                underway.hurried = true;
                self.transcriber.hurry(*ticket);
            }
        }
    }

    /// Has the transcriber do something, which must not end the engine: after a panic it begins
    /// afresh, and the jobs it was at have failed.
    fn guarded<R>(
        &mut self,
        purpose: Purpose,
        act: impl FnOnce(&mut dyn Transcriber) -> R,
    ) -> Option<R> {
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| act(self.transcriber.as_mut())));
        *self.busy.of(purpose) += began.elapsed();
        if done.is_err() {
            error!(jobs = self.underway.len(), "the recogniser panicked");
            self.give_up("the recogniser panicked");
        }
        done.ok()
    }

    /// A second pass outlives its call if a large model runs it: others wait for the thread.
    fn forget_what_nobody_waits_for(&mut self) {
        let mut underway = self.underway.values();
        if !self.underway.is_empty() && underway.all(|one| one.requester.is_gone()) {
            self.give_up("its call is over");
        }
    }

    /// Forgets the jobs underway, which have failed for `why`.
    fn give_up(&mut self, why: &str) {
        self.transcriber.give_up();
        for (_, underway) in self.underway.drain() {
            underway.requester.fail(why);
        }
    }
}
