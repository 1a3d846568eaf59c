//! `sidetone tokens`: what programs show.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use sidetone::access::{Directory, TokenRecord};
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone_types::time::unix_millis;

use super::Outcome;
use super::users::{IsArgs, of};
use crate::tell::tell;

/// Make and revoke the tokens of programs: media servers, desks of others, scrapers of metrics.
///
/// A program sends its token as `authorization: Bearer TOKEN`. A running engine knows of a change
/// within a second.
#[derive(Args, Debug)]
pub struct TokensArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token, and print it: once. Only a hash of it is kept.
    Create {
        /// Whose it is, for the audit: `pbx-1`.
        name: String,
        #[command(flatten)]
        is: IsArgs,
        /// It ends after so many days; 0 is never.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(0..=36_500))]
        days: u32,
    },
    /// List all, with what they are and when they end.
    List {
        /// As JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// Have a token end now. Streams that it has opened end with it.
    Revoke {
        /// Its id, the part after `sidetone_`.
        id: String,
    },
}

/// Runs the command, while the engine runs and while it does not.
pub fn run(args: &TokensArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut out = io::stdout();
    let directory = Directory::open(&config.store)?;
    let now = SystemTime::now();
    match &args.what {
        What::Create { name, is, days } => {
            let subject = is.subject(name, config)?;
            let lasts = Duration::from_secs(u64::from(*days) * 86_400);
            let end = (*days > 0).then(|| millis(now + lasts));
            let token = directory.make_token(&subject, end)?;
            writeln!(out, "{}", token.reveal())?;
            let until = end.map_or_else(String::new, |end| format!(" until {}", day(end)));
            tell(format_args!(
                "note: it opens{until} what `{name}` may do, and is shown this once"
            ));
        }
        What::List { json } => {
            for token in directory.tokens()? {
                let line = match json {
                    true => of_json(&token, millis(now)),
                    false => line(&token, millis(now)),
                };
                writeln!(out, "{}", printable(&line))?;
            }
        }
        What::Revoke { id } => {
            directory.revoke_token(id)?;
            writeln!(out, "token {id} opens nothing any more")?;
        }
    }
    Ok(Outcome::Done)
}

fn state(token: &TokenRecord, now_ms: i64) -> String {
    match (token.revoked_ms, token.expires_ms) {
        (Some(at), _) => format!("revoked {}", day(at)),
        (None, Some(end)) if end <= now_ms => format!("ended {}", day(end)),
        (None, Some(end)) => format!("until {}", day(end)),
        (None, None) => "for ever".to_owned(),
    }
}

fn line(token: &TokenRecord, now_ms: i64) -> String {
    let is = &token.subject;
    format!(
        "{}  {:<24} {}{}{}  {}",
        token.id,
        is.name,
        is.roles.join(", "),
        of("agent", is.agent_id.as_deref().unwrap_or_default()),
        of("teams", &is.teams.join(", ")),
        state(token, now_ms),
    )
}

fn of_json(token: &TokenRecord, now_ms: i64) -> String {
    let is = &token.subject;
    serde_json::json!({
        "id": token.id, "name": is.name, "roles": is.roles, "agent_id": is.agent_id,
        "teams": is.teams, "made_ms": token.made_ms, "expires_ms": token.expires_ms,
        "revoked_ms": token.revoked_ms, "valid": token.is_valid(now_ms),
    })
    .to_string()
}

fn millis(time: SystemTime) -> i64 {
    i64::try_from(unix_millis(time)).unwrap_or(i64::MAX)
}

/// The day, in UTC.
fn day(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use sidetone::access::Subject;
    use sidetone_access::Token;

    use super::*;

    #[test]
    fn a_token_is_told_with_when_it_ends_and_never_with_its_secret() {
        let token = Token::random().expect("random");
        let mut record = TokenRecord {
            id: token.id().to_owned(),
            hash: token.hash(),
            subject: Subject {
                name: "pbx".to_owned(),
                roles: vec!["media".to_owned()],
                ..Subject::default()
            },
            made_ms: 0,
            expires_ms: None,
            revoked_ms: None,
        };
        let day = 86_400_000;
        for (expires, revoked, expected) in [
            (None, None, "for ever"),
            (Some(2 * day), None, "until 1970-01-03"),
            (Some(day), None, "ended 1970-01-02"),
            (Some(2 * day), Some(0), "revoked 1970-01-01"),
        ] {
            (record.expires_ms, record.revoked_ms) = (expires, revoked);
            let told = line(&record, day);
            assert!(told.ends_with(expected), "{told}");
            let json = of_json(&record, day);
            let valid = expected.starts_with("for") || expected.starts_with("until");
            assert!(json.contains(&format!("\"valid\":{valid}")), "{json}");
            let secret = token.reveal();
            let secret = secret.rsplit('_').next().expect("it has parts");
            assert!(!told.contains(secret) && !json.contains(secret));
        }
    }
}
