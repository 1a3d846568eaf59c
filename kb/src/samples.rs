//! What comes with the program: the articles of a telecom provider in both languages, and rules.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::article::Article;

static ARTICLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/articles");
static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");
const EXAMPLES: [(&str, &str); 2] = [
    (
        "articles/example.en.md",
        include_str!("../start/articles/example.en.md"),
    ),
    (
        "rules/example.en.toml",
        include_str!("../start/rules/example.en.toml"),
    ),
];

/// The sample articles, in the order of their files' names.
#[must_use]
pub fn samples() -> Vec<Article> {
    let parse =
        |(file, text): (&Path, &str)| Article::parse(file, text).expect("a test reads them all");
    files(&ARTICLES, "md").map(parse).collect()
}

/// The sample rules, each with its file's name, in the order of these names. What is in them is for
/// others to read.
#[must_use]
pub fn sample_rules() -> Vec<(String, String)> {
    files(&RULES, "toml")
        .map(|(file, text)| (file.display().to_string(), text.to_owned()))
        .collect()
}

/// All files of the sample articles and rules as they are written, by folder and name:
/// `articles/roaming.en.md`, `rules/general.en.toml`.
pub fn sample_files() -> impl Iterator<Item = (PathBuf, &'static str)> {
    let articles =
        files(&ARTICLES, "md").map(|(file, text)| (Path::new("articles").join(file), text));
    let rules = files(&RULES, "toml").chain(files(&RULES, "md"));
    articles.chain(rules.map(|(file, text)| (Path::new("rules").join(file), text)))
}

/// An article and a rule with what each key means, for whoever starts with nothing, by folder and name.
pub fn example_files() -> impl Iterator<Item = (PathBuf, &'static str)> {
    EXAMPLES
        .into_iter()
        .map(|(file, text)| (PathBuf::from(file), text))
}

fn files(
    dir: &'static Dir<'static>,
    ending: &str,
) -> impl Iterator<Item = (&'static Path, &'static str)> {
    let mut files: Vec<_> = dir
        .files()
        .filter(|file| file.path().extension().is_some_and(|of| of == ending))
        .collect();
    files.sort_by_key(|file| file.path());
    files.into_iter().map(|file| {
        let text = file.contents_utf8().expect("what we write is text");
        (file.path(), text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use sidetone_types::lang::Lang;

    #[test]
    fn every_sample_can_be_read_and_has_an_id_of_its_own() {
        assert!(Index::build(samples()).is_ok());
    }

    #[test]
    fn both_languages_cover_the_same_subjects() {
        let subjects = |lang, ending| {
            let of = samples()
                .into_iter()
                .filter(move |article| article.lang == lang);
            of.map(move |article| article.id.as_str().trim_end_matches(ending).to_owned())
                .collect::<Vec<_>>()
        };
        let english = subjects(Lang::EN, "-en");
        assert!(english.len() >= 20);
        assert_eq!(english, subjects(Lang::ZH, "-zh"));
    }

    #[test]
    fn only_rules_are_given_as_rules() {
        assert!(
            sample_rules()
                .iter()
                .all(|(name, _)| name.ends_with(".toml"))
        );
    }
}
