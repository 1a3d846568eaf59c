//! Whatever comes from an rtpengine, calls are opened, changed and closed in an order that makes
//! sense, and asking comes to an end.

#![expect(
    clippy::disallowed_methods,
    reason = "tests take a first moment from the clock and count from there"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};
use sidetone_core::describe::LegName;
use sidetone_doors::Forked;
use sidetone_doors::rtpengine::{Client, Output, Settings, TapId};

/// More than this at once is asked, or to be done, because nothing comes to an end.
const ENDLESS: usize = 2_000;

/// What happens next.
#[derive(Clone, Debug)]
enum Next {
    /// The oldest command is answered so.
    Answer(Value),
    /// Its answer is not even JSON, as a rule.
    Garbled(Vec<u8>),
    /// A datagram that nobody asked for.
    Stray(Vec<u8>),
    /// Time passes.
    Wait(u16),
    /// Somebody asks for a call.
    Tap(u8),
    /// The engine opens a call, or a leg of it.
    Opened,
    /// The engine ends one, or has not opened it.
    Closed,
}

fn word() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "A",
        "B",
        "C",
        "",
        "caller",
        "sidetone-A",
        "offer/answer",
        "pub/sub",
        "audio",
        "send",
        "recv",
        "ok",
        "error",
        "Unknown call-id",
        "call-1",
        "call-2",
    ]);
    prop_oneof![words.prop_map(str::to_owned), ".{0,8}"]
}

fn sdp() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("m=audio 9 RTP/AVP 0 8 101".to_owned()),
        Just("m=audio 9 RTP/AVP 9 9 999 -1".to_owned()),
        Just("m=video 9 RTP/AVP 31".to_owned()),
        Just("a=rtpmap:101 telephone-event/0".to_owned()),
        Just("a=rtpmap:8 PCMA/8000/300".to_owned()),
        Just("a=rtpmap:101 L16/16000".to_owned()),
        ".{0,20}",
    ];
    prop::collection::vec(line, 0..6).prop_map(|lines| {
        let head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0";
        format!("{head}\r\n{}\r\n", lines.join("\r\n"))
    })
}

fn monologue() -> impl Strategy<Value = Value> {
    let flags = prop::collection::vec(word(), 0..3);
    (word(), word(), word(), flags, any::<bool>()).prop_map(|(tag, label, peer, flags, open)| {
        let port = open.then_some(7);
        json!({"tag": tag, "label": label,
            "subscriptions": [{"tag": peer, "type": "offer/answer"}],
            "medias": [{"type": "audio", "flags": flags, "streams": [{"local port": port}]}]})
    })
}

/// Answers of all commands in one, or anything.
fn answer() -> impl Strategy<Value = Value> {
    let result = prop_oneof![3 => Just("ok".to_owned()), 1 => word()];
    let tags = prop::collection::vec(monologue(), 0..12);
    let calls = prop::collection::vec(word(), 0..4);
    let right = (result, word(), tags, calls, sdp(), 0..4_u64).prop_map(
        |(result, reason, tags, calls, sdp, signal)| {
            let tags = tags.into_iter().enumerate();
            let tags: BTreeMap<String, Value> = tags.map(|(i, tag)| (i.to_string(), tag)).collect();
            json!({"result": result, "error-reason": reason, "tags": tags, "calls": calls,
                "sdp": sdp, "last signal": signal})
        },
    );
    let leaf = prop_oneof![
        word().prop_map(Value::from),
        any::<f64>().prop_map(Value::from)
    ];
    let any = leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop::sample::select(vec!["result", "tags", "calls", "sdp", "medias", "streams"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4).prop_map(|parts| json!(parts)),
        ]
    });
    prop_oneof![6 => right, 1 => any]
}

fn next() -> impl Strategy<Value = Next> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..24);
    prop_oneof![
        12 => answer().prop_map(Next::Answer),
        1 => bytes().prop_map(Next::Garbled),
        1 => bytes().prop_map(Next::Stray),
        4 => any::<u16>().prop_map(Next::Wait),
        1 => (0..4_u8).prop_map(Next::Tap),
        3 => Just(Next::Opened),
        1 => Just(Next::Closed),
    ]
}

