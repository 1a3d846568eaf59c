//! `sidetone search`: what was said in the calls that are kept, while the engine runs or not.

use std::io::{self, Write};

use anyhow::Context;
use clap::Args;
use console::style;
use jiff::Timestamp;
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone::{knowledge, services};
use sidetone_kb::archive::{Archive, ArchiveError, Found, Query};
use sidetone_types::emotion::Mood;
use sidetone_types::party::Role;

use super::when::When;
use super::{Outcome, RoleArg, clock};
use crate::tell::tell;

/// Search what was said in all calls that are kept.
#[derive(Args, Debug)]
pub struct SearchArgs {
    /// Words; phrases in quotes, which the shell takes for its own unless they are quoted again:
    /// '"charged twice" refund'. None are needed beside one of the options that narrow the search.
    #[arg(required_unless_present_any = ["role", "agent", "customer", "alert", "mood", "strain", "from", "until"])]
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
    /// Said in this mood: neutral, anger, sadness, happiness or other.
    #[arg(long)]
    mood: Option<Mood>,
    /// Said under at least so much strain, between 0 and 1.
    #[arg(long, value_name = "LEAST", value_parser = strain)]
    strain: Option<f32>,
    /// From then on: a day (2026-05-04, from its midnight in `defaults.time_zone`) or a time
    /// (2026-05-04T09:00, 2026-05-04T09:00:00Z).
    #[arg(long, value_name = "WHEN")]
    from: Option<When>,
    /// Until before then.
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// At most so many lines.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Runs the command.
pub fn run(args: &SearchArgs, config: &Config) -> anyhow::Result<Outcome> {
    let archive = services::archive(config).context("cannot search")?;
    let zone = knowledge::time_zone(&config.defaults)?;
    let millis = |when: When| when.millis(&zone);
    let page = archive.search(&Query {
        speaker: args.role.map(Role::from),
        agent_id: args.agent.clone(),
        customer: args.customer.clone(),
        rules: args.alert.clone(),
        mood: args.mood.map(|mood| mood.to_string()),
        strain: args.strain,
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
    if page.total == 0 && is_empty(&archive)? {
        tell(NOTHING_INDEXED);
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Done)
}

const NOTHING_INDEXED: &str = "note: nothing is indexed here. `sidetone serve` indexes the calls that are \
    kept, those of a restored backup too: start it with this store, and search again";

/// Whether there is no line at all to search.
fn is_empty(archive: &Archive) -> Result<bool, ArchiveError> {
    let all = Query {
        limit: 1,
        ..Query::of("")
    };
    Ok(archive.search(&all)?.total == 0)
}

/// When, which call, where in it, who, and what, with the words that were looked for marked; and
/// how it sounded.
fn line(found: &Found) -> String {
    let line = &found.line;
    let said = i64::try_from(line.said_at).ok();
    let said = said.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let said = said.map_or_else(String::new, |time| format!("{time:.0}"));
    let mut text = String::new();
    let mut at = found.snippet.start;
    for mark in &found.marks {
        text.push_str(&printable(&line.text[at..mark.start]));
        let found = printable(&line.text[mark.clone()]);
        text.push_str(&style(found).bold().to_string());
        at = mark.end;
    }
    text.push_str(&printable(&line.text[at..found.snippet.end]));
    let speaker = line.speaker.as_str();
    let head = style(format!(
        "{said} {} {}",
        printable(&line.call_id),
        clock(line.start_ms)
    ))
    .dim();
    let sounded = line.voice.as_ref().map_or_else(String::new, |voice| {
        let mood = match voice.mood.as_str() {
            "" => String::new(),
            mood => format!("{mood}, "),
        };
        let sounded = format!("  {mood}strain {:.2}", voice.strain);
        style(sounded).dim().to_string()
    });
    format!("{head} {speaker:<8}  {text}{sounded}")
}

/// Reads a strain.
fn strain(text: &str) -> anyhow::Result<f32> {
    Ok(sidetone::api::strain(text.parse()?)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use console::strip_ansi_codes;
    use sidetone_kb::archive::{Line, Voice};
    use sidetone_vault::DataKey;

    use super::*;

    #[test]
    fn a_line_says_when_where_who_and_what() {
        let text = "I want a refund now.".to_owned();
        let mut found = Found {
            snippet: 0..text.len(),
            marks: vec![9..15; 1],
            line: Line {
                call_id: "c-1".to_owned(),
                utterance: 1,
                speaker: Role::Customer,
                agent_id: String::new(),
                customer_id: None,
                phone: None,
                lang: "en".to_owned(),
                said_at: 1_777_910_400_000,
                start_ms: 5_636,
                end_ms: 9_000,
                text,
                voice: None,
            },
        };
        assert_eq!(
            strip_ansi_codes(&line(&found)),
            "2026-05-04T16:00:00Z c-1 00:05.6 customer  I want a refund now."
        );
        found.line.voice = Some(Voice {
            mood: "anger".to_owned(),
            strain: 0.6,
        });
        assert_eq!(
            strip_ansi_codes(&line(&found)),
            "2026-05-04T16:00:00Z c-1 00:05.6 customer  I want a refund now.  anger, strain 0.60"
        );
    }

    #[test]
    fn an_archive_that_holds_nothing_is_told_from_one_in_which_nothing_is_found() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let key = DataKey::random().expect("random numbers");
        let archive = Archive::open(dir.path(), &key).expect("a new one");
        assert!(is_empty(&archive).expect("readable"));
        assert!(NOTHING_INDEXED.contains("`sidetone serve` indexes"));
    }

    #[test]
    fn words_are_needed_only_where_nothing_else_narrows_the_search() {
        #[derive(Parser)]
        struct Command {
            #[command(flatten)]
            search: SearchArgs,
        }
        for (line, possible) in [
            ("search", false),
            ("search --limit 5", false),
            ("search refund", true),
            ("search --mood anger", true),
            ("search refund --strain 0.6", true),
            ("search --strain 60", false),
            ("search --mood fury", false),
            ("search --from 2026-11-28", true),
            ("search --from yesterday", false),
        ] {
            let read = Command::try_parse_from(line.split(' '));
            assert_eq!(read.is_ok(), possible, "{line}");
        }
    }
}
