//! `sidetone capacity`: how many calls this machine carries.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone::samples::SampleCall;
use sidetone_core::capacity::Report;
use sidetone_core::describe::Role;
use sidetone_core::event::EventKind;
use sidetone_core::id::CallId;

use super::Outcome;
use super::recogniser::Recogniser;

/// Measure what recognition costs on this machine, and say how many calls it carries.
#[derive(Args, Debug)]
pub struct CapacityArgs {
    /// WAV or FLAC files of one or two channels to recognise; without any, the calls of `sidetone demo`.
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

/// Recordings are heard in pieces of this length, so that measuring ends about when it should.
const PIECE: Duration = Duration::from_secs(10);

/// Runs the command.
pub fn run(args: &CapacityArgs, config: &Config) -> anyhow::Result<Outcome> {
    let recordings = match args.files.as_slice() {
        [] => vec![SampleCall::EN.recording()?, SampleCall::ZH.recording()?],
        files => files
            .iter()
            .map(|file| Recording::open(file))
            .collect::<Result<_, _>>()?,
    };
    let pieces: Vec<Recording> = recordings.iter().flat_map(pieces).collect();
    let recogniser = Recogniser::start(config)?;
    measure(
        &recogniser,
        &pieces,
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

/// Has the recogniser hear `pieces` over and over for `time`, as calls with partials, with one call more
/// than it has threads so that none is ever idle.
fn measure(recogniser: &Recogniser, pieces: &[Recording], config: &Config, time: Duration) {
    let until = Instant::now() + time;
    let how = Listening {
        languages: config.defaults.languages.clone(),
        vocabulary: [].into(),
        partials: true,
        mono: Role::Customer,
    };
    thread::scope(|scope| {
        for worker in 0..=recogniser.threads {
            let (offline, how) = (recogniser.offline(), &how);
            scope.spawn(move || {
                for piece in pieces.iter().cycle().skip(worker) {
                    if Instant::now() >= until {
                        break;
                    }
                    hear(recogniser, &offline, piece, how);
                }
            });
        }
    });
}

fn hear(recogniser: &Recogniser, offline: &Offline<'_>, piece: &Recording, how: &Listening) {
    let heard = offline.run(CallId::new("capacity"), piece, how, |event| {
        if matches!(event.told.kind, EventKind::SpeechEnd { .. }) {
            let length = event.told.end.since(event.told.start);
            recogniser.admission.spoke(length);
        }
    });
    heard.expect("a recording described by itself can be served");
}

/// `recording` cut every [`PIECE`].
fn pieces(recording: &Recording) -> Vec<Recording> {
    let length = (PIECE.as_secs_f64() * f64::from(recording.rate_hz)) as usize;
    let samples = recording.channels.first().map_or(0, Vec::len);
    let piece = |from: usize| Recording {
        rate_hz: recording.rate_hz,
        channels: recording
            .channels
            .iter()
            .map(|channel| channel[from..samples.min(from + length)].to_vec())
            .collect(),
    };
    (0..samples).step_by(length).map(piece).collect()
}

/// What was found. Its text is for people. Costs are in busy seconds of one thread per second of speech.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_recording() {
        let channel: Vec<f32> = (0..25_000).map(|i| i as f32).collect();
        let recording = Recording {
            rate_hz: 1_000,
            channels: vec![channel.clone(), channel.clone()],
        };
        let pieces = pieces(&recording);
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.channels[1].len()).collect();
        assert_eq!(lengths, [10_000, 10_000, 5_000]);
        let whole: Vec<f32> = pieces
            .into_iter()
            .flat_map(|piece| piece.channels[0].clone())
            .collect();
        assert_eq!(whole, channel);
    }
}
