//! What bodies are taken, and that any others are refused.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, from_value, json};
use sidetone_core::describe::check_known;

use super::super::calls::Feedback;
use super::*;

#[test]
fn whoever_changes_the_agent_is_told_how() {
    let update = json!({"agent_id": "agent-9", "metadata": {}});
    let error = from_value::<Update>(update).err().expect("refused");
    assert!(error.to_string().contains("\"join\""), "{error}");
    assert!(from_value::<Update>(json!({"metadata": {}})).is_ok());
}

#[test]
fn a_call_is_read_with_all_that_is_known_of_it_and_nothing_else() {
    let known = json!({
        "call_id": "c", "caller": "+14155550117", "callee": "+14155550100",
        "direction": "outbound", "agent_id": "agent-7", "languages": ["de"],
        "vocabulary": [{"text": "Sidetone", "boost": 1.5}], "metadata": {"queue": "sales"},
        "interim_results": true,
    });
    let with = |name: &str, value: Value| {
        let mut body = known.clone();
        body[name] = value;
        body
    };
    let opening: Opening = from_value(with("legs", json!([{"role": "agent"}]))).expect("a call");
    let tap: Tap = from_value(with("rtpengine_call_id", json!("sip-1"))).expect("a tap");
    assert_eq!((opening.legs.len(), &*tap.rtpengine_call_id), (1, "sip-1"));
    for (config, interim) in [
        (opening.config, opening.interim_results),
        (tap.config, tap.interim_results),
    ] {
        assert_eq!(interim, Some(true));
        let config = v1::CallConfig::from(config);
        assert_eq!((&*config.call_id, &*config.agent_id), ("c", "agent-7"));
        assert_eq!(config.direction(), v1::Direction::Outbound);
        assert_eq!(
            (config.languages.len(), config.vocabulary[0].boost),
            (1, 1.5)
        );
        assert_eq!(config.metadata["queue"], "sales");
    }

    for (body, part) in [
        (with("callerr", json!("x")), "unknown field `callerr`"),
        (
            with("rtpengine_call_id", json!("x")),
            "unknown field `rtpengine_call_id`",
        ),
        (
            with("vocabulary", json!([{"txt": "x"}])),
            "unknown field `txt`",
        ),
        (with("direction", json!("up")), "unknown variant `up`"),
    ] {
        let error = from_value::<Opening>(body).err().expect(part).to_string();
        assert!(error.contains(part), "{error}");
    }
    let error = from_value::<Tap>(with("legs", json!([])))
        .err()
        .expect("no field");
    assert!(
        error.to_string().contains("unknown field `legs`"),
        "{error}"
    );
    assert!(
        from_value::<Opening>(json!({})).is_ok(),
        "all may be left out"
    );
}

/// JSON of the names that bodies have, in any place, with any values.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "agent",
            "customer",
            "inbound",
            "leave",
            "en",
            "zh-TW",
            "PCMU",
            "L16",
            "telephone-event",
            "+14155550117",
            "(415) 555-0117;ext=1",
            "#",
            "call-1",
            "..",
        ])
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9+ ();=a-z.]{0,300}".prop_map(Value::from),
    ];
    let names = prop::sample::select(NAMES.to_vec());
    leaf.prop_recursive(4, 48, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..10).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6).prop_map(|parts| json!(parts)),
        ]
    })
}

const NAMES: [&str; 30] = [
    "call_id",
    "caller",
    "callee",
    "direction",
    "agent_id",
    "languages",
    "vocabulary",
    "metadata",
    "interim_results",
    "legs",
    "controls",
    "rtpengine_call_id",
    "customer_tag",
    "text",
    "boost",
    "role",
    "party_id",
    "party_name",
    "payloads",
    "payload_type",
    "encoding",
    "clock_rate",
    "at_ms",
    "do",
    "hold",
    "join",
    "dtmf",
    "key",
    "duration_ms",
    "id",
];

/// What is usual in one place, and now and then anything.
fn mostly(usual: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![12 => usual, 1 => value()].boxed()
}