/// Two thousand, or more if `PROPTEST_CASES` says so.
fn cases() -> ProptestConfig {
    let cases = ProptestConfig::default().cases.max(2_000);
    ProptestConfig::with_cases(cases)
}

/// A call as the engine sees it.
#[derive(Default)]
struct Call {
    /// Legs without an address yet.
    waiting: Vec<LegName>,
    known: Vec<LegName>,
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_rtpengine_is_borne(
        watch in any::<bool>(),
        steps in prop::collection::vec(next(), 0..60),
    ) {
        let mut now = Instant::now();
        let settings = Settings {
            watch,
            interval: Duration::from_millis(500),
            name: "sidetone".to_owned(),
            caller: Forked::Agent,
        };
        let mut client = Client::new(settings, "run".to_owned(), now);
        let mut cookies: Vec<Vec<u8>> = Vec::new();
        let mut calls: BTreeMap<TapId, Call> = BTreeMap::new();
        for step in steps {
            match step {
                Next::Answer(answer) if !cookies.is_empty() => {
                    let cookie = cookies.remove(0);
                    // What is no answer of the protocol is refused.
                    let _ = client.datagram(now, &[&cookie, answer.to_string().as_bytes()].concat());
                }
                Next::Garbled(bytes) if !cookies.is_empty() => {
                    let _ = client.datagram(now, &[&cookies[0], &bytes[..]].concat());
                }
                Next::Answer(_) | Next::Garbled(_) => {}
                Next::Stray(bytes) => prop_assert!(client.datagram(now, &bytes).is_err()),
                Next::Wait(ms) => {
                    now += Duration::from_millis(ms.into());
                    client.tick(now);
                }
                // One that is tapped already is refused.
                Next::Tap(call) => drop(client.tap(format!("call-{call}"), None)),
                Next::Opened => {
                    let waits = calls.iter_mut().find(|(_, call)| !call.waiting.is_empty());
                    if let Some((id, call)) = waits {
                        let address = ([192, 0, 2, 7], 40_002).into();
                        let legs: Vec<_> = call.waiting.drain(..).map(|leg| (leg, address)).collect();
                        client.opened(now, *id, &legs);
                    }
                }
                Next::Closed => {
                    if let Some((id, _)) = calls.pop_first() {
                        client.closed(now, id);
                    }
                }
            }
            for _ in 0..ENDLESS {
                let Some(output) = client.poll(now) else { break };
                match output {
                    Output::Send(datagram) => {
                        let end = datagram.iter().position(|byte| *byte == b' ');
                        let cookie = datagram[..=end.expect("a blank")].to_vec();
                        if !cookies.contains(&cookie) {
                            cookies.push(cookie);
                        }
                    }
                    Output::Open(id, found) => {
                        prop_assert!((1..=8).contains(&found.legs.len()));
                        let legs = found.legs.iter().map(|leg| LegName::of(&leg.party));
                        let legs: Vec<LegName> = legs.collect();
                        let call = Call { waiting: legs.clone(), known: legs };
                        prop_assert!(calls.insert(id, call).is_none(), "opened twice");
                    }
                    Output::AddLeg(id, heard) => {
                        let call = calls.get_mut(&id).expect("it is open");
                        let name = LegName::of(&heard.party);
                        prop_assert!(!call.known.contains(&name) || !call.waiting.contains(&name));
                        call.waiting.push(name.clone());
                        call.known.push(name);
                    }
                    Output::Control(id, leg, _) => {
                        prop_assert!(calls[&id].known.contains(&leg), "no leg of the call");
                    }
                    Output::Close(id, _) => {
                        prop_assert!(calls.remove(&id).is_some(), "closed what is not open");
                    }
                    Output::Refuse(id, _) => prop_assert!(!calls.contains_key(&id)),
                }
            }
            prop_assert!(client.poll(now).is_none(), "it comes to no end");
        }
        client.stop(now);
        while let Some(output) = client.poll(now) {
            prop_assert!(matches!(output, Output::Send(_)));
        }
    }
}
