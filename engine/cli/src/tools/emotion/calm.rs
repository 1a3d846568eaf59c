//! `sidetone emotion calm`: what rules about voices make of recordings in which nobody is upset.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::tools::progress;
use anyhow::Context;
use clap::Args;
use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone::offline::{Listening, Offline, OfflineAssist, OfflineCall};
use sidetone::recognition::Recogniser;
use sidetone_types::emotion::Mood;
use sidetone_types::event::EventKind;
use sidetone_types::id::CallId;
use sidetone_types::lang::LanguageTag;
use sidetone_types::party::Role;

use crate::tools::Outcome;
use crate::tools::lines::{call_id, progress};
use crate::tools::parallel::in_order;
use crate::tools::recordings;
use sidetone_core::script::table;

/// Between the recordings of one speaker that are joined to a call.
const PAUSE: Duration = Duration::from_secs(1);

/// Count the alerts that rules about voices raise in calm recordings: each is a false one.
///
/// Each channel is taken for the customer of a call and goes through all that a call goes through.
/// Columns: minutes of audio, readings, the mean probability of anger in percent, the highest
/// strain in percent, alerts.
#[derive(Args, Debug)]
pub struct CalmArgs {
    /// Recordings; or tables with the columns `file speaker`, of which the recordings of a
    /// speaker are joined to one call.
    #[arg(required = true)]
    recordings: Vec<PathBuf>,
    /// Languages that may be spoken.
    #[arg(long, value_delimiter = ',', default_value = "en,zh")]
    lang: Vec<LanguageTag>,
}

/// What a call is made of.
struct Source {
    name: String,
    files: Vec<PathBuf>,
    channel: usize,
}

/// What became of it.
#[derive(Default)]
struct Heard {
    audio: Duration,
    /// Probability of anger in each reading.
    anger: Vec<f32>,
    strain: f32,
    alerts: Vec<String>,
}

/// Runs the command.
pub fn run(args: &CalmArgs, config: &Config) -> anyhow::Result<Outcome> {
    let sources = sources(&args.recordings)?;
    let mut config = config.clone();
    config.call.emotion.read = true;
    let knowledge = Arc::new(Knowledge::open(&config.knowledge, &config.defaults)?);
    let recogniser = Recogniser::load(&config, &progress::stderr())?;
    let listener = Listener {
        offline: recogniser.offline(),
        knowledge,
        how: Listening {
            languages: args.lang.clone(),
            vocabulary: Arc::from([]),
            partials: true,
            mono: Role::Customer,
        },
    };
    let bar = progress();
    bar.set_length(sources.len() as u64);
    let mut out = io::stdout();
    let mut all = Heard::default();
    writeln!(
        out,
        "{:>8}{:>10}{:>9}{:>9}{:>8}",
        "minutes", "readings", "anger %", "strain %", "alerts"
    )?;
    in_order(
        &sources,
        recogniser.threads + 1,
        |source| listener.hear(source).with_context(|| source.name.clone()),
        |source, heard: anyhow::Result<Heard>| {
            let heard = heard?;
            bar.inc(1);
            bar.suspend(|| write_row(&mut out, &heard, &source.name))?;
            all.audio += heard.audio;
            all.strain = all.strain.max(heard.strain);
            all.anger.extend(heard.anger);
            all.alerts.extend(heard.alerts);
            anyhow::Ok(())
        },
    )?;
    bar.finish_and_clear();
    write_row(&mut out, &all, "all")?;
    let hours = all.audio.as_secs_f64() / 3600.0;
    writeln!(
        out,
        "\n{:.2} alerts per hour and leg",
        all.alerts.len() as f64 / hours
    )?;
    Ok(Outcome::Done)
}

fn write_row(out: &mut impl Write, heard: &Heard, name: &str) -> io::Result<()> {
    let anger = 100.0 * heard.anger.iter().sum::<f32>() / heard.anger.len().max(1) as f32;
    writeln!(
        out,
        "{:>8.1}{:>10}{anger:>9.1}{:>9.0}{:>8}  {name} {}",
        heard.audio.as_secs_f64() / 60.0,
        heard.anger.len(),
        100.0 * heard.strain,
        heard.alerts.len(),
        heard.alerts.join("; "),
    )
}

