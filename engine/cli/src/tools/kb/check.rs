//! `sidetone kb check`: all that is wrong with articles and rules, before anything that is well.

use std::io::Write;
use std::path::{Path, PathBuf};

use console::style;
use sidetone::config::KnowledgeConfig;
use sidetone::knowledge;
use sidetone_kb::{Checked, Date, check, check_dir, samples};
use sidetone_types::lang::Lang;

use crate::tools::Outcome;

/// Checks the `dirs`, or what `config` names if there are none.
pub fn run(
    out: &mut impl Write,
    dirs: &[PathBuf],
    config: &KnowledgeConfig,
    today: Date,
) -> anyhow::Result<Outcome> {
    let mut report = Report::default();
    let found = if dirs.is_empty() {
        configured(config)
    } else {
        let mut found = Found::default();
        for dir in dirs {
            found.look(dir, &mut report);
        }
        found
    };
    for dir in &found.articles {
        report.articles(match dir {
            Some(dir) => check_dir(dir, today),
            None => check(samples(), today),
        });
    }
    for dir in &found.rules {
        report.rules(dir.as_deref(), config);
    }
    report.write(out)?;
    Ok(match report.errors.is_empty() {
        true => Outcome::Done,
        false => Outcome::Failed,
    })
}

/// Folders to check; `None` is what comes with the program.
#[derive(Debug, Default, Eq, PartialEq)]
struct Found {
    articles: Vec<Option<PathBuf>>,
    rules: Vec<Option<PathBuf>>,
}

fn configured(config: &KnowledgeConfig) -> Found {
    let named = |dir: &Path| (!dir.as_os_str().is_empty()).then(|| dir.to_owned());
    Found {
        articles: vec![named(&config.articles)],
        rules: vec![named(&config.rules)],
    }
}

impl Found {
    /// Finds what a folder holds: articles, rules, or folders of them.
    fn look(&mut self, dir: &Path, report: &mut Report) {
        let names: Vec<String> = match std::fs::read_dir(dir) {
            Ok(entries) => entries
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect(),
            Err(error) => {
                return report
                    .errors
                    .push(format!("cannot read {}: {error}", dir.display()));
            }
        };
        let before = self.articles.len() + self.rules.len();
        let (articles, rules) = (dir.join("articles"), dir.join("rules"));
        if articles.is_dir() || rules.is_dir() {
            // What lies beside them is neither.
            self.articles
                .extend(articles.is_dir().then_some(Some(articles)));
            self.rules.extend(rules.is_dir().then_some(Some(rules)));
            return;
        }
        let has = |ending: &str| {
            names
                .iter()
                .any(|name| name.ends_with(ending) && name != "README.md")
        };
        if has(".md") {
            self.articles.push(Some(dir.to_owned()));
        }
        if has(".toml") {
            self.rules.push(Some(dir.to_owned()));
        }
        if self.articles.len() + self.rules.len() == before {
            report.errors.push(format!(
                "{} holds neither articles (*.md) nor rules (*.toml), and no folders `articles` or \
                 `rules`: nothing was checked",
                dir.display()
            ));
        }
    }
}

/// What was found, by how bad it is.
#[derive(Debug, Default)]
struct Report {
    errors: Vec<String>,
    warnings: Vec<String>,
    lines: Vec<String>,
}

impl Report {
    fn articles(&mut self, checked: Checked) {
        self.errors
            .extend(checked.errors.iter().map(ToString::to_string));
        self.warnings
            .extend(checked.warnings.iter().map(ToString::to_string));
        for lang in [Lang::EN, Lang::ZH] {
            let of = checked
                .articles
                .iter()
                .filter(|article| article.lang == lang);
            let triggers: Vec<usize> = of.map(|article| article.triggers.len()).collect();
            self.lines.push(format!(
                "{}  {}, {}",
                lang.code(),
                counted(triggers.len(), "article"),
                counted(triggers.iter().sum(), "trigger")
            ));
        }
    }

    fn rules(&mut self, dir: Option<&Path>, config: &KnowledgeConfig) {
        let only = |rules_builtin| KnowledgeConfig {
            rules: dir.unwrap_or(Path::new("")).to_owned(),
            rules_builtin,
            ..config.clone()
        };
        let mut count = |rules_builtin| match knowledge::check_rules(&only(rules_builtin)) {
            Ok(rules) => {
                let idle = rules.idle().iter().filter(|_| rules_builtin);
                self.warnings.extend(idle.map(|(name, at)| {
                    format!("{at}: turns off `{name}`, and no built-in rule has that name")
                }));
                Some(rules.rules().len())
            }
            Err(errors) => {
                self.errors.extend(errors.iter().map(ToString::to_string));
                None
            }
        };
        let Some(own) = count(false) else { return };
        if dir.is_none() {
            return self
                .lines
                .push(format!("{}, built-in", counted(own, "rule")));
        }
        if !config.rules_builtin {
            self.warnings.push(
                "the built-in rules are off, those for cancelling, self-harm and legal threats among \
                 them: `knowledge.rules_builtin = true` keeps them as well"
                    .to_owned(),
            );
            return self
                .lines
                .push(format!("{}, none built-in", counted(own, "rule")));
        }
        if let Some(all) = count(true) {
            self.lines.push(format!(
                "{}, and {} built-in besides",
                counted(own, "rule"),
                all - own
            ));
        }
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        for error in &self.errors {
            writeln!(out, "{} {error}", style("error:").red().bold())?;
        }
        for warning in &self.warnings {
            writeln!(out, "{} {warning}", style("warning:").yellow().bold())?;
        }
        for line in &self.lines {
            writeln!(out, "{line}")?;
        }
        let warnings = counted(self.warnings.len(), "warning");
        match self.errors.len() {
            0 => writeln!(out, "{}, {warnings}", style("no errors").green()),
            errors => writeln!(out, "{}, {warnings}", style(counted(errors, "error")).red()),
        }
    }
}

