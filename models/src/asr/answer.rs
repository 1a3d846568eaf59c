//! From decoded text to the answer the engine gets.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use sidetone_types::lang::Lang;
use sidetone_types::recognise::{Hypothesis, Job, Purpose, Rejection, Word};
use tracing::debug;

use super::context;
use super::decode::{Decoding, PROMPT};
use super::rejection::{Evidence, RejectionConfig};
use super::script::Scripts;
use super::tokens::Tokens;
use super::window::POSITION_SAMPLES;
use super::words::StableWords;

const SAMPLE_RATE: f64 = 16_000.0;

/// A word takes no longer, the pause behind it included, unless it is a number.
///
/// Of 780 finals and looks at pauses of LibriSpeech, Asterisk and AISHELL the longest word that was
/// right took 1.9 s; where a text had ended early, its last word took from 2.0 to 12 s.
const LONGEST_WORD: Duration = Duration::from_secs(2);

/// What each digit adds: `13951583593` was dictated for 4.8 s.
const LONGEST_DIGIT: Duration = Duration::from_millis(500);

/// An answer, and how far it is to be trusted.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the engine gets.
    pub hypothesis: Hypothesis,
    /// Mean logarithm of the probabilities of the text's tokens and its end.
    pub mean_log_prob: f32,
    /// Whether there is so much sound to one word that others must have been left out.
    pub has_hole: bool,
}

impl Answer {
    /// Whether this is to be preferred to `other`, made of the same sound.
    pub fn is_better_than(&self, other: &Self) -> bool {
        let rank = |answer: &Self| {
            (
                answer.hypothesis.rejected.is_none(),
                !answer.hypothesis.looped,
                !answer.has_hole,
            )
        };
        let likelier = self.mean_log_prob > other.mean_log_prob;
        rank(self) > rank(other) || (rank(self) == rank(other) && likelier)
    }
}

/// Makes words of what was decoded, and judges them.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Shared with the decoder.
    pub tokens: Arc<Tokens>,
    /// For Chinese.
    pub scripts: Arc<Scripts>,
    /// Where the line between speech and other sounds is drawn.
    pub rejection: RejectionConfig,
}

impl Judge {
    /// The words of `job`, unless it is no speech.
    pub fn answer(&self, job: &Job, decoding: &Decoding) -> Answer {
        let best = decoding.best();
        let mut words = self.words(job, decoding, best.text().len());
        let mean_log_prob = best.mean_log_prob();
        // What was shown decides the language of the rest, and was allowed; so was that of a second
        // pass.
        let is_free = job.confirmed.is_none() && job.purpose != Purpose::Record;
        let other_language = decoding.other_language().filter(|_| is_free);
        let evidence = Evidence {
            no_speech: decoding.no_speech(),
            mean_log_prob,
            tokens: best.text().len(),
            seconds: seconds(job),
            other_language: other_language.map_or(0.0, |(_, probability)| probability),
            looped: best.looped(),
            legible: words
                .iter()
                .any(|word| word.text.contains(char::is_alphanumeric)),
        };
        let rejected = self.rejection.judge(&evidence);
        debug!(?evidence, ?rejected, "decoded");
        let mut doubted = Vec::new();
        if rejected.is_some() {
            // What is confirmed was shown already, and stays.
            let confirmed = job.confirmed.as_ref();
            let kept = self.words(
                job,
                decoding,
                confirmed.map_or(0, |confirmed| confirmed.tokens.len()),
            );
            let heard = mem::replace(&mut words, kept);
            if rejected == Some(Rejection::Unlikely) && words.is_empty() {
                doubted = heard;
            }
        }
        let rejected = rejected.filter(|_| words.is_empty());
        let other_language = other_language
            .filter(|_| rejected == Some(Rejection::OtherLanguage))
            .map(|(lang, _)| lang);
        let has_hole = has_hole(&words, length(job));
        let hypothesis = Hypothesis {
            lang: other_language.unwrap_or(decoding.lang()),
            confidence: mean_confidence(&words),
            looped: best.looped(),
            rejected,
            words,
            doubted,
            voice: None,
            kept: None,
        };
        Answer {
            hypothesis,
            mean_log_prob,
            has_hole,
        }
    }

