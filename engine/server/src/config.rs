//! The engine's configuration: one tree, read from a file and then the environment, checked once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sidetone_core::call::CallConfig;
use sidetone_core::capacity::CapacityConfig;
use sidetone_core::effort::EffortPolicy;
use sidetone_core::lang::{Lang, LanguageTag};
use sidetone_models::asr::Precision;
use sidetone_models::vad::{SecondOpinionConfig, WebRtcConfig};

use crate::crm::CrmConfig;
use crate::storage::StoreConfig;

/// Everything that can be set. Every key has a default.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// gRPC, REST and metrics.
    pub server: ServerConfig,
    /// Where RTP comes in.
    pub media: MediaConfig,
    /// How many calls are let in.
    pub capacity: CapacityConfig,
    /// How calls are listened to.
    pub call: CallConfig,
    /// What is taken for voice.
    pub voice: VoiceConfig,
    /// The recogniser.
    pub recogniser: RecogniserConfig,
    /// What the engine knows.
    pub knowledge: KnowledgeConfig,
    /// Where calls are kept.
    pub store: StoreConfig,
    /// Whom summaries are written to.
    pub crm: CrmConfig,
    /// The stream of events.
    pub events: EventsConfig,
    /// What a call is taken for where it does not say.
    pub defaults: Defaults,
    /// What is written about the engine itself.
    pub log: LogConfig,
}

/// gRPC, REST and metrics.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// gRPC, gRPC-Web, SSE, REST, `/metrics` and `/healthz`, all on this one address.
    pub listen: SocketAddr,
    /// Calls at once, however many more are measured to fit; more are refused. 0 leaves it to
    /// [`capacity`](Config::capacity).
    pub max_calls: usize,
    /// Connections at once, over gRPC and HTTP; more are closed. Each desk takes one. As many as the
    /// system's limit of open files has room for, at most.
    pub max_connections: usize,
    /// Readers of events at once; more are refused.
    pub max_subscribers: usize,
    /// After SIGTERM, calls get this long to end and their last words to be told.
    pub drain_ms: u32,
}

/// No engine takes on more calls than this: it has ports for so many of two legs.
pub const MOST_CALLS: usize = 5_000;

/// Where RTP comes in.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Address that sockets are bound to.
    pub bind: IpAddr,
    /// Host that media servers are told to send to; `bind` if empty. Needed behind NAT, or if `bind` is
    /// 0.0.0.0.
    pub advertise: String,
    /// First UDP port. Even ports carry RTP; the odd ones above them stay free for RTCP.
    pub port_min: u16,
    /// Last UDP port.
    pub port_max: u16,
    /// Kernel buffer per socket. More survives longer stalls of the engine.
    pub receive_buffer_bytes: usize,
}

/// What is taken for voice.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceConfig {
    /// Frame by frame, as it comes.
    pub webrtc: WebRtcConfig,
    /// Over a whole utterance, before it is recognised.
    pub second_opinion: SecondOpinionConfig,
}

/// The recogniser.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecogniserConfig {
    /// A name of `sidetone models list`, or `hf:` and a repository.
    pub model: String,
    /// Inference threads; 0 means one per core.
    pub threads: usize,
    /// How the network is kept and run: `int8`, or `f32`, which takes several times as long and hears no better.
    pub precision: Precision,
    /// Texts that compete to be an utterance's last word. 1 takes a fifth off the cost and hears a little worse.
    pub beam: usize,
    /// Utterances that each thread works on at a time. More share the cost of reading the network's weights, and slow
    /// each other down.
    pub side_by_side: usize,
    /// `adaptive` takes less care where others wait; `full` never does, so that words do not depend on the load and come
    /// late under it.
    pub effort: EffortPolicy,
    /// Reads the moods of voices: a file of `sidetone emotion train`; empty means the one that comes with the program, which
    /// fits whisper-base. Whose voices are read stands in `call.emotion`.
    pub emotion_head: PathBuf,
}

/// More texts than this compete for nothing: the best is among the first few.
const WIDEST_BEAM: usize = 16;

/// What the engine knows.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnowledgeConfig {
    /// Folder of articles (`*.md`); empty means the samples that come with the program.
    pub articles: PathBuf,
    /// Folder of rules (`*.toml`); empty means the samples that come with the program.
    pub rules: PathBuf,
    /// Folder of word lists (`en/negation.toml`) that take the place of some that come with the program; empty means all of
    /// those. Read when the engine starts.
    pub lexicon: PathBuf,
    /// How much their phrases, and the names of products, are favoured where a call may mean them; 0 listens for none.
    pub boost: f32,
}

