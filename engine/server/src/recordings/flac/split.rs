//! Bytes to frames. A frame does not say how long it is: it ends where the next one begins and its checksum
//! holds.

use sidetone_vault::Plain;

use super::header::{Header, Parsed, SYNC, crc16, parse};

/// Takes frames out of their bytes, from the first one on.
#[derive(Default)]
pub(in crate::recordings) struct Splitter {
    bytes: Plain,
    /// Up to there, no frame begins behind the first.
    looked: usize,
    number: u32,
}

impl Splitter {
    /// Takes bytes, in their order.
    pub fn push(&mut self, bytes: &[u8]) {
        // A copy that moves would stay behind in clear.
        let mut grown = Plain::of(Vec::with_capacity(self.bytes.len() + bytes.len()));
        grown.as_mut_vec().extend_from_slice(&self.bytes);
        grown.as_mut_vec().extend_from_slice(bytes);
        self.bytes = grown;
    }

    /// The next frame that another one follows. `None` if more bytes are needed.
    pub fn next_frame(&mut self) -> Option<(Header, Plain)> {
        let Parsed::Header(header) = parse(&self.bytes) else {
            return None;
        };
        if header.number != self.number {
            return None;
        }
        let mut at = self.looked.max(header.length);
        while at < self.bytes.len() {
            match parse(&self.bytes[at..]) {
                Parsed::Header(next)
                    if next.number == header.number + 1 && crc16(&self.bytes[..at]) == 0 =>
                {
                    return Some((header, self.take(at)));
                }
                Parsed::Short => break,
                _ => at += 1,
            }
        }
        self.looked = at;
        None
    }

    /// The last frame, once there are no more bytes. `None` if there is none, and if it is not whole.
    pub fn last_frame(&mut self) -> Option<(Header, Plain)> {
        match parse(&self.bytes) {
            Parsed::Header(header) if header.number == self.number && crc16(&self.bytes) == 0 => {
                Some((header, self.take(self.bytes.len())))
            }
            _ => None,
        }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn take(&mut self, end: usize) -> Plain {
        let frame = Plain::of(self.bytes[..end].to_vec());
        self.bytes = Plain::of(self.bytes[end..].to_vec());
        self.looked = 0;
        self.number += 1;
        frame
    }
}

/// Where the last whole frame ends in bytes that begin anywhere, and what it says of itself. A frame is whole
/// if another one begins behind it, or, where the bytes `end` with a frame, if its checksum holds there.
pub(in crate::recordings) fn last_whole(bytes: &[u8], end: bool) -> Option<(usize, Header)> {
    let starts =
        (0..bytes.len().saturating_sub(SYNC.len())).filter_map(|at| match parse(&bytes[at..]) {
            Parsed::Header(header) => Some((at, header)),
            _ => None,
        });
    let starts: Vec<(usize, Header)> = starts.collect();
    let whole = |to: usize, next: Option<u32>| {
        let before = starts.iter().rev().filter(|(at, _)| *at < to);
        let mut fitting = before.filter(|(at, header)| {
            next.is_none_or(|next| header.number + 1 == next) && crc16(&bytes[*at..to]) == 0
        });
        fitting.next().map(|(_, header)| (to, *header))
    };
    if end && let Some(found) = whole(bytes.len(), None) {
        return Some(found);
    }
    let mut ends = starts.iter().rev();
    ends.find_map(|(at, header)| whole(*at, Some(header.number)))
}
