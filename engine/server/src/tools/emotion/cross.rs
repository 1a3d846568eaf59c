//! `sidetone emotion cross`: what a head would read in voices of a collection it has not heard.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use sidetone::config::Config;
use sidetone_models::emotion::score::Scores;
use sidetone_models::emotion::train::{Sample, read_all};

use super::corpus;
use super::eval::Reading;
use super::features::{Heard, hear};
use super::line::Line;
use super::report::percent;
use super::train::train_on;
use crate::tools::Outcome;

/// Leave each manifest out in turn, train on the others, and measure on it.
///
/// Each is measured twice, as recorded and through a telephone. Columns, in percent: unweighted average recall of anger and
/// the rest, area under that curve, recall of neutral, anger, sadness and happiness, of all moods; calibration error of
/// the likeliest mood, and of anger.
#[derive(Args, Debug)]
pub struct CrossArgs {
    /// Tables with the columns `file speaker emotion split`; at least two.
    #[arg(required = true)]
    manifests: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// The same seed gives the same heads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: &CrossArgs, config: &Config) -> anyhow::Result<Outcome> {
    ensure!(
        args.manifests.len() > 1,
        "one manifest cannot be left out and trained on: give at least two"
    );
    let rows = corpus::read(&args.manifests)?;
    let (layout, heard) = hear(&rows, &Line::ALL, args.seed, config)?;
    let mut out = io::stdout();
    write!(out, "{:<8}{:<10}", "voices", "line")?;
    for title in TITLES {
        write!(out, "{title:>8}")?;
    }
    writeln!(out, "  left out")?;
    let mut all: Vec<(Line, Scores)> = Vec::new();
    for (corpus, path) in args.manifests.iter().enumerate() {
        let (left_out, others): (Vec<&Heard>, Vec<&Heard>) =
            heard.iter().partition(|heard| heard.row.corpus == corpus);
        let head = train_on(&others, layout, args.seed)?;
        for (l, line) in Line::MEASURED.into_iter().enumerate() {
            let samples: Vec<Sample> = left_out.iter().map(|one| one.samples[l].clone()).collect();
            let judged = read_all(&head, &samples, args.reading.earlier, args.seed)?;
            let scores = Scores::of(&judged, args.reading.line);
            let values = VALUES.map(|value| value(&scores));
            write_row(
                &mut out,
                scores.count,
                line,
                values,
                &path.display().to_string(),
            )?;
            all.push((line, scores));
        }
    }
    for line in Line::MEASURED {
        let of_line = || all.iter().filter(|(of, _)| *of == line);
        let mean = |value: fn(&Scores) -> Option<f64>| {
            let values: Vec<f64> = of_line().filter_map(|(_, scores)| value(scores)).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        let voices: usize = of_line().map(|(_, scores)| scores.count).sum();
        write_row(&mut out, voices, line, VALUES.map(mean), "mean of all")?;
    }
    Ok(Outcome::Done)
}

/// What is told of scores, under these titles.
const TITLES: [&str; 6] = ["anger", "AUC", "four", "all", "ECE", "anger's"];
const VALUES: [fn(&Scores) -> Option<f64>; 6] = [
    |scores| scores.anger,
    |scores| scores.anger_auc,
    |scores| scores.four,
    |scores| scores.uar,
    |scores| scores.ece,
    |scores| scores.anger_ece,
];

fn write_row(
    out: &mut impl Write,
    voices: usize,
    line: Line,
    values: [Option<f64>; 6],
    name: &str,
) -> io::Result<()> {
    write!(out, "{voices:<8}{:<10}", format!("{line:?}").to_lowercase())?;
    for value in values {
        write!(out, "{:>8}", percent(value))?;
    }
    writeln!(out, "  {name}")
}
