//! Standard output: lines that stay and, on a terminal, lines below them that are drawn anew.

use std::io::{self, IsTerminal, Write};

use console::Term;

/// Where captions are shown.
pub struct Screen {
    /// `None` where nothing can be drawn over: into a file or pipe only go the lines that stay.
    terminal: Option<Term>,
    /// What is drawn below the lines that stay.
    below: Vec<String>,
}

impl Screen {
    /// Standard output, as it is.
    pub fn stdout() -> Self {
        let terminal = io::stdout().is_terminal().then(Term::buffered_stdout);
        Self {
            terminal,
            below: Vec::new(),
        }
    }

    /// Columns that a line below may take.
    pub fn width(&self) -> usize {
        // A line that fills the last column would wrap on some terminals.
        self.terminal.as_ref().map_or(0, |terminal| {
            usize::from(terminal.size().1).saturating_sub(1)
        })
    }

    /// Writes a line that stays.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        let Some(terminal) = &self.terminal else {
            return writeln!(io::stdout(), "{line}");
        };
        terminal.clear_last_lines(self.below.len())?;
        terminal.write_line(line)?;
        for line in &self.below {
            terminal.write_line(line)?;
        }
        terminal.flush()
    }

    /// Draws `lines`, none wider than [`width`](Self::width), in the place of those drawn before.
    pub fn redraw(&mut self, lines: &[String]) -> io::Result<()> {
        let Some(terminal) = &self.terminal else {
            return Ok(());
        };
        if self.below == lines {
            return Ok(());
        }
        terminal.clear_last_lines(self.below.len())?;
        for line in lines {
            terminal.write_line(line)?;
        }
        self.below = lines.to_vec();
        terminal.flush()
    }
}
