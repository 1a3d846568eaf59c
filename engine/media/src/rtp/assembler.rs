//! Packets in order in, what was heard out.

use std::time::{Duration, Instant};

use audio_codec::telephone_event::parse_telephone_event;

use super::decoders::Decoders;
use super::dtmf::{DtmfReceiver, Pressed};
use super::media_event::MediaEvent;
use super::payloads::Payload;
use super::playout::Playout;
use super::source::{Arrived, Change};
use super::timeline::{Place, SLACK, Stamp, Timeline};
use crate::audio::byte_order::{ByteOrder, OrderWatch};
use crate::audio::encoding::Encoding;
use crate::audio::rate::RtpClock;
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::time::MediaTime;

/// What a packet holds until the first has come, in samples at 16 kHz: 20 ms, as usual (RFC 3551
/// §4.2).
const USUAL_PACKET: u64 = 320;

/// Puts what packets carry on the timeline: sound, silence, loss and keys.
pub struct Assembler {
    timeline: Timeline,
    decoders: Decoders,
    playout: Playout,
    dtmf: DtmfReceiver,
    /// Packets lost before the next one, and not accounted for on the timeline yet.
    missing: u32,
    /// How long the sound of the latest packet was, in samples at 16 kHz.
    packet_len: u64,
    /// Of 16-bit samples.
    order: OrderWatch,
    /// The latest packet's samples, kept for the room that they take.
    samples: Vec<f32>,
}

/// Sound that came long after its place on the timeline. Its place is left open.
pub struct Overdue {
    pub stamp: Stamp,
    coded: Coded,
    at: MediaTime,
    arrived: MediaTime,
}

/// The sound of a packet.
struct Coded {
    payload_type: u8,
    encoding: Encoding,
    bytes: Vec<u8>,
}

impl Assembler {
    /// Nothing was heard yet. `origin` is the moment of [`MediaTime::ZERO`].
    pub fn new(origin: Instant) -> Self {
        Self {
            timeline: Timeline::new(origin),
            decoders: Decoders::default(),
            playout: Playout::default(),
            dtmf: DtmfReceiver::default(),
            missing: 0,
            packet_len: USUAL_PACKET,
            order: OrderWatch::default(),
            samples: Vec::new(),
        }
    }

    /// The next of what was heard.
    pub fn pop(&mut self) -> Option<MediaEvent> {
        self.playout.pop()
    }

    /// Whether bytes of 16-bit samples come in the order in which they are read.
    pub fn order(&self) -> ByteOrder {
        self.order.order()
    }

    /// So many packets before the next one never came.
    pub fn on_lost(&mut self, packets: u32, stats: &mut ReceiverStats) {
        stats.lost += u64::from(packets);
        self.missing = self.missing.saturating_add(packets);
    }

    /// Takes the next packet in order. Hands it back if it takes those after it to tell its place.
    pub fn on_packet(&mut self, mut packet: Arrived, stats: &mut ReceiverStats) -> Option<Overdue> {
        match packet.payload.take() {
            Some(Payload::Audio(encoding)) => return self.on_audio(packet, encoding, stats),
            Some(Payload::TelephoneEvent { rate_hz }) => self.on_event(&packet, rate_hz, stats),
            Some(Payload::ComfortNoise) => self.on_comfort_noise(&packet, stats),
            // It took its place in the sequence, and that is all.
            None => {}
        }
        None
    }

    /// Puts an overdue packet where it belongs: where its timestamp says if it was held up on its
    /// way, or else where it arrived.
    pub fn settle(&mut self, overdue: Overdue, held_up: bool, stats: &mut ReceiverStats) {
        let at = if held_up {
            overdue.at
        } else {
            stats.timestamp_jumps += 1;
            overdue.arrived
        };
        self.sound(overdue.stamp, &overdue.coded, at, stats);
    }

