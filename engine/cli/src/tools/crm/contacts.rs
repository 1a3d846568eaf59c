//! `sidetone crm contacts`: customers of the CRM that comes with the program.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use console::{Alignment, pad_str, style};
use sidetone::access::Directory;
use sidetone::config::Config;
use sidetone::crm::Embedded;
use sidetone::crm::embedded::{Imported, Kept, Record, TicketQuery, write_sheet};
use sidetone::printable::printable;
use sidetone_core::phone;

use super::{own, work};
use crate::tell::tell;
use crate::tools::agreed::agreed;

/// Columns, and how wide.
const COLUMNS: [(&str, usize); 4] = [("ID", 16), ("NAME", 24), ("TIER", 9), ("NUMBERS", 30)];
/// Tickets that are shown of a customer.
const TICKETS: u32 = 20;

#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// List customers by their ids.
    List {
        /// Those with this in their name, number, e-mail or id.
        #[arg(long, value_name = "TEXT", default_value = "")]
        find: String,
        /// Behind this id.
        #[arg(long, value_name = "ID", default_value = "")]
        after: String,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// As JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// Show a customer with their tickets and contacts.
    Show {
        /// Their id, or a number of theirs.
        who: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Add a customer, and print their id.
    Add {
        /// Their id. Without one they get the next.
        #[arg(long)]
        id: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Change what is known of a customer.
    Edit {
        /// Their id.
        id: String,
        #[command(flatten)]
        change: Change,
    },
    /// Remove a customer. Their tickets stay, as nobody's; `sidetone person erase` removes these, too.
    Remove {
        /// Their id.
        id: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Take in a table: CSV in UTF-8, with a heading that names the columns (name, phone, id, email, tier; others are preferences).
    ///
    /// A row is of the customer whose id it gives, else of the one who has a number of its under the same name, else
    /// of a new one: a table may be taken in again. What a row does not say stays.
    Import {
        /// The table.
        file: PathBuf,
    },
    /// Write all customers as such a table.
    Export {
        /// The file, or `-` for the terminal.
        file: PathBuf,
    },
}

/// What is known of a customer.
#[derive(Args, Debug)]
pub(super) struct Change {
    /// Their name, as agents should say it.
    #[arg(long)]
    name: Option<String>,
    /// A number of theirs, as often as they have one. The others are theirs no more.
    #[arg(long, value_name = "NUMBER")]
    phone: Vec<String>,
    /// One more number.
    #[arg(long, value_name = "NUMBER")]
    add_phone: Vec<String>,
    /// A number that is theirs no more.
    #[arg(long, value_name = "NUMBER")]
    remove_phone: Vec<String>,
    /// Their e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// What kind of customer they are.
    #[arg(long)]
    tier: Option<String>,
    /// A preference of theirs; without a value it is removed.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Change {
    fn apply(&self, record: &mut Record, region: &str) -> anyhow::Result<()> {
        let number = |given: &String| {
            let number = phone::parse(given, region).e164;
            number.ok_or_else(|| {
                anyhow!("`{given}` is no phone number in {region}; write it like +14155550117")
            })
        };
        let numbers = |given: &[String]| given.iter().map(number).collect::<Result<Vec<_>, _>>();
        if !self.phone.is_empty() {
            record.phones = numbers(&self.phone)?;
        }
        record.phones.extend(numbers(&self.add_phone)?);
        let gone = numbers(&self.remove_phone)?;
        record.phones.retain(|phone| !gone.contains(phone));
        let texts = [
            (&self.name, &mut record.name),
            (&self.email, &mut record.email),
            (&self.tier, &mut record.tier),
        ];
        for (given, text) in texts {
            if let Some(given) = given {
                given.trim().clone_into(text);
            }
        }
        for given in &self.set {
            let (name, value) = given
                .split_once('=')
                .with_context(|| format!("`--set {given}` is no NAME=VALUE"))?;
            match value.trim() {
                "" => drop(record.preferences.remove(name.trim())),
                value => {
                    let (name, value) = (name.trim().to_owned(), value.to_owned());
                    record.preferences.insert(name, value);
                }
            }
        }
        record.check().map_err(|problem| anyhow!(problem))
    }
}

pub(super) fn run(what: &What, config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    let crm = own(config)?;
    let note = |action: &str, what: &str| -> anyhow::Result<()> {
        Ok(Directory::open(&config.store)?.note(action, what)?)
    };
    let region = config.defaults.region.as_str();
    match what {
        What::List {
            find,
            after,
            limit,
            json,
        } => list(
            &crm.list_customers(find, after, *limit)?,
            (*limit, *json),
            out,
        )?,
        What::Show { who, json } => show(&crm, &found(&crm, who, region)?, *json, out)?,
        What::Add { id, change } => {
            let mut record = Record::default();
            change.apply(&mut record, region)?;
            let id = match id {
                Some(id) => id.trim().to_owned(),
                None => crm.next_id()?,
            };
            if put(&crm, &id, &record, 0)?.is_none() {
                bail!("there is a customer `{id}` already: `sidetone crm contacts edit {id}`");
            }
            note("contact_added", &id)?;
            writeln!(out, "{id}")?;
        }
        What::Edit { id, change } => {
            let mut kept = found(&crm, id, region)?;
            change.apply(&mut kept.record, region)?;
            if put(&crm, &kept.customer_id, &kept.record, kept.revision)?.is_none() {
                bail!("somebody else has changed `{id}` at this moment: try again");
            }
            note("contact_changed", &kept.customer_id)?;
            show(&crm, &found(&crm, id, region)?, false, out)?;
        }
        What::Remove { id, yes } => {
            let kept = found(&crm, id, region)?;
            let name = printable(&kept.record.name);
            if !yes && !agreed(&format!("Remove {name} ({id}) for good?"))? {
                bail!("nobody is removed");
            }
            note("contact_removed", &kept.customer_id)?;
            crm.remove_customer(&kept.customer_id)?;
            writeln!(out, "customer `{id}` is removed")?;
        }
        What::Import { file } => import(&crm, file, region, out, note)?,
        What::Export { file } => {
            let all = crm.list_customers("", "", usize::MAX)?;
            // Before it is on the disk in clear.
            note("contacts_exported", &format!("{} customers", all.len()))?;
            match file.as_os_str() == "-" {
                true => write_sheet(&mut *out, &all)?,
                false => {
                    let made = File::create(file);
                    let made = made.with_context(|| format!("cannot write {}", file.display()))?;
                    write_sheet(made, &all)?;
                    tell(format_args!("{} customers: {}", all.len(), file.display()));
                }
            }
        }
    }
    Ok(())
}

fn put(crm: &Embedded, id: &str, record: &Record, over: u64) -> anyhow::Result<Option<u64>> {
    let kept = crm.put_customers([(id, record, over)])?;
    Ok(kept.ok().and_then(|revisions| revisions.first().copied()))
}

/// The one of that id, else the only one of that number.
fn found(crm: &Embedded, who: &str, region: &str) -> anyhow::Result<Kept> {
    if let Some((kept, _)) = crm.customer(who)? {
        return Ok(kept);
    }
    let number = phone::parse(who, region).e164.unwrap_or_default();
    let mut of_number = crm.customers_of(&number)?;
    match (of_number.pop(), of_number.len()) {
        (Some(kept), 0) => Ok(kept),
        (Some(_), more) => bail!(
            "{} customers have that number: say which by the id; `sidetone crm contacts list --find {number}` names \
             them",
            more + 1
        ),
        (None, _) => bail!(
            "there is no customer `{}`; `sidetone crm contacts list --find TEXT` looks for one",
            printable(who)
        ),
    }
}

fn list(all: &[Kept], (limit, json): (usize, bool), out: &mut impl Write) -> anyhow::Result<()> {
    if json {
        for kept in all {
            writeln!(out, "{}", serde_json::to_string(kept)?)?;
        }
        return Ok(());
    }
    let row = |cells: [&str; 4]| {
        let cells = cells.iter().zip(COLUMNS);
        let cells = cells.map(|(cell, (_, width))| {
            pad_str(&printable(cell), width, Alignment::Left, Some("…")).into_owned()
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    if !all.is_empty() {
        let heading = row(COLUMNS.map(|(heading, _)| heading));
        writeln!(out, "{}", style(heading).dim())?;
    }
    for kept in all {
        let record = &kept.record;
        let phones = record.phones.join(" ");
        let cells = [&kept.customer_id, &record.name, &record.tier, &phones];
        writeln!(out, "{}", row(cells.map(String::as_str)))?;
    }
    let more = match all.last() {
        Some(last) if all.len() == limit => {
            format!(
                "; there may be more: --after {}",
                printable(&last.customer_id)
            )
        }
        _ => String::new(),
    };
    writeln!(out, "{} customers{more}", all.len())?;
    Ok(())
}

fn show(crm: &Embedded, kept: &Kept, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let of_them = TicketQuery {
        customer_id: Some(kept.customer_id.clone()),
        most: TICKETS,
        ..TicketQuery::default()
    };
    let tickets = crm.tickets(&of_them)?;
    let contacts = crm.customer(&kept.customer_id)?;
    let contacts = contacts.map(|(_, contacts)| contacts).unwrap_or_default();
    if json {
        let all = serde_json::json!({ "customer": kept, "tickets": tickets, "contacts": contacts });
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    let record = &kept.record;
    let name = style(printable(&record.name)).bold();
    writeln!(out, "{name}  {}", printable(&kept.customer_id))?;
    let told = [
        ("numbers", record.phones.join(" ")),
        ("e-mail", record.email.clone()),
        ("tier", record.tier.clone()),
    ];
    let preferences = record.preferences.iter();
    let preferences = preferences.map(|(name, value)| (name.as_str(), value.clone()));
    for (name, value) in told.into_iter().chain(preferences) {
        if !value.is_empty() {
            writeln!(out, "  {}: {}", printable(name), printable(&value))?;
        }
    }
    work::list_tickets(&tickets, out)?;
    for contact in &contacts {
        let about = printable(&contact.about);
        writeln!(
            out,
            "  {}  {}  {about}",
            contact.day,
            printable(&contact.channel)
        )?;
    }
    Ok(())
}

fn import(
    crm: &Embedded,
    file: &Path,
    region: &str,
    out: &mut impl Write,
    note: impl Fn(&str, &str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let bar = indicatif::ProgressBar::new_spinner().with_message("rows");
    let imported = crm.import_file(file, region, |rows| bar.set_position(rows));
    bar.finish_and_clear();
    let Imported {
        added,
        changed,
        same,
        refused,
        left_out,
    } = imported?;
    note(
        "contacts_imported",
        &format!("{added} added, {changed} changed"),
    )?;
    for problem in &refused {
        tell(format_args!("note: {}", printable(problem)));
    }
    let untold = left_out - refused.len() as u64;
    if untold > 0 {
        tell(format_args!("note: and {untold} more rows"));
    }
    writeln!(
        out,
        "{added} added, {changed} changed, {same} as they were, {left_out} rows left out"
    )?;
    Ok(())
}
