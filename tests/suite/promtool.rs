//! What Prometheus' own tool says of our metrics and of our rules for it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sidetone::config::Config;
use sidetone_tests::kit::{scripted, skip};

/// Runs it, and gives what it says; `None` if it is not installed. Whatever is wrong fails.
fn promtool(arguments: &[&str], input: &str) -> Option<String> {
    let mut process = Command::new("promtool")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/deploy/prometheus"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = process.stdin.take().expect("it is piped");
    let input = input.to_owned();
    let write = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = process.wait_with_output().expect("it ends");
    // One that has seen enough does not read to the end.
    let _ = write.join().expect("it only writes");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    Some(said)
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_named_by_the_conventions_of_prometheus() {
    let engine = scripted(Config::default()).await;
    let url = format!("http://{}/metrics", engine.address());
    let asked = tokio::task::spawn_blocking(move || {
        let answer = ureq::get(url).header("accept", "text/plain").call();
        let mut answer = answer.expect("served");
        answer.body_mut().read_to_string().expect("text")
    });
    let text = asked.await.expect("asked");
    for part in [
        "sidetone_http_request_seconds_count{method=\"GET\",route=\"/v1/calls\"} 0",
        "sidetone_grpc_request_seconds_count{method=\"OpenCall\"} 0",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    match promtool(&["check", "metrics"], &text) {
        None => skip("promtool is not installed"),
        Some(said) => assert_eq!(said, ""),
    }
    engine.stop().await.expect("stopped");
}

#[test]
fn rules_for_prometheus_are_taken_and_do_what_their_tests_say() {
    for arguments in [
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules_test.yml"],
    ] {
        if promtool(&arguments, "").is_none() {
            return skip("promtool is not installed");
        }
    }
}
