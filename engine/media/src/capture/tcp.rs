//! SIP over TCP: segments put in order, and cut into messages.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::link::Segment;
use super::sip;

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
    let mut open: Option<Timed> = None;
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
        while !bytes.is_empty() {
            let message = match &mut open {
                Some(message) => message,
                None if sip::is_start(bytes) => open.insert(Timed {
                    at: segment.at,
                    bytes: Vec::new(),
                }),
                // Keep-alives are empty lines, and a connection may have begun before the capture.
                None => break,
            };
            let held = message.bytes.len();
            message.bytes.extend_from_slice(bytes);
            match sip::length(&message.bytes) {
                Some(length) if length <= message.bytes.len() => {
                    message.bytes.truncate(length);
                    bytes = &bytes[length.saturating_sub(held)..];
                    messages.extend(open.take());
                }
                _ => break,
            }
        }
    }
    // Its end was not captured.
    messages.extend(open);
}
