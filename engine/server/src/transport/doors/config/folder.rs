//! Where recordings appear.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_doors::Forked;

use crate::audio_file::ChannelMap;
/// A folder in which recordings appear. Each becomes a call, once, and is moved to `done` or `failed`
/// within it. A file beside it with the ending `.json` says what is known of the call, by the names of
/// `fields`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FolderConfig {
    /// The folder; empty means that the door is closed.
    pub path: PathBuf,
    /// A recording that has not changed for this long is complete. Higher waits for slow writers.
    #[schemars(range(min = 100, max = 3_600_000))]
    pub settle_ms: u32,
    /// How many times as fast as they were spoken recordings are heard, one after the other. Each
    /// takes as much of the machine as so many live calls, which wait for it if there is no more. Much
    /// slower, a call would take the pauses between its pieces for the end of what is said.
    #[schemars(range(min = 0.5, max = 1000.0), extend("unit" = "times"))]
    pub speed: f32,
    /// What the names of recordings say, without their ending: `{from}_{to}_{agent}`, for instance.
    /// Empty means that they say nothing.
    pub names: String,
    /// Who speaks on which channel of recordings that have several, counted from 0:
    /// `agent=0,customer=1`, or one of them alone. Empty means that left is the agent and right the
    /// customer.
    pub channels: String,
    /// Who speaks on recordings of one channel.
    pub forked: Forked,
}

impl Default for FolderConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::new(),
            settle_ms: 3_000,
            speed: 4.0,
            names: String::new(),
            channels: String::new(),
            forked: Forked::default(),
        }
    }
}

impl FolderConfig {
    /// The channels that are named. Those that cannot be are told when the configuration is checked.
    pub fn channels(&self) -> Option<ChannelMap> {
        self.channels.parse().ok()
    }
}
