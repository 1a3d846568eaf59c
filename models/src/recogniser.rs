//! The recogniser as calls use it: a voice detector's second opinion first, then Whisper.

use std::time::Instant;

use sidetone_types::recognise::{Effort, Hypothesis, Job, RecogniseError, Rejection};

use crate::asr::{Begun, Underway, Whisper};
use crate::transcriber::{Answer, Ticket, Transcriber};
use crate::vad::SecondOpinion;

/// Recognises speech; gives silence where the second voice detector finds none.
pub struct Recogniser {
    voice: SecondOpinion,
    whisper: Whisper,
    underway: Vec<Underway>,
    /// Answers that were there at once.
    answered: Vec<Answer>,
}

impl Recogniser {
    /// Puts the two together.
    pub fn new(voice: SecondOpinion, whisper: Whisper) -> Self {
        Self {
            voice,
            whisper,
            underway: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// Another that shares the weights, for another thread.
    pub fn another(&self) -> Self {
        Self::new(self.voice.clone(), self.whisper.clone())
    }

    fn listen(
        &mut self,
        ticket: Ticket,
        job: Job,
        effort: Effort,
    ) -> Result<Begun, RecogniseError> {
        match job.languages.first() {
            // Confirmed words are proof of speech enough.
            Some(lang) if job.confirmed.is_none() && self.voice.speech(&job.audio).is_none() => {
                let silence = Hypothesis::silence(*lang, Rejection::NoVoice);
                Ok(Begun::Done(silence))
            }
            _ => self.whisper.begin(ticket, job, effort),
        }
    }
}

impl Transcriber for Recogniser {
    fn begin(&mut self, ticket: Ticket, job: Job, effort: Effort) {
        match self.listen(ticket, job, effort) {
            Ok(Begun::Underway(underway)) => self.underway.push(*underway),
            Ok(Begun::Done(hypothesis)) => self.answered.push((ticket, Ok(hypothesis))),
            Err(error) => self.answered.push((ticket, Err(error))),
        }
    }

    fn hurry(&mut self, ticket: Ticket) {
        let jobs = self.underway.iter_mut();
        jobs.filter(|one| one.ticket() == ticket)
            .for_each(Underway::hurry);
    }

    fn work(&mut self) -> Vec<Answer> {
        let mut answers = std::mem::take(&mut self.answered);
        answers.extend(self.whisper.go_on(&mut self.underway));
        answers
    }

    fn has_room(&self, due: Instant) -> bool {
        // One sound is encoded at a time, the most urgent first.
        self.underway
            .iter()
            .all(|one| !one.is_being_encoded() || due < one.due())
    }

    fn give_up(&mut self) {
        self.underway.clear();
        self.answered.clear();
    }
}
