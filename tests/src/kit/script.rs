//! A recogniser that hears what it was told to, a word for each 400 ms.

use std::f32::consts::TAU;
use std::time::Duration;

use sidetone_models::transcriber::{OneByOne, Transcriber};
use sidetone_types::emotion::Impression;
use sidetone_types::recognise::{Hypothesis, Job, Word};

/// Follows its script and takes no time. Without lines it hears "wa wb wc" in everything, and a
/// full stop where it may be over.
#[derive(Clone, Debug, Default)]
pub struct Script {
    lines: Vec<String>,
    /// Which of them are said in anger.
    angry: Vec<usize>,
}

/// Samples of one word, at 8 and at 16 kHz.
const WORD: [usize; 2] = [3_200, 6_400];
/// Line `n` sounds at `LOWEST_HZ + n * STEP_HZ`.
const LOWEST_HZ: f32 = 300.0;
const STEP_HZ: f32 = 60.0;
/// The loudness of lines, and what tells them from the silence around them.
const LOUD: f32 = 0.3;
const QUIET: f32 = 0.1;

impl Script {
    /// One that hears each of `lines` in the sound that [`Script::sound`] makes of it.
    pub fn of(lines: &[&str]) -> Self {
        Self {
            lines: lines.iter().map(ToString::to_string).collect(),
            angry: Vec::new(),
        }
    }

    /// The same, with these lines said in anger and the others calmly.
    #[must_use]
    pub fn angry(mut self, lines: &[usize]) -> Self {
        self.angry = lines.to_vec();
        self
    }

    /// A line as a tone of its own pitch, at 8 kHz, as long as its words take.
    pub fn sound(&self, line: usize) -> Vec<f32> {
        let samples = self.lines[line].split_whitespace().count() * WORD[0];
        let turns = (LOWEST_HZ + line as f32 * STEP_HZ) / 8_000.0;
        // In f64: a long tone must not lose its pitch.
        let phase = |i: usize| (i as f64 * f64::from(turns)).fract() as f32;
        (0..samples)
            .map(|i| LOUD * (TAU * phase(i)).sin())
            .collect()
    }

    /// Somebody who hears by it.
    pub fn transcriber(self) -> Box<dyn Transcriber> {
        Box::new(OneByOne::new(move |job: &Job| Ok(self.hear(job))))
    }

    fn hear(&self, job: &Job) -> Hypothesis {
        let heard = self.heard(&job.audio);
        let angry = heard.is_some_and(|(line, _)| self.angry.contains(&line));
        let words: Vec<String> = match heard {
            Some((line, length)) => {
                let words = self.lines[line].split_whitespace();
                words.take(length).map(|word| format!(" {word}")).collect()
            }
            None => {
                let count = job.audio.len() / WORD[1];
                let words = (0..count).map(|i| match i + 1 == count && job.purpose.may_be_last() {
                    true => format!(" w{}.", letter(i)),
                    false => format!(" w{}", letter(i)),
                });
                words.collect()
            }
        };
        let word = |(i, text): (usize, String)| Word {
            text,
            start: Duration::from_millis(400 * i as u64),
            end: Duration::from_millis(400 * (i as u64 + 1)),
            confidence: 0.9,
            tokens: vec![i as u32],
        };
        Hypothesis {
            lang: job.languages[0],
            words: words.into_iter().enumerate().map(word).collect(),
            confidence: 0.9,
            looped: false,
            rejected: None,
            doubted: Vec::new(),
            stable: 0,
            unrecognised: Vec::new(),
            voice: job.voice.as_ref().map(|_| Impression {
                scores: if angry {
                    [0.0, 4.0, 0.0, 0.0, 0.0]
                } else {
                    [4.0, 0.0, 0.0, 0.0, 0.0]
                },
                average: [0.0; 5],
            }),
            kept: None,
        }
    }

    /// Which line sounds in `audio`, and how many words of it.
    fn heard(&self, audio: &[f32]) -> Option<(usize, usize)> {
        let loud = |sample: &f32| sample.abs() > QUIET;
        let first = audio.iter().position(loud)?;
        let length = audio.iter().rposition(loud)? + 1 - first;
        // How often the wave crosses from one side to the other, which ripples near zero do not.
        let mut waves = audio.iter().copied().filter(loud);
        let mut side = waves.next()?;
        let crossings = waves
            .filter(|sample| {
                let crossed = side * sample < 0.0;
                side = *sample;
                crossed
            })
            .count();
        let hz = crossings as f32 / 2.0 / (length as f32 / 16_000.0);
        let line = ((hz - LOWEST_HZ) / STEP_HZ).round();
        let line = (line >= 0.0).then_some(line as usize)?;
        (line < self.lines.len()).then_some((line, (length + WORD[1] / 2) / WORD[1]))
    }
}

/// A word with a digit in it might be a secret.
fn letter(i: usize) -> char {
    char::from(b'a' + (i % 26) as u8)
}
