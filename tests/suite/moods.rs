//! The mood of voices, from sound to alert and summary.

use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone_media::audio::{Codec, decode, encode};
use sidetone_models::emotion::Head;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Script, connect, engine_that_reads_moods, get, leg, play, read_moods, recording,
    scripted_to_hear, stream, stream_leg, two_legs,
};
use sidetone_types::emotion::Baseline;
use sidetone_weights::Progress;

/// How long nobody speaks between two lines, in samples at 8 kHz: an utterance ends.
const PAUSE: usize = 8_000;

/// Has the script's lines said one after the other, by the customer and the agent in turns, and
/// gives all events.
async fn conversation(script: Script, lines: usize, reads_moods: bool) -> Vec<v1::CallEvent> {
    let sounds: Vec<Vec<f32>> = (0..lines).map(|line| script.sound(line)).collect();
    let mut config = Config::default();
    if reads_moods {
        read_moods(&mut config);
    }
    let engine = scripted_to_hear(script, config).await;
    let leg_of = |role| stream_leg(role, v1::AudioEncoding::Mulaw);
    let config = v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig {
            languages: vec!["en".to_owned()],
            ..Default::default()
        }),
        legs: vec![leg_of(Agent), leg_of(Customer)],
        interim_results: false,
        ..Default::default()
    };
    let mut requests = vec![Request::Config(config)];
    for (line, sound) in sounds.into_iter().enumerate() {
        let speaks = if line % 2 == 0 { Customer } else { Agent };
        let mut said = sound;
        said.resize(said.len() + PAUSE, 0.0);
        for piece in said.chunks(160) {
            for role in [Agent, Customer] {
                let heard = if role == speaks {
                    piece.to_vec()
                } else {
                    vec![0.0; piece.len()]
                };
                requests.push(Request::Audio(v1::AudioFrame {
                    role: role.into(),
                    content: encode(Codec::Pcmu, &heard),
                    ..Default::default()
                }));
            }
        }
    }
    let events = stream(connect(engine.address()).await, requests).await;
    engine.stop().await.expect("stopped");
    events
}

