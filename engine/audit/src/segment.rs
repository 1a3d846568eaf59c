//! The files that the log consists of.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::error::AuditError;
use crate::line::LONGEST_LINE;

/// The name of the `number`th segment.
pub fn name(number: u64) -> String {
    format!("audit-{number:08}.jsonl")
}

/// The `number`th segment in `dir`.
pub fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(name(number))
}

/// The numbers of the segments in `dir`, in order. Other files do not count.
pub fn list(dir: &Path) -> Result<Vec<u64>, AuditError> {
    let mut numbers = Vec::new();
    for found in fs::read_dir(dir).map_err(AuditError::at(dir))? {
        let found = found.map_err(AuditError::at(dir))?;
        numbers.extend(found.file_name().to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The number in the name of a segment, if it is one.
fn number(file: &str) -> Option<u64> {
    let digits = file.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    let number = digits.parse().ok()?;
    (name(number) == file).then_some(number)
}

/// What was read of a segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece {
    /// A line, without its `\n`.
    Line,
    /// The bytes at the end, without a `\n`.
    Torn,
    /// More bytes than a line has.
    TooLong,
}

/// Reads the next line into `buffer`. `None` at the end. What is longer than any line is skipped.
pub fn next(input: &mut impl BufRead, buffer: &mut Vec<u8>) -> io::Result<Option<Piece>> {
    buffer.clear();
    let mut too_long = false;
    loop {
        let bytes = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return Ok(match (too_long, buffer.is_empty()) {
                (true, _) => Some(Piece::TooLong),
                (false, true) => None,
                (false, false) => Some(Piece::Torn),
            });
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(bytes.len());
        too_long |= buffer.len() + taken > LONGEST_LINE;
        if !too_long {
            buffer.extend_from_slice(&bytes[..taken]);
        }
        input.consume(end.map_or(taken, |end| end + 1));
        if end.is_some() {
            return Ok(Some(if too_long {
                Piece::TooLong
            } else {
                Piece::Line
            }));
        }
    }
}

/// Opens the `number`th segment for reading.
pub fn open(dir: &Path, number: u64) -> Result<BufReader<File>, AuditError> {
    let path = path(dir, number);
    let file = File::open(&path).map_err(AuditError::at(&path))?;
    Ok(BufReader::with_capacity(64 * 1024, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_segments_are_segments() {
        for (file, expected) in [
            ("audit-00000001.jsonl", Some(1)),
            ("audit-123456789.jsonl", Some(123_456_789)),
            ("audit-1.jsonl", None),
            ("audit-+0000001.jsonl", None),
            ("audit-00000001.jsonl.gz", None),
            ("head", None),
        ] {
            assert_eq!(number(file), expected, "{file}");
        }
    }

    #[test]
    fn lines_are_read_in_bounded_memory() {
        let long = vec![b'x'; LONGEST_LINE + 1];
        let text = [b"one\n\ntwo\n", &long[..], b"\nthree"].concat();
        let mut input = BufReader::with_capacity(7, &text[..]);
        let mut buffer = Vec::new();
        let mut seen = Vec::new();
        while let Some(piece) = next(&mut input, &mut buffer).expect("memory") {
            assert!(buffer.len() <= LONGEST_LINE);
            seen.push((piece, buffer.clone()));
        }
        let texts: Vec<_> = seen
            .iter()
            .map(|(piece, text)| (*piece, &text[..text.len().min(5)]))
            .collect();
        assert_eq!(
            texts[..3],
            [
                (Piece::Line, &b"one"[..]),
                (Piece::Line, b""),
                (Piece::Line, b"two")
            ]
        );
        assert_eq!(
            (seen[3].0, texts[4]),
            (Piece::TooLong, (Piece::Torn, &b"three"[..]))
        );
    }
}
