//! What decodes the sound of a payload type.

/// Decodes the packets of one payload type of one source, in order. It may keep state from each to
/// the next.
///
/// The sound is mono, in [-1, 1], at the sample rate that the table of encodings has for it; more
/// channels are mixed.
pub trait Decoder: Send {
    /// Puts what a payload sounds like behind what is in `out`.
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<(), Undecodable>;

    /// Puts up to `samples` of sound in place of what was lost behind what is in `out`, and says
    /// whether it did.
    ///
    /// A decoder that knows no better leaves it to the receiver, which repeats the latest pitch
    /// period.
    fn conceal(&mut self, samples: usize, out: &mut Vec<f32>) -> bool {
        let _ = (samples, out);
        false
    }
}

/// A payload that its decoder can make nothing of. It is counted and treated as lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Undecodable;
