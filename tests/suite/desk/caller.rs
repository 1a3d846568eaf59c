//! Who is calling: several customers have the number, the agent chooses, and it is learned until it is undone.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, rest, scripted_to_hear, skip};

use super::speaking::{LINES, Speaking};

/// What the customer says of themselves, in the place of their first line.
const SAID: &str = "My order number is 77310, it was delivered to the wrong house.";

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_chooses_who_is_calling_and_the_next_call_knows_until_it_is_undone() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let mut lines = LINES.map(|(_, words)| words);
    lines[1] = SAID;
    let script = Script::of(&lines);
    let engine = scripted_to_hear(script.clone(), Config::default()).await;
    let desk = engine.address();
    // Of one household.
    for (name, number) in [
        ("Rosa Whitmore", "+14155550117"),
        ("Ned Archer", "+14155550166"),
    ] {
        let told = json!({"name": name, "phones": [number], "preferences": {"order": "77310"}});
        let (status, answer) = rest(desk, "POST", "/v1/customers", told).await;
        assert_eq!(status, 201, "{answer}");
    }
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");

    let call = Speaking::begin_as("first", connect(desk).await, script.clone());
    browser.wait_for("#customer", "It may be one of 2 customers");
    // What they say makes another candidate, and says why.
    call.say(0..2);
    browser.wait_for("#customer", "Ned Archer");
    browser.wait_for("#customer", "said 77310");
    browser.run(
        "[...document.querySelectorAll('#customer [data-choose]')]
             .find((one) => one.textContent.includes('Rosa')).click();",
    );
    browser.wait_for("#customer .person", "Rosa Whitmore");
    browser.wait_for("#customer", "Chosen in this call");
    call.end().await;
    // The ticket is hers.
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (_, told) = rest(desk, "GET", "/v1/customers?q=rosa", Value::Null).await;
        let id = told["customers"][0]["customer_id"].as_str().expect("an id");
        let (_, told) = rest(desk, "GET", &format!("/v1/customers/{id}"), Value::Null).await;
        if told["tickets"]
            .as_array()
            .is_some_and(|tickets| tickets.len() == 1)
        {
            break;
        }
        assert!(Instant::now() < deadline, "no ticket: {told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let call = Speaking::begin_as("second", connect(desk).await, script.clone());
    call.say(0..1);
    browser.open(&format!("http://{desk}/?call=second"));
    browser.wait_for("#customer", "Chosen for this number before");
    browser.wait_for("#customer .person", "Rosa Whitmore");
    browser.click("#customer [data-not-them]");
    browser.wait_for("#find-customer", "");
    // Somebody else, found by hand.
    browser.type_into("#find-customer input", "lopez\n");
    browser.wait_for("#found-customers", "Maria Lopez");
    browser.click("#found-customers [data-choose]");
    browser.wait_for("#customer .person", "Maria Lopez");
    browser.click("#customer [data-not-them]");
    browser.wait_for("#find-customer", "");
    call.end().await;

    // Nobody is learned any more: it is asked again.
    let call = Speaking::begin_as("third", connect(desk).await, script);
    call.say(0..1);
    browser.open(&format!("http://{desk}/?call=third"));
    browser.wait_for("#customer", "It may be one of 2 customers");
    let nobody = json!({"customer_id": "nobody"});
    let (status, told) = rest(desk, "PUT", "/v1/calls/third/customer", nobody).await;
    assert_eq!(status, 404, "{told}");
    let (status, told) = rest(desk, "DELETE", "/v1/calls/third/customer", Value::Null).await;
    assert_eq!(status, 409, "nobody is known: {told}");
    call.end().await;
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}
