//! The engine's configuration: one tree, read from a file and then the environment, checked once.
//!
//! | file | its one reason to exist |
//! |---|---|
//! | `mod` | [`Config`] gathers the sections, which stand beside their parts |
//! | `keys` | each key's meaning, unit, bounds and default, taken from the structs |
//! | `read` | file and environment to [`Draft`], with every fault on the way |
//! | `values` | what can be said of the values alone |
//! | `start` | what `serve` would trip over on this machine |
//! | `listeners` | that no two listen at one address |
//! | `plain_text` | that nobody else is listened to without TLS unless that is wanted |
//! | `print` | the keys written down for people |
//! | `problem` | what a fault says |

#[cfg(test)]
mod documented;
mod keys;
mod listeners;
mod plain_text;
mod print;
mod problem;
mod read;
mod start;
mod values;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_core::call::CallConfig;
use sidetone_core::capacity::CapacityConfig;
use sidetone_models::vad::{SecondOpinionConfig, WebRtcConfig};
use sidetone_types::lang::{Lang, LanguageTag};

pub use self::print::reference;
pub use self::problem::{ConfigError, Origin, Problem};
pub use self::read::Draft;
pub use crate::access::{AccessConfig, AuditConfig};
pub use crate::board::BoardConfig;
pub use crate::crm::CrmConfig;
pub use crate::event_bus::EventsConfig;
pub use crate::ingest::MediaConfig;
pub use crate::knowledge::KnowledgeConfig;
pub use crate::recognition::RecogniserConfig;
pub use crate::recordings::RecordingConfig;
pub use crate::storage::StoreConfig;
pub use crate::telemetry::LogConfig;
pub use crate::tls::{ClientCertificates, TlsConfig};
pub use crate::transport::{
    AudioSocketConfig, DoorsConfig, FolderConfig, PlainRtpConfig, RtpEngineConfig, WebSocketConfig,
};

/// Everything that can be set. Every key has a default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where gRPC, REST and metrics are served, and how many calls at once.
    pub server: ServerConfig,
    /// Who is let in.
    pub access: AccessConfig,
    /// What is written down of who asks for what.
    pub audit: AuditConfig,
    /// Where RTP comes in.
    pub media: MediaConfig,
    /// Where media servers connect that speak protocols of their own.
    pub doors: DoorsConfig,
    /// How many calls are let in.
    pub capacity: CapacityConfig,
    /// How one call is listened to, and when it is given up.
    pub call: CallConfig,
    /// What is taken for voice.
    pub voice: VoiceConfig,
    /// The recogniser.
    pub recogniser: RecogniserConfig,
    /// What agents are helped by.
    pub knowledge: KnowledgeConfig,
    /// Where calls are kept.
    pub store: StoreConfig,
    /// Which calls are recorded.
    pub recording: RecordingConfig,
    /// The system that tickets and tasks are written to.
    pub crm: CrmConfig,
    /// The stream of events.
    pub events: EventsConfig,
    /// The operations board: how often it looks, and whom it tells that a threshold is passed.
    pub board: BoardConfig,
    /// What holds for a call that does not say.
    pub defaults: Defaults,
    /// What the engine writes about itself.
    pub log: LogConfig,
}

