//! What a receiver has to say.

use std::fmt;
use std::time::Duration;

use sidetone_types::time::MediaTime;

/// What was heard on one leg.
///
/// From the first on, [`Sound`](Self::Sound) and [`Silence`](Self::Silence) cover the timeline
/// without holes or overlaps. The others tell something about it.
#[derive(Clone, PartialEq)]
pub enum MediaEvent {
    /// The next sound, 16 kHz, in [-1, 1].
    Sound {
        /// Where it begins: where what was heard before it ended.
        at: MediaTime,
        /// Never empty.
        samples: Vec<f32>,
    },
    /// The sender was silent on purpose (silence suppression, comfort noise, a telephone event), or
    /// it is what follows the made-up sound of a long loss.
    Silence {
        /// Where it begins: where what was heard before it ended.
        from: MediaTime,
        /// Where it ends.
        to: MediaTime,
    },
    /// Packets never came. What stands for them follows: sound that fades away, and silence if they
    /// were many. It is told at once: up to 30 ms of sound from before `from` may come after it.
    Lost {
        /// Where the first of them belongs.
        from: MediaTime,
        /// Where the last of them ends.
        to: MediaTime,
        /// How many.
        packets: u32,
    },
    /// A key was pressed (RFC 4733): once per press, when it ends.
    Dtmf {
        /// When it went down.
        at: MediaTime,
        /// `0` to `9`, `*`, `#` or `A` to `D`.
        key: char,
        /// How long it was held, as far as we were told.
        duration: Duration,
    },
    /// The same sender started afresh: its sequence numbers jumped.
    Restarted {
        /// From here on.
        at: MediaTime,
    },
    /// Another sender took over, from another address or under another SSRC, after the one before
    /// fell silent. It may be somebody else who speaks from here on.
    NewSource {
        /// From here on.
        at: MediaTime,
    },
}

impl fmt::Debug for MediaEvent {
    /// Tells how long sound is, never what it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound { at, samples } => write!(f, "Sound({at:?}, {} samples)", samples.len()),
            Self::Silence { from, to } => write!(f, "Silence({from:?}..{to:?})"),
            Self::Lost { from, to, packets } => write!(f, "Lost({from:?}..{to:?}, {packets})"),
            // A key may be part of a card number.
            Self::Dtmf { at, duration, .. } => write!(f, "Dtmf({at:?}, {duration:?})"),
            Self::Restarted { at } => write!(f, "Restarted({at:?})"),
            Self::NewSource { at } => write!(f, "NewSource({at:?})"),
        }
    }
}
