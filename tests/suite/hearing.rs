//! A recording is heard over HTTP, whole and in part, as players ask for it.

use std::net::SocketAddr;

use sidetone::config::Config;
use sidetone::services::Services;
use sidetone_tests::kit::{Script, close_call, note, scripted_with};
use sidetone_types::id::CallId;

/// Status, headers and body.
struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }
}

async fn ask(
    engine: SocketAddr,
    method: &'static str,
    path: &str,
    said: &[(&str, &str)],
) -> Answer {
    let mut request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{engine}{path}"));
    for (name, value) in said {
        request = request.header(*name, *value);
    }
    let request = request.body(()).expect("a request");
    let asked = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build();
        let mut answer = ureq::Agent::new_with_config(agent)
            .run(request)
            .expect("served");
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.body_mut().read_to_vec().expect("to its end"),
        }
    });
    asked.await.expect("asked")
}

#[tokio::test(flavor = "multi_thread")]
async fn players_get_a_recording_whole_and_in_part() {
    let config = Config::default();
    let services = Services::temporary(&config).expect("the samples are right");
    for call in ["recorded", "unrecorded"] {
        let closed = close_call(&*services.store, &note(call));
        closed.committed().await.expect("the disk takes it");
    }
    let recordings = services.recordings.clone();
    let class = recordings.class("", "").expect("there is one");
    let mut recording = recordings.begin(&CallId::new("recorded"), class, 0);
    let sound: Vec<i16> = (0..400_000_i32)
        .map(|at| (at * at % 3_001) as i16)
        .collect();
    recording.sound(sound.into());
    recording.finish().await;
    let engine = scripted_with(services, Script::default(), config).await;
    let address = engine.address();
    let path = "/v1/calls/recorded/audio";

    let whole = ask(address, "GET", path, &[]).await;
    assert_eq!(
        (whole.status, whole.header("content-type")),
        (200, "audio/flac")
    );
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("cache-control"), "no-store");
    let length = whole.body.len();
    assert!(
        whole.body.starts_with(b"fLaC") && length > 100_000,
        "{length}"
    );
    assert_eq!(whole.header("content-length"), length.to_string());

    let head = ask(address, "HEAD", path, &[("range", "bytes=0-1")]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), length.to_string());

    let tag = whole.header("etag").to_owned();
    let last = length - 1;
    for (range, if_range, expected) in [
        ("bytes=0-3".to_owned(), None, Some((0, 3))),
        (
            format!("bytes=20000-{}", length + 7),
            Some(&*tag),
            Some((20_000, last)),
        ),
        ("bytes=-100".to_owned(), None, Some((length - 100, last))),
        ("bytes=40000-".to_owned(), None, Some((40_000, last))),
        ("bytes=0-3".to_owned(), Some("\"another\""), None),
        ("bytes=0-3,7-9".to_owned(), None, None),
    ] {
        let mut said = vec![("range", range.as_str())];
        said.extend(if_range.map(|tag| ("if-range", tag)));
        let part = ask(address, "GET", path, &said).await;
        match expected {
            Some((first, last)) => {
                let of = format!("bytes {first}-{last}/{length}");
                assert_eq!((part.status, part.header("content-range")), (206, &*of));
                assert!(part.body == whole.body[first..=last], "{range}");
            }
            None => assert!(part.status == 200 && part.body == whole.body, "{range}"),
        }
    }
    let beyond = format!("bytes={length}-");
    let beyond = ask(address, "GET", path, &[("range", &beyond)]).await;
    let of = format!("bytes */{length}");
    assert_eq!((beyond.status, beyond.header("content-range")), (416, &*of));

    for (path, expected) in [
        ("/v1/calls/unrecorded/audio", "has no recording"),
        ("/v1/calls/nowhere/audio", "no call"),
    ] {
        let none = ask(address, "GET", path, &[]).await;
        let said = String::from_utf8_lossy(&none.body).into_owned();
        assert!(none.status == 404 && said.contains(expected), "{said}");
    }
    engine.stop().await.expect("nothing is lost");
}
