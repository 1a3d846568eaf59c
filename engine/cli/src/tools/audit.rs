//! `sidetone audit`: who did what, whether that record is whole, and trials of it.

mod search;
mod trial;
mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sidetone::config::Config;
use sidetone::knowledge;
use sidetone_audit::{Filter, Outcome as Ended};

use super::Outcome;
use super::when::When;
use search::{ExportArgs, SearchArgs};
use trial::TrialArgs;
use verify::VerifyArgs;

/// See who did what, check that nobody has tampered with that record, and send it elsewhere.
#[derive(Args, Debug)]
pub struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(VerifyArgs),
    Search(SearchArgs),
    Export(ExportArgs),
    Trial(TrialArgs),
}

/// Runs the command. The engine may run meanwhile.
pub fn run(args: &AuditArgs, config: &Config) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Verify(args) => verify::run(args, config),
        What::Search(args) => search::run(args, config),
        What::Export(args) => search::export(args, config),
        What::Trial(args) => trial::run(args),
    }
}

/// Where the log lies, if not where the engine of this configuration writes it.
#[derive(Args, Debug)]
struct Place {
    /// The log's directory; without it, that of the configuration.
    dir: Option<PathBuf>,
}

impl Place {
    fn dir(&self, config: &Config) -> anyhow::Result<PathBuf> {
        Ok(match &self.dir {
            Some(dir) => dir.clone(),
            None => config.audit.places(&config.store)?.0,
        })
    }

    /// The key: of a directory that was named the one beside it, `audit.key` for `audit`.
    fn key(&self, config: &Config) -> anyhow::Result<PathBuf> {
        Ok(match &self.dir {
            Some(dir) => dir.with_extension("key"),
            None => config.audit.places(&config.store)?.1,
        })
    }
}

/// What is looked for. All that is named has to hold.
#[derive(Args, Debug)]
struct FilterArgs {
    /// Done by this principal.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Done to this: the id of a call.
    #[arg(long, value_name = "ID")]
    what: Option<String>,
    /// This action: read_call.
    #[arg(long, value_name = "NAME")]
    action: Option<String>,
    /// With this outcome: done, refused or failed.
    #[arg(long)]
    outcome: Option<Ended>,
    /// From then on: a day (2026-05-04, from its midnight in `defaults.time_zone`) or a time
    /// (2026-05-04T09:00, 2026-05-04T09:00:00Z).
    #[arg(long, value_name = "WHEN")]
    from: Option<When>,
    /// Until before then.
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Behind the line of this number: what is new since it was read.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
}

impl FilterArgs {
    fn filter(&self, config: &Config, checkpoints: bool) -> anyhow::Result<Filter> {
        let zone = knowledge::time_zone(&config.defaults)?;
        Ok(Filter {
            who: self.who.clone(),
            what: self.what.clone(),
            action: self.action.clone(),
            outcome: self.outcome,
            from: moment(self.from, &zone)?,
            until: moment(self.until, &zone)?,
            after: self.after,
            checkpoints,
        })
    }
}

fn moment(when: Option<When>, zone: &TimeZone) -> anyhow::Result<Option<Timestamp>> {
    let Some(when) = when else { return Ok(None) };
    let millis = i64::try_from(when.millis(zone))?;
    Ok(Some(Timestamp::from_millisecond(millis)?))
}
