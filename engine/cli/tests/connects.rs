//! What `sidetone serve` connects to that nobody has configured: nothing. The system is asked, so that no
//! library does either.

#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;
use sidetone_tests::kit::{rest, skip};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sidetone");
/// All by which something can leave for an address.
const CALLS: &str = "trace=connect,sendto,sendmsg,sendmmsg";
/// Packets of a call, of 20 ms each.
const PACKETS: usize = 50;

fn may_trace() -> bool {
    let tried = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status();
    tried.is_ok_and(|status| status.success())
}

/// The program, where nobody sits at a terminal. `strace` is its child, so that signals reach it.
fn traced(dir: &Path, models: Option<&Path>) -> Child {
    let mut command = Command::new("strace");
    command
        .args([
            "-D",
            "-f",
            "-q",
            "--seccomp-bpf",
            "-e",
            CALLS,
            "-e",
            "signal=none",
            "-o",
        ])
        .arg(dir.join("trace"))
        .args([PROGRAM, "serve"])
        .env("SIDETONE__SERVER__LISTEN", "127.0.0.1:0")
        .env("SIDETONE__STORE__DIR", dir.join("store"))
        .env("SIDETONE__LOG__JSON", "true")
        .env("SIDETONE__CAPACITY__ENFORCE", "false")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(models) = models {
        command.env("SIDETONE_MODELS", models);
    }
    command.spawn().expect("strace was there a moment ago")
}

/// What left for an address of a network, once the program has ended.
fn left(dir: &Path, program: u32) -> Vec<String> {
    let patience = Instant::now() + Duration::from_secs(20);
    let end = format!("{program} +++ exited");
    loop {
        let trace = std::fs::read_to_string(dir.join("trace")).unwrap_or_default();
        // Numbers are filled up with blanks.
        let ended = trace.lines().any(|line| {
            line.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .starts_with(&end)
        });
        if ended {
            let left = trace.lines().filter(|line| line.contains("AF_INET"));
            return left.map(str::to_owned).collect();
        }
        assert!(Instant::now() < patience, "its end was not seen: {trace}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Where it serves, as its log says.
fn served_at(log: &mut impl Iterator<Item = String>) -> SocketAddr {
    let address = log.find_map(|line| {
        let line: Value = serde_json::from_str(&line).ok()?;
        let fields = &line["fields"];
        (fields["message"] == "serving").then(|| fields["address"].as_str().map(str::to_owned))?
    });
    let address = address.expect("it serves");
    address.parse().expect("an address")
}

/// A second of a call over RTP.
async fn call(engine: SocketAddr) {
    let body = json!({"legs": [{"role": "customer"}], "caller": "+14155550117"});
    let (status, opened) = rest(engine, "POST", "/v1/calls", body).await;
    assert_eq!(status, 201, "{opened}");
    let port = opened["addresses"][0]["port"].as_u64().expect("a port");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    for _ in 0..PACKETS {
        let packet = sender.audio(&[0.1; 160]);
        let to = ("127.0.0.1", u16::try_from(port).expect("a port"));
        socket.send_to(&packet, to).expect("loopback");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let id = opened["call_id"].as_str().expect("an id");
    let one = format!("/v1/calls/{id}");
    let (status, _) = rest(engine, "DELETE", &one, Value::Null).await;
    assert_eq!(status, 204);
    // Its end is written, and told to the CRM that comes with the program.
    for _ in 0..300 {
        let (_, told) = rest(engine, "GET", &one, Value::Null).await;
        if told["ended"] == true {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the call does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_connects_to_nobody_by_itself() {
    if !may_trace() {
        return skip("strace is not there, or may not trace");
    }
    let pulled = Command::new(PROGRAM).args(["models", "pull"]).output();
    assert!(pulled.expect("it is built").status.success());
    let dir = tempfile::tempdir().expect("a folder");
    let mut engine = traced(dir.path(), None);
    let log = BufReader::new(engine.stderr.take().expect("a pipe"));
    let mut log = log.lines().map_while(Result::ok);
    let address = served_at(&mut log);
    call(address).await;
    let id = i32::try_from(engine.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(id.expect("a process"), rustix::process::Signal::TERM)
        .expect("it lives");
    let rest: Vec<String> = log.collect();
    let ended = engine.wait().expect("it ends");
    assert!(ended.success(), "{ended}: {rest:?}");
    assert_eq!(left(dir.path(), engine.id()), [""; 0]);
}

#[test]
fn an_engine_without_weights_asks_nobody_for_them_unless_told_to() {
    if !may_trace() {
        return skip("strace is not there, or may not trace");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let engine = traced(dir.path(), Some(&dir.path().join("models")));
    let id = engine.id();
    let ended = engine.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(told.contains("`--fetch`"), "{told}");
    assert_eq!(left(dir.path(), id), [""; 0]);
}
