//! `sidetone crm`: what the CRM is still owed, and whether it can be spoken to.

mod contacts;
mod work;

use std::io::{self, Write};
use std::time::SystemTime;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};
use console::style;
use sidetone::config::Config;
use sidetone::crm::{Embedded, write_test_ticket};
use sidetone::printable::printable;
use sidetone::records::{Entry, FullEntry, NoteState};
use sidetone::services;
use sidetone::storage::{Outbox, open_outbox};
use sidetone_core::phone;
use sidetone_types::time::unix_millis;

use super::Outcome;

/// See what waits for the CRM, try again what it refused, check its description, and work with the CRM
/// that comes with the program: its contacts, tickets and tasks.
#[derive(Args, Debug)]
pub struct CrmArgs {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the notes that wait for the CRM.
    Outbox(ListArgs),
    /// List the notes that were given up, and why.
    Dead(ListArgs),
    /// Show one note: where it stands, and what the CRM is to be told.
    Show {
        /// Its number.
        id: i64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the note of one call.
    Note {
        /// The call's id.
        call: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Try a note again at once. A running engine does so within a second, otherwise the next one
    /// does.
    Retry {
        /// Its number.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<i64>,
        /// All that were given up.
        #[arg(long)]
        all: bool,
    },
    /// Drop a note that was given up, because somebody has dealt with it.
    Discard {
        /// Its number.
        id: i64,
    },
    /// Customers of the CRM that comes with the program.
    #[command(subcommand)]
    Contacts(contacts::What),
    /// Tickets that calls have left there.
    #[command(subcommand)]
    Tickets(work::Tickets),
    /// What was promised in those calls, and is to be done.
    #[command(subcommand)]
    Tasks(work::Tasks),
    /// Read the CRM's description, ask the CRM who has a number, and with `--write` open a ticket.
    Check {
        /// A number to ask for. It need not exist.
        #[arg(long, default_value = "+14155550117")]
        phone: String,
        /// Open a ticket that says it is a test. Somebody has to close it.
        #[arg(long)]
        write: bool,
    },
}

#[derive(Args, Debug)]
struct ListArgs {
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// As JSON, one object per line.
    #[arg(long)]
    json: bool,
}

/// Runs the command. All but `check` works while the engine runs, and while it does not.
pub fn run(args: &CrmArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut out = io::stdout();
    let outbox = || open_outbox(&config.store);
    match &args.what {
        What::Outbox(args) => {
            let outbox = outbox()?;
            let mut entries = outbox.list(NoteState::InFlight, args.limit)?;
            entries
                .extend(outbox.list(NoteState::Waiting, args.limit.saturating_sub(entries.len()))?);
            list(&mut out, &entries, args.json)?;
            if !args.json {
                say_counts(&mut out, &*outbox)?;
            }
        }
        What::Dead(args) => {
            let outbox = outbox()?;
            list(
                &mut out,
                &outbox.list(NoteState::Dead, args.limit)?,
                args.json,
            )?;
            if !args.json {
                say_counts(&mut out, &*outbox)?;
            }
        }
        What::Show { id, json } => match outbox()?.entry(*id)? {
            Some(entry) => show(&mut out, &entry, *json)?,
            None => bail!(
                "there is no note {id}; `sidetone crm outbox` and `sidetone crm dead` list them"
            ),
        },
        What::Note { call, json } => match outbox()?.of_call(call)? {
            Some(entry) => show(&mut out, &entry, *json)?,
            None => bail!("no note of call {} is kept", printable(call)),
        },
        What::Retry { id: Some(id), .. } => {
            if !outbox()?.retry(*id)? {
                bail!("there is no note {id} that waits or was given up");
            }
            writeln!(out, "note {id} is tried again")?;
        }
        What::Retry { id: None, .. } => {
            let count = outbox()?.retry_all_dead()?;
            writeln!(out, "{count} notes are tried again")?;
        }
        What::Discard { id } => {
            if !outbox()?.discard(*id)? {
                bail!("there is no note {id} that was given up");
            }
            writeln!(out, "note {id} is gone")?;
        }
        What::Contacts(what) => contacts::run(what, config, &mut out)?,
        What::Tickets(what) => work::tickets(what, &own(config)?, &mut out)?,
        What::Tasks(what) => work::tasks(what, &own(config)?, &mut out)?,
        What::Check { phone, write } => check(&mut out, phone, *write, config)?,
    }
    Ok(Outcome::Done)
}

/// The CRM that comes with the program, if that is the one there is.
fn own(config: &Config) -> anyhow::Result<Embedded> {
    services::embedded_beside(config)?.ok_or_else(|| {
        anyhow!(
            "`crm.description` names another CRM than the one that comes with the program: work with its customers there"
        )
    })
}

fn check(out: &mut impl Write, phone: &str, write: bool, config: &Config) -> anyhow::Result<()> {
    let number = phone::parse(phone, &config.defaults.region);
    let Some(number) = number.e164 else {
        bail!("`{phone}` is no phone number; write it like +14155550117");
    };
    let description = config.crm.description.as_path();
    let crm = services::crm_beside(config)?;
    if description.as_os_str().is_empty() {
        writeln!(
            out,
            "`crm.description` names no file: this is the CRM that comes with the program"
        )?;
    } else {
        writeln!(out, "{}: {}, understood", description.display(), crm.name())?;
    }
    let found = crm.find(&number);
    match found.map_err(|error| anyhow!(error.in_full()))? {
        Some(customer) if !customer.candidates.is_empty() => {
            writeln!(
                out,
                "several customers have {number}; a ticket goes to none of them"
            )?;
            for candidate in &customer.candidates {
                let who = format!("{} ({})", candidate.name, candidate.customer_id);
                writeln!(out, "  {}", printable(&who))?;
            }
        }
        Some(customer) => {
            let who = format!("{} ({})", customer.name, customer.customer_id);
            writeln!(out, "{number} is {}", printable(&who))?;
            writeln!(
                out,
                "tier: {}, open tickets: {}, last contacts: {}",
                match customer.tier.as_str() {
                    "" => "none".into(),
                    tier => printable(tier),
                },
                customer.open_tickets.len(),
                customer.last_contacts.len()
            )?;
        }
        None => writeln!(out, "the CRM answers, and knows nobody with {number}")?,
    }
    if write {
        let ticket = write_test_ticket(crm.as_ref());
        let ticket = ticket.map_err(|error| anyhow!("no ticket: {}", error.in_full()))?;
        writeln!(
            out,
            "ticket {ticket} is written; it says that it is a test and belongs to nobody: close it"
        )?;
    }
    Ok(())
}

fn list(out: &mut impl Write, entries: &[Entry], json: bool) -> anyhow::Result<()> {
    for entry in entries {
        if json {
            writeln!(out, "{}", serde_json::to_string(entry)?)?;
            continue;
        }
        let next = match entry.state {
            NoteState::Waiting => next_try(entry),
            NoteState::InFlight => "being written".to_owned(),
            NoteState::Dead => format!("given up {}", ago(entry.settled_ms.unwrap_or_default())),
            NoteState::Delivered => {
                format!("written {}", ago(entry.settled_ms.unwrap_or_default()))
            }
        };
        writeln!(
            out,
            "{:>6}  call {}  closed {}  tries {}  {next}",
            style(entry.id).bold(),
            printable(&entry.call_id),
            ago(entry.created_ms),
            entry.attempts,
        )?;
        if !entry.reason.is_empty() {
            writeln!(out, "        {}", style(printable(&entry.reason)).dim())?;
        }
    }
    Ok(())
}

fn say_counts(out: &mut impl Write, outbox: &dyn Outbox) -> anyhow::Result<()> {
    let counts = outbox.counts()?;
    writeln!(
        out,
        "{} in review, {} waiting, {} being written, {} given up, {} written",
        counts.in_review, counts.waiting, counts.in_flight, counts.dead, counts.delivered
    )?;
    Ok(())
}

fn show(out: &mut impl Write, full: &FullEntry, json: bool) -> anyhow::Result<()> {
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(full)?)?;
        return Ok(());
    }
    let entry = &full.entry;
    writeln!(
        out,
        "note {}, call {}: {}",
        entry.id,
        printable(&entry.call_id),
        entry.state
    )?;
    writeln!(
        out,
        "closed {}, tries {}",
        ago(entry.created_ms),
        entry.attempts
    )?;
    if entry.state == NoteState::Waiting {
        writeln!(out, "{}", next_try(entry))?;
    }
    if !entry.reason.is_empty() {
        writeln!(out, "last failure: {}", printable(&entry.reason))?;
    }
    for step in &full.steps {
        let id = match step.crm_id.as_deref() {
            None => "begun; the CRM may have it or not",
            Some("") => "nothing to write",
            Some(id) => id,
        };
        writeln!(out, "  {:<12} {}", step.step, printable(id))?;
    }
    match &full.note {
        None => writeln!(out, "its text cannot be read by this version")?,
        Some(note) => {
            let tasks = &note.summary.follow_ups;
            let due: Vec<&str> = tasks
                .iter()
                .map(|task| task.due.as_deref().unwrap_or("unclear"))
                .collect();
            writeln!(
                out,
                "customer: {}",
                printable(note.phone.as_deref().unwrap_or("no number"))
            )?;
            writeln!(out, "tasks: {}, due: {}", tasks.len(), due.join(", "))?;
            if let Some(by) = &note.summary.reviewed_by {
                let by = if by.is_empty() { "somebody" } else { by };
                let changed = entry.revision;
                writeln!(out, "reviewed by {}, changes: {changed}", printable(by))?;
            }
            writeln!(out)?;
            for line in note.summary.text.lines() {
                writeln!(out, "{}", printable(line))?;
            }
        }
    }
    Ok(())
}

