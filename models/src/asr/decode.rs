//! Greedy decoding of several utterances side by side.

use std::sync::Arc;

use candle_core::Result;
use sidetone_core::lang::Lang;
use tracing::trace;

use super::bias::{Bias, Vocabulary};
use super::guard::repetition;
use super::net::decoder::Decoder;
use super::net::kernels::{arg_max, log_sum_exp};
use super::net::sequence::{Feed, Sequence};
use super::tokens::Tokens;

/// What an utterance is to be decoded as.
#[derive(Clone, Debug)]
pub struct Request {
    /// The languages it may be in: the likeliest is chosen if there are several.
    pub languages: Arc<[Lang]>,
    /// What the text begins with.
    pub confirmed: Vec<u32>,
    /// Words to favour.
    pub vocabulary: Option<Arc<Vocabulary>>,
    /// Most tokens the text may have.
    pub limit: usize,
}

/// One utterance on its way from sound to text.
#[derive(Debug)]
pub struct Decoding {
    request: Request,
    /// The decoder's memory of it.
    sequence: Sequence,
    /// The language it is transcribed in, once that is known.
    lang: Option<Lang>,
    /// Set when the language is known, if there is a vocabulary.
    bias: Option<Bias>,
    text: Vec<u32>,
    log_probs: Vec<f32>,
    end_log_prob: Option<f32>,
    no_speech: f32,
    looped: bool,
    done: bool,
    /// Tokens of the text that were confirmed, or repeat what was really said again.
    spoken: usize,
}

/// Positions of 20 ms that a token takes when it is really said: ten or so, but commas take none.
const LEAST_STEP: usize = 2;

/// Repeated tokens whose places in the sound are compared at least.
const LEAST_COMPARED: usize = 6;

/// Tokens in front of the text: start, language, task, no time stamps.
pub const PROMPT: usize = 4;

/// Steps all of `group` together until each has come to its end.
pub fn decode(decoder: &Decoder, tokens: &Tokens, group: &mut [Decoding]) -> Result<()> {
    loop {
        let mut active: Vec<&mut Decoding> =
            group.iter_mut().filter(|decoding| !decoding.done).collect();
        if active.is_empty() {
            return Ok(());
        }
        step(decoder, tokens, &mut active)?;
    }
}

/// Feeds each of `group` the tokens it has ready, and lets it hear the scores of what follows.
fn step(decoder: &Decoder, tokens: &Tokens, group: &mut [&mut Decoding]) -> Result<()> {
    let pending: Vec<Vec<u32>> = group
        .iter()
        .map(|decoding| decoding.pending(tokens))
        .collect();
    // Scores are wanted after the start, and from where text may follow.
    let fed = group
        .iter()
        .zip(&pending)
        .enumerate()
        .flat_map(|(member, (decoding, pending))| {
            (decoding.sequence.fed()..)
                .take(pending.len())
                .map(move |place| (member, place))
        });
    let wanted = |place: usize| place == 0 || place >= PROMPT - 1;
    let (rows, heard): (Vec<u32>, Vec<_>) = (0..)
        .zip(fed)
        .filter(|(_, (_, place))| wanted(*place))
        .unzip();
    let feed = |(decoding, tokens)| {
        let decoding: &mut &mut Decoding = decoding;
        let tokens: &Vec<u32> = tokens;
        Feed {
            sequence: &mut decoding.sequence,
            tokens,
        }
    };
    let mut batch: Vec<Feed<'_>> = group.iter_mut().zip(&pending).map(feed).collect();
    let x = decoder.forward(&mut batch)?;
    let logits = decoder.logits(&x, &rows)?;
    let scored = logits.dim(1)?;
    let mut logits = logits.flatten_all()?.to_vec1::<f32>()?;

    for ((member, place), logits) in heard.into_iter().zip(logits.chunks_exact_mut(scored)) {
        group[member].hear(place, logits, tokens);
    }
    Ok(())
}

impl Decoding {
    /// Begins to decode what `sequence` listens to.
    pub fn new(sequence: Sequence, request: Request) -> Self {
        let lang = if let [only] = *request.languages {
            Some(only)
        } else {
            None
        };
        let mut new = Self {
            text: request.confirmed.clone(),
            spoken: request.confirmed.len(),
            request,
            sequence,
            lang: None,
            bias: None,
            log_probs: Vec::new(),
            end_log_prob: None,
            no_speech: 0.0,
            looped: false,
            done: false,
        };
        if let Some(lang) = lang {
            new.choose_language(lang);
        }
        new
    }

    /// The language it was transcribed in; before that is known, the first it may be in.
    pub fn lang(&self) -> Lang {
        self.lang
            .or(self.request.languages.first().copied())
            .unwrap_or(Lang::EN)
    }

    /// The decoder's memory of it.
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// Text tokens.
    pub fn text(&self) -> &[u32] {
        &self.text
    }

