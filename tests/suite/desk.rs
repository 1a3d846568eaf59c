//! The agent's desk in a real browser, from a call's first word to its ticket.

#[path = "desk/after.rs"]
mod after;
#[path = "desk/board.rs"]
mod board;
mod caller;
#[path = "desk/customers.rs"]
mod customers;
#[path = "desk/embed.rs"]
mod embed;
#[path = "desk/everybody.rs"]
mod everybody;
#[path = "desk/friction.rs"]
mod friction;
#[path = "desk/knowledge.rs"]
mod knowledge;
#[path = "desk/speaking.rs"]
mod speaking;
#[path = "desk/wall.rs"]
mod wall;
#[path = "desk/work.rs"]
mod work;

use std::time::{Duration, Instant};

use serde_json::Value;
use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, scripted_to_hear, skip};

use speaking::{LINES, Speaking, events, stored};

/// As what is to say now, or below it.
const CARD: &str =
    ":is(#now [data-key$='/charged-twice-en'], #cards [data-fold$='/charged-twice-en'])";

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_a_call_from_its_first_word_to_its_ticket() {
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
    browser.wait_for("#live .call", "Daniel Whitmore");
    browser.wait_for(".said[data-role=agent]", "Northwind Telecom");
    browser.wait_for(".said[data-role=customer]", "charged twice");
    browser.wait_for("#customer", "1 open ticket");
    browser.wait_for(CARD, "Charged twice for the same bill");
    for (role, words) in [("agent", "charged twice"), ("customer", "Northwind")] {
        let said = browser
            .texts(&format!(".said[data-role={role}]"))
            .join("\n");
        assert!(!said.contains(words), "the {role} did not say: {said}");
    }
    browser.click(&format!("{CARD} [data-useful=true]"));
    correct(
        &browser,
        "charged twice",
        "I was charged twice on my April bill.",
    );

    call.say(2..4);
    browser.wait_for("#now .critical", "about to leave");
    browser.click("#now .why summary");
    browser.wait_for("#now .critical", "regulator");
    assert_eq!(
        browser.texts("#now article").len(),
        1,
        "one thing at a time"
    );
    browser.click("#now [data-done]");
    stored(desk, |call| {
        let thumb = &call["feedback"][0];
        (&thumb["article_id"], &thumb["useful"]) == (&"charged-twice-en".into(), &true.into())
            && call["acknowledged"][0].is_number()
    })
    .await;

    browser.reload();
    browser.wait_for("#live .call", "Daniel Whitmore");
    browser.wait_for(
        &format!("{CARD}:has([data-useful=true][aria-pressed=true])"),
        "",
    );
    browser.wait_for("#alerts .seen [aria-pressed=true]", "");

    call.say(4..5);
    call.end().await;
    let written = |event: &&Value| event["kind"] == "crm_written";
    let kept = stored(desk, |call| events(call).any(|event| written(&event))).await;
    let ticket = events(&kept).find(written).expect("it is there");
    let ticket = ticket["ticket_id"].as_str().expect("an id");
    browser.wait_for(".crm", &format!("Ticket {ticket} written"));
    browser.wait_for("#call-head", "End of the recording");
    let summary = browser.wait_for(".summary", "charged twice");
    assert!(
        ["Urgent", "Promised", "Follow-ups", "Thu"]
            .iter()
            .all(|word| summary.contains(word)),
        "{summary}"
    );
    browser.wait_for("#ended .call", "Daniel Whitmore");

    browser.click("[data-lang=zh]");
    browser.wait_for(".crm", &format!("已建工单 {ticket}"));
    browser.click("[data-lang=en]");

    browser.click("[data-go=search]");
    browser.type_into("#query", "regulator\n");
    search_until_found(&browser);
    browser.click("#results .hit");
    browser.wait_for("#call-head", "Daniel Whitmore");
    browser.wait_for(".said.sought", "regulator");
    browser.wait_for(".crm", ticket);

    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}

/// Puts right what the customer was heard to say.
fn correct(browser: &Browser, heard: &str, meant: &str) {
    browser.wait_for(".said[data-role=customer]", heard);
    browser.click(".said[data-role=customer] .edit");
    browser.type_into(".correct textarea", &format!("{CLEARED}{meant}\n"));
    browser.wait_for(".said[data-role=customer]", meant);
}

/// All of a field is chosen, to be replaced by what is typed next: control and A, let go.
pub(super) const CLEARED: &str = "\u{e009}a\u{e000}";

/// A browser opens six connections to a host that speaks HTTP/1.1.
const TABS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_in_more_tabs_than_a_browser_has_connections_loads_and_works_in_each() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), Config::default()).await;
    let desk = engine.address();
    let tabs: Vec<String> = (0..TABS)
        .map(|_| browser.open_in_new_tab(&format!("http://{desk}/")))
        .collect();
    for tab in &tabs {
        browser.turn_to(tab);
        browser.wait_for("#connection", "Connected");
    }

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..2);
    for tab in &tabs {
        browser.turn_to(tab);
        browser.wait_for(".said[data-role=customer]", "charged twice");
    }
    browser.click(&format!("{CARD} [data-useful=true]"));
    stored(desk, |call| call["feedback"][0]["useful"] == true).await;

    call.end().await;
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}

/// The index takes in what was said a moment later; whoever finds nothing asks again.
pub(super) fn search_until_found(browser: &Browser) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let note = browser.wait_for("#search-note", "ound");
        if !note.starts_with("Nothing") {
            return;
        }
        assert!(Instant::now() < deadline, "{note}");
        browser.click("#search-form [type=submit]");
    }
}