fn emotions(events: &[v1::CallEvent]) -> Vec<(&v1::CallEvent, &v1::Emotion)> {
    let event = events.iter().filter_map(|event| match &event.detail {
        Some(Detail::Emotion(emotion)) => Some((event, emotion)),
        _ => None,
    });
    event.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_gets_angry_is_seen_by_rules_and_in_the_summary_and_the_agent_is_left_alone()
{
    let lines = [
        "good morning I have a question about it",
        "of course I am happy to help you",
        "this is the third time that it has happened",
        "I see that here and I am sorry",
        "you said so before and nothing has been done",
        "let me have a look at what there is",
        "no I do not want to wait any more now",
        "I do understand that very well",
        "so what are you going to do about it then",
    ];
    let events = conversation(Script::of(&lines).angry(&[2, 4, 6, 8]), lines.len(), true).await;
    let read = emotions(&events);
    assert!(read.iter().all(|(event, _)| event.role() == Customer));
    let moods: Vec<&str> = read
        .iter()
        .map(|(_, emotion)| emotion.mood.as_str())
        .collect();
    assert_eq!(moods, ["neutral", "anger", "anger", "anger", "anger"]);
    let strain: Vec<f32> = read.iter().map(|(_, emotion)| emotion.strain).collect();
    assert!(
        strain.is_sorted() && strain[0] < 0.1 && strain[4] > 0.5,
        "{strain:?}"
    );

    let raised = |rule: &str| {
        events.iter().find_map(|event| match &event.detail {
            Some(Detail::AlertRaised(alert)) if alert.rule == rule => Some((event, alert)),
            _ => None,
        })
    };
    // The first one says that it has happened before, so that voice and words come together.
    let (event, alert) = raised("angry voice").expect("they are strained");
    let beyond = |(_, emotion): &&(_, &v1::Emotion)| emotion.strain > 0.35;
    let first = read.iter().find(beyond).expect("they are strained").0;
    assert_eq!(
        (event.start_ms, event.end_ms),
        (first.start_ms, first.end_ms)
    );
    assert!(alert.why.contains("sounded angry"), "{}", alert.why);

    let summary = events.iter().find_map(|event| match &event.detail {
        Some(Detail::Summary(summary)) => Some(summary),
        _ => None,
    });
    let summary = summary.expect("told");
    assert_eq!(summary.mood.len(), read.len());
    assert!(
        summary.text.contains("customer strained between"),
        "{}",
        summary.text
    );
    assert_eq!(raised("rising strain").is_some(), summary.urgent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calm_call_has_moods_and_no_alerts_about_them() {
    let lines = [
        "good morning I have a question about it",
        "of course please go ahead",
        "when will it be here then",
    ];
    let events = conversation(Script::of(&lines), lines.len(), true).await;
    assert_eq!(emotions(&events).len(), 2);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event.detail, Some(Detail::AlertRaised(_))))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_mood_is_read_by_default_and_words_alone_tell_of_strain() {
    let lines = [
        "good morning I have a question about it",
        "of course I am happy to help you",
        "this is ridiculous and unacceptable",
        "I see that here and I am sorry",
        "my number is five",
    ];
    let script = Script::of(&lines).angry(&[0, 2, 4]);
    let events = conversation(script, lines.len(), false).await;
    let told = emotions(&events);
    assert_eq!(told.len(), 2, "from the first sign on: {told:?}");
    for (event, emotion) in &told {
        assert_eq!(event.role(), Customer);
        assert_eq!((&emotion.moods, emotion.mood.as_str()), (&None, ""));
    }
    let strain: Vec<f32> = told.iter().map(|(_, emotion)| emotion.strain).collect();
    assert!(strain[0] > 0.35 && strain[1] < strain[0], "{strain:?}");
    let alerts = events.iter().filter_map(|event| match &event.detail {
        Some(Detail::AlertRaised(alert)) => Some(alert.rule.as_str()),
        _ => None,
    });
    assert!(alerts.into_iter().all(|rule| rule != "angry voice"));
    let summary = events.iter().find_map(|event| match &event.detail {
        Some(Detail::Summary(summary)) => Some(summary),
        _ => None,
    });
    let summary = summary.expect("told");
    assert!(summary.mood.iter().all(|point| point.mood.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_is_told_how_customers_are_told_that_their_mood_is_read() {
    for (reads_moods, told) in [
        (false, "\"mood_notice\":null"),
        (true, "\"mood_notice\":\"Announced before each call\""),
    ] {
        let mut config = Config::default();
        if reads_moods {
            read_moods(&mut config);
        }
        let engine = scripted_to_hear(Script::default(), config).await;
        let me = get(engine.address(), "/v1/me", usize::MAX).await;
        assert!(me.contains(told), "{me}");
        engine.stop().await.expect("stopped");
    }
}

/// As `sidetone emotion eval` hears a recording.
fn evaluated(recording: &Recording) -> [f32; 5] {
    let samples = &recording.channels[0];
    let telephone = Recording {
        rate_hz: recording.rate_hz,
        channels: vec![decode(Codec::Pcmu, &encode(Codec::Pcmu, samples))],
    };
    let heard = telephone.at_rate(16_000).channels.swap_remove(0);
    let (extractor, _) = sidetone::recognition::model_loader::feature_extractor(
        &Config::default(),
        &Progress::lines(|line| eprintln!("{line}")),
    )
    .expect("the weights are there");
    let voices = sidetone::samples::voices(&heard);
    let inputs = extractor.extract(&heard, voices).expect("heard");
    let impression = Head::shipped()
        .impression(&inputs)
        .expect("of this recogniser");
    Baseline::default().read(&impression).moods
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_reads_the_same_in_a_call_and_in_a_recording() {
    let client = engine_that_reads_moods().await;
    // The customer's first utterance, with silence around it.
    for (name, lang, from_s, until_s) in [("en-billing-dispute", "en", 6.0, 12.5)] {
        let call = recording(name);
        let said = leg(&call, 1, from_s, until_s);
        let alone = Recording {
            rate_hz: call.rate_hz,
            channels: vec![vec![0.0; said.len()], said.clone()],
        };
        let config = v1::CallConfig {
            languages: vec![lang.to_owned()],
            ..Default::default()
        };
        let request = v1::OpenCallRequest {
            interim_results: Some(false),
            ..two_legs(config)
        };
        let ended = |detail: &Detail| matches!(detail, Detail::CallEnded(_));
        let events = play(client.clone(), request, &alone, f32::MAX, ended).await;
        let read = emotions(&events);
        let [(_, emotion)] = read[..] else {
            panic!("one utterance: {read:?}");
        };
        let moods = emotion.moods.expect("told");
        let live = [
            moods.neutral,
            moods.anger,
            moods.sadness,
            moods.happiness,
            moods.other,
        ];
        let recording = Recording {
            rate_hz: call.rate_hz,
            channels: vec![said],
        };
        let offline = tokio::task::spawn_blocking(move || evaluated(&recording)).await;
        for (live, offline) in live.iter().zip(offline.expect("read")) {
            assert!((live - offline).abs() < 1e-3, "{live} and {offline}");
        }
    }
}
