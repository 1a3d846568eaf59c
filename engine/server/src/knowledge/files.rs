//! The files of articles and rules, as their authors edit them.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sidetone_kb::sample_files;
use tempfile::NamedTempFile;

use crate::sha256::sha256;

use super::{KnowledgeConfig, KnowledgeError, cannot_read, entries};

/// Longest name of a file, in bytes.
const LONGEST_NAME: usize = 100;

/// What a file holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// One article, as Markdown.
    Articles,
    /// Rules, as TOML.
    Rules,
}

impl FileKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Articles, Self::Rules];

    /// Its name in paths and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Articles => "articles",
            Self::Rules => "rules",
        }
    }

    /// How the names of such files end.
    const fn ending(self) -> &'static str {
        match self {
            Self::Articles => ".md",
            Self::Rules => ".toml",
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FileKind {
    type Err = NoSuchKind;

    fn from_str(text: &str) -> Result<Self, NoSuchKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| NoSuchKind(text.to_owned()))
    }
}

/// There are no such files.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there are no files of kind `{0}`: `articles` or `rules`")]
pub struct NoSuchKind(String);

/// Why a file cannot be called that.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FileNameError {
    /// It ends otherwise.
    #[error("`{name}` has to end in `{ending}`: that is how files of {kind} are known")]
    Ending {
        /// The name.
        name: String,
        /// What it is to hold.
        kind: FileKind,
        /// How it has to end.
        ending: &'static str,
    },
    /// It has other characters, or none.
    #[error(
        "`{0}` is no name for a file: use letters, digits, spaces, `-`, `_` and `.`, a letter or digit first, \
         at most 100 bytes"
    )]
    Characters(String),
    /// It is read by people only.
    #[error("`README.md` is read by people, and never as an article: give it another name")]
    Readme,
}

/// The name of a file in one of the folders: no path, and nothing that is one.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// The name of a file of that kind.
    pub fn parse(kind: FileKind, name: &str) -> Result<Self, FileNameError> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        let begins = name.starts_with(char::is_alphanumeric);
        if !begins || name.len() > LONGEST_NAME || !name.chars().all(allowed) {
            return Err(FileNameError::Characters(name.to_owned()));
        }
        if name == "README.md" {
            return Err(FileNameError::Readme);
        }
        let ending = kind.ending();
        match name.strip_suffix(ending) {
            Some(stem) if !stem.is_empty() => Ok(Self(name.to_owned())),
            _ => Err(FileNameError::Ending {
                name: name.to_owned(),
                kind,
                ending,
            }),
        }
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language that the name itself tells: `en` of `roaming.en.md`.
    pub fn language(&self) -> Option<&str> {
        let (stem, _) = self.0.rsplit_once('.')?;
        let (_, code) = stem.rsplit_once('.')?;
        (code.len() == 2 && code.chars().all(|c| c.is_ascii_lowercase())).then_some(code)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where files of a kind come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shelf {
    /// They come with the program, and nobody edits them.
    BuiltIn,
    /// They lie in a folder of one's own.
    Folder(PathBuf),
}

/// A file as it is now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceFile {
    /// What it holds.
    pub kind: FileKind,
    /// Its name, without a folder.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// Whether it is one's own, and not one that comes with the program.
    pub is_own: bool,
}

impl SourceFile {
    /// What tells its text from any other.
    pub fn digest(&self) -> String {
        sha256(&self.text)
    }
}

impl Shelf {
    /// Where files of that kind come from with `config`.
    pub fn of(config: &KnowledgeConfig, kind: FileKind) -> Self {
        let folder = match kind {
            FileKind::Articles => &config.articles,
            FileKind::Rules => &config.rules,
        };
        match folder.as_os_str().is_empty() {
            true => Self::BuiltIn,
            false => Self::Folder(folder.clone()),
        }
    }