    /// The words that the first `tokens` of the text make.
    fn words(&self, job: &Job, decoding: &Decoding, tokens: usize) -> Vec<Word> {
        let best = decoding.best();
        let sequence = best.sequence();
        let attention = sequence.attention();
        let text = &best.text()[..tokens];
        // The row before each token led to it; the row of the last led to the end.
        let first = PROMPT - 1;
        let rows = sequence.fed().min(first + text.len() + 1);
        // Times count from where the job's own sound begins: nothing of the text was said before.
        let own = context::left_samples(job) / POSITION_SAMPLES;
        let mut beginnings = Vec::new();
        if !text.is_empty() {
            beginnings = attention.beginnings(first, rows, own);
        }
        beginnings.resize(text.len() + 1, attention.positions.saturating_sub(own));
        let said = StableWords {
            text,
            beliefs: &best.beliefs()[..tokens],
            beginnings: &beginnings,
            unspaced: decoding.lang().is_unspaced(),
            length: length(job),
        };
        let mut words = said.words(&self.tokens);
        if job.left_context.is_some() {
            // A mark that ends what was said before.
            let is_mark = |word: &&Word| !word.text.contains(char::is_alphanumeric);
            let marks = words.iter().take_while(is_mark).count();
            words.drain(..marks);
        }
        if decoding.lang() == Lang::ZH {
            self.scripts.rewrite(&mut words, job.script);
        }
        words
    }
}

/// Length of the sound of `job`.
pub fn seconds(job: &Job) -> f32 {
    length(job).as_secs_f32()
}

fn length(job: &Job) -> Duration {
    Duration::from_secs_f64(job.audio.len() as f64 / SAMPLE_RATE)
}

/// Whether one of `words`, up to the next one or to the end of the sound at `length`, takes longer
/// than it can.
fn has_hole(words: &[Word], length: Duration) -> bool {
    let next = words.iter().skip(1).map(|word| word.start).chain([length]);
    words.iter().zip(next).any(|(word, next)| {
        let digits = word.text.chars().filter(char::is_ascii_digit).count() as u32;
        next.saturating_sub(word.start) > LONGEST_WORD + LONGEST_DIGIT * digits
    })
}

/// Mean confidence of `words`, each counted by its tokens.
fn mean_confidence(words: &[Word]) -> f32 {
    let tokens: usize = words.iter().map(|word| word.tokens.len()).sum();
    let sum: f32 = words
        .iter()
        .map(|word| word.confidence * word.tokens.len() as f32)
        .sum();
    if tokens == 0 {
        0.0
    } else {
        sum / tokens as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_too_long_for_a_word_has_left_others_out() {
        let word = |text: &str, start| Word {
            text: text.to_owned(),
            start: Duration::from_millis(start),
            end: Duration::from_millis(start),
            confidence: 1.0,
            tokens: Vec::new(),
        };
        for (case, words, length, expected) in [
            (
                "said at once",
                vec![word("I", 0), word(" see", 900)],
                2_800,
                false,
            ),
            (
                "at the end",
                vec![word("4", 0), word(" or", 900)],
                3_000,
                true,
            ),
            (
                "in the middle",
                vec![word("She", 100), word(" said", 2_300)],
                2_800,
                true,
            ),
            ("a number", vec![word("13951583593", 0)], 4_800, false),
            ("more than a number", vec![word("1395", 0)], 4_800, true),
            ("no words", Vec::new(), 4_800, false),
        ] {
            assert_eq!(
                has_hole(&words, Duration::from_millis(length)),
                expected,
                "{case}"
            );
        }
    }

    #[test]
    fn words_are_better_than_none_and_likely_ones_best() {
        let answer = |rejected, looped, has_hole, mean_log_prob| Answer {
            hypothesis: Hypothesis {
                looped,
                rejected,
                ..Hypothesis::silence(Lang::EN, Rejection::Empty)
            },
            mean_log_prob,
            has_hole,
        };
        let ranked = [
            answer(None, false, false, -0.1),
            answer(None, false, false, -0.7),
            answer(None, false, true, -0.05),
            answer(None, true, false, -0.2),
            answer(Some(Rejection::NoSpeech), false, false, -0.9),
            answer(Some(Rejection::Unlikely), false, false, -1.9),
            answer(Some(Rejection::Loop), true, false, -0.5),
        ];
        for (i, a) in ranked.iter().enumerate() {
            for (j, b) in ranked.iter().enumerate() {
                assert_eq!(a.is_better_than(b), i < j, "{i} and {j}");
            }
        }
    }
}
