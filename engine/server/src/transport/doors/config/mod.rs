//! Where media servers connect that speak protocols of their own.

mod folder;
mod plain_rtp;
mod rtpengine;
mod siprec;

pub use folder::FolderConfig;
pub use plain_rtp::{LinePorts, PlainRtpConfig};
pub use rtpengine::RtpEngineConfig;
pub use siprec::SiprecConfig;

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_doors::{FieldNames, Forked};

/// Doors for media servers that speak protocols of their own. Each is closed until it is told where
/// to listen. There is no login yet: whoever reaches a door may open calls.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoorsConfig {
    /// Sound over WebSocket: FreeSWITCH, jambonz, Asterisk, Twilio and its likes, Genesys.
    pub websocket: WebSocketConfig,
    /// Sound over Asterisk's AudioSocket.
    pub audio_socket: AudioSocketConfig,
    /// Sound of calls that an rtpengine carries.
    pub rtpengine: RtpEngineConfig,
    /// Calls that session border controllers and PBXs record over SIP.
    pub siprec: SiprecConfig,
    /// RTP to ports that are always the same, from senders that say nothing else.
    pub rtp: PlainRtpConfig,
    /// A folder in which recordings appear.
    pub folder: FolderConfig,
    /// What media servers call what is known of a call.
    pub fields: FieldNames,
    /// For how long a call waits for its connection once that has broken, if its media server has said
    /// an id or `join`: one that says the same goes on with it. At 0 the call ends with it.
    #[schemars(range(min = 0, max = 60_000))]
    pub resume_within_ms: u32,
}

impl Default for DoorsConfig {
    fn default() -> Self {
        Self {
            websocket: WebSocketConfig::default(),
            audio_socket: AudioSocketConfig::default(),
            rtpengine: RtpEngineConfig::default(),
            siprec: SiprecConfig::default(),
            rtp: PlainRtpConfig::default(),
            folder: FolderConfig::default(),
            fields: FieldNames::default(),
            resume_within_ms: 10_000,
        }
    }
}

/// Sound over WebSocket: `/freeswitch`, `/jambonz`, `/asterisk`, `/twilio`, `/signalwire`, `/telnyx`,
/// `/plivo`, `/exotel`, `/genesys`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSocketConfig {
    /// Address and port, such as `10.0.0.5:7610`; empty means that the door is closed.
    pub listen: String,
    /// Whether TLS is spoken here as well (`wss://`) where `server.tls.certificate` names a certificate.
    /// False is for media servers that cannot: off this machine it needs `server.plain_text`.
    pub tls: bool,
    /// Whose channel a media server forks. The field `forked` says it for one connection, as
    /// `?forked=agent` in its address for instance. Genesys says itself who is heard.
    pub forked: Forked,
}

impl Default for WebSocketConfig {
    fn default() -> Self {
        Self {
            listen: String::new(),
            tls: true,
            forked: Forked::default(),
        }
    }
}

/// Asterisk's AudioSocket: a TCP connection for each channel.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AudioSocketConfig {
    /// Address and port, such as `10.0.0.5:7611`; empty means that the door is closed.
    pub listen: String,
    /// Whose channel it is where the UUID does not say.
    pub forked: Forked,
    /// Whether two connections whose UUIDs differ in nothing but their last digit are one call: `0`
    /// is the customer's side, `1` the agent's.
    pub pairs: bool,
}

impl DoorsConfig {
    /// The setting of each door that listens for connections, and where it is told to listen; a
    /// closed one is told nothing.
    pub fn listening(&self) -> [(&'static str, &str); 4] {
        [
            ("doors.websocket.listen", self.websocket.listen.trim()),
            ("doors.audio_socket.listen", self.audio_socket.listen.trim()),
            ("doors.siprec.listen", self.siprec.listen.trim()),
            ("doors.siprec.tls_listen", self.siprec.tls_listen.trim()),
        ]
    }

    /// Whether others than this machine are told, by a door that has no other sound, where to send RTP.
    pub fn tell_others(&self) -> bool {
        let [.., (_, sip), (_, sips)] = self.listening();
        let speak = [self.rtpengine.control.trim(), sip, sips].into_iter();
        let mut speak = speak.filter_map(|address| address.parse::<SocketAddr>().ok());
        speak.any(|address| !address.ip().is_loopback())
    }
}
