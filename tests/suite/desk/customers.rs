//! Customers of the CRM that comes with the program: a call leaves a task, which an agent ticks off, and puts right what is known of the
//! customer, who is then identified by their other number.

use std::time::{Duration, Instant};

use serde_json::Value;
use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, rest, scripted_to_hear, skip};

use super::CLEARED;
use super::speaking::{LINES, Speaking, events, stored};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_has_left_is_done_and_what_is_known_of_the_customer_put_right() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), Config::default()).await;
    let desk = engine.address();
    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..LINES.len());
    call.end().await;
    stored(desk, |call| {
        events(call).any(|event| event["kind"] == "crm_written")
    })
    .await;

    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");
    browser.press("6");
    browser.wait_for("#customer-page .to-do", "");
    let task = browser.texts("#customer-page .to-do label").remove(0);
    browser.click("#customer-page .to-do button");
    browser.wait_for("#customer-page form", "");
    browser.wait_for("#customer-page .tickets", "");

    // By the other number they were nobody.
    browser.type_into("#customer-page [name=tier]", &format!("{CLEARED}platinum"));
    browser.type_into("#customer-page [name=phones]", "\n(415) 555-0188");
    browser.click("#customer-page form .strong");
    browser.wait_for("#customers [aria-current]", "platinum");
    let (_, found) = rest(desk, "GET", "/v1/customers?q=5550188", Value::Null).await;
    let found = &found["customers"][0];
    assert_eq!(found["tier"], "platinum");
    assert_eq!(found["phones"][1], "+14155550188");

    browser.click("#to-do");
    browser.wait_for("#customer-page .to-do", &task);
    browser.click("#customer-page .to-do input");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let (_, tasks) = rest(desk, "GET", "/v1/tasks", Value::Null).await;
        let tasks = tasks["tasks"].as_array().expect("a list");
        if tasks.iter().all(|one| one["title"] != *task) {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "it is still to be done: {tasks:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}
