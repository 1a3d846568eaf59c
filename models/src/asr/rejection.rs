//! Decides whether what was decoded is speech at all.
//!
//! Whisper was trained on films and will write something for any sound: thanks for watching,
//! mostly. It also tells how likely it finds that nobody speaks, and how likely its own words;
//! neither is enough alone.

use serde::{Deserialize, Serialize};
use sidetone_types::recognise::Rejection;

/// Where the line between speech and other sounds is drawn.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RejectionConfig {
    /// Sound whose loudest 20 ms stay below this, in dB of full scale, is not listened to. Higher
    /// saves work and loses whispering callers.
    pub quietest_dbfs: f32,
    /// Words are dropped from this probability of silence on, if they are not likely. Higher lets
    /// more noise through.
    pub no_speech: f32,
    /// How likely, as the mean logarithm of the tokens' probabilities, words must be once silence
    /// is that likely.
    pub likely_despite_no_speech: f32,
    /// Words less likely than this are dropped whatever the probability of silence. Higher loses
    /// mumbled words.
    pub least_likely: f32,
    /// A finished utterance whose words are less likely than this is recognised a second time, and
    /// the second result counts only if it is likelier than this. Higher costs time.
    pub doubtful: f32,
    /// Nobody says more tokens in a second than this, after the first ten.
    pub tokens_per_second: f32,
    /// From this probability on, another language than those allowed is spoken. Lower drops words
    /// of speakers with an accent: of some 700 utterances of a second or more in English and
    /// Mandarin the highest have 0.973 and 0.95, and 84 % of 244 in Spanish, Italian and German
    /// have more than 0.98.
    pub other_language: f32,
    /// In less sound than this a language is not told from another.
    pub other_language_seconds: f32,
}

impl Default for RejectionConfig {
    /// Between single spoken digits without any context, of which 25 of 359 are lost, mostly
    /// misheard ones, and 149 clips of noise, tones, clicks and music, of which one passes.
    /// Sentences on a telephone line are far from either line.
    fn default() -> Self {
        Self {
            quietest_dbfs: -60.0,
            no_speech: 0.6,
            likely_despite_no_speech: -0.8,
            least_likely: -1.6,
            doubtful: -1.0,
            tokens_per_second: 16.0,
            other_language: 0.98,
            other_language_seconds: 1.0,
        }
    }
}

/// What a decision is based on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    /// Probability that nobody speaks, in [0, 1].
    pub no_speech: f32,
    /// Mean logarithm of the probabilities of the text's tokens and its end.
    pub mean_log_prob: f32,
    /// Tokens of the text.
    pub tokens: usize,
    /// Length of the sound.
    pub seconds: f32,
    /// Probability of another language than those that are allowed, in [0, 1].
    pub other_language: f32,
    /// Whether a repetition was cut off.
    pub looped: bool,
    /// Whether the text holds a letter or a digit.
    pub legible: bool,
}

impl RejectionConfig {
    /// Whether `pcm` is too quiet to hold speech.
    pub fn too_quiet(&self, pcm: &[f32]) -> bool {
        let loudest = pcm
            .chunks(320)
            .map(|frame| frame.iter().map(|x| x * x).sum::<f32>() / frame.len() as f32);
        let loudest = loudest.fold(0.0, f32::max);
        10.0 * loudest.log10() < self.quietest_dbfs
    }

    /// Most tokens that `seconds` of sound can hold.
    pub fn most_tokens(&self, seconds: f32) -> usize {
        10 + (seconds * self.tokens_per_second) as usize
    }

    /// Why the words are to be dropped, if they are.
    pub fn judge(&self, evidence: &Evidence) -> Option<Rejection> {
        let likely = evidence.mean_log_prob;
        if !evidence.legible {
            Some(if evidence.looped {
                Rejection::Loop
            } else {
                Rejection::Empty
            })
        } else if evidence.no_speech >= self.no_speech && likely < self.likely_despite_no_speech {
            Some(Rejection::NoSpeech)
        } else if evidence.other_language >= self.other_language
            && evidence.seconds >= self.other_language_seconds
        {
            Some(Rejection::OtherLanguage)
        } else if likely < self.least_likely || evidence.tokens > self.most_tokens(evidence.seconds)
        {
            Some(Rejection::Unlikely)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_words_pass_and_others_do_not() {
        let speech = Evidence {
            no_speech: 0.1,
            mean_log_prob: -0.3,
            tokens: 20,
            seconds: 4.0,
            other_language: 0.0,
            looped: false,
            legible: true,
        };
        for (case, evidence, expected) in [
            ("speech", speech, None),
            (
                "mumbled speech",
                Evidence {
                    mean_log_prob: -1.4,
                    ..speech
                },
                None,
            ),
            (
                "speech taken for silence",
                Evidence {
                    no_speech: 0.9,
                    ..speech
                },
                None,
            ),
            (
                "noise",
                Evidence {
                    no_speech: 0.9,
                    mean_log_prob: -1.0,
                    ..speech
                },
                Some(Rejection::NoSpeech),
            ),
            (
                "another language",
                Evidence {
                    other_language: 0.99,
                    ..speech
                },
                Some(Rejection::OtherLanguage),
            ),
            (
                "a word that may be of any language",
                Evidence {
                    other_language: 0.99,
                    tokens: 3,
                    seconds: 0.8,
                    ..speech
                },
                None,
            ),
            (
                "guesses",
                Evidence {
                    mean_log_prob: -1.7,
                    ..speech
                },
                Some(Rejection::Unlikely),
            ),
            (
                "too much at once",
                Evidence {
                    seconds: 0.5,
                    ..speech
                },
                Some(Rejection::Unlikely),
            ),
            (
                "no word",
                Evidence {
                    legible: false,
                    ..speech
                },
                Some(Rejection::Empty),
            ),
            (
                "no word but a loop",
                Evidence {
                    legible: false,
                    looped: true,
                    ..speech
                },
                Some(Rejection::Loop),
            ),
            (
                "speech with a loop cut off",
                Evidence {
                    looped: true,
                    ..speech
                },
                None,
            ),
        ] {
            assert_eq!(
                RejectionConfig::default().judge(&evidence),
                expected,
                "{case}"
            );
        }
    }

    #[test]
    fn quiet_sound_is_not_listened_to() {
        let rejection = RejectionConfig::default();
        for (case, pcm, quiet) in [
            ("nothing", vec![], true),
            ("digital silence", vec![0.0; 16_000], true),
            ("a line's idle noise", vec![3e-4; 16_000], true),
            (
                "one soft syllable",
                [vec![0.0; 16_000], vec![5e-3; 3_200]].concat(),
                false,
            ),
        ] {
            assert_eq!(rejection.too_quiet(&pcm), quiet, "{case}");
        }
    }
}
