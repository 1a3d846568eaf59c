//! Lists the parts of the desk: whatever lies in its folder is served.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// What the folder has beside parts of the page.
const NO_PARTS: [&str; 2] = ["tests", "package.json"];

fn main() -> io::Result<()> {
    let mut list = String::from("&[\n");
    // Below the package's folder, where build scripts run: a build that is kept outlives the place of its sources.
    add(Path::new("desk"), "", &mut list)?;
    list.push(']');
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("desk.rs"), list)
}

/// Adds the files of a folder, whose names begin with `before`, and of those in it.
fn add(folder: &Path, before: &str, list: &mut String) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, below) = (entry.path(), format!("{before}{name}"));
        if NO_PARTS.contains(&below.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            add(&path, &format!("{below}/"), list)?;
        } else if matches!(
            path.extension().and_then(|e| e.to_str()),
            Some("css" | "js")
        ) {
            let from = format!("/desk/{below}");
            let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {from:?}))");
            writeln!(list, "    ({below:?}, {text}),").map_err(io::Error::other)?;
        }
    }
    Ok(())
}
