//! `sidetone transcribe`: recordings in, words out.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use console::style;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sidetone::audio_file::{AudioFileError, Recording};
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone_core::describe::{DescriptionError, Role};
use sidetone_core::event::{CallEvent, EventKind};
use sidetone_core::id::CallId;
use sidetone_core::lang::LanguageTag;
use sidetone_core::recognise::Phrase;

use super::parallel::in_order;
use super::recogniser::Recogniser;
use super::{Outcome, RoleArg, clock, say_left_out};

/// Write down what is said in recordings.
#[derive(Args, Debug)]
pub struct TranscribeArgs {
    /// WAV or FLAC files. Of two channels, left is the agent and right the customer.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Every event, one JSON object per line.
    #[arg(long)]
    json: bool,
    /// Languages that may be spoken.
    #[arg(long, value_delimiter = ',', default_value = "en,zh")]
    lang: Vec<LanguageTag>,
    /// Who speaks in files of one channel.
    #[arg(long, value_enum, default_value = "customer")]
    role: RoleArg,
    /// Also the words as they come while somebody still speaks.
    #[arg(long)]
    partials: bool,
    #[command(flatten)]
    vocabulary: VocabularyArgs,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    pub model: Option<String>,
}

/// Words and names to listen for.
#[derive(Args, Clone, Debug, Default)]
pub struct VocabularyArgs {
    /// A file with a word or name per line to listen for, each with a tab and a boost if need be.
    #[arg(long)]
    vocabulary: Option<PathBuf>,
    /// A word or name to listen for.
    #[arg(long)]
    phrase: Vec<String>,
}

impl VocabularyArgs {
    /// All phrases. Those without a boost of their own get `boost`.
    fn phrases(&self, boost: f32) -> anyhow::Result<Vec<Phrase>> {
        let given = self.phrase.iter().map(|text| Phrase {
            text: text.clone(),
            boost,
        });
        let mut phrases: Vec<Phrase> = given.collect();
        if let Some(path) = &self.vocabulary {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read vocabulary {}", path.display()))?;
            phrases.extend(read_phrases(&text, boost).with_context(|| path.display().to_string())?);
        }
        Ok(phrases)
    }
}

fn read_phrases(text: &str, boost: f32) -> anyhow::Result<Vec<Phrase>> {
    let lines = text.lines().enumerate();
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    let phrase = |(i, line): (usize, &str)| {
        let (text, boost) = match line.split_once('\t') {
            None => (line, boost),
            Some((text, own)) => match own.trim().parse() {
                Ok(own) => (text, own),
                Err(_) => bail!("line {}: boost `{}` is not a number", i + 1, own.trim()),
            },
        };
        let text = text.trim().to_owned();
        Ok(Phrase { text, boost })
    };
    filled.map(phrase).collect()
}

/// Runs the command.
pub fn run(args: &TranscribeArgs, config: &Config) -> anyhow::Result<Outcome> {
    let how = Listening {
        languages: args.lang.clone(),
        vocabulary: args.vocabulary.phrases(config.defaults.boost)?,
        partials: args.partials,
        mono: args.role.into(),
    };
    let recogniser = Recogniser::start(config)?;
    let offline = recogniser.offline();
    let bar = progress();
    let mut out = io::stdout();
    let mut outcome = Outcome::Done;
    let heading = args.files.len() > 1;
    // One call more than there are threads: while it reads its file they have work.
    in_order(
        &args.files,
        recogniser.threads + 1,
        |path| transcribe(path, &offline, &how, &bar),
        |path, result| match result {
            Ok(events) if args.json => {
                bar.suspend(|| write_json(&mut out, &path.display().to_string(), &events))
            }
            Ok(events) => bar.suspend(|| {
                if heading {
                    writeln!(out, "== {}", path.display())?;
                }
                write_lines(&mut out, &events)
            }),
            Err(error) => {
                outcome = Outcome::Failed;
                bar.suspend(|| error.say(path));
                Ok(())
            }
        },
    )?;
    bar.finish_and_clear();
    Ok(outcome)
}

/// A bar over the audio of the files opened so far. Seen only if standard error is a terminal.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent} %  {elapsed} gone, {eta} to go");
    ProgressBar::new(0).with_style(style.expect("the template is fixed"))
}

enum Failure {
    File(AudioFileError),
    Description(DescriptionError),
}

impl Failure {
    fn say(&self, path: &Path) {
        match self {
            Self::File(error) => say_left_out(error),
            Self::Description(error) => eprintln!("error: {}: {error}", path.display()),
        }
    }
}

