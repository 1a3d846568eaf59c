//! How many calls this machine carries, and whether one more is let in.
//!
//! Recognition is what costs. From what model runs took and how much was said meanwhile follows
//! what a second of speech costs; from the threads and how busy they may become, how many seconds
//! of speech per second fit; from how much a call speaks, how many calls. A call is counted as
//! speaking its share from the moment it is let in, so that many which open at once and speak later
//! still fit.
//!
//! Finals are never thinned out, nor are the first words of an utterance; further partials are:
//! capacity counts them as rare as they may become. [`Capacity::pace`] widens the pauses between
//! them as calls come, and narrows them while there is little to do.
//!
//! Finals that come late although there is load are a second sign: whatever was measured, no call
//! is let in until they are prompt again.

mod config;
mod evidence;

use std::time::{Duration, Instant};

use crate::call::Pace;
pub use config::CapacityConfig;
use evidence::{Evidence, Fading};
use sidetone_types::recognise::Purpose;

/// Busy seconds per second of audio that are assumed where nothing was measured: careful for
/// whisper-base on one core with AVX2.
pub const ASSUMED_COST: f64 = 0.2;
/// Legs of the calls that capacity is told in.
pub const LEGS_PER_CALL: usize = 2;
/// More than any engine has ports for: a recogniser that costs nothing still has an end.
const MOST_LEGS: usize = 10_000;
/// Capacity rises only once there is this much more room than a further leg takes, so that it does
/// not go up and down with every utterance.
const ROOM_TO_RISE: f64 = 0.25;
/// Busy share of the threads below which late finals have other reasons than load.
const LOADED: f64 = 0.3;
/// Share of late finals from which no call is let in, and below which calls are let in again.
const LATE: f64 = 0.1;
const PROMPT: f64 = 0.05;
/// Looks come more often than configured while everything takes less than this share of what it may.
const SPARE: f64 = 0.5;
/// A single late final is no sign yet; what is left of this few is none any more.
const LATE_FINALS: f64 = 2.0;
const FORGOTTEN_FINALS: f64 = 0.5;
/// How long finals, talk and work are remembered.
const FINALS_REMEMBERED: Duration = Duration::from_secs(30);
const TALK_REMEMBERED: Duration = Duration::from_secs(60);
const WORK_REMEMBERED: Duration = Duration::from_secs(10);
/// Leg seconds from which on measured talk counts.
const TALK_EVIDENCE: f64 = 40.0;
/// Calls are assumed to last this long until some have ended, as so many calls would tell.
const ASSUMED_CALL: f64 = 180.0;
const ASSUMED_CALLS: f64 = 3.0;
/// What calls lasted counts this much less with each that ends.
const CALLS_REMEMBERED: f64 = 0.95;
/// Bounds of what a refused caller is told, in seconds.
const RETRY_S: std::ops::RangeInclusive<f64> = 2.0..=60.0;
/// After this, late finals may be prompt again.
const RETRY_LATE: Duration = Duration::from_secs(15);

/// What a model run cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// What it was wanted for.
    pub purpose: Purpose,
    /// How much sound it heard.
    pub audio: Duration,
    /// How long it kept a thread busy.
    pub busy: Duration,
}

/// Why a call is not let in.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// All that was measured to fit is there.
    #[error("this machine carries {carries} calls at once, as measured, and has {live}")]
    Full {
        /// Two-leg calls that fit.
        carries: f64,
        /// Two-leg calls that are open.
        live: f64,
        /// When a call is likely to have ended.
        retry_after: Duration,
    },
    /// The captions of the calls that are open come late already.
    #[error("{percent} % of the last finals came later than {late_ms} ms after their words")]
    Late {
        /// How many of the last finals.
        percent: u32,
        /// What counts as late.
        late_ms: u32,
        /// When they may be prompt again.
        retry_after: Duration,
    },
}

impl Refusal {
    /// When to try again.
    pub const fn retry_after(&self) -> Duration {
        match self {
            Self::Full { retry_after, .. } | Self::Late { retry_after, .. } => *retry_after,
        }
    }
}

/// What is known at the moment, for metrics and people. Costs are in busy seconds of one thread per
/// second of speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Two-leg calls that fit.
    pub carries: f64,
    /// Whether more are refused.
    pub enforced: bool,
    /// Two-leg calls that are open.
    pub live: f64,
    /// Cost of finals.
    pub finals: f64,
    /// Cost of partials at the pace that is configured.
    pub partials: f64,
    /// Cost of the partials that are left when pauses are widest.
    pub least_partials: f64,
    /// Share of the time that a leg is counted as speaking.
    pub talk: f64,
    /// Busy share of the threads, over the last seconds.
    pub busy: f64,
    /// Share of late ones among the last finals.
    pub late: f64,
    /// How much pauses between looks are widened.
    pub pace: Pace,
    /// Speech that the costs were measured on.
    pub measured: Duration,
}

