//! The wall of those who look after many calls.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidetone::config::ClientCertificates;
use sidetone_tests::kit::{Browser, ManyCalls, Script, skip};

use crate::access::{PASSWORD, Secure, Speaking};
use crate::tls::{Authority, grpc};

const LINES: [&str; 2] = [
    "If it is not fixed by Friday I will cancel my contract and file a complaint with the regulator.",
    "Thank you, that is all I wanted to know.",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_takes_care_of_the_call_that_needs_help_by_keyboard_and_everybody_sees_it() {
    let browser = || Browser::start("en-US");
    let (Some(sue), Some(tom), Some(ann)) = (browser(), browser(), browser()) else {
        return skip("chromium or chromium-driver is not installed");
    };
    let authority = Authority::new();
    let script = Script::of(&LINES);
    let secure = Secure::start(script.clone(), |config, folder| {
        *config = authority.config(folder);
        config.server.tls.client_certificates = ClientCertificates::Optional;
    })
    .await;
    for (name, role, agent_id) in [
        ("sue", "supervisor", "lead-1"),
        ("tom", "supervisor", "lead-2"),
        ("ann", "agent", "agent-7"),
        ("bob", "agent", "agent-9"),
    ] {
        secure.add_user(name, role, agent_id, "billing");
    }
    let pbx = authority.signed("pbx");
    let mut calls = Vec::new();
    for (line, agent) in ["agent-7", "agent-9"].into_iter().enumerate() {
        let client = grpc(&authority, &pbx, &secure.engine).await;
        calls.push(Speaking::begin(client, &script, agent, line));
    }
    let url = format!("https://localhost:{}/", secure.engine.address().port());
    for (page, name) in [(&sue, "sue"), (&tom, "tom"), (&ann, "ann")] {
        page.open(&url);
        page.wait_for("input[name=name]:focus", "");
        page.type_into("input[name=name]", name);
        page.type_into("input[name=password]", &format!("{PASSWORD}\n"));
        page.wait_for("#who", name);
        page.wait_for("#connection", "Connected");
    }
    assert_eq!(ann.texts("#wall-tab"), [""; 0], "an agent has no wall");

    sue.press("4");
    sue.wait_for("#wall .tile:first-child .why", "about to leave");
    sue.wait_for("#wall .tile:nth-child(2)", "agent-9");
    sue.press("j");
    sue.wait_for("#call-head", "agent-7");
    sue.wait_for("#captions", "regulator");
    sue.press("t");
    sue.wait_for("#care-who", "You take care of it");
    tom.press("4");
    tom.wait_for("#wall .tile", "sue takes care of it");
    tom.wait_for("#wall .tile:first-child", "agent-9");

    sue.press("m");
    sue.type_into(
        "#write-form input:focus",
        "Offer the refund, I approve it.\n",
    );
    sue.wait_for("#care-sent", "not read yet");
    ann.wait_for("#now .message", "Offer the refund, I approve it.");
    ann.press("d");
    sue.wait_for("#care-sent", "read by ann");
    ann.wait_for("#now .critical", "about to leave");
    ann.press("d");
    sue.wait_for("#wall .tile", "Seen:");

    sue.press("h");
    sue.type_into("#hand-form input:focus", "lead-1\n");
    sue.wait_for("#call-head", "lead-1");
    ann.wait_for("#banner", "handed over to another agent");
    sue.click("#alarm");
    sue.reload();
    sue.wait_for("#wall .tile .call[aria-current]", "You take care of it");
    sue.wait_for("#alarm[aria-pressed=true]", "Tone and notification");
    sue.press("\u{e00c}");
    sue.wait_for("[data-open=false] #wall .tile", "lead-1");

    for (page, name) in [(&sue, "sue"), (&tom, "tom"), (&ann, "ann")] {
        let complaints = page.complaints();
        // Before they log in they are asked who they are; a call that is another's is not shown.
        let ours = complaints
            .iter()
            .filter(|text| !text.contains("401") && !text.contains("403"));
        assert_eq!(ours.collect::<Vec<_>>(), [""; 0], "{name}");
    }
    for call in calls {
        call.end().await;
    }
    drop((sue, tom, ann));
    secure.engine.stop().await.expect("stopped");
}

/// Calls on the wall that is measured, and events of them in a second.
const CALLS: usize = 500;
const EVENTS: u32 = 100;
/// Tasks longer than 50 ms that a page may have in a minute.
const MOST_LONG_TASKS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: WALL_MINUTES of them, 2 unless set"]
async fn the_wall_of_500_calls_goes_smoothly_and_its_memory_stays_level() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let minutes = std::env::var("WALL_MINUTES").ok();
    let minutes: u32 = minutes.map_or(2, |text| text.parse().expect("whole minutes"));
    let engine = ManyCalls::start(CALLS, EVENTS).await;
    let measured = tokio::task::spawn_blocking(move || {
        browser.open(&format!(
            "http://{}/?view=wall&call=many-1",
            engine.address()
        ));
        browser.wait_for("#wall-count", &format!("of {CALLS} calls"));
        browser.wait_for(".said", "charged twice");
        let loading = long_tasks(&browser);
        println!(
            "{CALLS} calls, {EVENTS} events a second; until the wall was there: {} tasks > 50 ms, the longest {:.0} ms",
            loading.len(),
            loading.iter().copied().fold(0.0, f64::max)
        );
        let mut heaps = vec![heap(&browser)];
        println!("at the start: {:.1} MB of JavaScript heap", heaps[0]);
        long_tasks(&browser);
        let mut most = 0;
        for minute in 1..=minutes {
            let end = Instant::now() + Duration::from_secs(60);
            std::thread::sleep(end.saturating_duration_since(Instant::now()));
            let long = long_tasks(&browser);
            heaps.push(heap(&browser));
            // Collecting garbage is a task of its own.
            long_tasks(&browser);
            println!(
                "minute {minute}: {} tasks > 50 ms, the longest {:.0} ms; {:.1} MB of JavaScript heap",
                long.len(),
                long.iter().copied().fold(0.0, f64::max),
                heaps[minute as usize]
            );
            most = most.max(long.len());
        }
        let tiles = browser.run("return document.querySelectorAll('#wall .tile').length");
        println!("{tiles} tiles at the end");
        (most, heaps)
    });
    let (most, heaps) = measured.await.expect("measured");
    assert!(most <= MOST_LONG_TASKS, "{most} long tasks in a minute");
    let (first, last) = (heaps[1], heaps[heaps.len() - 1]);
    assert!(last < first * 1.2 + 1.0, "memory grows: {heaps:?}");
}

/// How long tasks took, in milliseconds, that took longer than 50 ms since this was last asked; at first all since
/// the page began.
fn long_tasks(browser: &Browser) -> Vec<f64> {
    let script = "if (!window.longTasks) {
          window.longTasks = [];
          window.watch = new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((one) => one.duration)));
          window.watch.observe({type: 'longtask', buffered: true});
        }
        window.longTasks.push(...window.watch.takeRecords().map((one) => one.duration));
        return new Promise((done) => setTimeout(() => done(window.longTasks.splice(0)), 100));";
    serde_json::from_value(browser.run(script)).expect("numbers")
}

/// Megabytes of JavaScript that are in use once nothing is left to collect.
fn heap(browser: &Browser) -> f64 {
    browser.devtools("HeapProfiler.collectGarbage", json!({}));
    let usage: Value = browser.devtools("Runtime.getHeapUsage", json!({}));
    usage["usedSize"].as_f64().expect("a number") / 1e6
}
