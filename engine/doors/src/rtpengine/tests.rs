//! The client against an rtpengine that is a few lines, and answers as 10.5 does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidetone_core::call::Control;
use sidetone_core::describe::LegName;
use sidetone_media::rtp::Payload;
use sidetone_types::event::EndReason;
use sidetone_types::party::Role;

use super::{BadAnswer, Client, Output, Settings, TapError, TapId};
use crate::{Forked, Found, Heard};

const SECOND: Duration = Duration::from_secs(1);
/// What IPv4 takes.
const LONGEST_DATAGRAM: usize = 65_507;
const RINGING: &[(&str, &str, &str)] = &[("A", "", ""), ("", "A", "")];
const TALKING: &[(&str, &str, &str)] = &[("A", "B", "send recv"), ("B", "A", "send recv")];

/// An rtpengine: its calls with who is in them (tag, peer, flags), and what it was asked.
#[derive(Default)]
struct RtpEngine {
    calls: BTreeMap<String, Vec<(String, String, String)>>,
    labels: BTreeMap<String, String>,
    ours: Vec<String>,
    codecs: String,
    last_signal: u64,
    asked: Vec<Value>,
    /// It is not there.
    down: bool,
    /// What it says to answers of subscriptions.
    refuses: bool,
}

impl RtpEngine {
    fn call(&mut self, id: &str, tags: &[(&str, &str, &str)]) {
        let own = |(a, b, c): &(&str, &str, &str)| (a.to_string(), b.to_string(), c.to_string());
        self.calls
            .insert(id.to_owned(), tags.iter().map(own).collect());
        self.last_signal += 1;
    }

    fn answer(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let text = str::from_utf8(datagram).expect("text");
        let (cookie, command) = text.split_once(' ').expect("a cookie");
        let command: Value = serde_json::from_str(command).expect("JSON");
        if self.down {
            return None;
        }
        self.asked.push(command.clone());
        let answer = self.done(&command);
        let datagram = format!("{cookie} {answer}").into_bytes();
        (datagram.len() <= LONGEST_DATAGRAM).then_some(datagram)
    }

