//! A linear-chain conditional random field: weights of attributes, and of labels that follow each
//! other.

use std::sync::OnceLock;

use super::attributes::Attribute;

/// What a file begins with.
const MAGIC: &[u8; 8] = b"SIDECRF1";
/// A weight of 1 is stored as this.
const SCALE: f32 = 1024.0;

/// The weights that come with the program.
static BUILT_IN: &[u8] = include_bytes!("../../../../../models/redaction/tagger.crf");

/// Weights. Labels are numbered: 0 is no secret.
pub(super) struct Model {
    labels: usize,
    /// e to the weight of one label behind another, by row.
    transitions: Vec<f32>,
    /// Known attributes, in order, and where the weights of each begin; one more for the end.
    attributes: Vec<Attribute>,
    starts: Vec<u32>,
    /// Labels and their weights.
    entries: Vec<(u8, f32)>,
}

/// The weights cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the weights of the tagger of secrets are cut short or of another version")]
pub(super) struct ModelError;

/// Takes little-endian numbers off the front.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let (front, rest) = self.0.split_first_chunk::<N>().ok_or(ModelError)?;
        self.0 = rest;
        Ok(*front)
    }

    fn number(&mut self) -> Result<u32, ModelError> {
        self.take().map(u32::from_le_bytes)
    }
}

impl Model {
    /// The weights that come with the program.
    pub fn built_in() -> &'static Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL
            .get_or_init(|| Self::read(BUILT_IN).expect("a test reads what comes with the program"))
    }

    /// Reads weights: the magic, the number of labels, `labels * labels` transitions (`f32`), the
    /// number of attributes, each with its number of entries (`u32`, `u32`), then all entries (label
    /// `u8`, weight `i16` in 1/1024).
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let mut reader = Reader(bytes);
        if reader.take()? != *MAGIC {
            return Err(ModelError);
        }
        let labels = reader.number()? as usize;
        if labels == 0 || labels > usize::from(u8::MAX) {
            return Err(ModelError);
        }
        let transitions = (0..labels * labels)
            .map(|_| Ok(f32::from_le_bytes(reader.take()?).exp()))
            .collect::<Result<_, _>>()?;
        let known = reader.number()? as usize;
        let mut attributes = Vec::new();
        let mut starts = vec![0];
        for _ in 0..known {
            attributes.push(Attribute(reader.number()?));
            let end = starts[starts.len() - 1] + reader.number()?;
            starts.push(end);
        }
        let entries = (0..starts[known])
            .map(|_| {
                let [label] = reader.take()?;
                let weight = f32::from(i16::from_le_bytes(reader.take()?)) / SCALE;
                (usize::from(label) < labels)
                    .then_some((label, weight))
                    .ok_or(ModelError)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            labels,
            transitions,
            attributes,
            starts,
            entries,
        })
    }

    /// Adds the weights of an attribute to the scores of a token, one for each label.
    pub fn score(&self, attribute: Attribute, scores: &mut [f32]) {
        let Ok(at) = self.attributes.binary_search(&attribute) else {
            return;
        };
        for (label, weight) in &self.entries[self.starts[at] as usize..self.starts[at + 1] as usize]
        {
            scores[usize::from(*label)] += weight;
        }
    }

    /// How many labels there are.
    pub const fn labels(&self) -> usize {
        self.labels
    }

    /// Turns the scores of tokens, `labels` for each, into probabilities, by the forward-backward
    /// algorithm.
    pub fn probabilities(&self, scores: &mut [f32]) {
        let n = self.labels;
        for row in scores.chunks_mut(n) {
            let most = row.iter().copied().fold(f32::MIN, f32::max);
            row.iter_mut()
                .for_each(|score| *score = (*score - most).exp());
        }
        let mut forward = scores.to_vec();
        for at in 0..forward.len() / n {
            let (before, here) = forward.split_at_mut(at * n);
            let here = &mut here[..n];
            if let Some(before) = at.checked_sub(1).map(|before_at| &before[before_at * n..]) {
                for (label, score) in here.iter_mut().enumerate() {
                    let from = before.iter().enumerate();
                    let sum: f32 = from
                        .map(|(from, value)| value * self.transitions[from * n + label])
                        .sum();
                    *score *= sum;
                }
            }
            scale(here);
        }
        // What comes behind a token, from the last one on.
        let mut behind = vec![1.0; n];
        for at in (0..forward.len() / n).rev() {
            let row = &mut scores[at * n..(at + 1) * n];
            let weighed: Vec<f32> = row
                .iter()
                .zip(&behind)
                .map(|(here, behind)| here * behind)
                .collect();
            for (label, score) in row.iter_mut().enumerate() {
                *score = forward[at * n + label] * behind[label];
            }
            scale(row);
            for (from, value) in behind.iter_mut().enumerate() {
                let to = weighed.iter().enumerate();
                *value = to
                    .map(|(to, weight)| self.transitions[from * n + to] * weight)
                    .sum();
            }
            scale(&mut behind);
        }
    }
}

/// Makes the sum 1.
fn scale(values: &mut [f32]) {
    let sum: f32 = values.iter().sum();
    if sum > 0.0 {
        values.iter_mut().for_each(|value| *value /= sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two labels, one attribute (7) for the second, which likes to follow itself.
    fn small() -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(2_u32.to_le_bytes());
        for weight in [0.0_f32, -1.0, -1.0, 1.0] {
            bytes.extend(weight.to_le_bytes());
        }
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(7_u32.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.push(1);
        bytes.extend(2048_i16.to_le_bytes());
        bytes
    }

    #[test]
    fn probabilities_are_those_of_all_paths_together() {
        let model = Model::read(&small()).expect("read");
        let mut scores = vec![0.0; 6];
        model.score(Attribute(7), &mut scores[2..4]);
        let plain = scores.clone();
        model.probabilities(&mut scores);
        let transition = |from: usize, to: usize| [0.0_f32, -1.0, -1.0, 1.0][from * 2 + to];
        let mut all = 0.0;
        let mut of = [0.0; 6];
        for path in 0..8_usize {
            let label = |at: usize| path >> at & 1;
            let score = plain[label(0)]
                + plain[2 + label(1)]
                + plain[4 + label(2)]
                + transition(label(0), label(1))
                + transition(label(1), label(2));
            all += score.exp();
            (0..3).for_each(|at| of[at * 2 + label(at)] += score.exp());
        }
        for (told, right) in scores.iter().zip(of) {
            assert!(
                (told - right / all).abs() < 1e-5,
                "{told} for {}",
                right / all
            );
        }
    }

    #[test]
    fn weights_that_are_cut_short_are_not_taken() {
        let whole = small();
        for end in 0..whole.len() {
            assert!(Model::read(&whole[..end]).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn the_weights_that_come_with_the_program_are_read() {
        let labels = 2 * sidetone_types::secret::SecretKind::ALL.len() + 1;
        assert_eq!(Model::built_in().labels(), labels);
    }
}
