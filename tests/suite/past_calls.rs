//! Calls that are over are listed page by page, over gRPC and over HTTP.

use serde_json::Value;
use sidetone::config::Config;
use sidetone::records::Note;
use sidetone::services::Services;
use sidetone_proto::v1;
use sidetone_tests::kit::{Script, close_call_of, connect, get, note, said, scripted_with};
use sidetone_types::customer::Customer;
use sidetone_types::event::EventKind;
use tonic::Code;

fn customer(name: &str) -> EventKind {
    EventKind::CustomerIdentified(Customer {
        customer_id: format!("C-{name}"),
        name: name.to_owned(),
        tier: "gold".to_owned(),
        ..Customer::default()
    })
}

/// The JSON of an answer.
fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    let json = body.find('{').expect("an object")..=body.rfind('}').expect("closed");
    serde_json::from_str(&body[json]).expect("JSON")
}

fn ids(page: &Value) -> Vec<&str> {
    let calls = page["calls"].as_array().expect("a list").iter();
    calls.filter_map(|call| call["call_id"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_over_are_listed_page_by_page_over_both_protocols() {
    let config = Config::default();
    let services = Services::temporary(&config).expect("the samples are right");
    for (call, agent, name) in [
        ("a", "agent-7", "Ann Miller"),
        ("b", "agent-8", "Bob Müller"),
        ("c", "agent-7", "王小明"),
        ("d", "agent-7", "Ann Other"),
    ] {
        let note = Note {
            agent_id: agent.to_owned(),
            ..note(call)
        };
        let told = vec![customer(name), said(1, "hello")];
        let closed = close_call_of(services.store.as_ref(), &note, told);
        closed.committed().await.expect("the disk takes it");
    }
    let engine = scripted_with(services, Script::default(), config).await;
    let address = engine.address();
    let mut client = connect(address).await;

    let list = |query: String| async move {
        let answer = get(address, &format!("/v1/past-calls?{query}"), usize::MAX).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        body(&answer)
    };
    let first = list("limit=3".to_owned()).await;
    assert_eq!(ids(&first), ["d", "c", "b"]);
    let next = first["next"].as_str().expect("there are more");
    let rest = list(format!("limit=3&before={next}")).await;
    assert_eq!((ids(&rest), &rest["next"]), (vec!["a"], &Value::Null));
    let call = &rest["calls"][0];
    for (field, expected) in [
        ("agent_id", "agent-7"),
        ("caller", "+14155550117"),
        ("direction", "inbound"),
        ("reason", "话费\"重复\"扣款"),
        ("lang", "zh"),
    ] {
        assert_eq!(call[field], expected, "{field}");
    }
    assert_eq!(call["customer"]["name"], "Ann Miller");
    assert_eq!(
        (&call["urgent"], &call["recorded"]),
        (&true.into(), &false.into())
    );
    for (query, expected) in [
        ("agent_id=agent-8", &["b"][..]),
        ("customer=ann", &["d", "a"]),
        ("customer=C-Bob%20M%C3%BCller", &["b"]),
        ("customer=%E5%B0%8F%E6%98%8E", &["c"]),
        ("urgent=false", &[]),
        (
            "direction=inbound&from=0&agent_id=agent-7",
            &["d", "c", "a"],
        ),
        ("until=1000", &[]),
    ] {
        assert_eq!(ids(&list(query.to_owned()).await), expected, "{query}");
    }

    let request = |before: String| v1::ListPastCallsRequest {
        customer: "ann".to_owned(),
        limit: 1,
        before,
        ..Default::default()
    };
    let first = client.list_past_calls(request(String::new())).await;
    let first = first.expect("answered").into_inner();
    let rest = client.list_past_calls(request(first.next)).await;
    let rest = rest.expect("answered").into_inner();
    let told = [&first.calls[0], &rest.calls[0]].map(|call| call.call_id.as_str());
    assert_eq!((told, rest.next.as_str()), (["d", "a"], ""));
    assert_eq!(rest.calls[0].direction(), v1::Direction::Inbound);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_is_refused_with_what_can_be_asked_for() {
    let config = Config::default();
    let services = Services::temporary(&config).expect("the samples are right");
    let engine = scripted_with(services, Script::default(), config).await;
    for (query, told) in [
        ("limit=201", "1 to 200"),
        ("before=c-1", "what `next` of an answer says"),
        ("note=lost", "waiting, in_flight, delivered, dead"),
        ("colour=red", "agent_id, customer, from, until"),
        ("from=5&until=5", "`until` has to lie behind `from`"),
    ] {
        let answer = get(
            engine.address(),
            &format!("/v1/past-calls?{query}"),
            usize::MAX,
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        let error = body(&answer);
        let error = error["error"].as_str().expect("a reason");
        assert!(error.contains(told), "{query}: {error}");
    }
    let mut client = connect(engine.address()).await;
    let request = v1::ListPastCallsRequest {
        limit: 201,
        ..Default::default()
    };
    let refused = client.list_past_calls(request).await.expect_err("too many");
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    engine.stop().await.expect("stopped");
}
