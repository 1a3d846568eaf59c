//! Tells how far a fetch has come, by a callback: this package knows no terminal.

use std::cell::Cell;

/// One step of a fetch. Parts come one after another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step<'a> {
    /// Something to know, as a sentence.
    Note(&'a str),
    /// A part begins. One that was begun before and has not finished, never will.
    Started {
        /// What it is called.
        part: &'a str,
        /// Its size in bytes, where that is known.
        total: Option<u64>,
    },
    /// So many bytes of the part have come; never fewer than before, nor more than its total.
    Advanced(u64),
    /// All of the part has come.
    Finished {
        /// What it is called.
        part: &'a str,
    },
}

impl Step<'_> {
    /// The step as a line, for where nothing can be drawn. Advances have none.
    pub fn line(&self) -> Option<String> {
        Some(match self {
            Self::Note(note) => (*note).to_owned(),
            Self::Started { part, total: None } => (*part).to_owned(),
            Self::Started {
                part,
                total: Some(total),
            } => format!("{part}: {}", size(*total)),
            Self::Advanced(_) => return None,
            Self::Finished { part } => format!("{part}: done"),
        })
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Where the steps of a fetch are told.
pub struct Progress(Box<dyn Fn(Step<'_>) + Send + Sync>);

impl Progress {
    /// Every step, to `tell`.
    pub fn new(tell: impl Fn(Step<'_>) + Send + Sync + 'static) -> Self {
        Self(Box::new(tell))
    }

    /// A line at the start and end of each part, to `tell`.
    pub fn lines(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self::new(move |step| {
            if let Some(line) = step.line() {
                tell(&line);
            }
        })
    }

    /// Nowhere.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Tells one thing.
    pub(crate) fn say(&self, note: &str) {
        (self.0)(Step::Note(note));
    }

    /// Begins a part of `total` bytes, if that is known.
    pub(crate) fn part(&self, label: &str, total: Option<u64>) -> Part<'_> {
        (self.0)(Step::Started { part: label, total });
        Part {
            progress: self,
            label: label.to_owned(),
            total,
            at: Cell::new(0),
        }
    }
}

/// One part of a fetch.
pub(crate) struct Part<'a> {
    progress: &'a Progress,
    label: String,
    total: Option<u64>,
    at: Cell<u64>,
}

impl Part<'_> {
    /// `bytes` have come by now. More than the total counts as the total, fewer than before as
    /// nothing new: the caller may be counting files that another program moves about.
    pub fn at(&self, bytes: u64) {
        let bytes = bytes.min(self.total.unwrap_or(u64::MAX));
        if bytes > self.at.get() {
            self.at.set(bytes);
            (self.progress.0)(Step::Advanced(bytes));
        }
    }

    /// All has come.
    pub fn finish(self) {
        if let Some(total) = self.total {
            self.at(total);
        }
        (self.progress.0)(Step::Finished { part: &self.label });
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
        progress.part("three", Some(145_300_000)).finish();
        progress.say("all is there");
        assert_eq!(
            *told.lock().unwrap(),
            [
                "one: 2048 bytes",
                "one: done",
                "two",
                "three: 145.3 MB",
                "three: done",
                "all is there"
            ]
        );
    }

    #[test]
    fn a_part_neither_goes_back_nor_past_its_total_and_ends_at_it() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&told);
        let progress = Progress::new(move |step| {
            if let Step::Advanced(bytes) = step {
                keep.lock().unwrap().push(bytes);
            }
        });
        let part = progress.part("one", Some(100));
        for bytes in [40, 20, 40, 130] {
            part.at(bytes);
        }
        part.finish();
        let other = progress.part("two", Some(7));
        other.at(3);
        other.finish();
        assert_eq!(*told.lock().unwrap(), [40, 100, 3, 7]);
    }
}
