//! How talk spurts are cut.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How talk spurts are cut. All lengths are multiples of 20 ms; others are rounded down.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SegmentConfig {
    /// Voice within the last 140 ms that begins an utterance. Lower hears shorter words, and more
    /// clicks.
    #[schemars(range(min = 20, max = 140))]
    pub onset_ms: u32,
    /// Sound kept from before the first voice. Lower loses soft first consonants.
    #[schemars(range(min = 0, max = 2000))]
    pub pre_roll_ms: u32,
    /// Sound kept from after the last voice. At most `end_silence_ms`.
    #[schemars(range(min = 20, max = 2000))]
    pub post_roll_ms: u32,
    /// Silence after which the utterance so far is decoded as if it had ended, so that its final
    /// is ready early. Between `post_roll_ms` and `end_silence_ms`. Lower gives finals sooner and
    /// decodes more often in vain. Measured with 10 to 14 calls on two cores (AVX2): 200 ms costs
    /// so much that finals come later; at 400 ms they come 100 ms later for 3 to 7 % less CPU.
    #[schemars(range(min = 20, max = 5000))]
    pub pause_ms: u32,
    /// Silence that ends an utterance (endpointing) whose words do not tell whether more is to
    /// come. Lower gives finals sooner and cuts sentences at shorter pauses.
    #[schemars(range(min = 100, max = 5000))]
    pub end_silence_ms: u32,
    /// Silence that ends an utterance whose words are a whole sentence; `end_silence_ms`, if that
    /// is less. The recogniser writes a full stop before many a pause: on LibriSpeech test-other
    /// 400 ms cost a whole percent of words more than 500 ms.
    #[schemars(range(min = 100, max = 5000))]
    pub end_complete_ms: u32,
    /// Silence that ends an utterance whose last words want more ("because", half a telephone
    /// number), while the other side is silent as well; `end_silence_ms`, if that is more.
    #[schemars(range(min = 100, max = 5000))]
    pub end_unfinished_ms: u32,
    /// An utterance with less voice than this is taken for noise.
    #[schemars(range(min = 0, max = 2000))]
    pub min_voice_ms: u32,
    /// From this length on, any pause of `post_roll_ms` ends the utterance. At most
    /// `hard_max_ms`.
    #[schemars(range(min = 1000, max = 28_000))]
    pub soft_max_ms: u32,
    /// At this length the utterance is cut at its best pause. The recogniser hears 30 s at most.
    #[schemars(range(min = 2000, max = 28_000))]
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
            end_complete_ms: 500,
            end_unfinished_ms: 1200,
            min_voice_ms: 100,
            soft_max_ms: 12_000,
            hard_max_ms: 20_000,
        }
    }
}

impl SegmentConfig {
    /// Silence that ends an utterance of which nothing is known.
    pub(crate) fn end_silence(&self) -> Duration {
        Duration::from_millis(self.end_silence_ms.into())
    }

    /// Silence that ends a whole sentence.
    pub(crate) fn end_complete(&self) -> Duration {
        Duration::from_millis(self.end_complete_ms.min(self.end_silence_ms).into())
    }

    /// Silence that ends an utterance whose last words want more.
    pub(crate) fn end_unfinished(&self) -> Duration {
        Duration::from_millis(self.end_unfinished_ms.max(self.end_silence_ms).into())
    }
}