/// When a note that waits is written.
fn next_try(entry: &Entry) -> String {
    let at = ahead(entry.due_ms);
    match entry.is_in_review() {
        true => format!("in review, written {at} unless confirmed before"),
        false => format!("next try {at}"),
    }
}

/// `3 min ago`.
fn ago(ms: u64) -> String {
    format!("{} ago", rough(now_ms().saturating_sub(ms)))
}

/// `in 3 min`.
fn ahead(ms: u64) -> String {
    match ms.saturating_sub(now_ms()) {
        0 => "now".to_owned(),
        wait => format!("in {}", rough(wait)),
    }
}

fn now_ms() -> u64 {
    unix_millis(SystemTime::now())
}

/// A length of time in the largest unit that it has one of.
fn rough(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_roughly() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (7_200, "2 h"),
            (259_200, "3 days"),
        ] {
            assert_eq!(rough(seconds * 1_000), expected);
        }
    }

    #[test]
    fn a_note_in_a_list_says_why_it_waits() {
        let entry = Entry {
            id: 7,
            call_id: "c1".to_owned(),
            state: NoteState::Waiting,
            created_ms: now_ms() - 120_500,
            since_ms: 0,
            due_ms: now_ms() - 1,
            attempts: 3,
            taken: 3,
            revision: 0,
            reason: "ticket: the CRM answered 503".to_owned(),
            settled_ms: None,
        };
        let mut out = Vec::new();
        list(&mut out, &[entry], false).expect("memory takes all");
        let text = String::from_utf8(out).expect("text");
        let expected = "     7  call c1  closed 2 min ago  tries 3  next try now\n        ticket: the CRM answered 503\n";
        assert_eq!(console::strip_ansi_codes(&text), expected);
    }

    #[test]
    fn a_check_writes_a_ticket_only_if_asked() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config::default();
        config.store.dir = dir.path().to_owned();
        drop(services::Services::open(&config).expect("a new store"));
        let checked = |write| {
            let mut out = Vec::new();
            check(&mut out, "+14155550117", write, &config).expect("the CRM takes it");
            String::from_utf8(out).expect("text")
        };
        assert!(checked(false).contains("knows nobody"));
        assert!(!checked(false).contains("ticket"), "not asked for");
        let said = checked(true);
        assert!(said.contains("ticket T-1 is written"), "{said}");
        assert!(said.contains("it is a test"), "{said}");
    }
}
