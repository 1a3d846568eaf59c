//! One article: TOML front matter between two lines of `+++`, then Markdown.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::pattern::Phrases;
use sidetone_types::lang::Lang;
use toml::value::Date;

use crate::error::KbError;
use crate::schema::LANGUAGES;

/// What an agent should say and do when a caller has a certain problem.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Article {
    /// Unique within a knowledge base.
    pub id: ArticleId,
    /// The language that it is written in: one of those that are indexed.
    pub lang: Lang,
    /// What it is about, in one line.
    pub title: String,
    /// Free labels, for filters and statistics. Not searched.
    pub tags: Vec<String>,
    /// Products it is about; none means all. Not searched.
    pub products: Vec<String>,
    /// What callers say when they need this article, in their own words.
    pub triggers: Vec<String>,
    /// What callers say who mean something else, though their words are those of a trigger: `cancel …
    /// appointment`. `…` stands for up to six words, `(a|b)` for either.
    pub not: Vec<String>,
    /// Whom it is for. Not searched.
    pub audience: Audience,
    /// First day on which it may be used.
    pub valid_from: Option<Date>,
    /// Last day on which it may be used.
    pub valid_until: Option<Date>,
    /// What the agent may say, word for word.
    pub say: String,
    /// What the agent should do. Markdown.
    pub body: String,
    /// Where it was read, for messages.
    pub file: PathBuf,
}

/// Name of an article: lower-case letters, digits and `-`, such as `charged-twice-en`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
pub struct ArticleId(String);

/// Whom an article is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Everybody who takes calls.
    #[default]
    Agent,
    /// Those who take over calls.
    Supervisor,
}

/// The front matter as it is written. The keys' meanings are those of [`Article`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    id: ArticleId,
    #[serde(deserialize_with = "lang")]
    lang: Lang,
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(default, deserialize_with = "texts")]
    tags: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    products: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    triggers: Vec<String>,
    #[serde(default, deserialize_with = "phrases")]
    not: Vec<String>,
    #[serde(default)]
    audience: Audience,
    valid_from: Option<Date>,
    valid_until: Option<Date>,
    #[serde(deserialize_with = "text")]
    say: String,
}

impl Article {
    /// Reads one article. `file` is its name for messages; it is not opened.
    ///
    /// # Errors
    ///
    /// [`KbError`] with the file, the line where there is one, and what to mend.
    pub fn parse(file: &Path, text: &str) -> Result<Self, KbError> {
        let (matter, body) = split(file, text)?;
        let front: FrontMatter =
            toml::from_str(matter).map_err(|err| front_matter_error(file, matter, &err))?;
        if let (Some(from), Some(until)) = (front.valid_from, front.valid_until)
            && until < from
        {
            let file = file.to_owned();
            let mut lines = matter.lines();
            let line = 2 + lines.position(is_end).unwrap_or_default();
            return Err(KbError::NeverValid {
                file,
                line,
                from,
                until,
            });
        }
        let body = body.trim();
        if body.is_empty() {
            let file = file.to_owned();
            let line = 2 + matter.matches('\n').count();
            return Err(KbError::NoBody { file, line });
        }
        Ok(Self {
            id: front.id,
            lang: front.lang,
            title: front.title,
            tags: front.tags,
            products: front.products,
            triggers: front.triggers,
            not: front.not,
            audience: front.audience,
            valid_from: front.valid_from,
            valid_until: front.valid_until,
            say: front.say,
            body: body.to_owned(),
            file: file.to_owned(),
        })
    }

    /// Whether it may be used on that day. The first and the last day both count.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day)
            && self.valid_until.is_none_or(|until| day <= until)
    }
}

/// Where each article stands in the list.
pub(crate) fn by_id(articles: &[Article]) -> Result<HashMap<ArticleId, usize>, KbError> {
    let mut places = HashMap::with_capacity(articles.len());
    for (place, article) in articles.iter().enumerate() {
        if let Some(first) = places.insert(article.id.clone(), place) {
            return Err(KbError::DuplicateId {
                id: article.id.clone(),
                first: articles[first].file.clone(),
                second: article.file.clone(),
            });
        }
    }
    Ok(places)
}

/// Front matter and body. Editors on Windows add a byte order mark and end lines with CR LF.
fn split<'a>(file: &Path, text: &'a str) -> Result<(&'a str, &'a str), KbError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_fence = |line: &str| line.trim_end() == "+++";
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| is_fence(line)) else {
        let file = file.to_owned();
        return Err(KbError::NoFrontMatter { file });
    };
    let start = first.len();
    let mut end = start;
    for line in lines {
        if is_fence(line) {
            return Ok((&text[start..end], &text[end + line.len()..]));
        }
        end += line.len();
    }
    let file = file.to_owned();
    Err(KbError::OpenFrontMatter { file })
}

/// Whether a line of a front matter tells the last day.
fn is_end(line: &str) -> bool {
    line.trim_start().starts_with("valid_until")
}

fn front_matter_error(file: &Path, front: &str, err: &toml::de::Error) -> KbError {
    let before = err.span().map_or("", |span| &front[..span.start]);
    KbError::FrontMatter {
        file: file.to_owned(),
        line: 2 + before.matches('\n').count(), // lines count from 1, and `+++` is the first
        message: err.message().to_owned(),
    }
}

