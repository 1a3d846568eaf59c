//! `sidetone kb init`: a folder to keep one's own articles and rules in.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sidetone_kb::{example_files, sample_files};

use super::folder;
use crate::tools::Outcome;

/// Makes the folder `dir`: with the samples, or with one example of each if it `is_empty`.
pub fn run(out: &mut impl Write, dir: &Path, is_empty: bool) -> anyhow::Result<Outcome> {
    let cannot_make = || format!("cannot make {}", dir.display());
    fs::create_dir_all(dir).with_context(cannot_make)?;
    let mut entries =
        fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    if entries.next().is_some() {
        bail!(
            "{} is not empty: name a new folder, for nothing is overwritten",
            dir.display()
        );
    }
    let files: Vec<(PathBuf, &str)> = match is_empty {
        true => example_files().collect(),
        false => sample_files().collect(),
    };
    folder::write(dir, &files)?;
    let whole = fs::canonicalize(dir).with_context(cannot_make)?;
    writeln!(
        out,
        "{} files are in {}. Put into the configuration, and start the engine anew:\n",
        files.len(),
        dir.display()
    )?;
    folder::configure(out, &whole, !is_empty)?;
    writeln!(
        out,
        "\nThen edit them on the desk (the page of who may `edit_knowledge`) or as files. `sidetone kb check {}` \
         says what is wrong.",
        dir.display()
    )?;
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use sidetone::config::KnowledgeConfig;
    use sidetone::knowledge;
    use sidetone_kb::{load_dir, samples};

    use super::*;

    fn made(is_empty: bool) -> (tempfile::TempDir, PathBuf, String) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = dir.path().join("ours");
        let mut out = Vec::new();
        run(&mut out, &at, is_empty).expect("writable");
        (dir, at, String::from_utf8(out).expect("text"))
    }

    #[test]
    fn a_folder_holds_the_samples_or_an_example_of_each_and_says_how_to_use_them() {
        for (is_empty, articles) in [(false, samples().len()), (true, 1)] {
            let (_dir, at, told) = made(is_empty);
            let read = load_dir(&at.join("articles")).expect("they are right");
            assert_eq!(read.len(), articles);
            let config = KnowledgeConfig {
                articles: at.join("articles"),
                rules: at.join("rules"),
                rules_builtin: is_empty,
                ..KnowledgeConfig::default()
            };
            let rules = knowledge::check_rules(&config).expect("they are right");
            assert!(rules.rules().len() > 30);
            assert_eq!(told.contains("rules_builtin = false"), !is_empty);
            let lines = [
                "[knowledge]",
                "articles = \"",
                "rules = \"",
                "sidetone kb check",
            ];
            assert!(lines.iter().all(|line| told.contains(line)), "{told}");
        }
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let (_dir, at, _) = made(true);
        let again = run(&mut Vec::new(), &at, true).expect_err("it is there");
        assert!(again.to_string().contains("is not empty"), "{again}");
    }
}
