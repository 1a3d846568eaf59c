//! `sidetone transcribe`: recordings in, words out.

use std::io;
use std::path::Path;

use crate::tools::progress;
use clap::Args;
use indicatif::ProgressBar;
use sidetone::config::Config;
use sidetone::offline::{Listening, Offline};
use sidetone::recognition::Recogniser;
use sidetone_types::event::{EventKind, EventRecord};

use super::lines::{call_id, progress};
use super::listen::ListenArgs;
use super::parallel::in_order;
use super::{Outcome, recordings};

/// Write down what is said in recordings.
#[derive(Args, Debug)]
pub struct TranscribeArgs {
    #[command(flatten)]
    pub listen: ListenArgs,
    /// Also print the words as they come while somebody still speaks.
    #[arg(long)]
    partials: bool,
}

/// Runs the command.
pub fn run(args: &TranscribeArgs, config: &Config) -> anyhow::Result<Outcome> {
    let how = args.listen.listening(config, args.partials)?;
    let recogniser = Recogniser::load(config, &progress::stderr())?;
    let offline = recogniser.offline();
    let bar = progress();
    let mut out = io::stdout();
    let mut outcome = Outcome::Done;
    // One call more than there are threads: while it reads its file they have work.
    in_order(
        &args.listen.files,
        recogniser.threads + 1,
        |path| transcribe(path, args, &offline, &how, &bar),
        |path, result| match result {
            Ok(events) => bar.suspend(|| args.listen.write(&mut out, path, &events)),
            Err(error) => {
                outcome = Outcome::Failed;
                bar.suspend(|| recordings::say_failed(path, &error));
                Ok(())
            }
        },
    )?;
    bar.finish_and_clear();
    Ok(outcome)
}

fn transcribe(
    path: &Path,
    args: &TranscribeArgs,
    offline: &Offline<'_>,
    how: &Listening,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<EventRecord>> {
    let (recording, warnings) = args.listen.open(path)?;
    bar.suspend(|| warnings.iter().for_each(|odd| recordings::say(path, odd)));
    let length = recording.duration().as_millis() as u64;
    bar.inc_length(length);
    let mut at = 0;
    let mut events = Vec::new();
    offline.run(call_id(path), &recording, how, |event| {
        let reached = event.event.end.as_millis().min(length).max(at);
        bar.inc(reached - at);
        at = reached;
        if how.partials || !matches!(event.event.kind, EventKind::Partial(_)) {
            events.push(event);
        }
    })?;
    bar.inc(length - at);
    Ok(events)
}