/// A language that is indexed.
fn lang<'de, D: Deserializer<'de>>(value: D) -> Result<Lang, D::Error> {
    let lang = Lang::deserialize(value)?;
    if !LANGUAGES.contains(&lang) {
        let known = LANGUAGES.map(|lang| format!("`{lang}`")).join(" or ");
        let problem = format!("articles in `{lang}` are not indexed: write {known}");
        return Err(de::Error::custom(problem));
    }
    Ok(lang)
}

fn text<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    if text.trim().is_empty() {
        return Err(de::Error::custom("this text is blank: write it"));
    }
    Ok(text)
}

fn texts<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(value)?;
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(de::Error::custom(
            "an item of this list is blank: write or remove it",
        ));
    }
    Ok(texts)
}

/// Phrases as [`Phrases`] reads them.
fn phrases<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let phrases = texts(value)?;
    match Phrases::parse(&phrases, &Lexicon::built_in().contractions) {
        Ok(_) => Ok(phrases),
        Err((phrase, problem)) => Err(de::Error::custom(format!("`{phrase}`: {problem}"))),
    }
}

impl ArticleId {
    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ArticleId {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || !id.chars().all(allowed) {
            return Err(format!(
                "`{id}` is no article id: use lower-case letters a to z, digits and `-`"
            ));
        }
        Ok(Self(id))
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "+++\nid = \"a-1\"\nlang = \"zh\"\ntitle = \"T\"\nsay = \"S\"\n\
        valid_from = 2026-03-01\nvalid_until = 2026-03-31\n+++\n\nDo it.\n";

    fn parse(text: &str) -> Result<Article, KbError> {
        Article::parse("dir/a.md".as_ref(), text)
    }

    #[test]
    fn an_article_keeps_what_its_file_says() {
        let article = parse(GOOD).unwrap();
        assert_eq!(article.id.as_str(), "a-1");
        assert_eq!(article.lang, Lang::ZH);
        assert_eq!((&*article.title, &*article.say), ("T", "S"));
        assert_eq!(article.body, "Do it.");
        assert!(article.triggers.is_empty());
        assert_eq!(article.audience, Audience::Agent);
    }

    #[test]
    fn a_file_from_windows_reads_the_same() {
        let windows = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
        assert_eq!(parse(&windows).unwrap(), parse(GOOD).unwrap());
    }

    #[test]
    fn an_error_names_the_file_the_line_and_what_to_mend() {
        for (case, from, to, expected) in [
            (
                "no front matter",
                "+++\nid",
                "id",
                "dir/a.md:1: an article begins",
            ),
            (
                "no end",
                "+++\n\nDo it.\n",
                "",
                "dir/a.md:1: the front matter has no end",
            ),
            (
                "misspelt key",
                "title",
                "titel",
                "dir/a.md:4: unknown field `titel`, expected one of",
            ),
            (
                "missing key",
                "say = \"S\"\n",
                "",
                "dir/a.md:2: missing field `say`",
            ),
            (
                "unknown language",
                "\"zh\"",
                "\"fr\"",
                "dir/a.md:3: articles in `fr` are not indexed: write `en` or `zh`",
            ),
            (
                "unknown audience",
                "say =",
                "audience = \"all\"\nsay =",
                "dir/a.md:5: unknown variant `all`, expected `agent` or `supervisor`",
            ),
            (
                "bad id",
                "a-1",
                "A 1",
                "dir/a.md:2: `A 1` is no article id: use",
            ),
            (
                "blank text",
                "\"T\"",
                "\" \"",
                "dir/a.md:4: this text is blank: write it",
            ),
            (
                "blank trigger",
                "say =",
                "triggers = [\"x\", \"\"]\nsay =",
                "dir/a.md:5: an item of this list is blank",
            ),
            ("not TOML", "lang =", "lang", "dir/a.md:3: "),
            (
                "a day that does not exist",
                "03-31",
                "02-30",
                "dir/a.md:7: ",
            ),
            (
                "a time with the day",
                "2026-03-31",
                "2026-03-31T10:00:00Z",
                "dir/a.md:7: ",
            ),
            (
                "days the wrong way round",
                "03-31",
                "02-20",
                "dir/a.md:7: `valid_until` (2026-02-20) comes before `valid_from` (2026-03-01)",
            ),
            ("no body", "Do it.", "", "dir/a.md:8: there is no text"),
        ] {
            assert!(GOOD.contains(from), "{case}");
            let message = parse(&GOOD.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{case}: {message}");
        }
    }

    #[test]
    fn an_article_is_valid_from_its_first_to_its_last_day() {
        let article = parse(GOOD).unwrap();
        for (month, day, expected) in [(2, 28, false), (3, 1, true), (3, 31, true), (4, 1, false)] {
            let date = Date {
                year: 2026,
                month,
                day,
            };
            assert_eq!(article.is_valid_on(date), expected, "{date}");
        }
    }

    proptest! {
        #[test]
        fn text_without_the_keys_is_refused_and_its_file_named(front in "\\PC{0,80}", body in "\\PC{0,80}") {
            let refused = |text: &str| parse(text).is_err_and(|err| err.to_string().contains("a.md"));
            prop_assert!(refused(&front));
            let text = format!("+++\n{front}\n+++\n{body}");
            prop_assert!(refused(&text)); // four keys by chance do not happen
        }
    }
}
