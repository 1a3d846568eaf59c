//! `sidetone keys`: what seals all that is kept.

use std::io::{self, Write as _};

use anyhow::bail;
use clap::{Args, Subcommand};
use sidetone::config::Config;
use sidetone::services::catch_up_index;
use sidetone::storage::KeyRoom;
use sidetone_vault::MasterKey;

use super::Outcome;
use crate::tell::tell;

/// Look after the keys that seal calls, notes and customers.
///
/// Each call has a key of its own, which lies in the store wrapped by a master key that does not
/// (`store.keys`). All of this works beside a running engine.
#[derive(Args, Debug)]
pub struct KeysArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say which master keys there are, how many keys each wraps, and whether anything lies in clear.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a new master key, for a file, a variable or a program of your own. Keep a copy elsewhere.
    New,
    /// Put a new master key in front and wrap the keys of all calls with it. What they seal stays.
    ///
    /// Where the master keys do not come from a file, put the new one in front there, and run this then.
    Rotate {
        /// Wrap with the first master key there is, without a new one: to finish what was interrupted.
        #[arg(long)]
        finish: bool,
    },
    /// Forget a master key that wraps nothing any more.
    Retire {
        /// Its name, as `status` tells it.
        id: String,
    },
    /// Seal what was written before there were keys. It can be interrupted, and goes on where it was.
    Convert,
}

/// Runs the command, while the engine runs and while it does not.
pub fn run(args: &KeysArgs, config: &Config) -> anyhow::Result<Outcome> {
    let mut out = io::stdout();
    if let What::New = args.what {
        writeln!(out, "{}", *MasterKey::random()?.text())?;
        return Ok(Outcome::Done);
    }
    let mut room = KeyRoom::open(&config.store)?;
    match &args.what {
        What::New => {}
        What::Status { json: true } => {
            let status = room.status()?;
            let masters = status.masters.iter().enumerate().map(|(at, key)| {
                serde_json::json!({
                    "id": key.id.to_string(), "wraps": key.wraps, "first": at == 0 && key.is_here,
                    "here": key.is_here,
                })
            });
            let status = serde_json::json!({
                "source": status.source, "masters": masters.collect::<Vec<_>>(),
                "in_clear": status.in_clear,
            });
            writeln!(out, "{status}")?;
        }
        What::Status { json: false } => {
            let status = room.status()?;
            writeln!(out, "master keys from {}", status.source)?;
            for (at, key) in status.masters.iter().enumerate() {
                let state = match (at, key.is_here) {
                    (_, false) => "  not at hand: what it seals cannot be read",
                    (0, true) => "  seals what is new",
                    (_, true) if key.wraps == 0 => "  may be retired",
                    (_, true) => "",
                };
                writeln!(out, "{}  wraps {} keys{state}", key.id, key.wraps)?;
            }
            match status.in_clear {
                0 => writeln!(out, "nothing lies in clear")?,
                values => writeln!(
                    out,
                    "{values} values lie in clear: `sidetone keys convert` seals them"
                )?,
            }
        }
        What::Rotate { finish } => {
            if !finish && room.would_stop_an_engine()? {
                bail!(
                    "an engine runs that does not see another environment: start it anew with both keys in \
                     the variable, the new one first, and rotate with `--finish` then"
                );
            }
            // Elsewhere somebody has put one in front already.
            if !finish && (room.are_ours() || !room.is_new()?) {
                let id = room.lead()?;
                tell(format_args!("note: master key {id} seals what is new"));
            }
            let mut wrapped = 0;
            while let Some(some) = room.rewrap()? {
                wrapped += some;
            }
            writeln!(out, "{wrapped} keys are wrapped anew")?;
        }
        What::Retire { id } => {
            let id = room.retire(id)?;
            writeln!(out, "master key {id} is forgotten")?;
        }
        What::Convert => {
            let mut sealed = 0;
            while let Some(some) = room.convert()? {
                sealed += some;
            }
            if !room.sweep() {
                tell(format_args!(
                    "note: somebody reads the store: what was in clear stays in its log of changes until \
                     this is run again"
                ));
            }
            // The search index of old is in clear too: it is built anew, here or by an engine that has
            // done so when it started.
            drop(room);
            catch_up_index(config)?;
            writeln!(out, "{sealed} values are sealed")?;
        }
    }
    Ok(Outcome::Done)
}
