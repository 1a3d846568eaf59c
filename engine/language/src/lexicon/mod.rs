//! The word lists by which the engine understands: files, one folder per language, one file per
//! topic.
//!
//! `lexicon/en/negation.toml` has the lists of [`Negation`] for English, and so on. A list is an
//! array of patterns, or one text of single words. In a pattern `…` stands for up to six words that
//! do not matter, `*` for any ending of an English word, and `(new|old)?` for a choice that may be
//! missing ([`crate::phrase`]): `"give you … call"`, `"refund*"`.
//!
//! Some topics hold what the engine writes itself instead, a text per name ([`Texts`]). A language
//! that lacks one has it in English. Others are tables, of values and the words for them
//! ([`Numbers`]) or of words and what they stand for ([`Contractions`]).
//!
//! The files that come with the program are compiled in. Others may replace some of their lists:
//! what a file there names is replaced, for its language, and all else stays. A further language is
//! a further folder; the README of the package says what it takes.

mod contractions;
mod error;
mod festivals;
mod figures;
mod numbers;
mod tables;
mod texts;
mod topics;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;
use sidetone_types::lang::{Lang, LanguageTag};
use toml::{Table, Value};

use crate::dates::Calendar;
use crate::pattern::{Phrases, Verbs};
use crate::tokens::{self, Token};
use tables::Tables;
use texts::TextsByLang;

pub use contractions::Contractions;
pub use error::LexiconError;
pub use figures::Figures;
pub(crate) use numbers::NumberLists;
pub use numbers::Numbers;
pub(crate) use tables::{ByCount, Count, Words, each};
pub use texts::{AlertTexts, NoteTexts, Text, Texts};
pub use topics::*;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/lexicon");

static BUILT_IN: LazyLock<Arc<Lexicon>> = LazyLock::new(|| {
    let lexicon = Lexicon::parse(std::iter::empty::<(&str, &str)>());
    Arc::new(lexicon.expect("a test reads what comes with the program"))
});

/// The topics that an index is built by, once for all.
const BUILT_IN_ONLY: [&str; 3] = ["search", "families", "numerals"];

/// A list by its topic and name.
type Key = (&'static str, &'static str);

/// What may be made of a list.
trait List {
    /// Of items that were checked.
    fn of(items: Vec<String>, contractions: &Contractions) -> Self;
}

impl List for Phrases {
    fn of(items: Vec<String>, contractions: &Contractions) -> Self {
        Self::parse(&items, contractions).expect("its items were checked")
    }
}

impl List for Verbs {
    fn of(items: Vec<String>, contractions: &Contractions) -> Self {
        Self::parse(&items, contractions).expect("its items were checked")
    }
}

impl List for Vec<String> {
    fn of(items: Vec<String>, _contractions: &Contractions) -> Self {
        items
    }
}

impl Lexicon {
    /// The lists that come with the program.
    pub fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// The same, with the lists replaced that `files` name. Each is given as its name, of which the
    /// last two parts count (`en/negation.toml`), and its text.
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
            let name = name.as_ref();
            let (_, topic, _) = place(name)?;
            if BUILT_IN_ONLY.contains(&topic) {
                let problem = "what is searched is indexed by it; it cannot be replaced".to_owned();
                return Err(LexiconError::Name {
                    file: name.to_owned(),
                    problem,
                });
            }
            lists.read(name, text.as_ref())?;
        }
        let texts = TextsByLang::of(&lists.texts);
        Ok(Self::of(|key| lists.all(key), texts, &lists.tables))
    }

    /// The same, for calls where other days are worked on.
    pub fn with_calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// Cuts a text that is to be understood into its words.
    pub fn tokenise(&self, text: &str) -> Vec<Token> {
        tokens::tokenise(text, &self.contractions)
    }

    /// What the engine writes in a language: its own texts, or English ones where it has none.
    pub fn texts(&self, lang: Lang) -> &Texts {
        self.texts.get_or_english(lang)
    }

    /// Whether there are texts in a language.
    pub fn writes(&self, lang: Lang) -> bool {
        self.texts.get(lang).is_some()
    }
}

