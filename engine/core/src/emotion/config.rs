//! Whose voices are read.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use sidetone_types::party::Side;

/// Whose voices are read for their mood, and how often.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoodConfig {
    /// Whether the customer's voice is read, and with it how their words tell that they feel.
    pub customer: bool,
    /// Whether the agent's voice is read. Off unless the law and the agents allow it: to infer
    /// the emotions of people at work is forbidden in many places (in the EU by the AI Act,
    /// article 5).
    pub agent: bool,
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
            customer: true,
            agent: false,
            least_ms: 1_000,
            every_ms: 3_000,
        }
    }
}

impl MoodConfig {
    /// Whether the voice of this side is read.
    pub const fn reads(&self, side: Side) -> bool {
        match side {
            Side::Agent => self.agent,
            Side::Customer => self.customer,
        }
    }

    /// Whether any is.
    pub const fn reads_any(&self) -> bool {
        self.customer || self.agent
    }

    pub(crate) fn least(&self) -> Duration {
        Duration::from_millis(self.least_ms.into())
    }

    pub(crate) fn every(&self) -> Duration {
        Duration::from_millis(self.every_ms.into())
    }
}
