//! `sidetone search`: what was said in the calls that are kept, while the engine runs or not.

use std::io::{self, Write};

use anyhow::Context;
use clap::Args;
use console::style;
use jiff::Timestamp;
use sidetone::config::Config;
use sidetone::office;
use sidetone_core::describe::Role;
use sidetone_kb::archive::{Found, Query, Speaker};

use super::{Outcome, RoleArg, clock};

/// Search what was said in all calls that are kept.
#[derive(Args, Debug)]
pub struct SearchArgs {
    /// Words; phrases in quotes, which the shell takes for its own unless they are quoted again:
    /// '"charged twice" refund'.
    #[arg(required = true)]
    text: Vec<String>,
    /// Said by this side only.
    #[arg(long, value_enum)]
    role: Option<RoleArg>,
    /// In calls of this agent.
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// In calls with this customer: the CRM's id, or a number in E.164.
    #[arg(long)]
    customer: Option<String>,
    /// In calls in which this rule raised an alert.
    #[arg(long, value_name = "RULE")]
    alert: Vec<String>,
    /// From then on: 2026-05-04T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Until before then.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// At most so many lines.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Runs the command.
pub fn run(args: &SearchArgs, config: &Config) -> anyhow::Result<Outcome> {
    let archive = office::archive(config).context("cannot search")?;
    let millis = |time: Timestamp| u64::try_from(time.as_millisecond()).unwrap_or_default();
    let page = archive.search(&Query {
        speaker: args.role.map(|role| match Role::from(role) {
            Role::Agent => Speaker::Agent,
            Role::Customer => Speaker::Customer,
        }),
        agent_id: args.agent.clone(),
        customer: args.customer.clone(),
        rules: args.alert.clone(),
        from: args.from.map(millis),
        until: args.until.map(millis),
        limit: args.limit,
        ..Query::of(&args.text.join(" "))
    })?;
    let mut out = io::stdout();
    for found in &page.found {
        writeln!(out, "{}", line(found))?;
    }
    writeln!(out, "{} of {} lines", page.found.len(), page.total)?;
    Ok(Outcome::Done)
}

/// When, which call, where in it, who, and what, with the words that were looked for marked.
fn line(found: &Found) -> String {
    let line = &found.line;
    let said = i64::try_from(line.said_at).ok();
    let said = said.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let said = said.map_or_else(String::new, |time| format!("{time:.0}"));
    let mut text = String::new();
    let mut at = found.snippet.start;
    for mark in &found.marks {
        text.push_str(&line.text[at..mark.start]);
        text.push_str(&style(&line.text[mark.clone()]).bold().to_string());
        at = mark.end;
    }
    text.push_str(&line.text[at..found.snippet.end]);
    let speaker = line.speaker.as_str();
    let head = style(format!("{said} {} {}", line.call_id, clock(line.start_ms))).dim();
    format!("{head} {speaker:<8}  {text}")
}

#[cfg(test)]
mod tests {
    use console::strip_ansi_codes;
    use sidetone_kb::archive::Line;

    use super::*;

    #[test]
    fn a_line_says_when_where_who_and_what() {
        let text = "I want a refund now.".to_owned();
        let found = Found {
            snippet: 0..text.len(),
            marks: vec![9..15; 1],
            line: Line {
                call_id: "c-1".to_owned(),
                utterance: 1,
                speaker: Speaker::Customer,
                agent_id: String::new(),
                customer_id: None,
                phone: None,
                lang: "en".to_owned(),
                said_at: 1_777_910_400_000,
                start_ms: 5_636,
                end_ms: 9_000,
                text,
            },
        };
        assert_eq!(
            strip_ansi_codes(&line(&found)),
            "2026-05-04T16:00:00Z c-1 00:05.6 customer  I want a refund now."
        );
    }
}
