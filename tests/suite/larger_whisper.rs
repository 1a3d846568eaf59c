//! Checkpoints laid out as the largest ones are: 128 mel bands, a language more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_models::asr::{
    Begun, LanguageModelOptions, LoadError, RejectionConfig, Whisper, WhisperFiles, WhisperOptions,
};
use sidetone_models::transcriber::Ticket;
use sidetone_tests::kit::write_tiny_whisper;
use sidetone_types::lang::{ChineseScript, Lang};
use sidetone_types::recognise::{Effort, Hypothesis, Job, Phrase, Purpose, Vocabulary};
use sidetone_weights::{ModelDir, Progress, Store};
use tempfile::TempDir;

/// One of so many mel bands, brought in from a folder.
fn imported(bands: usize) -> (TempDir, ModelDir) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let folder = dir.path().join("tiny-v3");
    std::fs::create_dir(&folder).expect("writable");
    write_tiny_whisper(&folder, bands);
    let store = Store::at(dir.path().join("models"));
    let silent = Progress::lines(|_| ());
    let model = store.import(&folder, None, &silent).expect("a whole model");
    store.open(model.name()).expect("and sound");
    (dir, model)
}

fn load(model: &ModelDir) -> Result<Whisper, LoadError> {
    let files = WhisperFiles {
        weights: model.weights(),
        config: model.config(),
        tokenizer: model.tokenizer(),
        generation: model.generation(),
    };
    let options = WhisperOptions {
        // It writes nonsense, which is not to be dropped here.
        rejection: RejectionConfig {
            no_speech: 1.1,
            other_language: 1.1,
            least_likely: f32::NEG_INFINITY,
            ..RejectionConfig::default()
        },
        language_model: Some(LanguageModelOptions {
            file: None,
            weight: 0.3,
        }),
        ..WhisperOptions::default()
    };
    Whisper::load(&files, options)
}

/// What it hears in a rising tone.
fn hear(whisper: &mut Whisper, purpose: Purpose, languages: &[Lang]) -> Hypothesis {
    let tone = (0..40_000).map(|i| {
        let t = i as f32 / 16_000.0;
        0.3 * (6.3 * (200.0 + 300.0 * t) * t).sin()
    });
    let phrase = Phrase {
        text: "Northwind".into(),
        boost: 1.5,
    };
    let job = Job {
        purpose,
        due: Instant::now() + Duration::from_secs(600),
        audio: tone.collect(),
        languages: languages.into(),
        script: ChineseScript::Simplified,
        confirmed: None,
        expected: None,
        before: None,
        left_context: None,
        kept: None,
        vocabulary: Vocabulary {
            shared: Arc::new([phrase]),
            ..Vocabulary::default()
        },
        voice: None,
    };
    let begun = whisper.begin(Ticket(1), job, Effort::Full);
    let Begun::Underway(underway) = begun.expect("a sound job") else {
        panic!("it is loud enough");
    };
    let mut group = vec![*underway];
    loop {
        if let Some((_, answer)) = whisper.go_on(&mut group).pop() {
            return answer.expect("it is recognised");
        }
    }
}

#[test]
fn a_whisper_of_128_bands_and_100_languages_is_imported_loaded_and_hears() {
    for bands in [80, 128] {
        let (_dir, model) = imported(bands);
        let mut whisper = load(&model).expect("it loads");
        assert!(whisper.knows(Lang::EN) && whisper.knows(Lang::ZH));
        for purpose in [Purpose::First, Purpose::Final, Purpose::Record] {
            let heard = hear(&mut whisper, purpose, &[Lang::EN]);
            assert!(
                !heard.words.is_empty(),
                "{bands} bands, {purpose:?}: {heard:?}"
            );
            assert_eq!(heard.lang, Lang::EN);
        }
        // Which one it finds is up to its weights.
        let either = [Lang::EN, Lang::ZH];
        let heard = hear(&mut whisper, Purpose::Record, &either);
        assert!(either.contains(&heard.lang), "{bands} bands");
    }
}

#[test]
fn another_number_of_bands_is_refused_with_that_number() {
    let (_dir, model) = imported(96);
    let error = load(&model).expect_err("there is none").to_string();
    assert_eq!(error, "96 mel bands, not 80 or 128");
}
