//! How full a machine may become.

use serde::{Deserialize, Serialize};

/// How full a machine may become.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CapacityConfig {
    /// Whether calls past the measured capacity are refused. Without it only `server.max_calls` bounds
    /// them, and the captions of all come late once there are too many.
    pub enforce: bool,
    /// How busy the inference threads may become, in percent. Higher lets in more calls, whose finals
    /// wait longer for each other.
    pub busy_percent: u32,
    /// Share of the time, in percent, that each leg of a call is taken to speak unless calls turn out
    /// to speak more. Lower lets in more calls, and is wrong once all of them speak at once.
    pub talk_percent: u32,
    /// A final later than this after the end of its utterance is late. While one in ten is, and the
    /// machine is not idle, no call is let in. Should be above what a final takes without any load.
    pub late_ms: u32,
    /// How much longer the pauses between looks at an utterance may become under load, in percent of
    /// those configured; 100 never widens them. Higher lets in more calls, whose words come in
    /// larger pieces.
    pub widest_percent: u32,
}

impl Default for CapacityConfig {
    fn default() -> Self {
        Self {
            enforce: true,
            busy_percent: 65,
            talk_percent: 50,
            late_ms: 1_500,
            widest_percent: 400,
        }
    }
}

impl CapacityConfig {
    pub(super) fn busy(&self) -> f64 {
        f64::from(self.busy_percent) / 100.0
    }

    pub(super) fn talk(&self) -> f64 {
        f64::from(self.talk_percent) / 100.0
    }
}