/// A topic as it comes with the program, in every language that has it. For what is read before
/// there is a lexicon.
pub(crate) fn of_the_program<T: DeserializeOwned>(topic: &str) -> Vec<T> {
    let name = format!("{topic}.toml");
    let files = FILES.dirs().flat_map(Dir::files);
    let of_topic = files.filter(|file| file.path().ends_with(&name));
    let texts = of_topic.map(|file| file.contents_utf8().expect("what we write is text"));
    let read = texts.map(|text| toml::from_str(text).expect("a test reads it"));
    read.collect()
}

/// What was read, by language.
#[derive(Default)]
struct Lists {
    lists: BTreeMap<Key, BTreeMap<Lang, Vec<String>>>,
    texts: BTreeMap<Key, BTreeMap<Lang, String>>,
    tables: Tables,
}

/// What a topic holds: the names of its lists or of its texts, or tables.
#[derive(Clone, Copy)]
enum Topic {
    Lists(&'static [&'static str]),
    Texts(&'static [&'static str]),
    Tables(tables::Check),
}

impl Lists {
    /// Takes what a file holds. It takes the place of what has the same language and name.
    fn read(&mut self, file: &str, text: &str) -> Result<(), LexiconError> {
        let (lang, topic, holds) = place(file)?;
        let no_toml = |err: toml::de::Error| {
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
        };
        let table: Table = toml::from_str(text).map_err(no_toml)?;
        let (what, known) = match holds {
            Topic::Lists(known) => ("list", known),
            Topic::Texts(known) => ("text", known),
            Topic::Tables(check) => {
                check(text).map_err(no_toml)?;
                self.tables.add(topic, lang, table);
                return Ok(());
            }
        };
        for (key, value) in table {
            let Some(name) = known.iter().find(|name| **name == key) else {
                let known = known.join(", ");
                let problem = format!("is no {what} of `{topic}`, which has {known}");
                return Err(refuse(file, &key, problem));
            };
            match holds {
                Topic::Texts(_) => self.read_text(file, lang, (topic, name), value)?,
                _ => self.read_list(file, lang, (topic, name), value)?,
            }
        }
        Ok(())
    }

    fn read_list(
        &mut self,
        file: &str,
        lang: Lang,
        key: Key,
        value: Value,
    ) -> Result<(), LexiconError> {
        let problem = "is no list: write an array of patterns, or a text of single words";
        let items = items(value).ok_or_else(|| refuse(file, key.1, problem.to_owned()))?;
        let no_pattern = |(pattern, problem)| LexiconError::Pattern {
            file: file.to_owned(),
            key: key.1.to_owned(),
            pattern,
            problem,
        };
        Phrases::parse(&items, &Contractions::default()).map_err(no_pattern)?;
        self.lists.entry(key).or_default().insert(lang, items);
        Ok(())
    }

    /// A text may name what the English one names, and nothing else.
    fn read_text(
        &mut self,
        file: &str,
        lang: Lang,
        key: Key,
        value: Value,
    ) -> Result<(), LexiconError> {
        let Value::String(text) = value else {
            return Err(refuse(file, key.1, "is no text in quotes".to_owned()));
        };
        let all = self.texts.entry(key).or_default();
        if let Some(english) = all.get(&Lang::EN) {
            let known = texts::names(english);
            if let Some(name) = texts::names(&text)
                .iter()
                .find(|name| !known.contains(name))
            {
                let known = match known.is_empty() {
                    true => "nothing".to_owned(),
                    false => format!("{{{}}}", known.join("}, {")),
                };
                let problem = format!("has `{{{name}}}`; what can be filled in is {known}");
                return Err(refuse(file, key.1, problem));
            }
        }
        all.insert(lang, text);
        Ok(())
    }

    /// A list in all languages.
    fn all(&self, key: Key) -> Vec<String> {
        let languages = self.lists.get(&key).into_iter().flat_map(BTreeMap::values);
        languages.flatten().cloned().collect()
    }
}

fn refuse(file: &str, key: &str, problem: String) -> LexiconError {
    LexiconError::List {
        file: file.to_owned(),
        key: key.to_owned(),
        problem,
    }
}

/// All topics by their names.
fn topics() -> impl Iterator<Item = (&'static str, Topic)> {
    let lists = TOPICS
        .iter()
        .map(|(name, known)| (*name, Topic::Lists(known)));
    let texts = texts::TOPICS
        .iter()
        .map(|(name, known)| (*name, Topic::Texts(known)));
    let tables = tables::TOPICS
        .iter()
        .map(|(name, check)| (*name, Topic::Tables(*check)));
    lists.chain(texts).chain(tables)
}

