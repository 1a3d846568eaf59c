//! `sidetone eval asr`: recordings with known words through the recogniser.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sidetone::audio_file::{AudioFileError, Recording};
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone_core::audio::{Codec, decode, encode};
use sidetone_core::describe::Role;
use sidetone_core::event::EventKind;
use sidetone_core::id::CallId;
use sidetone_core::lang::LanguageTag;

use super::manifest::{self, Row, Wanted};
use super::report::{Effort, Report, Setting};
use super::score::{Evaluation, Heard, Scored};
use crate::tools::parallel::in_order;
use crate::tools::recogniser::Recogniser;
use crate::tools::{Outcome, say_left_out};

/// Errors, cost and latency of speech recognition.
#[derive(Args, Debug)]
pub struct AsrArgs {
    /// Tab-separated, with a header; needs the columns file, lang, text and split. Each recording runs
    /// as a call of its own. Rows with the text `-` are left out.
    manifest: PathBuf,
    /// Rows in this language only.
    #[arg(long)]
    lang: Option<LanguageTag>,
    /// No more rows than this.
    #[arg(long)]
    limit: Option<usize>,
    /// Rows of this split only.
    #[arg(long)]
    split: Option<String>,
    /// Send the audio through 8 kHz G.711 mu-law first.
    #[arg(long)]
    telephone: bool,
    /// Let the recogniser find the language among English and Chinese, instead of telling it.
    #[arg(long)]
    detect: bool,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    pub model: Option<String>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
    /// Show so many of the worst recordings.
    #[arg(long, default_value_t = 5)]
    worst: usize,
}

/// Runs the command.
pub fn run(args: &AsrArgs, config: &Config) -> anyhow::Result<Outcome> {
    let wanted = Wanted {
        lang: args.lang,
        split: args.split.clone(),
        limit: args.limit,
    };
    let rows = manifest::read(&args.manifest, &wanted)?;
    let recogniser = Recogniser::start(config)?;
    let setting = Setting {
        manifest: args.manifest.display().to_string(),
        model: config.recogniser.model.clone(),
        telephone: args.telephone,
        detect: args.detect,
        threads: recogniser.threads,
    };
    let mut evaluation = Evaluation::default();
    let (began, cpu_before) = (Instant::now(), cpu_time());
    hear_all(&rows, args, &recogniser, &mut evaluation)?;
    let effort = Effort {
        wall: began.elapsed(),
        cpu: cpu_time()
            .zip(cpu_before)
            .map(|(now, before)| now.saturating_sub(before)),
    };
    let report = Report {
        setting: &setting,
        evaluation: &evaluation,
        effort,
        worst: args.worst,
    };
    let mut out = io::stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report.json()).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    let whole = evaluation.unread == 0 && evaluation.unrecognised == 0;
    Ok(if whole {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn hear_all(
    rows: &[Row],
    args: &AsrArgs,
    recogniser: &Recogniser,
    evaluation: &mut Evaluation,
) -> anyhow::Result<()> {
    let offline = recogniser.offline();
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} recordings, {eta} to go");
    let bar = ProgressBar::new(rows.len() as u64).with_style(style.expect("the template is fixed"));
    in_order(
        rows,
        recogniser.threads + 1,
        |row| hear(row, args, &offline),
        |row, heard| {
            bar.inc(1);
            match heard? {
                Ok(heard) => {
                    let scored = Scored::new(&row.name, row.lang.lang, &row.text, &heard.text);
                    evaluation.add(scored, &heard);
                }
                Err(error) => {
                    evaluation.unread += 1;
                    bar.suspend(|| say_left_out(&error));
                }
            }
            anyhow::Ok(())
        },
    )?;
    bar.finish_and_clear();
    Ok(())
}

fn hear(
    row: &Row,
    args: &AsrArgs,
    offline: &Offline<'_>,
) -> anyhow::Result<Result<Heard, AudioFileError>> {
    let mut recording = match Recording::open(&row.path) {
        Ok(recording) => recording,
        Err(error) => return Ok(Err(error)),
    };
    if args.telephone {
        recording = through_telephone(&recording);
    }
    let among = || {
        ["en", "zh"]
            .into_iter()
            .map(str::parse)
            .collect::<Result<_, _>>()
    };
    let how = Listening {
        languages: if args.detect {
            among()?
        } else {
            vec![row.lang]
        },
        vocabulary: Vec::new(),
        partials: false,
        mono: Role::Customer,
    };
    let mut texts = Vec::new();
    let mut heard = Heard {
        text: String::new(),
        latencies: Vec::new(),
        unrecognised: 0,
        audio: recording.duration(),
    };
    offline.run(
        CallId::new(row.name.as_str()),
        &recording,
        &how,
        |event| match event.told.kind {
            EventKind::Final(done) => {
                texts.push(done.text);
                heard.latencies.extend(event.told.latency);
            }
            EventKind::Unrecognised { .. } => heard.unrecognised += 1,
            _ => {}
        },
    )?;
    heard.text = texts.join(if row.lang.lang.is_unspaced() { "" } else { " " });
    Ok(Ok(heard))
}

/// What a telephone line leaves of a recording.
fn through_telephone(recording: &Recording) -> Recording {
    let mut line = recording.at_rate(Codec::Pcmu.rate().hz());
    for samples in &mut line.channels {
        *samples = decode(Codec::Pcmu, &encode(Codec::Pcmu, samples));
    }
    line
}

/// What all threads of this process have used of the processors so far, user and system, in steps of
/// 10 ms. `None` where there is no `/proc`.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    cpu_time_in(&stat)
}

fn cpu_time_in(stat: &str) -> Option<Duration> {
    /// Linux tells times to programs in this unit, whatever its own (`USER_HZ`).
    const TICK: Duration = Duration::from_millis(10);
    // The second field is the program's name in parentheses, which may hold anything; utime and stime
    // are fields 14 and 15 (proc_pid_stat(5)).
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_whitespace().skip(11);
    let mut next = || times.next()?.parse::<u32>().ok();
    let ticks = next()? + next()?;
    Some(TICK * ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_past_any_program_name() {
        let stat = "4242 (side) tone) S 1 2 3 4 5 6 7 8 9 10 150 25 99 99 20 0";
        assert_eq!(cpu_time_in(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_time_in("4242 (sidetone) S 1 2"), None);
        assert_eq!(cpu_time_in(""), None);
    }

    #[test]
    fn a_telephone_line_leaves_8_khz_and_the_levels_of_mu_law() {
        let tone = |rate: u32| {
            let sample =
                move |i| 0.5 * (std::f32::consts::TAU * 440.0 * i as f32 / rate as f32).sin();
            (0..rate).map(sample).collect::<Vec<f32>>()
        };
        let recording = Recording {
            rate_hz: 16_000,
            channels: vec![tone(16_000)],
        };
        let line = through_telephone(&recording);
        assert_eq!((line.rate_hz, line.channels[0].len()), (8_000, 8_000));
        assert_eq!(
            through_telephone(&line),
            line,
            "what has been through loses nothing more"
        );
        let noise: f32 = line.channels[0][100..7_900]
            .iter()
            .zip(&tone(8_000)[100..7_900])
            .map(|(a, b)| (a - b) * (a - b))
            .sum();
        let signal: f32 = line.channels[0].iter().map(|s| s * s).sum();
        let snr_db = 10.0 * (signal / noise).log10();
        assert!((25.0..60.0).contains(&snr_db), "{snr_db} dB");
    }
}
