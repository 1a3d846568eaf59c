//! The table, and what is found out of requests.

use axum::http::HeaderValue;
use serde_json::json;
use sidetone_soap::Wsdl;

use super::*;

const ADDRESS: &str = "https://calls.example.com/soap";

#[test]
fn each_operation_of_the_table_is_described_in_both_versions() {
    let text = contract().wsdl(ADDRESS);
    let wsdl = Wsdl::read(text.as_bytes(), &mut |_| {
        Err("nothing is fetched".to_owned())
    });
    let wsdl = wsdl.expect("our own client reads it");
    let mut ours: Vec<&str> = contract().operations().collect();
    ours.sort_unstable();
    assert_eq!(wsdl.operations(), ours);
    for name in ours {
        for port in ["SidetoneSoap11", "SidetoneSoap12"] {
            let operation = wsdl.operation(name, Some(port)).expect(name);
            assert_eq!(operation.address, ADDRESS);
            assert_eq!(operation.action, format!("{}/{name}", contract::SPACE));
        }
    }
}

#[test]
fn what_the_table_takes_is_what_rest_takes() {
    use super::super::open::{Opening, Update};
    let all = json!({
        "call_id": "a", "caller": "x", "callee": "y", "direction": "inbound", "agent_id": "agent-7", "languages": ["en"],
        "vocabulary": [{"text": "roaming", "boost": 1.5}], "metadata": [{"name": "queue", "value": "billing"}],
        "recording": {"record": true, "class": "c", "consent": true}, "interim_results": true,
        "legs": [{"role": "agent", "party_id": "p", "party_name": "n",
                  "payloads": [{"payload_type": 96, "encoding": "L16", "clock_rate": 16000}]}],
    });
    serde_json::from_value::<Opening>(asked("OpenCall", &all)).expect("REST takes it");
    for what in [
        json!({"hold": true}),
        json!({"leave": "true"}),
        json!({"join": {"role": "agent", "id": "agent-9", "name": "Bob"}}),
        json!({"dtmf": {"key": "5", "duration_ms": 80}}),
        json!({"payloads": [{"payload_type": 0, "encoding": "PCMU"}]}),
    ] {
        let all = json!({
            "call_id": "a", "caller": "x", "direction": "outbound", "metadata": [{"name": "a", "value": "b"}],
            "controls": [{"role": "agent", "party_id": "p", "at_ms": 7, "do": what}], "legs": [{"role": "supervisor"}],
            "corrections": [{"utterance": 7, "text": "x", "by": "y"}], "recording": {"do": "pause", "by": "z"},
        });
        let mut asked = asked("UpdateCall", &all);
        asked.as_object_mut().expect("an object").remove("call_id");
        serde_json::from_value::<Update>(asked).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

/// What is made of a request, sent as another's client would.
fn asked(operation: &str, value: &serde_json::Value) -> serde_json::Value {
    let text = contract().wsdl(ADDRESS);
    let wsdl = Wsdl::read(text.as_bytes(), &mut |_| Err(String::new())).expect("a description");
    let of = wsdl.operation(operation, None).expect("it is there");
    let said = wsdl
        .request(&of, value)
        .expect("it fits")
        .expect("something");
    let (name, mut value) = contract().asked(&said).expect("understood");
    assert_eq!(name, operation);
    operations::as_objects(&mut value);
    value
}

#[test]
fn the_service_is_where_whoever_asks_has_reached_it() {
    for (host, is_tls, expected) in [
        (Some("10.0.0.5:7600"), false, "http://10.0.0.5:7600/soap"),
        (Some("desk.example"), true, "https://desk.example/soap"),
        (Some("\"><script>"), false, "http://localhost/soap"),
        (None, false, "http://localhost/soap"),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(header::HOST, HeaderValue::from_static(host));
        }
        assert_eq!(
            address(&headers, &Uri::from_static("/soap"), is_tls),
            expected
        );
    }
}

#[test]
fn a_message_is_over_once_its_time_has_passed() {
    assert_eq!(is_over(""), Ok(false));
    assert_eq!(is_over("1999-05-04T10:20:30.5Z"), Ok(true));
    assert_eq!(is_over("2999-05-04T10:20:30+02:00"), Ok(false));
    assert!(is_over("tomorrow").is_err());
}
