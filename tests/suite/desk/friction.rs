//! What hurts is reported with two clicks, and seen on the board by week and version.

use serde_json::Value;
use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, rest, scripted_to_hear, skip};

use super::CARD;
use super::speaking::{CALL, LINES, Speaking};

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_report_a_wrong_card_without_words_and_the_board_has_the_trend() {
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
    browser.wait_for(CARD, "Charged twice");
    browser.click("[data-friction=card][data-subject=charged-twice-en]");
    browser.wait_for("#friction", "no words of the call");
    browser.click("#friction .kinds button");
    browser.wait_for("#friction", "It was reported");
    browser.click("#friction .foot .plain");
    let (_, told) = rest(desk, "GET", "/v1/friction", Value::Null).await;
    let report = &told["reports"][0];
    assert_eq!(
        (&report["kind"], &report["call_id"]),
        (&"wrong_card".into(), &CALL.into())
    );
    assert_eq!(report["subject"], "charged-twice-en");
    assert!(
        report["engine_ms"].is_number(),
        "the engine knows how long it took: {report}"
    );
    assert!(!told.to_string().contains("refund"), "{told}");

    // By mistake.
    browser.press("!");
    browser.click("#friction .kinds button:last-child");
    browser.wait_for("#friction", "It was reported");
    browser.click("#friction .foot button");
    browser.wait_for("#report", "");
    call.end().await;
    browser.click("[data-go=board]");
    let trend = browser.wait_for("#board-friction tbody", "It does not fit: 1");
    assert!(!trend.contains("Something else"), "{trend}");
    let (_, told) = rest(desk, "GET", "/v1/friction", Value::Null).await;
    assert_eq!(told["reports"].as_array().map(Vec::len), Some(1), "{told}");
    let strange = serde_json::json!({ "kind": "boredom" });
    let (status, told) = rest(desk, "POST", "/v1/friction", strange).await;
    assert_eq!(status, 400, "{told}");
    let missing = serde_json::json!({ "kind": "other", "call_id": "nowhere" });
    assert_eq!(rest(desk, "POST", "/v1/friction", missing).await.0, 404);
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}
