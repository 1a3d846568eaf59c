//! How a call behaves. Each part's own settings stand beside it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::second_pass::SecondPassConfig;
use crate::cards::CardConfig;
use crate::emotion::MoodConfig;
use crate::redaction::RedactionConfig;
use crate::segment::SegmentConfig;
use sidetone_media::rtp::JitterConfig;
use sidetone_types::recognise::Purpose;

/// How one call listens.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallConfig {
    /// Packets out of order, late or lost.
    pub jitter: JitterConfig,
    /// Where utterances begin and end.
    pub segment: SegmentConfig,
    /// Interim results: words while they are still being said.
    pub partials: PartialConfig,
    /// An utterance that follows another one of its party within this pause is heard together with
    /// it, if recognition has nothing else to do: a pause in mid-sentence costs fewer words. 0 hears
    /// each alone, at less CPU, and its words do not depend on how soon those before it were known.
    #[schemars(range(min = 0, max = 10_000))]
    pub left_context_ms: u32,
    /// What is heard again, for the record.
    pub second_pass: SecondPassConfig,
    /// What becomes of secrets that are said: numbers of cards, passwords, codes.
    pub redaction: RedactionConfig,
    /// Which articles are shown to the agent.
    pub cards: CardConfig,
    /// Whether what comes back on a leg of what was said on another one, as an echo, is left out:
    /// no words, cards, alerts or talk time of it. Off hears each leg for itself.
    pub echo: bool,
    /// Whether customers' voices are read for their mood, and what they say for strain.
    pub emotion: MoodConfig,
    /// Without packets for this long, an utterance is taken to be over. Lower ends utterances
    /// sooner when a sender stops sending, and splits them where the network stalls.
    #[schemars(range(min = 100, max = 60_000))]
    pub stall_ms: u32,
    /// A leg without packets for this long is reported (`no_media`).
    #[schemars(range(min = 500, max = 600_000))]
    pub no_media_ms: u32,
    /// A call without packets on any leg for this long is ended.
    #[schemars(range(min = 1000, max = 86_400_000))]
    pub media_timeout_ms: u32,
    /// While a party is on hold, muted or paused, a call without packets on any leg lasts this long
    /// instead, if that is longer.
    #[schemars(range(min = 1000, max = 86_400_000))]
    pub hold_timeout_ms: u32,
    /// After the end of a call its last words are waited for no longer than this.
    #[schemars(range(min = 100, max = 600_000))]
    pub drain_ms: u32,
    /// The words of an utterance are waited for no longer than this after its end: if recognition
    /// has stalled, the utterance is then told as `unrecognised`. Far above what any load makes of
    /// it.
    #[schemars(range(min = 1000, max = 3_600_000))]
    pub final_timeout_ms: u32,
    /// After the last words of a call its summary is waited for no longer than this; then it is
    /// what the rules made of the call.
    #[schemars(range(min = 0, max = 600_000))]
    pub summary_due_ms: u32,
    /// Finals are due this long after the end of an utterance was noticed. The recogniser takes
    /// first what is due first.
    #[schemars(range(min = 1, max = 60_000))]
    pub final_due_ms: u32,
}

impl Default for CallConfig {
    fn default() -> Self {
        Self {
            jitter: JitterConfig::default(),
            segment: SegmentConfig::default(),
            partials: PartialConfig::default(),
            left_context_ms: 5_000,
            second_pass: SecondPassConfig::default(),
            redaction: RedactionConfig::default(),
            cards: CardConfig::default(),
            echo: true,
            emotion: MoodConfig::default(),
            stall_ms: 800,
            no_media_ms: 5_000,
            media_timeout_ms: 60_000,
            hold_timeout_ms: 3_600_000,
            drain_ms: 30_000,
            final_timeout_ms: 300_000,
            summary_due_ms: 10_000,
            final_due_ms: 300,
        }
    }
}

/// When interim results of an utterance are decoded.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialConfig {
    /// After this much speech the first interim result is decoded. Lower shows words sooner, and
    /// wrong ones more often.
    #[schemars(range(min = 20, max = 10_000))]
    pub first_ms: u32,
    /// Pause between decodings while there are no words yet: the first ones are waited for most.
    /// Not widened under load.
    #[schemars(range(min = 20, max = 10_000))]
    pub again_ms: u32,
    /// Pause between later decodings. Lower costs CPU in inverse proportion.
    #[schemars(range(min = 20, max = 60_000))]
    pub every_ms: u32,
    /// Pause between decodings as a share of what has been said so far, if that is longer. Bounds
    /// the cost of a long utterance, which is decoded from its beginning each time.
    #[schemars(range(min = 0, max = 1000))]
    pub growth_percent: u32,
    /// First words are due this long after they were asked for.
    #[schemars(range(min = 1, max = 60_000))]
    pub first_due_ms: u32,
    /// Further words are due this long after they were asked for.
    #[schemars(range(min = 1, max = 60_000))]
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
    pub(super) fn left_context(&self) -> Duration {
        ms(self.left_context_ms)
    }

    pub(super) fn stall(&self) -> Duration {
        ms(self.stall_ms)
    }

    pub(super) fn no_media(&self) -> Duration {
        ms(self.no_media_ms)
    }

    pub(super) fn media_timeout(&self) -> Duration {
        ms(self.media_timeout_ms)
    }

    pub(super) fn hold_timeout(&self) -> Duration {
        ms(self.hold_timeout_ms)
    }

    pub(super) fn summary_due(&self) -> Duration {
        ms(self.summary_due_ms)
    }

    pub(super) fn drain(&self) -> Duration {
        ms(self.drain_ms)
    }

    pub(super) fn final_timeout(&self) -> Duration {
        ms(self.final_timeout_ms)
    }

    /// How long the answer to a question for `purpose` may take.
    pub(super) fn due(&self, purpose: Purpose) -> Duration {
        let until_pause = ms(self.segment.pause_ms);
        let to_the_end = self.segment.end_complete().saturating_sub(until_pause);
        match purpose {
            Purpose::Final => ms(self.final_due_ms),
            Purpose::Pause => to_the_end + ms(self.final_due_ms),
            Purpose::First => ms(self.partials.first_due_ms),
            Purpose::Partial => ms(self.partials.due_ms),
            Purpose::Record => super::second_pass::NO_HURRY,
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

    /// How much has to be said after a decoding at `heard` before the next, with pauses widened by
    /// `pace`.
    pub(super) fn pause_after(&self, heard: Duration, pace: Pace) -> Duration {
        let pause = ms(self.every_ms).max(heard * self.growth_percent / 100);
        pace.widen(pause)
    }
}

/// How much wider than configured the pauses between the interim results of an utterance are, or
/// how much narrower.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Pace(u32);

impl Pace {
    /// As wide as configured.
    pub const AS_CONFIGURED: Self = Self(100);

    /// Wider by `factor`, or narrower if it is below 1, rounded up to whole percent.
    pub fn of(factor: f64) -> Self {
        Self(((factor * 100.0).ceil() as u32).max(1))
    }

    /// In percent of what is configured.
    pub const fn percent(self) -> u32 {
        self.0
    }

    /// `pause`, so much wider or narrower.
    pub fn widen(self, pause: Duration) -> Duration {
        pause * self.0 / 100
    }

    /// As a factor.
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