/// `1 error`, `2 errors`.
fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use console::strip_ansi_codes;
    use tempfile::TempDir;

    use super::*;
    use crate::tools::kb::export;

    const TODAY: Date = Date {
        year: 2026,
        month: 3,
        day: 1,
    };

    fn told(dirs: &[PathBuf], config: &KnowledgeConfig) -> (Outcome, String) {
        let mut out = Vec::new();
        let outcome = run(&mut out, dirs, config, TODAY).expect("memory takes all");
        let text = String::from_utf8(out).expect("text");
        (outcome, strip_ansi_codes(&text).into_owned())
    }

    fn exported() -> TempDir {
        let dir = tempfile::tempdir().expect("a temporary directory");
        export::run(&mut Vec::new(), dir.path()).expect("writable");
        dir
    }

    #[test]
    fn a_folder_above_articles_and_rules_or_either_alone_is_read() {
        let dir = exported();
        fs::write(dir.path().join("Cargo.toml"), "[package]\n").expect("writable");
        let none = KnowledgeConfig {
            rules_builtin: false,
            ..KnowledgeConfig::default()
        };
        let (_, alone) = told(&[], &KnowledgeConfig::default());
        let rules = alone
            .lines()
            .find(|line| line.contains("rules, built-in"))
            .expect("counted");
        let rules = rules.replace(", built-in", ", none built-in");
        let (outcome, both) = told(&[dir.path().to_owned()], &none);
        assert_eq!(outcome, Outcome::Done, "{both}");
        assert!(both.contains("en  3") && both.contains(&rules), "{both}");
        let (_, only_rules) = told(&[dir.path().join("rules")], &none);
        assert!(
            only_rules.contains(&rules) && !only_rules.contains("articles"),
            "{only_rules}"
        );
        let (_, only_articles) = told(&[dir.path().join("articles")], &none);
        assert!(
            only_articles.contains("en  3") && !only_articles.contains("rules"),
            "{only_articles}"
        );
    }

    #[test]
    fn a_folder_with_nothing_to_check_is_an_error_that_says_so() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (dir, expected) in [
            (
                dir.path().to_owned(),
                "holds neither articles (*.md) nor rules (*.toml)",
            ),
            (dir.path().join("missing"), "cannot read"),
        ] {
            let (outcome, text) = told(&[dir], &KnowledgeConfig::default());
            assert_eq!(outcome, Outcome::Failed);
            assert!(
                text.contains(expected) && text.ends_with("1 error, 0 warnings\n"),
                "{text}"
            );
            assert!(!text.contains("no errors"), "{text}");
        }
    }

    #[test]
    fn every_faulty_rule_is_told_before_anything_is_called_well() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let rules = "lang = \"en\"\n\n[[rule]]\nname = \"one\"\nmessage = \"One\"\nany = [\"a bee\"]\n\n\
                     [[rule]]\nname = \"two\"\naction = \"inform\"\nmessage = \"Two\"\nany = [\"sea dee\"]\n";
        fs::write(dir.path().join("own.toml"), rules).expect("writable");
        let (outcome, text) = told(&[dir.path().to_owned()], &KnowledgeConfig::default());
        assert_eq!(outcome, Outcome::Failed);
        assert!(
            text.contains("rule `one`: missing field `action`"),
            "{text}"
        );
        assert!(
            text.contains("rule `two`: unknown variant `inform`, expected one of `suggest`"),
            "{text}"
        );
        assert!(
            text.ends_with("2 errors, 0 warnings\n") && !text.contains("no errors"),
            "{text}"
        );
    }

    #[test]
    fn own_rules_say_whether_the_built_in_ones_hold_too() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let rules = "lang = \"en\"\n\n[[rule]]\nname = \"one\"\naction = \"warn\"\nmessage = \"One\"\n\
                     any = [\"purple elephant\"]\n";
        fs::write(dir.path().join("own.toml"), rules).expect("writable");
        for (rules_builtin, expected) in [(true, "1 rule, and 4"), (false, "1 rule, none built-in")]
        {
            let config = KnowledgeConfig {
                rules: dir.path().to_owned(),
                rules_builtin,
                ..KnowledgeConfig::default()
            };
            let (_, text) = told(&[], &config);
            assert!(text.contains(expected), "{text}");
            assert_eq!(
                text.contains("the built-in rules are off"),
                !rules_builtin,
                "{text}"
            );
        }
    }
}
