use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use sidetone_core::board::Counts;

use super::config::{EmailConfig, EmailTls, WebhookConfig};
use super::*;
use crate::storage::Store;

const STEP_MS: i64 = 10_000;

fn thresholds() -> Thresholds {
    let json = r#"[{"id":"refused","name":"Too few places","figure":"calls_refused","side":"above","limit":5}]"#;
    Thresholds::new(serde_json::from_str(json).expect("JSON")).expect("it makes sense")
}

fn refused(calls: u64) -> Reading {
    Reading {
        counts: Counts {
            calls_refused: calls,
            ..Counts::default()
        },
        ..Reading::default()
    }
}

fn open(store: &Store, config: &BoardConfig) -> (LiveBoard, Arc<Metrics>) {
    let metrics: Arc<Metrics> = Arc::default();
    let board = LiveBoard::open(store, config, &metrics);
    (board.expect("a new store"), metrics)
}

/// Head and body of the next request.
fn heard(listener: TcpListener) -> Receiver<(String, String)> {
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.expect("somebody comes"));
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).expect("text");
            }
            let head = head.to_lowercase();
            let (_, rest) = head.split_once("content-length: ").expect("a length");
            let length = rest.lines().next().and_then(|text| text.parse().ok());
            let mut body = vec![0; length.expect("a number")];
            reader.read_exact(&mut body).expect("the body");
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            reader.get_mut().write_all(answer).expect("answered");
            let body = String::from_utf8(body).expect("text");
            if tell.send((head, body)).is_err() {
                return;
            }
        }
    });
    heard
}

#[test]
fn a_threshold_that_is_passed_is_told_to_desks_and_to_the_webhook_and_so_is_its_end() {
    let dir = tempfile::tempdir().expect("a directory");
    let secret_file = dir.path().join("secret");
    std::fs::write(&secret_file, "secret\n").expect("written");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
    let heard = heard(listener);
    let config = BoardConfig {
        webhook: WebhookConfig { url, secret_file },
        ..BoardConfig::default()
    };
    let store = Store::temporary().expect("a store");
    let (board, metrics) = open(&store, &config);
    assert!(board.set(0, thresholds()).expect("writable"));
    assert!(
        !board.set(0, thresholds()).expect("writable"),
        "a second one"
    );
    let (raised, mut notices) = board.listen();
    assert_eq!(raised, []);
    let begin = now_ms();
    for (step, calls) in [(0, 0), (1, 0), (2, 3), (3, 3)] {
        board.take(begin + step * STEP_MS, refused(calls));
    }
    for kind in ["threshold_raised", "threshold_cleared"] {
        let notice = notices.try_recv().expect("it was told");
        assert_eq!((notice.kind, notice.threshold.as_str()), (kind, "refused"));
        let (head, body) = heard.recv().expect("it was told");
        assert_eq!(body, notice.json());
        let time = head.split_once("x-sidetone-timestamp: ").expect("a time").1;
        let time = time.lines().next().expect("a line");
        assert!(
            head.contains(&hmac::signature("secret", time, &body)),
            "{head}"
        );
        assert!(head.contains(&format!("idempotency-key: refused/{kind}/")));
    }
    assert!(notices.try_recv().is_err(), "nothing else");
    let sent = "sidetone_threshold_webhooks_total{outcome=\"sent\"} ";
    while !metrics.render().contains(&format!("{sent}2")) {
        std::thread::yield_now();
    }
}

/// A mail server that takes one message, and gives it.
fn mail_server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody comes");
        let mut reader = BufReader::new(stream);
        let say = |reader: &mut BufReader<std::net::TcpStream>, line: &str| {
            let line = format!("{line}\r\n");
            reader.get_mut().write_all(line.as_bytes()).expect("said");
        };
        say(&mut reader, "220 mail.example.org");
        let mut message = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).expect("text") == 0 {
                return;
            }
            match line.trim_end() {
                "DATA" => {
                    say(&mut reader, "354 go on");
                    while !message.ends_with("\r\n.\r\n") {
                        reader.read_line(&mut message).expect("text");
                    }
                    say(&mut reader, "250 taken");
                    tell.send(std::mem::take(&mut message))
                        .expect("somebody waits");
                }
                "QUIT" => return say(&mut reader, "221 bye"),
                _ => say(&mut reader, "250 fine"),
            }
        }
    });
    (port, heard)
}

