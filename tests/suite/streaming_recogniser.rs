//! A recogniser that streams: it hears each sample once, and does not change its mind.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sidetone::config::Config;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;
use sidetone_models::transcriber::{OneByOne, Transcriber};
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{connect, packets, scripted_as, send, told_of, two_legs, until_ended};
use sidetone_types::recognise::{Hypothesis, Job, KeptSound, Rejection, Word};

/// Samples of a word.
const WORD: usize = 6_400;

/// What it knows of an utterance.
struct State {
    /// The sound it has heard; a network would have its activations here.
    heard: Vec<f32>,
}

/// How many samples were new in each job, and how many there were in all.
type Steps = Arc<Mutex<Vec<(usize, usize)>>>;

fn streaming(steps: Steps) -> Box<dyn Transcriber> {
    Box::new(OneByOne::new(move |job: &Job| {
        let state = job.kept.as_ref().and_then(KeptSound::get::<State>);
        let before = state.map(|state| state.heard.clone()).unwrap_or_default();
        let new = match job.audio.strip_prefix(&before[..]) {
            Some(new) => new.len(),
            None => job.audio.len(),
        };
        steps
            .lock()
            .expect("nobody failed")
            .push((new, job.audio.len()));
        let count = job.audio.len() / WORD;
        let word = |i: usize| Word {
            // Without digits, which may be those of a secret.
            text: format!(" w{}", char::from(b'a' + i as u8)),
            start: Duration::from_millis(400 * i as u64),
            end: Duration::from_millis(400 * (i as u64 + 1)),
            confidence: 0.5,
            tokens: vec![i as u32],
        };
        Ok(Hypothesis {
            words: (0..count).map(word).collect(),
            confidence: 0.5,
            stable: count,
            rejected: (count == 0).then_some(Rejection::Empty),
            kept: Some(KeptSound::new(Arc::new(State {
                heard: job.audio.to_vec(),
            }))),
            ..Hypothesis::silence(job.languages[0], Rejection::Empty)
        })
    }))
}

#[tokio::test]
async fn it_hears_each_sample_once_and_its_words_are_confirmed_at_once() {
    let steps = Steps::default();
    let mut config = Config::default();
    config.call.second_pass.enabled = false;
    let engine = scripted_as(streaming(steps.clone()), config).await;
    let mut client = connect(engine.address()).await;
    let call = two_legs(v1::CallConfig {
        call_id: "c".to_owned(),
        languages: vec!["en".to_owned()],
        ..Default::default()
    });
    let opened = client.open_call(call).await.expect("opened").into_inner();
    let events = told_of(&mut client, "c").await;
    let tone = (0..32_000).map(|i| 0.3 * (i as f32 * 0.35).sin());
    let sound: Vec<f32> = tone.chain([0.0; 16_000]).collect();
    let mut sender = Packetiser::new(7, 0, Codec::Pcmu);
    let slots = packets(&mut sender, &sound).into_iter();
    send(
        &opened.addresses[1],
        slots.map(|packet| vec![packet]).collect(),
    )
    .await;
    let close = v1::CloseCallRequest {
        call_id: "c".to_owned(),
    };
    client.close_call(close).await.expect("closed");
    let events = until_ended(events).await;

    let steps = steps.lock().expect("nobody failed").clone();
    assert!(
        steps.len() >= 3,
        "it was looked at while it went on: {steps:?}"
    );
    let new: usize = steps.iter().map(|(new, _)| new).sum();
    let longest = steps.iter().map(|(_, all)| *all).max();
    assert_eq!(Some(new), longest, "each sample once: {steps:?}");
    let partials = events.iter().filter_map(|event| match &event.detail {
        Some(Detail::Transcript(words)) if !words.is_final => Some(words),
        _ => None,
    });
    let partials: Vec<_> = partials.collect();
    assert!(!partials.is_empty());
    for partial in partials {
        assert_eq!(partial.volatile_text, "", "its words stand: {partial:?}");
    }
    engine.stop().await.expect("stopped");
}
