//! Reads a log for people who look for something. Whether it is whole is not asked here: see `verify`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::entry::{Entry, Outcome};
use crate::error::AuditError;
use crate::line::{Body, Line};
use crate::segment::{self, Piece};

/// What is looked for: all that is named has to hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// By this principal.
    pub who: Option<String>,
    /// To this resource.
    pub what: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// From then on.
    pub from: Option<Timestamp>,
    /// Until before then.
    pub until: Option<Timestamp>,
    /// Behind the line of this number.
    pub after: u64,
    /// Checkpoints too, unless something is asked that only entries have.
    pub checkpoints: bool,
}

impl Filter {
    /// Whether `line` is looked for.
    pub fn takes(&self, line: &Line) -> bool {
        let is =
            |asked: &Option<String>, text: &str| asked.as_ref().is_none_or(|asked| asked == text);
        let about = |entry: &Entry| {
            is(&self.who, &entry.who)
                && is(&self.what, &entry.what)
                && is(&self.action, &entry.action)
                && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
        };
        let asks_for_entries = self.who.is_some()
            || self.what.is_some()
            || self.action.is_some()
            || self.outcome.is_some();
        line.seq > self.after
            && self.from.is_none_or(|from| line.time >= from)
            && self.until.is_none_or(|until| line.time < until)
            && match &line.body {
                Body::Entry(entry) | Body::Own(entry) => about(entry),
                Body::Checkpoint { .. } => self.checkpoints && !asks_for_entries,
            }
    }
}

/// The lines of a log that a filter takes, in order, with their bytes. An engine may go on writing meanwhile.
pub struct Search {
    dir: PathBuf,
    filter: Filter,
    segments: std::vec::IntoIter<u64>,
    input: Option<BufReader<File>>,
    buffer: Vec<u8>,
    unreadable: u64,
}

impl Search {
    /// Looks through the log in `dir`.
    pub fn new(dir: &Path, filter: Filter) -> Result<Self, AuditError> {
        let segments = match dir.is_dir() {
            true => segment::list(dir)?,
            false => Vec::new(),
        };
        if segments.is_empty() {
            return Err(AuditError::Missing(dir.to_owned()));
        }
        Ok(Self {
            dir: dir.to_owned(),
            filter,
            segments: segments.into_iter(),
            input: None,
            buffer: Vec::new(),
            unreadable: 0,
        })
    }

    /// The next line, and its bytes without `\n`. `None` at the end.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator cannot lend its buffer"
    )]
    pub fn next(&mut self) -> Option<Result<(Line, &[u8]), AuditError>> {
        match self.find() {
            Ok(line) => line.map(|line| Ok((line, &self.buffer[..]))),
            Err(error) => Some(Err(error)),
        }
    }

    /// Lines that could not be read so far: they are damaged.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    fn find(&mut self) -> Result<Option<Line>, AuditError> {
        loop {
            let Some(input) = &mut self.input else {
                let Some(number) = self.segments.next() else {
                    return Ok(None);
                };
                self.input = match segment::open(&self.dir, number) {
                    Ok(input) => Some(input),
                    // It was old, and has been removed in the meantime.
                    Err(AuditError::Disk { source, .. })
                        if source.kind() == std::io::ErrorKind::NotFound =>
                    {
                        None
                    }
                    Err(error) => return Err(error),
                };
                continue;
            };
            let piece =
                segment::next(input, &mut self.buffer).map_err(AuditError::at(&self.dir))?;
            match piece {
                None => self.input = None,
                Some(Piece::Line) => match Line::parse(&self.buffer) {
                    Ok(line) if self.filter.takes(&line) => return Ok(Some(line)),
                    Ok(_) => {}
                    Err(_) => self.unreadable += 1,
                },
                // Being written in this moment, if nothing follows.
                Some(Piece::Torn) if self.segments.as_slice().is_empty() => {}
                Some(Piece::Torn | Piece::TooLong) => self.unreadable += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Hash;

    fn line(seq: u64, minute: i8, entry: Option<Entry>) -> Line {
        let body = match entry {
            Some(entry) => Body::Entry(entry),
            None => Body::Checkpoint {
                why: "count".to_owned(),
                key: String::new(),
                signature: [0; 64],
            },
        };
        let time = format!("2026-05-04T09:{minute:02}:00Z")
            .parse()
            .expect("a time");
        Line {
            seq,
            time,
            body,
            prev: Hash::NONE,
            hash: Hash::NONE,
        }
    }

    #[test]
    fn all_that_is_asked_has_to_hold() {
        let read = Entry {
            who: "ann".to_owned(),
            action: "read_call".to_owned(),
            what: "c-1".to_owned(),
            outcome: Outcome::Refused,
            ..Entry::default()
        };
        let line = line(7, 30, Some(read));
        let text = |text: &str| Some(text.to_owned());
        let time = |text: &str| Some(text.parse().expect("a time"));
        let all = Filter::default;
        for (case, filter, takes) in [
            ("nothing asked", all(), true),
            (
                "who",
                Filter {
                    who: text("ann"),
                    ..all()
                },
                true,
            ),
            (
                "another",
                Filter {
                    who: text("an"),
                    ..all()
                },
                false,
            ),
            (
                "who and what",
                Filter {
                    who: text("ann"),
                    what: text("c-2"),
                    ..all()
                },
                false,
            ),
            (
                "action",
                Filter {
                    action: text("read_call"),
                    ..all()
                },
                true,
            ),
            (
                "outcome",
                Filter {
                    outcome: Some(Outcome::Done),
                    ..all()
                },
                false,
            ),
            (
                "from then on",
                Filter {
                    from: time("2026-05-04T09:30:00Z"),
                    ..all()
                },
                true,
            ),
            (
                "until before",
                Filter {
                    until: time("2026-05-04T09:30:00Z"),
                    ..all()
                },
                false,
            ),
            ("behind it", Filter { after: 7, ..all() }, false),
        ] {
            assert_eq!(filter.takes(&line), takes, "{case}");
        }
    }

    #[test]
    fn checkpoints_have_nobody() {
        let line = line(7, 30, None);
        let all = Filter {
            checkpoints: true,
            ..Filter::default()
        };
        assert!(all.takes(&line));
        assert!(!Filter::default().takes(&line));
        let who = Filter {
            who: Some(String::new()),
            ..all
        };
        assert!(!who.takes(&line));
    }
}
