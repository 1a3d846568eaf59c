//! One hypothesis of a beam search: a text as far as it is decoded.

use std::cmp::Ordering;
use std::ops::Range;

use tracing::trace;

use super::decode::PROMPT;
use super::hotwords::{HotwordBias, Match};
use super::net::sequence::Sequence;
use super::repetition::repetition;
use super::tokens::Tokens;
use crate::lm::Fusion;
use crate::vector::{arg_max, log_sum_exp};

/// Positions of 20 ms that a token takes when it is really said: ten or so, but commas take none.
const LEAST_STEP: usize = 2;

/// The language model speaks for no token that the network gives less than this, as the logarithm
/// of a probability: it must not write what cannot be heard.
const LEAST_LIKELY: f32 = -6.0;

/// Tokens that a greedy text chooses between with the language model.
const GREEDY_CHOICES: usize = 6;

/// Repeated tokens whose places in the sound are compared at least.
const LEAST_COMPARED: usize = 6;

/// How far a phrase is to be believed that was tried and stayed, however unlikely its tokens: 19 of
/// 21 such places of AISHELL held it.
const TRIED: f32 = 0.9;

/// A text as far as it is decoded.
#[derive(Clone, Debug)]
pub struct BeamHypothesis {
    /// The decoder's cache of it.
    sequence: Sequence,
    /// Set when the language is known, if there are hotwords.
    bias: Option<HotwordBias>,
    language_model: Option<Fusion>,
    text: Vec<u32>,
    /// Whether it goes on from words that are not in it: then it may be empty.
    goes_on: bool,
    /// Of each token of the text, without boosts.
    log_probs: Vec<f32>,
    end_log_prob: Option<f32>,
    /// What its tokens gained by the language model.
    gained: f32,
    /// Logarithm of the text's probability, what its tokens gained, and the boosts of the hotwords
    /// it holds.
    score: f32,
    /// The boosts in `score` of a hotword that is not finished yet.
    pending: f32,
    /// What is said for it, now that it is over, by how common its words are.
    commonness: f32,
    looped: bool,
    /// Tokens of the text that were confirmed, or repeat what was really said again.
    spoken: usize,
    /// Tokens of phrases that were tried in the place of others, and stayed.
    tried: Vec<Range<usize>>,
}

/// How a text may go on.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The next token, or the end.
    pub token: u32,
    /// The text's score after it.
    pub score: f32,
    log_prob: f32,
    /// The boost of the token as part of a hotword.
    boost: f32,
    /// What the token gains by the language model.
    gain: f32,
    /// How much likelier the likeliest token is.
    cost: f32,
}

impl BeamHypothesis {
    /// Begins with what is `confirmed`, and `goes_on` from other words or not.
    pub fn new(sequence: Sequence, confirmed: Vec<u32>, goes_on: bool) -> Self {
        Self {
            sequence,
            bias: None,
            language_model: None,
            gained: 0.0,
            spoken: confirmed.len(),
            text: confirmed,
            goes_on,
            log_probs: Vec::new(),
            end_log_prob: None,
            score: 0.0,
            pending: 0.0,
            commonness: 0.0,
            looped: false,
            tried: Vec::new(),
        }
    }

    /// Text tokens.
    pub fn text(&self) -> &[u32] {
        &self.text
    }

    /// The same with other `tokens` in `place`, to be scored from there on.
    pub fn respelled(&self, place: Range<usize>, tokens: &[u32]) -> Self {
        let (was, is) = (place.len(), tokens.len());
        let behind = self.tried.iter().filter(|tried| tried.start >= place.end);
        let behind = behind.map(|tried| tried.start + is - was..tried.end + is - was);
        let ahead = self.tried.iter().filter(|tried| tried.end <= place.start);
        let tried = ahead
            .cloned()
            .chain(std::iter::once(place.start..place.start + is))
            .chain(behind);
        let mut sequence = self.sequence.clone();
        sequence.truncate(PROMPT - 1 + place.start);
        let log_probs = self.log_probs[..place.start].to_vec();
        Self {
            bias: None,
            language_model: self
                .language_model
                .as_ref()
                .map(|model| model.again(&self.text[..place.start])),
            gained: self.gained_by(place.start),
            text: [&self.text[..place.start], tokens, &self.text[place.end..]].concat(),
            score: log_probs.iter().sum::<f32>() + self.gained_by(place.start),
            log_probs,
            end_log_prob: None,
            pending: 0.0,
            commonness: 0.0,
            looped: false,
            spoken: self.spoken,
            goes_on: self.goes_on,
            tried: tried.collect(),
            sequence,
        }
    }

