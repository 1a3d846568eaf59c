//! Models, the threads that run them, and what is known of what that costs.

use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_core::call::CallConfig;
use sidetone_core::effort::EffortPolicy;
use sidetone_models::asr::Precision;
use sidetone_models::transcriber::Transcriber;
use sidetone_types::vad::VoiceDetector;
use sidetone_weights::Progress;

use super::model_loader::{self, LoadError};
use super::{Admission, Inference};
use crate::config::Config;
use crate::telemetry::Metrics;

/// The recogniser.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecogniserConfig {
    /// A name of `sidetone models list`, or `hf:` and a repository.
    pub model: String,
    /// Hears again for the record, in place of `model`, what `call.second_pass` joins: a larger one,
    /// named like it. Empty means `model`. It takes its own memory and a thread of its own beside
    /// `threads`, at a lower priority (on Linux), so that live words never wait for it. What it does
    /// not hear in time (`call.second_pass.due_ms`) keeps its live words.
    pub record_model: String,
    /// Inference threads; 0 means one for each core.
    #[schemars(range(min = 0, max = 1_024), extend("unit" = "threads"))]
    pub threads: usize,
    /// How the network is kept and run.
    pub precision: Precision,
    /// Hypotheses that compete to become an utterance's text (beam width). 1 takes a fifth off the
    /// cost and hears a little worse.
    #[schemars(range(min = 1, max = 16), extend("unit" = "hypotheses"))]
    pub beam: usize,
    /// Which words follow which in this trade: a file of `sidetone adapt`; empty means the model of
    /// customer service that comes with the program. Languages written without spaces are heard
    /// without it; Mandarin by how common its words are.
    pub language_model: PathBuf,
    /// How much of the language model's opinion counts beside what was heard, and half as much that
    /// of Mandarin's dictionary. 0 turns both off; with more than 0.5 they write what is usual, not
    /// what was said.
    #[schemars(range(min = 0.0, max = 1.0), extend("unit" = "in log probability"))]
    pub language_model_weight: f32,
    /// Utterances that each thread works on at a time. More share the cost of reading the network's
    /// weights, and slow each other down.
    #[schemars(range(min = 1, max = 64), extend("unit" = "utterances"))]
    pub side_by_side: usize,
    /// Whether recognition takes less care under load, so that words come in time.
    pub effort: EffortPolicy,
    /// Reads the emotions of voices: a file of `sidetone emotion train`; empty means the one that
    /// comes with the program, which fits whisper-base and tells anger from the rest. Voices are read
    /// only where `call.emotion.read` is on; what the head was trained on, and on what terms, is told
    /// then.
    pub emotion_head: PathBuf,
}

impl RecogniserConfig {
    /// The model that runs second passes.
    pub fn record(&self) -> &str {
        match self.record_model.as_str() {
            "" => &self.model,
            model => model,
        }
    }

    /// The models it names, each with its key.
    pub fn models(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let record = ("recogniser.record_model", self.record_model.as_str());
        let record = Some(record).filter(|(_, model)| !model.is_empty());
        [("recogniser.model", self.model.as_str())]
            .into_iter()
            .chain(record)
    }
}

impl Default for RecogniserConfig {
    fn default() -> Self {
        Self {
            model: "whisper-base".to_owned(),
            record_model: String::new(),
            threads: 0,
            precision: Precision::default(),
            beam: 5,
            language_model: PathBuf::new(),
            language_model_weight: 0.3,
            side_by_side: 6,
            effort: EffortPolicy::default(),
            emotion_head: PathBuf::new(),
        }
    }
}

/// Makes the voice detector of one leg.
pub type Detectors = Arc<dyn Fn() -> Box<dyn VoiceDetector> + Send + Sync>;

/// The models to recognise with.
pub struct Models {
    /// One per inference thread.
    pub transcribers: Vec<Box<dyn Transcriber>>,
    /// Runs second passes, if those do not.
    pub record: Option<Box<dyn Transcriber>>,
    /// One per leg.
    pub detectors: Detectors,
    /// Busy seconds that a second of audio costs, if that is known before anything is measured.
    pub cost: Option<f64>,
}

/// Models and the threads that run them.
pub struct Recogniser {
    pub(crate) inference: Inference,
    pub(crate) detectors: Detectors,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) call: CallConfig,
    /// What recognition turns out to cost.
    pub admission: Arc<Admission>,
    /// How many live jobs run at once.
    pub threads: usize,
}

impl Recogniser {
    /// Starts a thread for each of the `models`' transcribers, and one for that of second passes.
    pub fn start(config: &Config, models: Models) -> Self {
        let threads = models.transcribers.len();
        let metrics = Arc::new(Metrics::default());
        let admission = Arc::new(Admission::new(&config.capacity, threads, models.cost));
        Self {
            inference: Inference::start(
                models.transcribers,
                models.record,
                config.recogniser.side_by_side,
                config.recogniser.effort,
                (metrics.clone(), admission.clone()),
            ),
            detectors: models.detectors,
            metrics,
            call: config.call.clone(),
            admission,
            threads,
        }
    }

    /// The same with what `config` names, which is fetched first if it is not there yet.
    pub fn load(config: &Config, progress: &Progress) -> Result<Self, LoadError> {
        Ok(Self::start(config, model_loader::models(config, progress)?))
    }
}
