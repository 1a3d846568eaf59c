//! `sidetone doctor`: why nothing is heard.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use sidetone::config::Draft;
use sidetone::doctor::Examination;

use super::Outcome;
use super::connection::ConnectionArgs;

/// Say why nothing is heard: whether each door is open and can be reached, what a running engine has
/// received there, and what is likely wrong.
///
/// Checks the configuration as `config check` does, and asks the engine that runs with it. Without one
/// it still looks at addresses and ports. Ends with 0 if an engine runs and nothing is wrong, and with 1
/// otherwise.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// The configuration, if not that of --config.
    pub file: Option<PathBuf>,
    /// Where the engine answers, if not at `server.listen`: 10.0.0.7:7600, https://engine.example:7600.
    #[arg(long, value_name = "URL")]
    engine: Option<String>,
    /// All that is known, as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs the command.
pub fn run(args: &DoctorArgs, mut draft: Draft) -> anyhow::Result<Outcome> {
    // Where a value is wrong there are no doors to look at.
    draft.clone().finish()?;
    draft.check_files();
    let examination = Examination::of(
        &draft.config,
        args.engine.as_deref(),
        &args.connection.access()?,
    );
    let examination = examination.with_faults(&draft.problems);
    let mut out = io::stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &examination)?;
        writeln!(out)?;
    } else {
        write!(out, "{examination}")?;
    }
    Ok(match examination.is_wrong() {
        true => Outcome::Failed,
        false => Outcome::Done,
    })
}
