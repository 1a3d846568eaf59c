//! How a speaker usually sounds.

use super::{Impression, Reading};

/// How a speaker has sounded so far, drawn towards how all speakers sound while little is known.
///
/// Who always sounds a little angry is not angry. Scores are the sums of measures and weights, so
/// that taking a speaker's mean off the scores is the same as taking it off all that was measured,
/// and five numbers are enough to know them by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Of what each stretch scored beyond the average.
    sum: [f32; 5],
    count: f32,
}

impl Baseline {
    /// The mean of all speakers counts like this many stretches of the one.
    pub const PRIOR: f32 = 4.0;
    /// After this many stretches, what was heard before counts a third. The first ones tell nearly
    /// all there is to know of a voice.
    const REMEMBERED: f32 = 12.0;

    /// Takes a further stretch of the speaker, which counts by `weight`, in [0, 1].
    pub fn hear(&mut self, heard: &Impression, weight: f32) {
        let kept = (-1.0 / Self::REMEMBERED).exp();
        for (i, sum) in self.sum.iter_mut().enumerate() {
            *sum = *sum * kept + weight * (heard.scores[i] - heard.average[i]);
        }
        self.count = self.count * kept + weight;
    }

    /// How many stretches it knows, older ones counting less.
    pub const fn known(&self) -> f32 {
        self.count
    }

    /// What a stretch sounds like beside how the speaker sounds otherwise.
    pub fn read(&self, heard: &Impression) -> Reading {
        let share = 1.0 / (Self::PRIOR + self.count);
        let mut moods = heard.scores;
        for (score, sum) in moods.iter_mut().zip(self.sum) {
            *score -= share * sum;
        }
        let most = moods.into_iter().fold(f32::NEG_INFINITY, f32::max);
        moods = moods.map(|score| (score - most).exp());
        let whole: f32 = moods.iter().sum();
        Reading {
            moods: moods.map(|mood| mood / whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Mood;

    #[test]
    fn who_always_sounds_angry_is_read_so_less_and_less_and_a_change_all_the_more() {
        let average = [0.5, -0.5, 0.0, 0.0, 0.0];
        let heard = |anger| Impression {
            scores: [0.5, anger, 0.0, 0.0, 0.0],
            average,
        };
        let mut baseline = Baseline::default();
        let stranger = baseline.read(&heard(2.0));
        assert!((stranger.moods.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let mut before = stranger.probability(Mood::Anger);
        for _ in 0..50 {
            baseline.hear(&heard(2.0), 1.0);
            let now = baseline.read(&heard(2.0)).probability(Mood::Anger);
            assert!(now < before, "{now} {before}");
            before = now;
        }
        let usual = Baseline::default().read(&heard(average[1]));
        assert!(before < usual.probability(Mood::Anger) + 0.15, "{before}");
        let angrier = baseline.read(&heard(5.0)).probability(Mood::Anger);
        assert!(angrier > 0.7, "{angrier}");
        assert!(baseline.known() > 10.0 && baseline.known() < 13.0);
    }
}
