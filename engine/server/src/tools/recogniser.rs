//! The recogniser as the tools use it: without an engine around it.

use std::sync::Arc;

use sidetone::admission::Admission;
use sidetone::config::Config;
use sidetone::engine::Detectors;
use sidetone::infer::Inference;
use sidetone::load;
use sidetone::offline::Offline;
use sidetone::telemetry::Metrics;
use sidetone_core::call::CallConfig;
use sidetone_models::weights::Progress;

/// Loaded models and the threads that run them.
pub struct Recogniser {
    inference: Inference,
    detectors: Detectors,
    call: CallConfig,
    /// What recognition turns out to cost.
    pub admission: Arc<Admission>,
    /// How many jobs run at once.
    pub threads: usize,
}

impl Recogniser {
    /// Loads what `config` names, and fetches it first if it is not there yet.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        let models = load::models(config, &Progress::stderr())?;
        let threads = models.transcribers.len();
        let side_by_side = config.recogniser.side_by_side;
        let metrics = Arc::new(Metrics::default());
        let admission = Arc::new(Admission::new(config, threads, models.cost));
        metrics.teach(admission.clone(), config.max_calls());
        Ok(Self {
            inference: Inference::start(models.transcribers, side_by_side, metrics),
            detectors: models.detectors,
            call: config.call.clone(),
            admission,
            threads,
        })
    }

    /// A way to run recordings through it.
    pub fn offline(&self) -> Offline<'_> {
        Offline::new(&self.inference, self.detectors.clone(), self.call.clone())
    }
}
