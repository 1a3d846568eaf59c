//! The recogniser as calls use it: a voice detector's second opinion first, then Whisper.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use sidetone_types::recognise::{
    Effort, Hypothesis, Job, KeptSound, Purpose, RecogniseError, Rejection,
};

use crate::asr::{Begun, Underway, Whisper};
use crate::transcriber::{Answer, Ticket, Transcriber};
use crate::vad::SecondOpinion;

/// What is kept of an utterance that a look took for a song: until it is over it is not listened to
/// any more.
#[derive(Debug)]
struct Sung;

/// Recognises speech; gives silence where the second voice detector finds none.
pub struct Recogniser {
    voice: SecondOpinion,
    whisper: Whisper,
    underway: Vec<Underway>,
    /// What the voice detector hardly takes for speech, and how many of its tokens are confirmed.
    perhaps_sung: HashMap<Ticket, usize>,
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
            perhaps_sung: HashMap::new(),
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
        if let Some(silence) = self.judge(ticket, &job) {
            return Ok(Begun::Done(silence));
        }
        self.whisper.begin(ticket, job, effort)
    }

    /// What there is to say of `job` without listening to its words: that it has none. Confirmed
    /// words prove the opposite, and a second pass is over words that were heard before.
    fn judge(&mut self, ticket: Ticket, job: &Job) -> Option<Hypothesis> {
        let lang = *job.languages.first()?;
        if job.purpose == Purpose::Record {
            return None;
        }
        let goes_on = !job.purpose.may_be_last();
        let is_sung = |kept: &&KeptSound| kept.get::<Sung>().is_some();
        if let Some(kept) = job.kept.as_ref().filter(is_sung)
            && goes_on
        {
            return Some(Hypothesis {
                kept: Some(kept.clone()),
                ..Hypothesis::silence(lang, Rejection::NoVoice)
            });
        }
        if goes_on && job.confirmed.is_some() {
            return None;
        }
        let speech = self.voice.speech(&job.audio);
        if speech.is_none() && job.confirmed.is_none() {
            return Some(Hypothesis::silence(lang, Rejection::NoVoice));
        }
        if speech.is_some_and(|speech| speech.may_be_sung) {
            let confirmed = job.confirmed.as_ref();
            let confirmed = confirmed.map_or(0, |confirmed| confirmed.tokens.len());
            self.perhaps_sung.insert(ticket, confirmed);
        }
        None
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
            if let Some(confirmed) = self.perhaps_sung.remove(ticket)
                && let Ok(heard) = answer
                && !self.voice.believes_in_words(heard.confidence)
            {
                keep_confirmed(heard, confirmed);
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

/// Leaves no words of a song but those of its first `confirmed` tokens, which have been promised.
fn keep_confirmed(heard: &mut Hypothesis, confirmed: usize) {
    let mut tokens = 0;
    heard.words.retain(|word| {
        tokens += word.tokens.len();
        tokens <= confirmed
    });
    if heard.words.is_empty() {
        *heard = Hypothesis {
            kept: Some(KeptSound::new(Arc::new(Sung))),
            ..Hypothesis::silence(heard.lang, Rejection::NoVoice)
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sidetone_types::lang::Lang;
    use sidetone_types::recognise::Word;

    use super::*;

    /// Words of so many tokens each.
    fn heard(tokens: &[usize]) -> Hypothesis {
        let word = |count: &usize| Word {
            text: format!(" w{count}"),
            start: Duration::ZERO,
            end: Duration::ZERO,
            confidence: 0.5,
            tokens: vec![7; *count],
        };
        Hypothesis {
            words: tokens.iter().map(word).collect(),
            rejected: None,
            ..Hypothesis::silence(Lang::EN, Rejection::Empty)
        }
    }

    #[test]
    fn a_song_keeps_the_words_that_were_confirmed_and_no_other() {
        for (confirmed, left) in [(5, 3), (3, 2), (2, 1), (1, 0), (0, 0)] {
            let mut song = heard(&[2, 1, 2]);
            keep_confirmed(&mut song, confirmed);
            assert_eq!(song.words.len(), left, "of {confirmed} tokens");
            let rejected = (left == 0).then_some(Rejection::NoVoice);
            assert_eq!(song.rejected, rejected);
            let sung = song.kept.and_then(|kept| kept.get::<Sung>());
            assert_eq!(sung.is_some(), left == 0, "the next look need not listen");
        }
    }
}
