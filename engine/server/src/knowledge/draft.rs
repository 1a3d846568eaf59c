//! A file as somebody would have it, among all others as they are: what is wrong with it, and what
//! agents would be helped by.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use sidetone_core::rules::{RuleError, RuleSet};
use sidetone_kb::{self as kb, Article, Date, Index, KbError};

use super::files::{FileKind, FileName, Shelf, SourceFile, built_in};
use super::{Knowledge, KnowledgeError, Texts};

/// A file as somebody would have it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What it holds.
    pub kind: FileKind,
    /// Its name.
    pub name: FileName,
    /// What is to stand in it; `None` if it is to be gone.
    pub text: Option<String>,
}

/// Something about a file that its author should look at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// The line that it is about, from 1; `None` if it is about the file.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub message: String,
    /// Whether the file is of no use with it. Otherwise it works, and is likely not meant.
    pub is_error: bool,
}

/// What came out of looking at a draft.
#[derive(Debug, Default)]
pub struct Looked {
    /// All there is to say about it, in the order of lines.
    pub problems: Vec<Problem>,
    /// The article, if it is one that can be read.
    pub article: Option<Article>,
}

impl Looked {
    /// Whether it can be used as it is.
    pub fn is_usable(&self) -> bool {
        !self.problems.iter().any(|problem| problem.is_error)
    }
}

/// What agents are helped by, or would be.
#[derive(Clone)]
pub struct HelpedBy {
    /// What is watched for.
    pub rules: Arc<RuleSet>,
    /// What is found.
    pub articles: Arc<Index>,
}

/// What built-in files are called beside own ones of the same name.
const BUILT_IN: &str = "built-in ";

impl Knowledge {
    /// Where files of that kind come from.
    pub fn shelf(&self, kind: FileKind) -> Shelf {
        Shelf::of(&self.config, kind)
    }

    /// Whether the built-in rules hold besides own ones.
    pub fn has_built_in_rules(&self) -> bool {
        self.shelf(FileKind::Rules).folder().is_none() || self.config.rules_builtin
    }

    /// The files of that kind: own ones, and of rules the built-in ones that hold besides.
    pub fn files(&self, kind: FileKind) -> Result<Vec<SourceFile>, KnowledgeError> {
        let shelf = self.shelf(kind);
        let mut files = shelf.files(kind)?;
        if kind == FileKind::Rules && shelf.folder().is_some() && self.config.rules_builtin {
            files.extend(built_in(kind));
        }
        Ok(files)
    }

    /// Looks at a draft, as `sidetone kb check` would if it were there already.
    pub fn look_at(&self, draft: &Draft) -> Result<Looked, KnowledgeError> {
        let Some(text) = &draft.text else {
            return Ok(Looked::default());
        };
        let mut looked = match draft.kind {
            FileKind::Articles => self.look_at_article(draft, text)?,
            FileKind::Rules => self.look_at_rules(draft, text)?,
        };
        looked.problems.sort_by_key(|problem| problem.line);
        Ok(looked)
    }

    fn look_at_article(&self, draft: &Draft, text: &str) -> Result<Looked, KnowledgeError> {
        let name = draft.name.as_str();
        let article = match Article::parse(name.as_ref(), text) {
            Ok(article) => article,
            Err(error) => {
                return Ok(Looked {
                    problems: vec![of_article(&error, name, text)],
                    article: None,
                });
            }
        };
        let mut problems = Vec::new();
        let lang = article.lang.code();
        if let Some(named) = draft.name.language().filter(|named| *named != lang) {
            problems.push(Problem {
                line: line_with(text, "lang"),
                message: format!(
                    "the name `{name}` says that it is in `{named}`, and `lang` is \"{lang}\": change one of them"
                ),
                is_error: true,
            });
        }
        let others = self.files(FileKind::Articles)?.into_iter();
        let others = others.filter(|file| file.name != name);
        let others = others.filter_map(|file| Article::parse(file.name.as_ref(), &file.text).ok());
        let all = others.chain([article.clone()]).collect();
        let checked = kb::check(all, self.today());
        let errors = checked.errors.iter().filter(|error| concerns(error, name));
        problems.extend(errors.map(|error| of_article(error, name, text)));
        let warnings = checked.warnings.iter();
        let warnings = warnings.filter(|warning| warning.file.as_os_str() == name);
        problems.extend(warnings.map(|warning| {
            let whole = warning.to_string();
            let start = format!("{name}: {}: ", warning.id);
            Problem {
                line: warning.what.trigger().and_then(|of| line_with(text, of)),
                message: whole.strip_prefix(&start).unwrap_or(&whole).to_owned(),
                is_error: false,
            }
        }));
        Ok(Looked {
            problems,
            article: Some(article),
        })
    }

