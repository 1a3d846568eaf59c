//! What is told while models are fetched: bars on a terminal, lines elsewhere.

use std::cell::Cell;
use std::io::{self, IsTerminal};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Where to tell how far a fetch has come.
pub struct Progress(Mode);

enum Mode {
    Bars,
    Lines(Box<dyn Fn(&str) + Send + Sync>),
}

impl Progress {
    /// To standard error: bars if that is a terminal, else a line at each start and end.
    pub fn stderr() -> Self {
        if io::stderr().is_terminal() {
            Self(Mode::Bars)
        } else {
            Self::lines(|line| eprintln!("{line}"))
        }
    }

    /// To the log, for a server that fetches as it starts.
    pub fn log() -> Self {
        Self::lines(|line| tracing::info!(progress = line, "models"))
    }

    /// To nobody.
    pub fn silent() -> Self {
        Self::lines(|_| {})
    }

    /// A line at each start and end, to `tell`.
    pub fn lines(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Mode::Lines(Box::new(tell)))
    }

    /// Tells one thing.
    pub(super) fn say(&self, line: &str) {
        match &self.0 {
            Mode::Bars => eprintln!("{line}"),
            Mode::Lines(tell) => tell(line),
        }
    }

    /// Begins a part of `total` bytes, if that is known.
    pub(super) fn part(&self, label: &str, total: Option<u64>) -> Part<'_> {
        let bar = match &self.0 {
            Mode::Bars => {
                let bar = match total {
                    Some(total) => ProgressBar::new(total).with_style(style(
                        "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
                    )),
                    None => ProgressBar::no_length()
                        .with_style(style("{msg} {spinner} {bytes} {bytes_per_sec}")),
                };
                Some(bar.with_message(label.to_owned()))
            }
            Mode::Lines(tell) => {
                match total {
                    Some(total) => tell(&format!("{label}: {}", HumanBytes(total))),
                    None => tell(label),
                }
                None
            }
        };
        Part {
            progress: self,
            label: label.to_owned(),
            total,
            bar,
            at: Cell::new(0),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are fixed")
}

/// One part of a fetch. Dropped before [`finish`](Self::finish), it leaves its bar where it was.
pub(super) struct Part<'a> {
    progress: &'a Progress,
    label: String,
    total: Option<u64>,
    bar: Option<ProgressBar>,
    at: Cell<u64>,
}

impl Part<'_> {
    /// `bytes` have come by now. More than the total counts as the total, fewer than before as nothing
    /// new: the caller may be counting files which another program moves about.
    pub fn at(&self, bytes: u64) {
        let bytes = bytes.min(self.total.unwrap_or(u64::MAX)).max(self.at.get());
        self.at.set(bytes);
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }

    /// All has come.
    pub fn finish(self) {
        match (&self.bar, &self.progress.0) {
            (Some(bar), _) => {
                bar.set_position(self.total.unwrap_or(self.at.get()));
                bar.finish();
            }
            (None, Mode::Lines(tell)) => tell(&format!("{}: done", self.label)),
            (None, Mode::Bars) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn without_a_terminal_each_part_has_a_line_at_its_start_and_end() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&told);
        let progress = Progress::lines(move |line| keep.lock().unwrap().push(line.to_owned()));
        let part = progress.part("one", Some(2048));
        part.at(1000);
        part.finish();
        drop(progress.part("two", None));
        assert_eq!(*told.lock().unwrap(), ["one: 2.00 KiB", "one: done", "two"]);
    }

    #[test]
    fn a_part_neither_goes_back_nor_past_its_total() {
        let progress = Progress::silent();
        let part = progress.part("one", Some(100));
        for (told, shown) in [(40, 40), (20, 40), (130, 100)] {
            part.at(told);
            assert_eq!(part.at.get(), shown);
        }
    }
}
