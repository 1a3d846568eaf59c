//! What recognition has cost, and how much of it speech asks for. Newer evidence counts more.

use std::time::{Duration, Instant};

use crate::call::Pace;
use crate::recognise::Purpose;

/// What a run that was alone on the machine counts, compared with one on a machine that is busy.
const LEAST_WEIGHT: f64 = 0.1;
/// After this much audio, what runs cost before counts a third.
const COSTS_REMEMBERED: f64 = 600.0;
/// After this much speech, the shape of speech before counts a third.
const SPEECH_REMEMBERED: f64 = 300.0;
/// What is assumed counts like this many seconds of evidence.
const ASSUMED: f64 = 20.0;
/// Length in seconds that utterances are assumed to have.
const ASSUMED_LENGTH: f64 = 3.0;
/// Second and later looks, as seconds of audio per second of speech, that are assumed: whisper-base at
/// the default pauses hears about as much again in them as in the finals.
const ASSUMED_LATER: f64 = 1.2;

/// How much audio is heard around an utterance and by the first look at it, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Sound before and after the voice that the recogniser hears too.
    pub around: f64,
    /// What the first look at an utterance hears.
    pub first: f64,
}

/// Seconds, each sum forgetting by and by.
#[derive(Debug)]
pub(super) struct Evidence {
    shape: Shape,
    /// Of model runs: how long they took, and how much they heard.
    busy: f64,
    audio: f64,
    /// Of utterances that are over.
    speech: f64,
    whole: f64,
    first: f64,
    /// All that was heard meanwhile, for whatever purpose.
    heard: f64,
    /// Partials among it, and the same times the pace they came at.
    partial: f64,
    paced: f64,
    /// All speech ever.
    seen: Duration,
}

/// Seconds of audio that the recogniser hears for each second of speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hearing {
    /// Each utterance in whole, once.
    pub whole: f64,
    /// The first look at each utterance.
    pub first: f64,
    /// All further looks, at the pace that is configured.
    pub later: f64,
}

impl Hearing {
    /// Partials only, with pauses widened by `pace`.
    pub fn partials(&self, pace: Pace) -> f64 {
        self.first + self.later / pace.factor()
    }

    /// All of it, with pauses widened by `pace`.
    pub fn all(&self, pace: Pace) -> f64 {
        self.whole + self.partials(pace)
    }
}

impl Evidence {
    /// Before anything was seen: a second of audio takes `cost` seconds.
    pub fn assumed(cost: f64, shape: Shape) -> Self {
        let utterances = ASSUMED / ASSUMED_LENGTH;
        let whole = ASSUMED + utterances * shape.around;
        let first = utterances * shape.first;
        let later = ASSUMED * ASSUMED_LATER;
        Self {
            shape,
            busy: cost * ASSUMED,
            audio: ASSUMED,
            speech: ASSUMED,
            whole,
            first,
            heard: whole + first + later,
            partial: first + later,
            paced: first + later,
            seen: Duration::ZERO,
        }
    }

    /// A model run on a machine that was `busy_share` busy, while looks came at `pace`.
    ///
    /// Runs that have memory and caches to themselves are quicker than they will be under load, so
    /// they tell little about how many calls fit.
    pub fn ran(&mut self, run: &super::Run, busy_share: f64, pace: Pace) {
        let (audio, busy) = (run.audio.as_secs_f64(), run.busy.as_secs_f64());
        let weight = busy_share.clamp(LEAST_WEIGHT, 1.0);
        let kept = (-audio * weight / COSTS_REMEMBERED).exp();
        self.busy = self.busy * kept + busy * weight;
        self.audio = self.audio * kept + audio * weight;
        self.heard += audio;
        if run.purpose == Purpose::Partial {
            self.partial += audio;
            self.paced += audio * pace.factor();
        }
    }

    /// An utterance is over.
    pub fn spoke(&mut self, length: Duration) {
        self.seen += length;
        let length = length.as_secs_f64();
        let kept = (-length / SPEECH_REMEMBERED).exp();
        for sum in [
            &mut self.speech,
            &mut self.whole,
            &mut self.first,
            &mut self.heard,
            &mut self.partial,
            &mut self.paced,
        ] {
            *sum *= kept;
        }
        self.speech += length;
        self.whole += length + self.shape.around;
        self.first += self.shape.first.min(length + self.shape.around);
    }

    /// Seconds of a thread that a second of audio takes.
    pub fn cost(&self) -> f64 {
        self.busy / self.audio
    }

    /// What a second of speech has the recogniser hear.
    pub fn hearing(&self) -> Hearing {
        let later = (self.heard - self.whole - self.first).max(0.0);
        let pace = if self.partial > 0.0 {
            self.paced / self.partial
        } else {
            1.0
        };
        Hearing {
            whole: self.whole / self.speech,
            first: self.first / self.speech,
            later: later * pace / self.speech,
        }
    }

    /// Speech that this rests on, beyond what was assumed.
    pub fn seen(&self) -> Duration {
        self.seen
    }
}

/// An amount that fades as time goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fading {
    over: f64,
    amount: f64,
    at: Option<Instant>,
}

impl Fading {
    /// Nothing yet. A third of it is left after `over`.
    pub const fn new(over: Duration) -> Self {
        Self {
            over: over.as_secs_f64(),
            amount: 0.0,
            at: None,
        }
    }

    /// Adds what came at `now`.
    pub fn add(&mut self, now: Instant, amount: f64) {
        self.amount = self.amount(now) + amount;
        self.at = self.at.max(Some(now));
    }

    /// Adds what has come at a steady rate since the last time until `now`.
    pub fn add_steady(&mut self, now: Instant, per_second: f64) {
        let since = self.since(now);
        self.amount =
            self.amount(now) + per_second * self.over * (1.0 - (-since / self.over).exp());
        self.at = self.at.max(Some(now));
    }

    /// What is left at `now`.
    pub fn amount(&self, now: Instant) -> f64 {
        self.amount * (-self.since(now) / self.over).exp()
    }

    /// At which rate it has been coming of late.
    pub fn per_second(&self, now: Instant) -> f64 {
        self.amount(now) / self.over
    }

    fn since(&self, now: Instant) -> f64 {
        self.at
            .map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64())
    }
}
