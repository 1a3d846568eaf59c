//! What the engine writes about itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the engine writes about itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Which messages: a level (off, error, warn, info, debug, trace), or levels of parts:
    /// `warn,sidetone=debug`.
    pub filter: String,
    /// One JSON object per line instead of text.
    pub json: bool,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            json: false,
        }
    }
}
