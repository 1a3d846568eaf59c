//! How the mood of one side goes over a call.

use std::time::Duration;

use sidetone_types::emotion::{Baseline, Emotion, Impression, Mood, Reading, VoiceMood};
use sidetone_types::id::UtteranceId;
use sidetone_types::time::MediaTime;

use super::either;
use super::words::{Signs, Words};

/// Strain is a mean over about so much voice, the last counting most.
const STRAIN_OVER: Duration = Duration::from_secs(8);
/// What it is compared with to see where it goes.
const TREND_OVER: Duration = Duration::from_secs(40);
/// Strain from here on is worth a look: angry words, or about ten seconds of a voice that sounds angry
/// beyond doubt. `models/emotion/CARD.md` tells how far below it calm calls stay, and angry actors
/// whose language the head has not heard.
pub const STRAINED: f32 = 0.35;
/// Moods that are less likely in any voice are none that its head tells.
const TOLD: f32 = 1e-6;
/// No stretch counts for more than this: its reading is one opinion, however long it is.
const LONGEST: Duration = Duration::from_secs(5);
/// A voice is raised from so much above its usual loudness on, in dB: people turn their heads.
const RAISED_FROM: f32 = 3.0;
/// And from so much on it cannot be more so.
const RAISED_FULLY: f32 = 9.0;
/// What is likely of somebody whose voice was too short to be read: most people are calm.
const UNHEARD: Reading = Reading {
    moods: [0.6, 0.1, 0.1, 0.1, 0.1],
};

/// What is known of a stretch of an utterance.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Which utterance.
    pub utterance: UtteranceId,
    /// Where the stretch begins.
    pub start: MediaTime,
    /// Where it ends.
    pub end: MediaTime,
    /// What the voice sounds like; `None` if it was too short to be read.
    pub voice: Option<&'a Impression>,
    /// How loud it is, in dB of full scale; `None` if that is not known.
    pub level: Option<f32>,
    /// What the words of the whole utterance so far tell; `None` if there are none yet.
    pub signs: Option<Signs>,
}

/// Follows one side of a call.
///
/// Strain comes of voice and words, each of which adds a share of what is missing to 1: neither
/// takes away from the other. The voice's part is a running mean over its last seconds, so that a
/// stretch read wrongly does not make it; it begins with calm. What is averaged is how far a
/// reading lies towards worked up and unpleasant at once, the direction of anger on the circumplex
/// of affect. A raised voice counts in that reading, and makes angry words weigh more.
///
/// Moods are those of the voice, which words make likelier or less so: a loud voice that says "this
/// is unacceptable" is hardly happy.
///
/// Where voices are not read, strain is that of the words, and there are no moods.
#[derive(Clone, Debug)]
pub struct Course {
    reads_voice: bool,
    baseline: Baseline,
    words: Words,
    arousal: Mean,
    level: Mean,
    /// The voice's part of strain.
    voice: f32,
    usual_strain: f32,
    /// What the voice sounded like when it was last read, and in which utterance.
    last: Option<(UtteranceId, Reading)>,
}

/// Sum of what was measured, and how often.
#[derive(Clone, Copy, Debug, Default)]
struct Mean(f32, f32);

impl Mean {
    /// How much `value` is above what it was so far, which it joins; 0 for the first.
    fn deviation(&mut self, value: f32) -> f32 {
        let Self(sum, count) = *self;
        *self = Self(sum + value, count + 1.0);
        match count > 0.0 {
            true => value - sum / count,
            false => 0.0,
        }
    }
}

impl Course {
    /// Knows nothing yet of a side, whose voice is read or not.
    pub fn new(reads_voice: bool) -> Self {
        Self {
            reads_voice,
            baseline: Baseline::default(),
            words: Words::default(),
            arousal: Mean::default(),
            level: Mean::default(),
            voice: 0.0,
            usual_strain: 0.0,
            last: None,
        }
    }

    /// Takes the next stretch.
    pub fn observe(&mut self, heard: &Heard<'_>) -> Emotion {
        let lasting = heard.end.since(heard.start).min(LONGEST);
        let moved = |mean: f32, towards: f32, over: Duration| {
            let kept = (-lasting.as_secs_f32() / over.as_secs_f32()).exp();
            mean * kept + towards * (1.0 - kept)
        };
        let louder = heard.level.map_or(0.0, |level| self.level.deviation(level));
        let raised = ((louder - RAISED_FROM) / (RAISED_FULLY - RAISED_FROM)).clamp(0.0, 1.0);
        self.words
            .observe(heard.utterance, heard.end, heard.signs, raised);
        if let Some(voice) = heard.voice {
            let moods = self.baseline.read(voice);
            // Were anger learned like calm, anger that lasts would become what is usual.
            let calm = (1.0 - moods.probability(Mood::Anger)).powi(2);
            self.baseline.hear(voice, calm);
            self.voice = moved(self.voice, tension(&moods), STRAIN_OVER);
            self.last = Some((heard.utterance, moods));
        }
        let strain = either(self.voice, self.words.strain());
        self.usual_strain = moved(self.usual_strain, strain, TREND_OVER);
        Emotion {
            utterance: heard.utterance,
            voice: self.reads_voice.then(|| self.mood_of(heard)),
            strain,
            trend: strain - self.usual_strain,
        }
    }

