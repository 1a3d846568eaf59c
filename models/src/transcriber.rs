//! What turns utterances into words, a little at a time.

use std::collections::VecDeque;
use std::time::Instant;

use sidetone_types::recognise::{Effort, Hypothesis, Job, RecogniseError};

/// Which of the jobs that are underway.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ticket(pub u64);

/// What became of a job.
pub type Answer = (Ticket, Result<Hypothesis, RecogniseError>);

/// Turns utterances into words. One instance belongs to one inference thread.
///
/// Jobs of any calls are worked on side by side. Each is begun when it comes and answered when it
/// is done, whatever the others need: none waits for a batch to fill or to end.
pub trait Transcriber: Send {
    /// Begins `job`, to be worked on with `effort`. Its answer comes out of a later [`Self::work`].
    fn begin(&mut self, ticket: Ticket, job: Job, effort: Effort);

    /// Has the text of a job be finished as it stands, by its likeliest hypothesis alone: its words
    /// are nearly due. The recogniser reads no clock, so its worker decides when.
    fn hurry(&mut self, ticket: Ticket);

    /// Goes on with all jobs for some milliseconds. Gives the answers of those that are done.
    ///
    /// One job's failure is its own: the others are answered all the same.
    fn work(&mut self) -> Vec<Answer>;

    /// Whether a job that is `due` then would be gone on with at once if it were begun now, rather
    /// than have to wait for another.
    fn has_room(&self, due: Instant) -> bool;

    /// Forgets all jobs that are underway. Nothing else is left of them.
    fn give_up(&mut self);
}

/// Has `transcriber` recognise `jobs` side by side, and gives each answer in its place.
///
/// # Panics
///
/// If jobs are underway already.
pub fn transcribe(
    transcriber: &mut dyn Transcriber,
    jobs: impl IntoIterator<Item = Job>,
) -> Vec<Result<Hypothesis, RecogniseError>> {
    let mut jobs = (0..).map(Ticket).zip(jobs).peekable();
    let mut answers: Vec<Answer> = Vec::new();
    let mut begun = 0;
    while begun > answers.len() || jobs.peek().is_some() {
        while let Some((ticket, job)) = jobs.next_if(|(_, job)| transcriber.has_room(job.due)) {
            transcriber.begin(ticket, job, Effort::Full);
            begun += 1;
        }
        answers.extend(transcriber.work());
    }
    assert_eq!(begun, answers.len(), "of these jobs only");
    answers.sort_unstable_by_key(|(ticket, _)| *ticket);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Answers each job by itself with the result of a function.
#[derive(Debug)]
pub struct OneByOne<F> {
    hear: F,
    waiting: VecDeque<(Ticket, Job)>,
}

impl<F> OneByOne<F> {
    /// Asks `hear`.
    pub fn new(hear: F) -> Self {
        Self {
            hear,
            waiting: VecDeque::new(),
        }
    }
}

impl<F> Transcriber for OneByOne<F>
where
    F: FnMut(&Job) -> Result<Hypothesis, RecogniseError> + Send,
{
    fn begin(&mut self, ticket: Ticket, job: Job, _effort: Effort) {
        self.waiting.push_back((ticket, job));
    }

    fn hurry(&mut self, _ticket: Ticket) {}

    fn work(&mut self) -> Vec<Answer> {
        let next = self.waiting.pop_front();
        next.map(|(ticket, job)| (ticket, (self.hear)(&job)))
            .into_iter()
            .collect()
    }

    fn has_room(&self, _due: Instant) -> bool {
        self.waiting.is_empty()
    }

    fn give_up(&mut self) {
        self.waiting.clear();
    }
}
