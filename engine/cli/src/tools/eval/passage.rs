//! Utterances with known words: rows of manifests, and turns of scripted calls.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use sidetone::audio_file::AudioFileError;
use sidetone_types::lang::LanguageTag;
use sidetone_types::time::SAMPLE_RATE;

use super::manifest::{self, Row, Wanted};
use crate::tools::recordings;

/// What is cut out around a turn, so that no word loses its edges.
const MARGIN_S: f64 = 0.2;

/// One utterance and what is said in it.
#[derive(Clone, Debug)]
pub struct Passage {
    /// For people: the recording, and the turn of a call.
    pub name: String,
    /// What is spoken.
    pub lang: LanguageTag,
    /// What is said.
    pub text: String,
    path: PathBuf,
    /// `None` for all of the recording.
    cut: Option<Cut>,
}

#[derive(Clone, Copy, Debug)]
struct Cut {
    channel: usize,
    start_s: f64,
    end_s: f64,
}

/// A call as it was written down before it was recorded.
#[derive(Deserialize)]
pub struct Script {
    /// What is spoken.
    pub lang: LanguageTag,
    channels: Vec<String>,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    speaker: String,
    start_s: f64,
    end_s: f64,
    text: String,
}

/// Reads manifests and scripted calls, which are told by their ending, `json`.
///
/// `limit` is for each. Rows without words are left out.
pub fn read(
    sources: &[PathBuf],
    lang: Option<LanguageTag>,
    limit: Option<usize>,
) -> anyhow::Result<Vec<Passage>> {
    let mut passages = Vec::new();
    for path in sources {
        let found = match path.extension().is_some_and(|ending| ending == "json") {
            true => call(path).with_context(|| path.display().to_string())?,
            false => rows(path)?,
        };
        let wanted = found.into_iter().filter(|passage| {
            lang.is_none_or(|lang| lang.lang == passage.lang.lang) && !passage.text.is_empty()
        });
        passages.extend(wanted.take(limit.unwrap_or(usize::MAX)));
    }
    if passages.is_empty() {
        bail!("there is no utterance in that language");
    }
    Ok(passages)
}

fn rows(path: &Path) -> anyhow::Result<Vec<Passage>> {
    let rows = manifest::read(path, &Wanted::default())?;
    Ok(rows.into_iter().map(Passage::from).collect())
}

impl From<Row> for Passage {
    /// All of a recording.
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            lang: row.lang,
            text: row.text,
            path: row.path,
            cut: None,
        }
    }
}

impl Script {
    /// Reads a script.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).context("cannot be read")?;
        Ok(serde_json::from_str(&text)?)
    }

    /// All that a speaker says.
    pub fn said_by(&self, speaker: &str) -> String {
        let turns = self.turns.iter().filter(|turn| turn.speaker == speaker);
        let texts: Vec<&str> = turns.map(|turn| turn.text.as_str()).collect();
        texts.join(" ")
    }
}

fn call(path: &Path) -> anyhow::Result<Vec<Passage>> {
    let script = Script::read(path)?;
    let recording = path.with_extension("flac");
    let passage = |(i, turn): (usize, Turn)| {
        let by = |name: &String| *name == turn.speaker;
        let channel = script.channels.iter().position(by);
        let channel = channel.with_context(|| format!("turn {}: no such channel", i + 1))?;
        ensure!(
            0.0 <= turn.start_s && turn.start_s < turn.end_s,
            "turn {}: it ends before it starts",
            i + 1
        );
        Ok(Passage {
            name: format!("{}, turn {}", recording.display(), i + 1),
            lang: script.lang,
            text: turn.text,
            path: recording.clone(),
            cut: Some(Cut {
                channel,
                start_s: turn.start_s - MARGIN_S,
                end_s: turn.end_s + MARGIN_S,
            }),
        })
    };
    script.turns.into_iter().enumerate().map(passage).collect()
}

impl Passage {
    /// Its sound: 16 kHz, in [-1, 1]. Of a recording with two channels, the first.
    pub fn audio(&self) -> Result<Vec<f32>, AudioFileError> {
        let recording = recordings::open(&self.path)?.at_rate(SAMPLE_RATE);
        let at = self.cut.map_or(0, |cut| cut.channel);
        let mut channels = recording.channels;
        let samples = channels.swap_remove(at.min(channels.len() - 1));
        let Some(cut) = self.cut else {
            return Ok(samples);
        };
        let place = |s: f64| ((s * f64::from(SAMPLE_RATE)) as usize).min(samples.len());
        Ok(samples[place(cut.start_s)..place(cut.end_s)].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/calls")
    }

    #[test]
    fn turns_of_a_call_are_cut_out_of_their_channel() {
        let source = [calls().join("en-billing-dispute.json")];
        let passages = read(&source, None, Some(2)).expect("it comes with the tests");
        let [agent, customer] = &passages[..] else {
            panic!("two were asked for");
        };
        assert!(agent.text.starts_with("Thank you for calling"));
        assert!(customer.text.contains("charged twice"));
        assert!(customer.name.ends_with("en-billing-dispute.flac, turn 2"));
        for passage in [agent, customer] {
            let cut = passage.cut.expect("a turn");
            let audio = passage.audio().expect("it comes with the tests");
            let expected = (cut.end_s - cut.start_s) * f64::from(SAMPLE_RATE);
            assert!((audio.len() as f64 - expected).abs() < 2.0);
            let power: f32 = audio.iter().map(|s| s * s).sum::<f32>() / audio.len() as f32;
            assert!(power > 1e-4, "somebody speaks there: {power}");
        }
    }

    #[test]
    fn nothing_in_a_language_is_an_error() {
        let source = [calls().join("zh-double-charge.json")];
        let en = Some("en".parse().expect("a language"));
        assert!(read(&source, en, None).is_err());
    }
}
