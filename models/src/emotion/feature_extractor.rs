//! All that is known of a voice.

use std::sync::Arc;

use sidetone_core::recognise::RecogniseError;
use sidetone_core::segment::{Cue, SegmentConfig, Segmenter, Spurt};
use sidetone_core::time::{MediaTime, SAMPLE_RATE};
use sidetone_core::vad::{FRAME, VoiceDetector as _};

use super::head::Layout;
use super::prosody::Prosody;
use crate::asr::Whisper;
use crate::vad::{WebRtc, WebRtcConfig};

/// Shorter utterances are listened to only where there is no longer one: a second, as in calls.
const LEAST: usize = SAMPLE_RATE as usize;

/// Listens to voices outside of calls: what recognition would know of them, and their prosody.
#[derive(Clone, Debug)]
pub struct FeatureExtractor {
    whisper: Whisper,
    prosody: Prosody,
}

impl FeatureExtractor {
    /// With the encoder of `whisper`.
    pub fn new(whisper: Whisper) -> Self {
        Self {
            whisper,
            prosody: Prosody::new(),
        }
    }

    /// What it tells.
    pub fn layout(&self) -> Layout {
        self.whisper.voice_layout()
    }

    /// [`Layout::inputs`] values of a recording: mono, 16 kHz, in [-1, 1].
    ///
    /// It is cut into utterances as calls are, and each is heard as a call hears it. What is told
    /// is the mean over them, longer ones counting more. A recording without voice is heard as one
    /// utterance of 30 s at most.
    pub fn extract(&self, pcm: &[f32]) -> Result<Vec<f32>, RecogniseError> {
        let mut utterances = utterances(pcm);
        if utterances.iter().any(|spurt| spurt.voice().len() >= LEAST) {
            utterances.retain(|spurt| spurt.voice().len() >= LEAST);
        }
        if utterances.is_empty() {
            let audio: Arc<[f32]> = pcm.iter().take(30 * LEAST).copied().collect();
            utterances.push(Spurt {
                audio_start: MediaTime::ZERO,
                start: MediaTime::ZERO,
                end: MediaTime::from_samples(audio.len() as u64),
                audio,
            });
        }
        let whole: usize = utterances.iter().map(|spurt| spurt.voice().len()).sum();
        let mut mean = vec![0.0; self.layout().inputs()];
        for spurt in &utterances {
            let voice = spurt.voice();
            let share = voice.len() as f32 / whole.max(1) as f32;
            let mut heard = self.whisper.voice(&spurt.audio, voice.clone())?;
            heard.extend(self.prosody.of(&spurt.audio[voice]));
            for (sum, x) in mean.iter_mut().zip(heard) {
                *sum += share * x;
            }
        }
        Ok(mean)
    }
}

/// The utterances in `pcm`, as calls cut it that are configured as they come.
fn utterances(pcm: &[f32]) -> Vec<Spurt> {
    let mut detector = WebRtc::new(&WebRtcConfig::default());
    let mut segmenter = Segmenter::new(SegmentConfig::default());
    let mut cues = Vec::new();
    for frame in pcm.chunks_exact(FRAME) {
        let frame: &[f32; FRAME] = frame.try_into().expect("chunks of this length");
        let voiced = detector.is_voice(frame);
        cues.extend(segmenter.push(frame, voiced, MediaTime::ZERO));
    }
    cues.extend(segmenter.flush());
    let ended = cues.into_iter().filter_map(|cue| match cue {
        Cue::End(spurt) => Some(spurt),
        _ => None,
    });
    ended.collect()
}
