//! Whether anybody speaks in an utterance, and where.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Silero;

/// What counts as speech in an utterance.
///
/// There must be `least_ms` of it, and it must be either a fair part of the utterance or beyond
/// doubt: in hold music the network now and then half believes in a few frames, in many seconds of
/// which it believes nothing, while a short word stands out even between seconds of noise.
///
/// Singing has words as well, and the network takes most of it for speech, though for less likely
/// speech than what is spoken. Over seconds of it that tells, together with words that the
/// recogniser is not certain of.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecondOpinionConfig {
    /// Speech begins where its probability reaches this. Higher lets less music pass, and less
    /// mumbling.
    #[schemars(range(min = 0.01, max = 0.99), extend("unit" = "probability"))]
    pub onset: f32,
    /// Speech goes on until its probability is below this. At most `onset`. Lower keeps more of
    /// word ends.
    #[schemars(range(min = 0.0, max = 0.99), extend("unit" = "probability"))]
    pub offset: f32,
    /// Speech there must be in all. Longer lets less music pass; a short word has about 250 ms.
    #[schemars(range(min = 0, max = 2000))]
    pub least_ms: u32,
    /// Part of the utterance that must be speech, unless it is sure. Higher lets less music pass,
    /// and fewer faint words between noises.
    #[schemars(range(min = 0.0, max = 1.0), extend("unit" = "share"))]
    pub least_share: f32,
    /// Speech of this probability is sure: `least_ms` of it is enough, however long the
    /// utterance.
    #[schemars(range(min = 0.0, max = 1.0), extend("unit" = "probability"))]
    pub sure: f32,
    /// Sound of this length and more may be a song. Longer lets more of songs pass.
    #[schemars(range(min = 0, max = 30_000))]
    pub song_ms: u32,
    /// It is one if its speech is less likely than this, on average, and its words are less certain
    /// than `certain`. 0 lets all songs pass; higher lets fewer pass, and less speech on bad lines.
    #[schemars(range(min = 0.0, max = 1.0), extend("unit" = "probability"))]
    pub spoken: f32,
    /// Words this certain, on average, count even if they are sung. Higher lets fewer songs pass.
    #[schemars(range(min = 0.0, max = 1.0), extend("unit" = "probability"))]
    pub certain: f32,
    /// Sound kept before the first and after the last speech. Longer costs recognition time,
    /// shorter clips the consonants at the edges.
    #[schemars(range(min = 0, max = 2000))]
    pub pad_ms: u32,
}

impl Default for SecondOpinionConfig {
    fn default() -> Self {
        Self {
            onset: 0.5,
            offset: 0.35,
            least_ms: 120,
            least_share: 0.1,
            sure: 0.9,
            song_ms: 5_000,
            spoken: 0.93,
            certain: 0.7,
            pad_ms: 200,
        }
    }
}

/// Judges utterances once more before they are recognised: music, tones and noise have no words.
#[derive(Clone, Debug)]
pub struct SecondOpinion {
    network: Silero,
    config: SecondOpinionConfig,
}

impl SecondOpinion {
    /// Judges by `network` and `config`.
    pub fn new(network: Silero, config: SecondOpinionConfig) -> Self {
        Self { network, config }
    }

    /// The part of `pcm` from the first speech to the last, in samples; `None` if nobody speaks.
    ///
    /// `pcm` is mono, 16 kHz, in [-1, 1]. What lies between two stretches of speech is left in.
    pub fn speech(&self, pcm: &[f32]) -> Option<Speech> {
        let probabilities = self.network.probabilities(pcm);
        let frames = find_speech(&probabilities, &self.config)?;
        let pad = samples(self.config.pad_ms);
        let start = (frames.start * Silero::FRAME).saturating_sub(pad);
        let end = pcm.len().min(frames.end * Silero::FRAME + pad);
        Some(Speech {
            place: start..end,
            may_be_sung: pcm.len() >= samples(self.config.song_ms)
                && mean_of_speech(&probabilities[frames], &self.config) < self.config.spoken,
        })
    }

    /// Whether words of sound that [may be sung](Speech::may_be_sung) count: their mean confidence
    /// is `confidence`.
    pub fn believes_in_words(&self, confidence: f32) -> bool {
        confidence >= self.config.certain
    }
}

/// Where somebody speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Speech {
    /// From the first speech to the last, in samples.
    pub place: Range<usize>,
    /// Whether it is as long and as unlikely as songs are. Pauses do not make it less likely.
    pub may_be_sung: bool,
}

