//! `sidetone capacity`: how many calls this machine carries.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::tools::progress;
use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use sidetone::calibrate::measure;
use sidetone::config::Config;
use sidetone::recognition::Recogniser;
use sidetone::samples::SampleCall;
use sidetone_core::capacity::Report;

use super::Outcome;
use crate::tools::recordings;

/// Measure what recognition costs on this machine, and say how many calls it carries.
#[derive(Args, Debug)]
pub struct CapacityArgs {
    /// Recordings of one or two channels to recognise; without any, the calls of `sidetone
    /// demo`.
    files: Vec<PathBuf>,
    /// How long to measure.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    pub model: Option<String>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &CapacityArgs, config: &Config) -> anyhow::Result<Outcome> {
    let recordings = match args.files.as_slice() {
        [] => vec![SampleCall::EN.recording()?, SampleCall::ZH.recording()?],
        files => files
            .iter()
            .map(|file| recordings::open(file))
            .collect::<Result<_, _>>()?,
    };
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    measure(
        &recogniser,
        &recordings,
        config,
        Duration::from_secs(args.seconds.into()),
    );
    let report = recogniser.admission.report();
    ensure!(
        !report.measured.is_zero(),
        "nobody speaks in these recordings"
    );
    let found = Found::new(&report, recogniser.threads, config);
    let mut out = io::stdout();
    match args.json {
        true => {
            serde_json::to_writer_pretty(&mut out, &found).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        false => write!(out, "{found}")?,
    }
    Ok(Outcome::Done)
}

/// What was found. Its text is for people. Costs are in busy seconds of one thread per second of
/// speech.
#[derive(Serialize)]
struct Found {
    model: String,
    threads: usize,
    /// Two-leg calls at once.
    calls: f64,
    cost_of_finals: f64,
    cost_of_partials: f64,
    cost_of_least_partials: f64,
    /// Share of the time that each leg is taken to speak.
    talk: f64,
    busy_percent: u32,
    widest_percent: u32,
    /// Most calls that the configuration allows; 0 for as many as fit.
    max_calls: usize,
    /// Speech this was measured on.
    speech_seconds: f64,
}

impl Found {
    fn new(report: &Report, threads: usize, config: &Config) -> Self {
        Self {
            model: config.recogniser.model.clone(),
            threads,
            calls: report.carries,
            cost_of_finals: report.finals,
            cost_of_partials: report.partials,
            cost_of_least_partials: report.least_partials,
            talk: report.talk,
            busy_percent: config.capacity.busy_percent,
            widest_percent: config.capacity.widest_percent,
            max_calls: config.server.max_calls,
            speech_seconds: report.measured.as_secs_f64(),
        }
    }
}

impl Display for Found {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {} inference threads, measured on {:.0} s of speech\n",
            self.model, self.threads, self.speech_seconds
        )?;
        writeln!(
            f,
            "A second of speech keeps a thread busy for {:.2} s with finals and {:.2} s with partials;\n\
             {:.2} s with partials while they are rarest.\n",
            self.cost_of_finals, self.cost_of_partials, self.cost_of_least_partials
        )?;
        writeln!(f, "Calls of two legs that fit at once: {}\n", self.calls)?;
        writeln!(
            f,
            "Assumed: each leg speaks {:.0} % of the time (`capacity.talk_percent`), threads may be busy {} %\n\
             (`capacity.busy_percent`), and pauses between partials may become {:.1} times as long as\n\
             configured (`capacity.widest_percent`). A running engine goes on measuring.",
            self.talk * 100.0,
            self.busy_percent,
            f64::from(self.widest_percent) / 100.0,
        )?;
        if self.max_calls > 0 {
            writeln!(f, "`server.max_calls` allows {} at most.", self.max_calls)?;
        }
        Ok(())
    }
}
