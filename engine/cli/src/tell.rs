//! Lines for people on standard error.
//!
//! `eprintln!` and `println!` panic where nothing can be written; clippy refuses both in this
//! program. Results go to standard output with `writeln!`, and their failure is an error of the command.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes `line` on standard error. If it cannot be written there is nowhere to tell it: the
/// command goes on, and what it ends with still says whether it did its work.
pub fn tell(line: impl Display) {
    write_to(&mut io::stderr(), line);
}

fn write_to(out: &mut impl Write, line: impl Display) {
    // In one piece, so that lines of several threads do not mix.
    let _ = out.write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands behind `2>/dev/full`.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn a_line_that_cannot_be_written_ends_nothing() {
        write_to(&mut Full, "error: no such file");
        let mut out = Vec::new();
        write_to(&mut out, format_args!("error: {}", "no such file"));
        assert_eq!(out, b"error: no such file\n");
    }
}
