//! Asterisk AudioSocket: a TCP connection for each channel, of packets with a kind, a length (big
//! endian) and that many bytes. The first one is a UUID; sound is 16 bits, little endian.
//!
//! Two connections whose UUIDs differ in nothing but their last digit are one call: `0` is the
//! customer's side, `1` the agent's.
//!
//! Source: Asterisk's documentation of AudioSocket, and `res_audiosocket.c` for its kinds.

use std::time::Duration;

use sidetone_core::call::Control;
use sidetone_types::event::EventRecord;
use sidetone_types::party::Role;

use crate::{Channel, Dialect, Fault, Fields, Forked, Opening, Step, linear16};

/// Kinds of packets.
const HANGUP: u8 = 0x00;
const UUID: u8 = 0x01;
const DTMF: u8 = 0x03;
const ERROR: u8 = 0xff;
/// Kinds of sound, and the samples that a second of each has.
const SOUNDS: [(u8, u32); 7] = [
    (0x10, 8_000),
    (0x11, 12_000),
    (0x12, 16_000),
    (0x13, 24_000),
    (0x14, 32_000),
    (0x15, 44_100),
    (0x16, 48_000),
];
const WHICH_KIND: &str = "signed linear of 8 to 48 kHz (kinds 0x10 to 0x16)";
/// How long a key counts as held: nobody says.
const HELD: Duration = Duration::from_millis(100);

/// What a packet tells the other side to end with.
pub const GOODBYE: [u8; 3] = [HANGUP, 0, 0];

/// One connection.
pub struct AudioSocket {
    forked: Forked,
    /// Bytes that are no whole packet yet: at most one, of 64 KiB.
    waiting: Vec<u8>,
    uuid: Option<String>,
    /// The kind that sound has come as, once the call is open.
    kind: Option<u8>,
}

impl AudioSocket {
    /// A connection. Where its UUID does not say whose side it is, it is that of `forked`.
    pub const fn new(forked: Forked) -> Self {
        Self {
            forked,
            waiting: Vec::new(),
            uuid: None,
            kind: None,
        }
    }

    fn packet(&mut self, kind: u8, payload: &[u8], steps: &mut Vec<Step>) -> Result<(), Fault> {
        match kind {
            HANGUP | ERROR => steps.push(Step::End),
            UUID => {
                if self.uuid.is_some() {
                    return Err(Fault::Order("a UUID came a second time"));
                }
                let bytes: [u8; 16] = payload
                    .try_into()
                    .map_err(|_| Fault::Order("a UUID has 16 bytes; the packet has others"))?;
                self.uuid = Some(written(bytes));
            }
            DTMF => {
                let key = str::from_utf8(payload).ok().and_then(Control::key);
                let open = self.kind.is_some();
                if let Some(key) = key.filter(|_| open) {
                    let duration = HELD;
                    steps.push(Step::Control(Some(0), Control::Dtmf { key, duration }));
                }
            }
            _ => self.sound(kind, payload, steps)?,
        }
        Ok(())
    }

    fn sound(&mut self, kind: u8, payload: &[u8], steps: &mut Vec<Step>) -> Result<(), Fault> {
        let rate = SOUNDS.iter().find(|(known, _)| *known == kind);
        let format = rate.and_then(|(_, hz)| linear16(*hz));
        let format =
            format.ok_or_else(|| Fault::Format(format!("kind {kind:#04x}"), WHICH_KIND))?;
        if !payload.len().is_multiple_of(2) {
            let bytes = payload.len();
            return Err(Fault::HalfSample { bytes, whole: 2 });
        }
        match self.kind {
            Some(before) if before != kind => {
                return Err(Fault::Order(
                    "the rate of the sound changed within the call",
                ));
            }
            Some(_) => {}
            None => {
                self.kind = Some(kind);
                let uuid = self.uuid.clone();
                let uuid = uuid.ok_or(Fault::Order("sound came before the UUID"))?;
                steps.push(Step::Open(self.opening(&uuid, format)));
            }
        }
        steps.push(Step::Audio {
            channel: 0,
            at: None,
            bytes: payload.to_vec(),
        });
        Ok(())
    }

