//! `sidetone person`: what is kept of somebody, and forgetting it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sidetone::access::Directory;
use sidetone::config::Config;
use sidetone::crm::Embedded;
use sidetone::services::{catch_up_index, embedded_beside};
use sidetone::storage::{Person, Persons, Reader, open_outbox};
use sidetone_core::phone;

use super::Outcome;
use super::agreed::agreed;
use super::call_recordings::{Kept, save_beside};
use crate::tell::tell;

/// Tell or erase all that is kept of a person: calls, recordings, notes, and the CRM that comes with the program.
///
/// Both work beside a running engine. What another CRM keeps is for that to tell and erase.
#[derive(Args, Debug)]
pub struct PersonArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print all that is kept of them, as JSON.
    Export {
        #[command(flatten)]
        who: Who,
        /// Also write the recordings of their calls there, as FLAC: in clear, so look after them.
        #[arg(long, value_name = "DIR")]
        sound: Option<PathBuf>,
    },
    /// Erase it. The keys of their calls are destroyed first, so that copies do not open any more either.
    Erase {
        #[command(flatten)]
        who: Who,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
struct Who {
    /// Their number with `+` and country, or a customer's id of the CRM.
    #[arg(value_name = "PHONE|ID")]
    who: String,
}

impl Who {
    fn person(&self, config: &Config) -> Person {
        // Digits alone may be anybody's id.
        let number = phone::parse(&self.who, config.defaults.region.as_str());
        Person {
            phone: number.e164.filter(|_| self.who.trim().starts_with('+')),
            given: self.who.trim().to_owned(),
        }
    }
}

/// Runs the command, while the engine runs and while it does not.
pub fn run(args: &PersonArgs, config: &Config) -> anyhow::Result<Outcome> {
    let (What::Export { who, .. } | What::Erase { who, .. }) = &args.what;
    let person = who.person(config);
    let mut persons = Persons::open(&config.store)?;
    let calls = persons.calls_of(&person)?;
    let crm = embedded_beside(config)?;
    match &args.what {
        What::Export { sound, .. } => {
            let mut left = Vec::new();
            let sound = sound.as_deref();
            let told = export(config, &person, &calls, crm.as_ref(), (sound, &mut left))?;
            let mut out = io::stdout();
            writeln!(out, "{}", serde_json::to_string_pretty(&told)?)?;
            Ok(done_but(&left, "export them again"))
        }
        What::Erase { yes, .. } => {
            if !yes
                && !agreed(&format!(
                    "Erase {} calls and all else of them for good?",
                    calls.len()
                ))?
            {
                bail!("nothing is erased");
            }
            erase(config, &mut persons, &person, &calls, crm.as_ref())
        }
    }
}

fn export(
    config: &Config,
    person: &Person,
    calls: &[String],
    crm: Option<&Embedded>,
    (sound, left): (Option<&Path>, &mut Vec<String>),
) -> anyhow::Result<Value> {
    let kept = Kept::of(config)?;
    if let Some(folder) = sound {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Directory::open(&config.store)?
            .note("person_sound_saved", &format!("{} calls", calls.len()))?;
    }
    let reader = Reader::open(&config.store)?;
    let outbox = open_outbox(&config.store)?;
    let mut told = Vec::new();
    let mut notes = Vec::new();
    let mut recordings = Vec::new();
    for id in calls {
        if let Some(recording) = kept.recording(id)? {
            let mut told = serde_json::to_value(&recording)?;
            if let Some(folder) = sound {
                match kept
                    .audio(id)
                    .and_then(|audio| save_beside(audio, folder, id))
                {
                    Ok(file) => told["file"] = file.display().to_string().into(),
                    Err(error) => left.push(format!("{error:#}")),
                }
            }
            recordings.push(told);
        }
        told.extend(reader.call(id)?);
        notes.extend(outbox.of_call(id)?.and_then(|entry| entry.note));
    }
    Ok(json!({
        "person": person.given,
        "phone": person.phone,
        "calls": serde_json::to_value(told)?,
        "notes": serde_json::to_value(notes)?,
        "recordings": recordings,
        "crm": crm.map(|crm| crm.export(person)).transpose()?,
    }))
}

fn erase(
    config: &Config,
    persons: &mut Persons,
    person: &Person,
    calls: &[String],
    crm: Option<&Embedded>,
) -> anyhow::Result<Outcome> {
    // The audit keeps the fact alone, also of what is interrupted.
    let journal = Directory::open(&config.store)?;
    journal.note("person_erasure_begun", &format!("{} calls", calls.len()))?;
    let mut erased = 0;
    let mut left = Vec::new();
    for id in calls {
        match persons.erase(id) {
            Ok(()) => erased += 1,
            Err(error) => left.push(format!("call `{id}`: {error}")),
        }
    }
    let (contacts, tickets) = match crm.map(|crm| crm.erase(person)) {
        Some(Ok(found)) => found,
        Some(Err(error)) => {
            left.push(error.to_string());
            (0, 0)
        }
        None => (0, 0),
    };
    let fact = format!("{erased} calls, {contacts} contacts, {tickets} tickets");
    journal.note("person_erased", &fact)?;
    if let Err(error) = Kept::of(config)?.remove_gone() {
        left.push(error.to_string());
    }
    persons.forget_choices(person)?;
    if !persons.sweep() {
        left.push(
            "somebody reads the store: its log of changes still holds what was erased".to_owned(),
        );
    }
    if !catch_up_index(config)? {
        tell(format_args!(
            "note: the engine that runs removes their words from the search index within seconds"
        ));
    }
    if crm.is_none() {
        tell(format_args!(
            "note: what the CRM of `crm.description` keeps is not ours to erase"
        ));
    }
    writeln!(io::stdout(), "erased {fact}")?;
    Ok(done_but(&left, "erase them again"))
}

/// Tells what is left, and what to do about it.
fn done_but(left: &[String], again: &str) -> Outcome {
    for problem in left {
        tell(format_args!("error: {problem}: {again}"));
    }
    match left.is_empty() {
        true => Outcome::Done,
        false => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests;
