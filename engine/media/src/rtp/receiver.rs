//! One leg of a call: datagrams in, what was heard out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assembler::{Assembler, Overdue};
use super::jitter::{Frame, JitterBuffer, Pushed};
use super::media_event::MediaEvent;
use super::packet::{Datagram, Packet};
use super::payloads::{Payload, PayloadMap};
use super::source::{Admitted, Arrived, Source, Sources};
use super::stats::Interarrival;
use super::timeline::Stamp;
use crate::audio::byte_order::ByteOrder;
use crate::audio::encoding::Encoding;
use crate::audio::pace::Pace;
use crate::audio::spread::ByteSpread;
use sidetone_types::receiver_stats::ReceiverStats;

/// Longest payload, in seconds of sound. No sender puts in as much: it would be heard too late.
const LONGEST_PAYLOAD: usize = 1;

/// How long disorder on the network is waited out.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct JitterConfig {
    /// Longest wait for a missing packet. Higher keeps more words where packets overtake each
    /// other, but after a loss captions are later by as much. Without loss it only delays the
    /// start of a stream once.
    #[schemars(range(min = 0, max = 2000))]
    pub max_wait_ms: u32,
    /// Packets that may wait behind a missing one. Higher takes memory where somebody floods a
    /// port; fewer than arrive within `max_wait_ms` cut that wait short.
    #[schemars(range(min = 1, max = 10_000), extend("unit" = "packets"))]
    pub max_packets: usize,
}

impl Default for JitterConfig {
    fn default() -> Self {
        Self {
            max_wait_ms: 60,
            max_packets: 200,
        }
    }
}

/// Receives one leg: order, loss, silence, keys and changes of sender, all on the call's timeline.
///
/// The sound depends on the packets alone, and not on when they arrive, as long as none is late by
/// more than the jitter buffer waits: arrival only decides where on the timeline it begins. The
/// wall clock has a say where timestamps contradict it: by more than 2 s, or by more than 0.2 s of
/// silence in the midst of sound of which no packet is missing.
///
/// It listens to one source, by address and SSRC, the first to send what the payload map describes.
/// Another one is heard only after that one has been silent for a while, and is announced by
/// [`MediaEvent::NewSource`]; until then its packets are refused and counted.
///
/// While nothing arrives, nothing is heard: whether a sender is silent or cut off shows afterwards.
pub struct Receiver {
    payloads: PayloadMap,
    config: JitterConfig,
    sources: Sources,
    jitter: JitterBuffer<Arrived>,
    assembler: Assembler,
    interarrival: Interarrival,
    stats: ReceiverStats,
    /// A packet whose place is open. Those after it wait.
    overdue: Option<Overdue>,
    /// The latest sound to arrive.
    newest: Option<Stamp>,
    /// Packets of each payload type that was not described, from the source that is listened to or
    /// would be.
    unsupported: BTreeMap<u8, u64>,
    /// The same of those that were described, with what they mean.
    described: BTreeMap<u8, (Payload, u64)>,
    pace: Pace,
    spread: ByteSpread,
    /// The latest packet whose pace is known, by its place in the sequence.
    paced: Option<(u64, Stamp)>,
}

/// What a datagram was to the leg that it was sent to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Received {
    /// Sound, keys or comfort noise of the source that is listened to: this leg has media.
    Media,
    /// RTP of that source, or of the first one, under a payload type that was not described. It
    /// says that somebody sends, and nothing else: also keep-alives look like that.
    Unsupported(u8),
    /// Anything else: empty packets, RTCP, garbage, or packets of another source.
    Other,
}

impl Receiver {
    /// A leg that hears nothing yet. `origin` is the moment of [`MediaTime::ZERO`].
    ///
    /// [`MediaTime::ZERO`]: sidetone_types::time::MediaTime::ZERO
    pub fn new(payloads: PayloadMap, config: JitterConfig, origin: Instant) -> Self {
        Self {
            payloads,
            sources: Sources::default(),
            jitter: config.buffer(),
            assembler: Assembler::new(origin),
            interarrival: Interarrival::default(),
            stats: ReceiverStats::default(),
            overdue: None,
            newest: None,
            unsupported: BTreeMap::new(),
            described: BTreeMap::new(),
            pace: Pace::default(),
            spread: ByteSpread::default(),
            paced: None,
            config,
        }
    }

