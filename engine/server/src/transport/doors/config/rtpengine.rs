//! Whose rtpengine is asked for its calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_doors::Forked;

/// rtpengine, as it stands behind Kamailio and OpenSIPS: it is asked for what each participant of a
/// call says.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RtpEngineConfig {
    /// Address and port of its control protocol (`listen-ng`), such as `10.0.0.6:2223`; empty means
    /// that none is asked.
    pub control: String,
    /// Whether all of its calls are listened to, once two speak with each other. Else those alone
    /// that `TapCall` names.
    pub watch: bool,
    /// How often it is asked which calls there are. Less often hears beginnings later. Who takes part
    /// in each is asked for once a second.
    #[schemars(range(min = 100, max = 60_000))]
    pub interval_ms: u32,
    /// Whose side calls, where neither a label of rtpengine nor `TapCall` says whose it is.
    pub caller: Forked,
    /// What the engine calls itself there. Engines that listen to one rtpengine need different
    /// names.
    pub name: String,
}

impl Default for RtpEngineConfig {
    fn default() -> Self {
        Self {
            control: String::new(),
            watch: false,
            interval_ms: 200,
            caller: Forked::Customer,
            name: "sidetone".to_owned(),
        }
    }
}
