//! Which waiting job goes next, and what gives way when there are too many.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sidetone_types::recognise::{Job, Purpose};

/// A partial that is this late has been overtaken: its call has heard more by now.
const PATIENCE: Duration = Duration::from_millis(400);

/// The jobs of all calls that wait for a model. Finals go before partials, and those before second
/// passes; the oldest due date first.
///
/// A final is never refused: how many there can be is bounded by the calls that were let in. A
/// partial that is late by 400 ms is shed, and its call asks again.
#[derive(Debug)]
pub struct JobQueue<K> {
    finals: VecDeque<(K, Job)>,
    partials: VecDeque<(K, Job)>,
    second_passes: VecDeque<(K, Job)>,
}

impl<K> Default for JobQueue<K> {
    /// An empty queue.
    fn default() -> Self {
        Self {
            finals: VecDeque::new(),
            partials: VecDeque::new(),
            second_passes: VecDeque::new(),
        }
    }
}

impl<K> JobQueue<K> {
    /// Lets a job wait.
    pub fn push(&mut self, key: K, job: Job) {
        let lane = match job.purpose {
            Purpose::Final => &mut self.finals,
            Purpose::Pause | Purpose::Partial | Purpose::First => &mut self.partials,
            Purpose::Record => &mut self.second_passes,
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

    /// Forgets a waiting job whose words nobody needs any more.
    pub fn cancel(&mut self, which: impl Fn(&K) -> bool) {
        self.partials.retain(|(key, _)| !which(key));
        self.finals.retain(|(key, _)| !which(key));
        self.second_passes.retain(|(key, _)| !which(key));
    }

    /// Gives up the partials that are much too late by `now`.
    pub fn shed(&mut self, now: Instant) -> Vec<K> {
        let late = self
            .partials
            .partition_point(|(_, job)| job.due + PATIENCE < now);
        self.partials.drain(..late).map(|(key, _)| key).collect()
    }

    /// The job to begin next.
    pub fn next(&self) -> Option<&Job> {
        let lanes = [&self.finals, &self.partials, &self.second_passes];
        lanes
            .into_iter()
            .find_map(VecDeque::front)
            .map(|(_, job)| job)
    }

    /// Takes the job to begin next.
    pub fn take(&mut self) -> Option<(K, Job)> {
        let lanes = [
            &mut self.finals,
            &mut self.partials,
            &mut self.second_passes,
        ];
        lanes.into_iter().find_map(VecDeque::pop_front)
    }

    /// Jobs that wait, of each purpose.
    pub fn waiting(&self, purpose: Purpose) -> usize {
        match purpose {
            Purpose::Final => self.finals.len(),
            Purpose::Pause | Purpose::Partial | Purpose::First => self.partials.len(),
            Purpose::Record => self.second_passes.len(),
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use sidetone_types::lang::{ChineseScript, Lang};
    use sidetone_types::recognise::Vocabulary;

    fn job(purpose: Purpose, due: Instant) -> Job {
        Job {
            purpose,
            due,
            audio: Arc::from([]),
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

    fn all(queue: &mut JobQueue<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.take())
            .map(|(key, _)| key)
            .collect()
    }

    #[test]
    fn finals_go_first_and_the_oldest_of_them_first() {
        let now = Instant::now();
        let at = |ms| now + Duration::from_millis(ms);
        let mut queue = JobQueue::default();
        queue.push("record", job(Purpose::Record, now));
        queue.push("partial", job(Purpose::Partial, at(10)));
        queue.push("late", job(Purpose::Final, at(300)));
        queue.push("early", job(Purpose::Final, at(100)));
        queue.push("middle", job(Purpose::Final, at(200)));
        assert_eq!(
            all(&mut queue),
            ["early", "middle", "late", "partial", "record"]
        );
        assert!(queue.is_empty());
    }

    #[test]
    fn a_partial_is_shed_when_late_kept_as_a_final_when_promoted_and_gone_when_cancelled() {
        let now = Instant::now();
        let soon = now + Duration::from_secs(1);
        let mut queue = JobQueue::default();
        for key in ["shed", "promoted", "cancelled"] {
            queue.push(key, job(Purpose::Partial, soon));
        }
        queue.promote(|key| *key == "promoted");
        queue.promote(|key| *key == "unknown");
        queue.cancel(|key| *key == "cancelled");
        assert!(queue.shed(soon + PATIENCE).is_empty());
        let late = soon + PATIENCE + Duration::from_millis(1);
        assert_eq!(queue.shed(late), ["shed"]);
        assert_eq!(all(&mut queue), ["promoted"]);
    }
}
