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
use sidetone_types::recognise::{Hypothesis, KeptSound, Purpose, Word};
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
        }
    }

    /// Whether partials have been shown, which an end without words has to take back.
    pub fn shown(&self) -> bool {
        !self.agreement.is_empty()
    }

    /// Its words so far; `None` while there are none.
    pub fn partial(&self) -> Option<Partial> {
        let lang = self.agreement.lang().filter(|_| self.shown())?;
        let (confirmed, tail) = self.agreement.parts();
        let (text, stability) = (self.agreement.text(), self.agreement.stability());
        Some(Partial {
            utterance: self.id,
            text,
            confirmed,
            tail,
            stability,
            lang,
        })
    }

    /// Its words that will not change any more; `None` while there are none. Times of the last
    /// decoding's words count from `audio_start`.
    pub fn said(&self, audio_start: MediaTime) -> Option<StableWords> {
        let words = on_timeline(self.agreement.confirmed(), audio_start);
        let lang = self.agreement.lang().filter(|_| !words.is_empty())?;
        Some(StableWords {
            utterance: self.id,
            side: self.party.role.side(),
            lang,
            words,
            finished: false,
        })
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
