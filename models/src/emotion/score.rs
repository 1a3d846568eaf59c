//! How good readings are, by what listeners or actors say the mood is.

use sidetone_types::emotion::{Mood, Reading};

/// Moods, their number.
const MOODS: usize = Mood::ALL.len();
/// Moods of the four-class score, which every corpus of acted speech has.
const FOUR: [Mood; 4] = [Mood::Neutral, Mood::Anger, Mood::Sadness, Mood::Happiness];
/// Steps of confidence in the table of reliability.
const STEPS: usize = 10;

/// A reading, and what is right.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// What was read.
    pub reading: Reading,
    /// What it should have been.
    pub truth: Mood,
}

/// Confidence, and how often it was justified.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// Readings whose confidence lies in this step.
    pub count: usize,
    /// Their mean confidence, in [0, 1].
    pub confidence: f64,
    /// Share of them that are right, in [0, 1].
    pub right: f64,
}

/// Scores of a set of readings. Shares in [0, 1]; `None` where the set says nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Readings.
    pub count: usize,
    /// `confusion[truth][read]`, in the order of [`Mood::ALL`].
    pub confusion: [[usize; MOODS]; MOODS],
    /// Share of each mood that was found.
    pub recall: [Option<f64>; MOODS],
    /// Unweighted average recall over the moods that occur.
    pub uar: Option<f64>,
    /// The same over neutral, anger, sadness and happiness, for voices in one of these, read as the
    /// likeliest of them.
    pub four: Option<f64>,
    /// Mean of the shares of anger found, and of all else not taken for anger, where anger is read
    /// from `line` on.
    pub anger: Option<f64>,
    /// Probability that an angry voice is read as angrier than another one (area under the ROC
    /// curve).
    pub anger_auc: Option<f64>,
    /// Probability that an angry or happy voice is read as more worked up than a neutral or sad one.
    pub arousal_auc: Option<f64>,
    /// Mean probability of anger in voices of each mood.
    pub anger_in: [Option<f64>; MOODS],
    /// Expected calibration error of the probability of anger (Naeini et al. 2015).
    pub anger_ece: Option<f64>,
    /// The same of the likeliest mood's.
    pub ece: Option<f64>,
    /// What [`Self::ece`] is made of.
    pub reliability: [Step; STEPS],
}

impl Scores {
    /// Scores `judged`; a voice is taken for angry from a probability of `line` on.
    pub fn of(judged: &[Judged], line: f32) -> Self {
        let mut confusion = [[0; MOODS]; MOODS];
        for one in judged {
            confusion[one.truth as usize][one.reading.mood() as usize] += 1;
        }
        let recall = Mood::ALL.map(|mood| {
            let row = &confusion[mood as usize];
            share(row[mood as usize], row.iter().sum())
        });
        let angry = |one: &&Judged| one.truth == Mood::Anger;
        let anger_of = |one: &Judged| one.reading.probability(Mood::Anger);
        let anger_in = Mood::ALL.map(|mood| {
            let of_it = judged.iter().filter(|one| one.truth == mood);
            mean(of_it.map(|one| Some(f64::from(anger_of(one)))))
        });
        let (yes, no): (Vec<&Judged>, Vec<&Judged>) = judged.iter().partition(angry);
        let found = share(
            yes.iter().filter(|one| anger_of(one) >= line).count(),
            yes.len(),
        );
        let spared = share(
            no.iter().filter(|one| anger_of(one) < line).count(),
            no.len(),
        );
        let sure = judged.iter().map(|one| {
            let right = one.reading.mood() == one.truth;
            (f64::from(one.reading.confidence()), right)
        });
        let reliability = steps(sure);
        let anger_steps = steps(
            judged
                .iter()
                .map(|one| (f64::from(anger_of(one)), one.truth == Mood::Anger)),
        );
        Self {
            count: judged.len(),
            confusion,
            recall,
            uar: mean(recall),
            four: four(judged),
            anger: found
                .zip(spared)
                .map(|(found, spared)| (found + spared) / 2.0),
            anger_auc: auc(
                &yes.iter().map(|one| anger_of(one)).collect::<Vec<_>>(),
                &no.iter().map(|one| anger_of(one)).collect::<Vec<_>>(),
            ),
            arousal_auc: arousal_auc(judged),
            anger_in,
            anger_ece: error(&anger_steps),
            ece: error(&reliability),
            reliability,
        }
    }
}

fn arousal_auc(judged: &[Judged]) -> Option<f64> {
    let of = |moods: [Mood; 2]| -> Vec<f32> {
        let of_it = judged.iter().filter(|one| moods.contains(&one.truth));
        of_it.map(|one| one.reading.arousal()).collect()
    };
    auc(
        &of([Mood::Anger, Mood::Happiness]),
        &of([Mood::Neutral, Mood::Sadness]),
    )
}