struct Listener<'a> {
    offline: Offline<'a>,
    knowledge: Arc<Knowledge>,
    how: Listening,
}

impl Listener<'_> {
    fn hear(&self, source: &Source) -> anyhow::Result<Heard> {
        let recording = source.joined()?;
        let opened = SystemTime::now();
        let call = OfflineCall {
            id: CallId::new(source.name.clone()),
            description: self.how.describe(&recording),
            assist: Some(OfflineAssist {
                knowledge: self.knowledge.clone(),
                began: self.knowledge.assist_context(opened, &[]).began,
                customer: None,
            }),
        };
        let rules = self.knowledge.rules();
        let about_voices = |name: &str| {
            let rule = rules.rules().iter().find(|rule| rule.name == name);
            rule.is_some_and(|rule| rule.voice.is_some())
        };
        let mut heard = Heard {
            audio: recording.duration(),
            ..Heard::default()
        };
        self.offline
            .run_call(&call, &recording, |event| match event.event.kind {
                EventKind::Emotion(emotion) => {
                    let voice = emotion.voice.iter();
                    heard
                        .anger
                        .extend(voice.map(|voice| voice.moods.probability(Mood::Anger)));
                    heard.strain = heard.strain.max(emotion.strain);
                }
                EventKind::AlertRaised(alert) if about_voices(&alert.rule) => {
                    heard.alerts.push(format!("{}: {}", alert.rule, alert.why));
                }
                _ => {}
            })?;
        Ok(heard)
    }
}

impl Source {
    /// Its files one after the other, one channel of them.
    fn joined(&self) -> anyhow::Result<Recording> {
        let mut whole = Recording {
            rate_hz: 0,
            channels: vec![Vec::new()],
        };
        for file in &self.files {
            let recording = recordings::open(file)?;
            if whole.rate_hz == 0 {
                whole.rate_hz = recording.rate_hz;
            }
            let pause = (PAUSE.as_secs_f64() * f64::from(whole.rate_hz)) as usize;
            let mut heard = recording.at_rate(whole.rate_hz);
            let samples = heard.channels.swap_remove(self.channel);
            whole.channels[0].extend(samples);
            let silent = whole.channels[0].len() + pause;
            whole.channels[0].resize(silent, 0.0);
        }
        Ok(whole)
    }
}

fn sources(recordings: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut sources: Vec<Source> = Vec::new();
    for path in recordings {
        if path.extension().is_some_and(|extension| extension == "tsv") {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read manifest {}", path.display()))?;
            let of_it = speakers(&text, path).with_context(|| path.display().to_string())?;
            sources.extend(of_it);
        } else {
            let channels = recordings::open(path)?.channels.len();
            sources.extend((0..channels).map(|channel| Source {
                name: format!("{} {}", call_id(path), channel + 1),
                files: vec![path.clone()],
                channel,
            }));
        }
    }
    Ok(sources)
}

fn speakers(text: &str, path: &Path) -> anyhow::Result<Vec<Source>> {
    let dir = path.parent().unwrap_or(Path::new(""));
    let mut sources: Vec<Source> = Vec::new();
    for (_, [file, speaker]) in table(text, ["file", "speaker"])? {
        let name = format!(
            "{} {speaker}",
            dir.file_name().unwrap_or_default().display()
        );
        match sources.iter_mut().find(|source| source.name == name) {
            Some(source) => source.files.push(dir.join(file)),
            None => sources.push(Source {
                name,
                files: vec![dir.join(file)],
                channel: 0,
            }),
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recordings_of_a_speaker_are_one_call() {
        let text = "file\tspeaker\na.wav\tone\nb.wav\ttwo\nc.wav\tone\n";
        let sources = speakers(text, Path::new("set/manifest.tsv")).expect("a table");
        let seen: Vec<_> = sources
            .iter()
            .map(|source| (source.name.as_str(), source.files.len()))
            .collect();
        assert_eq!(seen, [("set one", 2), ("set two", 1)]);
        assert_eq!(sources[0].files[1], Path::new("set/c.wav"));
    }
}
