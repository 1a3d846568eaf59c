//! SIP over TCP: segments put in order, and cut into messages.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::link::Segment;
use super::sip;

/// A head is not longer: a stream whose message has no end of it is no SIP from there on.
const LONGEST_HEAD: usize = 64 * 1024;

/// A message, and when its first byte came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Timed {
    /// Since 1970.
    pub at: Duration,
    pub bytes: Vec<u8>,
}

/// The SIP messages of all connections. What is none is skipped.
pub fn messages(segments: &[Segment<'_>]) -> Vec<Timed> {
    let mut streams: BTreeMap<(SocketAddr, SocketAddr), Vec<&Segment<'_>>> = BTreeMap::new();
    for segment in segments {
        let stream = streams.entry((segment.from, segment.to)).or_default();
        stream.push(segment);
    }
    let mut messages = Vec::new();
    for stream in streams.values_mut() {
        // Nothing but SIP is put together.
        if stream.iter().any(|segment| sip::is_start(segment.bytes)) {
            in_order(stream, &mut messages);
        }
    }
    messages.sort_by_key(|message| message.at);
    messages
}

fn in_order(stream: &mut [&Segment<'_>], messages: &mut Vec<Timed>) {
    let first = stream[0].sequence;
    // A segment may be up to half of the numbers behind the first.
    stream.sort_by_key(|segment| segment.sequence.wrapping_sub(first) as i32);
    let mut open: Option<Open> = None;
    let mut next = stream[0].sequence;
    for segment in stream {
        let known = next.wrapping_sub(segment.sequence) as i32;
        let mut bytes = match known {
            // Something is missing.
            ..0 => {
                open = None;
                segment.bytes
            }
            known => match segment.bytes.get(known as usize..) {
                Some(new) => new,
                None => continue,
            },
        };
        next = segment.sequence.wrapping_add(segment.bytes.len() as u32);
        if let Some(mut message) = open.take() {
            match message.goes_on(bytes) {
                Some(rest) => {
                    messages.push(message.0);
                    bytes = rest;
                }
                None if message.is_none() => return,
                None => {
                    open = Some(message);
                    continue;
                }
            }
        }
        // Keep-alives are empty lines, and a connection may have begun before the capture.
        while sip::is_start(bytes) {
            let whole = sip::length(bytes);
            match whole.and_then(|length| bytes.split_at_checked(length)) {
                Some((message, rest)) => {
                    messages.push(Timed {
                        at: segment.at,
                        bytes: message.to_vec(),
                    });
                    bytes = rest;
                }
                None => {
                    let message = Timed {
                        at: segment.at,
                        bytes: bytes.to_vec(),
                    };
                    open = Some(Open(message, whole));
                    break;
                }
            }
        }
    }
    // Its end was not captured.
    messages.extend(open.map(|open| open.0));
}

/// A message that lasts beyond its first segment, and how long it is once its head is there.
struct Open(Timed, Option<usize>);

impl Open {
    /// Takes what comes next of it: gives what follows it, once it is whole. What was searched
    /// before is not searched again.
    fn goes_on<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let Self(message, whole) = self;
        let held = message.bytes.len();
        message.bytes.extend_from_slice(bytes);
        if whole.is_none() && sip::ends_head(&message.bytes, held) {
            *whole = sip::length(&message.bytes);
        }
        let length = whole.filter(|length| *length <= message.bytes.len())?;
        message.bytes.truncate(length);
        Some(&bytes[length.saturating_sub(held)..])
    }

    fn is_none(&self) -> bool {
        self.1.is_none() && self.0.bytes.len() > LONGEST_HEAD
    }
}
