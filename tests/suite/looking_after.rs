//! Those who look after calls take care of one and write to its agent, over both protocols.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone::records::Note;
use sidetone::services::Services;
use sidetone_proto::v1;
use sidetone_tests::kit::{
    Script, close_call_of, connect, note, rest, said, scripted, scripted_with,
};
use tonic::Code;

async fn opened(engine: &Engine, id: &str, caller: &str) {
    let call = json!({
        "call_id": id, "caller": caller, "agent_id": "agent-7", "direction": "inbound",
        "languages": ["en"], "legs": [{"role": "agent"}, {"role": "customer"}],
    });
    let (status, body) = rest(engine.address(), "POST", "/v1/calls", call).await;
    assert_eq!(status, 201, "{body}");
}

async fn ask(address: SocketAddr, method: &'static str, path: &str) -> (u16, String) {
    let (status, body) = rest(address, method, path, Value::Null).await;
    (
        status,
        body["error"].as_str().unwrap_or_default().to_owned(),
    )
}

async fn listed(address: SocketAddr, id: &str) -> Value {
    let (_, calls) = rest(address, "GET", "/v1/calls", Value::Null).await;
    let mut calls = calls.as_array().expect("a list").iter();
    let call = calls.find(|call| call["call_id"] == id);
    call.expect("it is open").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_a_call_at_once_one_is_told_who_was_first() {
    let engine = scripted(Config::default()).await;
    let address = engine.address();
    opened(&engine, "a", "+14155550117").await;
    let (ann, bob) = tokio::join!(
        ask(address, "POST", "/v1/calls/a/claim?by=ann"),
        ask(address, "POST", "/v1/calls/a/claim?by=bob"),
    );
    let (first, second, refused) = match ann.0 {
        204 => ("ann", "bob", bob),
        _ => ("bob", "ann", ann),
    };
    assert_eq!(refused.0, 409);
    assert!(refused.1.contains(first), "{refused:?}");
    let again = ask(address, "POST", &format!("/v1/calls/a/claim?by={first}")).await;
    assert_eq!(again.0, 204, "it is so already");
    assert_eq!(listed(address, "a").await["claimed"]["by"], first);

    let mut client = connect(address).await;
    let claim = |by: &str| v1::ClaimCallRequest {
        call_id: "a".to_owned(),
        by: by.to_owned(),
    };
    let refused = client.claim_call(claim(second)).await.expect_err("taken");
    assert_eq!(refused.code(), Code::Aborted, "{refused}");
    assert_eq!(ask(address, "DELETE", "/v1/calls/a/claim").await.0, 204);
    client.claim_call(claim(second)).await.expect("free again");
    let calls = client.list_calls(v1::ListCallsRequest::default()).await;
    let calls = calls.expect("answered").into_inner().calls;
    assert_eq!(calls[0].claimed.as_ref().expect("claimed").by, second);

    assert_eq!(ask(address, "POST", "/v1/calls/b/claim").await.0, 404);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_the_agent_without_secrets_and_whoever_wrote_it_sees_that_it_was_read() {
    let engine = scripted(Config::default()).await;
    let address = engine.address();
    opened(&engine, "a", "+14155550117").await;
    let write = |text: String| {
        let body = json!({"text": text, "by": "sue"});
        rest(address, "POST", "/v1/calls/a/messages", body)
    };
    for (text, why) in [
        (" ", "needs words"),
        ("one\ntwo", "one line"),
        (&"x".repeat(501), "at most 500"),
    ] {
        let (status, body) = write(text.to_owned()).await;
        assert_eq!(status, 400, "{body}");
        assert!(
            body["error"].as_str().expect("a reason").contains(why),
            "{body}"
        );
    }
    let (status, body) = write("The card is 4111 1111 1111 1111".to_owned()).await;
    assert_eq!(status, 204, "{body}");
    assert_eq!(
        ask(address, "POST", "/v1/calls/a/messages/2/read").await.0,
        404
    );
    for _ in 0..2 {
        let read = ask(address, "POST", "/v1/calls/a/messages/1/read?by=ann").await;
        assert_eq!(read.0, 204);
    }
    let (_, call) = rest(address, "GET", "/v1/calls/a", Value::Null).await;
    let told: Vec<(&str, &str, &str)> = call["events"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap_or_default();
            (text("kind"), text("by"), text("text"))
        })
        .filter(|(kind, ..)| kind.starts_with("message"))
        .collect();
    let expected = [
        ("message", "sue", "The card is [card number]"),
        ("message_read", "ann", ""),
    ];
    assert_eq!(told, expected, "read once");

    let mut refused = None;
    for _ in 0..6 {
        let (status, body) = write("Offer the refund".to_owned()).await;
        if status != 204 {
            refused = Some((status, body));
            break;
        }
    }
    let (status, body) = refused.expect("an agent reads no more");
    assert_eq!(status, 503);
    assert!(
        body["error"]
            .as_str()
            .expect("a reason")
            .contains("too often"),
        "{body}"
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_called_before_is_known_with_the_next_engine() {
    let config = Config::default();
    let services = Services::temporary(&config).expect("the samples are right");
    let number = |n: u32| format!("+1415555{n:04}");
    for n in 0..20 {
        let note = Note {
            phone: Some(number(n)),
            ..note(&format!("past-{n}"))
        };
        let told = vec![said(1, "hello")];
        let closed = close_call_of(services.store.as_ref(), &note, told);
        closed.committed().await.expect("the disk takes it");
    }
    let engine = scripted_with(services, Script::default(), config).await;
    // They are read in the background: whoever calls in the first moment may not be known yet.
    for n in 0..20 {
        let id = format!("now-{n}");
        opened(&engine, &id, &number(n)).await;
        let before = &listed(engine.address(), &id).await["called_before"];
        if before["times"] == 1 {
            opened(&engine, "again", &number(n)).await;
            let again = &listed(engine.address(), "again").await["called_before"];
            assert_eq!(again["times"], 2, "{again}");
            opened(&engine, "other", "+14155559999").await;
            let other = &listed(engine.address(), "other").await["called_before"];
            assert_eq!(*other, Value::Null);
            engine.stop().await.expect("stopped");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody is known");
}
