//! `sidetone eval`: how well, how fast and at what cost speech is recognised, and what is concluded
//! from it.

mod alarms;
mod asr;
mod calls;
mod chinese;
mod distance;
mod echo;
mod english;
mod keywords;
mod lengths;
mod lines;
mod manifest;
mod normalise;
mod numbers;
mod others;
mod passage;
mod preview;
mod redaction;
mod reliability;
mod report;
mod score;
mod understanding;

use std::fmt::Display;
use std::io::{self, Write as _};

use clap::{Args, Subcommand};
use serde::Serialize;
use sidetone::config::Config;

use super::Outcome;
use alarms::AlarmsArgs;
use asr::AsrArgs;
use calls::CallsArgs;
use echo::EchoArgs;
use keywords::KeywordsArgs;
use lengths::LengthsArgs;
use lines::LinesArgs;
use others::ScoreArgs;
use preview::PreviewArgs;
use redaction::RedactionArgs;
use understanding::UnderstandingArgs;

/// Measure recognition against recordings with known words, and conclusions against known ones.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// What to measure.
    #[command(subcommand)]
    pub what: What,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum What {
    Alarms(AlarmsArgs),
    /// Errors, cost and latency of speech recognition.
    Asr(AsrArgs),
    Calls(CallsArgs),
    Echo(EchoArgs),
    Keywords(KeywordsArgs),
    Lengths(LengthsArgs),
    Lines(LinesArgs),
    Preview(PreviewArgs),
    Redaction(RedactionArgs),
    Score(ScoreArgs),
    Understanding(UnderstandingArgs),
}

impl What {
    /// The model to use instead of the configured one.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Asr(args) => args.model.as_deref(),
            Self::Alarms(_) | Self::Calls(_) | Self::Echo(_) => None,
            Self::Keywords(args) => args.model.as_deref(),
            Self::Lengths(args) => args.model.as_deref(),
            Self::Lines(args) => args.model.as_deref(),
            Self::Preview(_) | Self::Redaction(_) | Self::Score(_) | Self::Understanding(_) => None,
        }
    }
}

/// Runs the command.
pub fn run(args: &EvalArgs, config: &Config) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Alarms(args) => alarms::run(args, config),
        What::Asr(args) => asr::run(args, config),
        What::Calls(args) => calls::run(args, config),
        What::Echo(args) => echo::run(args, config),
        What::Keywords(args) => keywords::run(args, config),
        What::Lengths(args) => lengths::run(args, config),
        What::Lines(args) => lines::run(args, config),
        What::Preview(args) => preview::run(args, config),
        What::Redaction(args) => redaction::run(args, config),
        What::Score(args) => others::run(args),
        What::Understanding(args) => understanding::run(args, config),
    }
}

/// Prints a report: for people, or as one JSON object.
fn print(report: &(impl Display + Serialize), as_json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut out, report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}

/// A share in per cent; `-` if nobody knows.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}
