//! How the mood of one side goes over a call.

use std::time::Duration;

use sidetone_types::emotion::{Baseline, Emotion, Impression, Mood, Reading};
use sidetone_types::id::UtteranceId;

/// Strain is a mean over about so much voice, the last counting most.
const STRAIN_OVER: Duration = Duration::from_secs(8);
/// What it is compared with to see where it goes.
const TREND_OVER: Duration = Duration::from_secs(40);
/// Strain from here on is worth a look: about ten seconds of a voice that sounds angry. Actors of a
/// collection that the head had not heard came to 0.42 and more within six angry sentences, on the
/// telephone, and to 0.1 in calm ones; calm calls and announcements of real people to 0.28 at most,
/// nearly all below 0.2.
pub const STRAINED: f32 = 0.35;
/// How much of the scale a reading fills that knows nothing: no mood is likelier than the others.
/// People who speak freely are read like that more often than actors are, and it is no strain.
const CHANCE: f32 = 0.2;
/// No stretch counts for more than this: its reading is one opinion, however long it is.
const LONGEST: Duration = Duration::from_secs(5);

/// Follows one side of a call.
///
/// Strain is a running mean over the last seconds of voice, so that a stretch read wrongly does not
/// make it; it begins with calm. What is averaged is how far a reading lies towards worked up and
/// unpleasant at once, the direction of anger on the circumplex of affect.
#[derive(Clone, Debug, Default)]
pub struct Course {
    baseline: Baseline,
    /// Sum of arousals, and how many.
    arousal: (f32, f32),
    strain: f32,
    usual_strain: f32,
}

impl Course {
    /// Takes the next stretch, `lasting` so long.
    pub fn observe(
        &mut self,
        utterance: UtteranceId,
        lasting: Duration,
        heard: &Impression,
    ) -> Emotion {
        let moods = self.baseline.read(heard);
        // Were anger learned like calm, anger that lasts would become what is usual.
        let calm = (1.0 - moods.probability(Mood::Anger)).powi(2);
        self.baseline.hear(heard, calm);
        let (sum, count) = self.arousal;
        let arousal = moods.arousal();
        let deviation = if count > 0.0 {
            arousal - sum / count
        } else {
            0.0
        };
        self.arousal = (sum + arousal, count + 1.0);
        let lasting = lasting.min(LONGEST);
        let tension = tension(&moods);
        let moved = |mean: f32, over: Duration| {
            let kept = (-lasting.as_secs_f32() / over.as_secs_f32()).exp();
            mean * kept + tension * (1.0 - kept)
        };
        self.strain = moved(self.strain, STRAIN_OVER);
        self.usual_strain = moved(self.usual_strain, TREND_OVER);
        Emotion {
            utterance,
            moods,
            mood: moods.mood(),
            confidence: moods.confidence(),
            arousal,
            valence: moods.valence(),
            deviation,
            strain: self.strain,
            trend: self.strain - self.usual_strain,
        }
    }
}

/// How far a reading lies in the direction of anger: 0 for no more of it than chance has, 1 for
/// nothing else.
fn tension(moods: &Reading) -> f32 {
    let mut anger = Reading { moods: [0.0; 5] };
    anger.moods[Mood::Anger as usize] = 1.0;
    let towards = |reading: &Reading| reading.arousal() - reading.valence();
    let share = towards(moods) / towards(&anger);
    ((share - CHANCE) / (1.0 - CHANCE)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn impression(mood: Mood) -> Impression {
        let mut scores = [0.0; 5];
        scores[mood as usize] = 3.0;
        Impression {
            scores,
            average: [0.0; 5],
        }
    }

    fn hear(course: &mut Course, mood: Mood, times: usize) -> Emotion {
        let lasting = Duration::from_secs(3);
        let heard = (0..times).map(|_| course.observe(UtteranceId(1), lasting, &impression(mood)));
        heard.last().expect("at least once")
    }

    #[test]
    fn strain_rises_with_anger_that_lasts_and_falls_again() {
        let mut course = Course::default();
        let calm = hear(&mut course, Mood::Neutral, 6);
        assert!(calm.strain < 0.1 && calm.trend.abs() < 0.1, "{calm:?}");
        let once = hear(&mut course, Mood::Anger, 1);
        assert_eq!(once.mood, Mood::Anger);
        assert!(once.strain < 0.4 && once.deviation > 0.3, "{once:?}");
        let angry = hear(&mut course, Mood::Anger, 4);
        assert!(angry.strain > 0.6 && angry.trend > 0.2, "{angry:?}");
        let after = hear(&mut course, Mood::Neutral, 6);
        assert!(after.strain < 0.2 && after.trend < 0.0, "{after:?}");
    }

    #[test]
    fn anger_that_lasts_for_a_whole_call_is_still_anger_in_the_end() {
        let last = hear(&mut Course::default(), Mood::Anger, 60);
        assert_eq!(last.mood, Mood::Anger);
        assert!(last.strain > 0.5, "{last:?}");
    }

    #[test]
    fn grief_and_joy_are_no_strain() {
        for mood in [Mood::Sadness, Mood::Happiness, Mood::Neutral] {
            let last = hear(&mut Course::default(), mood, 20);
            assert!(last.strain < 0.2, "{mood} {last:?}");
        }
    }
}
