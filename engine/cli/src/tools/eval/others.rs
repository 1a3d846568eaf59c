//! `sidetone eval score`: what other recognisers heard, scored as our own.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use sidetone_types::lang::LanguageTag;

use super::manifest::{self, Wanted};
use super::report::Report;
use super::score::{Evaluation, Heard, Scored};
use crate::tools::Outcome;

/// Score what other recognisers heard in the same way.
#[derive(Args, Debug)]
pub struct ScoreArgs {
    /// What was said: a manifest as `eval asr` takes it. The recordings themselves are not looked
    /// at.
    manifest: PathBuf,
    /// What was heard: tab-separated, with a header and the columns file and text. Each wanted row
    /// of the manifest needs a line.
    heard: PathBuf,
    /// Rows in this language only.
    #[arg(long)]
    lang: Option<LanguageTag>,
    /// Rows of this split only.
    #[arg(long)]
    split: Option<String>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
    /// Show so many of the worst recordings.
    #[arg(long, default_value_t = 5)]
    worst: usize,
}

/// Runs the command.
pub fn run(args: &ScoreArgs) -> anyhow::Result<Outcome> {
    let wanted = Wanted {
        lang: args.lang,
        split: args.split.clone(),
        limit: None,
    };
    let rows = manifest::read(&args.manifest, &wanted)?;
    let texts = manifest::read_texts(&args.heard)?;
    let mut evaluation = Evaluation::default();
    for row in rows {
        let text = texts.get(&row.name).with_context(|| {
            let (name, heard) = (&row.name, args.heard.display());
            format!("{heard}: nothing about `{name}`; an empty text says that nothing was heard")
        })?;
        let heard = Heard {
            text: text.clone(),
            latencies: Vec::new(),
            unrecognised: 0,
            audio: Duration::ZERO,
            words: Vec::new(),
        };
        let scored = Scored::new(&row.name, row.lang.lang, &row.text, &heard.text);
        evaluation.add(scored, &heard);
    }
    let report = Report {
        manifest: &args.manifest.display().to_string(),
        run: None,
        evaluation: &evaluation,
        worst: args.worst,
    };
    report.write(&mut io::stdout(), args.json)?;
    Ok(Outcome::Done)
}
