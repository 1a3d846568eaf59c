//! On what terms recordings may be trained on, and whether whoever trains on them has read those.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use sidetone_models::emotion::Source;

/// Files beside a manifest that tell them, the first that is there.
const FILES: [&str; 6] = [
    "LICENCE",
    "LICENCE.txt",
    "LICENCE.md",
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.md",
];
/// Characters of a licence that a head carries.
const LONGEST: usize = 200;
/// What is typed to agree.
const AGREED: &str = "yes";

/// Terms of one collection.
#[derive(Debug, PartialEq)]
pub struct Terms {
    /// The collection, called like its folder, and its licence in a line.
    pub source: Source,
    /// All of the licence.
    text: String,
}

/// The terms of each of `manifests`: those `named`, in the same order, or those of the file beside
/// it.
///
/// # Errors
///
/// If some have terms that nobody tells.
pub fn of(manifests: &[PathBuf], named: &[String]) -> anyhow::Result<Vec<Terms>> {
    ensure!(
        named.is_empty() || named.len() == manifests.len(),
        "{} licences are named for {} tables: name one for each, in their order, or none",
        named.len(),
        manifests.len()
    );
    let terms = manifests.iter().enumerate().map(|(i, manifest)| {
        let dir = folder(manifest)?;
        let text = match named.get(i) {
            Some(named) => named.clone(),
            None => beside(&dir)?.with_context(|| {
                format!(
                    "{}: nothing says on what terms these recordings may be used: put their licence \
                     beside the table in a file LICENCE, or name it with --licence",
                    manifest.display()
                )
            })?,
        };
        let first = text.lines().map(str::trim).find(|line| !line.is_empty());
        let first = first.with_context(|| format!("the licence of {} is empty", dir.display()))?;
        let name = dir.file_name().unwrap_or(dir.as_os_str());
        let source = Source {
            corpus: name.display().to_string(),
            licence: first.chars().take(LONGEST).collect(),
        };
        Ok(Terms { source, text })
    });
    terms.collect()
}

/// Where a manifest lies.
fn folder(manifest: &Path) -> anyhow::Result<PathBuf> {
    let whole = std::path::absolute(manifest)
        .with_context(|| format!("cannot tell where {} lies", manifest.display()))?;
    Ok(whole.parent().unwrap_or(Path::new("/")).to_owned())
}

fn beside(dir: &Path) -> anyhow::Result<Option<String>> {
    let files = FILES.iter().map(|file| dir.join(file));
    let Some(file) = files.into_iter().find(|file| file.is_file()) else {
        return Ok(None);
    };
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()));
    text.map(Some)
}

/// Shows `terms`, and asks whether they have been read and allow this, unless that is `said` already.
///
/// # Errors
///
/// If they do not, or there is nobody to ask.
pub fn agree(terms: &[Terms], said: bool) -> anyhow::Result<()> {
    let mut screen = io::stderr().lock();
    for one in terms {
        writeln!(screen, "{}:\n", one.source.corpus)?;
        for line in one.text.trim().lines() {
            writeln!(screen, "    {}", sidetone::printable::printable(line))?;
        }
        writeln!(screen)?;
    }
    writeln!(
        screen,
        "A head is made of these recordings. It carries these licences, and shows them wherever it is loaded."
    )?;
    if said {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        bail!(
            "nobody is there to say that the licences have been read: read them, and add \
             --i-have-read-the-licences"
        );
    }
    write!(
        screen,
        "Have you read them, and may you train on these recordings and use what comes of it? Type {AGREED}: "
    )?;
    screen.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    ensure!(
        answer.trim().eq_ignore_ascii_case(AGREED),
        "nothing was trained"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(root: &Path, name: &str) -> PathBuf {
        let dir = root.join(name);
        fs::create_dir(&dir).expect("writable");
        dir.join("manifest.tsv")
    }

    #[test]
    fn the_licence_of_a_corpus_is_the_one_named_or_the_file_beside_its_table() {
        let root = tempfile::tempdir().expect("a folder");
        let (ours, theirs) = (corpus(root.path(), "ours"), corpus(root.path(), "theirs"));
        fs::write(
            theirs.with_file_name("LICENSE.txt"),
            "\n  For research alone\nNo more.\n",
        )
        .expect("writable");
        let told = of(std::slice::from_ref(&theirs), &[]).expect("it is told");
        assert_eq!(told[0].source.to_string(), "theirs (For research alone)");
        assert!(told[0].text.contains("No more."), "all of it is shown");
        let both = [ours.clone(), theirs];
        let error = of(&both, &[]).expect_err("nobody tells").to_string();
        assert!(
            error.contains("ours") && error.contains("--licence"),
            "{error}"
        );
        let named = ["CC0-1.0".to_owned(), "CC-BY-4.0".to_owned()];
        let told = of(&both, &named).expect("both are named");
        let told: Vec<_> = told.iter().map(|one| one.source.to_string()).collect();
        assert_eq!(told, ["ours (CC0-1.0)", "theirs (CC-BY-4.0)"]);
        let error = of(&both, &named[..1])
            .expect_err("one is missing")
            .to_string();
        assert!(error.contains("one for each"), "{error}");
        let error = of(&[ours], &[" ".to_owned()])
            .expect_err("it is empty")
            .to_string();
        assert!(error.contains("is empty"), "{error}");
    }
}
