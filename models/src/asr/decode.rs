//! Decoding of several utterances side by side, each by one text or by several that compete.
//!
//! Greedy decoding follows one text and takes the likeliest token at every step. Beam search follows the best few
//! (Sutskever et al. 2014), and of those that have come to their end takes the one whose tokens are likeliest on
//! average. All texts of all utterances go through the decoder together.

use std::sync::Arc;

use candle_core::Result;
use sidetone_core::lang::Lang;

use super::bias::{Bias, Vocabulary};
use super::net::decoder::Decoder;
use super::net::sequence::{Feed, Sequence};
use super::path::{Path, Step};
use super::tokens::Tokens;
use crate::vector::log_sum_exp;

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
    /// Texts that compete; 1 is greedy.
    pub beam: usize,
}

/// One utterance on its way from sound to text.
#[derive(Debug)]
pub struct Decoding {
    request: Request,
    /// The language it is transcribed in, once that is known.
    lang: Option<Lang>,
    no_speech: f32,
    /// Texts that go on, the best first; one until the prompt is read.
    live: Vec<Path>,
    /// Texts that have come to their end.
    ended: Vec<Path>,
}

/// Tokens in front of the text: start, language, task, no time stamps.
pub const PROMPT: usize = 4;

/// Steps all of `group` together until each has come to its end.
pub fn decode(decoder: &Decoder, tokens: &Tokens, group: &mut [Decoding]) -> Result<()> {
    loop {
        let mut active: Vec<&mut Decoding> = group
            .iter_mut()
            .filter(|decoding| !decoding.is_done())
            .collect();
        if active.is_empty() {
            return Ok(());
        }
        step(decoder, tokens, &mut active)?;
    }
}

/// Feeds every text of `group` the tokens it has ready, and lets each utterance hear the scores of what follows.
fn step(decoder: &Decoder, tokens: &Tokens, group: &mut [&mut Decoding]) -> Result<()> {
    let mut pending = Vec::new();
    // Whose rows scores are wanted of: after the start, and from where text may follow.
    let mut heard = Vec::new();
    let mut row = 0;
    for (member, decoding) in group.iter().enumerate() {
        for path in &decoding.live {
            let next = decoding.pending(path, tokens);
            for place in (path.sequence().fed()..).take(next.len()) {
                if place == 0 || place >= PROMPT - 1 {
                    heard.push((member, place, row));
                }
                row += 1;
            }
            pending.push(next);
        }
    }
    let paths = group.iter_mut().flat_map(|decoding| &mut decoding.live);
    let mut batch: Vec<Feed<'_>> = paths
        .zip(&pending)
        .map(|(path, tokens)| Feed {
            sequence: path.sequence_mut(),
            tokens,
        })
        .collect();
    let x = decoder.forward(&mut batch)?;
    let rows: Vec<u32> = heard.iter().map(|(_, _, row)| *row).collect();
    let logits = decoder.logits(&x, &rows)?;
    let scored = logits.dim(1)?;
    let mut logits = logits.flatten_all()?.to_vec1::<f32>()?;

    // Scores of one utterance's texts lie side by side.
    let mut rows = logits.chunks_exact_mut(scored);
    for of_one in heard.chunk_by(|(a, ..), (b, ..)| a == b) {
        let (member, ..) = of_one[0];
        let decoding = &mut *group[member];
        let mut last = Vec::new();
        for ((_, place, _), logits) in of_one.iter().zip(rows.by_ref()) {
            if let Some(logits) = decoding.hear(*place, logits, tokens) {
                last.push(logits);
            }
        }
        if !last.is_empty() {
            decoding.go_on(last, tokens);
        }
    }
    Ok(())
}