    /// Logarithm of the probability of the text and its end, without boosts. `None` if it did not
    /// come to its end.
    pub fn log_prob(&self) -> Option<f32> {
        Some(self.log_probs.iter().sum::<f32>() + self.end_log_prob?)
    }

    /// The same with what the language model adds.
    pub fn fused_log_prob(&self) -> Option<f32> {
        Some(self.log_prob()? + self.gained)
    }

    /// What the first `count` tokens of the text gained.
    fn gained_by(&self, count: usize) -> f32 {
        let Some(model) = &self.language_model else {
            return 0.0;
        };
        let mut model = model.again(&[]);
        let tokens = self.text[..count].iter().zip(&self.log_probs);
        let gains = tokens.map(|(token, log_prob)| {
            let gain = if *log_prob >= LEAST_LIKELY {
                model.gain(*token)
            } else {
                0.0
            };
            model.advance(*token);
            gain
        });
        gains.sum()
    }

    /// Logarithm of the probability of each text token, without boosts.
    #[cfg(test)]
    pub fn log_probs(&self) -> &[f32] {
        &self.log_probs
    }

    /// How far each text token is to be believed, as the logarithm of a probability: as likely as it
    /// is, and more where a phrase was tried.
    pub fn beliefs(&self) -> Vec<f32> {
        let tried = |at: usize| self.tried.iter().any(|tried| tried.contains(&at));
        let each = self.log_probs.iter().enumerate();
        each.map(|(at, log_prob)| match tried(at) {
            true => log_prob.max(TRIED.ln()),
            false => *log_prob,
        })
        .collect()
    }

    /// Whether the decoder began to repeat itself and was stopped.
    pub fn looped(&self) -> bool {
        self.looped
    }

    /// The decoder's cache of it.
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// The same, to feed it.
    pub fn sequence_mut(&mut self) -> &mut Sequence {
        &mut self.sequence
    }

    /// Mean logarithm of the probabilities of the text's tokens and its end.
    pub fn mean_log_prob(&self) -> f32 {
        let all = self.log_probs.iter().chain(&self.end_log_prob);
        all.clone().sum::<f32>() / all.count().max(1) as f32
    }

    /// From here on, boosts the hotwords of `bias`.
    pub fn set_bias(&mut self, bias: HotwordBias) {
        self.bias = Some(bias);
    }

    /// From here on, tokens gain what `model` says.
    pub fn set_language_model(&mut self, model: Fusion) {
        self.language_model = Some(model);
    }

    /// Counts in what is said for it by how common its words are, as a logarithm.
    pub fn set_commonness(&mut self, commonness: f32) {
        self.commonness = commonness;
    }

    /// Whether it has come to its end, or was stopped.
    pub fn is_over(&self) -> bool {
        self.looped || self.end_log_prob.is_some()
    }

    /// Whether this text is to be preferred to `other`, both over: one that was not stopped, then
    /// the likelier one, token by token.
    pub fn compare(&self, other: &Self) -> Ordering {
        let mean = |hypothesis: &Self| {
            let score = hypothesis.score + hypothesis.commonness;
            score / (hypothesis.text.len() + 1) as f32
        };
        let stopped = other.looped.cmp(&self.looped);
        stopped.then(mean(self).total_cmp(&mean(other)))
    }

