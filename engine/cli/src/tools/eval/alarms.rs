//! `sidetone eval alarms`: how often rules raise alerts in speech that calls for none.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_core::escalation::Watch;
use sidetone_core::rules::RuleSet;
use sidetone_types::assist::Severity;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use crate::tools::Outcome;
use sidetone_core::script::{growing, said, table};

/// Alerts per hour and severity over transcripts, such as of calls without a complaint.
///
/// Voices are not listened to. Each row of a table and each turn of a call is one utterance, said
/// word by word; one that is withdrawn later counts as well, for somebody has seen it.
#[derive(Args, Debug)]
pub struct AlarmsArgs {
    /// Tab-separated tables with `seconds`, `lang` and `text`, of which all is said by customers;
    /// or scripted calls: JSON with `lang`, `seconds` and `turns`. Rows whose text is `-` are left
    /// out.
    #[arg(required = true, value_name = "TRANSCRIPT")]
    transcripts: Vec<PathBuf>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
}

/// A conversation, in which a rule that has spoken is quiet for a while.
struct Transcript {
    lang: Lang,
    lasts: Duration,
    lines: Vec<Line>,
}

/// What somebody says, and when they begin.
#[derive(Debug, PartialEq)]
struct Line {
    side: Side,
    start: MediaTime,
    text: String,
}

/// A scripted call.
#[derive(Deserialize)]
struct Call {
    lang: LanguageTag,
    seconds: f64,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    speaker: Side,
    start_s: f64,
    text: String,
}

#[derive(Default, Serialize)]
struct Report {
    hours: f64,
    per_hour: BTreeMap<String, f64>,
    alerts: Vec<Alarm>,
}

#[derive(Serialize)]
struct Alarm {
    file: String,
    severity: Severity,
    rule: String,
    text: String,
}

/// Runs the command. Alerts are its result, not its failure.
pub fn run(args: &AlarmsArgs, config: &Config) -> anyhow::Result<Outcome> {
    let rules = Knowledge::open(&config.knowledge, &config.defaults)?.rules();
    let mut report = Report::default();
    for path in &args.transcripts {
        let name = path.display().to_string();
        let read = || -> anyhow::Result<Vec<Transcript>> {
            let text = std::fs::read_to_string(path)?;
            match path.extension().is_some_and(|end| end == "json") {
                true => call(&text).map(|call| vec![call]),
                false => rows(&text),
            }
        };
        for transcript in read().with_context(|| format!("`{name}`"))? {
            report.add(&name, &transcript, &rules);
        }
    }
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        let count = report.alerts.iter().filter(|one| one.severity == severity);
        let rate = count.count() as f64 / report.hours.max(f64::EPSILON);
        report
            .per_hour
            .insert(format!("{severity:?}").to_lowercase(), rate);
    }
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
        return Ok(Outcome::Done);
    }
    for Alarm {
        file,
        severity,
        rule,
        text,
    } in &report.alerts
    {
        writeln!(out, "{file}: {severity:?}, {rule}: {text}")?;
    }
    for (severity, rate) in &report.per_hour {
        writeln!(out, "{severity:9} {rate:7.2} per hour")?;
    }
    writeln!(out, "{:9} {:7.2} hours", "", report.hours)?;
    Ok(Outcome::Done)
}

impl Report {
    fn add(&mut self, file: &str, transcript: &Transcript, rules: &Arc<RuleSet>) {
        self.hours += transcript.lasts.as_secs_f64() / 3600.0;
        let mut watch = Watch::new(Arc::clone(rules), &[transcript.lang]);
        for (utterance, line) in (1..).zip(&transcript.lines) {
            watch.tick(line.start);
            let whole = said(
                utterance,
                line.side,
                transcript.lang,
                line.start,
                &line.text,
            );
            for step in growing(&whole) {
                let alarms = watch.observe_words(&step).into_iter().map(|alert| Alarm {
                    file: file.to_owned(),
                    severity: alert.raised.severity,
                    rule: alert.raised.rule,
                    text: line.text.clone(),
                });
                self.alerts.extend(alarms);
            }
        }
    }
}

/// Rows of a table, each a conversation of its own.
fn rows(text: &str) -> anyhow::Result<Vec<Transcript>> {
    let rows = table(text, ["seconds", "lang", "text"])?;
    let known = rows.into_iter().filter(|(_, [_, _, text])| *text != "-");
    known
        .map(|(line, [seconds, lang, text])| {
            let at = || format!("line {line}");
            let lang: LanguageTag = lang.parse().with_context(at)?;
            Ok(Transcript {
                lang: lang.lang,
                lasts: Duration::try_from_secs_f64(seconds.parse().with_context(at)?)
                    .with_context(at)?,
                lines: vec![Line {
                    side: Side::Customer,
                    start: MediaTime::ZERO,
                    text: text.to_owned(),
                }],
            })
        })
        .collect()
}

fn call(text: &str) -> anyhow::Result<Transcript> {
    let call: Call = serde_json::from_str(text)?;
    let line = |turn: Turn| {
        let start = Duration::try_from_secs_f64(turn.start_s)?;
        Ok(Line {
            side: turn.speaker,
            start: MediaTime::ZERO + start,
            text: turn.text,
        })
    };
    let lines: anyhow::Result<Vec<Line>> = call.turns.into_iter().map(line).collect();
    Ok(Transcript {
        lang: call.lang.lang,
        lasts: Duration::try_from_secs_f64(call.seconds)?,
        lines: lines?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_calls_are_read() {
        let table = "file\tseconds\tlang\ttext\na\t1.5\ten\thello\nb\t2\tzh\t-\n";
        let read = rows(table).expect("it is a table");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].lasts, Duration::from_millis(1500));
        let json = r#"{"lang": "zh", "seconds": 3, "turns": [{"speaker": "agent", "start_s": 0.5, "text": "您好"}]}"#;
        let read = call(json).expect("it is a call");
        let line = Line {
            side: Side::Agent,
            start: MediaTime::from_millis(500),
            text: "您好".to_owned(),
        };
        assert_eq!(read.lines, [line]);
        assert!(rows("seconds\tlang\ttext\n-1\ten\thello\n").is_err());
    }
}
