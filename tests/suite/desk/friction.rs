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
    browser.wait_for("#friction", "no words of the call unless you add them");
    browser.click("#friction .kinds button");
    browser.wait_for("#friction", "It was reported");
    browser.press("\u{e007}");
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

    // With what they say, and what was said.
    browser.click(".said[data-role=customer] [data-friction=words]");
    browser.type_into(
        "#friction .comment input",
        "She said card 4111 1111 1111 1111",
    );
    browser.click("#friction [type=checkbox]");
    browser.click("#friction .kinds button");
    browser.wait_for("#friction", "It was reported");
    browser.press("\u{e007}");
    let (_, told) = rest(desk, "GET", "/v1/friction?kind=wrong_words", Value::Null).await;
    let report = &told["reports"][0];
    let comment = report["comment"].as_str().unwrap_or_default();
    assert!(
        comment.starts_with("She said card") && !comment.contains("4111"),
        "{told}"
    );
    assert!(report["words"].is_string(), "{told}");

    // By mistake.
    browser.press("!");
    browser.click("#friction .kinds button:last-child");
    browser.wait_for("#friction", "It was reported");
    browser.click("#friction .foot button:last-child");
    browser.wait_for("#report", "");
    call.end().await;
    browser.click("[data-go=board]");
    let trend = browser.wait_for("#board-friction tbody", "It does not fit: 1");
    assert!(!trend.contains("Something else"), "{trend}");
    let (_, told) = rest(desk, "GET", "/v1/friction", Value::Null).await;
    assert_eq!(told["reports"].as_array().map(Vec::len), Some(2), "{told}");
    browser.wait_for("#friction-list li", "She said card");
    browser.run(
        "const kind = document.querySelector('#friction-form [name=kind]');
         kind.value = 'wrong_card'; kind.dispatchEvent(new Event('change', { bubbles: true }));",
    );
    browser.wait_for("#friction-list li:only-child", "charged-twice-en");
    browser.click("#friction-list [data-call]");
    browser.wait_for("#call-head", "");
    browser.wait_for("#captions", "charged twice");
    let strange = serde_json::json!({ "kind": "boredom" });
    let (status, told) = rest(desk, "POST", "/v1/friction", strange).await;
    assert_eq!(status, 400, "{told}");
    let long = serde_json::json!({ "kind": "other", "comment": "a".repeat(501) });
    assert_eq!(rest(desk, "POST", "/v1/friction", long).await.0, 400);
    let strange = serde_json::json!({ "kind": "outdated", "subject": "no-such-article" });
    assert_eq!(rest(desk, "POST", "/v1/friction", strange).await.0, 404);
    let article = serde_json::json!({ "kind": "outdated", "subject": "charged-twice-en" });
    assert_eq!(rest(desk, "POST", "/v1/friction", article).await.0, 201);
    let missing = serde_json::json!({ "kind": "other", "call_id": "nowhere" });
    assert_eq!(rest(desk, "POST", "/v1/friction", missing).await.0, 404);
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}
