//! The operations board over REST: figures, thresholds, and what is told of them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use sidetone::config::Config;
use sidetone_tests::kit::{rest, scripted};

/// How long anything may take to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that is told of thresholds, and where.
pub(crate) fn webhook() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.expect("somebody comes"));
            let (mut length, mut line) = (0, String::new());
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).expect("text");
                if let Some(text) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = text.trim().parse().expect("a number");
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("the body");
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            reader.get_mut().write_all(answer).expect("answered");
            let body = serde_json::from_slice(&body).expect("JSON");
            if tell.send(body).is_err() {
                return;
            }
        }
    });
    (url, told)
}

/// The next thing that it is told.
pub(crate) fn told(by: &Receiver<Value>) -> Value {
    by.recv_timeout(PATIENCE).expect("it is told")
}

/// An engine that looks often.
pub(crate) fn config(url: &str) -> Config {
    let mut config = Config::default();
    config.board.step_ms = 100;
    config.board.webhook.url = url.to_owned();
    config
}

/// Opens a call.
pub(crate) async fn open_call(engine: SocketAddr, id: &str) {
    let call = json!({
        "call_id": id,
        "legs": [{ "role": "agent" }, { "role": "customer" }],
    });
    let (status, answer) = rest(engine, "POST", "/v1/calls", call).await;
    assert!(status < 300, "{answer}");
}

/// Ends one.
pub(crate) async fn close_call(engine: SocketAddr, id: &'static str) {
    let (status, answer) = rest(engine, "DELETE", &format!("/v1/calls/{id}"), Value::Null).await;
    assert!(status < 300, "{answer}");
}

fn any_call(limit: f64) -> Value {
    json!({ "id": "any-call", "figure": "calls_open", "side": "above", "limit": limit })
}

async fn set(engine: SocketAddr, revision: u64, thresholds: Value) -> (u16, Value) {
    let body = json!({ "revision": revision, "thresholds": thresholds });
    rest(engine, "PUT", "/v1/board/thresholds", body).await
}

/// Reads the board until it shows something.
async fn shown(engine: SocketAddr, is: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let (status, board) = rest(engine, "GET", "/v1/board", Value::Null).await;
            assert_eq!(status, 200, "{board}");
            if is(&board) {
                return board;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("in time")
}

fn figure<'a>(board: &'a Value, name: &str) -> &'a Value {
    let all = board["figures"].as_array().expect("a list");
    let found = all.iter().find(|one| one["figure"] == name);
    found.expect("it is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_threshold_is_raised_by_a_call_and_cleared_by_its_end_and_whoever_wants_to_know_is_told()
{
    let (url, hook) = webhook();
    let engine = scripted(config(&url)).await;
    let address = engine.address();
    let (status, view) = set(address, 0, json!([any_call(0.0)])).await;
    assert_eq!((status, &view["revision"]), (200, &json!(1)), "{view}");
    let events = format!("http://{address}/v1/events");
    let (hear, heard) = channel();
    std::thread::spawn(move || {
        let answer = ureq::get(events).call().expect("served");
        let lines = BufReader::new(answer.into_body().into_reader()).lines();
        for line in lines.map_while(Result::ok) {
            let kind = line.strip_prefix("event: ").or(line.strip_prefix("event:"));
            if let Some(kind) = kind.filter(|kind| kind.trim().starts_with("threshold_")) {
                hear.send(kind.trim().to_owned()).expect("somebody waits");
            }
        }
    });

    open_call(address, "one").await;
    let raised = told(&hook);
    assert_eq!(raised["kind"], "threshold_raised", "{raised}");
    assert_eq!(
        (&raised["measured"], &raised["limit"]),
        (&json!(1.0), &json!(0.0))
    );
    let passed = |board: &Value| board["thresholds"][0]["standing"] == "raised";
    let board = shown(address, passed).await;
    assert_eq!(figure(&board, "calls_open")["value"], 1.0);
    let samples = board["times_ms"].as_array().expect("a list").len();
    for one in board["figures"].as_array().expect("a list") {
        assert_eq!(one["values"].as_array().expect("a list").len(), samples);
    }
    let last = &board["times_ms"][samples - 1];
    let later = format!("/v1/board?after_ms={last}");
    let (_, later) = rest(address, "GET", &later, Value::Null).await;
    assert!(later["times_ms"].as_array().expect("a list").len() < samples);

    close_call(address, "one").await;
    assert_eq!(told(&hook)["kind"], "threshold_cleared");
    for kind in ["threshold_raised", "threshold_cleared"] {
        assert_eq!(heard.recv_timeout(PATIENCE).as_deref(), Ok(kind));
    }
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn thresholds_that_have_changed_since_or_make_no_sense_are_not_taken() {
    let engine = scripted(Config::default()).await;
    let address = engine.address();
    let path = "/v1/board/thresholds";
    let (status, _) = set(address, 0, json!([any_call(3.0)])).await;
    assert_eq!(status, 200);
    for (revision, thresholds, status) in [
        (0, json!([any_call(4.0)]), 409),
        (1, json!([any_call(4.0), any_call(5.0)]), 400),
        (
            1,
            json!([{ "id": "x", "figure": "weather", "side": "above", "limit": 1 }]),
            400,
        ),
        (
            1,
            json!([{ "id": "x", "figure": "calls_open", "side": "above", "limit": 1, "color": 1 }]),
            400,
        ),
    ] {
        let (answered, said) = set(address, revision, thresholds).await;
        assert_eq!(answered, status, "{said}");
    }
    let (_, view) = rest(address, "GET", path, Value::Null).await;
    assert_eq!(view["revision"], 1);
    assert_eq!(view["thresholds"][0]["limit"], 3.0, "{view}");
    engine.stop().await.expect("stopped");
}
