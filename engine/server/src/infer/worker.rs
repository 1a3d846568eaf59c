//! An inference thread.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_core::capacity::Run;
use sidetone_core::recognise::{Effort, Job, Purpose, RecogniseError};
use sidetone_core::time::samples_to_duration;
use sidetone_models::transcriber::{Ticket, Transcriber};
use tracing::{debug, error};

use super::Reply;
use super::line::{Asker, Line, Work};
use crate::telemetry::Metrics;

/// A thread's jobs, and what they are worked on with.
pub struct Worker {
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
    pub fn new(
        transcriber: Box<dyn Transcriber>,
        side_by_side: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
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
    pub fn serve(mut self, line: &Line) {
        loop {
            if self.underway.is_empty() {
                match line.wait() {
                    Some(work) => self.begin(work),
                    None => return,
                }
            }
            while let Some(work) = line.take(|due| self.has_room(due)) {
                self.begin(work);
            }
            self.go_on();
        }
    }

    fn has_room(&self, due: Instant) -> bool {
        self.underway.len() < self.side_by_side && self.transcriber.has_room(due)
    }

    fn begin(&mut self, work: Work) {
        let Work { asker, job, urged } = work;
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
