//! The word lists by which the engine understands: files, one folder per language, one file per topic.
//!
//! `lexicon/en/negation.toml` has the lists of [`Negation`] for English, and so on. A list is an array of patterns, or one
//! text of single words. In a pattern `…` stands for up to six words that do not matter, and `*` for any ending of an
//! English word: `"give you … call"`, `"refund*"`.
//!
//! The files that come with the program are compiled in. Others may replace some of their lists: what a file there names is
//! replaced, for its language, and all else stays. A further language is a further folder.

mod error;
mod topics;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use include_dir::{Dir, include_dir};
use sidetone_types::lang::{Lang, LanguageTag};
use toml::{Table, Value};

use crate::pattern::Phrases;

pub use error::LexiconError;
pub use topics::*;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/lexicon");

static BUILT_IN: LazyLock<Arc<Lexicon>> = LazyLock::new(|| {
    let lexicon = Lexicon::parse(std::iter::empty::<(&str, &str)>());
    Arc::new(lexicon.expect("a test reads what comes with the program"))
});

/// A list by its topic and name.
type Key = (&'static str, &'static str);

/// What may be made of a list.
trait List {
    /// Of items that were checked.
    fn of(items: Vec<String>) -> Self;
}

impl List for Phrases {
    fn of(items: Vec<String>) -> Self {
        Self::parse(&items).expect("its items were checked")
    }
}

impl List for Vec<String> {
    fn of(items: Vec<String>) -> Self {
        items
    }
}

impl Lexicon {
    /// The lists that come with the program.
    pub fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// The same, with the lists replaced that `files` name. Each is given as its name, of which the last two parts count
    /// (`en/negation.toml`), and its text.
    ///
    /// # Errors
    ///
    /// [`LexiconError`] for the first mistake.
    pub fn parse<N: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, LexiconError> {
        let mut lists = Lists::default();
        for folder in FILES.dirs() {
            for file in folder.files() {
                let text = file.contents_utf8().expect("what we write is text");
                lists.read(&file.path().display().to_string(), text)?;
            }
        }
        for (name, text) in files {
            lists.read(name.as_ref(), text.as_ref())?;
        }
        Ok(Self::of(|key| lists.all(key)))
    }
}

/// Lists as they are read, each by language.
#[derive(Default)]
struct Lists(BTreeMap<Key, BTreeMap<Lang, Vec<String>>>);

impl Lists {
    /// Takes the lists of a file. They take the place of those of the same language and name.
    fn read(&mut self, file: &str, text: &str) -> Result<(), LexiconError> {
        let (lang, topic, known) = place(file)?;
        let table: Table = toml::from_str(text).map_err(|err| {
            let before = err.span().map_or(0, |span| span.start);
            let line = 1 + text
                .bytes()
                .take(before)
                .filter(|byte| *byte == b'\n')
                .count();
            let message = err.message().trim().to_owned();
            let file = file.to_owned();
            LexiconError::Toml {
                file,
                line,
                message,
            }
        })?;
        for (key, value) in table {
            let refuse = |problem: String| LexiconError::List {
                file: file.to_owned(),
                key: key.clone(),
                problem,
            };
            let Some(name) = known.iter().find(|name| **name == key) else {
                return Err(refuse(format!(
                    "is no list of `{topic}`, which has {}",
                    known.join(", ")
                )));
            };
            let items = items(value).ok_or_else(|| {
                refuse(
                    "is no list: write an array of patterns, or a text of single words".to_owned(),
                )
            })?;
            Phrases::parse(&items).map_err(|(pattern, problem)| LexiconError::Pattern {
                file: file.to_owned(),
                key: key.clone(),
                pattern,
                problem,
            })?;
            self.0
                .entry((topic, *name))
                .or_default()
                .insert(lang, items);
        }
        Ok(())
    }

    /// A list in all languages.
    fn all(&self, key: Key) -> Vec<String> {
        let languages = self.0.get(&key).into_iter().flat_map(BTreeMap::values);
        languages.flatten().cloned().collect()
    }
}

