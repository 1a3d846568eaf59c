//! What voices sound like while they are being recognised.

use sidetone_types::emotion::Impression;
use sidetone_types::recognise::RecogniseError;

use super::head::{Head, HeadError, Layout};
use super::prosody::Prosody;

/// Reads emotion from the encoder states that recognition computes anyway, and from the prosody.
#[derive(Debug)]
pub struct EmotionReader {
    head: Head,
    prosody: Prosody,
}

impl EmotionReader {
    /// Reads the states of an encoder of this `layout` with `head`.
    ///
    /// # Errors
    ///
    /// [`HeadError::Unfit`] if the head was trained with another encoder. `name` is what it is
    /// called then.
    pub fn new(name: &str, head: Head, layout: Layout) -> Result<Self, HeadError> {
        if head.layout() != layout {
            let (own, theirs) = (head.layout(), layout);
            let why = format!(
                "it listens to {} places of {} values in an encoder, the recogniser has {} of {}: train one with it",
                own.layers, own.width, theirs.layers, theirs.width
            );
            return Err(HeadError::Unfit(name.to_owned(), why));
        }
        Ok(Self {
            head,
            prosody: Prosody::new(),
        })
    }

    /// What a stretch of voice sounds like: `states` are what
    /// [`Whisper::voice`](crate::asr::Whisper::voice) gives of it, `pcm` is its sound (mono, 16
    /// kHz, in [-1, 1]).
    pub fn read(&self, mut states: Vec<f32>, pcm: &[f32]) -> Result<Impression, RecogniseError> {
        states.extend(self.prosody.of(pcm));
        let heard = self.head.impression(&states);
        heard.map_err(|error| RecogniseError(error.to_string()))
    }
}
