//! Processes that are killed.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs an ignored test of this very program as a process of its own, with what it is told by `variables`, and
/// kills it after `time`. What it printed by then, line by line.
pub fn killed_after(time: Duration, test: &str, variables: &[(&str, &OsStr)]) -> Vec<String> {
    let mut process = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("this test runs once more");
    let out = BufReader::new(process.stdout.take().expect("piped"));
    let reading = std::thread::spawn(move || out.lines().map_while(Result::ok).collect());
    std::thread::sleep(time);
    assert!(
        process.try_wait().expect("it is ours").is_none(),
        "it ends by being killed alone"
    );
    // SIGKILL: it gets no chance to tidy up.
    process.kill().expect("it is ours");
    process.wait().expect("it is ours");
    reading.join().expect("it only reads")
}