    fn done(&mut self, command: &Value) -> Value {
        let name = command["command"].as_str().expect("a command");
        let to_tag = command["to-tag"].as_str().unwrap_or_default().to_owned();
        let call = command["call-id"]
            .as_str()
            .and_then(|id| self.calls.get(id));
        let Some(call) = call else {
            return match name {
                "ping" => json!({"result": "pong"}),
                "list" => {
                    let limit = command["limit"].as_u64().expect("a limit") as usize;
                    let calls: Vec<&String> = self.calls.keys().take(limit).collect();
                    json!({"result": "ok", "calls": calls})
                }
                _ => json!({"result": "error", "error-reason": "Unknown call-id"}),
            };
        };
        match name {
            "query" => {
                let monologue = |(tag, peer, flags): &(String, String, String)| {
                    let port = (!flags.contains("deleted")).then_some(52_300);
                    let value = json!({"tag": tag, "label": self.labels.get(tag).cloned().unwrap_or_default(),
                        "subscriptions": [{"tag": peer, "type": "offer/answer"}],
                        "medias": [{"type": "audio", "flags": flags.split(' ').collect::<Vec<_>>(),
                            "streams": [{"local port": port}]}]});
                    (tag.clone(), value)
                };
                let mut tags: serde_json::Map<String, Value> = call.iter().map(monologue).collect();
                for tag in &self.ours {
                    tags.insert(tag.clone(), json!({"tag": tag}));
                }
                json!({"result": "ok", "last signal": self.last_signal, "tags": tags})
            }
            "subscribe request" => {
                self.last_signal += 1;
                self.ours.push(to_tag);
                let transcoded = match command["codec"].is_object() && !self.codecs.contains("none")
                {
                    true => " 0",
                    false => "",
                };
                let formats = format!("{}{transcoded}", self.codecs);
                json!({"result": "ok", "sdp": format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n\
                    c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 52330 RTP/AVP {formats}\r\na=sendonly\r\n")})
            }
            "subscribe answer" if self.refuses => {
                json!({"result": "error", "error-reason": "Failed to process subscription answer"})
            }
            "delete" => {
                let ours = command["from-tag"].as_str().expect("a tag").to_owned();
                self.ours.retain(|tag| *tag != ours);
                json!({"result": "ok"})
            }
            _ => json!({"result": "ok"}),
        }
    }

    /// How often it was asked that.
    fn count(&self, command: &str) -> usize {
        let asked = self.asked.iter();
        asked.filter(|asked| asked["command"] == command).count()
    }
}

struct Test {
    client: Client,
    rtpengine: RtpEngine,
    now: Instant,
}

impl Test {
    fn new(watch: bool) -> Self {
        Self::every(SECOND, watch)
    }

    /// One that looks for calls so often.
    fn every(interval: Duration, watch: bool) -> Self {
        let now = Instant::now();
        let settings = Settings {
            watch,
            interval,
            name: "sidetone".to_owned(),
            caller: Forked::Customer,
        };
        Self {
            client: Client::new(settings, "run".to_owned(), now),
            rtpengine: RtpEngine {
                codecs: "0 8".to_owned(),
                ..Default::default()
            },
            now,
        }
    }

    /// Lets time pass, and all commands be answered. Gives what else is to be done.
    fn pass(&mut self, time: Duration) -> Vec<Output> {
        let end = self.now + time;
        let mut outputs = Vec::new();
        loop {
            while let Some(output) = self.client.poll(self.now) {
                match output {
                    Output::Send(datagram) => {
                        if let Some(answer) = self.rtpengine.answer(&datagram) {
                            assert!(self.client.datagram(self.now, &answer).is_ok());
                            let again = self.client.datagram(self.now, &answer);
                            assert!(matches!(again, Err(BadAnswer::Unasked)));
                        }
                    }
                    other => outputs.push(other),
                }
            }
            let next = self.client.deadline();
            if next > end {
                self.now = end;
                return outputs;
            }
            self.now = self.now.max(next);
            self.client.tick(self.now);
        }
    }

    /// A call is found and opened.
    fn opened(&mut self) -> (TapId, Found) {
        let mut outputs = self.pass(SECOND);
        let Some(Output::Open(id, found)) = outputs.pop() else {
            panic!("nothing is opened: {outputs:?}")
        };
        let addresses: Vec<_> = found.legs.iter().map(address).collect();
        self.client.opened(self.now, id, &addresses);
        (id, found)
    }
}

fn address(heard: &Heard) -> (LegName, SocketAddr) {
    (
        LegName::of(&heard.party),
        SocketAddr::from(([192, 0, 2, 7], 40_002)),
    )
}

fn roles(found: &Found) -> Vec<Role> {
    found.legs.iter().map(|leg| leg.party.role).collect()
}

#[test]
fn a_call_is_found_once_two_speak_and_left_when_it_is_over() {
    let mut test = Test::new(true);
    test.rtpengine.call("c", RINGING);
    assert!(test.pass(3 * SECOND).is_empty(), "nobody speaks");
    test.rtpengine.call("c", TALKING);
    test.rtpengine.labels = [("A", "+14155550117"), ("B", "agent-7")]
        .map(|(tag, label)| (tag.to_owned(), label.to_owned()))
        .into();
    let (id, found) = test.opened();
    assert_eq!(roles(&found), [Role::Customer, Role::Agent]);
    for (name, value) in [
        ("call_id", "c"),
        ("from_tag", "A"),
        ("to_tag", "B"),
        ("caller", "+14155550117"),
        ("agent", "agent-7"),
        ("direction", "inbound"),
    ] {
        assert_eq!(found.fields.first(&[name]), Some(value), "{name}");
    }
    assert!(test.pass(5 * SECOND).is_empty());
    let answers = test.rtpengine.asked.iter();
    let answers: Vec<_> = answers
        .filter(|asked| asked["command"] == "subscribe answer")
        .map(|asked| (asked["from-tag"].clone(), asked["to-tag"].clone()))
        .collect();
    assert_eq!(
        answers[..2],
        [("A", "sidetone-A"), ("B", "sidetone-B")].map(|(of, to)| (json!(of), json!(to)))
    );

    // As `query` tells it where the proxy has deleted the call by tags.
    let gone = TALKING
        .iter()
        .map(|(tag, peer, _)| (*tag, *peer, "send recv deleted"));
    test.rtpengine.call("c", &gone.collect::<Vec<_>>());
    let outputs = test.pass(2 * SECOND);
    assert!(
        matches!(outputs[..], [Output::Close(closed, EndReason::Closed)] if closed == id),
        "{outputs:?}"
    );
    assert!(test.rtpengine.ours.is_empty(), "our tags are deleted");
    assert_eq!(test.rtpengine.count("unsubscribe"), 2);
    assert!(test.pass(20 * SECOND).is_empty(), "it is not found again");
}

#[test]
fn participants_come_and_go_and_hold() {
    let mut test = Test::new(true);
    test.rtpengine.call("c", TALKING);
    let (id, _) = test.opened();
    test.pass(SECOND);

    let held = [("A", "B", "send"), ("B", "A", "recv")];
    test.rtpengine.call("c", &held);
    let outputs = test.pass(2 * SECOND);
    let holds = outputs.iter().filter(
        |output| matches!(output, Output::Control(tap, _, Control::Hold(true)) if *tap == id),
    );
    assert_eq!((holds.count(), outputs.len()), (2, 2), "{outputs:?}");

    let transferred = [("A", "C", "send recv"), ("C", "A", "send recv")];
    test.rtpengine.call("c", &transferred);
    let outputs = test.pass(2 * SECOND);
    let [
        Output::Control(_, customer, Control::Hold(false)),
        Output::Control(_, agent, Control::Leave),
        Output::AddLeg(_, heard),
    ] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!((customer.role, agent.role), (Role::Customer, Role::Agent));
    assert_eq!((heard.party.role, &*heard.party.id), (Role::Agent, "3-C"));
    assert!(!test.rtpengine.ours.contains(&"sidetone-B".to_owned()));
    let answered = test.rtpengine.count("subscribe answer");
    test.client.opened(test.now, id, &[address(heard)]);
    assert!(test.pass(2 * SECOND).is_empty());
    assert_eq!(test.rtpengine.count("subscribe answer"), answered + 1);

    test.rtpengine.call("c", TALKING);
    let outputs = test.pass(2 * SECOND);
    let back = outputs
        .iter()
        .any(|output| matches!(output, Output::Control(_, leg, Control::Join(_)) if leg == agent));
    assert!(back, "{outputs:?}");
}

#[test]
fn a_new_offer_renews_what_is_agreed() {
    let mut test = Test::new(true);
    test.rtpengine.call("c", TALKING);
    test.opened();
    test.pass(3 * SECOND);
    let requests = |test: &Test| test.rtpengine.count("subscribe request");
    assert_eq!(requests(&test), 4, "our own signalling renews once");
    test.pass(60 * SECOND);
    assert_eq!(requests(&test), 4, "and no more");
    test.rtpengine.call("c", TALKING);
    assert!(test.pass(5 * SECOND).is_empty(), "the same may come");
    assert_eq!(requests(&test), 8);

    test.rtpengine.codecs = "8 101\r\na=rtpmap:101 telephone-event/8000".to_owned();
    test.rtpengine.call("c", TALKING);
    let outputs = test.pass(3 * SECOND);
    for output in &outputs {
        let Output::Control(_, _, Control::Payloads(payloads)) = output else {
            panic!("{outputs:?}")
        };
        let events = Payload::TelephoneEvent { rate_hz: 8_000 };
        assert_eq!(payloads.get(101), Some(&events));
    }
    assert_eq!(outputs.len(), 2);

    // One that restarts with its calls forgets who listens.
    let before = requests(&test);
    test.rtpengine.ours.clear();
    test.pass(SECOND);
    assert_eq!(requests(&test), before + 2);
}

#[test]
fn an_offer_in_the_second_of_our_own_signalling_is_not_missed() {
    for codecs in ["0 8", "9"] {
        let mut test = Test::new(true);
        test.rtpengine.codecs = codecs.to_owned();
        test.rtpengine.call("c", TALKING);
        test.opened();
        assert!(test.pass(SECOND / 2).is_empty());
        // `last signal` stays what it is.
        test.rtpengine.codecs = "101\r\na=rtpmap:101 L16/16000".to_owned();
        let outputs = test.pass(3 * SECOND);
        let payloads =
            |output: &Output| matches!(output, Output::Control(_, _, Control::Payloads(_)));
        assert_eq!(outputs.len(), 2, "{codecs}: {outputs:?}");
        assert!(outputs.iter().all(payloads), "{codecs}: {outputs:?}");
    }
}

#[test]
fn what_cannot_be_heard_is_transcoded_or_refused_with_the_reason() {
    for (codecs, tags, expected) in [
        ("9", TALKING, None),
        ("9 none", TALKING, Some("transcodes to none")),
        ("0 8", &[][..], Some("no call `c`")),
    ] {
        let mut test = Test::new(false);
        test.rtpengine.codecs = codecs.to_owned();
        test.rtpengine.call("c", tags);
        let id = test.client.tap("c".to_owned(), None).expect("new");
        let twice = test.client.tap("c".to_owned(), None);
        assert_eq!(twice, Err(TapError::Twice("c".to_owned())));
        let outputs = test.pass(SECOND);
        match (&outputs[..], expected) {
            ([Output::Open(opened, found)], None) => {
                assert_eq!((*opened, found.legs.len()), (id, 2));
                let requests = test.rtpengine.count("subscribe request");
                assert_eq!(requests, 4, "as it is, then transcoded");
            }
            ([Output::Refuse(refused, error)], Some(part)) => {
                assert_eq!(*refused, id);
                assert!(error.to_string().contains(part), "{error}");
            }
            _ => panic!("{codecs}: {outputs:?}"),
        }
        assert_eq!(test.rtpengine.count("list"), 0, "it watches nothing");
    }
    let mut test = Test::new(false);
    test.client.tap("none".to_owned(), None).expect("new");
    let outputs = test.pass(SECOND);
    assert!(
        matches!(&outputs[..], [Output::Refuse(_, TapError::NoSuchCall(_))]),
        "{outputs:?}"
    );
}

#[test]
fn the_customers_tag_says_who_is_who() {
    let mut test = Test::new(false);
    test.rtpengine.call("c", TALKING);
    let customer = Some("B".to_owned());
    test.client.tap("c".to_owned(), customer).expect("new");
    let (_, found) = test.opened();
    assert_eq!(roles(&found), [Role::Agent, Role::Customer]);
}

#[test]
fn an_rtpengine_that_is_silent_loses_its_calls_in_the_end_and_is_found_again() {
    let mut test = Test::new(true);
    test.rtpengine.call("c", TALKING);
    let (id, _) = test.opened();
    test.pass(SECOND);
    test.rtpengine.down = true;
    assert!(test.pass(15 * SECOND).is_empty(), "it may come back");
    assert!(test.client.is_silent());
    test.rtpengine.down = false;
    assert!(test.pass(5 * SECOND).is_empty(), "nothing has changed");
    assert!(!test.client.is_silent());

    test.rtpengine.down = true;
    let outputs = test.pass(60 * SECOND);
    assert!(
        matches!(outputs[..], [Output::Close(closed, EndReason::Disconnected)] if closed == id),
        "{outputs:?}"
    );
    test.rtpengine = RtpEngine {
        codecs: "0".to_owned(),
        ..Default::default()
    };
    test.rtpengine.call("d", TALKING);
    let outputs = test.pass(15 * SECOND);
    assert!(matches!(outputs[..], [Output::Open(..)]), "{outputs:?}");
    assert!(test.rtpengine.count("ping") > 0);

    let mut test = Test::new(false);
    test.rtpengine.down = true;
    test.client.tap("c".to_owned(), None).expect("new");
    let outputs = test.pass(5 * SECOND);
    assert!(
        matches!(outputs[..], [Output::Refuse(_, TapError::Silent)]),
        "{outputs:?}"
    );
}

#[test]
fn a_call_that_the_engine_does_not_want_is_left_alone() {
    // It was ended here: no more of it, as long as rtpengine has it.
    let mut test = Test::new(true);
    test.rtpengine.call("c", TALKING);
    let (id, _) = test.opened();
    test.pass(SECOND);
    test.client.closed(test.now, id);
    assert!(test.pass(60 * SECOND).is_empty());
    assert!(test.rtpengine.ours.is_empty());
    test.rtpengine.calls.clear();
    test.pass(2 * SECOND);
    test.rtpengine.call("c", TALKING);
    test.opened();

    // There was no room: it is tried again.
    let mut test = Test::new(true);
    test.rtpengine.call("c", TALKING);
    let outputs = test.pass(SECOND);
    let [Output::Open(id, _)] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    test.client.closed(test.now, *id);
    assert!(test.pass(5 * SECOND).is_empty());
    let outputs = test.pass(10 * SECOND);
    assert!(matches!(outputs[..], [Output::Open(..)]), "{outputs:?}");
}

#[test]
fn calls_that_are_left_alone_are_forgotten_even_where_lists_are_never_whole() {
    let mut test = Test::new(true);
    for i in 0..800 {
        test.rtpengine.call(&format!("x{i}"), RINGING);
    }
    // The first of the list. One lasts, but is not listed any more; the other ends.
    test.rtpengine.call("a", TALKING);
    let (closed, _) = test.opened();
    test.rtpengine.call("b", TALKING);
    let (ended, _) = test.opened();
    test.pass(SECOND);
    test.client.closed(test.now, closed);
    test.client.closed(test.now, ended);
    test.rtpengine.calls.remove("b");
    for i in 0..700 {
        test.rtpengine.call(&format!("A{i}"), RINGING);
    }
    assert!(test.pass(70 * SECOND).is_empty());
    assert_eq!(test.client.passed_over(), ["a"]);
}

#[test]
fn lists_are_as_long_as_a_datagram_takes() {
    let mut test = Test::every(5 * SECOND, true);
    for i in 0..700 {
        test.rtpengine.call(&format!("{i:0>150}"), RINGING);
    }
    test.rtpengine.call("-", TALKING);
    let outputs = test.pass(10 * SECOND);
    assert!(matches!(outputs[..], [Output::Open(..)]), "{outputs:?}");
    assert_eq!(test.client.short_lists(), Some(350));
    let silent = test.rtpengine.count("ping");
    assert_eq!(silent, 1, "it was there all the time");
    // It does not try what fails.
    test.pass(100 * SECOND);
    assert_eq!(test.client.short_lists(), Some(350));

    let calls = (0..800).map(|i| (i.to_string(), Vec::new()));
    test.rtpengine.calls = calls.collect();
    test.pass(300 * SECOND);
    assert_eq!(test.client.short_lists(), None);
    assert_eq!(test.rtpengine.count("ping"), 1);

    // Nothing is concluded from one that is not there.
    test.rtpengine.down = true;
    test.pass(20 * SECOND);
    test.rtpengine.down = false;
    test.pass(20 * SECOND);
    assert_eq!(test.client.short_lists(), None);
}

#[test]
fn an_answer_that_is_refused_is_tried_again_a_few_times() {
    let mut test = Test::new(true);
    test.rtpengine.refuses = true;
    test.rtpengine.call("c", TALKING);
    test.opened();
    assert!(test.pass(20 * SECOND).is_empty());
    assert_eq!(test.rtpengine.count("subscribe answer"), 6);
    test.rtpengine.refuses = false;
    test.rtpengine.call("c", TALKING);
    test.pass(SECOND);
    assert_eq!(test.rtpengine.count("subscribe answer"), 8);
}

#[test]
fn it_goes_in_order() {
    let mut test = Test::new(true);
    test.rtpengine.call("c", TALKING);
    test.opened();
    test.pass(SECOND);
    test.client.stop(test.now);
    assert!(test.pass(SECOND).is_empty());
    assert!(test.client.is_idle());
    assert!(test.rtpengine.ours.is_empty());
    assert_eq!(test.client.tap("d".to_owned(), None), Err(TapError::Full));
}