    /// What the voice of an utterance sounds like, by what was read of it last and by its words.
    fn mood_of(&mut self, heard: &Heard<'_>) -> VoiceMood {
        let read = self.last.filter(|(of, _)| *of == heard.utterance);
        let moods = tilted(
            read.map_or(UNHEARD, |(_, moods)| moods),
            self.words.signs(heard.utterance).tilt(),
        );
        let deviation = match heard.voice {
            Some(_) => self.arousal.deviation(moods.arousal()),
            None => 0.0,
        };
        VoiceMood::new(moods, deviation)
    }

    /// Whether the words of an utterance whose voice was not read tell something new. Where no voice
    /// is read, what was said earlier goes on to count, and fades, in those that follow.
    pub fn is_moved_by(&self, utterance: UtteranceId, signs: Signs) -> bool {
        let goes_on = !self.reads_voice && self.words.strain() > 0.0;
        goes_on || self.words.are_moved_by(utterance, signs)
    }
}

/// The same with anger likelier by `tilt` and happiness less so, in the logarithm of odds.
fn tilted(reading: Reading, tilt: f32) -> Reading {
    let Reading { mut moods } = reading;
    moods[Mood::Anger as usize] *= tilt.exp();
    moods[Mood::Happiness as usize] *= (-tilt).exp();
    let whole: f32 = moods.iter().sum();
    Reading {
        moods: moods.map(|mood| mood / whole),
    }
}