#[test]
fn a_threshold_that_is_passed_is_told_by_mail_in_words() {
    let (port, heard) = mail_server();
    let config = BoardConfig {
        email: EmailConfig {
            host: "127.0.0.1".to_owned(),
            port,
            tls: EmailTls::Never,
            from: "Sidetone <sidetone@example.org>".to_owned(),
            to: vec!["operations@example.org".to_owned()],
            ..EmailConfig::default()
        },
        ..BoardConfig::default()
    };
    let store = Store::temporary().expect("a store");
    let (board, _) = open(&store, &config);
    assert!(board.set(0, thresholds()).expect("writable"));
    for (step, calls) in [(0, 0), (1, 0), (2, 3)] {
        board.take(1_800_000_000_000 + step * STEP_MS, refused(calls));
    }
    let message = heard.recv().expect("it was told");
    for part in [
        "From: Sidetone <sidetone@example.org>",
        "To: operations@example.org",
        "Subject: Sidetone: Too few places raised",
        "Calls that were not let in.",
        "wrong above: 5",
        "measured: 18",
        "passed since: 2027-01-15 08:00:20 UTC",
    ] {
        assert!(message.contains(part), "{part} in\n{message}");
    }
}

#[test]
fn means_and_thresholds_outlive_the_engine() {
    let store = Store::temporary().expect("a store");
    let (board, _) = open(&store, &BoardConfig::default());
    assert!(board.set(0, thresholds()).expect("writable"));
    let begin = hour_of(now_ms()) * 3_600_000;
    board.take(begin, refused(0));
    board.take(begin + STEP_MS, refused(4));
    board.keep(begin + STEP_MS, false).expect("writable");
    let (other, _) = open(&store, &BoardConfig::default());
    let known = |board: &LiveBoard| board.look(|board| board.hours().of(hour_of(begin)));
    assert_eq!(known(&other), [], "it is kept every five minutes");
    board.keep(begin + STEP_MS, true).expect("writable");
    let (other, _) = open(&store, &BoardConfig::default());
    assert_eq!(known(&other), known(&board));
    assert!(!known(&other).is_empty());
    let standings = other.standings();
    assert_eq!((standings.revision, standings.thresholds.len()), (1, 1));
}

#[test]
fn what_was_raised_when_the_engine_ended_is_told_once_and_so_is_its_end() {
    let store = Store::temporary().expect("a store");
    let (board, _) = open(&store, &BoardConfig::default());
    assert!(board.set(0, thresholds()).expect("writable"));
    let begin = now_ms();
    for (step, calls) in [(0, 0), (1, 0), (2, 3)] {
        board.take(begin + step * STEP_MS, refused(calls));
        board.keep(begin + step * STEP_MS, false).expect("writable");
    }
    let (board, metrics) = open(&store, &BoardConfig::default());
    assert!(metrics.render().contains("sidetone_thresholds_raised 1"));
    let (raised, mut notices) = board.listen();
    assert_eq!(raised[0].since_ms, begin + 2 * STEP_MS);
    for (step, calls) in [(3, 0), (4, 3), (5, 3)] {
        board.take(begin + step * STEP_MS, refused(calls));
    }
    let told = notices.try_recv().expect("it was told");
    assert_eq!(
        (told.kind, told.since_ms),
        ("threshold_cleared", begin + 2 * STEP_MS)
    );
    assert!(notices.try_recv().is_err(), "nothing else");
    board.keep(begin + 5 * STEP_MS, false).expect("writable");
    let (board, _) = open(&store, &BoardConfig::default());
    assert_eq!(board.raised(), []);
}

#[test]
fn all_thresholds_may_turn_at_once() {
    let store = Store::temporary().expect("a store");
    let (board, _) = open(&store, &BoardConfig::default());
    let one = |at| format!(r#"{{"id":"t{at}","figure":"calls_refused","side":"above","limit":5}}"#);
    let all: Vec<String> = (0..MOST_THRESHOLDS).map(one).collect();
    let all = serde_json::from_str(&format!("[{}]", all.join(","))).expect("JSON");
    let all = Thresholds::new(all).expect("they make sense");
    assert!(board.set(0, all).expect("writable"));
    let (_, mut notices) = board.listen();
    for (step, calls) in [(0, 0), (1, 0), (2, 3), (3, 3)] {
        board.take(step * STEP_MS, refused(calls));
    }
    let told = std::iter::from_fn(|| notices.try_recv().ok());
    assert_eq!(told.count(), 2 * MOST_THRESHOLDS);
}
