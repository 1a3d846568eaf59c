//! From decoded text to the answer the engine gets.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use sidetone_types::lang::Lang;
use sidetone_types::recognise::{Hypothesis, Job, Purpose, Rejection, Word};
use sidetone_types::time::samples_to_duration;
use tracing::debug;

use super::context;
use super::decode::{Decoding, PROMPT};
use super::hole::holes;
use super::rejection::{Evidence, RejectionConfig};
use super::script::Scripts;
use super::tokens::Tokens;
use super::window::POSITION_SAMPLES;
use super::words::StableWords;

/// An answer, and how far it is to be trusted.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the engine gets.
    pub hypothesis: Hypothesis,
    /// Mean logarithm of the probabilities of the text's tokens and its end.
    pub mean_log_prob: f32,
}

impl Answer {
    /// Whether this is to be preferred to `other`, made of the same sound.
    pub fn is_better_than(&self, other: &Self) -> bool {
        let rank = |answer: &Self| {
            (
                answer.hypothesis.rejected.is_none(),
                !answer.hypothesis.looped,
                answer.hypothesis.unrecognised.is_empty(),
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
            let kept = self.words(job, decoding, confirmed(job));
            let heard = mem::replace(&mut words, kept);
            if rejected == Some(Rejection::Unlikely) && words.is_empty() {
                doubted = heard;
            }
        }
        let rejected = rejected.filter(|_| words.is_empty());
        // What is joined for the record has long pauses within it.
        let may_lack_words = rejected.is_none() && job.purpose != Purpose::Record;
        let unrecognised = match may_lack_words {
            true => holes(&words, confirmed(job), length(job)),
            false => Vec::new(),
        };
        let other_language = other_language
            .filter(|_| rejected == Some(Rejection::OtherLanguage))
            .map(|(lang, _)| lang);
        let hypothesis = Hypothesis {
            lang: other_language.unwrap_or(decoding.lang()),
            confidence: mean_confidence(&words),
            looped: best.looped(),
            rejected,
            words,
            doubted,
            stable: 0,
            unrecognised,
            voice: None,
            kept: None,
        };
        Answer {
            hypothesis,
            mean_log_prob,
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
    samples_to_duration(job.audio.len() as u64)
}

/// How many tokens its text begins with that stay as they are.
fn confirmed(job: &Job) -> usize {
    let confirmed = job.confirmed.as_ref();
    confirmed.map_or(0, |confirmed| confirmed.tokens.len())
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
    fn words_are_better_than_none_and_likely_ones_best() {
        let answer = |rejected, looped, has_hole: bool, mean_log_prob| Answer {
            hypothesis: Hypothesis {
                looped,
                rejected,
                unrecognised: has_hole
                    .then_some(Duration::ZERO..Duration::MAX)
                    .into_iter()
                    .collect(),
                ..Hypothesis::silence(Lang::EN, Rejection::Empty)
            },
            mean_log_prob,
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
