//! From a configuration to models that are ready to run.

use sidetone_core::vad::VoiceDetector;
use sidetone_models::asr::{self, Whisper, WhisperFiles, WhisperOptions};
use sidetone_models::emotion::Ear;
use sidetone_models::recogniser::Recogniser;
use sidetone_models::transcriber::Transcriber;
use sidetone_models::vad::{self, SecondOpinion, Silero, WebRtc};
use sidetone_models::weights::{Kind, Progress, Store, WeightsError};

use crate::config::Config;
use crate::recogniser::{Detectors, Models};

/// The voice detector that gives the second opinion.
const VOICE_MODEL: &str = "silero-vad";

/// The models cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Their files are missing, damaged or out of reach.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The recogniser's files do not fit.
    #[error("cannot load the recogniser: {0}")]
    Recogniser(#[from] asr::LoadError),
    /// The voice detector's files do not fit.
    #[error("cannot load the voice detector: {0}")]
    Voice(#[from] vad::LoadError),
}

/// Loads the encoder of the recogniser that `config` names, to listen to moods with.
pub fn ear(config: &Config, progress: &Progress) -> Result<Ear, LoadError> {
    Ok(Ear::new(whisper(&Store::from_env()?, config, progress)?))
}

fn whisper(store: &Store, config: &Config, progress: &Progress) -> Result<Whisper, LoadError> {
    let recogniser = store
        .ensure(&config.recogniser.model.parse()?, progress)?
        .require(Kind::Asr)?;
    let files = WhisperFiles {
        weights: recogniser.weights(),
        config: recogniser.config(),
        tokenizer: recogniser.tokenizer(),
        generation: recogniser.generation(),
    };
    let options = WhisperOptions {
        precision: config.recogniser.precision,
        beam: config.recogniser.beam,
        ..WhisperOptions::default()
    };
    Ok(Whisper::load(&files, options)?)
}

/// Loads what `config` names, and fetches it first if it is not there.
pub fn models(config: &Config, progress: &Progress) -> Result<Models, LoadError> {
    let store = Store::from_env()?;
    let whisper = whisper(&store, config, progress)?;
    let voice = store
        .ensure(&VOICE_MODEL.parse()?, progress)?
        .require(Kind::Vad)?;
    let silero = Silero::load(&voice.weights())?;
    let recogniser = Recogniser::new(
        SecondOpinion::new(silero, config.voice.second_opinion.clone()),
        whisper,
    );
    let transcribers = (0..config.threads())
        .map(|_| Box::new(recogniser.another()) as Box<dyn Transcriber>)
        .collect();
    Ok(Models {
        transcribers,
        detectors: detectors(config),
        cost: None,
    })
}

/// The voice detectors `config` describes.
pub fn detectors(config: &Config) -> Detectors {
    let webrtc = config.voice.webrtc.clone();
    std::sync::Arc::new(move || Box::new(WebRtc::new(&webrtc)) as Box<dyn VoiceDetector>)
}