/// The language and topic of a file by its name, and what the topic holds.
fn place(file: &str) -> Result<(Lang, &'static str, Topic), LexiconError> {
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
    let known = topics().find(|(known, _)| *known == topic);
    let (topic, holds) = known.ok_or_else(|| {
        let names: Vec<String> = topics().map(|(name, _)| format!("{name}.toml")).collect();
        refuse(format!(
            "there is no such topic; there are {}",
            names.join(", ")
        ))
    })?;
    Ok((tag.lang, topic, holds))
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
    use std::str::FromStr as _;

    use super::*;

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
        for (topic, names) in texts::TOPICS {
            for name in *names {
                let texts = &lists.texts[&(*topic, *name)];
                for lang in [Lang::EN, Lang::ZH] {
                    assert!(texts.contains_key(&lang), "{lang}/{topic}.{name}");
                }
            }
        }
    }

    #[test]
    fn a_text_that_a_language_lacks_is_english() {
        let lexicon = Lexicon::parse([("de/note.toml", "reason = \"Anliegen\"")]).expect("good");
        let german = LanguageTag::from_str("de").expect("a language").lang;
        assert!(lexicon.writes(german));
        let note = &lexicon.texts(german).note;
        assert_eq!((&*note.reason, &*note.actions), ("Anliegen", "Done"));
        let french = LanguageTag::from_str("fr").expect("a language").lang;
        assert!(!lexicon.writes(french));
        assert_eq!(&*lexicon.texts(french).note.reason, "Reason");
    }

    #[test]
    fn a_file_replaces_what_it_names_and_nothing_else() {
        let said =
            |lexicon: &Lexicon, text: &str| lexicon.risks.again.are_in(&lexicon.tokenise(text));
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
        assert!(own.risks.must.are_in(&own.tokenise("I need it by Friday")));
    }

    #[test]
    fn a_further_language_is_a_further_folder() {
        let lexicon =
            Lexicon::parse([("de/answers.toml", "yes = [\"ja\", \"gern\"]")]).expect("it is good");
        assert!(lexicon.answers.yes.are_in(&lexicon.tokenise("Ja, gern.")));
        assert!(lexicon.answers.yes.are_in(&lexicon.tokenise("yes")));
    }

    #[test]
    fn a_table_replaces_the_one_of_its_name_and_nothing_else() {
        let own = Lexicon::parse([
            ("en/numbers.toml", "[repeats]\n2 = \"twice\""),
            ("en/contractions.toml", "[endings]\n\"'s\" = \"is\""),
        ]);
        let own = own.expect("they are good");
        let english = own.numbers.of_lang(Lang::EN).expect("it has some");
        let times = ["twice", "double"].map(|word| english.repeats(word));
        assert_eq!(times, [Some(2), None]);
        assert_eq!(english.value("seven"), Some(7));
        let words = own.tokenise("Ann's okay, don't").into_iter();
        let words: Vec<String> = words.map(|word| word.text).collect();
        assert_eq!(words, ["ann", "is", "ok", "dont"]);
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
                "en/numbers.toml",
                "article = \"a\"\n[cardinals]\nfour = \"four\"",
                "en/numbers.toml:",
            ),
            (
                "en/figures.toml",
                "mony = \"$\"",
                "en/figures.toml:1: unknown field `mony`, expected one of",
            ),
            (
                "en/contractions.toml",
                "[words]\ndont = 3",
                "en/contractions.toml:2: invalid type: integer `3`",
            ),
            (
                "zh/numerals.toml",
                "[digits]",
                "zh/numerals.toml: what is searched is indexed by it",
            ),
            (
                "de/search.toml",
                "stop = []",
                "de/search.toml: what is searched is indexed by it",
            ),
            (
                "de/note.toml",
                "by = \"bis {date}\"",
                "de/note.toml: `by` has `{date}`; what can be filled in is {day}",
            ),
            (
                "de/note.toml",
                "reason = \"Grund {day}\"",
                "de/note.toml: `reason` has `{day}`; what can be filled in is nothing",
            ),
            (
                "de/note.toml",
                "reason = [\"Grund\"]",
                "de/note.toml: `reason` is no text in quotes",
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
