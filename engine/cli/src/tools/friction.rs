//! `sidetone friction`: what hurts people who work with the engine, as they report it.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use console::style;
use jiff::Timestamp;
use sidetone::api::trend_of;
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone::storage::{FrictionQuery, open_friction};

use super::Outcome;

/// See what people report at the desk: late or wrong cards, words and alerts, slow pages. Reports have no words of
/// calls; they name call and utterance, which `sidetone calls show` reads.
#[derive(Args, Debug)]
pub struct FrictionArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// List reports, the newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Of this kind alone, such as `wrong_card`.
        #[arg(long)]
        kind: Option<String>,
        /// Of this version of the engine alone.
        #[arg(long = "of")]
        version: Option<String>,
        /// As JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// How many there are of each kind, by week and version, and how long things took.
    Trend {
        /// As JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command, while the engine runs and while it does not.
pub fn run(args: &FrictionArgs, config: &Config) -> anyhow::Result<Outcome> {
    let friction = open_friction(&config.store)?;
    let mut out = io::stdout();
    match args.what.clone() {
        What::List {
            limit,
            kind,
            version,
            json,
        } => {
            let query = FrictionQuery {
                kind,
                version,
                ..FrictionQuery::default()
            };
            let reports = friction.list(&query, limit)?;
            for report in &reports {
                if json {
                    writeln!(out, "{}", serde_json::to_string(report)?)?;
                    continue;
                }
                let took = report.engine_ms.or(report.desk_ms);
                let took = took.map_or_else(String::new, |ms| format!("{ms} ms"));
                let at = report
                    .utterance
                    .map_or_else(String::new, |at| format!(" utterance {at}"));
                writeln!(
                    out,
                    "{:>6}  {}  {:<13}  {:<9}  {took:>8}  {}{at} {}",
                    style(report.id).bold(),
                    time(report.at_ms),
                    report.kind,
                    printable(&report.page),
                    printable(report.call_id.as_deref().unwrap_or_default()),
                    printable(report.subject.as_deref().unwrap_or_default()),
                )?;
                if let Some(comment) = &report.comment {
                    writeln!(out, "        {}", printable(comment))?;
                }
            }
            if !json {
                writeln!(out, "{} reports, times in UTC", reports.len())?;
            }
        }
        What::Trend { json } => {
            let trend = {
                let all = friction.list(&FrictionQuery::default(), u32::MAX)?;
                trend_of(all, &friction.calls_by_week()?)
            };
            for week in &trend {
                if json {
                    writeln!(out, "{}", serde_json::to_string(week)?)?;
                    continue;
                }
                let kinds = week.kinds.iter();
                let kinds: Vec<String> = kinds
                    .map(|(kind, count)| format!("{kind} {count}"))
                    .collect();
                let took = week.median_ms.zip(week.p95_ms);
                let took = took.map_or_else(String::new, |(median, p95)| {
                    format!(", half took longer than {median} ms, one in twenty than {p95} ms")
                });
                let rate = week.per_1000_calls;
                let rate = rate.map_or_else(String::new, |rate| format!(" ({rate:.1} in 1,000)"));
                writeln!(
                    out,
                    "week of {}  {}  {} calls  {} reports{rate}  {}{took}",
                    &time(week.week_ms)[..10],
                    week.version,
                    week.calls,
                    week.kinds.values().sum::<u64>(),
                    kinds.join(", ")
                )?;
            }
            if trend.is_empty() && !json {
                writeln!(out, "nobody has reported anything")?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// `2026-05-04 09:12`, in UTC.
fn time(ms: u64) -> String {
    let at = Timestamp::from_millisecond(ms.cast_signed()).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