    /// Whether what is stamped so arrived when it should have.
    pub fn is_on_time(&self, stamp: Stamp) -> bool {
        self.timeline.agreed(stamp).is_some()
    }

    /// Another sender takes over with `first`, or the same one after a jump of its sequence
    /// numbers.
    pub fn on_take_over(&mut self, first: &Arrived, change: Change, stats: &mut ReceiverStats) {
        match change {
            Change::Restart { .. } => stats.sequence_jumps += 1,
            Change::Ssrc | Change::Address => stats.ssrc_changes += 1,
        }
        // Where the timestamps went on all the while, only packets are missing: a long outage.
        let end = self.playout.end();
        if let (Change::Restart { missing }, Some(end), Some(Payload::Audio(encoding))) =
            (change, end, &first.payload)
            && let Place::Follows(at) =
                self.timeline
                    .place(first.stamp(encoding.clock()), Some(end), 0, self.packet_len)
        {
            let room = at.samples().saturating_sub(end.samples()) / self.packet_len;
            let missing = u64::from(missing).min(room);
            self.on_lost(u32::try_from(missing).unwrap_or(u32::MAX), stats);
            return;
        }
        let pressed = self.dtmf.release();
        self.emit(pressed, stats);
        self.dtmf.forget();
        let arrived = self.timeline.arrival(first.arrival);
        let at = end.map_or(arrived, |end| end.max(arrived));
        self.playout.flush();
        self.playout.silence(at);
        self.playout.emit(match change {
            Change::Restart { .. } => MediaEvent::Restarted { at },
            Change::Ssrc | Change::Address => MediaEvent::NewSource { at },
        });
        self.timeline.forget();
        self.decoders.forget();
        self.order = OrderWatch::default();
        self.missing = 0;
    }

    /// Tells of a key of which there is no news. True if there was one.
    pub fn poll_keys(&mut self, now: Instant, stats: &mut ReceiverStats) -> bool {
        let pressed = self.dtmf.poll(now);
        self.emit(pressed, stats);
        pressed.is_some()
    }

    /// When `poll_keys` may have something to tell.
    pub fn deadline(&self) -> Option<Instant> {
        self.dtmf.deadline()
    }

    /// Nothing follows: what was kept back comes out.
    pub fn finish(&mut self, stats: &mut ReceiverStats) {
        let pressed = self.dtmf.release();
        self.emit(pressed, stats);
        self.playout.flush();
    }

    fn on_audio(
        &mut self,
        packet: Arrived,
        encoding: Encoding,
        stats: &mut ReceiverStats,
    ) -> Option<Overdue> {
        // Some senders keep a port open with empty packets.
        if packet.bytes.is_empty() {
            return None;
        }
        let stamp = packet.stamp(encoding.clock());
        let coded = Coded {
            payload_type: packet.payload_type,
            encoding,
            bytes: packet.bytes,
        };
        match self.place(stamp) {
            Place::Begins(at) | Place::Follows(at) => self.sound(stamp, &coded, at, stats),
            Place::Jumped(at) => {
                stats.timestamp_jumps += 1;
                self.sound(stamp, &coded, at, stats);
            }
            Place::Overdue { at, arrived } => {
                return Some(Overdue {
                    stamp,
                    coded,
                    at,
                    arrived,
                });
            }
        }
        None
    }

    /// Sound that is to be heard at `at`.
    fn sound(&mut self, stamp: Stamp, coded: &Coded, at: MediaTime, stats: &mut ReceiverStats) {
        let pressed = self.dtmf.on_sound(at);
        self.emit(pressed, stats);
        self.advance(at, stats);
        self.timeline.anchor(stamp, at);
        let Coded {
            payload_type,
            encoding,
            bytes,
        } = coded;
        self.samples.clear();
        let decoder = self.decoders.of(*payload_type, encoding);
        if decoder.decode(bytes, &mut self.samples).is_err() {
            // To those after it that is loss.
            stats.malformed += 1;
            self.missing = 1;
            return;
        }
        if encoding.is_linear16() {
            self.order.push(&self.samples);
        }
        let rate = encoding.sample_rate();
        self.packet_len = rate.to_16_khz(self.samples.len() as u64).max(1);
        self.playout.sound(rate, &mut self.samples);
    }

