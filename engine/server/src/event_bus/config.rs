//! How many events are kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stream of events.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsConfig {
    /// How many are kept for subscribers that fall behind or come back. About 1 kB each; ten calls
    /// bring about 13 a second.
    #[schemars(range(min = 1, max = 10_000_000), extend("unit" = "events"))]
    pub keep: usize,
}

impl Default for EventsConfig {
    fn default() -> Self {
        Self { keep: 5_000 }
    }
}
