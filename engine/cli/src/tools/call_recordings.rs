//! `sidetone recording`: the sound of calls that was kept.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;
use sidetone::access::Directory;
use sidetone::config::Config;
use sidetone::printable::printable;
use sidetone::recordings::{Audio, folder, remove_gone};
use sidetone::storage::{Hold, RecordingStore, StoredRecording, open_recordings};

use super::agreed::agreed;
use super::users::of;
use super::{Outcome, clock};

/// List, save, hold or erase the recordings of calls.
///
/// All of this works beside a running engine. That something was saved, held, released or erased is written
/// down in the audit.
#[derive(Args, Debug)]
pub struct RecordingArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the recordings there are, and the calls that are on hold.
    List {
        /// A line of JSON for each.
        #[arg(long)]
        json: bool,
    },
    /// Write the recording of a call to a new file, as FLAC: in clear, so look after it.
    Save {
        /// The call.
        call: String,
        /// The file, which may not be there yet.
        file: PathBuf,
    },
    /// Keep a call and its recording, whatever its age, until it is released: nobody erases it meanwhile.
    Hold {
        /// The call.
        call: String,
        /// Why, for whoever releases it one day.
        #[arg(long, value_name = "TEXT")]
        because: String,
    },
    /// End the hold of a call.
    Release {
        /// The call.
        call: String,
    },
    /// Erase the recording of a call, while the call stays. Its key is destroyed first, so that copies do not
    /// open any more either.
    Erase {
        /// The call.
        call: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command, while the engine runs and while it does not.
pub fn run(args: &RecordingArgs, config: &Config) -> anyhow::Result<Outcome> {
    let store = open_recordings(&config.store)?;
    let note = |action: &str, call: &str| -> anyhow::Result<()> {
        Ok(Directory::open(&config.store)?.note(action, call)?)
    };
    let mut out = io::stdout();
    match &args.what {
        What::List { json } => list(&*store, *json, &mut out)?,
        What::Save { call, file } => {
            let audio = Kept::of(config)?.audio(call)?;
            // Before it is on the disk in clear.
            note("recording_saved", call)?;
            let (seconds, bytes) = (audio.seconds(), audio.length());
            save(audio, file)?;
            let length = clock((seconds * 1_000.0) as u64);
            writeln!(out, "{length}  {bytes} bytes  {}", file.display())?;
        }
        What::Hold { call, because } => {
            if because.trim().is_empty() {
                bail!("say why it is held, for whoever releases it one day");
            }
            store.hold(call, &user(), because.trim())?;
            note("call_held", call)?;
            writeln!(
                out,
                "call `{call}` is on hold: it is kept until it is released"
            )?;
        }
        What::Release { call } => {
            if !store.release(call)? {
                bail!("call `{call}` is not on hold; `sidetone recording list` names all that are");
            }
            note("call_released", call)?;
            writeln!(out, "call `{call}` is on hold no longer")?;
        }
        What::Erase { call, yes } => {
            if !yes
                && !agreed(&format!(
                    "Erase the recording of call `{call}` for good?",
                    call = printable(call)
                ))?
            {
                bail!("nothing is erased");
            }
            store.forget(call)?;
            note("recording_erased", call)?;
            remove_gone(&folder(&config.recording, &config.store)?, &*store)?;
            writeln!(out, "the recording of call `{call}` is erased")?;
        }
    }
    Ok(Outcome::Done)
}

/// The recordings of a store, for tools beside the engine.
pub struct Kept {
    store: Arc<dyn RecordingStore>,
    folder: PathBuf,
}

impl Kept {
    /// Those of `config`, whose store has to exist.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            store: open_recordings(&config.store)?,
            folder: folder(&config.recording, &config.store)?,
        })
    }

    /// What is known of the recording of a call.
    pub fn recording(&self, call: &str) -> anyhow::Result<Option<StoredRecording>> {
        Ok(self.store.recording(call)?)
    }

    /// Why a call is held, if it is.
    pub fn hold(&self, call: &str) -> anyhow::Result<Option<Hold>> {
        let holds = self.store.holds()?.into_iter();
        let mut holds = holds.filter(|hold| hold.call == call);
        Ok(holds.next())
    }

    /// The recording of a call.
    pub fn audio(&self, call: &str) -> anyhow::Result<Audio> {
        Ok(Audio::open(&self.folder, &*self.store, call)?)
    }

    /// Removes the files of what was erased.
    pub fn remove_gone(&self) -> anyhow::Result<()> {
        Ok(remove_gone(&self.folder, &*self.store)?)
    }
}