    /// Logarithm of the probability of each text token, before any favour.
    pub fn log_probs(&self) -> &[f32] {
        &self.log_probs
    }

    /// Probability that nobody speaks, in [0, 1].
    pub fn no_speech(&self) -> f32 {
        self.no_speech
    }

    /// Whether the decoder began to repeat itself and was stopped.
    pub fn looped(&self) -> bool {
        self.looped
    }

    /// Mean logarithm of the probabilities of the text's tokens and its end.
    pub fn mean_log_prob(&self) -> f32 {
        let all = self.log_probs.iter().chain(&self.end_log_prob);
        all.clone().sum::<f32>() / all.count().max(1) as f32
    }

    fn choose_language(&mut self, lang: Lang) {
        self.lang = Some(lang);
        let vocabulary = self.request.vocabulary.clone();
        self.bias = vocabulary.map(|vocabulary| Bias::new(vocabulary, lang.is_unspaced()));
    }

    /// The tokens to feed next: what is in the prompt and the text, but not in the sequence yet.
    fn pending(&self, tokens: &Tokens) -> Vec<u32> {
        let language = self.lang.and_then(|lang| tokens.language(lang));
        // Without a language there is no more to say than that a text starts.
        let (prompt, text) = match language {
            Some(language) => (
                vec![
                    tokens.start,
                    language,
                    tokens.transcribe,
                    tokens.no_timestamps,
                ],
                self.text.as_slice(),
            ),
            None => (vec![tokens.start], [].as_slice()),
        };
        prompt
            .iter()
            .chain(text)
            .skip(self.sequence.fed())
            .copied()
            .collect()
    }

    /// Takes the scores of what follows the token at `place` of the sequence.
    fn hear(&mut self, place: usize, logits: &mut [f32], tokens: &Tokens) {
        if place == 0 {
            self.hear_start(logits, tokens);
        } else if place + 1 < PROMPT + self.text.len() {
            self.hear_confirmed(place + 1 - PROMPT, logits, tokens);
        } else {
            self.hear_next(logits, tokens);
        }
    }

    /// After the start comes the language, or silence.
    fn hear_start(&mut self, logits: &[f32], tokens: &Tokens) {
        self.no_speech = (logits[tokens.no_speech as usize] - log_sum_exp(logits)).exp();
        if self.lang.is_none() {
            let score = |lang: Lang| {
                tokens
                    .language(lang)
                    .map_or(f32::NEG_INFINITY, |token| logits[token as usize])
            };
            let likeliest = self
                .request
                .languages
                .iter()
                .copied()
                .max_by(|a, b| score(*a).total_cmp(&score(*b)));
            self.choose_language(likeliest.unwrap_or(Lang::EN));
        }
    }

    /// The token that follows is confirmed; only its probability is news.
    fn hear_confirmed(&mut self, at: usize, logits: &[f32], tokens: &Tokens) {
        let token = self.text[at];
        let log_prob = logits[token as usize] - log_sum_exp(&logits[..=tokens.end as usize]);
        self.log_probs.push(log_prob.min(0.0));
        if let Some(bias) = &mut self.bias {
            bias.advance(token, tokens.bytes(token), 0.0);
        }
    }

    /// Chooses the token that follows.
    fn hear_next(&mut self, logits: &mut [f32], tokens: &Tokens) {
        let logits = &mut logits[..=tokens.end as usize];
        for token in tokens.suppressed(self.text.is_empty()) {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        let total = log_sum_exp(logits);
        let (best, most) = arg_max(logits);
        let mut token = best as u32;
        if let Some(bias) = &mut self.bias {
            token = bias.choose(|token| logits[token as usize] - total, token);
            bias.advance(token, tokens.bytes(token), most - logits[token as usize]);
        }
        let log_prob = logits[token as usize] - total;
        if token == tokens.end {
            self.end_log_prob = Some(log_prob);
            self.done = true;
            return;
        }
        self.text.push(token);
        self.log_probs.push(log_prob);
        self.cut_repetition();
        self.done = self.looped || self.text.len() >= self.request.limit;
    }

    /// Ends the text where the decoder begins to repeat itself, and leaves what is repeated said once.
    ///
    /// People repeat themselves too, digits above all. Then there is sound for every turn, and the decoder looks
    /// further on with each. What is confirmed was shown already, and stays.
    fn cut_repetition(&mut self) {
        let Some(found) = repetition(&self.text) else {
            return;
        };
        if self.is_heard_again(found.period) {
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
        self.looped = true;
    }

    /// Whether the decoder read the last tokens off later sound than the same tokens a `period` before.
    fn is_heard_again(&self, period: usize) -> bool {
        let looks = self.sequence.looks();
        let peaks: Vec<usize> = (0..self.text.len())
            .map(|at| looks.peak(PROMPT - 1 + at))
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
