//! `sidetone eval preview`: the preview of the scores of tokens, held against the whole table.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use sidetone::config::Config;
use sidetone::recognition::model_loader;
use sidetone::samples;
use sidetone_types::lang::{ChineseScript, Lang};
use sidetone_types::recognise::{Job, Purpose, Vocabulary};

use crate::tools::{Outcome, progress, recordings};

/// Where the recogniser listens, in Hz.
const HEARD_HZ: u32 = 16_000;
/// When words are due: all care may be taken.
const NO_HURRY: Duration = Duration::from_secs(3_600);

/// Measure how far the preview of the scores of tokens is from the whole table, and fit one.
///
/// The decoder's states are those over the utterances of the recordings, each in English or
/// Mandarin, whichever is heard.
#[derive(Args, Debug)]
pub struct PreviewArgs {
    /// Recordings.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Write the directions in which these states differ most to this file.
    #[arg(long)]
    fit: Option<PathBuf>,
    /// How many directions.
    #[arg(long, default_value_t = 160)]
    directions: usize,
}

/// Runs the command.
pub fn run(args: &PreviewArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut whisper = model_loader::network(config, &progress::stderr())?;
    let mut states = Vec::new();
    for file in &args.files {
        for channel in recordings::open(file)?.at_rate(HEARD_HZ).channels {
            for utterance in samples::voices(&channel) {
                states.extend(whisper.states(job(utterance.audio))?);
            }
        }
    }
    ensure!(!states.is_empty(), "nobody speaks in these recordings");
    let mut out = io::stdout().lock();
    if let Some(path) = &args.fit {
        whisper.fit_preview(&states, args.directions, path)?;
        writeln!(out, "written to {}", path.display())?;
        return Ok(Outcome::Done);
    }
    let Some(error) = whisper.preview_error(&states) else {
        writeln!(out, "no preview is known for these weights")?;
        return Ok(Outcome::Done);
    };
    let share = |count: usize| 100.0 * count as f64 / error.states as f64;
    writeln!(out, "{} states", error.states)?;
    writeln!(
        out,
        "the best token is the same after {:.2} %",
        share(error.same_best)
    )?;
    writeln!(
        out,
        "the best five are after           {:.2} %",
        share(error.same_five)
    )?;
    writeln!(
        out,
        "logarithm of the sum off by {:.4}, {:.4} at most",
        error.total, error.worst_total
    )?;
    Ok(Outcome::Done)
}

fn job(audio: Arc<[f32]>) -> Job {
    Job {
        purpose: Purpose::Final,
        due: Instant::now() + NO_HURRY,
        audio,
        languages: Arc::from([Lang::EN, Lang::ZH]),
        script: ChineseScript::Simplified,
        confirmed: None,
        expected: None,
        before: None,
        left_context: None,
        kept: None,
        vocabulary: Vocabulary::default(),
        voice: None,
    }
}
