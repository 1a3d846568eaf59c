//! What a voice sounds like, apart from the words.
//!
//! | step | file |
//! |---|---|
//! | moods, and a reading of a stretch of voice | here |
//! | how a speaker usually sounds, taken off before a stretch is read | `baseline.rs` |
//! | how the mood of one side goes over a call: deviation, strain, trend | `course.rs` |
//! | whether what a side sounds like is the other side's voice | `crosstalk.rs` |
//!
//! The network that hears a voice lives elsewhere: it makes an [`Impression`] of each stretch.

mod baseline;
mod config;
mod course;
mod crosstalk;

use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

pub use baseline::{Baseline, Impression};
pub use config::MoodConfig;
pub use course::{Course, CurvePoint, Emotion, STRAINED};
pub use crosstalk::Loudness;

/// A mood that voices are sorted into.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// None in particular.
    Neutral,
    /// From annoyance to fury.
    Anger,
    /// Dejected, tired.
    Sadness,
    /// Amused, pleased.
    Happiness,
    /// Something else: fear, disgust, boredom, surprise.
    Other,
}

impl Mood {
    /// All of them, in the order of [`Reading::moods`].
    pub const ALL: [Self; 5] = [
        Self::Neutral,
        Self::Anger,
        Self::Sadness,
        Self::Happiness,
        Self::Other,
    ];

    /// As it is written in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Anger => "anger",
            Self::Sadness => "sadness",
            Self::Happiness => "happiness",
            Self::Other => "other",
        }
    }

    /// Its place on the circumplex of affect (Russell 1980): arousal and valence, each in [-1, 1].
    const fn place(self) -> (f32, f32) {
        match self {
            Self::Neutral | Self::Other => (0.0, 0.0),
            Self::Anger => (0.8, -0.8),
            Self::Sadness => (-0.6, -0.7),
            Self::Happiness => (0.6, 0.8),
        }
    }
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No mood is called this.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a mood: neutral, anger, sadness, happiness or other")]
pub struct UnknownMood(pub String);

impl FromStr for Mood {
    type Err = UnknownMood;

    fn from_str(text: &str) -> Result<Self, UnknownMood> {
        let known = Self::ALL.into_iter().find(|mood| mood.as_str() == text);
        known.ok_or_else(|| UnknownMood(text.to_owned()))
    }
}

/// What a stretch of voice sounds like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Probability of each of [`Mood::ALL`]; they sum to 1.
    pub moods: [f32; 5],
}

impl Reading {
    /// How likely it is that the voice is in this mood, in [0, 1].
    pub fn probability(&self, mood: Mood) -> f32 {
        self.moods[mood as usize]
    }

    /// The likeliest mood.
    pub fn mood(&self) -> Mood {
        let likelier = |a: &Mood, b: &Mood| self.probability(*a).total_cmp(&self.probability(*b));
        Mood::ALL
            .into_iter()
            .max_by(likelier)
            .unwrap_or(Mood::Neutral)
    }

    /// How likely it is that [`Self::mood`] is right, in [0, 1].
    pub fn confidence(&self) -> f32 {
        self.probability(self.mood())
    }

    /// From -1, drowsy, to 1, worked up: where the moods are on average on the circumplex of affect.
    pub fn arousal(&self) -> f32 {
        self.mean(|mood| mood.place().0)
    }

    /// From -1, unpleasant, to 1, pleasant, in the same way.
    pub fn valence(&self) -> f32 {
        self.mean(|mood| mood.place().1)
    }

    fn mean(&self, of: impl Fn(Mood) -> f32) -> f32 {
        let parts = Mood::ALL.map(|mood| self.probability(mood) * of(mood));
        parts.iter().sum()
    }
}

impl Serialize for Reading {
    /// `{"neutral": 0.7, "anger": 0.1, …}`.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(Mood::ALL.len()))?;
        for mood in Mood::ALL {
            map.serialize_entry(mood.as_str(), &self.probability(mood))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moods_are_read_as_they_are_written() {
        for mood in Mood::ALL {
            assert_eq!(mood.to_string().parse(), Ok(mood));
        }
        assert!("fury".parse::<Mood>().is_err());
    }

    #[test]
    fn a_reading_lies_where_its_moods_do() {
        for mood in Mood::ALL {
            let mut moods = [0.05; 5];
            moods[mood as usize] = 0.8;
            let reading = Reading { moods };
            assert_eq!(reading.mood(), mood);
            assert!((reading.confidence() - 0.8).abs() < 1e-6);
            assert!(reading.arousal().abs() <= 1.0 && reading.valence().abs() <= 1.0);
        }
        let angry = Reading {
            moods: [0.1, 0.8, 0.0, 0.1, 0.0],
        };
        assert!(angry.arousal() > 0.5 && angry.valence() < -0.5);
    }
}
