//! All that is known of a voice.

use std::ops::Range;
use std::sync::Arc;

use sidetone_types::recognise::RecogniseError;
use sidetone_types::time::SAMPLE_RATE;

use super::head::Layout;
use super::prosody::Prosody;
use crate::asr::Whisper;

/// Shorter utterances are listened to only where there is no longer one: a second, as in calls.
const LEAST: usize = SAMPLE_RATE as usize;

/// Somebody's voice, and a little of what was heard before and after it.
#[derive(Clone, Debug)]
pub struct Utterance {
    /// Mono, 16 kHz, in [-1, 1].
    pub audio: Arc<[f32]>,
    /// Where the voice lies in `audio`.
    pub voice: Range<usize>,
}

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
    /// `utterances` are those that calls would cut it into; each is heard as a call hears it. What
    /// is told is the mean over them, longer ones counting more. A recording without voice is heard
    /// as one utterance of 30 s at most.
    pub fn extract(
        &self,
        pcm: &[f32],
        mut utterances: Vec<Utterance>,
    ) -> Result<Vec<f32>, RecogniseError> {
        if utterances.iter().any(|heard| heard.voice.len() >= LEAST) {
            utterances.retain(|heard| heard.voice.len() >= LEAST);
        }
        if utterances.is_empty() {
            utterances.push(Utterance {
                audio: pcm.iter().take(30 * LEAST).copied().collect(),
                voice: 0..0,
            });
        }
        let whole: usize = utterances.iter().map(|heard| heard.voice.len()).sum();
        let mut mean = vec![0.0; self.layout().inputs()];
        for Utterance { audio, voice } in &utterances {
            let share = voice.len() as f32 / whole.max(1) as f32;
            let mut heard = self.whisper.voice(audio, voice.clone())?;
            heard.extend(self.prosody.of(&audio[voice.clone()]));
            for (sum, x) in mean.iter_mut().zip(heard) {
                *sum += share * x;
            }
        }
        Ok(mean)
    }
}
