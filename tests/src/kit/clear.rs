//! What lies in clear on a disk.

use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

/// Where any of `secrets` lies in clear in the files of `dir` and below, whatever its case.
pub fn in_clear(dir: &Path, secrets: &[&str]) -> Vec<String> {
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(secrets);
    let search = search.expect("a few words");
    let mut found = Vec::new();
    for path in files(dir) {
        // One that is gone by now has nothing any more.
        let Ok(bytes) = fs::read(&path) else { continue };
        let hits = search.find_iter(&bytes);
        let mut hits: Vec<&str> = hits.map(|hit| secrets[hit.pattern().as_usize()]).collect();
        hits.sort_unstable();
        hits.dedup();
        found.extend(
            hits.iter()
                .map(|hit| format!("`{hit}` in {}", path.display())),
        );
    }
    found
}

/// All files of `dir` and below.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}