    /// Takes a datagram that came `from` an address, whatever it is. What cannot be used is
    /// counted, never an error.
    ///
    /// A leg has no media while this gives nothing but [`Received::Unsupported`] and
    /// [`Received::Other`].
    pub fn push(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Received {
        self.stats.bytes += datagram.len() as u64;
        match Datagram::parse(datagram) {
            Datagram::Rtp(packet) => return self.on_packet(now, from, packet),
            Datagram::Rtcp => self.stats.rtcp += 1,
            Datagram::Garbage => self.stats.malformed += 1,
        }
        Received::Other
    }

    /// From here on payload types mean what `payloads` says, as after a re-INVITE. What has arrived
    /// keeps its meaning.
    ///
    /// The decoder of a payload type that means the same as before goes on with what it knows of
    /// the sender; one that has come to mean something else starts afresh.
    pub fn set_payloads(&mut self, payloads: PayloadMap) {
        self.payloads = payloads;
    }

    /// Which payload types came that were not described, and how many packets of each.
    pub fn unsupported(&self) -> &BTreeMap<u8, u64> {
        &self.unsupported
    }

    /// Which payload types came that were described, what they mean, and how many packets of each.
    pub fn described(&self) -> &BTreeMap<u8, (Payload, u64)> {
        &self.described
    }

    /// Where the packets come from that are listened to.
    pub fn from(&self) -> Option<SocketAddr> {
        self.sources.address()
    }

    /// How fast sound comes, and is stamped.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether its sound is spread over all bytes as evenly as what is encrypted.
    pub fn is_scrambled(&self) -> bool {
        self.spread.is_even()
    }

    /// Whether bytes of L16 come in the order of the network.
    pub fn order(&self) -> ByteOrder {
        self.assembler.order()
    }

    /// The next of what was heard. Call until `None`.
    pub fn poll(&mut self, now: Instant) -> Option<MediaEvent> {
        loop {
            let heard = self.assembler.pop();
            if heard.is_some() || !self.step(now) {
                return heard;
            }
        }
    }

    /// When `poll` may have more to say even if no packet comes.
    pub fn deadline(&self) -> Option<Instant> {
        let next = match &self.overdue {
            Some(overdue) => Some(self.config.wait_from(overdue.stamp.arrival)),
            None => self.jitter.deadline(),
        };
        next.into_iter().chain(self.assembler.deadline()).min()
    }

    /// The stream is over: all that waits for more is given up, and `poll` has the rest.
    pub fn finish(&mut self) {
        self.sources.dismiss(&mut self.stats);
        self.drain();
        self.assembler.finish(&mut self.stats);
    }

    /// What was received so far, in numbers.
    pub fn stats(&self) -> &ReceiverStats {
        &self.stats
    }

    fn on_packet(&mut self, now: Instant, from: SocketAddr, packet: Packet<'_>) -> Received {
        self.stats.packets += 1;
        let source = Source {
            address: from,
            ssrc: packet.ssrc,
        };
        let payload = self.payloads.get(packet.payload_type).cloned();
        let mut received = Received::Other;
        match &payload {
            None => {
                self.stats.unknown_payload += 1;
                if self.sources.is_current(source) || !self.sources.is_latched() {
                    *self.unsupported.entry(packet.payload_type).or_default() += 1;
                    received = Received::Unsupported(packet.payload_type);
                }
            }
            Some(Payload::Audio(encoding)) if is_too_long(encoding, packet.payload) => {
                self.stats.malformed += 1;
                return Received::Other;
            }
            Some(payload) => {
                let (meaning, packets) = self
                    .described
                    .entry(packet.payload_type)
                    .or_insert_with(|| (payload.clone(), 0));
                meaning.clone_from(payload);
                *packets += 1;
                if matches!(payload, Payload::Audio(_)) {
                    self.spread.push(packet.payload);
                }
            }
        }
        let is_media = payload.is_some() && !packet.payload.is_empty();
        let arrived = Arrived {
            arrival: now,
            source,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            marker: packet.marker,
            payload_type: packet.payload_type,
            payload,
            bytes: packet.payload.to_vec(),
        };
        let highest = self.sources.highest();
        match self.sources.admit(arrived, &mut self.stats) {
            Admitted::Current { seq, packet } => {
                let overtaken = highest.is_some_and(|highest| seq < highest);
                self.queue(seq, packet, overtaken);
            }
            Admitted::TakenOver { packets, change } => {
                self.drain();
                if let Some(first) = packets.values().next() {
                    self.assembler.on_take_over(first, change, &mut self.stats);
                }
                self.jitter = self.config.buffer();
                self.interarrival.restart();
                self.paced = None;
                for (seq, packet) in packets {
                    // There may be more of them than the buffer has room for.
                    while self.jitter.is_full() && self.step(now) {}
                    self.queue(seq, packet, false);
                }
            }
            Admitted::Held => return received,
        }
        if is_media { Received::Media } else { received }
    }

    /// Puts a packet where it waits for its turn.
    fn queue(&mut self, seq: u64, packet: Arrived, overtaken: bool) {
        let arrival = packet.arrival;
        let (stamp, lasts) = match &packet.payload {
            Some(Payload::Audio(encoding)) => (
                Some(packet.stamp(encoding.clock())),
                encoding.length(packet.bytes.len()),
            ),
            _ => (None, Duration::ZERO),
        };
        match self.jitter.push(arrival, seq, packet) {
            Pushed::Kept => self.stats.reordered += u64::from(overtaken),
            Pushed::Late => self.stats.late += 1,
            Pushed::Duplicate => {
                self.stats.duplicated += 1;
                return;
            }
            Pushed::Full => self.stats.shed += 1,
        }
        if let Some(stamp) = stamp {
            self.stats.jitter = self.interarrival.update(stamp);
            self.newest = Some(stamp);
            self.keep_pace(seq, stamp, lasts);
        }
    }

    fn keep_pace(&mut self, seq: u64, stamp: Stamp, lasts: Duration) {
        let before = self.paced.replace((seq, stamp));
        let stamped = before.and_then(|(last, before)| {
            let follows = seq == last + 1 && !stamp.marker && before.rate == stamp.rate;
            let ticks = stamp.timestamp.wrapping_sub(before.timestamp).cast_signed();
            let seconds = f64::from(ticks) / f64::from(stamp.rate.hz());
            follows.then(|| Duration::try_from_secs_f64(seconds).ok())?
        });
        self.pace.push(stamp.arrival, lasts, stamped);
    }

    /// Goes on by one packet or wait. False if there is nothing to do before more comes.
    fn step(&mut self, now: Instant) -> bool {
        if self.assembler.poll_keys(now, &mut self.stats) {
            return true;
        }
        if let Some(overdue) = self.overdue.take() {
            let over = now >= self.config.wait_from(overdue.stamp.arrival);
            if over || self.is_catching_up() {
                self.settle(overdue);
                return true;
            }
            self.overdue = Some(overdue);
            return false;
        }
        match self.jitter.poll(now) {
            Some(frame) => self.play(frame),
            None => return false,
        }
        true
    }

    /// Plays all that waits, whatever is missing.
    fn drain(&mut self) {
        loop {
            if let Some(overdue) = self.overdue.take() {
                self.settle(overdue);
            } else if let Some(frame) = self.jitter.take() {
                self.play(frame);
            } else {
                return;
            }
        }
    }

    fn play(&mut self, frame: Frame<Arrived>) {
        match frame {
            Frame::Lost(packets) => self.assembler.on_lost(packets, &mut self.stats),
            Frame::Packet(packet) => {
                self.overdue = self.assembler.on_packet(packet, &mut self.stats);
            }
        }
    }

    fn settle(&mut self, overdue: Overdue) {
        let held_up = self.is_catching_up();
        self.assembler.settle(overdue, held_up, &mut self.stats);
    }

    /// Whether packets arrive in a burst that makes up for a delay. A sender that stopped its clock
    /// for a while goes on at its usual pace.
    fn is_catching_up(&self) -> bool {
        self.jitter.is_full()
            || self
                .newest
                .is_some_and(|stamp| self.assembler.is_on_time(stamp))
    }
}

impl JitterConfig {
    fn max_wait(&self) -> Duration {
        Duration::from_millis(self.max_wait_ms.into())
    }

    fn wait_from(&self, since: Instant) -> Instant {
        since + self.max_wait()
    }

    fn buffer(&self) -> JitterBuffer<Arrived> {
        JitterBuffer::new(self.max_wait(), self.max_packets)
    }
}

fn is_too_long(encoding: &Encoding, payload: &[u8]) -> bool {
    payload.len() > encoding.bytes_per_second() * LONGEST_PAYLOAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_defaults_and_misspelt_ones_are_refused() {
        let config: JitterConfig = serde_json::from_str(r#"{"max_wait_ms": 80}"#).expect("valid");
        assert_eq!(config.max_wait(), Duration::from_millis(80));
        assert_eq!(config.max_packets, JitterConfig::default().max_packets);
        assert!(serde_json::from_str::<JitterConfig>(r#"{"max_wait": 80}"#).is_err());
    }
}
