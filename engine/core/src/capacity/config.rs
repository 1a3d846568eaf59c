//! How full a machine may become.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How full a machine may become.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CapacityConfig {
    /// Whether calls beyond the measured capacity are refused. Without it only `server.max_calls`
    /// bounds them, and the captions of all come late once there are too many.
    pub enforce: bool,
    /// How busy the inference threads may become. Higher lets in more calls, whose finals wait
    /// longer for each other.
    #[schemars(range(min = 1, max = 100))]
    pub busy_percent: u32,
    /// Share of the time that each leg of a call is assumed to speak, unless calls turn out to
    /// speak more. Lower lets in more calls, and is wrong once all of them speak at once.
    #[schemars(range(min = 1, max = 100))]
    pub talk_percent: u32,
    /// A final later than this after the end of its utterance is late. While one in ten is, and
    /// the machine is not idle, no call is let in. Should be above what a final takes without any
    /// load.
    #[schemars(range(min = 100, max = 60_000))]
    pub late_ms: u32,
    /// How much longer the pauses between interim results may become under load, in percent of
    /// those configured; 100 never widens them. Higher lets in more calls, whose words come in
    /// larger pieces.
    #[schemars(range(min = 100, max = 1000))]
    pub widest_percent: u32,
    /// How short the pauses between interim results may become while the threads have little to
    /// do, in percent of those configured; 100 never narrows them. Lower shows words sooner, and
    /// takes CPU that nothing else asks for.
    #[schemars(range(min = 20, max = 100))]
    pub narrowest_percent: u32,
}

impl Default for CapacityConfig {
    fn default() -> Self {
        Self {
            enforce: true,
            busy_percent: 65,
            talk_percent: 50,
            late_ms: 1_500,
            widest_percent: 400,
            narrowest_percent: 50,
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