fn leg() -> impl Strategy<Value = Value> {
    let encodings = prop::sample::select(vec!["PCMU", "L16", "telephone-event", "cn"]);
    let rates = prop::sample::select(vec![0_u32, 8_000, 16_000]);
    let (encoding, rate) = (encodings.prop_map(Value::from), rates.prop_map(Value::from));
    let number = mostly((96..128_u8).prop_map(Value::from));
    let payload = (number, mostly(encoding), mostly(rate)).prop_map(|(number, encoding, rate)| {
        json!({"payload_type": number, "encoding": encoding, "clock_rate": rate})
    });
    let roles = vec!["agent", "customer", "supervisor", "bot", "unknown"];
    let role = mostly(prop::sample::select(roles).prop_map(Value::from));
    let id = mostly(".{0,3}".prop_map(Value::from));
    (role, id, prop::collection::vec(payload, 0..3)).prop_map(
        |(role, id, payloads)| json!({"role": role, "party_id": id, "payloads": payloads}),
    )
}

fn control() -> impl Strategy<Value = Value> {
    let key = ("[0-9*#A-D]|.{0,3}", any::<u64>());
    let what = prop_oneof![
        Just(json!("leave")),
        any::<bool>().prop_map(|on| json!({"hold": on})),
        key.prop_map(|(key, ms)| json!({"dtmf": {"key": key, "duration_ms": ms}})),
        (".{0,3}", value())
            .prop_map(|(id, name)| { json!({"join": {"role": "agent", "id": id, "name": name}}) }),
        leg().prop_map(|leg| json!({"payloads": leg["payloads"]})),
    ];
    (mostly(what), mostly(any::<u32>().prop_map(Value::from)))
        .prop_map(|(what, at)| json!({"role": "agent", "at_ms": at, "do": what}))
}

/// A body that is nearly right: what is needed, and any others in its place or beside it.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let legs = || prop::collection::vec(leg(), 1..10);
    let needed = prop_oneof![
        legs().prop_map(|legs| json!({"legs": legs})),
        mostly(Just(json!("sip-1"))).prop_map(|id| json!({"rtpengine_call_id": id})),
        (legs(), prop::collection::vec(control(), 0..4))
            .prop_map(|(legs, controls)| json!({"legs": legs, "controls": controls})),
    ];
    let others = prop::sample::select(NAMES.to_vec());
    let others = prop::collection::btree_map(others, value(), 0..3);
    let object = (needed, others).prop_map(|(mut body, others)| {
        for (name, other) in others {
            body[name] = other;
        }
        body.to_string().into_bytes()
    });
    let object = object.boxed();
    let harmed = (object.clone(), any::<prop::sample::Index>(), any::<u8>());
    prop_oneof![
        8 => object,
        2 => value().prop_map(|value| value.to_string().into_bytes()),
        1 => harmed.prop_map(|(mut bytes, at, byte)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

/// How many bodies were taken.
#[derive(Default)]
struct Taken {
    calls: usize,
    taps: usize,
    changes: usize,
}

impl Taken {
    /// Reads a body as each of those that there are, and what it says as the engine does.
    fn read(&mut self, body: &[u8]) -> Result<(), TestCaseError> {
        let defaults = crate::config::Defaults::default();
        if let Ok(opening) = serde_json::from_slice::<Opening>(body) {
            match convert::rtp_call(opening.into(), &defaults) {
                Ok((_, call)) => match call.check() {
                    Ok(()) => {
                        prop_assert!((1..=8).contains(&call.legs.len()));
                        self.calls += 1;
                    }
                    Err(error) => prop_assert!(!error.to_string().is_empty()),
                },
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
        let _ = serde_json::from_slice::<Feedback>(body);
        if let Ok(tap) = serde_json::from_slice::<Tap>(body) {
            self.taps += usize::from(convert::tap(tap.into(), &defaults).is_ok());
        }
        if let Ok(update) = serde_json::from_slice::<Update>(body)
            && let Ok((_, update)) = convert::call_update(update.of("c".to_owned()), &defaults)
        {
            let nothing = convert::rtp_call(Default::default(), &defaults);
            let mut known = nothing.expect("all may be left out").1.known();
            update.change.apply(&mut known);
            // What is too much is refused by the call.
            let _ = check_known(&known);
            self.changes += 1;
        }
        Ok(())
    }
}

#[test]
fn any_body_is_taken_or_refused() {
    let mut taken = Taken::default();
    let cases = ProptestConfig::default().cases.max(1_000);
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let cell = std::cell::RefCell::new(&mut taken);
    let ran = runner.run(&body(), |body| cell.borrow_mut().read(&body));
    ran.expect("any body is");
    let Taken {
        calls,
        taps,
        changes,
    } = taken;
    // Else this would say nothing of what is behind the reading.
    assert!(
        calls > 0 && taps > 0 && changes > 0,
        "{calls} {taps} {changes}"
    );
}
