//! `sidetone emotion train`: a head from labelled recordings.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use indicatif::ProgressBar;
use sidetone::config::Config;
use sidetone_models::emotion::train::{Sample, TrainConfig, train};
use sidetone_models::emotion::{Head, Layout};
use sidetone_types::emotion::Mood;

use super::features::{Heard, hear};
use super::line::Line;
use super::{corpus, report, terms};
use crate::tools::Outcome;
use crate::tools::lines::progress;

/// Train a head on labelled recordings.
///
/// Each is heard as it was recorded, through a telephone, through one that is noisy and loses
/// packets, and with its voice bent. Rows whose `split` is `dev` are not trained on: training ends
/// when it does them no more good. What was heard is kept beside the models, so that the next time
/// takes seconds.
///
/// A head that hears actors alone takes the tone of everyday speech for something: `--calm` gives it
/// people who are just speaking. Moods that it cannot tell apart in strangers are better left out:
/// `--moods neutral,anger` has all others count as `other`.
///
/// The licence of each collection is shown first, and has to be agreed to: it is that of the file
/// LICENCE beside the table, or the one named here. The head carries them.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Tables with the columns `file speaker emotion split`.
    #[arg(required = true)]
    manifests: Vec<PathBuf>,
    /// Where the head is written.
    #[arg(long)]
    out: PathBuf,
    /// Train on rows of `dev` as well, to the last step.
    #[arg(long)]
    all: bool,
    /// The same seed gives the same head.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A table of recordings in which people just speak: those without an emotion are neutral.
    #[arg(long, value_name = "TABLE")]
    calm: Vec<PathBuf>,
    /// The moods to tell apart; all others count as `other`.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "neutral,anger,sadness,happiness"
    )]
    moods: Vec<Mood>,
    /// On what terms the recordings of a table may be used; once for each table, those of `--calm`
    /// last.
    #[arg(long = "licence", value_name = "TERMS")]
    licences: Vec<String>,
    /// For scripts: the licences have been read, and allow this.
    #[arg(long)]
    i_have_read_the_licences: bool,
}

/// Runs the command.
pub fn run(args: &TrainArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut rows = corpus::read_with_calm(&args.manifests, &args.calm)?;
    for row in &mut rows {
        if !args.moods.contains(&row.mood) {
            row.mood = Mood::Other;
        }
    }
    let tables = [args.manifests.as_slice(), &args.calm].concat();
    let terms = terms::of(&tables, &args.licences)?;
    terms::agree(&terms, args.i_have_read_the_licences)?;
    let (layout, heard) = hear(&rows, &Line::ALL, args.seed, config)?;
    let (held, trained_on): (Vec<&Heard>, Vec<&Heard>) =
        heard.iter().partition(|heard| heard.row.held && !args.all);
    let config = TrainConfig {
        seed: args.seed,
        ..TrainConfig::default()
    };
    let head = train_on(&trained_on, &held, layout, &config)?;
    let head = head.with_sources(terms.into_iter().map(|one| one.source).collect());
    head.save(&args.out)?;
    let layers: Vec<String> = head
        .layers()?
        .iter()
        .map(|share| report::percent(Some(f64::from(*share))))
        .collect();
    let mut out = io::stdout();
    writeln!(
        out,
        "{} recordings over {} lines; the encoder's layers count {} %",
        trained_on.len(),
        Line::ALL.len(),
        layers.join(" ")
    )?;
    writeln!(out, "wrote {}", args.out.display())?;
    Ok(Outcome::Done)
}

/// Trains on `heard`, until it does the `held` ones no more good.
pub fn train_on(
    heard: &[&Heard],
    held: &[&Heard],
    layout: Layout,
    config: &TrainConfig,
) -> anyhow::Result<Head> {
    ensure!(
        !heard.is_empty(),
        "nothing is left to train on: all rows are of the split `dev`"
    );
    let samples = |heard: &[&Heard]| -> Vec<Sample> {
        let samples = heard.iter().flat_map(|heard| heard.samples.iter());
        samples.cloned().collect()
    };
    let bar: ProgressBar = progress();
    bar.set_length(config.steps as u64);
    let head = train(&samples(heard), &samples(held), layout, config, |step| {
        bar.set_position(step.number as u64);
    })?;
    bar.finish_and_clear();
    Ok(head)
}
