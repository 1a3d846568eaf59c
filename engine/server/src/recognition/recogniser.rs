//! Models, the threads that run them, and what is known of what that costs.

use std::sync::Arc;

use sidetone_core::call::CallConfig;
use sidetone_core::vad::VoiceDetector;
use sidetone_models::transcriber::Transcriber;
use sidetone_weights::Progress;

use super::model_loader::{self, LoadError};
use super::{Admission, Inference};
use crate::config::Config;
use crate::telemetry::Metrics;

/// Makes the voice detector of one leg.
pub type Detectors = Arc<dyn Fn() -> Box<dyn VoiceDetector> + Send + Sync>;

/// The models to recognise with.
pub struct Models {
    /// One per inference thread.
    pub transcribers: Vec<Box<dyn Transcriber>>,
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
    /// How many jobs run at once.
    pub threads: usize,
}

impl Recogniser {
    /// Starts a thread for each of the `models`' transcribers.
    pub fn start(config: &Config, models: Models) -> Self {
        let threads = models.transcribers.len();
        let metrics = Arc::new(Metrics::default());
        let admission = Arc::new(Admission::new(&config.capacity, threads, models.cost));
        Self {
            inference: Inference::start(
                models.transcribers,
                config.recogniser.side_by_side,
                config.recogniser.effort,
                metrics.clone(),
                admission.clone(),
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