fn four(judged: &[Judged]) -> Option<f64> {
    let recall = FOUR.map(|truth| {
        let of_it: Vec<&Judged> = judged.iter().filter(|one| one.truth == truth).collect();
        let likeliest = |reading: &Reading| {
            let by =
                |a: &Mood, b: &Mood| reading.probability(*a).total_cmp(&reading.probability(*b));
            FOUR.into_iter().max_by(by)
        };
        let right = of_it
            .iter()
            .filter(|one| likeliest(&one.reading) == Some(truth));
        share(right.count(), of_it.len())
    });
    mean(recall)
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn mean(shares: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = shares.into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// Share of pairs of one of `yes` and one of `no` in which the first is higher; a tie counts half.
fn auc(yes: &[f32], no: &[f32]) -> Option<f64> {
    let pairs = yes.len() * no.len();
    let mut sorted = no.to_vec();
    sorted.sort_by(f32::total_cmp);
    let wins: f64 = yes
        .iter()
        .map(|x| {
            let below = sorted.partition_point(|y| y < x);
            let not_above = sorted.partition_point(|y| y <= x);
            (below + not_above) as f64 / 2.0
        })
        .sum();
    (pairs > 0).then(|| wins / pairs as f64)
}

fn steps(sure: impl Iterator<Item = (f64, bool)>) -> [Step; STEPS] {
    let mut steps = [Step::default(); STEPS];
    for (confidence, right) in sure {
        let at = ((confidence * STEPS as f64) as usize).min(STEPS - 1);
        steps[at].count += 1;
        steps[at].confidence += confidence;
        steps[at].right += if right { 1.0 } else { 0.0 };
    }
    for step in &mut steps {
        let count = step.count.max(1) as f64;
        step.confidence /= count;
        step.right /= count;
    }
    steps
}

fn error(steps: &[Step]) -> Option<f64> {
    let count: usize = steps.iter().map(|step| step.count).sum();
    let sum: f64 = steps
        .iter()
        .map(|step| step.count as f64 * (step.confidence - step.right).abs())
        .sum();
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(truth: Mood, moods: [f32; 5]) -> Judged {
        Judged {
            reading: Reading { moods },
            truth,
        }
    }

    #[test]
    fn perfect_readings_score_one() {
        let all = Mood::ALL.map(|mood| {
            let mut moods = [0.0; 5];
            moods[mood as usize] = 1.0;
            judged(mood, moods)
        });
        let scores = Scores::of(&all, 0.5);
        for score in [scores.uar, scores.four, scores.anger, scores.anger_auc] {
            assert_eq!(score, Some(1.0));
        }
        assert_eq!((scores.ece, scores.anger_ece), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn scores_are_those_worked_out_by_hand() {
        let all = [
            judged(Mood::Anger, [0.2, 0.72, 0.0, 0.08, 0.0]),
            judged(Mood::Anger, [0.62, 0.3, 0.08, 0.0, 0.0]),
            judged(Mood::Neutral, [0.5, 0.4, 0.1, 0.0, 0.0]),
            judged(Mood::Neutral, [0.9, 0.1, 0.0, 0.0, 0.0]),
            judged(Mood::Other, [0.4, 0.0, 0.1, 0.0, 0.5]),
        ];
        let scores = Scores::of(&all, 0.5);
        assert_eq!(scores.confusion[Mood::Anger as usize], [1, 1, 0, 0, 0]);
        assert_eq!(scores.uar, Some((0.5 + 1.0 + 1.0) / 3.0));
        assert_eq!(scores.four, Some(0.75), "anger a half, neutral whole");
        assert_eq!(
            scores.anger,
            Some(0.75),
            "half of anger found, nothing else taken for it"
        );
        assert_eq!(scores.anger_auc, Some(5.0 / 6.0));
        assert_eq!(
            scores.arousal_auc,
            Some(0.75),
            "one of four pairs the wrong way round"
        );
        let anger_in = scores.anger_in[Mood::Neutral as usize].expect("two voices");
        assert!((anger_in - 0.25).abs() < 1e-6, "{anger_in}");
        assert_eq!(scores.anger_in[Mood::Happiness as usize], None);
        // Confidences 0.5, 0.5, 0.62, 0.72, 0.9, of which only 0.62 is not justified.
        let ece = scores.ece.expect("readings");
        assert!(
            (ece - (2.0 * 0.5 + 0.62 + 0.28 + 0.1) / 5.0).abs() < 1e-6,
            "{ece}"
        );
    }

    #[test]
    fn nothing_scores_nothing() {
        let scores = Scores::of(&[], 0.5);
        assert_eq!(
            (scores.uar, scores.anger_auc, scores.ece),
            (None, None, None)
        );
    }
}