/// Knows what calls cost, and lets in as many as fit.
#[derive(Debug)]
pub struct Capacity {
    config: CapacityConfig,
    threads: usize,
    evidence: Evidence,
    /// Busy seconds.
    work: Fading,
    /// Seconds of speech, and seconds that legs were open for it.
    speech: Fading,
    leg_seconds: Fading,
    finals: Fading,
    late: Fading,
    /// Whether finals are taken to be late.
    lagging: bool,
    calls: usize,
    legs: usize,
    /// Legs that fit.
    carries: usize,
    /// What calls lasted, and how many.
    lasted: f64,
    ended: f64,
}

impl Capacity {
    /// For `threads` that take `cost` busy seconds for a second of audio as far as is known:
    /// [`ASSUMED_COST`], if nothing is.
    pub fn new(config: CapacityConfig, threads: usize, cost: f64) -> Self {
        let mut capacity = Self {
            config,
            threads: threads.max(1),
            evidence: Evidence::assumed(cost),
            work: Fading::new(WORK_REMEMBERED),
            speech: Fading::new(TALK_REMEMBERED),
            leg_seconds: Fading::new(TALK_REMEMBERED),
            finals: Fading::new(FINALS_REMEMBERED),
            late: Fading::new(FINALS_REMEMBERED),
            lagging: false,
            calls: 0,
            legs: 0,
            carries: 0,
            lasted: ASSUMED_CALL * ASSUMED_CALLS,
            ended: ASSUMED_CALLS,
        };
        let talk = capacity.config.talk();
        capacity.carries = (capacity.room(talk) as usize).min(MOST_LEGS);
        capacity
    }

    /// Takes what a model run cost.
    pub fn ran(&mut self, now: Instant, run: &Run) {
        if run.purpose == Purpose::Record {
            // Time that nobody else needed.
            return;
        }
        let pace = self.pace(now);
        self.work.add(now, run.busy.as_secs_f64());
        let busy = self.busy(now);
        self.evidence.ran(run, busy, pace);
        self.settle(now);
    }

    /// Takes that an utterance of this length is over, whatever becomes of it.
    pub fn spoke(&mut self, now: Instant, length: Duration) {
        self.pass_time(now);
        self.speech.add(now, length.as_secs_f64());
        self.evidence.spoke(length);
        self.settle(now);
    }

    /// Takes how long after the end of its utterance a final was told.
    pub fn finished(&mut self, now: Instant, latency: Duration) {
        let late = latency > Duration::from_millis(self.config.late_ms.into());
        self.finals.add(now, 1.0);
        self.late.add(now, if late { 1.0 } else { 0.0 });
        self.judge_finals(now);
    }

    /// Lets a call of so many legs in, or says why not and when to try again.
    ///
    /// A call that would be the only one is always let in: a machine that is too slow for it does
    /// what it can.
    pub fn admit(&mut self, now: Instant, legs: usize) -> Result<(), Refusal> {
        self.judge_finals(now);
        if self.config.enforce && self.legs > 0 {
            if self.lagging {
                return Err(Refusal::Late {
                    percent: (self.late_share(now) * 100.0).round() as u32,
                    late_ms: self.config.late_ms,
                    retry_after: RETRY_LATE,
                });
            }
            if self.legs + legs > self.carries {
                return Err(Refusal::Full {
                    carries: calls(self.carries),
                    live: calls(self.legs),
                    retry_after: self.until_one_ends(),
                });
            }
        }
        self.pass_time(now);
        self.calls += 1;
        self.legs += legs;
        Ok(())
    }

    /// Further legs of a call that was let in. They always are: a call is heard whole, or not at
    /// all.
    pub fn add(&mut self, now: Instant, legs: usize) {
        self.pass_time(now);
        self.legs += legs;
    }

    /// Legs that were added to a call are gone.
    pub fn removed(&mut self, now: Instant, legs: usize) {
        self.pass_time(now);
        self.legs = self.legs.saturating_sub(legs);
    }

