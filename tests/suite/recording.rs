//! The sound of a call is kept: both sides, without the secrets that were said, for whoever may hear it.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sidetone::audio_file::Recording;
use sidetone::config::Config;
use sidetone::recordings::Record;
use sidetone_core::redaction::Treatment;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Client, engine_with_weights_and, files, finals, play, recording, spoken, stream, two_legs,
};

const RATE: usize = 16_000;

fn keep_sound(config: &mut Config, dir: &Path) {
    config.recording.record = Record::All;
    config.store.dir = dir.to_owned();
    config.call.redaction.phone = Treatment::Mask;
}

fn named(call_id: &str) -> v1::OpenCallRequest {
    two_legs(v1::CallConfig {
        call_id: call_id.to_owned(),
        languages: vec!["en".to_owned()],
        ..Default::default()
    })
}

/// Status, headers of interest and body of the answer to a GET.
fn get(address: SocketAddr, path: &str, range: Option<&str>) -> (u16, String, Vec<u8>) {
    let agent = ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build(),
    );
    let request = agent.get(format!("http://{address}{path}"));
    let request = match range {
        Some(range) => request.header("range", range),
        None => request,
    };
    let mut answer = request.call().expect("the engine answers");
    let told = |name: &str| {
        let value = answer.headers().get(name);
        value
            .map_or("", |value| value.to_str().expect("text"))
            .to_owned()
    };
    let told = format!("{} {}", told("content-type"), told("content-range"));
    let mut body = Vec::new();
    let mut reader = answer.body_mut().as_reader();
    reader.read_to_end(&mut body).expect("to its end");
    (answer.status().as_u16(), told.trim().to_owned(), body)
}

/// The recording of a call, once it is whole.
async fn heard(address: SocketAddr, call_id: &str) -> Vec<u8> {
    let path = format!("/v1/calls/{call_id}/audio");
    for _ in 0..100 {
        let path = path.clone();
        let answer = tokio::task::spawn_blocking(move || get(address, &path, None)).await;
        let (status, told, body) = answer.expect("no panic");
        match status {
            200 => {
                assert_eq!(told, "audio/flac");
                return body;
            }
            409 => tokio::time::sleep(Duration::from_millis(100)).await,
            other => panic!("{other}: {}", String::from_utf8_lossy(&body)),
        }
    }
    panic!("it is never whole");
}

/// The two sides of a recording: agent, customer.
fn sides(flac: &[u8], dir: &Path) -> Vec<Vec<f32>> {
    let path = dir.join("heard.flac");
    std::fs::write(&path, flac).expect("written");
    let sound = Recording::open(&path).expect("FLAC");
    assert_eq!((sound.rate_hz as usize, sound.channels.len()), (RATE, 2));
    sound.channels
}

/// The root mean square of some of a side, from `from` until `to` in milliseconds.
fn loudness(side: &[f32], (from, to): (u64, u64)) -> f32 {
    let place = |ms: u64| (ms as usize * RATE / 1_000).min(side.len());
    let part = &side[place(from)..place(to)];
    (part.iter().map(|sample| sample * sample).sum::<f32>() / part.len().max(1) as f32).sqrt()
}

