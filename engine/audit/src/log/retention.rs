//! Segments that are older than the log is kept.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::tape::Tape;
use crate::entry::{Entry, Outcome};
use crate::error::AuditError;
use crate::key::sync_dir;
use crate::line::Line;
use crate::segment;
use crate::verify::REMOVE;

/// Segments that are removed at a time. One begins every day, so the log gets to its length, and a clock that leaps has not
/// emptied it before somebody looks.
const AT_A_TIME: usize = 2;

/// Removes the oldest segments if all their lines are older than `keep_days`. That they go is written before they do: a log
/// that begins later than it should and does not say so was tampered with.
pub fn remove_old(tape: &mut Tape, now: Timestamp, keep_days: u32) -> Result<(), AuditError> {
    let keep = SignedDuration::from_hours(24 * i64::from(keep_days));
    let dir = tape.dir().to_owned();
    let segments = segment::list(&dir)?;
    let neighbours = segments.iter().zip(segments.iter().skip(1));
    for (oldest, next) in neighbours.take(AT_A_TIME) {
        // All of a segment is older than the first line of the next.
        let first = match first_line(&dir, *next) {
            Ok(first) => first,
            // Nothing is removed, and the log goes on.
            Err(problem) => return say(tape, now, *oldest, Outcome::Failed, problem),
        };
        if now.duration_since(first.time) < keep {
            break;
        }
        let detail = format!(
            "lines up to {}, older than {keep_days} days",
            first.seq.saturating_sub(1)
        );
        say(tape, now, *oldest, Outcome::Done, detail)?;
        let path = segment::path(&dir, *oldest);
        let removed = fs::remove_file(&path).map_err(AuditError::at(&path));
        if let Err(error) = removed.and_then(|()| sync_dir(&dir)) {
            // It is tried again when the next segment begins.
            return say(tape, now, *oldest, Outcome::Failed, error.to_string());
        }
    }
    Ok(())
}

fn say(
    tape: &mut Tape,
    now: Timestamp,
    number: u64,
    outcome: Outcome,
    detail: String,
) -> Result<(), AuditError> {
    let mut end = tape.end();
    let mut line = Vec::new();
    let entry = Entry::own(REMOVE, segment::name(number), outcome, detail);
    end.entry(now, &entry, true, &mut line);
    tape.add(&line, end)
}

fn first_line(dir: &Path, number: u64) -> Result<Line, String> {
    let mut buffer = Vec::new();
    let mut input = segment::open(dir, number).map_err(|error| error.to_string())?;
    segment::next(&mut input, &mut buffer).map_err(|error| error.to_string())?;
    Line::parse(&buffer)
        .map_err(|_| format!("{} does not begin with a line", segment::name(number)))
}
