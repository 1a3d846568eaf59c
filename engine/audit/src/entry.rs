//! What somebody did, or was kept from doing.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::bound;

/// More roles than this are left out.
const MOST_ROLES: usize = 16;

/// What somebody did, or was kept from doing. Texts longer than 512 bytes are cut when they are written.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Entry {
    /// The principal's name.
    pub who: String,
    /// The roles the principal had at the time, at most 16.
    pub roles: Vec<String>,
    /// How they were identified: `token 7f3a`, `session`, `certificate`, `open`.
    pub by: String,
    /// The address they came from.
    pub from: String,
    /// Where they came in: `grpc`, `rest`, `websocket`, `cli`.
    pub door: String,
    /// What was asked for: `read_call`.
    pub action: String,
    /// Of what: the id of a call. May be empty.
    pub what: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The rule that decided.
    pub policy: String,
    /// What else there is to say. May be empty.
    pub detail: String,
}

impl Entry {
    /// With each text within its bound.
    pub(crate) fn bounded(mut self) -> Self {
        self.roles.truncate(MOST_ROLES);
        self.roles.iter_mut().for_each(bound);
        for text in [
            &mut self.who,
            &mut self.by,
            &mut self.from,
            &mut self.door,
            &mut self.action,
            &mut self.what,
            &mut self.policy,
            &mut self.detail,
        ] {
            bound(text);
        }
        self
    }

    /// What the log says about itself.
    pub(crate) fn own(action: &str, what: String, outcome: Outcome, detail: String) -> Self {
        let entry = Self {
            who: "sidetone".to_owned(),
            by: "engine".to_owned(),
            door: "engine".to_owned(),
            action: action.to_owned(),
            what,
            outcome,
            detail,
            ..Self::default()
        };
        entry.bounded()
    }
}

/// How what was asked for ended.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    #[default]
    Done,
    /// The principal may not.
    Refused,
    /// The principal may, and it did not work.
    Failed,
}

impl Outcome {
    /// As it stands in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Done, Self::Refused, Self::Failed];
        let found = all.into_iter().find(|outcome| outcome.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is none of done, refused and failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_bounds() {
        let long = || "x".repeat(100_000);
        let entry = Entry {
            who: long(),
            roles: vec![long(); 100],
            by: long(),
            from: long(),
            door: long(),
            action: long(),
            what: long(),
            outcome: Outcome::Refused,
            policy: long(),
            detail: long(),
        };
        let text = serde_json::to_string(&entry.bounded()).expect("plain data");
        assert!(text.len() < (8 + MOST_ROLES) * 520, "{}", text.len());
        assert!(text.contains(r#""outcome":"refused""#));
    }
}
