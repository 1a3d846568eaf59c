//! All that is known of a stretch of voice.

use sidetone_core::recognise::RecogniseError;

use super::head::Layout;
use super::prosody::Prosody;
use crate::asr::Whisper;

/// Listens to voices outside of calls: what recognition would know of them, and their prosody.
#[derive(Clone, Debug)]
pub struct Ear {
    whisper: Whisper,
    prosody: Prosody,
}

impl Ear {
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

    /// [`Layout::inputs`] values of `pcm`: mono, 16 kHz, in [-1, 1], at most 30 s.
    pub fn hear(&self, pcm: &[f32]) -> Result<Vec<f32>, RecogniseError> {
        let mut inputs = self.whisper.voice(pcm)?;
        inputs.extend(self.prosody.of(pcm));
        Ok(inputs)
    }
}