impl Decoding {
    /// Begins to decode what `sequence` listens to.
    pub fn new(sequence: Sequence, request: Request) -> Self {
        let only = match *request.languages {
            [only] => Some(only),
            _ => None,
        };
        let mut new = Self {
            live: vec![Path::new(sequence, request.confirmed.clone())],
            ended: Vec::new(),
            request,
            lang: None,
            no_speech: 0.0,
        };
        if let Some(lang) = only {
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

    /// Probability that nobody speaks, in [0, 1].
    pub fn no_speech(&self) -> f32 {
        self.no_speech
    }

    /// The best text: the one that counts, once this is done.
    pub fn best(&self) -> &Path {
        let ended = self.ended.iter().max_by(|a, b| a.compare(b));
        ended.unwrap_or_else(|| &self.live[0])
    }

    fn is_done(&self) -> bool {
        self.live.is_empty()
    }

    fn choose_language(&mut self, lang: Lang) {
        self.lang = Some(lang);
        if let Some(vocabulary) = &self.request.vocabulary {
            for path in &mut self.live {
                path.favour(Bias::new(Arc::clone(vocabulary), lang.is_unspaced()));
            }
        }
    }

    /// The tokens to feed next: what is in the prompt and in the text of `path`, but not in its sequence yet.
    fn pending(&self, path: &Path, tokens: &Tokens) -> Vec<u32> {
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
                path.text(),
            ),
            None => (vec![tokens.start], [].as_slice()),
        };
        let all = prompt.iter().chain(text);
        all.skip(path.sequence().fed()).copied().collect()
    }

    /// Takes the scores of what follows the token at `place`. Gives them back if text has to be chosen by them.
    fn hear<'a>(
        &mut self,
        place: usize,
        logits: &'a mut [f32],
        tokens: &Tokens,
    ) -> Option<&'a mut [f32]> {
        if place == 0 {
            self.hear_start(logits, tokens);
            return None;
        }
        // What is confirmed is read before texts begin to compete.
        let first = &mut self.live[0];
        if place + 1 < PROMPT + first.text().len() {
            first.hear_confirmed(place + 1 - PROMPT, logits, tokens);
            return None;
        }
        Some(logits)
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
            let languages = self.request.languages.iter().copied();
            let likeliest = languages.max_by(|a, b| score(*a).total_cmp(&score(*b)));
            self.choose_language(likeliest.unwrap_or(Lang::EN));
        }
    }

    /// Carries every text on: `logits` are the scores of what follows each.
    fn go_on(&mut self, logits: Vec<&mut [f32]>, tokens: &Tokens) {
        let beam = self.request.beam.max(1);
        let mut steps: Vec<(usize, Step)> = Vec::new();
        for (at, (path, logits)) in self.live.iter().zip(logits).enumerate() {
            let found = if beam == 1 {
                vec![path.likeliest(logits, tokens)]
            } else {
                path.likely(2 * beam, logits, tokens)
            };
            steps.extend(found.into_iter().map(|step| (at, step)));
        }
        steps.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));

        let mut parents: Vec<Option<Path>> = self.live.drain(..).map(Some).collect();
        let mut taken = Vec::new();
        let mut going_on = 0;
        for (rank, (at, step)) in steps.into_iter().enumerate() {
            let ends = step.token == tokens.end;
            // An end that others are likelier than by far is none.
            if going_on == beam || (ends && rank >= beam) {
                continue;
            }
            going_on += usize::from(!ends);
            taken.push((at, step));
        }
        for i in 0..taken.len() {
            let (at, step) = taken[i];
            // The last child takes what it comes from; the others copy it.
            let again = taken[i + 1..].iter().any(|(other, _)| *other == at);
            let parent = if again {
                parents[at].clone()
            } else {
                parents[at].take()
            };
            let mut path = parent.expect("taken by its last child only");
            path.take(step, tokens);
            if path.is_over() || path.text().len() >= self.request.limit {
                self.ended.push(path);
            } else {
                self.live.push(path);
            }
        }
        if self.ended.len() >= beam {
            self.live.clear();
        }
    }
}
