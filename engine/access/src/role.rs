//! Roles, and the file that describes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use sidetone_types::class::{Class, Clearance};

use crate::right::Right;

/// Which calls somebody has to do with.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Those they have opened.
    Opened,
    /// Those whose agent they are.
    Own,
    /// Those whose agent is in one of their teams.
    Team,
    /// All.
    All,
}

impl Reach {
    /// Its name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Own => "own",
            Self::Team => "team",
            Self::All => "all",
        }
    }
}

/// What bearers of a role may do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it is for, in one line.
    pub about: String,
    /// What they may do.
    pub may: BTreeSet<Right>,
    /// With which calls.
    pub calls: BTreeSet<Reach>,
    /// What they are shown.
    pub sees: Clearance,
}

impl Role {
    /// What parts of the engine itself are, and what media servers become once they have been let in:
    /// they do what the engine has them do.
    pub fn engine() -> Arc<Self> {
        Arc::new(Self {
            name: "engine".to_owned(),
            about: "a part of the engine itself".to_owned(),
            may: Right::ALL.iter().copied().collect(),
            calls: [Reach::All].into(),
            sees: Clearance::ALL,
        })
    }
}

/// The roles there are. Clones share them.
#[derive(Clone, Debug)]
pub struct Roles(Arc<BTreeMap<String, Arc<Role>>>);

/// Roles cannot be used as they are described.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// A right that does not exist.
    #[error(
        "role `{role}` may `{right}`, which is no right: `sidetone access rights` lists what there is"
    )]
    Right {
        /// The role.
        role: String,
        /// As it is written.
        right: String,
    },
    /// A role that could never do what it may.
    #[error("role `{role}` may `{right}` and has no `calls`: say `own`, `team`, `opened` or `all`")]
    NoCalls {
        /// The role.
        role: String,
        /// What asks for a call.
        right: Right,
    },
    /// Searching words finds words: whoever may not see them could guess them one by one.
    #[error(
        "role `{0}` may `search` without seeing `sensitive` fields, and would find words by guessing"
    )]
    BlindSearch(String),
    /// Basic fields need no mention.
    #[error("role `{0}` sees `basic`, which every role does: leave it out")]
    Basic(String),
    /// Nobody has described it.
    #[error("there is no role `{0}`: there are {1}")]
    Unknown(String, String),
    /// A name that could not be told on a line.
    #[error("`{0}` is no name of a role: letters, digits, `-` and `_`, at most 64")]
    Name(String),
}

/// A role as a file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Described {
    about: String,
    may: Vec<String>,
    calls: BTreeSet<Reach>,
    sees: Vec<Class>,
}

const BUILT_IN: &str = include_str!("../roles.toml");
/// Stands for all rights, also those of later versions.
const EVERYTHING: &str = "everything";
const LONGEST_NAME: usize = 64;

impl Roles {
    /// Those that come with the program.
    pub fn built_in() -> Self {
        Self(Arc::new(ours()))
    }

    /// The same, with others: one of the same name replaces one that comes with the program.
    pub(crate) fn with(others: BTreeMap<String, Described>) -> Result<Self, RolesError> {
        let mut roles = ours();
        roles.extend(read(others)?);
        Ok(Self(Arc::new(roles)))
    }

    /// The roles of those names.
    pub fn named<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<Arc<Role>>, RolesError> {
        let named = names.iter().map(|name| {
            let role = self.get(name.as_ref()).cloned();
            role.ok_or_else(|| RolesError::Unknown(name.as_ref().to_owned(), self.names()))
        });
        named.collect()
    }

    /// The role of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Role>> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.0.values()
    }

    /// Their names, for whoever has named another one.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        names.join(", ")
    }
}

fn ours() -> BTreeMap<String, Arc<Role>> {
    let described = toml::from_str(BUILT_IN).expect("our own file is TOML");
    read(described).expect("our own roles are sound")
}

fn read(described: BTreeMap<String, Described>) -> Result<BTreeMap<String, Arc<Role>>, RolesError> {
    let roles = described.into_iter().map(|(name, described)| {
        let role = role(name, described)?;
        Ok((role.name.clone(), Arc::new(role)))
    });
    roles.collect()
}

fn role(name: String, described: Described) -> Result<Role, RolesError> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        return Err(RolesError::Name(name));
    }
    let mut may: BTreeSet<Right> = BTreeSet::new();
    for right in described.may {
        match (right.as_str(), right.parse()) {
            (EVERYTHING, _) => may.extend(Right::ALL),
            (_, Ok(right)) => {
                may.insert(right);
            }
            (_, Err(_)) => return Err(RolesError::Right { role: name, right }),
        }
    }
    if described.sees.contains(&Class::Basic) {
        return Err(RolesError::Basic(name));
    }
    let sees: Clearance = described.sees.into_iter().collect();
    let of_calls = may.iter().find(|right| right.is_of_calls());
    if let Some(right) = of_calls
        && described.calls.is_empty()
    {
        return Err(RolesError::NoCalls {
            role: name,
            right: *right,
        });
    }
    if may.contains(&Right::Search) && !sees.sees(Class::Sensitive) {
        return Err(RolesError::BlindSearch(name));
    }
    Ok(Role {
        name,
        about: described.about,
        may,
        calls: described.calls,
        sees,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<Roles, RolesError> {
        Roles::with(toml::from_str(text).expect("TOML"))
    }

    #[test]
    fn the_roles_that_come_with_the_program_are_those_that_the_docs_tell() {
        let roles = Roles::built_in();
        let names =
            "admin, agent, analyst, author, media, operations, quality, service, supervisor";
        assert_eq!(roles.names(), names);
        let admin = roles.get("admin").expect("there");
        assert_eq!(admin.may.len(), Right::ALL.len());
        assert_eq!(admin.sees, Clearance::ALL);
        let analyst = roles.get("analyst").expect("there");
        assert_eq!(analyst.sees, Clearance::BASIC);
        assert!(!analyst.may.contains(&Right::Search));
    }

    #[test]
    fn a_role_of_ones_own_is_added_and_one_of_the_same_name_replaces_ours() {
        let text = "[agent]\nabout = \"a\"\nmay = [\"list_calls\"]\ncalls = [\"own\"]\nsees = []\n\
                    [lead]\nabout = \"l\"\nmay = [\"everything\"]\ncalls = [\"team\"]\nsees = [\"sensitive\", \"secret\"]\n";
        let roles = with(text).expect("sound");
        let agent = roles.get("agent").expect("there");
        assert_eq!(agent.may, [Right::ListCalls].into());
        let lead = roles.get("lead").expect("there");
        assert!(lead.sees.sees(Class::Secret) && !lead.sees.sees(Class::Personal));
        assert!(roles.get("quality").is_some());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_name_of_the_role() {
        let role = |rest: &str| format!("[lead]\nabout = \"l\"\n{rest}");
        for (text, why) in [
            (role("may = [\"fly\"]\ncalls = []\nsees = []"), "`fly`"),
            (
                role("may = [\"follow\"]\ncalls = []\nsees = []"),
                "no `calls`",
            ),
            (
                role("may = [\"search\"]\ncalls = [\"all\"]\nsees = [\"personal\"]"),
                "by guessing",
            ),
            (
                "[\"a b\"]\nabout = \"\"\nmay = []\ncalls = []\nsees = []".to_owned(),
                "no name of a role",
            ),
        ] {
            let error = with(&text).expect_err(why).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