/// How far a reading lies in the direction of anger: 0 for no more of it than chance has, 1 for
/// nothing else. Chance is a reading that knows nothing, in which none of the moods that are told is
/// likelier than the others: people who speak freely are read like that more often than actors are,
/// and it is no strain.
fn tension(moods: &Reading) -> f32 {
    let mut anger = Reading { moods: [0.0; 5] };
    anger.moods[Mood::Anger as usize] = 1.0;
    let towards = |reading: &Reading| reading.arousal() - reading.valence();
    let share = towards(moods) / towards(&anger);
    let told = moods.moods.iter().filter(|mood| **mood > TOLD).count();
    if told < 2 {
        return share.clamp(0.0, 1.0);
    }
    let chance = 1.0 / told as f32;
    ((share - chance) / (1.0 - chance)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_language::lexicon::Lexicon;

    fn impression(mood: Mood) -> Impression {
        let mut scores = [0.0; 5];
        scores[mood as usize] = 3.0;
        Impression {
            scores,
            average: [0.0; 5],
        }
    }

    /// Three seconds of a voice, before `course` hears it.
    const HEARD: Heard<'static> = Heard {
        utterance: UtteranceId(1),
        start: MediaTime::ZERO,
        end: MediaTime::from_millis(3_000),
        voice: None,
        level: None,
        signs: None,
    };

    fn hear(course: &mut Course, mood: Mood, times: usize) -> Emotion {
        let voice = impression(mood);
        let voice = Some(&voice);
        let heard = (0..times).map(|_| course.observe(&Heard { voice, ..HEARD }));
        heard.last().expect("at least once")
    }

    fn mood_of(emotion: &Emotion) -> VoiceMood {
        emotion.voice.expect("voices are read")
    }

    fn signs(text: &str) -> Signs {
        Signs::of(&Lexicon::built_in(), text)
    }

    #[test]
    fn angry_words_are_strain_whatever_the_voice_and_outdo_a_happy_one() {
        for text in ["This is unacceptable.", "这太过分了！"] {
            let signs = Some(signs(text));
            let unread = Course::new(true).observe(&Heard { signs, ..HEARD });
            assert!(unread.strain >= STRAINED, "{text} {unread:?}");
            assert!(
                mood_of(&unread).confidence < 0.5,
                "nothing was heard: {unread:?}"
            );
            let voice = impression(Mood::Happiness);
            let voice = Some(&voice);
            let heard = Heard {
                voice,
                signs,
                ..HEARD
            };
            let happy = Course::new(true).observe(&heard);
            assert!(happy.strain >= STRAINED, "{text} {happy:?}");
            assert_eq!(mood_of(&happy).mood, Mood::Anger, "{text} {happy:?}");
        }
    }

    #[test]
    fn where_voices_are_not_read_words_are_strain_that_fades_and_no_mood() {
        let mut course = Course::new(false);
        let mut say = |utterance, second: u64, text| {
            let signs = signs(text);
            let told = course.is_moved_by(UtteranceId(utterance), signs);
            let heard = Heard {
                utterance: UtteranceId(utterance),
                start: MediaTime::from_millis(1_000 * second),
                end: MediaTime::from_millis(1_000 * second + 2_000),
                signs: Some(signs),
                ..HEARD
            };
            told.then(|| course.observe(&heard))
        };
        assert_eq!(say(1, 0, "I have a question."), None, "nothing to tell");
        let angry = say(2, 5, "This is unacceptable.").expect("it is told");
        assert!(
            angry.strain >= STRAINED && angry.voice.is_none(),
            "{angry:?}"
        );
        let later = say(3, 60, "My number is five.").expect("it goes on to count");
        assert!(later.strain > 0.0 && later.strain < angry.strain / 2.0);
        let last = say(4, 400, "Bye.").expect("it is told that nothing is left");
        assert_eq!((last.strain, last.voice), (0.0, None));
        assert_eq!(say(5, 405, "Bye."), None);
    }

    #[test]
    fn neither_voice_nor_words_take_away_from_the_other() {
        let angry = Some(signs("This is unacceptable."));
        for mood in Mood::ALL {
            let voice = impression(mood);
            let of = |signs| {
                let mut course = Course::new(true);
                hear(&mut course, mood, 3);
                let voice = Some(&voice);
                let heard = Heard {
                    voice,
                    signs,
                    ..HEARD
                };
                course.observe(&heard).strain
            };
            let (alone, both) = (of(None), of(angry));
            assert!(both > alone && both <= 1.0, "{mood}: {alone} {both}");
        }
    }

    #[test]
    fn a_raised_voice_makes_angry_words_weigh_more_and_is_no_strain_by_itself() {
        let mut course = Course::new(true);
        for _ in 0..4 {
            let level = Some(-30.0);
            course.observe(&Heard { level, ..HEARD });
        }
        let loud = |signs| {
            let level = Some(-20.0);
            let heard = Heard {
                utterance: UtteranceId(2),
                level,
                signs,
                ..HEARD
            };
            course.clone().observe(&heard).strain
        };
        assert_eq!(loud(None), 0.0);
        let quiet = Course::new(true).observe(&Heard {
            signs: Some(signs("This is unacceptable.")),
            ..HEARD
        });
        assert!(loud(Some(signs("This is unacceptable."))) > quiet.strain + 0.1);
    }

    #[test]
    fn strain_rises_with_anger_that_lasts_and_falls_again() {
        let mut course = Course::new(true);
        let calm = hear(&mut course, Mood::Neutral, 6);
        assert!(calm.strain < 0.1 && calm.trend.abs() < 0.1, "{calm:?}");
        let once = hear(&mut course, Mood::Anger, 1);
        assert_eq!(mood_of(&once).mood, Mood::Anger);
        assert!(
            once.strain < 0.4 && mood_of(&once).deviation > 0.3,
            "{once:?}"
        );
        let angry = hear(&mut course, Mood::Anger, 4);
        assert!(angry.strain > 0.6 && angry.trend > 0.2, "{angry:?}");
        let after = hear(&mut course, Mood::Neutral, 6);
        assert!(after.strain < 0.2 && after.trend < 0.0, "{after:?}");
    }

    #[test]
    fn anger_that_lasts_for_a_whole_call_is_still_anger_in_the_end() {
        let last = hear(&mut Course::new(true), Mood::Anger, 60);
        assert_eq!(mood_of(&last).mood, Mood::Anger);
        assert!(last.strain > 0.5, "{last:?}");
    }

    #[test]
    fn a_reading_that_knows_nothing_is_no_strain_however_few_moods_are_told() {
        let third = 1.0 / 3.0;
        for moods in [[0.2; 5], [third, third, 0.0, 0.0, third]] {
            assert!(tension(&Reading { moods }) < 0.01, "{moods:?}");
        }
        let moods = [0.0, 1.0, 0.0, 0.0, 0.0];
        assert!(tension(&Reading { moods }) > 0.99);
    }

    #[test]
    fn grief_and_joy_are_no_strain() {
        for mood in [Mood::Sadness, Mood::Happiness, Mood::Neutral] {
            let last = hear(&mut Course::new(true), mood, 20);
            assert!(last.strain < 0.2, "{mood} {last:?}");
        }
    }
}
