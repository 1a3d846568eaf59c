//! Calls opened, changed and closed over REST.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_opened_changed_and_closed_over_rest() {
    let (engine, mut client, _) = engine().await;
    let address = engine.address();
    let events = follow(&mut client, "r-1").await;
    let call = json!({"call_id": "r-1", "caller": "(415) 555-0117", "agent_id": "agent-7",
        "direction": "inbound", "metadata": {"queue": "billing"},
        "legs": [{"role": "customer"}, {"role": "agent"}]});
    let (status, opened) = rest(address, "POST", "/v1/calls", call.clone()).await;
    assert_eq!(
        (status, &opened["call_id"]),
        (201, &json!("r-1")),
        "{opened}"
    );
    let to = |place: usize| RtpAddress {
        host: opened["addresses"][place]["host"]
            .as_str()
            .expect("a host")
            .to_owned(),
        port: opened["addresses"][place]["port"].as_u64().expect("a port") as u32,
        ..Default::default()
    };
    let said = packets(&mut Packetiser::new(7, 0, Codec::Pcmu), &script().sound(0));
    send(
        &to(0),
        said.into_iter().map(|packet| vec![packet]).collect(),
    )
    .await;
    let change = json!({"metadata": {"queue": "retention"}, "controls": [
        {"role": "agent", "do": {"join": {"role": "agent", "id": "agent-9", "name": "Bob"}}},
        {"role": "customer", "do": {"hold": true}},
    ]});
    let (status, changed) = rest(address, "PATCH", "/v1/calls/r-1", change).await;
    assert_eq!(status, 200, "{changed}");
    for (method, path, body, expected, part) in [
        ("POST", "/v1/calls", call, 409, "r-1"),
        ("POST", "/v1/calls", json!({}), 400, "at least one leg"),
        (
            "POST",
            "/v1/calls",
            json!({"legs": [{"role": "cook"}]}),
            400,
            "cook",
        ),
        (
            "POST",
            "/v1/calls",
            json!({"leg": []}),
            400,
            "unknown field `leg`",
        ),
        (
            "PATCH",
            "/v1/calls/r-1",
            json!({"controls": [{"role": "agent", "do": {"dtmf": {"key": "x"}}}]}),
            400,
            "no key",
        ),
        (
            "PATCH",
            "/v1/calls/none",
            json!({"caller": "1"}),
            404,
            "no call",
        ),
        ("DELETE", "/v1/calls/none", Value::Null, 404, "none"),
    ] {
        let (status, answer) = rest(address, method, path, body).await;
        let why = answer["error"].as_str().unwrap_or_default();
        assert!(
            status == expected && why.contains(part),
            "{method} {path}: {status} {answer}"
        );
    }
    let (status, _) = rest(address, "DELETE", "/v1/calls/r-1", Value::Null).await;
    assert_eq!(status, 204);
    let events = events.await.expect("followed");
    assert_eq!(
        finals(&events)[&Customer],
        ["I would like to cancel my contract today"]
    );
    let joined = events.iter().any(|event| {
        matches!(&event.detail, Some(Detail::PartyJoined(_))) && event.party_id == "agent-9"
    });
    assert!(joined, "the call was transferred");
}
