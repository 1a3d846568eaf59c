//! `sidetone analyze`: recordings through everything that a live call goes through.
//!
//! Rules, knowledge, summary and CRM included; the store and the CRM are of its own and go with it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::tools::progress;
use anyhow::Context;
use clap::Args;
use indicatif::ProgressBar;
use jiff::civil::Date;
use serde::Deserialize;
use sidetone::config::Config;
use sidetone::offline::Listening;
use sidetone::recognition::Recogniser;
use sidetone::services::Services;
use sidetone_core::phone;
use sidetone_types::event::EventRecord;
use sidetone_types::id::CallId;
use sidetone_types::party::Direction;

use super::Outcome;
use super::assisted::{Assisted, AssistedCall, Sound};
use super::lines::{call_id, progress};
use super::listen::ListenArgs;
use super::parallel::in_order;
use super::recordings;

/// Run recordings through everything: words, cards, alerts, summary, ticket.
///
/// The ticket goes to a CRM of its own, with the sample customers, and is gone afterwards. A file
/// beside a recording, with the same name and the ending `.json`, may say who calls: `{"from":
/// "+14155550117", "agent": "agent-7"}`.
#[derive(Args, Debug)]
pub struct AnalyzeArgs {
    #[command(flatten)]
    pub listen: ListenArgs,
    /// The customer's number, for all files.
    #[arg(long, value_name = "NUMBER")]
    caller: Option<String>,
    /// The day of the calls, `2026-05-04` for instance; today, if it is not given. "Thursday"
    /// counts from it.
    #[arg(long)]
    date: Option<Date>,
}

/// What a file beside a recording may say of it. Whatever else it says is left alone.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Beside {
    from: String,
    to: String,
    agent: String,
}

/// Runs the command.
pub fn run(args: &AnalyzeArgs, config: &Config) -> anyhow::Result<Outcome> {
    let services = Services::temporary(config)?;
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let desk = Desk {
        // Rules and articles work on words as they settle.
        how: args.listen.listening(config, true)?,
        assisted: Assisted::new(config, services, &recogniser)?,
        args,
        region: &config.defaults.region,
    };
    let bar = progress();
    let mut out = io::stdout();
    let mut outcome = Outcome::Done;
    let calls: Vec<(usize, &PathBuf)> = args.listen.files.iter().enumerate().collect();
    in_order(
        &calls,
        recogniser.threads + 1,
        |(i, path)| desk.analyze(*i, path, &bar),
        |(_, path), result| match result {
            Ok(events) => bar.suspend(|| args.listen.write(&mut out, path, &events)),
            Err(error) => {
                outcome = Outcome::Failed;
                bar.suspend(|| recordings::say_failed(path, &error));
                Ok(())
            }
        },
    )?;
    bar.finish_and_clear();
    desk.assisted.stop();
    Ok(outcome)
}

struct Desk<'a> {
    assisted: Assisted<'a>,
    how: Listening,
    args: &'a AnalyzeArgs,
    region: &'a str,
}

impl Desk<'_> {
    /// All events of a recording but its partials.
    fn analyze(
        &self,
        i: usize,
        path: &Path,
        bar: &ProgressBar,
    ) -> anyhow::Result<Vec<EventRecord>> {
        let (recording, warnings) = self.args.listen.open(path)?;
        bar.suspend(|| warnings.iter().for_each(|odd| recordings::say(path, odd)));
        let beside = beside(path)?;
        let number = |given: &str| phone::parse(given, self.region);
        let mut description = self.how.describe(&recording);
        description.caller = number(self.args.caller.as_ref().unwrap_or(&beside.from));
        description.callee = number(&beside.to);
        description.agent_id = beside.agent;
        description.direction = Direction::Inbound;

        let now = self.assisted.local(SystemTime::now());
        self.assisted.run(AssistedCall {
            // Files of one name in two folders are two calls.
            kept_as: CallId::new(format!("{i}-{}", call_id(path))),
            told_as: call_id(path),
            description,
            began: self.args.date.map(|day| day.to_datetime(now.time())),
            sound: Sound::Recording(&recording),
        })
    }
}

/// What the file beside a recording says of it; nothing, if there is none.
fn beside(path: &Path) -> anyhow::Result<Beside> {
    let path = path.with_extension("json");
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Beside::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
