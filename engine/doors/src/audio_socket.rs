//! Asterisk AudioSocket: a TCP connection for each channel, of packets with a kind, a length (big
//! endian) and that many bytes. The first one is a UUID; sound is 16 bits, little endian.
//!
//! Where connections come in pairs, two whose UUIDs differ in nothing but their last digit are one
//! call: `0` is the customer's side, `1` the agent's.
//!
//! Source: Asterisk's documentation of AudioSocket, and `res_audiosocket.c` for its kinds.

use sidetone_media::audio::StreamFormat;
use sidetone_types::event::EventRecord;
use sidetone_types::party::Role;

use crate::{
    Channel, Dialect, Fault, Fields, Forked, Opening, Step, linear16, pressed, whole_samples,
};

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

/// What a packet tells the other side to end with.
pub const GOODBYE: [u8; 3] = [HANGUP, 0, 0];

/// One connection.
pub struct AudioSocket {
    forked: Forked,
    /// Whether two connections may be one call.
    pairs: bool,
    /// Bytes that are no whole packet yet: at most one, of 64 KiB.
    waiting: Vec<u8>,
    uuid: Option<String>,
    /// The kind that sound has come as, once the call is open.
    kind: Option<u8>,
}

impl AudioSocket {
    /// A connection. It is the side of `forked`, unless connections come in `pairs` and its UUID
    /// says whose it is.
    pub const fn new(forked: Forked, pairs: bool) -> Self {
        Self {
            forked,
            pairs,
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
                let key = str::from_utf8(payload).ok().filter(|_| self.kind.is_some());
                steps.extend(pressed(0, key));
            }
            _ => self.sound(kind, payload, steps)?,
        }
        Ok(())
    }

    fn sound(&mut self, kind: u8, payload: &[u8], steps: &mut Vec<Step>) -> Result<(), Fault> {
        let rate = SOUNDS.iter().find(|(known, _)| *known == kind);
        let format = rate.and_then(|(_, hz)| linear16(*hz));
        let format =
            format.ok_or_else(|| Fault::format(&format!("kind {kind:#04x}"), WHICH_KIND))?;
        whole_samples(payload, 2)?;
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

    fn opening(&self, uuid: &str, format: StreamFormat) -> Opening {
        let (call, last) = uuid.split_at(uuid.len() - 1);
        let (role, joined_by) = match last {
            "0" if self.pairs => (Role::Customer, Some(format!("{call}0"))),
            "1" if self.pairs => (Role::Agent, Some(format!("{call}0"))),
            _ => (self.forked.speaks(), None),
        };
        let mut fields = Fields::default();
        let call = joined_by.as_deref().unwrap_or(uuid);
        fields.set("uuid", call.to_owned());
        Opening {
            joined_by,
            ..Opening::alone(fields, vec![Channel { role, format }])
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
    use sidetone_core::call::Control;

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
        let pair = Some("40325ec2-5efd-4bd3-805f-53576e581d10");
        for (pairs, last, role, call) in [
            (true, 0x10, Role::Customer, pair),
            (true, 0x11, Role::Agent, pair),
            (true, 0x1a, Role::Customer, None),
            (false, 0x11, Role::Customer, None),
        ] {
            let sent = [uuid(last), packet(0x12, &[1, 2, 3, 4]), packet(DTMF, b"5")].concat();
            for cut in 1..sent.len() {
                let mut socket = AudioSocket::new(Forked::Customer, pairs);
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
                assert_eq!(opening.roles(), [role]);
                assert_eq!(
                    opening.channels[0].format,
                    linear16(16_000).expect("served")
                );
                assert_eq!(opening.joined_by.as_deref(), call);
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
            let fault = AudioSocket::new(Forked::Customer, true).binary(sent);
            let fault = fault.expect_err(part).to_string();
            assert!(fault.contains(part), "{fault}");
        }
        let steps = AudioSocket::new(Forked::Customer, true).binary(GOODBYE.to_vec());
        assert!(matches!(steps.as_deref(), Ok([Step::End])));
    }
}
