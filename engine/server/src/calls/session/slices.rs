//! Cuts what comes over a stream into pieces that take little time each, in its order.

use std::time::Instant;

use sidetone_core::call::{Control, Piece};
use sidetone_core::describe::LegDescription;
use sidetone_types::event::EndReason;
use sidetone_types::id::LegId;
use sidetone_types::time::MediaTime;
use tokio::sync::mpsc::Receiver;

use crate::recognition::Place;

/// Bytes of a stream that are heard in one turn: 200 ms of G.711, 50 ms of L16 at 16 kHz. Others
/// get the thread in between, however much a message holds.
pub(super) const SLICE: usize = 1_600;

/// What comes over a stream, in its order.
pub enum StreamItem {
    /// A message of a leg's audio.
    Audio(Audio),
    /// What has become of a leg.
    Control(LegId, Option<MediaTime>, Control),
    /// A leg that is added, and the room that it takes.
    Leg(LegDescription, Place),
    /// The stream ended otherwise than by its end.
    End(EndReason),
}

/// A message of a leg's audio that came over a stream.
pub struct Audio {
    /// The leg's.
    pub leg: LegId,
    /// Where on the call's timeline it begins; where the last one ended, if not said.
    pub at: Option<MediaTime>,
    /// As the leg's format has it, cut anywhere.
    pub bytes: Vec<u8>,
}

/// A message on its way through.
pub(super) struct Message {
    audio: Audio,
    arrived: Instant,
    /// How much of it was heard.
    heard: usize,
}

impl Message {
    pub fn new(audio: Audio, arrived: Instant) -> Self {
        let heard = 0;
        Self {
            audio,
            arrived,
            heard,
        }
    }

    /// Whose it is, and its next `most` bytes.
    pub fn next(&mut self, most: usize) -> (LegId, Piece<'_>) {
        let (begin, bytes) = (self.heard, &self.audio.bytes);
        self.heard = bytes.len().min(begin + most);
        let piece = Piece {
            arrived: self.arrived,
            at: self.audio.at,
            message_bytes: bytes.len(),
            begins: begin == 0,
            bytes: &bytes[begin..self.heard],
        };
        (self.audio.leg, piece)
    }

    /// Whether all of it was heard.
    pub fn is_over(&self) -> bool {
        self.heard == self.audio.bytes.len()
    }
}

/// The next item of a stream; never, if the call does not come as one. `None` at its end.
pub(super) async fn next(stream: &mut Option<Receiver<StreamItem>>) -> Option<StreamItem> {
    match stream {
        Some(stream) => stream.recv().await,
        None => std::future::pending().await,
    }
}