/// What is recognised in the customer's side of a recording.
async fn again(client: Client, side: &[f32]) -> String {
    let config = v1::StreamingAnalyzeConfig {
        config: named("heard-once-more").config,
        legs: vec![v1::StreamLeg {
            role: v1::Role::Customer.into(),
            encoding: v1::AudioEncoding::Linear16.into(),
            sample_rate_hertz: RATE as u32,
            ..Default::default()
        }],
        ..Default::default()
    };
    let frames = side.chunks(RATE).map(|second| {
        let samples = second.iter().map(|sample| (sample * 32_768.0) as i16);
        Request::Audio(v1::AudioFrame {
            role: v1::Role::Customer.into(),
            content: samples.flat_map(i16::to_le_bytes).collect(),
            ..Default::default()
        })
    });
    let requests = [Request::Config(config)].into_iter().chain(frames);
    let events = stream(client, requests.collect()).await;
    let lines = spoken(&events).into_values().flatten();
    lines.collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_heard_again_without_its_secrets_and_lies_on_the_disk_in_clear_nowhere() {
    let dir = tempfile::tempdir().expect("a folder");
    let kept = dir.path().join("kept");
    let (client, address) = {
        let kept = kept.clone();
        engine_with_weights_and(move |config| keep_sound(config, &kept)).await
    };
    let call = recording("en-billing-dispute");
    let last = |detail: &Detail| matches!(detail, Detail::Summary(_));
    let events = play(client.clone(), named("heard-again"), &call, 27.0, last).await;
    let secrets: Vec<(u64, u64)> = events
        .iter()
        .filter_map(|event| match &event.detail {
            Some(Detail::Transcript(told)) if told.is_final => Some(told),
            Some(Detail::Revised(revised)) => revised.transcript.as_ref(),
            _ => None,
        })
        .flat_map(|told| {
            told.alternatives[0]
                .redacted
                .iter()
                .map(|secret| (secret.start_ms, secret.end_ms))
        })
        .collect();
    assert!(
        !secrets.is_empty(),
        "a number is said: {:?}",
        finals(&events)
    );
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.detail {
            Some(Detail::Recording(recording)) => Some((&*recording.state, &*recording.why)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [("on", "configured")]);

    let flac = heard(address, "heard-again").await;
    let sides = sides(&flac, dir.path());
    for secret in &secrets {
        for side in &sides {
            assert_eq!(loudness(side, *secret), 0.0, "{secret:?}");
        }
    }
    // What stands around it is as loud as it was said. Times of the file are those of the call, but for
    // the moment between its opening and its first packet.
    for (channel, said) in [
        (0, (1_000, 4_500)),
        (1, (6_000, 10_000)),
        (0, (11_500, 14_500)),
    ] {
        let was = &call.channels[channel];
        let wide: Vec<f32> = was.iter().flat_map(|sample| [*sample; 2]).collect();
        let (was, is) = (loudness(&wide, said), loudness(&sides[channel], said));
        assert!((0.8..1.25).contains(&(is / was)), "{was} {is}");
        assert!(
            loudness(&sides[1 - channel], said) < is / 10.0,
            "the other side is quiet"
        );
    }
    let length = sides[0].len() as f32 / RATE as f32;
    assert!((26.5..29.0).contains(&length), "{length} s");

    // Whoever has it recognised learns no more of the number than that one was said.
    let again = again(client, &sides[1]).await;
    assert!(again.contains("invoice"), "{again}");
    let told = ["four", "one", "five", "zero", "oh", "seven"];
    let mut words = again.split(|c: char| !c.is_alphanumeric());
    let digit = words.find(|word| {
        told.contains(&word.to_lowercase().as_str()) || word.contains(|c: char| c.is_ascii_digit())
    });
    assert_eq!(digit, None, "{again}");

    // A browser asks for a part.
    let parts = tokio::task::spawn_blocking(move || {
        let ask = |range| get(address, "/v1/calls/heard-again/audio", Some(range));
        [ask("bytes=4-41"), ask("bytes=-10"), ask("bytes=99999999-")]
    });
    let [head, tail, beyond] = parts.await.expect("no panic");
    let length = flac.len();
    assert_eq!(head.0, 206);
    assert_eq!(head.1, format!("audio/flac bytes 4-41/{length}"));
    assert_eq!(head.2, flac[4..42]);
    assert_eq!((tail.0, &*tail.2), (206, &flac[length - 10..]));
    assert_eq!(beyond.0, 416);

    let files = files(&kept.join("recordings"));
    let mut largest = 0;
    for file in files {
        let bytes = std::fs::read(&file).expect("readable");
        largest = largest.max(bytes.len());
        for part in [
            &b"fLaC"[..],
            &flac[2_000..2_032],
            &flac[length / 2..length / 2 + 32],
        ] {
            let found = bytes.windows(part.len()).any(|window| window == part);
            assert!(!found, "{} is in clear", file.display());
        }
    }
    assert!(largest > 100_000, "{largest} bytes");
}
