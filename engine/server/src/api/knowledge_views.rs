//! What authors are told of the files of articles and rules.

use std::path::Path;

use serde::Serialize;
use sidetone_kb::Article;
use sidetone_types::assist::{Action, Severity};
use sidetone_types::lang::Lang;

use super::ApiError;
use super::knowledge::WholeArticle;
use crate::knowledge::{FileKind, Knowledge, Looked, Problem, Shelf};

/// What there is, and whether it can be edited.
#[derive(Clone, Debug, Serialize)]
pub struct Bookcase {
    /// Articles and rules.
    pub shelves: Vec<ShelfView>,
    /// The rules that hold, own ones first.
    pub rules: Vec<RuleView>,
    /// The built-in rules that do not hold, and why.
    pub replaced: Vec<ReplacedRule>,
    /// Whether built-in rules hold besides own ones.
    pub rules_builtin: bool,
}

/// The files of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct ShelfView {
    /// What they hold.
    pub kind: FileKind,
    /// The folder they lie in; `null` if they come with the program and are not edited.
    pub folder: Option<String>,
    /// The files, own ones first.
    pub files: Vec<FileLine>,
}

/// A file of the list.
#[derive(Clone, Debug, Serialize)]
pub struct FileLine {
    /// Its name.
    pub name: String,
    /// Whether it is an own one, that can be edited.
    pub is_own: bool,
    /// The article, if it is one that can be read.
    pub article: Option<FileArticle>,
    /// How many rules it has.
    pub rules: usize,
    /// Whether something is wrong with it, so that nothing that changes is taken up.
    pub is_faulty: bool,
}

/// What a list tells of an article.
#[derive(Clone, Debug, Serialize)]
pub struct FileArticle {
    /// Its name.
    pub id: String,
    /// Its language.
    pub lang: Lang,
    /// What it is about.
    pub title: String,
    /// Whether agents see it today.
    pub is_valid: bool,
    /// Its last day, if it has one.
    pub valid_until: Option<String>,
}

/// A rule that holds.
#[derive(Clone, Debug, Serialize)]
pub struct RuleView {
    /// Its name.
    pub name: String,
    /// Its language.
    pub lang: Lang,
    /// How much it matters.
    pub severity: Severity,
    /// What is to be done.
    pub action: Action,
    /// What people are told.
    pub message: String,
    /// The name of its file.
    pub file: String,
    /// Where in it, from 1.
    pub line: usize,
    /// Whether it is an own one.
    pub is_own: bool,
}

/// A built-in rule that does not hold.
#[derive(Clone, Debug, Serialize)]
pub struct ReplacedRule {
    /// Its name.
    pub name: String,
    /// The built-in file it is in.
    pub file: String,
    /// The own file that has an entry of its name.
    pub by_file: String,
    /// Where in that, from 1.
    pub by_line: usize,
    /// Whether it is turned off there; otherwise an own rule has its place.
    pub is_off: bool,
}

/// A file as it is.
#[derive(Clone, Debug, Serialize)]
pub struct FileView {
    /// What it holds.
    pub kind: FileKind,
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// SHA-256 of the text: what a change of it names.
    pub digest: String,
    /// Whether it is an own one, that can be edited.
    pub is_own: bool,
    /// What there is to say about it.
    #[serde(flatten)]
    pub looked: LookedView,
}

/// What came out of looking at a file.
#[derive(Clone, Debug, Serialize)]
pub struct LookedView {
    /// All there is to say, in the order of lines.
    pub problems: Vec<Problem>,
    /// The article as agents see it, if it is one that can be read.
    pub article: Option<WholeArticle>,
}

impl Bookcase {
    /// What there is now.
    pub(super) fn of(knowledge: &Knowledge) -> Result<Self, ApiError> {
        let today = knowledge.today();
        let rules = knowledge.rules();
        let folder = knowledge.shelf(FileKind::Rules);
        let is_own = |file: &str| folder.folder().is_some_and(|own| own == parent(file));
        let faulty = knowledge.faulty_rules().map_err(ApiError::internal)?;
        let mut shelves = Vec::new();
        for kind in FileKind::ALL {
            let files = knowledge.files(kind).map_err(ApiError::internal)?;
            let files = files.into_iter().map(|file| {
                let article = (kind == FileKind::Articles)
                    .then(|| Article::parse(file.name.as_ref(), &file.text).ok())
                    .flatten();
                let of_it = rules.rules().iter().filter(|rule| {
                    last_part(&rule.at.file) == file.name && is_own(&rule.at.file) == file.is_own
                });
                FileLine {
                    rules: of_it.count(),
                    is_faulty: match kind {
                        FileKind::Articles => article.is_none(),
                        FileKind::Rules => file.is_own && faulty.contains(&file.name),
                    },
                    article: article.map(|article| FileArticle {
                        id: article.id.to_string(),
                        lang: article.lang,
                        is_valid: article.is_valid_on(today),
                        valid_until: article.valid_until.map(|day| day.to_string()),
                        title: article.title,
                    }),
                    is_own: file.is_own,
                    name: file.name,
                }
            });
            let folder = match knowledge.shelf(kind) {
                Shelf::BuiltIn => None,
                Shelf::Folder(folder) => Some(folder.display().to_string()),
            };
            shelves.push(ShelfView {
                kind,
                folder,
                files: files.collect(),
            });
        }
        let views = rules.rules().iter().map(|rule| RuleView {
            name: rule.name.clone(),
            lang: rule.lang,
            severity: rule.severity,
            action: rule.action,
            message: rule.message.clone(),
            file: last_part(&rule.at.file).to_owned(),
            line: rule.at.line,
            is_own: is_own(&rule.at.file),
        });
        let replaced = rules.given_way().iter().map(|rule| ReplacedRule {
            name: rule.name.clone(),
            file: last_part(&rule.at.file).to_owned(),
            by_file: last_part(&rule.to.file).to_owned(),
            by_line: rule.to.line,
            is_off: rule.is_off,
        });
        Ok(Self {
            shelves,
            rules: views.collect(),
            replaced: replaced.collect(),
            rules_builtin: knowledge.has_built_in_rules(),
        })
    }
}

fn parent(file: &str) -> &Path {
    let path = Path::new(file);
    path.parent().unwrap_or(path)
}

fn last_part(file: &str) -> &str {
    let name = Path::new(file).file_name();
    name.and_then(|name| name.to_str()).unwrap_or(file)
}

impl From<Looked> for LookedView {
    fn from(looked: Looked) -> Self {
        Self {
            problems: looked.problems,
            article: looked.article.as_ref().map(WholeArticle::from),
        }
    }
}
