//! A recogniser without threads, for tests: jobs wait until the test answers them.

use std::sync::Arc;

use sidetone_core::effort::EffortPolicy;
use sidetone_types::recognise::{Hypothesis, Job};

use super::{Admission, Inference, Reply};

impl Inference {
    /// One whose jobs wait for [`Self::answer`].
    pub(crate) fn scripted(admission: Arc<Admission>) -> Self {
        let policy = EffortPolicy::default();
        Self::start(Vec::new(), None, 1, policy, (Arc::default(), admission))
    }

    /// Answers all jobs that wait, in the order in which a thread would take them. Says how many.
    pub(crate) fn answer(&self, hear: impl Fn(&Job) -> Hypothesis) -> usize {
        let queue = self.pool.queue();
        let mut answered = 0;
        while let Some(work) = queue.take(|_| true) {
            work.requester.reply(Reply::Done(Ok(hear(&work.job))));
            answered += 1;
        }
        answered
    }
}
