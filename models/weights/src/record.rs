//! What was installed: the files of one model, their sizes and sums, kept beside them.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::checksum::Sha256;
use crate::error::{Doing, WeightsError};
use crate::kind::Kind;

/// One finished file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its name in the model's directory.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The sum of its content.
    pub sha256: Sha256,
}

/// What is known about an installed model: the content of its `files.json`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What the model is for.
    pub kind: Kind,
    /// Its licence, where one is known.
    pub licence: Option<String>,
    /// Where it came from.
    pub source: String,
    /// Every other file of the directory, by name.
    pub files: Vec<FileRecord>,
}

/// Names of the files which a finished model consists of.
pub(crate) mod file {
    pub const CONFIG: &str = "config.json";
    pub const GENERATION: &str = "generation.json";
    pub const RECORD: &str = "files.json";
    pub const TOKENIZER: &str = "tokenizer.json";
    pub const WEIGHTS: &str = "model.safetensors";
}

/// The files that a model of `kind` cannot do without, by name.
pub(crate) fn needed(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Asr => &[
            file::CONFIG,
            file::GENERATION,
            file::WEIGHTS,
            file::TOKENIZER,
        ],
        Kind::Vad => &[file::WEIGHTS],
    }
}

/// Whether `name` names a file in a directory, and nothing outside of it.
pub(crate) fn is_file_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

impl FileRecord {
    /// Hashes the file called `name` in `dir`.
    pub(crate) fn of(dir: &Path, name: &str) -> Result<Self, WeightsError> {
        let path = dir.join(name);
        let (sha256, bytes) =
            Sha256::of_file(&path).doing(|| format!("reading {}", path.display()))?;
        Ok(Self {
            name: name.to_owned(),
            bytes,
            sha256,
        })
    }

    /// Compares the file in `dir` with this record.
    fn check(&self, dir: &Path) -> FileState {
        let path = dir.join(&self.name);
        // The size first: it costs nothing, and tells a cut-off file from an altered one.
        match fs::metadata(&path) {
            Ok(found) if found.is_file() && found.len() == self.bytes => {}
            Ok(found) if found.is_file() => {
                return FileState::Resized {
                    expected: self.bytes,
                    found: found.len(),
                };
            }
            _ => return FileState::Missing,
        }
        match Sha256::of_file(&path) {
            Ok((sha256, _)) if sha256 == self.sha256 => FileState::Sound,
            Ok(_) => FileState::Altered,
            Err(err) => FileState::Unreadable(err.to_string()),
        }
    }
}

impl Record {
    /// The record in `dir`; `None` if the directory or its record is not there.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, WeightsError> {
        let path = dir.join(file::RECORD);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(err) => return Err(err).doing(|| format!("reading {}", path.display())),
        };
        serde_json::from_str(&text)
            .map_err(std::io::Error::from)
            .and_then(|record: Self| {
                match record.files.iter().find(|file| !is_file_name(&file.name)) {
                    Some(file) => Err(std::io::Error::other(format!(
                        "`{}` is no name of a file",
                        file.name
                    ))),
                    None => Ok(Some(record)),
                }
            })
            .doing(|| format!("reading {}", path.display()))
    }

    /// Writes the record into `dir`.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), WeightsError> {
        let path = dir.join(file::RECORD);
        let text = serde_json::to_string_pretty(self).expect("a record is plain data");
        fs::write(&path, text + "\n").doing(|| format!("writing {}", path.display()))
    }

    /// Hashes every file in `dir`, and finds what a model of this kind needs but the record lacks.
    pub(crate) fn check(&self, dir: &Path) -> Report {
        let recorded = self
            .files
            .iter()
            .map(|file| (file.name.clone(), file.check(dir)));
        let lacking = needed(self.kind)
            .iter()
            .filter(|name| self.files.iter().all(|file| file.name != **name))
            .map(|name| ((*name).to_owned(), FileState::Missing));
        Report {
            files: recorded.chain(lacking).collect(),
        }
    }

    /// The size of all files together.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// How one file compares with its record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FileState {
    /// As it was installed.
    Sound,
    /// Not there.
    Missing,
    /// Of another size.
    Resized {
        /// Size in bytes when it was installed.
        expected: u64,
        /// Size in bytes now.
        found: u64,
    },
    /// Of the right size with other content.
    Altered,
    /// There, but reading it failed; the reason.
    Unreadable(String),
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound => f.write_str("sound"),
            Self::Missing => f.write_str("missing"),
            Self::Resized { expected, found } => {
                write!(f, "{found} bytes long instead of {expected}")
            }
            Self::Altered => f.write_str("altered"),
            Self::Unreadable(reason) => write!(f, "unreadable: {reason}"),
        }
    }
}

/// What checking a model found. Its text names the files that are not sound.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Each file and its state.
    pub files: Vec<(String, FileState)>,
}

impl Report {
    /// Whether every file is as it was installed.
    pub fn is_sound(&self) -> bool {
        self.files
            .iter()
            .all(|(_, state)| *state == FileState::Sound)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bad: Vec<String> = self
            .files
            .iter()
            .filter(|(_, state)| *state != FileState::Sound)
            .map(|(name, state)| format!("{name} is {state}"))
            .collect();
        if bad.is_empty() {
            write!(f, "all {} files are sound", self.files.len())
        } else {
            f.write_str(&bad.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_damage_is_told_apart() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let path = dir.path().join(file::WEIGHTS);
        fs::write(&path, "weights").expect("a file for the test");
        let record = Record {
            kind: Kind::Vad,
            licence: None,
            source: "a test".to_owned(),
            files: vec![FileRecord::of(dir.path(), file::WEIGHTS).expect("it was written")],
        };
        assert!(record.check(dir.path()).is_sound());

        for (damage, said) in [
            (Some("weighty"), "model.safetensors is altered"),
            (
                Some("weight"),
                "model.safetensors is 6 bytes long instead of 7",
            ),
            (None, "model.safetensors is missing"),
        ] {
            match damage {
                Some(content) => fs::write(&path, content).expect("writing over it"),
                None => fs::remove_file(&path).expect("removing it"),
            }
            let report = record.check(dir.path());
            assert!(!report.is_sound());
            assert_eq!(report.to_string(), said);
        }
    }

    #[test]
    fn a_record_that_lists_too_little_is_not_sound() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let record = Record {
            kind: Kind::Asr,
            licence: None,
            source: "a test".to_owned(),
            files: Vec::new(),
        };
        let report = record.check(dir.path());
        assert!(!report.is_sound());
        assert_eq!(report.files.len(), needed(Kind::Asr).len());
    }

    #[test]
    fn a_record_reads_back_unless_it_was_tampered_with() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        assert_eq!(Record::read(dir.path()).expect("no record, no error"), None);
        let record = Record {
            kind: Kind::Vad,
            licence: Some("MIT".to_owned()),
            source: "a test".to_owned(),
            files: Vec::new(),
        };
        record.write(dir.path()).expect("it can be written");
        assert_eq!(Record::read(dir.path()).expect("it reads"), Some(record));
        for wrong in [
            r#"{"kind": "vad", "licence": null, "source": "", "files": [], "fils": []}"#,
            r#"{"kind": "vad", "licence": null, "source": "", "files": [{"name": "../up", "bytes": 0,
                "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#,
        ] {
            fs::write(dir.path().join(file::RECORD), wrong).expect("writing over it");
            assert!(Record::read(dir.path()).is_err(), "{wrong}");
        }
    }
}
