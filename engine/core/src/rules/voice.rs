//! What a rule asks of the voice.

use serde::Deserialize;

use sidetone_types::emotion::Mood;

/// What the voice must sound like: all that is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// This mood, with a probability above this, in [0, 1).
    pub mood: Option<(Mood, f32)>,
    /// Strain that lasts.
    pub strain: Option<Strain>,
}

/// Strain beyond a line, in several turns.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Strain {
    /// In [0, 1).
    pub above: f32,
    /// In so many turns, at least 1.
    pub turns: usize,
    /// Of the last so many, not fewer than `turns` and at most [`Self::MOST`].
    pub of: usize,
}

impl Strain {
    /// Turns that are remembered.
    pub const MOST: usize = 20;

    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if !is_share(self.above) {
            Some("needs `above` between 0 and 1: 0.5 is halfway to nothing but anger")
        } else if self.turns == 0 || self.turns > self.of {
            Some("needs `turns` from 1 up to `of`: 3 of the last 5")
        } else if self.of > Self::MOST {
            Some("looks back too far: `of` is 20 at most")
        } else {
            None
        }
    }
}

/// Whether `line` can be passed.
pub(super) fn is_share(line: f32) -> bool {
    (0.0..1.0).contains(&line)
}
