//! How somebody feels, by voice and words.

mod baseline;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::UtteranceId;
use crate::party::Side;

pub use baseline::Baseline;

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

    /// From -1, drowsy, to 1, worked up: where the moods are on average on the circumplex of
    /// affect.
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

/// What a stretch of voice sounds like by itself, before it is compared with how its speaker sounds
/// otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impression {
    /// For each of [`Mood::ALL`](Mood::ALL), the logarithm of how much speaks for it; only
    /// differences count.
    pub scores: [f32; 5],
    /// What voices score on average, whoever speaks.
    pub average: [f32; 5],
}

/// How a stretch of speech sounds, where voices are read, and how strained its speaker is, by voice
/// and words. An event of the call, whose start and end are those of the stretch.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Emotion {
    /// Of which the stretch is a part, or all.
    pub utterance: UtteranceId,
    /// What the voice sounds like; `None` where voices are not read, and words alone tell.
    #[serde(flatten)]
    pub voice: Option<VoiceMood>,
    /// How strained the speaker has been of late, in [0, 1].
    pub strain: f32,
    /// Where that goes: by how much it is more than over the last minute or so, in [-1, 1].
    pub trend: f32,
}

/// The mood of a voice, made likelier or less so by the words.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct VoiceMood {
    /// How likely each mood is.
    pub moods: Reading,
    /// The likeliest.
    pub mood: Mood,
    /// How likely it is, in [0, 1].
    pub confidence: f32,
    /// From -1, drowsy, to 1, worked up.
    pub arousal: f32,
    /// From -1, unpleasant, to 1, pleasant.
    pub valence: f32,
    /// How much more worked up the speaker is than in the call so far; in [-2, 2], 0 in the first
    /// stretch.
    pub deviation: f32,
}

impl VoiceMood {
    /// What follows from how likely each mood is, of a voice that is worked up by `deviation` more
    /// than before.
    pub fn new(moods: Reading, deviation: f32) -> Self {
        Self {
            moods,
            mood: moods.mood(),
            confidence: moods.confidence(),
            arousal: moods.arousal(),
            valence: moods.valence(),
            deviation,
        }
    }
}

/// A point of the curve that remains of a call.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Whose voice.
    #[serde(rename = "role")]
    pub side: Side,
    /// Where the stretch ends, in milliseconds of the call.
    pub at_ms: u64,
    /// As in [`Emotion::strain`].
    pub strain: f32,
    /// The likeliest mood; `None` where voices are not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<Mood>,
}

impl<'de> Deserialize<'de> for Reading {
    /// Moods that later versions may know are left out.
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let named = BTreeMap::<String, f32>::deserialize(d)?;
        let of = |mood: Mood| named.get(mood.as_str()).copied().unwrap_or_default();
        Ok(Self {
            moods: Mood::ALL.map(of),
        })
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

    #[test]
    fn an_emotion_without_a_voice_tells_strain_alone_and_is_read_back_so() {
        let moods = Reading {
            moods: [0.1, 0.6, 0.1, 0.1, 0.1],
        };
        for (voice, told) in [(None, 3), (Some(VoiceMood::new(moods, 0.25)), 9)] {
            let emotion = Emotion {
                utterance: UtteranceId(3),
                voice,
                strain: 0.5,
                trend: 0.25,
            };
            let written = serde_json::to_value(emotion).expect("it can be written");
            assert_eq!(written.as_object().map(|fields| fields.len()), Some(told));
            let read: Emotion = serde_json::from_value(written).expect("it can be read");
            assert_eq!(read, emotion);
        }
    }
}