/// The stream of events.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsConfig {
    /// How many are kept for readers that fall behind or come back. About 1 kB each; ten calls tell some 13 a second.
    pub keep: usize,
}

/// What a call is taken for where it does not say.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Defaults {
    /// Languages that may be spoken.
    pub languages: Vec<LanguageTag>,
    /// Where the call centre is, by its IANA name (`Europe/Dublin`): "Thursday" counts from its clock.
    /// Empty means the machine's own.
    pub time_zone: String,
    /// The country of phone numbers without one (ISO 3166).
    pub region: String,
    /// How much a phrase of the vocabulary is favoured if it does not say.
    pub boost: f32,
}

/// What is written about the engine itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Which messages: `info`, `sidetone=debug`; see tracing's `EnvFilter`.
    pub filter: String,
    /// One JSON object per line instead of text.
    pub json: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7600)),
            max_calls: 0,
            max_connections: 4_096,
            max_subscribers: 2_000,
            drain_ms: 20_000,
        }
    }
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            bind: Ipv4Addr::LOCALHOST.into(),
            advertise: String::new(),
            port_min: 40_000,
            port_max: 49_999,
            receive_buffer_bytes: 256 * 1024,
        }
    }
}

impl Default for RecogniserConfig {
    fn default() -> Self {
        Self {
            model: "whisper-base".to_owned(),
            threads: 0,
            precision: Precision::default(),
            beam: 5,
            side_by_side: 6,
            effort: EffortPolicy::default(),
            emotion_head: PathBuf::new(),
        }
    }
}

impl Default for EventsConfig {
    fn default() -> Self {
        Self { keep: 5_000 }
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
            boost: 1.5,
        }
    }
}

