//! The agent's desk in a real browser, from a call's first word to its ticket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sidetone::config::Config;
use sidetone::crm::Rest;
use sidetone::services::Services;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Browser, Client, HttpCrm, Mood, Script, connect, get, scripted_to_hear, scripted_with, skip,
    stream_from, stream_leg,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

const CALL: &str = "desk-1";
const CARD: &str = "#cards [data-fold$='/charged-twice-en']";

const LINES: [(v1::Role, &str); 5] = [
    (
        Agent,
        "Thank you for calling Northwind Telecom. How can I help you today?",
    ),
    (
        Customer,
        "I was charged twice on my invoice this month, and I want a refund.",
    ),
    (
        Agent,
        "I am sorry about that. I will start a refund for the duplicate charge right now.",
    ),
    (
        Customer,
        "If it is not fixed by Friday I will cancel my contract and file a complaint with the regulator.",
    ),
    (
        Agent,
        "The refund takes three to five business days. I will call you back on Thursday to confirm it.",
    ),
];

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
    browser.wait_for("#customer", "Charged twice for April");
    browser.wait_for(CARD, "Charged twice for the same bill");
    for (role, words) in [("agent", "charged twice"), ("customer", "Northwind")] {
        let said = browser
            .texts(&format!(".said[data-role={role}]"))
            .join("\n");
        assert!(!said.contains(words), "the {role} did not say: {said}");
    }
    browser.click(&format!("{CARD} [data-useful=true]"));

    call.say(2..4);
    browser.wait_for("#alerts .critical", "about to leave");
    browser.wait_for("#alerts .critical", "regulator");
    browser.click("#alerts .critical button[data-alert]");
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

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_a_note_written_again_that_the_crm_refused() {
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
    browser.wait_for(".crm", "Somebody has to look at it");
    browser.wait_for(".crm", "the CRM did not take the ticket: no");
    browser.click(".crm button[data-retry]");
    browser.wait_for(".crm", "Ticket 0 written");
    assert_eq!(browser.complaints(), [""; 0]);
    drop(browser);
    engine.stop().await.expect("stopped");
}

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

/// A call whose owner speaks line by line.
struct Speaking {
    requests: UnboundedSender<Request>,
    script: Script,
    events: JoinHandle<Vec<v1::CallEvent>>,
}

impl Speaking {
    fn begin(client: Client, script: Script) -> Self {
        let leg_of = |role| stream_leg(role, v1::AudioEncoding::Linear16);
        let config = v1::StreamingAnalyzeConfig {
            config: Some(v1::CallConfig {
                call_id: CALL.to_owned(),
                caller: "+14155550117".to_owned(),
                agent_id: "agent-7".to_owned(),
                direction: v1::Direction::Inbound.into(),
                languages: vec!["en".to_owned()],
                ..Default::default()
            }),
            legs: vec![leg_of(Agent), leg_of(Customer)],
            interim_results: true,
            ..Default::default()
        };
        let (requests, asked) = unbounded_channel();
        requests.send(Request::Config(config)).expect("it is open");
        let events = tokio::spawn(stream_from(client, asked));
        Self {
            requests,
            script,
            events,
        }
    }

    /// Says some lines, with a pause after each.
    fn say(&self, lines: std::ops::Range<usize>) {
        for line in lines {
            let pause = [0.0; 8_000];
            let sound = [self.script.sound(line), pause.to_vec()].concat();
            for piece in sound.chunks(160) {
                for role in [Agent, Customer] {
                    let speaks = role == LINES[line].0;
                    let sample = |s: &f32| if speaks { (s * 32_767.0) as i16 } else { 0 };
                    let content = piece.iter().flat_map(|s| sample(s).to_le_bytes());
                    let audio = Request::Audio(v1::AudioFrame {
                        role: role.into(),
                        content: content.collect(),
                        ..Default::default()
                    });
                    self.requests.send(audio).expect("the call is open");
                }
            }
        }
    }

    /// Hangs up.
    async fn end(self) {
        drop(self.requests);
        self.events.await.expect("the call ends");
    }
}

/// The call as the engine keeps it, once it is as it should be.
async fn stored(desk: SocketAddr, is: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = get(desk, &format!("/v1/calls/{CALL}"), usize::MAX).await;
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let call: Value = serde_json::from_str(body).expect("JSON");
        if is(&call) {
            return call;
        }
        assert!(Instant::now() < deadline, "not as expected: {call}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn events(call: &Value) -> impl Iterator<Item = &Value> {
    call["events"].as_array().expect("a list").iter()
}

/// The index takes in what was said a moment later; whoever finds nothing asks again.
fn search_until_found(browser: &Browser) {
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