/// From the first frame of speech to behind the last, without padding; `None` if nobody speaks.
///
/// `probabilities` are [`Silero`]'s, one for each [`Silero::FRAME`] samples.
pub fn find_speech(probabilities: &[f32], config: &SecondOpinionConfig) -> Option<Range<usize>> {
    let mut speaking = false;
    let is_speech = |(_, probability): &(usize, f32)| {
        speaking = *probability
            >= if speaking {
                config.offset
            } else {
                config.onset
            };
        speaking
    };
    let speech: Vec<_> = (0..)
        .zip(probabilities.iter().copied())
        .filter(is_speech)
        .collect();
    let (first, last) = (speech.first()?.0, speech.last()?.0);

    let least = samples(config.least_ms).div_ceil(Silero::FRAME);
    let share = speech.len() as f32 / probabilities.len() as f32;
    let sure = speech
        .iter()
        .filter(|(_, probability)| *probability >= config.sure)
        .count();
    let believed = speech.len() >= least && (share >= config.least_share || sure >= least);
    believed.then_some(first..last + 1)
}

/// How likely speech is on average where there is any: pauses do not count.
fn mean_of_speech(probabilities: &[f32], config: &SecondOpinionConfig) -> f32 {
    let speech = probabilities.iter().filter(|one| **one >= config.offset);
    let (count, sum) = speech.fold((0, 0.0), |(count, sum), one| (count + 1, sum + one));
    sum / count.max(1) as f32
}

/// Samples of 16 kHz in `ms`.
const fn samples(ms: u32) -> usize {
    ms as usize * 16
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// `frames` amid `silent` silent ones.
    fn amid(silent: usize, frames: &[f32]) -> Vec<f32> {
        [
            &vec![0.0; silent / 2],
            frames,
            &vec![0.0; silent.div_ceil(2)],
        ]
        .concat()
    }

    #[test]
    fn speech_reaches_from_its_first_frame_to_its_last() {
        let config = SecondOpinionConfig::default();
        for (case, probabilities, expected) in [
            ("nothing", vec![], None),
            ("silence", vec![0.01; 50], None),
            ("too short", amid(2, &[0.99; 3]), None),
            ("just long enough", amid(2, &[0.9; 4]), Some(1..5)),
            ("never likely", vec![0.49; 50], None),
            (
                "fading out",
                vec![0.1, 0.6, 0.4, 0.4, 0.4, 0.3, 0.4],
                Some(1..5),
            ),
            ("two words", vec![0.9, 0.9, 0.0, 0.0, 0.9, 0.9], Some(0..6)),
            ("to the end", vec![0.0, 0.0, 0.7, 0.8, 0.9, 0.8], Some(2..6)),
        ] {
            assert_eq!(find_speech(&probabilities, &config), expected, "{case}");
        }
    }

    #[test]
    fn a_little_speech_in_a_long_utterance_must_be_beyond_doubt() {
        let config = SecondOpinionConfig::default();
        for (case, probabilities, expected) in [
            ("a faint word by itself", amid(36, &[0.6; 4]), Some(18..22)),
            ("as faint, in 10 s of music", amid(300, &[0.6; 4]), None),
            (
                "a clear word in 10 s of music",
                amid(300, &[0.95; 4]),
                Some(150..154),
            ),
            (
                "clear, but for too short",
                amid(300, &[0.6, 0.95, 0.95, 0.95, 0.6]),
                None,
            ),
        ] {
            assert_eq!(find_speech(&probabilities, &config), expected, "{case}");
        }
    }

    #[test]
    fn pauses_do_not_make_speech_less_likely() {
        let config = SecondOpinionConfig::default();
        let speech = [0.95, 0.85, 0.9];
        let hesitant: Vec<f32> = speech.iter().flat_map(|one| [*one, 0.01, 0.1]).collect();
        for probabilities in [&speech[..], &hesitant] {
            let mean = mean_of_speech(probabilities, &config);
            assert!((mean - 0.9).abs() < 1e-6, "{mean}");
        }
        assert_eq!(mean_of_speech(&[0.1; 3], &config), 0.0);
    }

    #[test]
    fn settings_are_read_by_name_and_a_misspelt_one_is_refused() {
        let config: SecondOpinionConfig = toml::from_str("onset = 0.6\nleast_ms = 90").unwrap();
        let expected = SecondOpinionConfig {
            onset: 0.6,
            least_ms: 90,
            ..SecondOpinionConfig::default()
        };
        assert_eq!(config, expected);
        assert!(toml::from_str::<SecondOpinionConfig>("on_set = 0.6").is_err());
    }

    proptest! {
        #[test]
        fn speech_begins_with_a_likely_frame_and_nothing_likely_lies_outside(
            probabilities in vec(0_f32..1.0, 0..60),
        ) {
            let config = SecondOpinionConfig {
                least_ms: 0,
                least_share: 0.0,
                ..SecondOpinionConfig::default()
            };
            let likely = |p: &f32| *p >= config.onset;
            match find_speech(&probabilities, &config) {
                None => prop_assert!(!probabilities.iter().any(likely)),
                Some(found) => {
                    prop_assert!(likely(&probabilities[found.start]));
                    prop_assert!(probabilities[found.end - 1] >= config.offset);
                    prop_assert!(!probabilities[..found.start].iter().any(likely));
                    prop_assert!(!probabilities[found.end..].iter().any(likely));
                }
            }
        }
    }
}
