//! What was received over RTP and what came of it, in numbers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Counts since the leg was opened. They only ever grow, but for `jitter`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ReceiverStats {
    /// RTP packets, whatever became of them.
    pub packets: u64,
    /// Bytes of all datagrams.
    pub bytes: u64,
    /// Packets that never came, or too late.
    pub lost: u64,
    /// Packets that came after they were given up. They are among the lost.
    pub late: u64,
    /// Packets that came again.
    pub duplicated: u64,
    /// Packets that were overtaken, but came in time.
    pub reordered: u64,
    /// Packets dropped because the buffer was full. They are among the lost.
    pub shed: u64,
    /// Datagrams that are neither RTP nor RTCP, or make no sense.
    pub malformed: u64,
    /// RTCP datagrams.
    pub rtcp: u64,
    /// Packets with a payload type that the call's description does not have.
    pub unknown_payload: u64,
    /// Packets under another SSRC than that of the sender we listen to, refused because it was
    /// live.
    pub foreign_ssrc: u64,
    /// Packets from another address than that of the sender we listen to, refused because it was
    /// live.
    pub foreign_address: u64,
    /// Times that another sender took over, under another SSRC or from another address.
    pub ssrc_changes: u64,
    /// Packets with a sequence number far off, and nothing to follow them.
    pub stray_sequence: u64,
    /// Times that the sequence numbers of the same sender started afresh.
    pub sequence_jumps: u64,
    /// Times that timestamps contradicted the clock on the wall and the timeline went by the
    /// latter.
    pub timestamp_jumps: u64,
    /// Comfort noise packets.
    pub comfort_noise: u64,
    /// Keys pressed.
    pub dtmf: u64,
    /// Sound that was made up for lost packets.
    #[serde(rename = "concealed_ms", with = "crate::wire::millis")]
    pub concealed: Duration,
    /// Interarrival jitter at present (RFC 3550 §6.4.1).
    #[serde(rename = "jitter_us", with = "crate::wire::micros")]
    pub jitter: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_by_name() {
        let json = serde_json::to_value(ReceiverStats {
            lost: 3,
            ..Default::default()
        })
        .expect("plain numbers");
        assert_eq!(json["lost"], 3);
        assert_eq!(json["jitter_us"], 0);
    }
}
