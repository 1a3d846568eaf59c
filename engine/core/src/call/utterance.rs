//! What a call knows of an utterance: while it goes on, and while its last words are awaited.

use std::time::{Duration, Instant};

use sidetone_types::party::Party;

use super::{Pace, PartialConfig};
use crate::reorder::Place;
use crate::segment::Spurt;
use crate::stable_words::StableWords;
use crate::transcript::Agreement;
use sidetone_types::event::{Partial, TimedWord};
use sidetone_types::id::{JobId, UtteranceId};
use sidetone_types::recognise::{Hypothesis, KeptSound, Purpose, Word, join};
use sidetone_types::time::{MediaTime, Stretch};

/// An utterance that goes on.
#[derive(Clone)]
pub(super) struct Open {
    pub id: UtteranceId,
    /// Who speaks; a leg may change hands before the words are known.
    pub party: Party,
    pub start: MediaTime,
    pub agreement: Agreement,
    /// The last interim decoding that was asked for and not given up.
    pub interim: Option<Interim>,
    /// How much had been said when it was last decoded.
    pub decoded_at: Duration,
    /// Up to where its voice has been read.
    pub read_until: MediaTime,
    /// What the recogniser keeps of it between looks.
    pub kept: Option<KeptSound>,
    /// What has been told of its words so far, and how many of them were settled.
    told: (Vec<TimedWord>, usize),
}

/// A question for the words so far.
#[derive(Clone)]
pub(super) struct Interim {
    pub job: JobId,
    /// Why it is asked.
    pub purpose: Purpose,
    pub audio_start: MediaTime,
    /// How much audio it hears. If that is all there is to hear, it is the final.
    pub samples: usize,
    /// What it reads the mood of.
    pub stretch: Option<Stretch>,
    pub answer: Option<Hypothesis>,
}

/// An utterance that is over and waits for its words.
pub(super) struct Closing {
    pub leg: usize,
    pub open: Open,
    pub spurt: Spurt,
    pub place: Place,
    /// When its words were first waited for.
    pub since: Instant,
    /// What the mood is read of together with the words.
    pub stretch: Option<Stretch>,
}

impl Open {
    pub fn new(id: UtteranceId, party: Party, start: MediaTime) -> Self {
        Self {
            id,
            party,
            start,
            agreement: Agreement::default(),
            interim: None,
            decoded_at: Duration::ZERO,
            read_until: start,
            kept: None,
            told: (Vec::new(), 0),
        }
    }

    /// Whether partials have been shown, which an end without words has to take back.
    pub fn shown(&self) -> bool {
        !self.agreement.is_empty()
    }

    /// Its words so far, secrets included. Times of the last decoding's words count from
    /// `audio_start`.
    pub fn words(&self, audio_start: MediaTime) -> (Vec<TimedWord>, usize) {
        let words = on_timeline(self.agreement.words(), audio_start);
        (words, self.agreement.confirmed().len())
    }

    /// Takes its words so far as they may be told, of which the first `settled` do not change any
    /// more. `None` if they read as before, or there are none.
    pub fn tell(&mut self, words: Vec<TimedWord>, settled: usize) -> Option<Partial> {
        let lang = self.agreement.lang().filter(|_| !words.is_empty())?;
        let (before, settled_before) = &self.told;
        let same = |(a, b): &(&TimedWord, &TimedWord)| a.spaced == b.spaced;
        let both = before[..*settled_before].iter().zip(&words);
        let kept = both.take_while(same).count();
        // What was settled stays so unless it turns out to be a secret.
        let settled = match kept == *settled_before {
            true => settled,
            false => kept,
        };
        let line = |words: &[TimedWord]| join(words.iter().map(|word| word.spaced.as_str()));
        let parts = |words: &[TimedWord], settled: usize| {
            (line(&words[..settled]), line(&words[settled..]))
        };
        let now = parts(&words, settled);
        let news = parts(before, *settled_before) != now;
        let (text, stability) = (line(&words), settled as f32 / words.len() as f32);
        self.told = (words, settled);
        news.then_some(Partial {
            utterance: self.id,
            text,
            confirmed: now.0,
            tail: now.1,
            stability,
            lang,
        })
    }

    /// Its words that will not change any more, as they are told; `None` while there are none.
    pub fn said(&self) -> Option<StableWords> {
        let words = self.settled().to_vec();
        let lang = self.agreement.lang().filter(|_| !words.is_empty())?;
        Some(StableWords {
            utterance: self.id,
            side: self.party.role.side(),
            lang,
            words,
            finished: false,
        })
    }

    /// The words that have been told as settled.
    pub fn settled(&self) -> &[TimedWord] {
        &self.told.0[..self.told.1]
    }

    /// Whether enough is new after `heard` of speech, with pauses widened by `pace`.
    pub fn interim_due(&self, heard: Duration, config: &PartialConfig, pace: Pace) -> bool {
        if self.decoded_at.is_zero() {
            heard >= config.first()
        } else if self.shown() {
            heard >= self.decoded_at + config.pause_after(self.decoded_at, pace)
        } else {
            heard >= self.decoded_at + config.again()
        }
    }

    /// Whether a question is still open. There is only one at a time.
    pub fn is_waiting(&self) -> bool {
        self.interim
            .as_ref()
            .is_some_and(|interim| interim.answer.is_none())
    }

    /// Whether the last interim decoding has heard all there is to hear of `spurt`.
    pub fn has_heard(&self, spurt: &Spurt) -> bool {
        self.interim
            .as_ref()
            .is_some_and(|interim| spurt.is_heard_in(interim.samples))
    }
}

/// Puts words, whose times count from `audio_start`, on the call's timeline.
pub(super) fn on_timeline(words: &[Word], audio_start: MediaTime) -> Vec<TimedWord> {
    let timed = words.iter().map(|word| TimedWord {
        word: word.text.trim().to_owned(),
        spaced: word.text.clone(),
        start: audio_start + word.start,
        end: audio_start + word.end,
        confidence: word.confidence,
    });
    timed.collect()
}