    fn look_at_rules(&self, draft: &Draft, text: &str) -> Result<Looked, KnowledgeError> {
        let name = draft.name.as_str();
        let (own, built_in) = self.rule_texts(Some(draft))?;
        let problems = match RuleSet::read(&own, &built_in, Arc::clone(&self.lexicon)) {
            Ok(rules) => {
                let idle = rules.idle().iter().filter(|(_, at)| at.file == name);
                idle.map(|(rule, at)| Problem {
                    line: Some(at.line),
                    message: format!("turns off `{rule}`, and no built-in rule has that name"),
                    is_error: false,
                })
                .collect()
            }
            Err(errors) => {
                let of_it = errors.iter().filter_map(|error| of_rules(error, name));
                of_it.collect()
            }
        };
        let mut problems: Vec<Problem> = problems;
        if !text.contains("[[rule]]") && problems.is_empty() {
            problems.push(Problem {
                line: None,
                message: "there is no rule in it: each begins with `[[rule]]`".to_owned(),
                is_error: false,
            });
        }
        Ok(Looked {
            problems,
            article: None,
        })
    }

    /// The names of own files of rules with something wrong in them.
    pub fn faulty_rules(&self) -> Result<BTreeSet<String>, KnowledgeError> {
        let (own, built_in) = self.rule_texts(None)?;
        let read = RuleSet::read(&own, &built_in, Arc::clone(&self.lexicon));
        let errors = read.err().unwrap_or_default().into_iter();
        Ok(errors.map(|error| error.at().file.clone()).collect())
    }

    /// What agents are helped by now.
    pub fn helped_by(&self) -> HelpedBy {
        HelpedBy {
            rules: self.rules(),
            articles: self.articles(),
        }
    }

    /// What agents would be helped by with a draft, whatever days it is for.
    pub fn would_be_helped_by(&self, draft: &Draft) -> Result<HelpedBy, KnowledgeError> {
        let now = self.helped_by();
        match draft.kind {
            FileKind::Rules => {
                let (own, built_in) = self.rule_texts(Some(draft))?;
                let read = RuleSet::read(&own, &built_in, Arc::clone(&self.lexicon));
                let rules = read.map_err(|mut errors| errors.remove(0))?;
                Ok(HelpedBy {
                    rules: Arc::new(rules),
                    ..now
                })
            }
            FileKind::Articles => {
                let name = draft.name.as_str();
                let today = self.today();
                let files = self.files(FileKind::Articles)?.into_iter();
                let others = files.filter(|file| file.name != name);
                let others =
                    others.filter_map(|file| Article::parse(file.name.as_ref(), &file.text).ok());
                let mut all: Vec<Article> = others
                    .filter(|article| article.is_valid_on(today))
                    .collect();
                if let Some(text) = &draft.text {
                    all.push(Article::parse(name.as_ref(), text)?);
                }
                all.sort_by(|a, b| a.file.cmp(&b.file));
                Ok(HelpedBy {
                    articles: Arc::new(Index::build(all)?),
                    ..now
                })
            }
        }
    }

