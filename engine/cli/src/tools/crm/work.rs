//! `sidetone crm tickets` and `sidetone crm tasks`: what calls have left to be done.

use std::io::{self, Write};

use anyhow::bail;
use clap::{Args, Subcommand};
use console::style;
use jiff::Timestamp;
use jiff::civil::Date;
use sidetone::crm::Embedded;
use sidetone::crm::embedded::{TaskQuery, Ticket, TicketQuery};
use sidetone::printable::printable;

#[derive(Debug, Subcommand)]
pub(super) enum Tickets {
    /// List tickets, the newest first.
    List {
        /// Those alone that are not closed.
        #[arg(long)]
        open: bool,
        /// Of this customer.
        #[arg(long, value_name = "ID")]
        contact: Option<String>,
        /// Older than this one.
        #[arg(long, value_name = "ID")]
        before: Option<String>,
        #[command(flatten)]
        many: Many,
    },
    /// Show a ticket with the note of its call.
    Show {
        /// Its id.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Close a ticket.
    Close {
        /// Its id.
        id: String,
    },
    /// Open a ticket that was closed.
    Reopen {
        /// Its id.
        id: String,
    },
    /// Have a ticket wait for somebody.
    Wait {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Tasks {
    /// List what is to be done, what is due first at the top.
    List {
        /// Due by this day: 2026-05-04.
        #[arg(long, value_name = "DAY")]
        due: Option<Date>,
        /// Of this customer.
        #[arg(long, value_name = "ID")]
        contact: Option<String>,
        /// What is done, too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        many: Many,
    },
    /// Tick a task off.
    Done {
        /// Its id.
        id: String,
    },
    /// Have a task to be done again.
    Undo {
        /// Its id.
        id: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct Many {
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// As JSON, one object per line.
    #[arg(long)]
    json: bool,
}

pub(super) fn tickets(what: &Tickets, crm: &Embedded, out: &mut impl Write) -> anyhow::Result<()> {
    let (id, status) = match what {
        Tickets::List {
            open,
            contact,
            before,
            many,
        } => {
            let found = crm.tickets(&TicketQuery {
                open: *open,
                customer_id: contact.clone(),
                before: before.clone(),
                most: many.limit,
            })?;
            return match many.json {
                true => as_json(&found, out),
                false => {
                    list_tickets(&found, out)?;
                    Ok(writeln!(out, "{} tickets", found.len())?)
                }
            };
        }
        Tickets::Show { id, json } => {
            let Some(ticket) = crm.ticket(id)? else {
                bail!("there is no ticket `{}`", printable(id));
            };
            return show(&ticket, *json, out);
        }
        Tickets::Close { id } => (id, "closed"),
        Tickets::Reopen { id } => (id, "open"),
        Tickets::Wait { id } => (id, "waiting"),
    };
    if !crm.set_status(id, status)? {
        bail!("there is no ticket `{}`", printable(id));
    }
    Ok(writeln!(out, "ticket {id}: {status}")?)
}

pub(super) fn tasks(what: &Tasks, crm: &Embedded, out: &mut impl Write) -> anyhow::Result<()> {
    let (id, done_ms) = match what {
        Tasks::List {
            due,
            contact,
            all,
            many,
        } => {
            let found = crm.tasks(&TaskQuery {
                done: *all,
                due_by: due.map(|day| day.to_string()),
                customer_id: contact.clone(),
                most: many.limit,
            })?;
            if many.json {
                return as_json(&found, out);
            }
            for task in &found {
                let due = match task.due.as_str() {
                    "" => "no day",
                    due => due,
                };
                let mark = match task.done_ms {
                    Some(_) => "done",
                    None => "",
                };
                let (id, title) = (style(&task.task_id).bold(), printable(&task.title));
                writeln!(
                    out,
                    "{id:>6}  {due:<16}  {mark:<4}  {title}  {}",
                    task.ticket_id
                )?;
            }
            return Ok(writeln!(out, "{} tasks", found.len())?);
        }
        Tasks::Done { id } => (id, Some(Timestamp::now().as_millisecond())),
        Tasks::Undo { id } => (id, None),
    };
    if !crm.set_done(id, done_ms)? {
        bail!("there is no task `{}`", printable(id));
    }
    let now = match done_ms {
        Some(_) => "done",
        None => "to be done",
    };
    Ok(writeln!(out, "task {id}: {now}")?)
}

fn as_json(all: &[impl serde::Serialize], out: &mut impl Write) -> anyhow::Result<()> {
    for one in all {
        writeln!(out, "{}", serde_json::to_string(one)?)?;
    }
    Ok(())
}

pub(super) fn list_tickets(all: &[Ticket], out: &mut impl Write) -> io::Result<()> {
    for ticket in all {
        let urgent = if ticket.urgent { "urgent" } else { "" };
        let (id, title) = (style(&ticket.ticket_id).bold(), printable(&ticket.title));
        let (opened, status) = (&ticket.opened, &ticket.status);
        writeln!(out, "{id:>6}  {opened}  {status:<7}  {urgent:<6}  {title}")?;
    }
    Ok(())
}

fn show(ticket: &Ticket, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    if json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(ticket)?)?);
    }
    list_tickets(std::slice::from_ref(ticket), out)?;
    let told = [
        (
            "customer",
            ticket.customer_id.as_deref().unwrap_or_default(),
        ),
        ("agent", ticket.agent_id.as_str()),
        ("disposition", ticket.disposition.as_str()),
    ];
    for (name, value) in told {
        if !value.is_empty() {
            writeln!(out, "  {name}: {}", printable(value))?;
        }
    }
    writeln!(out)?;
    for line in ticket.body.lines() {
        writeln!(out, "{}", printable(line))?;
    }
    Ok(())
}
