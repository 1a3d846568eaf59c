//! How a speaker usually sounds.

use super::Imprint;

/// The mean of all speakers counts like this many stretches of the one.
pub(super) const PRIOR: f32 = 4.0;
/// After this many stretches, what was heard before counts a third: moods change the voice for minutes, lines for longer.
const REMEMBERED: f32 = 40.0;

/// How a speaker has sounded so far, drawn towards how all speakers sound while little is known.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    sum: Vec<f32>,
    count: f32,
}

impl Baseline {
    /// Takes a further stretch of the speaker.
    pub fn hear(&mut self, imprint: &Imprint) {
        let kept = (-1.0 / REMEMBERED).exp();
        self.sum.resize(imprint.0.len(), 0.0);
        for (sum, x) in self.sum.iter_mut().zip(imprint.0.iter()) {
            *sum = *sum * kept + x;
        }
        self.count = self.count * kept + 1.0;
    }

    /// What is to be taken off value `i` of an imprint, of which the mean over all speakers is 0.
    pub(super) fn of(&self, i: usize) -> f32 {
        self.sum
            .get(i)
            .map_or(0.0, |sum| sum / (PRIOR + self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speaker_is_known_better_the_longer_they_speak() {
        let mut baseline = Baseline::default();
        assert_eq!(baseline.of(0), 0.0);
        let mut before = 0.0;
        for _ in 0..200 {
            baseline.hear(&Imprint([3.0, -1.0].into()));
            assert!(baseline.of(0) > before && baseline.of(0) < 3.0);
            assert!((baseline.of(0) + 3.0 * baseline.of(1)).abs() < 1e-4);
            before = baseline.of(0);
        }
        assert!(before > 2.6, "{before}");
    }
}
