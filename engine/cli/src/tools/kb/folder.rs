//! Articles and rules as files of a folder, and the configuration that names them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Writes files below `dir`, over whatever is there.
pub(super) fn write(dir: &Path, files: &[(PathBuf, &str)]) -> anyhow::Result<()> {
    for (file, text) in files {
        let path = dir.join(file);
        let cannot = || format!("cannot write {}", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(cannot)?;
        }
        fs::write(&path, text).with_context(cannot)?;
    }
    Ok(())
}

/// Prints the configuration under which the engine goes by the files below `dir`: by these alone if
/// they hold the built-in ones.
pub(super) fn configure(out: &mut impl Write, dir: &Path, has_built_in: bool) -> io::Result<()> {
    let told = |name: &str| dir.join(name).display().to_string();
    writeln!(out, "[knowledge]")?;
    writeln!(out, "articles = {:?}", told("articles"))?;
    writeln!(out, "rules = {:?}", told("rules"))?;
    if has_built_in {
        writeln!(
            out,
            "rules_builtin = false  # they are in your folder now, and those you delete stay away"
        )?;
    }
    Ok(())
}