    fn opening(&self, uuid: &str, format: sidetone_media::audio::StreamFormat) -> Opening {
        let (role, call) = match uuid.split_at(uuid.len() - 1) {
            (call, "0") => (Role::Customer, format!("{call}0")),
            (call, "1") => (Role::Agent, format!("{call}0")),
            _ => (self.forked.speaks(), uuid.to_owned()),
        };
        let mut fields = Fields::default();
        fields.set("uuid", call.clone());
        Opening {
            fields,
            channels: vec![Channel { role, format }],
            joined_by: Some(call),
        }
    }
}

/// As UUIDs are written: `40325ec2-5efd-4bd3-805f-53576e581d13`.
fn written(uuid: [u8; 16]) -> String {
    let digits: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| &digits[part]).join("-")
}

impl Dialect for AudioSocket {
    fn text(&mut self, _: &str) -> Result<Vec<Step>, Fault> {
        Err(Fault::Order("AudioSocket has no text"))
    }

    /// Takes bytes, cut anywhere.
    fn binary(&mut self, bytes: Vec<u8>) -> Result<Vec<Step>, Fault> {
        self.waiting.extend(bytes);
        let waiting = std::mem::take(&mut self.waiting);
        let mut rest = waiting.as_slice();
        let mut steps = Vec::new();
        while let [kind, high, low, behind @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some((payload, next)) = behind.split_at_checked(length) else {
                break;
            };
            self.packet(*kind, payload, &mut steps)?;
            rest = next;
        }
        self.waiting = rest.to_vec();
        Ok(steps)
    }

    fn told(&mut self, _: &EventRecord, _: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).expect("short").to_be_bytes();
        [&[kind][..], &length, payload].concat()
    }

    fn uuid(last: u8) -> Vec<u8> {
        let mut uuid = *b"\x40\x32\x5e\xc2\x5e\xfd\x4b\xd3\x80\x5f\x53\x57\x6e\x58\x1d\x10";
        uuid[15] = last;
        packet(UUID, &uuid)
    }

    #[test]
    fn a_connection_is_a_side_of_the_call_that_its_uuid_names() {
        for (last, role, call) in [
            (0x10, Role::Customer, "40325ec2-5efd-4bd3-805f-53576e581d10"),
            (0x11, Role::Agent, "40325ec2-5efd-4bd3-805f-53576e581d10"),
            (0x1a, Role::Customer, "40325ec2-5efd-4bd3-805f-53576e581d1a"),
        ] {
            let sent = [uuid(last), packet(0x12, &[1, 2, 3, 4]), packet(DTMF, b"5")].concat();
            for cut in 1..sent.len() {
                let mut socket = AudioSocket::new(Forked::Customer);
                let pieces = sent.chunks(cut).map(|piece| socket.binary(piece.to_vec()));
                let steps: Vec<Step> = pieces.flat_map(|steps| steps.expect("right")).collect();
                let [
                    Step::Open(opening),
                    Step::Audio { bytes, .. },
                    Step::Control(Some(0), key),
                ] = &steps[..]
                else {
                    panic!("{cut}: {steps:?}")
                };
                assert_eq!(opening.channels[0].role, role);
                assert_eq!(
                    opening.channels[0].format,
                    linear16(16_000).expect("served")
                );
                assert_eq!(opening.joined_by.as_deref(), Some(call));
                assert_eq!(bytes, &[1, 2, 3, 4]);
                assert!(matches!(key, Control::Dtmf { key: '5', .. }));
            }
        }
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        for (sent, part) in [
            (packet(0x10, &[0, 0]), "before the UUID"),
            (packet(UUID, &[0; 15]), "16 bytes"),
            ([uuid(0), uuid(0)].concat(), "second time"),
            ([uuid(0), packet(0x10, &[0])].concat(), "within a sample"),
            ([uuid(0), packet(0x18, &[0, 0])].concat(), "0x18"),
            (
                [uuid(0), packet(0x10, &[0, 0]), packet(0x12, &[0, 0])].concat(),
                "rate",
            ),
            (b"GET / HTTP/1.1\r\n".repeat(6_000), "0x47"),
        ] {
            let fault = AudioSocket::new(Forked::Customer).binary(sent);
            let fault = fault.expect_err(part).to_string();
            assert!(fault.contains(part), "{fault}");
        }
        let steps = AudioSocket::new(Forked::Customer).binary(GOODBYE.to_vec());
        assert!(matches!(steps.as_deref(), Ok([Step::End])));
    }
}