    /// The folder, where there is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::BuiltIn => None,
            Self::Folder(folder) => Some(folder),
        }
    }

    /// Its files of that kind, in the order of their names. What is no text in one is shown as `�`.
    pub fn files(&self, kind: FileKind) -> Result<Vec<SourceFile>, KnowledgeError> {
        let Self::Folder(folder) = self else {
            return Ok(built_in(kind));
        };
        let mut files = Vec::new();
        for path in entries(folder)? {
            let name = path.file_name().and_then(|name| name.to_str());
            let named = name.filter(|name| {
                name.ends_with(kind.ending()) && *name != "README.md" && path.is_file()
            });
            let Some(name) = named.map(str::to_owned) else {
                continue;
            };
            let bytes = fs::read(&path).map_err(cannot_read(&path))?;
            let text = String::from_utf8(bytes);
            let text =
                text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
            files.push(SourceFile {
                kind,
                name,
                text,
                is_own: true,
            });
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// Puts `text` in place of the file, as one step: whoever reads it gets the old one or the new one.
    pub fn write(&self, name: &FileName, text: &str) -> Result<(), WriteError> {
        let folder = self.folder().ok_or(WriteError::BuiltIn)?;
        let path = folder.join(name.as_str());
        let failed = |source| WriteError::Write {
            path: path.clone(),
            source,
        };
        let mut file = NamedTempFile::with_prefix_in(".publishing-", folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        // As others can read who work in that folder.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let before = fs::metadata(&path).map(|file| file.permissions().mode());
            let mode = fs::Permissions::from_mode(before.unwrap_or(0o644));
            file.as_file().set_permissions(mode).map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        sync(folder).map_err(failed)
    }

    /// Removes the file.
    pub fn remove(&self, name: &FileName) -> Result<(), WriteError> {
        let folder = self.folder().ok_or(WriteError::BuiltIn)?;
        let path = folder.join(name.as_str());
        let removed = fs::remove_file(&path).and_then(|()| sync(folder));
        removed.map_err(|source| WriteError::Write { path, source })
    }

    /// When the file was changed, in milliseconds since 1970.
    pub fn changed_ms(&self, name: &FileName) -> Option<u64> {
        let about = fs::metadata(self.folder()?.join(name.as_str())).ok()?;
        let since = about.modified().ok()?;
        let since = since.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis()).ok()
    }
}

/// A folder's change of names is on the disk only once it was told so.
fn sync(folder: &Path) -> std::io::Result<()> {
    match cfg!(unix) {
        true => fs::File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no folder to write to.
    #[error(
        "these files come with the program and are not edited: `sidetone kb init DIR` writes them into a folder, \
         and says what to put into the configuration"
    )]
    BuiltIn,
    /// The disk refuses.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// The files of that kind that come with the program.
pub fn built_in(kind: FileKind) -> Vec<SourceFile> {
    let files = sample_files().filter_map(|(path, text)| {
        let name = path.file_name()?.to_str()?.to_owned();
        let is_it = path.starts_with(kind.as_str()) && name.ends_with(kind.ending());
        is_it.then(|| SourceFile {
            kind,
            name,
            text: text.to_owned(),
            is_own: false,
        })
    });
    files.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_ends_as_its_kind_does() {
        for (kind, name, expected) in [
            (FileKind::Articles, "roaming.en.md", ""),
            (FileKind::Rules, "our-own_1.toml", ""),
            (FileKind::Articles, "roaming.toml", "has to end in `.md`"),
            (FileKind::Rules, "rules.md", "has to end in `.toml`"),
            (FileKind::Articles, ".md", "is no name"),
            (FileKind::Articles, "../secret.md", "is no name"),
            (FileKind::Articles, "a/b.md", "is no name"),
            (FileKind::Articles, "a\\b.md", "is no name"),
            (FileKind::Articles, ".hidden.md", "is no name"),
            (FileKind::Articles, "late fees.md", ""),
            (FileKind::Articles, "退款.zh.md", ""),
            (FileKind::Articles, " a.md", "is no name"),
            (FileKind::Articles, "a\u{202e}.md", "is no name"),
            (FileKind::Articles, "a\0.md", "is no name"),
            (FileKind::Articles, "", "is no name"),
            (FileKind::Articles, "README.md", "read by people"),
        ] {
            let parsed = FileName::parse(kind, name);
            let told = parsed.map_or_else(|error| error.to_string(), |_| String::new());
            assert!(
                told.contains(expected) && told.is_empty() == expected.is_empty(),
                "{name}: {told}"
            );
        }
        let long = format!("{}.md", "a".repeat(LONGEST_NAME));
        assert!(FileName::parse(FileKind::Articles, &long).is_err());
    }

    #[test]
    fn a_name_may_tell_the_language() {
        for (name, expected) in [
            ("roaming.en.md", Some("en")),
            ("roaming.md", None),
            ("a.draft.md", None),
            ("a.v2.md", None),
        ] {
            let parsed = FileName::parse(FileKind::Articles, name).expect("right");
            assert_eq!(parsed.language(), expected, "{name}");
        }
    }

    #[test]
    fn a_file_is_written_as_one_step_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let shelf = Shelf::Folder(dir.path().to_owned());
        let name = FileName::parse(FileKind::Articles, "a.md").expect("right");
        shelf.write(&name, "one").expect("writable");
        shelf.write(&name, "two").expect("writable");
        let files = shelf.files(FileKind::Articles).expect("readable");
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].text, "two");
        assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1);
        fs::write(dir.path().join("latin1.md"), b"caf\xe9").expect("writable");
        let shown = shelf.files(FileKind::Articles).expect("readable");
        assert_eq!(shown[1].text, "caf\u{fffd}", "an author can mend it");
        assert!(shelf.changed_ms(&name).is_some());
        shelf.remove(&name).expect("it is there");
        assert!(shelf.remove(&name).is_err());
        assert!(matches!(
            Shelf::BuiltIn.write(&name, "x"),
            Err(WriteError::BuiltIn)
        ));
    }

    #[test]
    fn what_comes_with_the_program_can_be_looked_at() {
        let articles = Shelf::BuiltIn.files(FileKind::Articles).expect("there");
        let rules = Shelf::BuiltIn.files(FileKind::Rules).expect("there");
        assert!(articles.len() >= 40 && rules.len() >= 4);
        assert!(
            rules
                .iter()
                .all(|file| file.name.ends_with(".toml") && !file.is_own)
        );
    }
}
