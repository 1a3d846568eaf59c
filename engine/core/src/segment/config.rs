//! How talk spurts are cut.

use serde::{Deserialize, Serialize};

/// How talk spurts are cut. All lengths are multiples of 20 ms; others are rounded down.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentConfig {
    /// Voice within the last [`ONSET_WINDOW`](super::ONSET_WINDOW) that begins a talk spurt. Lower hears shorter words, and
    /// more clicks.
    pub onset_ms: u32,
    /// Sound kept from before the first voice. Lower loses soft first consonants.
    pub pre_roll_ms: u32,
    /// Sound kept from after the last voice.
    pub post_roll_ms: u32,
    /// Silence after which a look is taken at what may be the whole utterance, lest its end be waited for in idleness.
    /// Lower gives finals sooner, and looks more often at utterances that go on. Measured with 10 to 14 calls on two cores
    /// (AVX2): at 200 ms such looks take so much time that finals come later, at 400 ms they come 100 ms later for 3 to 7
    /// % less CPU.
    pub pause_ms: u32,
    /// Silence that ends an utterance (endpointing). Lower gives finals sooner and cuts sentences at
    /// shorter pauses.
    pub end_silence_ms: u32,
    /// Voice in all below which a talk spurt is taken for noise.
    pub min_voice_ms: u32,
    /// From this length on, any pause of `post_roll_ms` ends the utterance.
    pub soft_max_ms: u32,
    /// At this length the utterance is cut at its best pause. At most 28,000: the recogniser hears 30 s.
    pub hard_max_ms: u32,
}

impl Default for SegmentConfig {
    fn default() -> Self {
        Self {
            onset_ms: 60,
            pre_roll_ms: 240,
            post_roll_ms: 200,
            pause_ms: 240,
            end_silence_ms: 500,
            min_voice_ms: 100,
            soft_max_ms: 12_000,
            hard_max_ms: 20_000,
        }
    }
}
