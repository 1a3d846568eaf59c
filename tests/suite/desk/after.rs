//! After the call: the agent reviews what will be written, and the call stays.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sidetone::config::Config;
use sidetone::crm::Rest;
use sidetone::services::Services;
use sidetone_tests::kit::{
    Browser, HttpCrm, Mood, Script, connect, scripted_to_hear, scripted_with, skip,
};

use super::CLEARED;
use super::speaking::{LINES, Speaking, events, stored};

/// The control key, held down, and the return key.
const CONFIRM: &str = "\u{e009}\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reviews_a_note_by_keyboard_and_the_crm_and_the_list_have_what_they_made_of_it() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let mut config = Config::default();
    config.crm.review_s = 600;
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), config).await;
    let desk = engine.address();
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..5);
    browser.wait_for(".said[data-role=agent]", "Thursday");
    call.end().await;
    browser.wait_for("#review", "written by itself at");
    browser.press("w");
    browser.wait_for("select[name=disposition]:focus", "");
    browser.press("r");
    browser.press("\t");
    let reason = "Charged twice for April, refund begun";
    browser.type_into("[name=reason]:focus", &format!("{CLEARED}{reason}"));
    browser.reload();
    browser.wait_for("#review", "written by itself at");
    browser.press("w");
    browser.press(CONFIRM);
    browser.wait_for(".crm", "written");

    let written = |call: &Value| events(call).any(|event| event["kind"] == "crm_written");
    let kept = stored(desk, written).await;
    let summary = &kept["summary"];
    assert_eq!(
        (&summary["reason"], &summary["disposition"]),
        (&reason.into(), &"resolved".into()),
        "{summary}"
    );
    let told = |kind| {
        let event = events(&kept).find(|event| event["kind"] == kind);
        event.and_then(|event| event["wall_time_ms"].as_u64())
    };
    let took = told("crm_written").zip(told("call_ended"));
    let took = took.map(|(written, ended)| written.saturating_sub(ended));
    println!("from the end of the call to the written note: {took:?} ms, a reload included");

    browser.press("2");
    browser.wait_for("#past .call", reason);
    browser.click("#past .call");
    browser.wait_for("#call-head", "Daniel Whitmore");
    browser.reload();
    browser.wait_for("#past .call[aria-current=true]", "Daniel Whitmore");
    browser.wait_for(".summary", "Resolved");
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_mends_a_note_that_the_crm_refused_and_sends_it_again() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let http = HttpCrm::start(true);
    let mut tickets = 0;
    http.set_mood(move |asked| {
        tickets += u32::from(asked.starts_with("POST /tickets"));
        match tickets {
            1 => Mood::Refuses(422),
            _ => Mood::Fine,
        }
    });
    let description = http.description(Duration::from_secs(5), 1);
    let crm = Rest::parse("test.toml".as_ref(), &description, |_| None);
    let config = Config::default();
    let mut services = Services::temporary(&config).expect("the samples are right");
    services.crm = Arc::new(crm.expect("well formed"));
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_with(services, script.clone(), config).await;
    let desk = engine.address();
    browser.open(&format!("http://{desk}/"));
    browser.wait_for("#connection", "Connected");

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..2);
    browser.wait_for(".said[data-role=customer]", "charged twice");
    call.end().await;
    browser.wait_for("#review", "the CRM did not take the ticket: no");
    let mended = "Charged twice for April";
    browser.type_into("[name=reason]", &format!("{CLEARED}{mended}"));
    browser.click("[name=confirm]");
    browser.wait_for(".crm", "Ticket 0 written");
    browser.wait_for(".summary", mended);
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}
