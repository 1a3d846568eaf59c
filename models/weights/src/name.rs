//! Names of models, which are also names of directories.

use std::fmt;
use std::str::FromStr;

use crate::error::WeightsError;

/// What a model is called: a plain name such as `whisper-base`, or a repository on the hub such as
/// `hf:openai/whisper-small` or `hf:openai/whisper-small@main`.
///
/// A checked name is safe as a directory's name: no separator, no `..`, nothing hidden.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ModelName(Name);

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Name {
    Plain(String),
    Hub(HubRepo),
}

/// A repository on the hub at one revision.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HubRepo {
    owner: String,
    repo: String,
    revision: Option<String>,
}

/// Where the owner ends and the repository begins in a directory's name. No part may hold it.
const JOINT: &str = "--";

/// A part longer than this is no name anybody gave, and could exceed what file systems take.
const LONGEST_PART: usize = 96;

impl ModelName {
    /// The directory of the model in the cache.
    pub(crate) fn directory(&self) -> String {
        match &self.0 {
            Name::Plain(name) => name.clone(),
            Name::Hub(hub) => {
                let mut parts = vec!["hf", &hub.owner, &hub.repo];
                parts.extend(hub.revision.as_deref());
                parts.join(JOINT)
            }
        }
    }

    /// The name whose [`directory`](Self::directory) this is.
    pub(crate) fn from_directory(directory: &str) -> Result<Self, WeightsError> {
        let parts: Vec<&str> = directory.split(JOINT).collect();
        match parts[..] {
            [name] => name.parse(),
            ["hf", owner, repo] => format!("hf:{owner}/{repo}").parse(),
            ["hf", owner, repo, revision] => format!("hf:{owner}/{repo}@{revision}").parse(),
            _ => Err(WeightsError::Name(directory.to_owned())),
        }
    }

    /// The repository, if the name is of one on the hub.
    pub(crate) fn hub(&self) -> Option<&HubRepo> {
        match &self.0 {
            Name::Plain(_) => None,
            Name::Hub(hub) => Some(hub),
        }
    }
}

impl HubRepo {
    /// `OWNER/REPO`, as it stands in an address.
    pub fn path(&self) -> String {
        format!("{}/{}", self.owner, self.repo)
    }

    /// The branch, tag or commit; the main branch if the name gave none.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }
}

impl FromStr for HubRepo {
    type Err = WeightsError;

    /// Reads `OWNER/REPO` or `OWNER/REPO@REVISION`.
    fn from_str(text: &str) -> Result<Self, WeightsError> {
        let (path, revision) = match text.split_once('@') {
            Some((path, revision)) => (path, Some(revision)),
            None => (text, None),
        };
        match path.split_once('/') {
            Some((owner, repo))
                if is_part(owner) && is_part(repo) && revision.is_none_or(is_part) =>
            {
                Ok(Self {
                    owner: owner.to_owned(),
                    repo: repo.to_owned(),
                    revision: revision.map(str::to_owned),
                })
            }
            _ => Err(WeightsError::Name(format!("hf:{text}"))),
        }
    }
}

impl FromStr for ModelName {
    type Err = WeightsError;

    fn from_str(text: &str) -> Result<Self, WeightsError> {
        if let Some(repo) = text.strip_prefix("hf:") {
            return Ok(Self(Name::Hub(repo.parse()?)));
        }
        if !is_part(text) {
            return Err(WeightsError::Name(text.to_owned()));
        }
        Ok(Self(Name::Plain(text.to_owned())))
    }
}

impl fmt::Display for HubRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.repo)?;
        match &self.revision {
            Some(revision) => write!(f, "@{revision}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Plain(name) => f.write_str(name),
            Name::Hub(hub) => write!(f, "hf:{hub}"),
        }
    }
}

/// Whether `text` may stand between separators: it begins and ends with a letter or digit, and has
/// single dots and single hyphens at most, so that `..` and the [`JOINT`] cannot occur.
fn is_part(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    ends(text.chars().next())
        && ends(text.chars().last())
        && text.len() <= LONGEST_PART
        && !text.contains(JOINT)
        && !text.contains("..")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_keeps_its_spelling_and_has_one_directory() {
        for (name, directory) in [
            ("whisper-base", "whisper-base"),
            ("Whisper_v3.1", "Whisper_v3.1"),
            ("hf:openai/whisper-small", "hf--openai--whisper-small"),
            (
                "hf:a/whisper-large-v3@2024.01",
                "hf--a--whisper-large-v3--2024.01",
            ),
        ] {
            let parsed: ModelName = name.parse().expect(name);
            assert_eq!(parsed.to_string(), name);
            assert_eq!(parsed.directory(), directory);
            assert_eq!(ModelName::from_directory(directory).expect(name), parsed);
        }
    }

    #[test]
    fn what_could_leave_the_cache_is_no_name() {
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "/abs",
            "C:",
            ".hidden",
            "a..b",
            "a--b",
            "-flag",
            "a ",
            "a\0",
            "ä",
            "hf:",
            "hf:a",
            "hf:a/",
            "hf:/b",
            "hf:a/b/c",
            "hf:a/..",
            "hf:../b",
            "hf:a/b@",
            "hf:a/b@x/y",
            "hf:a/b@..",
            "hf:a/b@c@d",
            "hf:a?b/c",
            "name.",
        ] {
            assert!(name.parse::<ModelName>().is_err(), "{name:?}");
        }
        assert!("x".repeat(97).parse::<ModelName>().is_err());
    }

    proptest! {
        #[test]
        fn no_name_leads_out_of_its_directory(text in "\\PC{0,24}|(hf:)?[a-c./@-]{0,12}") {
            if let Ok(name) = text.parse::<ModelName>() {
                let directory = name.directory();
                prop_assert!(!directory.contains(['/', '\\', ':']) && !directory.contains(".."));
                prop_assert!(!directory.starts_with('.'));
                prop_assert_eq!(ModelName::from_directory(&directory).unwrap(), name);
            }
        }
    }
}