/// gRPC, REST and metrics.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port of gRPC, gRPC-Web, SSE, REST, `/metrics` and `/healthz`: all are served on
    /// one.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Whether others than this machine may connect in plain text, here and at the WebSocket door:
    /// whoever is on the way reads what is said, and may change it. For a network of your own, and for
    /// a proxy in front that ends TLS. Without it, an address that others reach needs `[server.tls]`.
    pub plain_text: bool,
    /// Calls at once, however many more are measured to fit; more are refused. 0 leaves it to
    /// `capacity`.
    #[schemars(range(min = 0, max = 5_000), extend("unit" = "calls"))]
    pub max_calls: usize,
    /// Connections at once, over gRPC and HTTP; more are closed. Each browser with a desk takes
    /// one. At most as many as the system's limit of open files has room for.
    #[schemars(range(min = 16, max = 1_000_000), extend("unit" = "connections"))]
    pub max_connections: usize,
    /// Pages that may show the desk in a frame, such as your CRM's, by their origins (`https://crm.example.org`). They tell the desk what to show, and are told
    /// of calls. Empty: none may.
    pub embed_origins: Vec<String>,
    /// Readers of events at once; more are refused.
    #[schemars(range(min = 1, max = 1_000_000), extend("unit" = "readers"))]
    pub max_subscribers: usize,
    /// After SIGTERM the process ends within this time. New calls are refused, and live ones may go
    /// on until the last 10 s of it (the last half, if that is less), in which they are hung up and
    /// their last words written. A second SIGTERM, or SIGINT, hangs up at once.
    #[schemars(range(min = 100, max = 7_200_000))]
    pub drain_ms: u32,
    /// TLS here, at the WebSocket door, and at the TLS port of SIPREC unless that has a certificate of
    /// its own. The three files are looked at every five seconds: connections that come after a change
    /// get what they say then, and those that are there go on.
    pub tls: TlsConfig,
}

/// No engine takes on more calls than this: at two legs each, so many need all even ports there
/// are.
pub const MOST_CALLS: usize = 5_000;

/// What is taken for voice.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceConfig {
    /// The detector that cuts calls into utterances, frame by frame.
    pub webrtc: WebRtcConfig,
    /// The detector that judges a whole utterance once more before it is recognised.
    pub second_opinion: SecondOpinionConfig,
}

/// What holds for a call that does not say.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Defaults {
    /// Languages that may be spoken, as tags: `en`, `en-GB`, `zh`, `zh-TW`.
    #[schemars(with = "Vec<String>")]
    pub languages: Vec<LanguageTag>,
    /// Where the call centre is, by its IANA name (`Europe/Dublin`): "Thursday" counts from its
    /// clock. Empty means the machine's own.
    pub time_zone: String,
    /// The country of phone numbers without a country code (ISO 3166: `US`, `IE`, `CN`).
    pub region: String,
    /// Whose public holidays are no working days, by the name of a calendar: a country (ISO 3166:
    /// `CN`, `US`, `GB`, the members of the European Union) or a part of one (`GB-SCT`, `GB-NIR`).
    /// Empty means that Monday to Friday are worked all year, and nobody can tell which day "after the
    /// holiday" is. Make-up working days of China are known for the years in which they were decreed
    /// when the program was built; `knowledge.calendars` adds others.
    pub holidays: String,
    /// How much a phrase of a call's vocabulary is favoured (a hotword) if the call does not say.
    #[schemars(range(min = 0.0, max = 20.0), extend("unit" = "in log probability"))]
    pub boost: f32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7600)),
            plain_text: false,
            max_calls: 0,
            max_connections: 4_096,
            embed_origins: Vec::new(),
            max_subscribers: 2_000,
            drain_ms: 20_000,
            tls: TlsConfig::default(),
        }
    }
}

impl Default for Defaults {
    fn default() -> Self {
        let tag = |lang| LanguageTag {
            lang,
            script: Default::default(),
        };
        Self {
            languages: vec![tag(Lang::EN), tag(Lang::ZH)],
            time_zone: String::new(),
            region: "US".to_owned(),
            holidays: String::new(),
            boost: 1.5,
        }
    }
}

impl Config {
    /// Reads `file`, if there is one, and then the variables of `environment`, and checks the
    /// values. What lies on this machine is checked by [`Draft::check_start`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with all that is wrong at once.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Draft::read(file, environment)?.finish()
    }

    /// Inference threads to start.
    pub fn threads(&self) -> usize {
        match self.recogniser.threads {
            0 => cores(),
            threads => threads,
        }
    }

    /// Calls to let in at once at most.
    pub fn max_calls(&self) -> usize {
        match self.server.max_calls {
            0 => MOST_CALLS,
            calls => calls.min(MOST_CALLS),
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
