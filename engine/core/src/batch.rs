//! Which waiting jobs share the next model run, and what gives way when there are too many.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::recognise::{Job, Purpose};
use crate::time::samples_to_duration;

/// How jobs are put together.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchConfig {
    /// Jobs per run. More lets them share decoder steps, and lets each wait for the others' encoding.
    pub max_jobs: usize,
    /// Audio per run, in milliseconds. A longer job runs alone.
    pub max_audio_ms: u32,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            max_jobs: 4,
            max_audio_ms: 8_000,
        }
    }
}

/// The jobs of all calls that wait for a model. Finals go before partials, the oldest due date first.
///
/// A final is never refused: how many there can be is bounded by the calls that were let in. A partial
/// whose time has passed is shed, because its call has heard more by now and asks again.
pub struct JobQueue<K> {
    config: BatchConfig,
    finals: VecDeque<(K, Job)>,
    partials: VecDeque<(K, Job)>,
}

impl<K> JobQueue<K> {
    /// An empty queue.
    pub fn new(config: BatchConfig) -> Self {
        Self {
            config,
            finals: VecDeque::new(),
            partials: VecDeque::new(),
        }
    }

    /// Lets a job wait.
    pub fn push(&mut self, key: K, job: Job) {
        let lane = match job.purpose {
            Purpose::Final => &mut self.finals,
            Purpose::Pause | Purpose::Partial => &mut self.partials,
        };
        let at = lane.partition_point(|(_, other)| other.due <= job.due);
        lane.insert(at, (key, job));
    }

    /// Makes a final of a waiting partial: its utterance turned out to be over.
    pub fn promote(&mut self, which: impl Fn(&K) -> bool) {
        let at = self.partials.iter().position(|(key, _)| which(key));
        if let Some((key, job)) = at.and_then(|at| self.partials.remove(at)) {
            self.push(
                key,
                Job {
                    purpose: Purpose::Final,
                    ..job
                },
            );
        }
    }

    /// Forgets a waiting partial whose words nobody needs any more.
    pub fn cancel(&mut self, which: impl Fn(&K) -> bool) {
        self.partials.retain(|(key, _)| !which(key));
    }

    /// Gives up the partials that should have been there by `now`.
    pub fn shed(&mut self, now: Instant) -> Vec<K> {
        let late = self.partials.partition_point(|(_, job)| job.due < now);
        self.partials.drain(..late).map(|(key, _)| key).collect()
    }

    /// What to run next, in order of due dates.
    pub fn next_batch(&mut self) -> Vec<(K, Job)> {
        let lane = if self.finals.is_empty() {
            &mut self.partials
        } else {
            &mut self.finals
        };
        let max_audio = Duration::from_millis(self.config.max_audio_ms.into());
        let mut audio = Duration::ZERO;
        let mut run = Vec::new();
        while let Some((_, job)) = lane.front() {
            audio += length(job);
            if !run.is_empty() && (run.len() == self.config.max_jobs || audio > max_audio) {
                break;
            }
            run.extend(lane.pop_front());
        }
        run
    }

    /// Jobs that wait, of each purpose.
    pub fn waiting(&self, purpose: Purpose) -> usize {
        match purpose {
            Purpose::Final => self.finals.len(),
            Purpose::Pause | Purpose::Partial => self.partials.len(),
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.finals.is_empty() && self.partials.is_empty()
    }
}

fn length(job: &Job) -> Duration {
    samples_to_duration(job.audio.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lang::{ChineseScript, Lang};
    use crate::time::SAMPLE_RATE;

    fn job(purpose: Purpose, due: Instant, seconds: usize) -> Job {
        Job {
            purpose,
            due,
            audio: vec![0.0; seconds * SAMPLE_RATE as usize].into(),
            languages: Arc::new([Lang::EN]),
            script: ChineseScript::Simplified,
            confirmed: None,
            vocabulary: Arc::new([]),
        }
    }

    fn keys(batch: &[(&'static str, Job)]) -> Vec<&'static str> {
        batch.iter().map(|(key, _)| *key).collect()
    }

    #[test]
    fn finals_go_first_and_the_oldest_of_them_first() {
        let now = Instant::now();
        let at = |ms| now + Duration::from_millis(ms);
        let mut queue = JobQueue::new(BatchConfig {
            max_jobs: 2,
            max_audio_ms: 60_000,
        });
        queue.push("partial", job(Purpose::Partial, at(10), 1));
        queue.push("late", job(Purpose::Final, at(300), 1));
        queue.push("early", job(Purpose::Final, at(100), 1));
        queue.push("middle", job(Purpose::Final, at(200), 1));
        assert_eq!(keys(&queue.next_batch()), ["early", "middle"]);
        assert_eq!(keys(&queue.next_batch()), ["late"]);
        assert_eq!(keys(&queue.next_batch()), ["partial"]);
        assert!(queue.is_empty() && queue.next_batch().is_empty());
    }

    #[test]
    fn a_long_job_runs_alone() {
        let now = Instant::now();
        let mut queue = JobQueue::new(BatchConfig {
            max_jobs: 4,
            max_audio_ms: 8_000,
        });
        for (key, seconds) in [("a", 20), ("b", 3), ("c", 3), ("d", 3)] {
            queue.push(key, job(Purpose::Final, now, seconds));
        }
        assert_eq!(keys(&queue.next_batch()), ["a"]);
        assert_eq!(keys(&queue.next_batch()), ["b", "c"]);
        assert_eq!(keys(&queue.next_batch()), ["d"]);
    }

    #[test]
    fn a_partial_is_shed_when_late_kept_as_a_final_when_promoted_and_gone_when_cancelled() {
        let now = Instant::now();
        let soon = now + Duration::from_secs(1);
        let mut queue = JobQueue::new(BatchConfig::default());
        for key in ["shed", "promoted", "cancelled"] {
            queue.push(key, job(Purpose::Partial, soon, 1));
        }
        queue.promote(|key| *key == "promoted");
        queue.promote(|key| *key == "unknown");
        queue.cancel(|key| *key == "cancelled");
        assert!(queue.shed(soon).is_empty());
        assert_eq!(queue.shed(soon + Duration::from_millis(1)), ["shed"]);
        assert_eq!(keys(&queue.next_batch()), ["promoted"]);
    }
}
