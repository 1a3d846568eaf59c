//! What an agent works through during a call: what must be said, and what was promised.

use std::time::{Duration, Instant};

use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, scripted_to_hear, skip};

use super::CLEARED;
use super::speaking::{LINES, Speaking, events, stored};

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_said_is_ticked_off_in_both_languages_and_what_was_not_said_is_told() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), Config::default()).await;
    let desk = engine.address();
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..2);
    browser.wait_for("#checklist-count", "1 of");
    browser.wait_for("#checklist-next", "Next: Tell that the call is recorded");
    browser.click("#checklist summary");
    browser.wait_for("#checklist-items [data-item=greeting].said", "0:");
    browser.wait_for("#checklist-items .next", "Tell that the call is recorded");
    browser.reload();
    browser.wait_for("#checklist-count", "1 of");
    browser.click("[data-lang=zh]");
    browser.wait_for("#checklist-count", "已说 1/");
    browser.click("[data-lang=en]");
    let above = browser.run(
        "return document.getElementById('now').compareDocumentPosition(document.getElementById('checklist')) & 4",
    );
    assert_eq!(above, 4, "never above the one thing to say");

    call.end().await;
    browser.wait_for(".summary", "Tell that the call is recorded");
    let kept = stored(desk, |call| call["summary"].is_object()).await;
    let missed = kept["summary"]["missed"].as_array().expect("a list");
    assert!(missed.contains(&"Tell that the call is recorded".into()));
    assert!(!missed.contains(&"Greet with the company's name".into()));
    let ticked = events(&kept).find(|event| event["kind"] == "checklist_ticked");
    let ticked = ticked.expect("it was said");
    assert_eq!(ticked["item"], "greeting");
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_appears_is_put_right_and_is_so_in_the_note_that_is_written() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), Config::default()).await;
    let desk = engine.address();
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..5);
    let promised = browser.wait_for("#promises-items", "Thursday");
    assert!(promised.contains("call you back"), "{promised}");
    browser.click("#promises-items li:has([data-text*=Thursday]) [data-promise]");
    let meant = "Ring about the refund";
    browser.type_into(
        "#promises-items textarea:focus",
        &format!("{CLEARED}{meant}\n"),
    );
    browser.wait_for("#promises-items [data-promise]:focus", "");
    browser.wait_for("#promises-items", meant);
    browser.reload();
    browser.wait_for("#promises-items", meant);
    let shown = browser.texts("#promises-items li > span:first-child");

    call.end().await;
    browser.wait_for(".summary", meant);
    let kept = stored(desk, |call| call["summary"].is_object()).await;
    let summary = &kept["summary"];
    let promises = summary["promises"].as_array().expect("a list");
    let told: Vec<&str> = promises
        .iter()
        .filter_map(|one| one["text"].as_str())
        .collect();
    assert!(told.contains(&meant), "{summary}");
    assert_eq!(told.len(), shown.len(), "{told:?} {shown:?}");
    assert!(
        summary["text"]
            .as_str()
            .is_some_and(|text| text.contains(meant)),
        "{summary}"
    );
    let changed = events(&kept).find(|event| event["kind"] == "promise_changed");
    assert!(changed.is_some_and(|event| event["by"].is_string()));
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_and_pinned_outlives_a_reload_and_stands_in_the_note_that_is_written() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), Config::default()).await;
    let desk = engine.address();
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..2);
    browser.wait_for(".said", "charged twice");
    browser.wait_for("#memo", "Notes");
    browser.press("n");
    browser.type_into(
        "#memo textarea:focus",
        "Card 4111 1111 1111 1111 was charged",
    );
    browser.wait_for("#memo-status", "Saved");
    let stands = |expected: &str| {
        let typed = || browser.run("return document.querySelector('#memo textarea').value");
        let deadline = Instant::now() + Duration::from_secs(20);
        while typed() != expected {
            assert!(
                Instant::now() < deadline,
                "{} instead of {expected}",
                typed()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    stands("Card [card number] was charged");
    // Another desk goes on from what stands there.
    let other = browser.open_in_new_tab(&format!("http://{desk}/"));
    browser.wait_for("#memo-status", "");
    browser.wait_for(".said", "charged twice");
    browser.wait_for("#memo", "Notes");
    browser.press("p");
    browser.wait_for("#pins-items", "charged twice");
    browser.type_into("#memo textarea", "\nWants it back");
    browser.wait_for("#memo-status", "Saved");
    browser.turn_to(&other);
    browser.wait_for("#pins-items", "charged twice");
    browser.reload();
    browser.wait_for("#pins-items", "charged twice");
    browser.wait_for(".said", "charged twice");
    let both = "Card [card number] was charged\nWants it back";
    stands(both);
    browser.click("#pins-items [data-reveal]");
    browser.click("#pins-items [data-pin]");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !browser.texts("#pins-items").is_empty() {
        assert!(Instant::now() < deadline, "it is still pinned");
        std::thread::sleep(Duration::from_millis(50));
    }
    // What is typed last is kept by the end of the call at the latest.
    call.end().await;
    browser.wait_for(".summary", "Wants it back");
    let kept = stored(desk, |call| call["summary"].is_object()).await;
    assert_eq!(kept["summary"]["memo"], both);
    let text = kept["summary"]["text"].as_str().expect("a text");
    assert!(
        text.contains("Notes: Card [card number] was charged"),
        "{text}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}