    /// The texts of own rules, with a draft among them, and of built-in ones.
    fn rule_texts(&self, draft: Option<&Draft>) -> Result<(Texts, Texts), KnowledgeError> {
        let (mut own, mut built_in) = (Texts::new(), Texts::new());
        for file in self.files(FileKind::Rules)? {
            match file.is_own {
                true => own.push((file.name, file.text)),
                false => built_in.push((format!("{BUILT_IN}{}", file.name), file.text)),
            }
        }
        if let Some(draft) = draft {
            let name = draft.name.as_str();
            own.retain(|(known, _)| known != name);
            let text = draft.text.iter().cloned();
            own.extend(text.map(|text| (name.to_owned(), text)));
            own.sort();
        }
        Ok((own, built_in))
    }

    /// The day it is where the call centre is.
    pub fn today(&self) -> Date {
        super::day(super::clock(std::time::SystemTime::now(), &self.time_zone))
    }
}

/// Whether an error of many articles is one of that file.
fn concerns(error: &KbError, name: &str) -> bool {
    match error {
        KbError::DuplicateId { first, second, .. } => {
            first.as_os_str() == name || second.as_os_str() == name
        }
        _ => false,
    }
}

fn of_article(error: &KbError, name: &str, text: &str) -> Problem {
    let line = match error {
        KbError::DuplicateId { .. } => line_with(text, "id"),
        other => other.line(),
    };
    Problem {
        line,
        message: without_place(&error.to_string(), name, error.line()),
        is_error: true,
    }
}

/// An error of rules, if the file has anything to do with it.
fn of_rules(error: &RuleError, name: &str) -> Option<Problem> {
    let at = error.at();
    let line = match error {
        _ if at.file == name => at.line,
        RuleError::NameTwice { first, .. } if first.file == name => first.line,
        _ => return None,
    };
    Some(Problem {
        line: Some(line),
        message: without_place(&error.to_string(), &at.file, Some(at.line)),
        is_error: true,
    })
}

/// A message that stands beside its line needs not name it.
fn without_place(message: &str, file: &str, line: Option<usize>) -> String {
    let place = line.map(|line| format!("{file}:{line}: "));
    let rest = place.and_then(|place| message.strip_prefix(&place));
    rest.unwrap_or(message).to_owned()
}

