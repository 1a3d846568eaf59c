//! Sounds of the telephone that are no speech give no text.

use std::time::Instant;

use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone::offline::Listening;
use sidetone::recognition::Recogniser;
use sidetone::recognition::model_loader;
use sidetone_tests::signals::{NON_SPEECH, over_the_phone};
use sidetone_types::event::EventKind;
use sidetone_types::id::CallId;
use sidetone_types::party::Role;
use sidetone_weights::Progress;

/// Of each signal, wide band and over the telephone; `SIDETONE_TEST_SECONDS` asks for more.
const SECONDS: f32 = 10.0;

fn seconds() -> f32 {
    match std::env::var("SIDETONE_TEST_SECONDS") {
        Ok(seconds) => seconds.parse().expect("SIDETONE_TEST_SECONDS is a number"),
        Err(_) => SECONDS,
    }
}

#[test]
fn silence_tones_noise_and_hold_music_give_no_text() {
    let config = Config::default();
    let models = model_loader::models(&config, &Progress::lines(|line| eprintln!("{line}")))
        .expect("the weights can be had");
    let recogniser = Recogniser::start(&config, models);
    let offline = recogniser.offline();
    let how = Listening {
        languages: config.defaults.languages.clone(),
        vocabulary: [].into(),
        partials: false,
        mono: Role::Customer,
    };
    let began = Instant::now();
    let mut invented = Vec::new();
    for (name, signal) in NON_SPEECH {
        let wide = signal(seconds(), 7);
        for (band, sound) in [
            ("wide band", wide.clone()),
            ("telephone", over_the_phone(&wide)),
        ] {
            let recording = Recording {
                rate_hz: 16_000,
                channels: vec![sound],
            };
            offline
                .run(CallId::new(*name), &recording, &how, |event| {
                    if let EventKind::Final(done) = event.event.kind {
                        invented.push(format!("{name}, {band}: {}", done.text));
                    }
                })
                .expect("a sound description");
        }
    }
    eprintln!(
        "{} signals in {:.1} s",
        NON_SPEECH.len(),
        began.elapsed().as_secs_f32()
    );
    assert!(invented.is_empty(), "{invented:#?}");
}
