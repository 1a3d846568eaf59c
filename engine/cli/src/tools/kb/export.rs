//! `sidetone kb export`: the built-in articles and rules as files.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use sidetone_kb::sample_files;

use super::folder;
use crate::tools::Outcome;

/// Writes them into `dir`, over nothing that is there.
pub fn run(out: &mut impl Write, dir: &Path) -> anyhow::Result<Outcome> {
    let files: Vec<(PathBuf, &str)> = sample_files().collect();
    if let Some((file, _)) = files.iter().find(|(file, _)| dir.join(file).exists()) {
        bail!(
            "{} exists already: name a folder without it, for nothing is overwritten",
            dir.join(file).display()
        );
    }
    folder::write(dir, &files)?;
    writeln!(
        out,
        "{} files are in {}. To use them, put into the configuration:\n",
        files.len(),
        dir.display()
    )?;
    folder::configure(out, dir, true)?;
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use sidetone::config::KnowledgeConfig;
    use sidetone::knowledge;
    use sidetone_kb::{load_dir, sample_rules, samples};

    use super::*;

    #[test]
    fn what_is_exported_is_what_is_built_in_and_is_never_written_over() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = dir.path().join("ours");
        run(&mut Vec::new(), &at).expect("writable");
        let articles = load_dir(&at.join("articles")).expect("they are right");
        assert_eq!(articles.len(), samples().len());
        let config = KnowledgeConfig {
            rules: at.join("rules"),
            rules_builtin: false,
            ..KnowledgeConfig::default()
        };
        let own = knowledge::check_rules(&config).expect("they are right");
        let built_in =
            sidetone_core::rules::RuleSet::parse(sample_rules()).expect("they are right");
        assert_eq!(own.rules().len(), built_in.rules().len());
        let again = run(&mut Vec::new(), &at)
            .expect_err("it is there")
            .to_string();
        assert!(again.contains("nothing is overwritten"), "{again}");
    }
}