/// The language and topic of a file by its name, and which lists the topic has.
fn place(file: &str) -> Result<(Lang, &'static str, &'static [&'static str]), LexiconError> {
    let refuse = |problem: String| LexiconError::Name {
        file: file.to_owned(),
        problem,
    };
    let mut parts = file.rsplit(['/', '\\']);
    let name = parts.next().unwrap_or_default();
    let folder = parts.next().unwrap_or_default();
    let tag: LanguageTag = folder.parse().map_err(|_| {
        refuse(format!(
            "its folder `{folder}` is no language: put it into `en`, for instance"
        ))
    })?;
    let topic = name.strip_suffix(".toml").unwrap_or(name);
    let known = TOPICS.iter().find(|(known, _)| *known == topic);
    let (topic, lists) = known.ok_or_else(|| {
        let names: Vec<String> = TOPICS
            .iter()
            .map(|(name, _)| format!("{name}.toml"))
            .collect();
        refuse(format!(
            "there is no such topic; there are {}",
            names.join(", ")
        ))
    })?;
    Ok((tag.lang, topic, lists))
}

fn items(value: Value) -> Option<Vec<String>> {
    match value {
        Value::String(words) => Some(words.split_whitespace().map(str::to_owned).collect()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(item) => Some(item),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenise;

    const NO_FILES: [(&str, &str); 0] = [];

    #[test]
    fn what_comes_with_the_program_can_be_read_and_has_every_list() {
        let mut lists = Lists::default();
        for folder in FILES.dirs() {
            for file in folder.files() {
                let text = file.contents_utf8().expect("text");
                let name = file.path().display().to_string();
                lists
                    .read(&name, text)
                    .unwrap_or_else(|err| panic!("{err}"));
            }
        }
        for (topic, names) in TOPICS {
            for name in *names {
                assert!(!lists.all((topic, name)).is_empty(), "{topic}.{name}");
            }
        }
    }

    #[test]
    fn a_file_replaces_what_it_names_and_nothing_else() {
        let said = |lexicon: &Lexicon, text: &str| lexicon.risks.again.are_in(&tokenise(text));
        let own = Lexicon::parse([(
            "my/lexicon/en/risks.toml",
            "again = [\"for the umpteenth time\"]",
        )])
        .expect("it is good");
        let built_in = Lexicon::parse(NO_FILES).expect("it is good");
        for (text, expected, without) in [
            ("I call for the umpteenth time", true, false),
            ("I called before", false, true),
            ("我已经打过电话", true, true),
        ] {
            assert_eq!(
                (said(&own, text), said(&built_in, text)),
                (expected, without),
                "{text}"
            );
        }
        assert!(own.risks.must.are_in(&tokenise("I need it by Friday")));
    }

    #[test]
    fn a_further_language_is_a_further_folder() {
        let lexicon =
            Lexicon::parse([("de/answers.toml", "yes = [\"ja\", \"gern\"]")]).expect("it is good");
        assert!(lexicon.answers.yes.are_in(&tokenise("Ja, gern.")));
        assert!(lexicon.answers.yes.are_in(&tokenise("yes")));
    }

    #[test]
    fn a_faulty_file_is_named_with_the_list_and_what_is_wrong() {
        for (file, text, expected) in [
            ("en/risks.toml", "must = [\n\"a\"\n", "en/risks.toml:"),
            (
                "en/risk.toml",
                "",
                "en/risk.toml: there is no such topic; there are sentence.toml",
            ),
            (
                "english/risks.toml",
                "",
                "english/risks.toml: its folder `english` is no language",
            ),
            ("risks.toml", "", "risks.toml: its folder `` is no language"),
            (
                "en/risks.toml",
                "mst = []",
                "en/risks.toml: `mst` is no list of `risks`, which has must, again",
            ),
            (
                "en/risks.toml",
                "must = 3",
                "en/risks.toml: `must` is no list: write an array",
            ),
            (
                "en/risks.toml",
                "must = [3]",
                "en/risks.toml: `must` is no list: write an array",
            ),
            (
                "en/risks.toml",
                "must = [\"…\"]",
                "en/risks.toml: `must`: pattern `…`: `…` needs words",
            ),
        ] {
            let message = Lexicon::parse([(file, text)]).expect_err(file).to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