    /// The tokens whose scores count, however low: where it goes on, and after each of `following`,
    /// which are about to be read. They are the end, its own next token, and those that carry on a
    /// hotword.
    pub fn exact(&self, following: &[u32], tokens: &Tokens) -> Vec<Vec<u32>> {
        let mut own = self.text[self.log_probs.len()..].iter();
        let mut bias = self.bias.clone();
        let mut exact = Vec::with_capacity(1 + following.len());
        for read in [None].into_iter().chain(following.iter().map(Some)) {
            if let (Some(bias), Some(token)) = (&mut bias, read) {
                bias.advance(*token, tokens.bytes(*token), 0.0);
            }
            let mut here = vec![tokens.end];
            here.extend(own.next());
            here.extend(bias.iter().flat_map(HotwordBias::continuations));
            exact.push(here);
        }
        exact
    }

    /// Adds the probability of the token at `at`, which is confirmed.
    pub fn score_confirmed(&mut self, at: usize, logits: &[f32], tokens: &Tokens) {
        let token = self.text[at];
        let log_prob = logits[token as usize] - log_sum_exp(&logits[..=tokens.end as usize]);
        self.log_probs.push(log_prob.min(0.0));
        self.score += log_prob.min(0.0);
        let gain = self.gain(token, log_prob);
        self.gained += gain;
        self.score += gain;
        if let Some(model) = &mut self.language_model {
            model.advance(token);
        }
        if let Some(bias) = &mut self.bias {
            bias.advance(token, tokens.bytes(token), 0.0);
        }
    }

    /// Ends the text here and adds the probability of that.
    pub fn score_end(&mut self, logits: &mut [f32], tokens: &Tokens) {
        let logits = self.possible(logits, tokens);
        let log_prob = logits[tokens.end as usize] - log_sum_exp(logits);
        let gain = self.gain(tokens.end, log_prob);
        self.gained += gain;
        self.score += log_prob + gain;
        self.end_log_prob = Some(log_prob);
    }

    /// The likeliest way to go on, with the boosts of hotwords.
    pub fn likeliest(&self, logits: &mut [f32], tokens: &Tokens) -> Step {
        let logits = self.possible(logits, tokens);
        let total = log_sum_exp(logits);
        let (best, most) = arg_max(logits);
        let mut token = best as u32;
        let fused = |token: u32| {
            let log_prob = logits[token as usize] - total;
            log_prob + self.gain(token, log_prob)
        };
        if self.language_model.is_some() {
            let near = highest(logits, GREEDY_CHOICES)
                .into_iter()
                .map(|(token, _)| token);
            token = near
                .max_by(|a, b| fused(*a).total_cmp(&fused(*b)))
                .unwrap_or(token);
        }
        if let Some(bias) = &self.bias {
            token = bias.choose(fused, token);
        }
        self.step(token, logits, total, most, 0.0)
    }

    /// The `count` likeliest ways to go on, and those that hotwords speak for.
    pub fn likely(&self, count: usize, logits: &mut [f32], tokens: &Tokens) -> Vec<Step> {
        let logits = self.possible(logits, tokens);
        let total = log_sum_exp(logits);
        let best = highest(logits, count);
        let most = best.first().map_or(0.0, |(_, logit)| *logit);
        let mut steps: Vec<Step> = best
            .iter()
            .map(|(token, _)| self.step(*token, logits, total, most, 0.0))
            .collect();
        let log_prob = |token: u32| logits[token as usize] - total;
        let offers = self.bias.iter().flat_map(|bias| bias.offers(log_prob));
        for (token, boost) in offers {
            let boost = boost.min(HotwordBias::MOST_PENDING - self.pending).max(0.0);
            let boosted = self.step(token, logits, total, most, boost);
            match steps.iter_mut().find(|step| step.token == token) {
                Some(step) if step.score < boosted.score => *step = boosted,
                Some(_) => {}
                None => steps.push(boosted),
            }
        }
        steps
    }

    /// What `token` gains by the language model if it comes next.
    fn gain(&self, token: u32, log_prob: f32) -> f32 {
        match &self.language_model {
            Some(model) if log_prob >= LEAST_LIKELY => model.gain(token),
            _ => 0.0,
        }
    }

