//! What can be wrong with rules. Every message tells an author where to look and what to do.

use std::fmt;

/// A place in a file of rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Why there are no rules.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// A key is missing, unknown or taken twice, has a value that it cannot have, or it is no TOML.
    #[error("{at}: {message}")]
    Toml {
        /// Where.
        at: Place,
        /// Names the key, or what was expected.
        message: String,
    },
    /// The rule does not say what language it is in.
    #[error(
        "{at}: rule `{rule}` has no language: put `lang = \"en\"` into it or at the top of the file"
    )]
    NoLanguage {
        /// Where the rule begins.
        at: Place,
        /// Its name.
        rule: String,
    },
    /// A text that people are to read is blank.
    #[error("{at}: `{key}` is blank: write it, for people will read it")]
    Blank {
        /// Where.
        at: Place,
        /// Which one.
        key: &'static str,
    },
    /// The rule has none of `any`, `near`, `all`, `mood` and `strain`.
    #[error(
        "{at}: rule `{rule}` looks for nothing: give it `any`, `near`, `all`, `mood` or `strain`"
    )]
    LooksForNothing {
        /// Where the rule begins.
        at: Place,
        /// Its name.
        rule: String,
    },
    /// A phrase that cannot be looked for.
    #[error("{at}: phrase `{phrase}`: {problem}")]
    Phrase {
        /// Where.
        at: Place,
        /// As it is written.
        phrase: String,
        /// What is wrong and what to do.
        problem: &'static str,
    },
    /// A number that makes no sense.
    #[error("{at}: `{key}` of rule `{rule}` {problem}")]
    Number {
        /// Where the rule begins.
        at: Place,
        /// Its name.
        rule: String,
        /// Which number.
        key: &'static str,
        /// What is wrong and what to do.
        problem: &'static str,
    },
    /// Two rules have one name, so that nobody could tell whose alert it is.
    #[error("{at}: there is a rule `{rule}` at {first} already: give one of them another name")]
    NameTwice {
        /// The second one.
        at: Place,
        /// The name.
        rule: String,
        /// The first one.
        first: Place,
    },
}

impl RuleError {
    /// Where it is.
    pub fn at(&self) -> &Place {
        match self {
            Self::Toml { at, .. }
            | Self::NoLanguage { at, .. }
            | Self::Blank { at, .. }
            | Self::LooksForNothing { at, .. }
            | Self::Phrase { at, .. }
            | Self::Number { at, .. }
            | Self::NameTwice { at, .. } => at,
        }
    }
}
