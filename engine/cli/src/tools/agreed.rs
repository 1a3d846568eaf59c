//! Asks before something is gone for good.

use std::io::{self, IsTerminal as _};

use anyhow::bail;
use console::Term;

/// Whether somebody at the terminal says yes to `question`. Where nobody can be asked they say so before: `--yes`.
pub fn agreed(question: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("what is gone cannot be had back: say `--yes` where nobody can be asked");
    }
    let terminal = Term::stderr();
    terminal.write_str(&format!("{question} [y/N] "))?;
    Ok(matches!(terminal.read_line()?.trim(), "y" | "Y" | "yes"))
}
