//! Whether words are right as often as their confidence says.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use sidetone_types::event::TimedWord;
use sidetone_types::lang::Lang;
use sidetone_types::recognise::Word;

use super::distance::kept;
use super::normalise::normalise;

/// Words are counted by tenths of their confidence.
const BINS: usize = 10;

/// A word that was heard: as written, and how sure the recogniser was of it, in [0, 1].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeardWord {
    pub word: String,
    pub confidence: f32,
}

impl From<&TimedWord> for HeardWord {
    fn from(word: &TimedWord) -> Self {
        Self {
            word: word.word.clone(),
            confidence: word.confidence,
        }
    }
}

impl From<&Word> for HeardWord {
    fn from(word: &Word) -> Self {
        Self {
            word: word.text.clone(),
            confidence: word.confidence,
        }
    }
}

/// Words of about the same confidence.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Bin {
    words: u64,
    right: u64,
    /// The sum of their confidence.
    confidence: f64,
}

/// How many words of which confidence were right (a reliability table).
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Reliability {
    bins: [Bin; BINS],
}

impl Reliability {
    /// Adds the words that were `heard` where `said` was spoken. A word is right if it stands in
    /// the reference at its place; one without letters or figures does not count.
    pub fn add(&mut self, lang: Lang, said: &str, heard: &[HeardWord]) {
        let parts: Vec<Vec<String>> = heard
            .iter()
            .map(|heard| normalise(&heard.word, lang))
            .collect();
        let kept = kept(&normalise(said, lang), &parts.concat());
        let mut kept = kept.into_iter();
        for (heard, parts) in heard.iter().zip(&parts) {
            let own: Vec<bool> = kept.by_ref().take(parts.len()).collect();
            let right = own.iter().all(|kept| *kept);
            if !parts.is_empty() {
                self.count(heard.confidence, right);
            }
        }
    }

    fn count(&mut self, confidence: f32, right: bool) {
        let at = (confidence * BINS as f32) as usize;
        let bin = &mut self.bins[at.min(BINS - 1)];
        bin.words += 1;
        bin.right += u64::from(right);
        bin.confidence += f64::from(confidence);
    }

    /// How far confidence and share of right words are apart, weighted by words (expected
    /// calibration error, Naeini et al. 2015), in [0, 1]; `None` without words.
    pub fn calibration_error(&self) -> Option<f64> {
        let words: u64 = self.bins.iter().map(|bin| bin.words).sum();
        let apart = self
            .bins
            .iter()
            .map(|bin| (bin.confidence - bin.right as f64).abs());
        (words > 0).then(|| apart.sum::<f64>() / words as f64)
    }
}

impl Display for Reliability {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(error) = self.calibration_error() else {
            return Ok(());
        };
        writeln!(f, "confidence   words   right")?;
        for (at, bin) in self.bins.iter().enumerate() {
            let right = match bin.words {
                0 => "-".to_owned(),
                words => format!("{:.1} %", 100.0 * bin.right as f64 / words as f64),
            };
            let (from, to) = (at as f32 / BINS as f32, (at + 1) as f32 / BINS as f32);
            writeln!(f, "{from:.1} to {to:.1}  {:>6} {right:>7}", bin.words)?;
        }
        writeln!(f, "calibration error {:.1} %", 100.0 * error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(words: &[(&str, f32)]) -> Vec<HeardWord> {
        let word = |(word, confidence): &(&str, f32)| HeardWord {
            word: (*word).to_owned(),
            confidence: *confidence,
        };
        words.iter().map(word).collect()
    }

    #[test]
    fn words_count_as_right_where_they_stand_in_the_reference() {
        let mut reliability = Reliability::default();
        let line = heard(&[
            ("I", 0.95),
            ("was", 0.92),
            ("charged", 0.91),
            ("right.", 0.15),
            ("-", 0.5),
        ]);
        reliability.add(Lang::EN, "i was charged twice", &line);
        let count = |at: usize| (reliability.bins[at].words, reliability.bins[at].right);
        assert_eq!((count(9), count(1), count(5)), ((3, 3), (1, 0), (0, 0)));
        let error = reliability.calibration_error().expect("there are words");
        assert!((error - (0.22 + 0.15) / 4.0).abs() < 1e-6, "{error}");
    }

    #[test]
    fn without_words_nothing_is_told() {
        assert_eq!(Reliability::default().calibration_error(), None);
        assert_eq!(Reliability::default().to_string(), "");
    }
}
