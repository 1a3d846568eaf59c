//! What recognition has cost, and how much of it speech asks for. Newer evidence counts more.

use std::time::{Duration, Instant};

use super::Run;
use crate::call::Pace;
use sidetone_types::recognise::Purpose;

/// What a run that was alone on the machine counts, compared with one on a machine that is busy.
const LEAST_WEIGHT: f64 = 0.1;
/// After this much audio of a kind, what its runs cost before counts a third.
const COSTS_REMEMBERED: f64 = 300.0;
/// After this much speech, how much of it was heard before counts a third.
const SPEECH_REMEMBERED: f64 = 300.0;
/// What is assumed counts like this many seconds of audio that runs have heard, and of speech.
const ASSUMED_AUDIO: f64 = 2.0;
const ASSUMED_SPEECH: f64 = 10.0;
/// Seconds of audio that are assumed to be heard per second of speech, as whisper-base was seen to
/// with calls as they are configured unless said otherwise: utterances of 4 s, half of them with a
/// pause that was not the end.
const ASSUMED_WHOLE: f64 = 1.7;
const ASSUMED_FIRST: f64 = 0.4;
const ASSUMED_LATER: f64 = 0.5;
/// What ran for less than this tells nothing of how busy the threads are.
const LEAST_WINDOW: f64 = 1.0;

/// What is known of runs, by what they are to each other: not all of them can be spared, and a
/// second of a short one costs more than one of a long one.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Utterances that are over, or may be.
    whole: Kind,
    /// Looks before there are words.
    first: Kind,
    /// Looks after that, each counted as many times as pauses were widened.
    later: Kind,
    /// Of utterances that are over, in seconds.
    speech: f64,
    /// All speech ever.
    seen: Duration,
}

/// Runs of one kind. Seconds, each sum forgetting by and by.
#[derive(Debug)]
struct Kind {
    /// How long runs took, and how much they heard.
    busy: f64,
    audio: f64,
    /// How much was heard in the time of [`Evidence::speech`].
    heard: f64,
}

impl Kind {
    /// A second of audio takes `cost` seconds, and a second of speech has `heard` of them heard.
    fn assumed(cost: f64, heard: f64) -> Self {
        Self {
            busy: cost * ASSUMED_AUDIO,
            audio: ASSUMED_AUDIO,
            heard: heard * ASSUMED_SPEECH,
        }
    }

    /// Runs that have memory and caches to themselves are quicker than they will be under load, so
    /// they tell little about how many calls fit.
    fn ran(&mut self, run: &Run, busy_share: f64, times: f64) {
        let (audio, busy) = (run.audio.as_secs_f64(), run.busy.as_secs_f64());
        let weight = busy_share.clamp(LEAST_WEIGHT, 1.0);
        let kept = (-audio * weight / COSTS_REMEMBERED).exp();
        self.busy = self.busy * kept + busy * weight;
        self.audio = self.audio * kept + audio * weight;
        self.heard += audio * times;
    }

    /// Busy seconds of a thread for each of so many seconds of `speech`.
    fn per_second_of(&self, speech: f64) -> f64 {
        self.busy / self.audio * self.heard / speech
    }
}

/// Busy seconds of a thread for each second of speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// Hearing utterances in whole, those included that turn out not to be over.
    pub whole: f64,
    /// Looks before there are words.
    pub first: f64,
    /// Further looks, at the pace that is configured.
    pub later: f64,
}

impl Cost {
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
    pub fn assumed(cost: f64) -> Self {
        Self {
            whole: Kind::assumed(cost, ASSUMED_WHOLE),
            first: Kind::assumed(cost, ASSUMED_FIRST),
            later: Kind::assumed(cost, ASSUMED_LATER),
            speech: ASSUMED_SPEECH,
            seen: Duration::ZERO,
        }
    }

    /// A model run on a machine that was `busy_share` busy, while looks came at `pace`.
    pub fn ran(&mut self, run: &Run, busy_share: f64, pace: Pace) {
        let (kind, times) = match run.purpose {
            Purpose::Final | Purpose::Pause => (&mut self.whole, 1.0),
            Purpose::First => (&mut self.first, 1.0),
            Purpose::Partial => (&mut self.later, pace.factor()),
            // It gives way to whatever a call needs.
            Purpose::Record => return,
        };
        kind.ran(run, busy_share, times);
    }

    /// An utterance is over.
    pub fn spoke(&mut self, length: Duration) {
        self.seen += length;
        let length = length.as_secs_f64();
        let kept = (-length / SPEECH_REMEMBERED).exp();
        for sum in [
            &mut self.speech,
            &mut self.whole.heard,
            &mut self.first.heard,
            &mut self.later.heard,
        ] {
            *sum *= kept;
        }
        self.speech += length;
    }

    /// What a second of speech costs.
    pub fn cost(&self) -> Cost {
        Cost {
            whole: self.whole.per_second_of(self.speech),
            first: self.first.per_second_of(self.speech),
            later: self.later.per_second_of(self.speech),
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
    /// When it first came, and when last.
    began: Option<Instant>,
    at: Option<Instant>,
}

impl Fading {
    /// Nothing yet. A third of it is left after `over`.
    pub const fn new(over: Duration) -> Self {
        Self {
            over: over.as_secs_f64(),
            amount: 0.0,
            began: None,
            at: None,
        }
    }

    /// Adds what came at `now`.
    pub fn add(&mut self, now: Instant, amount: f64) {
        self.amount = self.amount(now) + amount;
        self.began = self.began.or(Some(now));
        self.at = self.at.max(Some(now));
    }

    /// Adds what has come at a steady rate since the last time until `now`.
    pub fn add_steady(&mut self, now: Instant, per_second: f64) {
        let since = seconds_since(self.at, now);
        self.add(
            now,
            per_second * self.over * (1.0 - (-since / self.over).exp()),
        );
    }

    /// What is left at `now`.
    pub fn amount(&self, now: Instant) -> f64 {
        self.amount * (-seconds_since(self.at, now) / self.over).exp()
    }

    /// At which rate it has been coming of late.
    pub fn per_second(&self, now: Instant) -> f64 {
        let lasted = seconds_since(self.began, now).max(LEAST_WINDOW);
        self.amount(now) / (self.over * (1.0 - (-lasted / self.over).exp()))
    }
}

fn seconds_since(then: Option<Instant>, now: Instant) -> f64 {
    then.map_or(0.0, |then| {
        now.saturating_duration_since(then).as_secs_f64()
    })
}
