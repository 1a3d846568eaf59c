//! The seam to voice activity detection. The detectors themselves live in `sidetone-models`.

/// Samples in one frame that a detector judges: 20 ms at 16 kHz.
pub const FRAME: usize = 320;

/// Tells voice from everything else, 20 ms at a time. Keeps state: one detector follows one leg.
pub trait VoiceDetector: Send {
    /// Whether `frame`, mono at 16 kHz in [-1, 1], holds voice. Frames come in order, without
    /// holes.
    fn is_voice(&mut self, frame: &[f32; FRAME]) -> bool;
}
