//! `sidetone access`: who may do what, and why.

use std::io::{self, Write as _};

use anyhow::bail;
use clap::{Args, Subcommand};
use sidetone::access::{Guard, policy, reference};
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone::transport::{listed, methods};
use sidetone_access::{Decision, Principal, Right, Whose, decide};

use super::Outcome;

/// Say who may do what, and by which role.
#[derive(Args, Debug)]
pub struct AccessArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say whether somebody may do something, by what, and what they are shown.
    Explain(ExplainArgs),
    /// List the roles, those of `access.policy` among them.
    Roles,
    /// List what can be done.
    Rights,
    /// List all that is answered over HTTP and gRPC, with what it needs.
    Routes,
    /// Print the reference of roles, rights and classes of fields, as Markdown.
    Docs,
}

#[derive(Args, Debug)]
struct ExplainArgs {
    /// Who: the name of a user, of a token or of a peer of the policy, or `role:agent`.
    who: String,
    /// What: a right of `sidetone access rights`; all of them, if left out.
    right: Option<Right>,
    /// With a call of this agent, again for each further agent of it.
    #[arg(long = "agent", value_name = "ID")]
    agents: Vec<String>,
    /// With a call that was opened by that one.
    #[arg(long, value_name = "NAME")]
    opened_by: Option<String>,
}

/// Runs the command.
pub fn run(args: &AccessArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut out = io::stdout();
    match &args.what {
        What::Explain(asked) => explain(&mut out, asked, config)?,
        What::Roles => {
            for role in policy(&config.access.policy)?.roles.all() {
                let may: Vec<_> = role.may.iter().map(|right| right.as_str()).collect();
                let calls: Vec<_> = role.calls.iter().map(|reach| reach.as_str()).collect();
                writeln!(out, "{}: {}", role.name, printable(&role.about))?;
                writeln!(out, "  may    {}", may.join(", "))?;
                writeln!(out, "  calls  {}", none_or(&calls.join(", ")))?;
                writeln!(out, "  hidden {}", none_or(&classes(role.sees.hidden())))?;
            }
        }
        What::Rights => {
            for right in Right::ALL {
                writeln!(out, "{:<14} {}", right.as_str(), right.about())?;
            }
        }
        What::Routes => {
            for (method, path, needs) in listed() {
                writeln!(out, "{method:<7} {path:<58} {needs}")?;
            }
            for (path, needs) in methods() {
                writeln!(out, "gRPC    {path:<58} {needs}")?;
            }
        }
        What::Docs => write!(out, "{}", reference())?,
    }
    Ok(Outcome::Done)
}

fn none_or(text: &str) -> &str {
    match text {
        "" => "none",
        text => text,
    }
}

fn classes<T: ToString>(classes: impl Iterator<Item = T>) -> String {
    let classes: Vec<_> = classes.map(|class| class.to_string()).collect();
    classes.join(", ")
}

fn explain(out: &mut impl io::Write, asked: &ExplainArgs, config: &Config) -> anyhow::Result<()> {
    let guard = Guard::beside(&config.access, &config.store)?;
    let who = guard.named(&asked.who);
    if who.is_empty() {
        bail!(
            "there is no user, token or peer `{}`: `sidetone users list`, `sidetone tokens list` and \
             `[peers]` of `access.policy` name all; a role is asked for as `role:NAME`",
            asked.who
        );
    }
    let agents: Vec<&str> = asked.agents.iter().map(String::as_str).collect();
    let whose = Whose {
        agents: &agents,
        opened_by: asked.opened_by.as_deref(),
    };
    let is_of_call = !agents.is_empty() || asked.opened_by.is_some();
    let rights = asked
        .right
        .as_ref()
        .map_or(Right::ALL, std::slice::from_ref);
    for who in who {
        writeln!(out, "{}", described(&who))?;
        for right in rights {
            let decision = decide(&who, *right, is_of_call.then_some(whose));
            match &decision {
                Decision::Allowed { sees, by } => {
                    let hidden = classes(sees.hidden());
                    writeln!(out, "  {right}: yes, by {by}; hidden: {}", none_or(&hidden))?;
                }
                Decision::Refused { why } => writeln!(out, "  {right}: no ({why})")?,
            }
        }
        if !is_of_call {
            writeln!(
                out,
                "  (of calls: --agent ID or --opened-by NAME asks for one)"
            )?;
        }
    }
    Ok(())
}

fn described(who: &Principal) -> String {
    let mut text = format!("{}, {}", who.name(), who.role_names().join(", "));
    if let Some(agent) = who.agent_id() {
        text.push_str(&format!(", agent {agent}"));
    }
    if !who.team().is_empty() {
        let team: Vec<_> = who.team().iter().map(String::as_str).collect();
        text.push_str(&format!(", team of {}", team.join(", ")));
    }
    printable(&text).to_string()
}