    /// A call that was let in is over.
    pub fn left(&mut self, now: Instant, legs: usize, lasted: Duration) {
        self.pass_time(now);
        self.calls = self.calls.saturating_sub(1);
        self.legs = self.legs.saturating_sub(legs);
        self.lasted = self.lasted * CALLS_REMEMBERED + lasted.as_secs_f64();
        self.ended = self.ended * CALLS_REMEMBERED + 1.0;
    }

    /// How wide the pauses between looks are to be: as configured or narrower while the threads have
    /// time to spare, wider where the calls that are open would not fit otherwise, and as wide as
    /// may be while finals are late.
    pub fn pace(&self, now: Instant) -> Pace {
        let widest = self.widest();
        if self.lagging {
            return widest;
        }
        let cost = self.evidence.cost();
        let speech_per_second = self.legs as f64 * self.talk(now);
        // As wide as lets looks take no more than what is left of a share of the budget.
        let fitting = |share: f64| {
            let left = share * self.budget() / speech_per_second - cost.whole - cost.first;
            if left > 0.0 {
                cost.later / left
            } else {
                f64::INFINITY
            }
        };
        let narrowest = f64::from(self.config.narrowest_percent) / 100.0;
        let pace = match fitting(SPARE) {
            spare if spare <= 1.0 => spare.max(narrowest),
            _ => fitting(1.0).max(1.0),
        };
        Pace::of(pace.min(widest.factor()))
    }

    /// What is known at `now`.
    pub fn report(&self, now: Instant) -> Report {
        let cost = self.evidence.cost();
        Report {
            carries: calls(self.carries),
            enforced: self.config.enforce,
            live: calls(self.legs),
            finals: cost.whole,
            partials: cost.partials(Pace::AS_CONFIGURED),
            least_partials: cost.partials(self.widest()),
            talk: self.talk(now),
            busy: self.busy(now),
            late: self.late_share(now),
            pace: self.pace(now),
            measured: self.evidence.seen(),
        }
    }

    /// Threads that may be busy.
    fn budget(&self) -> f64 {
        self.threads as f64 * self.config.busy()
    }

    fn widest(&self) -> Pace {
        Pace::of(f64::from(self.config.widest_percent) / 100.0)
    }

    fn busy(&self, now: Instant) -> f64 {
        self.work.per_second(now) / self.threads as f64
    }

    /// Legs that fit if each speaks `talk` of the time.
    fn room(&self, talk: f64) -> f64 {
        let least = self.evidence.cost().all(self.widest());
        self.budget() / (least * talk)
    }

    /// Never less than configured: calls that are on hold may all begin to speak.
    fn talk(&self, now: Instant) -> f64 {
        let mut leg_seconds = self.leg_seconds;
        leg_seconds.add_steady(now, self.legs as f64);
        let leg_seconds = leg_seconds.amount(now);
        let assumed = self.config.talk();
        if leg_seconds < TALK_EVIDENCE {
            return assumed;
        }
        assumed.max(self.speech.amount(now) / leg_seconds)
    }

    /// Falls at once, and rises with some room to spare.
    fn settle(&mut self, now: Instant) {
        let room = self.room(self.talk(now)).min(MOST_LEGS as f64);
        if room < self.carries as f64 {
            self.carries = room as usize;
        } else if room >= (self.carries + 1) as f64 + ROOM_TO_RISE {
            self.carries = (room - ROOM_TO_RISE) as usize;
        }
    }

    fn late_share(&self, now: Instant) -> f64 {
        let finals = self.finals.amount(now);
        if finals > 0.0 {
            self.late.amount(now) / finals
        } else {
            0.0
        }
    }

    fn judge_finals(&mut self, now: Instant) {
        let (late, share) = (self.late.amount(now), self.late_share(now));
        self.lagging = if self.lagging {
            share >= PROMPT && late >= FORGOTTEN_FINALS
        } else {
            share >= LATE && late >= LATE_FINALS && self.busy(now) >= LOADED
        };
    }

    /// A call ends in this time if those that are open are like those that have ended.
    fn until_one_ends(&self) -> Duration {
        let mean = self.lasted / self.ended;
        let seconds = mean / self.calls.max(1) as f64;
        Duration::from_secs_f64(seconds.clamp(*RETRY_S.start(), *RETRY_S.end()).ceil())
    }

    fn pass_time(&mut self, now: Instant) {
        self.leg_seconds.add_steady(now, self.legs as f64);
    }
}

fn calls(legs: usize) -> f64 {
    legs as f64 / LEGS_PER_CALL as f64
}

#[cfg(test)]
mod tests;
