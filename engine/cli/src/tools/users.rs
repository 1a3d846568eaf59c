//! `sidetone users`: who logs in at the desk.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::bail;
use clap::{Args, Subcommand};
use console::Term;
use sidetone::access::{Directory, Mode, Subject, check_roles, policy};
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone_access::PasswordHash;
use sidetone_types::controls::controls;

use super::Outcome;
use crate::tell::tell;

/// Say who logs in at the desk, and what they are.
///
/// A running engine knows of it within a second.
#[derive(Args, Debug)]
pub struct UsersArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add somebody. Their password is asked for, or read from standard input.
    Add(AddArgs),
    /// List all, with what they are.
    List {
        /// As JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// Say anew what somebody is: all roles, the agent, all teams. Their sessions end.
    Change(AddArgs),
    /// Give somebody another password. Their sessions end.
    Password {
        /// Who.
        name: String,
    },
    /// Keep somebody out. Their sessions end.
    Lock {
        /// Who.
        name: String,
    },
    /// Let somebody in again.
    Unlock {
        /// Who.
        name: String,
    },
    /// Forget somebody. Their sessions end.
    Remove {
        /// Who.
        name: String,
    },
}

#[derive(Args, Debug)]
struct AddArgs {
    /// What they are called when they log in: letters, digits and `-_.@+`.
    name: String,
    #[command(flatten)]
    is: IsArgs,
}

/// What somebody is.
#[derive(Args, Debug)]
pub struct IsArgs {
    /// What they are: a role of `sidetone access roles`, again for each further one.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<String>,
    /// The agent that they are, as calls name agents.
    #[arg(long, value_name = "ID")]
    agent_id: Option<String>,
    /// A team of theirs, again for each further one. Supervisors see the calls of its agents.
    #[arg(long = "team", value_name = "TEAM")]
    teams: Vec<String>,
}

impl IsArgs {
    /// Somebody of that name, once the roles are known to exist.
    pub fn subject(&self, name: &str, config: &Config) -> anyhow::Result<Subject> {
        check_roles(&policy(&config.access.policy)?, &self.roles)?;
        let names = self.teams.iter().chain(&self.agent_id);
        for name in names {
            let odd = |sign: char| sign == ',' || controls(sign);
            if name.is_empty() || name.trim() != name || name.chars().any(odd) {
                bail!(
                    "`{}` is no id of an agent and no name of a team: without commas, signs that control \
                     a terminal, and spaces around it",
                    printable(name)
                );
            }
        }
        if config.access.mode != Mode::Secure {
            tell(format_args!(
                "note: `access.mode` is open: nobody is asked who they are until it is \"secure\""
            ));
        }
        Ok(Subject {
            name: name.to_owned(),
            roles: self.roles.clone(),
            agent_id: self.agent_id.clone(),
            teams: self.teams.clone(),
        })
    }
}

/// Runs the command, while the engine runs and while it does not.
pub fn run(args: &UsersArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut out = io::stdout();
    let directory = Directory::open(&config.store)?;
    match &args.what {
        What::Add(AddArgs { name, is }) => {
            let subject = is.subject(name, config)?;
            directory.add_user(&subject, &ask_password()?)?;
            writeln!(out, "`{name}` may log in")?;
        }
        What::Change(AddArgs { name, is }) => {
            let subject = is.subject(name, config)?;
            directory.set_subject(&subject)?;
            writeln!(out, "{subject}")?;
        }
        What::List { json } => {
            for user in directory.users()? {
                let is = &user.subject;
                let line = match json {
                    true => serde_json::json!({
                        "name": is.name, "roles": is.roles, "agent_id": is.agent_id,
                        "teams": is.teams, "locked": user.locked,
                    })
                    .to_string(),
                    false => format!(
                        "{:<24} {}{}{}{}",
                        is.name,
                        is.roles.join(", "),
                        of("agent", is.agent_id.as_deref().unwrap_or_default()),
                        of("teams", &is.teams.join(", ")),
                        if user.locked { "  locked" } else { "" },
                    ),
                };
                writeln!(out, "{}", printable(&line))?;
            }
        }
        What::Password { name } => {
            directory.set_password(name, &ask_password()?)?;
            writeln!(out, "`{name}` has another password")?;
        }
        What::Lock { name } => {
            directory.set_locked(name, true)?;
            writeln!(out, "`{name}` is kept out")?;
        }
        What::Unlock { name } => {
            directory.set_locked(name, false)?;
            writeln!(out, "`{name}` may log in again")?;
        }
        What::Remove { name } => {
            directory.remove_user(name)?;
            writeln!(out, "`{name}` is forgotten")?;
        }
    }
    Ok(Outcome::Done)
}

/// Something of a line, if there is any.
pub fn of(what: &str, text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("  {what} {text}"),
    }
}

/// Asks at the terminal, twice; elsewhere reads a line.
fn ask_password() -> anyhow::Result<PasswordHash> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        return Ok(PasswordHash::of(line.trim_end_matches(['\r', '\n']))?);
    }
    let terminal = Term::stderr();
    let ask = |what: &str| {
        terminal.write_str(what)?;
        terminal.read_secure_line()
    };
    let password = ask("Password: ")?;
    if ask("Once more: ")? != password {
        bail!("the two are not the same: nothing is changed");
    }
    Ok(PasswordHash::of(&password)?)
}
