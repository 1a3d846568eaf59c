//! The recogniser as calls use it: a voice detector's second opinion first, then Whisper.

use sidetone_core::recognise::{Effort, Hypothesis, Job, RecogniseError, Rejection};

use crate::Transcriber;
use crate::asr::Whisper;
use crate::vad::SecondOpinion;

/// Recognises speech, and hears nothing where nobody speaks. Clones share weights.
#[derive(Clone)]
pub struct Recogniser {
    voice: SecondOpinion,
    whisper: Whisper,
}

impl Recogniser {
    /// Puts the two together.
    pub fn new(voice: SecondOpinion, whisper: Whisper) -> Self {
        Self { voice, whisper }
    }
}

impl Transcriber for Recogniser {
    fn set_effort(&mut self, effort: Effort) {
        self.whisper.set_effort(effort);
    }

    fn transcribe(&mut self, jobs: &[Job]) -> Vec<Result<Hypothesis, RecogniseError>> {
        // Whoever has said something that was confirmed does speak.
        let speaks: Vec<bool> = jobs
            .iter()
            .map(|job| job.confirmed.is_some() || self.voice.speech(&job.audio).is_some())
            .collect();
        let spoken: Vec<Job> = jobs
            .iter()
            .zip(&speaks)
            .filter(|(_, speaks)| **speaks)
            .map(|(job, _)| job.clone())
            .collect();
        let mut heard = self.whisper.transcribe(&spoken).into_iter();
        let answer = |(job, speaks): (&Job, &bool)| match speaks {
            true => heard.next().expect("each job has an answer"),
            false => Ok(Hypothesis::silence(job.languages[0], Rejection::NoVoice)),
        };
        jobs.iter().zip(&speaks).map(answer).collect()
    }
}