    /// The scores of text and end, without what must not be printed.
    fn possible<'a>(&self, logits: &'a mut [f32], tokens: &Tokens) -> &'a [f32] {
        let logits = &mut logits[..=tokens.end as usize];
        for token in tokens.suppressed(self.text.is_empty() && !self.goes_on) {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        logits
    }

    fn step(&self, token: u32, logits: &[f32], total: f32, most: f32, boost: f32) -> Step {
        let logit = logits[token as usize];
        let log_prob = logit - total;
        let gain = self.gain(token, log_prob);
        Step {
            token,
            score: self.score + log_prob + gain + boost,
            log_prob,
            boost,
            gain,
            cost: most - logit,
        }
    }

    /// Goes on by `step`.
    pub fn extend(&mut self, step: Step, tokens: &Tokens) {
        let Step {
            token, log_prob, ..
        } = step;
        self.score = step.score;
        self.gained += step.gain;
        self.pending += step.boost;
        if let Some(bias) = &mut self.bias {
            bias.advance(token, tokens.bytes(token), step.cost);
            match bias.matched() {
                Match::Finished => self.pending = 0.0,
                Match::Open => {}
                // The boosts of a hotword that was not finished are taken back.
                Match::None => {
                    self.score -= self.pending;
                    self.pending = 0.0;
                }
            }
        }
        if token == tokens.end {
            self.end_log_prob = Some(log_prob);
            return;
        }
        self.text.push(token);
        self.log_probs.push(log_prob);
        if let Some(model) = &mut self.language_model {
            model.advance(token);
        }
        self.cut_repetition();
    }

    /// Ends the text where the decoder begins to repeat itself, and leaves what is repeated said
    /// once.
    ///
    /// People repeat themselves too, digits above all. Then there is sound for every turn, and the
    /// decoder attention further on with each. What is confirmed was shown already, and stays.
    fn cut_repetition(&mut self) {
        let Some(found) = repetition(&self.text) else {
            return;
        };
        if self.is_spoken_again(found.period) {
            self.spoken = self.text.len();
            return;
        }
        let keep = found.keep.max(self.spoken);
        trace!(
            tokens = self.text.len(),
            keep,
            period = found.period,
            "the decoder repeats itself"
        );
        self.text.truncate(keep);
        self.log_probs.truncate(keep);
        self.gained = self.gained_by(self.text.len());
        self.score = self.log_probs.iter().sum::<f32>() + self.gained;
        self.looped = true;
    }

    /// Whether the decoder read the last tokens off later sound than the same tokens a `period`
    /// before.
    fn is_spoken_again(&self, period: usize) -> bool {
        let attention = self.sequence.attention();
        let peaks: Vec<usize> = (0..self.text.len())
            .map(|at| attention.peak(PROMPT - 1 + at))
            .collect();
        let last = period.max(LEAST_COMPARED).min(self.text.len() - period);
        let further = period * LEAST_STEP;
        let turns = peaks
            .iter()
            .rev()
            .zip(peaks.iter().rev().skip(period))
            .take(last);
        // A token or two may look anywhere.
        4 * turns
            .filter(|(now, before)| **now >= **before + further)
            .count()
            >= 3 * last
    }
}

/// The places and values of the `count` highest of `row`, the highest first.
fn highest(row: &[f32], count: usize) -> Vec<(u32, f32)> {
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (token, logit) in (0..).zip(row) {
        if *logit > least {
            let at = best.partition_point(|(_, other)| other >= logit);
            best.insert(at, (token, *logit));
            best.truncate(count);
            if best.len() == count {
                least = best[count - 1].1;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_highest_are_found_in_order(
            row in prop::collection::vec(-5_i8..5, 0..40), count in 1_usize..8,
        ) {
            let row: Vec<f32> = row.into_iter().map(f32::from).collect();
            let mut expected: Vec<(u32, f32)> = (0..).zip(row.iter().copied()).collect();
            expected.sort_by(|a, b| b.1.total_cmp(&a.1));
            expected.truncate(count);
            prop_assert_eq!(highest(&row, count), expected);
        }
    }
}