    /// Comfort noise tells that there is silence up to it. That after it shows with the next
    /// packet.
    fn on_comfort_noise(&mut self, packet: &Arrived, stats: &mut ReceiverStats) {
        stats.comfort_noise += 1;
        let rate = self.timeline.rate().unwrap_or(RtpClock::TELEPHONE);
        let stamp = packet.stamp(rate);
        if let Place::Begins(at) | Place::Follows(at) = self.place(stamp) {
            self.advance(at, stats);
            self.timeline.anchor(stamp, at);
        }
        self.playout.flush();
    }

    fn on_event(&mut self, packet: &Arrived, rate_hz: u32, stats: &mut ReceiverStats) {
        let Some(event) = parse_telephone_event(&packet.bytes) else {
            stats.malformed += 1;
            return;
        };
        let ticks = u64::from(event.duration) * 1_000_000_000;
        let duration = Duration::from_nanos(ticks / u64::from(rate_hz));
        let mut at = self.timeline.arrival(packet.arrival) - duration;
        if self
            .dtmf
            .knows(&event, packet.timestamp, rate_hz, packet.arrival)
        {
            // What was lost was, as likely as not, news of the same press, and that takes no time.
            self.missing = 0;
        } else if let Some(rate) = self.timeline.rate().filter(|rate| rate.hz() == rate_hz)
            && let Some(start) = self.timeline.agreed(packet.stamp(rate))
        {
            at = start;
            // Some senders send sound along with a press, so there may be some beyond its start.
            if self.playout.end().is_some_and(|end| start > end) {
                self.advance(start, stats);
            }
        }
        let up = self
            .dtmf
            .on_event(event, packet.timestamp, rate_hz, at, packet.arrival);
        for pressed in up {
            self.emit(pressed, stats);
        }
    }

    fn place(&mut self, stamp: Stamp) -> Place {
        let missing = u64::from(self.missing) * self.packet_len;
        self.timeline
            .place(stamp, self.playout.end(), missing, self.packet_len)
    }

    /// Fills the time up to `to`, where the next packet belongs: with as much loss as the missing
    /// packets may have held, and silence.
    fn advance(&mut self, to: MediaTime, stats: &mut ReceiverStats) {
        let packets = std::mem::take(&mut self.missing);
        let Some(end) = self.playout.end() else {
            self.playout.silence(to);
            return;
        };
        let after = |at: MediaTime| at.samples().saturating_sub(end.samples());
        let gap = after(to);
        if packets == 0 && gap <= SLACK {
            return;
        }
        // While a key is down there is no sound to be lost.
        let quiet = after(self.dtmf.down_until().min(to));
        let mut lost = (u64::from(packets) * self.packet_len).min(gap - quiet);
        if packets > 0 && gap - quiet - lost <= SLACK {
            lost = gap - quiet;
        }
        // In silence the missing packets are rather the first of what follows it.
        if quiet > 0 || self.playout.is_silent() {
            self.playout.silence(to.back(lost));
            stats.concealed += self.playout.lost(to, packets, self.decoders.latest());
        } else {
            let lost_to = MediaTime::from_samples(end.samples() + lost);
            stats.concealed += self.playout.lost(lost_to, packets, self.decoders.latest());
            self.playout.silence(to);
        }
    }

    fn emit(&mut self, pressed: Option<Pressed>, stats: &mut ReceiverStats) {
        if let Some(Pressed { at, key, duration }) = pressed {
            stats.dtmf += 1;
            self.playout.emit(MediaEvent::Dtmf { at, key, duration });
        }
    }
}
