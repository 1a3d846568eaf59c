//! Second passes that a model of their own runs.

use std::sync::mpsc::channel;
use std::time::Duration;

use sidetone::config::Config;
use sidetone_media::audio::{Codec, encode};
use sidetone_models::transcriber::OneByOne;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{connect, scripted_with_record, spoken, stream, stream_leg};
use sidetone_types::lang::Lang;
use sidetone_types::recognise::{Hypothesis, Job, Purpose, Rejection, Word};

/// Samples of a second.
const SECOND: usize = 8_000;
/// Between two utterances: longer than an utterance waits for more, whenever its text is known.
const PAUSE: usize = SECOND * 2;
/// For what is sure to come, so that a test without it fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A call of so many utterances, a second each. What the pauses between them cut is heard again.
fn call(utterances: usize) -> Vec<Request> {
    let tone = (0..SECOND).map(|i| 0.3 * (i as f32 * 0.35).sin());
    let utterance: Vec<f32> = tone.chain([0.0; PAUSE]).collect();
    let sound = utterance.repeat(utterances);
    let config = v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig {
            languages: vec!["en".to_owned()],
            ..Default::default()
        }),
        legs: vec![stream_leg(v1::Role::Customer, v1::AudioEncoding::Mulaw)],
        interim_results: false,
        ..Default::default()
    };
    let frames = sound.chunks(SECOND / 10).map(|piece| {
        Request::Audio(v1::AudioFrame {
            role: v1::Role::Customer.into(),
            content: encode(Codec::Pcmu, piece),
            ..Default::default()
        })
    });
    std::iter::once(Request::Config(config))
        .chain(frames)
        .collect()
}

/// Hears a word for each 400 ms, other ones than the script that hears live.
fn hear_again(job: &Job) -> Hypothesis {
    let words = (0..job.audio.len() as u32 / 6_400).map(|i| Word {
        text: format!(" v{i}"),
        start: Duration::from_millis(400) * i,
        end: Duration::from_millis(400) * (i + 1),
        confidence: 0.9,
        tokens: vec![i],
    });
    Hypothesis {
        words: words.collect(),
        confidence: 0.9,
        rejected: None,
        ..Hypothesis::silence(Lang::EN, Rejection::Empty)
    }
}

/// The words for the record, in order.
fn revised(events: &[v1::CallEvent]) -> Vec<String> {
    let revised = events.iter().filter_map(|event| match &event.detail {
        Some(Detail::Revised(revised)) => revised.transcript.as_ref(),
        _ => None,
    });
    let text = revised.map(|transcript| transcript.alternatives[0].spoken.clone());
    text.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_hears_again_for_the_record_and_no_live_word_waits_for_it() {
    let (tell, begun) = channel();
    let (go_on, wait) = channel::<()>();
    let record = OneByOne::new(move |job: &Job| {
        let _ = tell.send(job.purpose);
        let _ = wait.recv();
        Ok(hear_again(job))
    });
    let mut config = Config::default();
    config.call.second_pass.due_ms = 60_000;
    let engine = scripted_with_record(Box::new(record), config).await;
    let client = connect(engine.address()).await;

    let first = tokio::spawn(stream(client.clone(), call(2)));
    let begun = tokio::task::spawn_blocking(move || begun.recv_timeout(PATIENCE)).await;
    let purpose = begun.expect("it does not panic").expect("it is asked");
    assert_eq!(purpose, Purpose::Record);

    // The first call's second pass goes on, and this one's words are there all the same.
    let events = stream(client.clone(), call(1)).await;
    let live = spoken(&events);
    let live = &live[&v1::Role::Customer];
    assert!(live.len() == 1 && live[0].starts_with("wa"), "{live:?}");
    assert_eq!(revised(&events), [""; 0], "nothing was cut");

    drop(go_on);
    let events = first.await.expect("it is served");
    let live = spoken(&events);
    let live = &live[&v1::Role::Customer];
    assert!(live.iter().all(|words| words.starts_with('w')), "{live:?}");
    let revised = revised(&events);
    assert!(
        revised.len() == 2 && revised.iter().all(|words| words.starts_with('v')),
        "{revised:?}"
    );
    engine.stop().await.expect("stopped");
}