/// The first line with those words.
fn line_with(text: &str, words: &str) -> Option<usize> {
    let mut lines = text.lines();
    lines.position(|line| line.contains(words)).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Defaults;
    use crate::knowledge::KnowledgeConfig;

    const ARTICLE: &str = "+++\nid = \"gift-card\"\nlang = \"en\"\ntitle = \"Gift cards\"\ntriggers = [\n  \
                           \"my gift card is empty\",\n]\nsay = \"Let me look.\"\n+++\nLook it up.\n";

    fn draft(kind: FileKind, name: &str, text: &str) -> Draft {
        Draft {
            kind,
            name: FileName::parse(kind, name).expect("right"),
            text: Some(text.to_owned()),
        }
    }

    fn with_folder() -> (tempfile::TempDir, Knowledge) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for kind in FileKind::ALL {
            std::fs::create_dir(dir.path().join(kind.as_str())).expect("writable");
        }
        let config = KnowledgeConfig {
            articles: dir.path().join("articles"),
            rules: dir.path().join("rules"),
            ..KnowledgeConfig::default()
        };
        let knowledge = Knowledge::open(&config, &Defaults::default()).expect("empty is fine");
        (dir, knowledge)
    }

    fn told(knowledge: &Knowledge, draft: &Draft) -> Vec<(Option<usize>, String, bool)> {
        let looked = knowledge.look_at(draft).expect("readable");
        let problems = looked.problems.into_iter();
        problems
            .map(|problem| (problem.line, problem.message, problem.is_error))
            .collect()
    }

    #[test]
    fn what_is_wrong_with_an_article_stands_beside_its_line() {
        let (dir, knowledge) = with_folder();
        std::fs::write(dir.path().join("articles/other.md"), ARTICLE).expect("writable");
        for (name, from, to, line, expected, is_error) in [
            ("a.md", "title", "titel", 4, "unknown field `titel`", true),
            ("a.md", "gift-card", "Gift", 2, "is no article id", true),
            (
                "a.md",
                "Look it up.",
                "",
                9,
                "no text after the front matter",
                true,
            ),
            (
                "a.zh.md",
                "gift-card",
                "g",
                3,
                "says that it is in `zh`",
                true,
            ),
            (
                "a.md",
                "Look",
                "Look",
                2,
                "the id `gift-card` is taken twice",
                true,
            ),
            (
                "a.md",
                "gift-card",
                "g",
                6,
                "is one of gift-card too",
                false,
            ),
            (
                "a.md",
                "my gift card is empty",
                "of the",
                6,
                "has no telling word",
                false,
            ),
        ] {
            let text = ARTICLE.replacen(from, to, 1);
            let told = told(&knowledge, &draft(FileKind::Articles, name, &text));
            let is_it = |(at, message, error): &(Option<usize>, String, bool)| {
                *at == Some(line) && message.contains(expected) && *error == is_error
            };
            assert!(told.iter().any(is_it), "{expected}: {told:?}");
            assert!(
                told.iter()
                    .all(|(_, message, _)| !message.starts_with(name))
            );
        }
        let same = draft(FileKind::Articles, "other.md", ARTICLE);
        assert_eq!(told(&knowledge, &same), [], "it takes its own place");
    }

    #[test]
    fn what_is_wrong_with_rules_stands_beside_its_line() {
        let (dir, knowledge) = with_folder();
        let rule = "lang = \"en\"\n\n[[rule]]\nname = \"gift\"\naction = \"warn\"\nmessage = \"Gift\"\n\
                    any = [\"gift card\"]\n";
        std::fs::write(dir.path().join("rules/other.toml"), rule).expect("writable");
        let unique = rule.replace("\"gift\"", "\"mine\"");
        let off = format!("{unique}\n[[rule]]\nname = \"nobody\"\noff = true\n");
        for (name, text, line, expected, is_error) in [
            (
                "a.toml",
                rule.replace("message", "mesage"),
                6,
                "unknown field `mesage`",
                true,
            ),
            ("a.toml", rule.to_owned(), 4, "there is a rule `gift`", true),
            ("z.toml", rule.to_owned(), 4, "there is a rule `gift`", true),
            ("a.toml", off, 10, "turns off `nobody`", false),
        ] {
            let told = told(&knowledge, &draft(FileKind::Rules, name, &text));
            let is_it = |(at, message, error): &(Option<usize>, String, bool)| {
                *at == Some(line) && message.contains(expected) && *error == is_error
            };
            assert!(told.iter().any(is_it), "{expected}: {told:?}");
        }
        assert_eq!(
            told(&knowledge, &draft(FileKind::Rules, "a.toml", &unique)),
            []
        );
    }

    #[test]
    fn a_draft_helps_before_it_is_there() {
        let (_dir, knowledge) = with_folder();
        let article = draft(FileKind::Articles, "a.md", ARTICLE);
        let with = knowledge.would_be_helped_by(&article).expect("right");
        assert_eq!(with.articles.articles().len(), 1);
        assert_eq!(knowledge.articles().articles().len(), 0);
        let name = knowledge.rules().rules()[0].name.clone();
        let off = format!("[[rule]]\nname = \"{name}\"\noff = true\n");
        let rules = draft(FileKind::Rules, "off.toml", &off);
        let with = knowledge.would_be_helped_by(&rules).expect("right");
        assert_eq!(
            with.rules.rules().len() + 1,
            knowledge.rules().rules().len()
        );
        assert_eq!(with.rules.given_way()[0].name, name);
    }
}
