//! The desk in a frame of a CRM's page, on another origin: what they tell each other, and who may frame it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};

use serde_json::Value;
use sidetone::config::Config;
use sidetone_tests::kit::{Browser, Script, connect, scripted_to_hear, skip};

use super::speaking::{CALL, LINES, Speaking};

/// A page that frames the desk and writes down what it says.
fn host(listener: TcpListener, desk: SocketAddr) {
    let page = format!(
        "<!doctype html><title>CRM</title><script>window.told = [];\
         addEventListener('message', (event) => {{ if (event.origin === 'http://{desk}') told.push(event.data); }});\
         </script><iframe style=\"width:22rem;height:40rem\" src=\"http://{desk}/?agent=agent-7\"></iframe>"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(&stream).lines();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
        }
    });
}

fn free() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("bound"));
    (listener, origin)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crm_that_may_frames_the_desk_and_both_tell_each_other_and_no_other_page_does() {
    let Some(browser) = Browser::start("en-US") else {
        return skip("chromium or chromium-driver is not installed");
    };
    let (crm, origin) = free();
    let mut config = Config::default();
    config.server.embed_origins = vec![origin.clone()];
    let script = Script::of(&LINES.map(|(_, words)| words));
    let engine = scripted_to_hear(script.clone(), config).await;
    let desk = engine.address();
    host(crm, desk);
    browser.open(&origin);
    let told = |kind: &str| -> Vec<Value> {
        let all = browser.run("return told");
        let all = all.as_array().expect("a list").iter();
        all.filter(|one| one["type"] == kind).cloned().collect()
    };
    let wait_for = |kind: &str| -> Value {
        for _ in 0..600 {
            if let Some(first) = told(kind).into_iter().next() {
                return first;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("`{kind}` was never told: {}", browser.run("return told"));
    };
    let say = |message: &str| {
        browser.run(&format!(
            "frames[0].postMessage({message}, 'http://{desk}')"
        ));
    };
    assert_eq!(wait_for("ready")["sidetone"], 1);

    let call = Speaking::begin(connect(desk).await, script);
    call.say(0..4);
    let started = wait_for("call_started");
    assert_eq!(
        (&started["call_id"], &started["caller"]),
        (&CALL.into(), &"+14155550117".into())
    );
    assert_eq!(wait_for("customer")["name"], "Daniel Whitmore");
    assert_eq!(wait_for("suggestion")["article_id"], "charged-twice-en");
    assert_eq!(wait_for("alert")["call_id"], CALL);
    say("{ sidetone: 1, type: 'show_call', call_id: 'another' }");
    for _ in 0..600 {
        if told("shown").iter().any(|one| one["call_id"] == "another") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(told("shown").iter().any(|one| one["call_id"] == "another"));
    // Whoever comes later learns what is open.
    say(&format!(
        "{{ sidetone: 1, type: 'show_call', call_id: '{CALL}' }}"
    ));
    browser.run("told.length = 0");
    for _ in 0..600 {
        say("{ sidetone: 1, type: 'hello', language: 'fr' }");
        if told("shown").iter().any(|one| one["call_id"] == CALL) && !told("customer").is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(wait_for("customer")["name"], "Daniel Whitmore");
    say("{ sidetone: 1, type: 'sing' }");
    let problem = wait_for("error");
    assert!(
        problem["message"]
            .as_str()
            .is_some_and(|text| text.contains("`sing`"))
    );
    call.end().await;
    wait_for("call_ended");
    assert!(wait_for("note_written")["ticket_id"].is_string());
    let words = browser.run("return JSON.stringify(told)").to_string();
    assert!(!words.contains("refund"), "no words of the call: {words}");

    let (stranger, origin) = free();
    host(stranger, desk);
    browser.open(&origin);
    let mut complaints = browser.complaints();
    for _ in 0..600 {
        if complaints
            .iter()
            .any(|said| said.contains("frame-ancestors"))
        {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        complaints.extend(browser.complaints());
    }
    assert!(
        complaints
            .iter()
            .any(|said| said.contains("frame-ancestors")),
        "{complaints:?}"
    );
    assert_eq!(browser.run("return told"), serde_json::json!([]));
    drop(browser);
    engine.stop().await.expect("stopped");
}
