//! What has come in, door by door, call by call and leg by leg, and what is likely wrong with it.
//!
//! A call tells what its legs receive ([`Call::receptions`](crate::call::Call::receptions)); whoever
//! keeps that for each door asks [`findings()`] what is to be done about it.

mod findings;
mod judge;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use sidetone_media::audio::ByteOrder;
use sidetone_types::party::Role;
use sidetone_types::receiver_stats::ReceiverStats;

pub use findings::{Facts, Finding, FindingKind, findings};

/// What an engine knows of its doors.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Report {
    /// The engine's version.
    pub version: String,
    /// When it was started, in milliseconds since 1970.
    pub since_ms: u64,
    /// Now.
    pub now_ms: u64,
    /// Its doors, by name.
    pub doors: Vec<DoorReport>,
}

/// What an engine knows of a door, and what is likely wrong there.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct DoorReport {
    /// What has come in.
    #[serde(flatten)]
    pub reception: DoorReception,
    /// What is likely wrong, the gravest first.
    pub findings: Vec<Finding>,
}

/// What has come in at one door since the engine was started.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct DoorReception {
    /// Which door, and what was spoken there: `grpc`, `rtp`, `websocket/twilio`.
    pub door: String,
    /// Addresses that it listens on, or asks; none for doors that other addresses serve.
    pub listens: Vec<String>,
    /// Connections that were made to it, of doors that have any.
    pub connections: u64,
    /// Connections and calls that were refused.
    pub refused: u64,
    /// The last of them.
    pub last_refusal: Option<Refusal>,
    /// What is wrong with the door itself; empty if nothing is.
    pub trouble: String,
    /// Datagrams that belong to no call.
    pub strays: u64,
    /// Calls that were opened.
    pub opened: u64,
    /// When the last one was, in milliseconds since 1970.
    pub last_opened_ms: Option<u64>,
    /// Bytes of sound as they came, of all calls.
    pub bytes: u64,
    /// Calls that go on, and the last ones that have ended; the newest first.
    pub calls: Vec<CallReception>,
}

/// Something that was not taken.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Refusal {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What the other side was told.
    pub why: String,
}

/// What has come in of one call.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct CallReception {
    /// Its id.
    pub call_id: String,
    /// When it was opened, in milliseconds since 1970.
    pub opened_ms: u64,
    /// How long it has lasted.
    pub lasted_ms: u64,
    /// Whether it goes on.
    pub open: bool,
    /// What is wrong with how it came; empty if nothing is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trouble: String,
    /// What has come in of each leg.
    pub legs: Vec<LegReception>,
}

sidetone_types::classes!(LegReception {
    role: basic,
    party: personal,
    off: basic,
    is_rtp: basic,
    from: basic,
    packets: basic,
    bytes: basic,
    payloads: basic,
    quiet_ms: basic,
    loudest_db: basic,
    heard_ms: basic,
    sound_ms: basic,
    byte_order: basic,
    speed: basic,
    steps: basic,
    scrambled: basic,
    rtp: basic,
});

/// What has come in of one leg.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct LegReception {
    /// What its party is in the call.
    pub role: Role,
    /// Who that is; empty if not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub party: String,
    /// Why nothing is expected of it: it is on hold, muted, paused, or has left.
    pub off: bool,
    /// Whether it comes as RTP, or as a stream.
    pub is_rtp: bool,
    /// Where its RTP comes from; empty if not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Packets of RTP, or messages of a stream, whatever became of them.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What they were, by payload type or as the stream is described.
    pub payloads: Vec<PayloadReception>,
    /// For how long nothing has come that was described; since the call was opened, if nothing ever
    /// has.
    pub quiet_ms: u64,
    /// The loudest 20 ms of it, in dB below full scale; absent if nothing was heard.
    pub loudest_db: Option<f32>,
    /// How much was heard, silence and sound alike.
    pub heard_ms: u64,
    /// How much of that was no silence: louder than 60 dB below full scale.
    pub sound_ms: u64,
    /// In which order the bytes of 16-bit samples come.
    pub byte_order: ByteOrder,
    /// How long the sound lasts of which a second arrives; 1 if it is described as it is.
    pub speed: Option<f32>,
    /// How far its timestamps go in a second of sound; 1 if they count at the rate that is described.
    pub steps: Option<f32>,
    /// Whether its bytes are spread evenly, as those of what is encrypted are.
    pub scrambled: bool,
    /// What the network has done to its packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtp: Option<ReceiverStats>,
}

/// Packets of one kind.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct PayloadReception {
    /// Their payload type, if they are RTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_type: Option<u8>,
    /// What that means, as `a=rtpmap` of SDP has it; absent if nobody has described it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding: Option<String>,
    /// How many there were.
    pub packets: u64,
}

impl DoorReception {
    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        let came = self.connections + self.refused + self.strays + self.opened;
        self.listens.is_empty() && self.trouble.is_empty() && came == 0
    }
}

impl CallReception {
    /// Bytes that have come of all legs.
    pub fn bytes(&self) -> u64 {
        self.legs.iter().map(|leg| leg.bytes).sum()
    }
}

impl LegReception {
    /// Packets that were described.
    fn described(&self) -> u64 {
        let described = self.payloads.iter().filter(|one| one.coding.is_some());
        described.map(|one| one.packets).sum()
    }

    /// What most of its sound is coded as.
    fn coding(&self) -> Option<&str> {
        let described = self.payloads.iter().filter(|one| one.coding.is_some());
        described.max_by_key(|one| one.packets)?.coding.as_deref()
    }
}
