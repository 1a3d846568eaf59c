//! From a configuration to models that are ready to run.

use sidetone_models::asr::{self, LanguageModelOptions, Whisper, WhisperFiles, WhisperOptions};
use sidetone_models::emotion::{EmotionReader, FeatureExtractor, Head, HeadError};
use sidetone_models::lm::Trainer;
use sidetone_models::recogniser::Recogniser;
use sidetone_models::transcriber::Transcriber;
use sidetone_models::vad::{self, SecondOpinion, Silero, WebRtc};
use sidetone_types::vad::VoiceDetector;
use sidetone_weights::{Kind, ModelDir, ModelName, Progress, Store, WeightsError};
use tracing::{info, warn};

use crate::config::Config;
use crate::recognition::{Detectors, Models};

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
    /// The files of `recogniser.record_model` do not fit.
    #[error("cannot load the recogniser for the record: {0}")]
    Record(#[source] asr::LoadError),
    /// The voice detector's files do not fit.
    #[error("cannot load the voice detector: {0}")]
    Voice(#[from] vad::LoadError),
    /// The head that `recogniser.emotion_head` names cannot be used.
    #[error(transparent)]
    Moods(#[from] HeadError),
}

/// Loads the encoder of the recogniser that `config` names, to listen to moods with. Tells its
/// files as well.
pub fn feature_extractor(
    config: &Config,
    progress: &Progress,
) -> Result<(FeatureExtractor, ModelDir), LoadError> {
    let files = recogniser(&Store::from_env()?, config, progress)?;
    Ok((FeatureExtractor::new(whisper(&files, config)?), files))
}

/// Loads the network of the recogniser that `config` names, and nothing else.
pub fn network(config: &Config, progress: &Progress) -> Result<Whisper, LoadError> {
    let files = recogniser(&Store::from_env()?, config, progress)?;
    Ok(whisper(&files, config)?)
}

fn recogniser(store: &Store, config: &Config, progress: &Progress) -> Result<ModelDir, LoadError> {
    named(store, &config.recogniser.model, progress)
}

/// The files of the recogniser of this `name`.
fn named(store: &Store, name: &str, progress: &Progress) -> Result<ModelDir, LoadError> {
    Ok(store.ensure(&name.parse()?, Kind::Asr, progress)?)
}

fn whisper(recogniser: &ModelDir, config: &Config) -> Result<Whisper, asr::LoadError> {
    let files = WhisperFiles {
        weights: recogniser.weights(),
        config: recogniser.config(),
        tokenizer: recogniser.tokenizer(),
        generation: recogniser.generation(),
    };
    let options = WhisperOptions {
        precision: config.recogniser.precision,
        beam: config.recogniser.beam,
        language_model: language_model(config),
        ..WhisperOptions::default()
    };
    Whisper::load(&files, options)
}

/// What makes words of the trade likelier, where that is wanted.
fn language_model(config: &Config) -> Option<LanguageModelOptions> {
    let (file, weight) = (
        &config.recogniser.language_model,
        config.recogniser.language_model_weight,
    );
    (weight > 0.0).then(|| LanguageModelOptions {
        file: (!file.as_os_str().is_empty()).then(|| file.clone()),
        weight,
    })
}

/// A trainer of language models for the recogniser that `config` names.
pub fn trainer(config: &Config, progress: &Progress) -> Result<Trainer, LoadError> {
    let files = recogniser(&Store::from_env()?, config, progress)?;
    Ok(Trainer::load(&files.tokenizer(), &files.generation())?)
}

/// The models that `config` needs.
pub fn needed(config: &Config) -> Result<Vec<ModelName>, WeightsError> {
    let model = config.recogniser.model.as_str();
    let record = record_model(config).filter(|record| *record != model);
    let names = [model, VOICE_MODEL].into_iter().chain(record);
    names.map(str::parse).collect()
}

/// The model of second passes, if there are any and another one runs them.
fn record_model(config: &Config) -> Option<&str> {
    let model = config.recogniser.record_model.as_str();
    (config.call.second_pass.enabled && !model.is_empty()).then_some(model)
}

/// The models that `config` needs and `store` lacks.
pub fn missing(config: &Config, store: &Store) -> Result<Vec<ModelName>, WeightsError> {
    let installed = store
        .list()?
        .into_iter()
        .filter(|entry| entry.installed_bytes.is_some());
    let installed: Vec<ModelName> = installed.map(|entry| entry.name).collect();
    let mut missing = needed(config)?;
    missing.retain(|name| !installed.contains(name));
    Ok(missing)
}

/// Loads what `config` names, and fetches it first if it is not there.
pub fn models(config: &Config, progress: &Progress) -> Result<Models, LoadError> {
    let store = Store::from_env()?;
    let whisper = whisper(&recogniser(&store, config, progress)?, config)?;
    let whisper = match moods(config, &whisper)? {
        Some(reader) => whisper.with_emotion(reader),
        None => whisper,
    };
    let voice = store.ensure(&VOICE_MODEL.parse()?, Kind::Vad, progress)?;
    let silero = Silero::load(&voice.weights())?;
    let second_opinion = SecondOpinion::new(silero, config.voice.second_opinion.clone());
    let record = match record_model(config) {
        None => None,
        Some(name) => {
            let files = named(&store, name, progress)?;
            let whisper = self::whisper(&files, config).map_err(LoadError::Record)?;
            let recogniser = Recogniser::new(second_opinion.clone(), whisper);
            Some(Box::new(recogniser) as Box<dyn Transcriber>)
        }
    };
    let recogniser = Recogniser::new(second_opinion, whisper);
    let transcribers = (0..config.threads())
        .map(|_| Box::new(recogniser.another()) as Box<dyn Transcriber>)
        .collect();
    Ok(Models {
        transcribers,
        record,
        detectors: detectors(config),
        cost: None,
    })
}

/// What reads the moods of voices, where that is wanted.
fn moods(config: &Config, whisper: &Whisper) -> Result<Option<EmotionReader>, HeadError> {
    if !config.call.emotion.read {
        return Ok(None);
    }
    let (path, layout) = (&config.recogniser.emotion_head, whisper.voice_layout());
    let own = !path.as_os_str().is_empty();
    let (name, head) = match own {
        true => (path.display().to_string(), Head::load(path)?),
        false => ("that comes with the program".to_owned(), Head::shipped()),
    };
    let sources: Vec<String> = head.sources().iter().map(ToString::to_string).collect();
    match EmotionReader::new(&name, head, layout) {
        Ok(reader) => {
            match sources.is_empty() {
                true => warn!(head = name, "the head does not say what it was trained on"),
                false => info!(head = name, trained_on = sources.join(", "), "reads moods"),
            }
            Ok(Some(reader))
        }
        Err(error) if own => Err(error),
        // Whoever chose another recogniser has not chosen this head.
        Err(error) => {
            warn!("moods are not read: {error}");
            Ok(None)
        }
    }
}

/// The voice detectors `config` describes.
pub fn detectors(config: &Config) -> Detectors {
    let webrtc = config.voice.webrtc.clone();
    std::sync::Arc::new(move || Box::new(WebRtc::new(&webrtc)) as Box<dyn VoiceDetector>)
}
