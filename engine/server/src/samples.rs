//! The calls that are part of the program, and what is said in any recording.
//!
//! `tests/calls/README.md` tells where the calls come from.

use sidetone_core::segment::{Cue, SegmentConfig, Segmenter, Spurt};
use sidetone_models::emotion::Utterance;
use sidetone_models::vad::{WebRtc, WebRtcConfig};
use sidetone_types::time::{MediaTime, SAMPLE_RATE};
use sidetone_types::vad::{FRAME, VoiceDetector};

use crate::audio_file::{AudioFileError, Recording};
use crate::recognition::Detectors;

/// A call that is part of the program: 8 kHz, left the agent, right the customer.
pub struct SampleCall {
    /// Its name in `tests/calls`.
    pub name: &'static str,
    /// The language that is spoken.
    pub lang: &'static str,
    /// The customer's number.
    pub caller: &'static str,
    /// Whose call it is.
    pub agent: &'static str,
    flac: &'static [u8],
}

impl SampleCall {
    /// Charged twice, in English.
    pub const EN: Self = Self {
        name: "en-duplicate-payment",
        lang: "en",
        caller: "+14155550117",
        agent: "agent-7",
        flac: include_bytes!("../../../tests/calls/en-duplicate-payment.flac"),
    };

    /// Charged twice, in Mandarin.
    pub const ZH: Self = Self {
        name: "zh-refund-complaint",
        lang: "zh",
        caller: "+8613800138017",
        agent: "agent-21",
        flac: include_bytes!("../../../tests/calls/zh-refund-complaint.flac"),
    };

    /// Its sound.
    pub fn recording(&self) -> Result<Recording, AudioFileError> {
        Recording::from_bytes(self.name, self.flac)
    }
}

/// The utterances of each channel of `recording`, cut as those of calls are.
pub fn utterances(
    recording: &Recording,
    detectors: &Detectors,
    segment: &SegmentConfig,
) -> Vec<Vec<Spurt>> {
    recording
        .at_rate(SAMPLE_RATE)
        .channels
        .iter()
        .map(|samples| cut(samples, &mut *detectors(), segment))
        .collect()
}

/// The utterances in `samples` (mono, 16 kHz, in [-1, 1]) as calls cut them that are configured as
/// they come: what a [`FeatureExtractor`](sidetone_models::emotion::FeatureExtractor) listens to.
pub fn voices(samples: &[f32]) -> Vec<Utterance> {
    let mut detector = WebRtc::new(&WebRtcConfig::default());
    let spurts = cut(samples, &mut detector, &SegmentConfig::default());
    let voice = |spurt: Spurt| Utterance {
        voice: spurt.voice(),
        audio: spurt.audio,
    };
    spurts.into_iter().map(voice).collect()
}

fn cut(samples: &[f32], detector: &mut dyn VoiceDetector, segment: &SegmentConfig) -> Vec<Spurt> {
    let mut segmenter = Segmenter::new(segment.clone());
    let (frames, _) = samples.as_chunks::<FRAME>();
    let mut cues: Vec<Cue> = frames
        .iter()
        .flat_map(|frame| {
            let voiced = detector.is_voice(frame);
            segmenter.push(frame, voiced, MediaTime::ZERO)
        })
        .collect();
    cues.extend(segmenter.flush());
    let spurt = |cue| match cue {
        Cue::End(spurt) => Some(spurt),
        Cue::Begin(_) | Cue::Pause | Cue::Dropped(_) => None,
    };
    cues.into_iter().filter_map(spurt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::recognition::model_loader;

    #[test]
    fn the_calls_of_the_program_have_two_sides_that_speak() {
        for call in [SampleCall::EN, SampleCall::ZH] {
            let recording = call.recording().expect("of ours");
            let config = Config::default();
            let sides = utterances(
                &recording,
                &model_loader::detectors(&config),
                &config.call.segment,
            );
            assert_eq!(sides.len(), 2, "{}", call.name);
            for side in sides {
                assert!(side.len() >= 3, "{}: {}", call.name, side.len());
                assert!(side.is_sorted_by(|a, b| a.end <= b.start));
            }
        }
    }
}