fn transcribe(
    path: &Path,
    offline: &Offline<'_>,
    how: &Listening,
    bar: &ProgressBar,
) -> Result<Vec<CallEvent>, Failure> {
    let recording = Recording::open(path).map_err(Failure::File)?;
    let length = recording.duration().as_millis() as u64;
    bar.inc_length(length);
    let mut at = 0;
    let mut events = Vec::new();
    offline
        .run(call_id(path), &recording, how, |event| {
            let reached = event.told.end.as_millis().min(length).max(at);
            bar.inc(reached - at);
            at = reached;
            if how.partials || !matches!(event.told.kind, EventKind::Partial(_)) {
                events.push(event);
            }
        })
        .map_err(Failure::Description)?;
    bar.inc(length - at);
    Ok(events)
}

/// A call is called like its file.
fn call_id(path: &Path) -> CallId {
    let name = path.file_stem().unwrap_or(path.as_os_str());
    CallId::new(name.to_string_lossy().into_owned())
}

/// An event with the file it is from in front.
#[derive(Serialize)]
struct FileEvent<'a> {
    file: &'a str,
    #[serde(flatten)]
    event: &'a CallEvent,
}

fn write_json(out: &mut impl Write, file: &str, events: &[CallEvent]) -> io::Result<()> {
    for event in events {
        serde_json::to_writer(&mut *out, &FileEvent { file, event })?;
        writeln!(out)?;
    }
    Ok(())
}

fn write_lines(out: &mut impl Write, events: &[CallEvent]) -> io::Result<()> {
    for event in events {
        let text = match &event.told.kind {
            EventKind::Final(done) => done.text.clone(),
            EventKind::Partial(partial) => style(format!("… {}", partial.text)).dim().to_string(),
            EventKind::Retracted { .. } => style("… (nothing after all)").dim().to_string(),
            EventKind::Unrecognised { reason, .. } => format!("[not recognised: {reason}]"),
            _ => continue,
        };
        let role = event.told.role.map_or("", Role::as_str);
        let at = clock(event.told.start.as_millis());
        writeln!(out, "{at} {role:<8}  {text}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use sidetone_core::event::{Final, TimedWord, Told};
    use sidetone_core::id::UtteranceId;
    use sidetone_core::lang::Lang;
    use sidetone_core::time::MediaTime;

    use super::*;

    fn said(role: Role, start_ms: u64, text: &str) -> CallEvent {
        let start = MediaTime::from_millis(start_ms);
        let word = TimedWord {
            word: text.to_owned(),
            spaced: text.to_owned(),
            start,
            end: start,
            confidence: 0.5,
        };
        CallEvent {
            seq: 1,
            call_id: CallId::new("c"),
            agent_id: String::new(),
            wall_time: SystemTime::UNIX_EPOCH,
            told: Told {
                role: Some(role),
                start,
                end: start,
                latency: Some(Duration::from_millis(7)),
                kind: EventKind::Final(Final::new(UtteranceId(1), Lang::EN, 0.5, vec![word])),
            },
        }
    }

    #[test]
    fn lines_are_aligned_and_leave_out_what_is_not_said() {
        let mut ended = said(Role::Agent, 0, "");
        ended.told.kind = EventKind::SpeechEnd {
            utterance: UtteranceId(1),
        };
        let events = [
            said(Role::Agent, 600, "Hello?"),
            ended,
            said(Role::Customer, 5_636, "你好，我要退款。"),
        ];
        let mut out = Vec::new();
        write_lines(&mut out, &events).expect("memory takes all");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "00:00.6 agent     Hello?\n00:05.6 customer  你好，我要退款。\n"
        );
    }

    #[test]
    fn each_line_of_json_is_an_event_and_begins_with_its_file() {
        let mut out = Vec::new();
        let events = [
            said(Role::Agent, 600, "Hello"),
            said(Role::Agent, 900, "\"quoted\"\nline"),
        ];
        write_json(&mut out, "a dir/é.wav", &events).expect("memory takes all");
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        for (line, start) in lines.iter().zip([600, 900]) {
            assert!(
                line.starts_with("{\"file\":\"a dir/é.wav\",\"kind\":\"final\""),
                "{line}"
            );
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(value["start_ms"], start);
            assert_eq!(value["role"], "agent");
        }
    }

    #[test]
    fn a_vocabulary_may_set_boosts_and_a_wrong_one_is_named() {
        let phrases = read_phrases("Northwind\n\n  Joe Miller \t4\r\n", 1.5).expect("well formed");
        let expected = [("Northwind", 1.5), ("Joe Miller", 4.0)];
        let found: Vec<(&str, f32)> = phrases.iter().map(|p| (p.text.as_str(), p.boost)).collect();
        assert_eq!(found, expected);
        let error = read_phrases("ok\nJoe\tstrong\n", 1.5)
            .expect_err("no number")
            .to_string();
        assert_eq!(error, "line 2: boost `strong` is not a number");
    }
}
