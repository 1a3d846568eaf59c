//! Shows how far the fetching of models has come.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use sidetone_weights::{Progress, Step};

use crate::tell::tell;

/// On standard error: bars if that is a terminal, else a line at each start and end.
pub fn stderr() -> Progress {
    if !io::stderr().is_terminal() {
        return Progress::lines(|line| tell(line));
    }
    let bar = Mutex::new(None);
    Progress::new(move |step| {
        // A bar is drawn anew at each step, so one that a panic left half-drawn does no harm.
        draw(
            step,
            &mut bar.lock().unwrap_or_else(PoisonError::into_inner),
        );
    })
}

/// In the log, for a server that fetches as it starts.
pub fn log() -> Progress {
    Progress::lines(|line| tracing::info!(progress = line, "models"))
}

fn draw(step: Step<'_>, bar: &mut Option<ProgressBar>) {
    match step {
        Step::Note(note) => tell(note),
        Step::Started { part, total } => {
            let new = match total {
                Some(total) => ProgressBar::new(total).with_style(style(
                    "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
                )),
                None => ProgressBar::no_length()
                    .with_style(style("{msg} {spinner} {bytes} {bytes_per_sec}")),
            };
            // A part that never finished stays where it was.
            if let Some(old) = bar.replace(new.with_message(part.to_owned())) {
                old.abandon();
            }
        }
        Step::Advanced(bytes) => {
            if let Some(bar) = bar {
                bar.set_position(bytes);
            }
        }
        Step::Finished { .. } => {
            if let Some(bar) = bar.take() {
                bar.finish();
            }
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are fixed")
}
