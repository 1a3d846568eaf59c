//! Where in a file something stands.

use crate::rules::error::{Place, RuleError};

/// A file that is read, to say where in it something stands.
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// The line at a byte of the file.
    pub fn place(&self, offset: usize) -> Place {
        let before = self.text.as_bytes().iter().take(offset);
        Place {
            file: self.name.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
        }
    }

    /// What TOML, or a key's type, refuses; in the rule of that name.
    pub fn refuse(&self, error: &toml::de::Error, rule: Option<&str>) -> RuleError {
        let rule = rule.map_or_else(String::new, |rule| format!("rule `{rule}`: "));
        RuleError::Toml {
            at: self.place(error.span().map_or(0, |span| span.start)),
            message: format!("{rule}{}", error.message().trim()),
        }
    }
}