/// Writes the recording of a call to a new file of a folder that is named after the call. One that is there is left
/// as it is, and is the recording's if it is as long.
pub fn save_beside(audio: Audio, folder: &Path, call: &str) -> anyhow::Result<PathBuf> {
    /// Names that are tried.
    const MOST: usize = 1_000;
    let names = (1..MOST).map(|at| match at {
        1 => format!("{call}.flac"),
        at => format!("{call}-{at}.flac"),
    });
    for name in names {
        let file = folder.join(name);
        match std::fs::symlink_metadata(&file) {
            Ok(there) if there.is_file() && there.len() == audio.length() => return Ok(file),
            Ok(_) => {}
            Err(_) => {
                save(audio, &file)?;
                return Ok(file);
            }
        }
    }
    bail!(
        "{} has {MOST} files of call `{call}`: name another folder",
        folder.display()
    )
}

/// Writes a recording to a new file, for us only. One that cannot be read to its end leaves none.
fn save(audio: Audio, file: &Path) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut to = options
        .open(file)
        .with_context(|| format!("cannot make {}", file.display()))?;
    let written = write(audio, &mut to).with_context(|| format!("cannot write {}", file.display()));
    if written.is_err() {
        let _ = std::fs::remove_file(file);
    }
    written
}

fn write(audio: Audio, to: &mut File) -> anyhow::Result<()> {
    let range = 0..audio.length();
    for piece in audio.pieces(range) {
        to.write_all(&piece.context("the recording cannot be read to its end")?)?;
    }
    Ok(to.sync_all()?)
}

fn list(store: &dyn RecordingStore, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let mut held: BTreeMap<String, Hold> = store
        .holds()?
        .into_iter()
        .map(|hold| (hold.call.clone(), hold))
        .collect();
    for recording in store.recordings()? {
        let hold = held.remove(&recording.call);
        let line = match json {
            true => json!({ "recording": recording, "hold": hold }).to_string(),
            false => format!("{}{}", told(&recording), told_hold(hold.as_ref())),
        };
        writeln!(out, "{}", printable(&line))?;
    }
    for hold in held.into_values() {
        let line = match json {
            true => json!({ "recording": null, "hold": hold }).to_string(),
            false => format!("{:<36} not recorded{}", hold.call, told_hold(Some(&hold))),
        };
        writeln!(out, "{}", printable(&line))?;
    }
    Ok(())
}

fn told(recording: &StoredRecording) -> String {
    let length = clock(recording.samples / 16);
    let megabytes = recording.bytes as f64 / 1e6;
    let until = recording.keep_until_ms.map(time);
    format!(
        "{:<36} {}  {:<5}  {length:>9}  {megabytes:>7.1} MB  {}{}",
        recording.call,
        time(recording.began_ms),
        recording.state.as_str(),
        recording.class,
        of("until", until.as_deref().unwrap_or_default()),
    )
}

fn told_hold(hold: Option<&Hold>) -> String {
    hold.map_or_else(String::new, |hold| {
        let since = time(hold.since_ms);
        format!("  held since {since} by {}: {}", hold.by_who, hold.reason)
    })
}

/// To the second, in UTC.
fn time(ms: u64) -> String {
    let at = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_second(ms / 1_000).ok());
    at.map_or_else(String::new, |at| at.to_string())
}

/// Whoever sits at the machine.
fn user() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    name.unwrap_or_else(|| "host".to_owned())
}
