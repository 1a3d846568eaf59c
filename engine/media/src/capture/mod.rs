//! Captures of a network (pcap, pcapng) as calls: what tcpdump or a media server wrote, in; who was
//! heard, on which packets, out.
//!
//! A frame's way: `file` finds it, `link` takes the headers off down to UDP and TCP, `tcp` puts what
//! was sent over TCP together, `sip` reads the messages that describe calls, `dialogs` which
//! addresses are whose, and `calls` gives each packet to a voice. Where no SIP message names an
//! address, `calls` finds RTP by how it looks.

mod calls;
mod dialogs;
mod file;
mod link;
mod sip;
mod tcp;
pub mod write;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::rtp::{Payload, PayloadMap};

/// What a capture holds.
#[derive(Clone, Debug)]
pub struct Capture<'a> {
    /// The calls that are heard, the oldest first.
    pub calls: Vec<CapturedCall<'a>>,
    /// What else there is.
    pub counts: Counts,
}

/// A call of a capture.
#[derive(Clone, Debug)]
pub struct CapturedCall<'a> {
    /// What SIP messages say of it, if there are any.
    pub described: Option<Described>,
    /// Its first packet of sound, since 1970.
    pub began: Duration,
    /// Who is heard: one or two.
    pub voices: Vec<Voice>,
    /// Its packets in the order in which they were captured.
    pub arrivals: Vec<Arrival<'a>>,
    /// Packets that carry the same voice on another path, as before and behind a proxy, and are
    /// left out.
    pub copies: u64,
}

/// What SIP messages say of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Described {
    /// Call-ID.
    pub id: String,
    /// Who called: the user part of From, or of P-Asserted-Identity where From hides it.
    pub caller: String,
    /// Who was called: the user part of To.
    pub callee: String,
}

/// Who of a call is heard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sender {
    /// Who called; where nobody says so, who was heard first.
    Caller,
    /// Who was called.
    Callee,
}

/// One voice of a call.
#[derive(Clone, Debug)]
pub struct Voice {
    /// Whose.
    pub sender: Sender,
    /// Where its first packet came from.
    pub from: SocketAddr,
    /// What its payload types mean.
    pub payloads: PayloadMap,
    /// How many packets there are of each payload type.
    pub packets: BTreeMap<u8, u64>,
    /// What SDP calls payload types that cannot be decoded.
    pub undecodable: BTreeMap<u8, String>,
}

/// A packet of a voice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arrival<'a> {
    /// When, since the call began.
    pub at: Duration,
    /// Whose: an index into the voices.
    pub voice: usize,
    /// Who sent it.
    pub from: SocketAddr,
    /// As it came.
    pub bytes: Cow<'a, [u8]>,
}

/// What a capture holds beside calls that are heard, for messages.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Frames in the file.
    pub frames: u64,
    /// Frames on links of a kind that is not read, by its number.
    pub unknown_links: BTreeMap<i32, u64>,
    /// Frames of which less was written than was sent.
    pub cut: u64,
    /// UDP datagrams that are whole.
    pub datagrams: u64,
    /// SIP messages.
    pub sip: u64,
    /// Calls that SIP messages describe.
    pub described: u64,
    /// Those of them whose sound is encrypted.
    pub encrypted: u64,
    /// RTP packets of sound that nobody can be given, one-way streams of a few packets for instance.
    pub strays: u64,
    /// The file ends within a frame.
    pub ends_early: bool,
}

/// Why a file gives no calls.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CaptureError {
    /// It is something else.
    #[error(
        "is no capture of a network; pcap and pcapng files are, as tcpdump and Wireshark write them"
    )]
    NotACapture,
    /// It has its head alone.
    #[error("holds no frames")]
    Empty,
    /// Frames are of links that are not read.
    #[error(
        "is of a link of type {0}; Ethernet, Linux cooked, raw IP and loopback are read: capture on \
         such an interface, or convert it with `editcap -T ether`"
    )]
    Link(i32),
}

/// Reads a capture that is in memory. `named` says what payload types mean that no SDP describes.
pub fn read<'a>(bytes: &'a [u8], named: &[(u8, Payload)]) -> Result<Capture<'a>, CaptureError> {
    let file = file::read(bytes)?;
    let mut counts = Counts {
        frames: file.frames.len() as u64,
        ends_early: file.ends_early,
        ..Counts::default()
    };
    let (datagrams, segments) = link::packets(&file.frames, &mut counts);
    let links: Vec<(&i32, &u64)> = counts.unknown_links.iter().collect();
    match links[..] {
        _ if counts.frames == 0 => return Err(CaptureError::Empty),
        [(&link, &frames), ..] if datagrams.is_empty() && frames > 0 && segments.is_empty() => {
            return Err(CaptureError::Link(link));
        }
        _ => {}
    }
    let (messages, media) = dialogs::messages(datagrams, &segments);
    counts.sip = messages.len() as u64;
    let dialogs = dialogs::dialogs(messages);
    counts.described = dialogs.len() as u64;
    let calls = calls::calls(&dialogs, media, named, &mut counts);
    Ok(Capture { calls, counts })
}

impl CapturedCall<'_> {
    /// From its first packet of sound to its last.
    pub fn duration(&self) -> Duration {
        self.arrivals.last().map_or(Duration::ZERO, |last| last.at)
    }
}