impl Default for KnowledgeConfig {
    fn default() -> Self {
        Self {
            articles: PathBuf::new(),
            rules: PathBuf::new(),
            lexicon: PathBuf::new(),
            boost: 1.5,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            json: false,
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that is not understood. The message names key, line and column.
    #[error("{path}: {message}")]
    File {
        /// Which file.
        path: String,
        /// What and where.
        message: String,
    },
    /// A variable of the environment says something that is not understood.
    #[error("environment variable {variable}: {message}")]
    Environment {
        /// Which variable.
        variable: String,
        /// What is wrong with it.
        message: String,
    },
    /// A value is out of bounds.
    #[error("`{key}` {problem}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Variables of the environment that set a key begin like this: `SIDETONE__SERVER__LISTEN` for
/// `server.listen`.
const ENV_PREFIX: &str = "SIDETONE__";

impl Config {
    /// Reads `file`, if there is one, and then the variables of `environment`.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                path: path.to_owned(),
                source,
            })?,
            None => String::new(),
        };
        let name = file.map_or_else(String::new, |path| path.display().to_string());
        let mut config: Self = toml::from_str(&text).map_err(|error| ConfigError::File {
            path: name,
            message: error.to_string().trim_end().to_owned(),
        })?;
        for (variable, value) in environment {
            if let Some(path) = variable.strip_prefix(ENV_PREFIX) {
                config = config
                    .with(path, &value)
                    .map_err(|message| ConfigError::Environment {
                        variable: variable.clone(),
                        message,
                    })?;
            }
        }
        config.check()?;
        Ok(config)
    }

    /// Sets one key. `path` is in upper case, its parts are joined by `__`.
    fn with(&self, path: &str, value: &str) -> Result<Self, String> {
        let mut tree = toml::Table::try_from(self).map_err(|error| error.to_string())?;
        let keys: Vec<String> = path.split("__").map(str::to_lowercase).collect();
        let (last, parents) = keys.split_last().ok_or("names no key")?;
        let mut table = &mut tree;
        for key in parents {
            table = table
                .get_mut(key)
                .and_then(toml::Value::as_table_mut)
                .ok_or(format!("no section `{key}`"))?;
        }
        // A bare word is a string; what reads as TOML is that: 5, true, ["en", "zh"].
        let parsed = format!("value = {value}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut t| t.remove("value"));
        table.insert(
            last.clone(),
            parsed.unwrap_or_else(|| toml::Value::String(value.to_owned())),
        );
        tree.try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let problem = |key, problem: &str| {
            Err(ConfigError::Value {
                key,
                problem: problem.to_owned(),
            })
        };
        let segment = &self.call.segment;
        if self.media.port_min > self.media.port_max {
            return problem("media.port_min", "is above `media.port_max`");
        }
        if segment.hard_max_ms > 28_000 || segment.hard_max_ms < 2_000 {
            return problem("call.segment.hard_max_ms", "is not between 2000 and 28000");
        }
        if segment.post_roll_ms < 20 || segment.post_roll_ms > segment.end_silence_ms {
            return problem(
                "call.segment.post_roll_ms",
                "is not between 20 and `call.segment.end_silence_ms`",
            );
        }
        if segment.pause_ms < segment.post_roll_ms || segment.pause_ms > segment.end_silence_ms {
            return problem(
                "call.segment.pause_ms",
                "is not between `call.segment.post_roll_ms` and `call.segment.end_silence_ms`",
            );
        }
        let capacity = &self.capacity;
        if !(1..=100).contains(&capacity.busy_percent) {
            return problem("capacity.busy_percent", "is not between 1 and 100");
        }
        if !(1..=100).contains(&capacity.talk_percent) {
            return problem("capacity.talk_percent", "is not between 1 and 100");
        }
        if !(100..=1_000).contains(&capacity.widest_percent) {
            return problem("capacity.widest_percent", "is not between 100 and 1000");
        }
        if self.defaults.languages.is_empty() {
            return problem("defaults.languages", "is empty; name at least one");
        }
        if !(1..=WIDEST_BEAM).contains(&self.recogniser.beam) {
            return problem("recogniser.beam", "is not between 1 and 16");
        }
        if self.recogniser.side_by_side == 0 {
            return problem(
                "recogniser.side_by_side",
                "is 0; at least one utterance has to go on",
            );
        }
        let retry = &self.crm.retry;
        if retry.first_ms == 0 || retry.first_ms > retry.longest_ms {
            return problem(
                "crm.retry.first_ms",
                "is not between 1 and `crm.retry.longest_ms`",
            );
        }
        if self.events.keep == 0 {
            return problem("events.keep", "is 0; subscribers would see nothing");
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("sidetone.toml");
        std::fs::write(&path, text).expect("writable");
        let environment = environment
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()));
        Config::load(Some(&path), environment).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_is_the_defaults_and_they_are_in_order() {
        let config = load("", &[]).expect("the defaults");
        assert_eq!(config.server.listen.port(), 7600);
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line() {
        let error =
            load("[server]\nmax_calls = 3\n\n[media]\nport_mim = 1\n", &[]).expect_err("misspelt");
        assert!(
            error.contains("port_mim") && error.contains("line 5"),
            "{error}"
        );
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = load(
            "[server]\nmax_calls = 3\n",
            &[
                ("SIDETONE__SERVER__MAX_CALLS", "5"),
                ("SIDETONE__SERVER__LISTEN", "0.0.0.0:1234"),
                ("SIDETONE__DEFAULTS__LANGUAGES", "[\"zh\"]"),
                ("SIDETONE__CALL__SEGMENT__END_SILENCE_MS", "700"),
                ("SIDETONE_MODELS", "/elsewhere"),
            ],
        )
        .expect("understood");
        assert_eq!(config.server.max_calls, 5);
        assert_eq!(config.server.listen.port(), 1234);
        assert_eq!(config.defaults.languages.len(), 1);
        assert_eq!(config.call.segment.end_silence_ms, 700);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (text, variable, expected) in [
            (
                "[media]\nport_min = 9\nport_max = 8\n",
                None,
                "media.port_min",
            ),
            ("[defaults]\nlanguages = [\"klingon\"]\n", None, "klingon"),
            ("[call.segment]\nhard_max_ms = 60000\n", None, "hard_max_ms"),
            ("[capacity]\nbusy_percent = 0\n", None, "busy_percent"),
            ("[capacity]\ntalk_percent = 150\n", None, "talk_percent"),
            ("[capacity]\nwidest_percent = 50\n", None, "widest_percent"),
            ("", Some(("SIDETONE__SERVER__MAX_CALS", "5")), "max_cals"),
            ("", Some(("SIDETONE__SERVE__MAX_CALLS", "5")), "`serve`"),
        ] {
            let environment: Vec<_> = variable.into_iter().collect();
            let error = load(text, &environment).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
    }
}
