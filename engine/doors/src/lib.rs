//! What media servers say over protocols of their own, and what it means to a call.
//!
//! A [`Dialect`] is one connection's side of such a protocol: messages are handed in, and [`Step`]s
//! come out. No sockets, clocks or tasks are in here, so that a test can be anybody's media server.
//!
//! | module | whose protocol |
//! |---|---|
//! | [`frames`] | FreeSWITCH `mod_audio_fork` and `mod_audio_stream`, jambonz `listen` |
//! | [`media_streams`] | Twilio Media Streams and its likes |
//! | [`audiohook`] | Genesys AudioHook |
//! | [`chan_websocket`] | Asterisk `chan_websocket` |
//! | [`audio_socket`] | Asterisk AudioSocket, over TCP |
//! | [`rtpengine`] | rtpengine's control protocol; no [`Dialect`], since it is we who ask |
//! | [`siprec`] | SIPREC; no [`Dialect`], since SIP is spoken by a library |
//! | [`line`](mod@line) | nobody's: RTP to ports that are always the same |

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tests take a first moment from the clock and count from there"
    )
)]

pub mod audio_socket;
pub mod audiohook;
pub mod chan_websocket;
mod fields;
pub mod frames;
mod in_order;
pub mod line;
pub mod media_streams;
mod opening;
pub mod rtpengine;
pub mod sdp;
pub mod siprec;

pub use fields::{FieldNames, Fields};
pub use opening::{Channel, Continued, Forked, Found, Heard, Opening};

use std::time::Duration;

use sidetone_core::call::Control;
use sidetone_core::describe::{MAX_METADATA, MAX_METADATA_KEYS};
use sidetone_media::audio::{SampleRate, StreamFormat};
use sidetone_types::event::EventRecord;
use sidetone_types::time::MediaTime;

/// What a message of a media server means to its call.
#[derive(Debug)]
pub enum Step {
    /// The call begins. Comes once, before any other but replies.
    Open(Opening),
    /// The next sound of a channel of the opening, by its place there.
    Audio {
        /// Which channel.
        channel: usize,
        /// Where on the connection's timeline it begins; where the last one ended, if not said.
        at: Option<MediaTime>,
        /// As the channel's format has it, in whole samples.
        bytes: Vec<u8>,
    },
    /// A channel that the opening did not have, behind those that are there.
    Channel(Channel),
    /// What has become of a channel; of all of them, if none is named.
    Control(Option<usize>, Control),
    /// More is known of the call than when it began.
    Fields(Fields),
    /// The media server has left sound out, and goes on there on the connection's timeline.
    Skipped(MediaTime),
    /// To be sent to the media server.
    Reply(String),
    /// The media server goes, and comes back over another connection.
    Away,
    /// The media server has said all. It still hears the last words where the protocol has a place
    /// for them.
    End,
}

/// One connection's side of a protocol.
pub trait Dialect: Send {
    /// Takes a text message.
    ///
    /// # Errors
    ///
    /// [`Fault`] for one that cannot be taken. The connection ends with it.
    fn text(&mut self, text: &str) -> Result<Vec<Step>, Fault>;

    /// Takes a binary message.
    ///
    /// # Errors
    ///
    /// As [`Dialect::text`].
    fn binary(&mut self, bytes: Vec<u8>) -> Result<Vec<Step>, Fault>;

    /// What the media server is told of an event of its call, `json` of which subscribers get.
    fn told(&mut self, event: &EventRecord, json: &str) -> Option<String>;

    /// The number of the last message that was made for the media server, where it says which ones it
    /// has got.
    fn number(&self) -> u64 {
        0
    }

    /// What stands at `own` on the connection's timeline, and what comes after it, stands at `at` on
    /// the call's and after that.
    fn placed(&mut self, _own: MediaTime, _at: MediaTime) {}

    /// Whether it takes words between its [`Step::End`] and [`Dialect::closed`].
    fn hears_last_words(&self) -> bool {
        false
    }

    /// What it is told once nothing more is to come after its [`Step::End`] or [`Step::Away`].
    fn closed(&mut self) -> Option<String> {
        None
    }

    /// What it is told before the connection ends first on our side: because the call is over, or
    /// for another reason. Where it is told something, it answers with what means [`Step::End`].
    fn farewell(&mut self, _why: Option<&str>) -> Option<String> {
        None
    }
}

/// What a media server did wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Text that is no JSON, or not what the protocol has at that place.
    #[error("a text message cannot be read: {0}")]
    Text(String),
    /// A message that the protocol does not have at that place.
    #[error("{0}")]
    Order(&'static str),
    /// The sound is coded in a way that is not served.
    #[error("sound as `{0}` is not served; send {1}")]
    Format(String, &'static str),
    /// It is not said how the sound is coded.
    #[error("it is not said how the sound is coded; send {0}")]
    Unsaid(&'static str),
    /// More is said of the call than it keeps.
    #[error(
        "the metadata is too much; at most {MAX_METADATA_KEYS} names and {MAX_METADATA} bytes are kept"
    )]
    Much,
    /// A message ends in the middle of a sample.
    #[error("a message of {bytes} bytes ends within a sample; one of all channels takes {whole}")]
    HalfSample {
        /// How long it is.
        bytes: usize,
        /// Bytes of a sample of all channels.
        whole: usize,
    },
}

impl Fault {
    /// Sound that is not served: how it is coded, and what to send.
    fn format(told: &str, send: &'static str) -> Self {
        match told {
            "" => Self::Unsaid(send),
            told => Self::Format(told.chars().take(LONGEST_TOLD).collect(), send),
        }
    }
}

/// Of what a media server said, so many characters are repeated to it.
const LONGEST_TOLD: usize = 80;

/// Refuses what ends within a sample, of `whole` bytes for all channels.
fn whole_samples(bytes: &[u8], whole: usize) -> Result<(), Fault> {
    match bytes.len().is_multiple_of(whole) {
        true => Ok(()),
        false => Err(Fault::HalfSample {
            bytes: bytes.len(),
            whole,
        }),
    }
}

/// A key that was pressed for a moment: protocols do not say for how long.
fn pressed(channel: usize, key: Option<&str>) -> Vec<Step> {
    let duration = Duration::from_millis(100);
    let key = key.and_then(Control::key);
    let control = key.map(|key| Control::Dtmf { key, duration });
    let step = control.map(|control| Step::Control(Some(channel), control));
    step.into_iter().collect()
}

/// L16 of so many samples a second, if that is served.
fn linear16(hz: u32) -> Option<StreamFormat> {
    let served = SampleRate::STREAMED_HZ.contains(&hz);
    served.then(|| StreamFormat::Linear16(SampleRate::from_hz(hz)))
}

/// A text message as JSON.
fn json(text: &str) -> Result<serde_json::Value, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Text(error.to_string()))
}
