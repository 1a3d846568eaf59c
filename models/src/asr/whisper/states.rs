//! States of the decoder, to fit the [preview](super::super::net::directions) of its scores to,
//! and to measure it with.

use std::path::Path;

use sidetone_types::recognise::{Effort, Job, RecogniseError};

use super::{Begun, Stage, Whisper, failed};
use crate::asr::decode::{PROMPT, step};
use crate::asr::net::sequence::Feed;
use crate::transcriber::Ticket;
use crate::vector::{arg_max, log_sum_exp};

/// How far scores of all tokens by their preview are from those by the whole table.
#[derive(Clone, Copy, Debug, Default)]
pub struct PreviewError {
    /// States after which tokens were scored.
    pub states: usize,
    /// Of these, how many have the same likeliest token.
    pub same_best: usize,
    /// And how many the same five likeliest, in the same order.
    pub same_five: usize,
    /// Mean distance of the logarithms that scores are normalised by.
    pub total: f64,
    /// The largest.
    pub worst_total: f64,
}

impl Whisper {
    /// The decoder's states, `[tokens, width]`, wherever it chose a token of the text it heard in
    /// `job`, and at the text's start.
    pub fn states(&mut self, job: Job) -> Result<Vec<f32>, RecogniseError> {
        let Begun::Underway(mut one) = self.begin(Ticket(0), job, Effort::Least)? else {
            return Ok(Vec::new());
        };
        while one.is_being_encoded() {
            self.encode(&mut one)?;
        }
        let Stage::Decode(decoding) = &mut one.stage else {
            return Ok(Vec::new());
        };
        let mut sequence = decoding.best().sequence().clone();
        while !decoding.is_done() {
            step(&self.net.decoder, &self.tokens, &mut [decoding]).map_err(failed)?;
        }
        let Some(language) = self.tokens.language(decoding.lang()) else {
            return Ok(Vec::new());
        };
        let tokens = &self.tokens;
        let prompt = [
            tokens.start,
            language,
            tokens.transcribe,
            tokens.no_timestamps,
        ];
        let all = [&prompt, decoding.best().text()].concat();
        let feed = Feed {
            sequence: &mut sequence,
            tokens: &all,
        };
        let x = self.net.decoder.forward(&mut [feed]).map_err(failed)?;
        let rows: Vec<u32> = [0]
            .into_iter()
            .chain(PROMPT as u32 - 1..all.len() as u32)
            .collect();
        self.net.decoder.states(&x, &rows).map_err(failed)
    }

    /// Writes `count` directions of `states` to the file `path`.
    pub fn fit_preview(
        &self,
        states: &[f32],
        count: usize,
        path: &Path,
    ) -> Result<(), RecogniseError> {
        let found = self.net.decoder.directions(states, count);
        found.and_then(|found| found.save(path)).map_err(failed)
    }

    /// How far off the preview is after `states`. `None` if this network has none.
    pub fn preview_error(&self, states: &[f32]) -> Option<PreviewError> {
        let text = self.tokens.end as usize + 1;
        let mut error = PreviewError::default();
        for state in states.chunks_exact(self.net.decoder.width()) {
            let (full, previewed) = self.net.decoder.both_scores(state, &[self.tokens.end])?;
            // At the start of a text there is a choice of special tokens, which are exact there.
            if arg_max(&full).0 >= text {
                continue;
            }
            let (full, previewed) = (&full[..text], &previewed[..text]);
            let (a, b) = (likeliest(full), likeliest(previewed));
            let off = f64::from((log_sum_exp(full) - log_sum_exp(previewed)).abs());
            error.states += 1;
            error.same_best += usize::from(a[0] == b[0]);
            error.same_five += usize::from(a == b);
            error.total += off;
            error.worst_total = error.worst_total.max(off);
        }
        error.total /= error.states.max(1) as f64;
        Some(error)
    }
}

/// The five highest of `scores`.
fn likeliest(scores: &[f32]) -> [usize; 5] {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.select_nth_unstable_by(5, |a, b| scores[*b].total_cmp(&scores[*a]));
    order.truncate(5);
    order.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    std::array::from_fn(|i| order[i])
}
