//! `sidetone calls`: the calls that are over and kept.

mod list;
mod show;
#[cfg(test)]
mod tests;

use std::io;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sidetone::config::Config;
use sidetone::knowledge;
use sidetone::storage::Reader;

use super::Outcome;
use list::ListArgs;
use show::ShowArgs;

/// List the calls that are over and kept, and show one of them.
///
/// Both work beside a running engine, and while there is none.
#[derive(Args, Debug)]
pub struct CallsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(ListArgs),
    Show(ShowArgs),
}

/// Runs the command.
pub fn run(args: &CallsArgs, config: &Config) -> anyhow::Result<Outcome> {
    let reader = Reader::open(&config.store)?;
    let zone = knowledge::time_zone(&config.defaults)?;
    let mut out = io::stdout();
    match &args.what {
        What::List(args) => list::run(args, config, (&reader, &zone), &mut out)?,
        What::Show(args) => show::run(args, config, (&reader, &zone), &mut out)?,
    }
    Ok(Outcome::Done)
}

/// A time on the clock of the call centre, to the second: `2026-05-04 09:12:33`.
fn local(ms: u64, zone: &TimeZone) -> String {
    let at = i64::try_from(ms).ok();
    let at = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map_or_else(String::new, |at| {
        at.to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    })
}

/// A length: `07:37`, with hours in front from one hour on.
fn length(ms: u64) -> String {
    let (seconds, minutes, hours) = (ms / 1_000 % 60, ms / 60_000 % 60, ms / 3_600_000);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// What the time zone is called.
fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("the zone of this machine")
}
