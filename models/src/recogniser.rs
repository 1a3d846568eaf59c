//! The recogniser as calls use it: a voice detector's second opinion first, then Whisper.

use std::collections::HashSet;
use std::time::Instant;

use sidetone_types::recognise::{Effort, Hypothesis, Job, RecogniseError, Rejection};

use crate::asr::{Begun, Underway, Whisper};
use crate::transcriber::{Answer, Ticket, Transcriber};
use crate::vad::SecondOpinion;

/// Sound of this length and more, of which the voice detector is less sure than this, may be a song:
/// its words count if the recogniser is certain of them.
///
/// Of 19 finals that songs and singing over hold music gave over the telephone, these lines turn away
/// 13; of 150 finals of real telephone calls, 110 of LibriSpeech and 94 of anger and sadness in
/// Mandarin none, and 1 of 114 with music 10 to 20 dB below the voice. Clear singing without any
/// music passes.
const LONG: usize = 5 * 16_000;
const SUNG: f32 = 0.8;
const CERTAIN: f32 = 0.7;

/// Recognises speech; gives silence where the second voice detector finds none.
pub struct Recogniser {
    voice: SecondOpinion,
    whisper: Whisper,
    underway: Vec<Underway>,
    /// What the voice detector hardly takes for speech.
    perhaps_sung: HashSet<Ticket>,
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
            perhaps_sung: HashSet::new(),
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
        // Confirmed words are proof of speech enough, unless it turns out to be a song.
        let may_be_sung = job.purpose.may_be_last() && job.audio.len() >= LONG;
        if job.confirmed.is_none() || may_be_sung {
            let speech = self.voice.speech(&job.audio);
            match (&speech, job.languages.first()) {
                (None, Some(lang)) if job.confirmed.is_none() => {
                    let silence = Hypothesis::silence(*lang, Rejection::NoVoice);
                    return Ok(Begun::Done(silence));
                }
                _ => {}
            }
            let sure = speech.map_or(0.0, |speech| speech.probability);
            if may_be_sung && sure < SUNG {
                self.perhaps_sung.insert(ticket);
            }
        }
        self.whisper.begin(ticket, job, effort)
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
        for (ticket, answer) in &mut answers {
            if self.perhaps_sung.remove(ticket)
                && let Ok(heard) = answer
                && !heard.words.is_empty()
                && heard.confidence < CERTAIN
            {
                *heard = Hypothesis::silence(heard.lang, Rejection::NoVoice);
            }
        }
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
        self.perhaps_sung.clear();
        self.answered.clear();
    }
}
