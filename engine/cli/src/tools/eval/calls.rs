//! `sidetone eval calls`: whole calls with known words, as agents read them and as they are kept.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone::offline::{Listening, Offline, OfflineAssist, OfflineCall};
use sidetone::recognition::Recogniser;
use sidetone_types::event::EventKind;
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::lang::Lang;
use sidetone_types::party::Role;

use super::passage::Script;
use super::score::{Evaluation, Heard, Scored, Totals};
use crate::tools::parallel::in_order;
use crate::tools::{Outcome, progress, recordings};

/// Words wrong in whole scripted calls, live and for the record.
///
/// Each call is heard as `analyze` hears it: cut at pauses, with interim results and with the
/// phrases of the configured rules and articles. All that one side says is one text.
#[derive(Args, Debug)]
pub struct CallsArgs {
    /// Scripted calls: JSON with `lang`, `channels` and `turns`, beside a FLAC of the same name.
    #[arg(required = true, value_name = "CALL.json")]
    calls: Vec<PathBuf>,
    /// One JSON object instead of a report.
    #[arg(long)]
    json: bool,
}

/// What was heard, live and for the record.
#[derive(Serialize)]
struct Report<'a> {
    live: &'a BTreeMap<Lang, Totals>,
    record: &'a BTreeMap<Lang, Totals>,
}

/// Runs the command.
pub fn run(args: &CallsArgs, config: &Config) -> anyhow::Result<Outcome> {
    let knowledge = Arc::new(Knowledge::open(&config.knowledge, &config.defaults)?);
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let (mut in_time, mut for_record) = (Evaluation::default(), Evaluation::default());
    in_order(
        &args.calls,
        recogniser.threads + 1,
        |path| hear(path, &knowledge, &recogniser.offline()),
        |_, heard| {
            for (live, record, audio) in heard? {
                in_time.add(live, &audio);
                for_record.add(record, &audio);
            }
            anyhow::Ok(())
        },
    )?;
    let report = Report {
        live: &in_time.by_lang,
        record: &for_record.by_lang,
    };
    let mut out = io::stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        report.write(&mut out)?;
    }
    Ok(Outcome::Done)
}

/// What each side of a call said, against what was heard of it.
fn hear(
    path: &Path,
    knowledge: &Arc<Knowledge>,
    offline: &Offline<'_>,
) -> anyhow::Result<Vec<(Scored, Scored, Heard)>> {
    let script = Script::read(path).with_context(|| {
        let path = path.display();
        format!("`{path}` is no script: give the .json beside the recording")
    })?;
    let recording = recordings::open(&path.with_extension("flac"))?;
    let how = Listening {
        languages: vec![script.lang],
        vocabulary: [].into(),
        partials: true,
        mono: Role::Customer,
    };
    let call = OfflineCall {
        id: CallId::new(path.display().to_string()),
        description: how.describe(&recording),
        assist: Some(OfflineAssist {
            knowledge: Arc::clone(knowledge),
            began: knowledge.assist_context(SystemTime::now(), &[]).began,
            customer: None,
        }),
    };
    let mut told: BTreeMap<(Role, UtteranceId), [String; 2]> = BTreeMap::new();
    offline.run_call(&call, &recording, |record| {
        let Some(role) = record.event.role else {
            return;
        };
        match record.event.kind {
            EventKind::Final(done) => {
                let lines = [done.spoken.clone(), done.spoken];
                told.insert((role, done.utterance), lines);
            }
            EventKind::Revised(revised) => {
                let lines = told.entry((role, revised.words.utterance)).or_default();
                lines[1] = revised.words.spoken;
            }
            _ => {}
        }
    })?;
    let lang = script.lang.lang;
    let scored = [Role::Agent, Role::Customer].map(|role| {
        let said = script.said_by(role.as_str());
        let heard = |which: usize| {
            let lines = told.iter().filter(|((of, _), _)| *of == role);
            let lines: Vec<&str> = lines.map(|(_, lines)| lines[which].as_str()).collect();
            let name = format!("{}, {}", path.display(), role.as_str());
            Scored::new(&name, lang, &said, &lines.join(" "))
        };
        let audio = Heard {
            text: String::new(),
            latencies: Vec::new(),
            unrecognised: 0,
            audio: recording.duration(),
            words: Vec::new(),
        };
        (heard(0), heard(1), audio)
    });
    Ok(scored.into())
}

impl Report<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "lang   words   live wrong      for the record")?;
        for (lang, live) in self.live {
            let wrong = |totals: Option<&Totals>| {
                totals.map_or_else(String::new, |totals| {
                    let rate = totals.error_rate().unwrap_or_default();
                    format!("{:>4} {rate:>6.2} %", totals.edits.total())
                })
            };
            let record = wrong(self.record.get(lang));
            writeln!(
                out,
                "{lang:<5} {:>6}  {}   {record}",
                live.words,
                wrong(Some(live))
            )?;
        }
        Ok(())
    }
}
