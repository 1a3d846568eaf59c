//! Whether voices are read.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use sidetone_types::party::{Role, Side};

use super::Course;

/// Whether customers' voices are read for their mood, and how often. An agent's never is: to infer
/// the emotions of people at work from their voices is forbidden in the European Union (Regulation
/// 2024/1689, article 5 (1) f), and there is no key that turns it on.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoodConfig {
    /// Whether customers' voices are read for their mood. Turn it on where the law allows it and
    /// customers are told (Regulation 2024/1689, article 50 (3)): it needs `notice`. Without it no
    /// voice is read, nothing that reads moods is loaded, and no rule about a mood fires.
    pub read: bool,
    /// How customers are told that their mood is read from their voice, in your own words: the text
    /// of the announcement, say, and where it is played. Agents see it in the desk, and the log tells
    /// it at each start.
    pub notice: String,
    /// Whether what a customer says tells how strained they are: word lists, which ask nothing of the
    /// voice. With `read`, voice and words make one figure.
    pub words: bool,
    /// Shortest stretch of voice that is read. Shorter ones tell little.
    #[schemars(range(min = 200, max = 30_000))]
    pub least_ms: u32,
    /// In a long utterance there is a reading whenever so much more has been said. Lower shows
    /// changes sooner, each reading being less sure.
    #[schemars(range(min = 500, max = 60_000))]
    pub every_ms: u32,
}

impl Default for MoodConfig {
    fn default() -> Self {
        Self {
            read: false,
            notice: String::new(),
            words: true,
            least_ms: 1_000,
            every_ms: 3_000,
        }
    }
}

impl MoodConfig {
    /// Whether anybody is followed, be it by voice or words.
    pub(crate) const fn follows_any(&self) -> bool {
        self.read || self.words
    }

    /// What follows somebody; `None` where nobody may. Voices are read of those alone who are known to be
    /// customers: where it is not known who speaks, it may be an agent.
    pub(crate) fn course(&self, role: Role) -> Option<Course> {
        let voice = self.read && role == Role::Customer;
        let may = role.side() == Side::Customer && (voice || self.words);
        may.then(|| Course::new(voice))
    }

    pub(crate) fn least(&self) -> Duration {
        Duration::from_millis(self.least_ms.into())
    }

    pub(crate) fn every(&self) -> Duration {
        Duration::from_millis(self.every_ms.into())
    }
}
