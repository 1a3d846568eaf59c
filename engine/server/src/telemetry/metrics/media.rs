//! What comes over the network.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use sidetone_types::receiver_stats::ReceiverStats;

use super::Metrics;
use crate::telemetry::labelled::Counters;

type Count = fn(&ReceiverStats) -> u64;

/// What is counted of RTP, and where it stands.
const RTP_COUNTS: [(&str, Count); 12] = [
    ("received", |s| s.packets),
    ("lost", |s| s.lost),
    ("duplicated", |s| s.duplicated),
    ("reordered", |s| s.reordered),
    ("late", |s| s.late),
    ("malformed", |s| s.malformed),
    ("rtcp", |s| s.rtcp),
    ("unknown_payload", |s| s.unknown_payload),
    ("foreign_address", |s| s.foreign_address),
    ("foreign_ssrc", |s| s.foreign_ssrc),
    ("ssrc_change", |s| s.ssrc_changes),
    ("timestamp_jump", |s| s.timestamp_jumps),
];

/// What is counted of media.
#[derive(Debug)]
pub struct MediaMetrics {
    /// Datagrams thrown away because their call could not keep up.
    pub datagrams_shed: Counter,
    rtp: Counters,
}

impl Default for MediaMetrics {
    fn default() -> Self {
        Self {
            datagrams_shed: Counter::default(),
            rtp: Counters::new("outcome", RTP_COUNTS.map(|(outcome, _)| outcome)),
        }
    }
}

impl MediaMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "rtp",
            "RTP packets, by what became of them",
            self.rtp.family(),
        );
        r.register(
            "datagrams_shed",
            "Datagrams thrown away because their call was behind",
            self.datagrams_shed.clone(),
        );
    }

    /// Packets that came, and those that never did.
    pub(super) fn packets(&self) -> (u64, u64) {
        (self.rtp.get("received").get(), self.rtp.get("lost").get())
    }
}

impl Metrics {
    /// Counts what has happened on a leg between two looks at its statistics.
    pub(crate) fn rtp(&self, before: &ReceiverStats, now: &ReceiverStats) {
        for (outcome, of) in RTP_COUNTS {
            let new = of(now).saturating_sub(of(before));
            self.media.rtp.get(outcome).inc_by(new);
        }
    }
}
