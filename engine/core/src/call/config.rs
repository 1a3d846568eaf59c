//! How a call behaves. Each part's own settings stand beside it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cards::CardConfig;
use crate::emotion::MoodConfig;
use crate::recognise::Purpose;
use crate::rtp::JitterConfig;
use crate::segment::SegmentConfig;

/// How one call listens.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallConfig {
    /// Reordering and loss.
    pub jitter: JitterConfig,
    /// Talk spurts.
    pub segment: SegmentConfig,
    /// Words while they are still being said.
    pub partials: PartialConfig,
    /// Articles that are shown to the agent.
    pub cards: CardConfig,
    /// Whose voices are read for their mood.
    pub emotion: MoodConfig,
    /// Without packets for this long, an utterance is taken to be over. Lower ends utterances sooner
    /// when a sender stops sending, and splits them where the network stalls.
    pub stall_ms: u32,
    /// A leg without packets for this long is told of.
    pub no_media_ms: u32,
    /// A call without packets on any leg for this long is ended.
    pub media_timeout_ms: u32,
    /// After the end of a call its last words are waited for no longer than this.
    pub drain_ms: u32,
    /// Finals are due this long after the end of an utterance was noticed. The recogniser takes first what is due first.
    pub final_due_ms: u32,
}

impl Default for CallConfig {
    fn default() -> Self {
        Self {
            jitter: JitterConfig::default(),
            segment: SegmentConfig::default(),
            partials: PartialConfig::default(),
            cards: CardConfig::default(),
            emotion: MoodConfig::default(),
            stall_ms: 800,
            no_media_ms: 5_000,
            media_timeout_ms: 60_000,
            drain_ms: 30_000,
            final_due_ms: 300,
        }
    }
}

/// When an utterance that still goes on is looked at.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialConfig {
    /// After this much speech the first look is taken. Lower shows words sooner, and wrong ones more often.
    pub first_ms: u32,
    /// From look to look while there are no words: the first ones are waited for most. Not widened under load.
    pub again_ms: u32,
    /// From look to look. Lower costs CPU in inverse proportion.
    pub every_ms: u32,
    /// From look to look as a share of what has been said so far, in percent, if that is longer. Keeps
    /// the cost of a long utterance in bounds: each look hears all of it again.
    pub growth_percent: u32,
    /// First words are due this long after they were asked for.
    pub first_due_ms: u32,
    /// Further ones are.
    pub due_ms: u32,
}

impl Default for PartialConfig {
    fn default() -> Self {
        Self {
            first_ms: 560,
            again_ms: 160,
            every_ms: 900,
            growth_percent: 25,
            first_due_ms: 400,
            due_ms: 700,
        }
    }
}

impl CallConfig {
    pub(super) fn stall(&self) -> Duration {
        ms(self.stall_ms)
    }

    pub(super) fn no_media(&self) -> Duration {
        ms(self.no_media_ms)
    }

    pub(super) fn media_timeout(&self) -> Duration {
        ms(self.media_timeout_ms)
    }

    pub(super) fn drain(&self) -> Duration {
        ms(self.drain_ms)
    }

    /// How long the answer to a question for `purpose` may take.
    pub(super) fn due(&self, purpose: Purpose) -> Duration {
        let SegmentConfig {
            end_silence_ms,
            pause_ms,
            ..
        } = self.segment;
        let to_the_end = ms(end_silence_ms.saturating_sub(pause_ms));
        match purpose {
            Purpose::Final => ms(self.final_due_ms),
            Purpose::Pause => to_the_end + ms(self.final_due_ms),
            Purpose::First => ms(self.partials.first_due_ms),
            Purpose::Partial => ms(self.partials.due_ms),
        }
    }
}

impl PartialConfig {
    pub(super) fn first(&self) -> Duration {
        ms(self.first_ms)
    }

    pub(super) fn again(&self) -> Duration {
        ms(self.again_ms)
    }

    /// How much has to be said after a look at `heard` before the next, with pauses widened by `pace`.
    pub(super) fn pause_after(&self, heard: Duration, pace: Pace) -> Duration {
        let pause = ms(self.every_ms).max(heard * self.growth_percent / 100);
        pace.widen(pause)
    }
}

/// How much wider than configured the pauses between looks at an utterance are. Never narrower.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Pace(u32);

impl Pace {
    /// As wide as configured.
    pub const AS_CONFIGURED: Self = Self(100);

    /// Wider by `factor`, rounded up to whole percent; as configured, if it is below 1.
    pub fn of(factor: f64) -> Self {
        Self(((factor * 100.0).ceil() as u32).max(100))
    }

    /// In percent of what is configured, at least 100.
    pub const fn percent(self) -> u32 {
        self.0
    }

    /// `pause`, so much wider.
    pub fn widen(self, pause: Duration) -> Duration {
        pause * self.0 / 100
    }

    /// As a factor, at least 1.
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::AS_CONFIGURED
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
