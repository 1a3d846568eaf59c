//! What is wrong with a folder of articles, all of it at once, and what is merely odd.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::Date;
use crate::article::{Article, ArticleId};
use crate::error::KbError;
use crate::load::{article_files, read};
use crate::schema::LANGUAGES;
use crate::vocabulary::{Term, Vocabulary};
use sidetone_types::lang::Lang;

/// What came out of checking.
#[derive(Debug, Default)]
pub struct Checked {
    /// The articles that can be read.
    pub articles: Vec<Article>,
    /// Why the others cannot, or why they do not go together.
    pub errors: Vec<KbError>,
    /// What works, and is likely not meant.
    pub warnings: Vec<Warning>,
}

/// Something an author should look at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning {
    /// The article's file.
    pub file: PathBuf,
    /// The article.
    pub id: ArticleId,
    /// What is odd.
    pub what: Oddity,
}

/// What is odd about an article.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Oddity {
    /// Nobody will find it by what callers say.
    NoTriggers,
    /// A trigger has no word that tells anything.
    EmptyTrigger(String),
    /// Another article has that trigger too.
    SameTrigger {
        /// The trigger.
        trigger: String,
        /// The article that had it first.
        other: ArticleId,
    },
    /// Another article's trigger has the same telling words.
    NearTrigger {
        /// The trigger.
        trigger: String,
        /// The article that had the other one first.
        other: ArticleId,
        /// Its trigger.
        other_trigger: String,
    },
    /// Its last day is over.
    Expired(Date),
}

impl Oddity {
    /// The trigger that it is about, if it is about one.
    #[must_use]
    pub fn trigger(&self) -> Option<&str> {
        match self {
            Self::EmptyTrigger(trigger)
            | Self::SameTrigger { trigger, .. }
            | Self::NearTrigger { trigger, .. } => Some(trigger),
            Self::NoTriggers | Self::Expired(_) => None,
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.file.display(), self.id)?;
        match &self.what {
            Oddity::NoTriggers => f.write_str("no triggers: write down what callers say"),
            Oddity::EmptyTrigger(trigger) => {
                write!(f, "the trigger “{trigger}” has no telling word: add one")
            }
            Oddity::SameTrigger { trigger, other } => {
                write!(f, "the trigger “{trigger}” is one of {other} too")
            }
            Oddity::NearTrigger {
                trigger,
                other,
                other_trigger,
            } => write!(
                f,
                "the trigger “{trigger}” has the same telling words as “{other_trigger}” of {other}"
            ),
            Oddity::Expired(until) => write!(f, "not valid any more since {until}"),
        }
    }
}

/// Reads every article of a folder, and goes on where [`load_dir`](crate::load_dir) gives up.
#[must_use]
pub fn check_dir(dir: &Path, today: Date) -> Checked {
    let mut checked = Checked::default();
    match article_files(dir) {
        Ok(files) => {
            for file in files {
                match read(&file.path) {
                    Ok(article) => checked.articles.push(article),
                    Err(error) => checked.errors.push(error),
                }
            }
        }
        Err(error) => checked.errors.push(error),
    }
    checked.look(today);
    checked
}

/// Looks at articles that were read already.
#[must_use]
pub fn check(articles: Vec<Article>, today: Date) -> Checked {
    let mut checked = Checked {
        articles,
        ..Checked::default()
    };
    checked.look(today);
    checked
}

impl Checked {
    fn look(&mut self, today: Date) {
        self.same_ids();
        for article in &self.articles {
            let mut warn = |what| self.warnings.push(warning(article, what));
            if article.triggers.is_empty() {
                warn(Oddity::NoTriggers);
            }
            if let Some(until) = article.valid_until.filter(|&until| until < today) {
                warn(Oddity::Expired(until));
            }
        }
        for lang in LANGUAGES {
            self.same_triggers(lang);
        }
    }

    fn same_ids(&mut self) {
        let mut first: HashMap<&ArticleId, &Path> = HashMap::new();
        for article in &self.articles {
            if let Some(&file) = first.get(&article.id) {
                self.errors.push(KbError::DuplicateId {
                    id: article.id.clone(),
                    first: file.to_owned(),
                    second: article.file.clone(),
                });
            } else {
                first.insert(&article.id, &article.file);
            }
        }
    }

    fn same_triggers(&mut self, lang: Lang) {
        let mut vocabulary = Vocabulary::new(lang);
        let mut first: HashMap<Vec<Term>, (&Article, &str)> = HashMap::new();
        for article in self.articles.iter().filter(|article| article.lang == lang) {
            for trigger in &article.triggers {
                let mut terms = vocabulary.add_key(trigger);
                terms.sort_unstable();
                let what = if terms.is_empty() {
                    Oddity::EmptyTrigger(trigger.clone())
                } else {
                    match first.get(&terms) {
                        None => {
                            first.insert(terms, (article, trigger));
                            continue;
                        }
                        Some((other, _)) if other.id == article.id => continue,
                        Some(&(other, other_trigger)) if other_trigger == trigger => {
                            Oddity::SameTrigger {
                                trigger: trigger.clone(),
                                other: other.id.clone(),
                            }
                        }
                        Some(&(other, other_trigger)) => Oddity::NearTrigger {
                            trigger: trigger.clone(),
                            other: other.id.clone(),
                            other_trigger: other_trigger.to_owned(),
                        },
                    }
                };
                self.warnings.push(warning(article, what));
            }
        }
    }
}

fn warning(article: &Article, what: Oddity) -> Warning {
    Warning {
        file: article.file.clone(),
        id: article.id.clone(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use std::fs;

    const TODAY: Date = Date {
        year: 2026,
        month: 3,
        day: 1,
    };

    #[test]
    fn everything_wrong_is_told_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(dir.path().join(file), text).unwrap();
        let article = |id: &str, more: &str| {
            format!(
                "+++\nid = \"{id}\"\nlang = \"en\"\ntitle = \"T\"\nsay = \"S\"\n{more}\n+++\nDo.\n"
            )
        };
        write(
            "1.md",
            &article("one", "triggers = [\"late fee\", \"you and me\"]"),
        );
        write(
            "2.md",
            &article("two", "triggers = [\"late fee\", \"the late fees\"]"),
        );
        write("3.md", &article("one", "valid_until = 2026-02-28"));
        write("4.md", "nothing");
        write("5.md", &article("B", ""));

        let checked = check_dir(dir.path(), TODAY);
        let errors: Vec<_> = checked.errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors.len(), 3, "{errors:?}");
        for (error, expected) in errors
            .iter()
            .zip(["4.md:1:", "5.md:2:", "`one` is taken twice"])
        {
            assert!(error.contains(expected), "{error}");
        }
        let warnings: Vec<_> = checked.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), 5, "{warnings:#?}");
        for (warning, expected) in warnings.iter().zip([
            "3.md: one: no triggers",
            "3.md: one: not valid any more since 2026-02-28",
            "1.md: one: the trigger “you and me” has no telling word",
            "2.md: two: the trigger “late fee” is one of one too",
            "2.md: two: the trigger “the late fees” has the same telling words as “late fee” of one",
        ]) {
            assert!(warning.contains(expected), "{warning}");
        }
    }

    #[test]
    fn the_samples_are_as_we_ask_of_others() {
        let checked = check(samples(), TODAY);
        assert!(checked.errors.is_empty());
        let warnings: Vec<_> = checked.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings, [""; 0]);
    }
}
