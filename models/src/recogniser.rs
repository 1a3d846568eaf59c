//! The recogniser as calls use it: a voice detector's second opinion first, then Whisper.

use sidetone_core::recognise::{Effort, Hypothesis, Job, RecogniseError, Rejection};

use crate::asr::{Begun, Underway, Whisper};
use crate::transcriber::{Answer, Ticket, Transcriber};
use crate::vad::SecondOpinion;

/// Recognises speech, and hears nothing where nobody speaks.
pub struct Recogniser {
    voice: SecondOpinion,
    whisper: Whisper,
    /// Jobs that go on, and whose they are, in one order.
    underway: Vec<Underway>,
    tickets: Vec<Ticket>,
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
            tickets: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// Another that shares the weights, for another thread.
    pub fn another(&self) -> Self {
        Self::new(self.voice.clone(), self.whisper.clone())
    }

    fn listen(&mut self, job: Job, effort: Effort) -> Result<Begun, RecogniseError> {
        match job.languages.first() {
            // Whoever has said something that was confirmed does speak.
            Some(lang) if job.confirmed.is_none() && self.voice.speech(&job.audio).is_none() => {
                let silence = Hypothesis::silence(*lang, Rejection::NoVoice);
                Ok(Begun::Done(silence))
            }
            _ => self.whisper.begin(job, effort),
        }
    }
}

impl Transcriber for Recogniser {
    fn begin(&mut self, ticket: Ticket, job: Job, effort: Effort) {
        let done = match self.listen(job, effort) {
            Ok(Begun::Underway(underway)) => {
                self.underway.push(*underway);
                self.tickets.push(ticket);
                return;
            }
            Ok(Begun::Done(hypothesis)) => Ok(hypothesis),
            Err(error) => Err(error),
        };
        self.answered.push((ticket, done));
    }

    fn work(&mut self) -> Vec<Answer> {
        let mut answers = std::mem::take(&mut self.answered);
        // From the last on, so that the places of those before stay what they are.
        for (at, answer) in self.whisper.go_on(&mut self.underway).into_iter().rev() {
            answers.push((self.tickets.remove(at), answer));
        }
        answers
    }

    fn has_room(&self) -> bool {
        !self.underway.iter().any(Underway::is_being_encoded)
    }

    fn give_up(&mut self) {
        self.underway.clear();
        self.tickets.clear();
        self.answered.clear();
    }
}
