//! `sidetone emotion cross`: what a head would read in voices it has not heard.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use sidetone::config::Config;
use sidetone_models::emotion::Layout;
use sidetone_models::emotion::score::{Judged, Scores};
use sidetone_models::emotion::train::{Departure, Sample, TrainConfig, read_all};

use super::corpus;
use super::eval::Reading;
use super::features::{Heard, hear};
use super::line::Line;
use super::report::percent;
use super::train::train_on;
use crate::tools::Outcome;

/// Groups that the speakers of one manifest are left out in, at most.
const GROUPS: usize = 10;

/// Leave each manifest out in turn, train on the others, and measure on it; of one manifest, each
/// speaker.
///
/// Each is measured as it was recorded and through a telephone. More than ten speakers of one
/// manifest are left out in ten groups, and scored together. Columns, in percent: unweighted
/// average recall of anger and the rest, area under that curve, recall of neutral, anger, sadness
/// and happiness, of all moods; calibration error of the likeliest mood, and of anger.
#[derive(Args, Debug)]
pub struct CrossArgs {
    /// Tables with the columns `file speaker emotion split`.
    #[arg(required = true)]
    manifests: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// Do one thing after the other otherwise, and tell what comes of it on average.
    #[arg(long)]
    compare: bool,
    /// The same seed gives the same heads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: &CrossArgs, config: &Config) -> anyhow::Result<Outcome> {
    let rows = corpus::read(&args.manifests)?;
    let (layout, heard) = hear(&rows, &Line::ALL, args.seed, config)?;
    let parts = Parts::of(&args.manifests, &heard);
    ensure!(
        parts.names.len() > 1,
        "one speaker cannot be left out and trained on"
    );
    let mut out = io::stdout();
    write!(out, "{:<8}{:<10}", "voices", "line")?;
    for title in TITLES {
        write!(out, "{title:>8}")?;
    }
    writeln!(out, "  {}", if args.compare { "what" } else { "left out" })?;
    if !args.compare {
        let tested = test(args, layout, &heard, &parts, None)?;
        for (name, judged) in parts.names.iter().zip(&tested) {
            for (line, judged) in Line::MEASURED.into_iter().zip(judged) {
                let scores = Scores::of(judged, args.reading.line);
                let values = VALUES.map(|value| value(&scores));
                write_row(&mut out, judged.len(), line, values, name)?;
            }
        }
        return write_whole(&mut out, args, &parts, &tested, parts.whole());
    }
    let departures = Departure::ALL.into_iter().map(Some);
    for departure in [None].into_iter().chain(departures) {
        let tested = test(args, layout, &heard, &parts, departure)?;
        let name = departure.map_or("as it is", Departure::as_str);
        write_whole(&mut out, args, &parts, &tested, name)?;
    }
    Ok(Outcome::Done)
}

/// What is left out in turn.
struct Parts {
    /// Which part each of the heard is in.
    of: Vec<usize>,
    names: Vec<String>,
    /// Whether they are scored together: a speaker has too few recordings to be scored alone.
    together: bool,
}

impl Parts {
    fn of(manifests: &[PathBuf], heard: &[Heard]) -> Self {
        if manifests.len() > 1 {
            return Self {
                of: heard.iter().map(|heard| heard.row.corpus).collect(),
                names: manifests
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect(),
                together: false,
            };
        }
        // Speakers are numbered from 0.
        let speakers = heard.iter().map(|heard| heard.row.speaker + 1).max();
        let groups = speakers.unwrap_or(0).min(GROUPS);
        Self {
            of: heard
                .iter()
                .map(|heard| heard.row.speaker % groups)
                .collect(),
            names: (1..=groups)
                .map(|group| format!("speakers, part {group}"))
                .collect(),
            together: true,
        }
    }

    fn whole(&self) -> &'static str {
        match self.together {
            true => "all together",
            false => "mean of all",
        }
    }
}

/// What is read in each part, over each line that is measured, by a head that was trained on the
/// others.
fn test(
    args: &CrossArgs,
    layout: Layout,
    heard: &[Heard],
    parts: &Parts,
    departure: Option<Departure>,
) -> anyhow::Result<Vec<Vec<Vec<Judged>>>> {
    let config = TrainConfig {
        seed: args.seed,
        departure,
        ..TrainConfig::default()
    };
    let earlier = match departure {
        Some(Departure::NotCompared) => 0,
        _ => args.reading.earlier,
    };
    let mut tested = Vec::new();
    for part in 0..parts.names.len() {
        let of = |left_out: bool| -> Vec<&Heard> {
            let wanted = heard.iter().zip(&parts.of);
            let wanted = wanted.filter(|(_, of)| (**of == part) == left_out);
            wanted.map(|(heard, _)| heard).collect()
        };
        let left_out = of(true);
        let head = train_on(&of(false), &[], layout, &config)?;
        let lines = (0..Line::MEASURED.len()).map(|line| {
            let samples: Vec<Sample> = left_out
                .iter()
                .map(|one| one.samples[line].clone())
                .collect();
            Ok(read_all(&head, &samples, earlier, args.seed)?)
        });
        tested.push(lines.collect::<anyhow::Result<_>>()?);
    }
    Ok(tested)
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

fn write_whole(
    out: &mut impl Write,
    args: &CrossArgs,
    parts: &Parts,
    tested: &[Vec<Vec<Judged>>],
    name: &str,
) -> anyhow::Result<Outcome> {
    for (l, line) in Line::MEASURED.into_iter().enumerate() {
        let of_line: Vec<&[Judged]> = tested.iter().map(|part| part[l].as_slice()).collect();
        let all = of_line.concat();
        let scored: Vec<Scores> = match parts.together {
            true => vec![Scores::of(&all, args.reading.line)],
            false => of_line
                .iter()
                .map(|judged| Scores::of(judged, args.reading.line))
                .collect(),
        };
        let mean = |value: fn(&Scores) -> Option<f64>| {
            let values: Vec<f64> = scored.iter().filter_map(value).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        write_row(out, all.len(), line, VALUES.map(mean), name)?;
    }
    Ok(Outcome::Done)
}

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
