//! From what has come in to what is said of it.

use super::*;

const FACTS: Facts<'_> = Facts {
    sends_to: "10.0.0.7 (`media.advertise`), UDP ports 40000 to 49999",
    pairs: false,
    now_ms: 1_000_000,
    since_ms: 400_000,
};

/// A leg of which 20 s of mu-law were heard.
fn heard(role: Role) -> LegReception {
    LegReception {
        role,
        is_rtp: true,
        packets: 1_000,
        bytes: 172_000,
        payloads: vec![payload(0, Some("PCMU/8000"), 1_000)],
        loudest_db: Some(-15.0),
        heard_ms: 20_000,
        sound_ms: 9_000,
        speed: Some(1.01),
        steps: Some(1.0),
        rtp: Some(ReceiverStats::default()),
        ..LegReception::default()
    }
}

fn nothing(role: Role) -> LegReception {
    LegReception {
        role,
        is_rtp: true,
        rtp: Some(ReceiverStats::default()),
        ..LegReception::default()
    }
}

fn payload(number: u8, coding: Option<&str>, packets: u64) -> PayloadReception {
    PayloadReception {
        payload_type: Some(number),
        coding: coding.map(str::to_owned),
        packets,
    }
}

fn call(id: &str, legs: Vec<LegReception>) -> CallReception {
    CallReception {
        call_id: id.to_owned(),
        lasted_ms: 20_000,
        legs,
        ..CallReception::default()
    }
}

fn door(name: &str, calls: Vec<CallReception>) -> DoorReception {
    DoorReception {
        door: name.to_owned(),
        listens: vec!["10.0.0.7:7610".to_owned()],
        opened: calls.len() as u64,
        last_opened_ms: Some(980_000),
        calls,
        ..DoorReception::default()
    }
}

/// What is found in a call with this leg for the customer, and one of the agent that is heard.
fn of_customer(name: &str, customer: LegReception) -> Vec<Finding> {
    let legs = vec![customer, heard(Role::Agent)];
    findings(&door(name, vec![call("c", legs)]), &FACTS)
}

#[test]
fn a_call_that_is_heard_gives_no_finding_at_any_door() {
    for name in [
        "grpc",
        "rest",
        "rtpengine",
        "rtp",
        "websocket/twilio",
        "audio_socket",
        "folder",
        "siprec",
    ] {
        assert_eq!(of_customer(name, heard(Role::Customer)), [], "{name}");
    }
}

#[test]
fn each_mistake_is_told_by_itself_with_what_to_do() {
    let undescribed = |number, packets| LegReception {
        payloads: vec![payload(number, None, packets)],
        loudest_db: None,
        heard_ms: 0,
        sound_ms: 0,
        ..heard(Role::Customer)
    };
    let sound = |change: fn(&mut LegReception)| {
        let mut leg = heard(Role::Customer);
        change(&mut leg);
        leg
    };
    let l16 = |leg: &mut LegReception| leg.payloads = vec![payload(96, Some("L16/8000"), 1_000)];
    for (name, leg, kind, says, advice) in [
        (
            "grpc",
            nothing(Role::Customer),
            FindingKind::OneWay,
            "nothing has come on the customer's side",
            "10.0.0.7 (`media.advertise`)",
        ),
        (
            "rtp",
            nothing(Role::Customer),
            FindingKind::OneWay,
            "one-way audio",
            "second port of the pair",
        ),
        (
            "websocket/freeswitch",
            sound(|leg| {
                leg.loudest_db = None;
                leg.sound_ms = 0;
            }),
            FindingKind::OneWay,
            "all that comes on the customer's side is silence, 20 s of it, while",
            "forks",
        ),
        (
            "rtp",
            sound(|leg| leg.quiet_ms = 13_000),
            FindingKind::OneWay,
            "nothing has come on the customer's side for 13 s",
            "still sends",
        ),
        (
            "rtp",
            undescribed(96, 500),
            FindingKind::Undescribed,
            "payload type 96 come on the customer's side, and nobody",
            "`doors.rtp.payloads`: \"96 L16/16000\"",
        ),
        (
            "siprec",
            undescribed(96, 500),
            FindingKind::Undescribed,
            "payload type 96 come on the customer's side, and nobody",
            "`a=rtpmap`, or send what it has offered",
        ),
        (
            "siprec",
            nothing(Role::Customer),
            FindingKind::OneWay,
            "nothing has come on the customer's side",
            "10.0.0.7 (`media.advertise`)",
        ),
        (
            "grpc",
            undescribed(18, 500),
            FindingKind::Undescribed,
            "18, which is G729/8000,",
            "PCMU or PCMA",
        ),
        (
            "rtp",
            sound(|leg| leg.byte_order = ByteOrder::Swapped),
            FindingKind::ByteOrder,
            "the low byte first",
            "big endian",
        ),
        (
            "audio_socket",
            sound(|leg| {
                leg.is_rtp = false;
                leg.byte_order = ByteOrder::Swapped;
            }),
            FindingKind::ByteOrder,
            "the high byte first",
            "little endian",
        ),
        (
            "grpc",
            sound(|leg| leg.scrambled = true),
            FindingKind::Encrypted,
            "is encrypted (SRTP), or compressed, and no sound as PCMU/8000",
            "plain RTP",
        ),
        (
            "grpc",
            sound(|leg| leg.steps = Some(1.98)),
            FindingKind::Clock,
            "count 16000 a second, and PCMU/8000 was described",
            "clock rate",
        ),
        (
            "rtpengine",
            sound(|leg| leg.steps = Some(1.98)),
            FindingKind::Clock,
            "count 16000 a second, and PCMU/8000 was described",
            "as its SDP says",
        ),
        (
            "siprec",
            sound(|leg| leg.speed = Some(1.97)),
            FindingKind::Clock,
            "comes 2.0 times as fast",
            "its SDP says",
        ),
        (
            "websocket/freeswitch",
            sound(|leg| leg.speed = Some(1.97)),
            FindingKind::Clock,
            "comes 2.0 times as fast as PCMU/8000 lasts, as if it were sent at 16000 Hz",
            "?rate=16k&mix=stereo",
        ),
        (
            "rtp",
            sound(|leg| leg.rtp.as_mut().expect("RTP").foreign_address = 700),
            FindingKind::TwoSenders,
            "700 of 1000 packets",
            "its own port",
        ),
        (
            "rtp",
            sound(|leg| leg.rtp.as_mut().expect("RTP").malformed = 900),
            FindingKind::NoRtp,
            "900 datagrams",
            "has to be RTP",
        ),
        (
            "rtp",
            sound(|leg| leg.rtp.as_mut().expect("RTP").lost = 111),
            FindingKind::Loss,
            "9 % of the packets",
            "network",
        ),
    ] {
        let found = of_customer(name, leg);
        assert_eq!(found.len(), 1, "{name} {says}: {found:?}");
        assert_eq!((found[0].kind, found[0].grave), (kind, true), "{says}");
        assert!(found[0].says.contains(says), "{says}: {found:?}");
        assert!(found[0].advice.contains(advice), "{advice}: {found:?}");
    }
    let mut swapped = heard(Role::Customer);
    l16(&mut swapped);
    assert_eq!(
        of_customer("rtp", swapped),
        [],
        "L16 in order is no mistake"
    );
}

#[test]
fn keys_that_nobody_describes_beside_what_is_heard_are_worth_knowing() {
    let mut leg = heard(Role::Customer);
    leg.payloads.push(payload(101, None, 12));
    let found = of_customer("grpc", leg);
    assert_eq!((found.len(), found[0].grave), (1, false), "{found:?}");
}

#[test]
fn who_is_off_is_not_missed_and_a_call_that_has_just_begun_is_not_judged() {
    let held = LegReception {
        off: true,
        ..nothing(Role::Customer)
    };
    assert_eq!(of_customer("grpc", held), []);
    let begun = CallReception {
        lasted_ms: 1_000,
        ..call("c", vec![nothing(Role::Customer), heard(Role::Agent)])
    };
    assert_eq!(findings(&door("grpc", vec![begun]), &FACTS), []);
}

#[test]
fn calls_of_which_nothing_comes_speak_of_the_address_that_is_told() {
    let silent = |id| call(id, vec![nothing(Role::Customer), nothing(Role::Agent)]);
    let found = findings(&door("grpc", vec![silent("b"), silent("a")]), &FACTS);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, FindingKind::NothingCame);
    assert!(
        found[0].says.contains("2 of the last 2 calls, lately b"),
        "{found:?}"
    );
    assert!(
        found[0].advice.contains("10.0.0.7 (`media.advertise`)"),
        "{found:?}"
    );
}

#[test]
fn what_was_wrong_before_a_call_that_was_heard_well_is_past() {
    let good = call("new", vec![heard(Role::Customer), heard(Role::Agent)]);
    let bad = call("old", vec![heard(Role::Customer), nothing(Role::Agent)]);
    let found = findings(&door("rtp", vec![good.clone(), bad.clone()]), &FACTS);
    assert_eq!((found.len(), found[0].grave), (1, false), "{found:?}");
    let found = findings(&door("rtp", vec![bad, good]), &FACTS);
    assert_eq!((found.len(), found[0].grave), (1, true), "{found:?}");
}

#[test]
fn what_goes_on_is_not_past_and_counts_once() {
    let good = || call("good", vec![heard(Role::Customer), heard(Role::Agent)]);
    let over = |id| call(id, vec![heard(Role::Customer), nothing(Role::Agent)]);
    let open = |id| CallReception {
        open: true,
        ..over(id)
    };
    for (case, calls, expected) in [
        ("over before", vec![good(), over("a")], (false, "a")),
        ("open before", vec![good(), open("a")], (true, "a")),
        (
            "open before one that is over",
            vec![good(), over("b"), open("a")],
            (true, "a"),
        ),
        (
            "a better one between two",
            vec![open("b"), good(), open("a")],
            (true, "b"),
        ),
    ] {
        let found = findings(&door("rtp", calls), &FACTS);
        let told: Vec<_> = found.iter().map(|one| (one.grave, &*one.call_id)).collect();
        assert_eq!(told, [expected], "{case}: {found:?}");
    }
}

#[test]
fn sides_that_stop_together_have_hung_up_and_digital_silence_of_all_is_no_call() {
    let leg = |role, quiet_ms, loudest_db| LegReception {
        quiet_ms,
        loudest_db,
        sound_ms: loudest_db.map_or(0, |_| 9_000),
        ..heard(role)
    };
    let loud = Some(-20.0);
    for (case, name, customer, agent, expected) in [
        ("both go on", "rtp", (100, loud), (0, loud), None),
        (
            "one stops",
            "rtp",
            (9_000, loud),
            (30_000, loud),
            Some("agent's side for 30 s"),
        ),
        ("both stop", "rtp", (31_000, loud), (30_000, loud), None),
        ("a file ends", "folder", (0, loud), (30_000, loud), None),
        (
            "nobody speaks",
            "rtp",
            (0, None),
            (0, None),
            Some("20 s of it on each side"),
        ),
    ] {
        let legs = vec![
            leg(Role::Customer, customer.0, customer.1),
            leg(Role::Agent, agent.0, agent.1),
        ];
        let found = findings(&door(name, vec![call("c", legs)]), &FACTS);
        let says: Vec<&str> = found.iter().map(|one| &*one.says).collect();
        assert_eq!(
            says.len(),
            usize::from(expected.is_some()),
            "{case}: {says:?}"
        );
        for (says, part) in says.iter().zip(expected) {
            assert!(says.contains(part), "{case}: {says}");
        }
    }
}

#[test]
fn trouble_of_a_call_names_it_and_stays_while_it_goes_on() {
    let good = call("good", vec![heard(Role::Customer), heard(Role::Agent)]);
    let odd = |open| CallReception {
        open,
        trouble: "no metadata came, from 10.0.0.9:5060".to_owned(),
        ..call("odd", vec![heard(Role::Customer), heard(Role::Agent)])
    };
    for open in [true, false] {
        let found = findings(&door("siprec", vec![good.clone(), odd(open)]), &FACTS);
        assert_eq!((found.len(), found[0].grave), (1, open), "{found:?}");
        for part in ["10.0.0.9:5060", "call odd"] {
            assert!(found[0].says.contains(part), "{found:?}");
        }
    }
}

#[test]
fn a_connection_without_its_pair_is_one_way() {
    let facts = Facts {
        pairs: true,
        ..FACTS
    };
    let alone = || vec![call("c", vec![heard(Role::Customer)])];
    let found = findings(&door("audio_socket", alone()), &facts);
    assert_eq!(
        (found.len(), found[0].kind),
        (1, FindingKind::OneWay),
        "{found:?}"
    );
    assert_eq!(findings(&door("audio_socket", alone()), &FACTS), []);
    assert_eq!(findings(&door("rtp", alone()), &facts), []);
}

#[test]
fn refusals_count_until_something_is_taken() {
    let mut refused = door("websocket/twilio", Vec::new());
    refused.refused = 3;
    refused.last_refusal = Some(Refusal {
        at_ms: 990_000,
        why: "sound as `opus` is not served".to_owned(),
    });
    let found = findings(&refused, &FACTS);
    assert_eq!((found.len(), found[0].grave), (1, true), "{found:?}");
    assert!(found[0].says.contains("`opus`"), "{found:?}");
    refused.last_opened_ms = Some(995_000);
    assert!(!findings(&refused, &FACTS)[0].grave);
}

#[test]
fn a_door_to_which_nobody_came_is_told_and_is_no_fault() {
    for (name, connections, strays, part, grave) in [
        ("websocket", 0, 0, "in the 10 minutes since", false),
        ("websocket", 2, 0, "2 connections came", false),
        ("rtp", 0, 0, "nothing has come", false),
        ("rtp", 0, 500, "500 datagrams came", true),
        ("siprec", 1, 5, "5 messages came that cannot be read", false),
        ("folder", 0, 0, "no recording", false),
        ("rtpengine", 0, 0, "no call", false),
    ] {
        let quiet = DoorReception {
            connections,
            strays,
            ..door(name, Vec::new())
        };
        let found = findings(&quiet, &FACTS);
        assert_eq!(
            (found.len(), found[0].grave),
            (1, grave),
            "{name} {found:?}"
        );
        assert!(found[0].says.contains(part), "{part}: {found:?}");
    }
    let told = DoorReception {
        listens: Vec::new(),
        ..door("grpc", Vec::new())
    };
    assert_eq!(findings(&told, &FACTS), [], "nobody has to open calls");
    let silent = DoorReception {
        trouble: "it does not answer".to_owned(),
        ..door("rtpengine", Vec::new())
    };
    let found = findings(&silent, &FACTS);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Trouble));
}

#[test]
fn what_an_engine_tells_is_read_again() {
    let report = Report {
        version: "0.1.0".to_owned(),
        doors: vec![DoorReport {
            reception: door("rtp", vec![call("c", vec![heard(Role::Customer)])]),
            findings: of_customer("rtp", nothing(Role::Customer)),
        }],
        ..Report::default()
    };
    let json = serde_json::to_value(&report).expect("plain data");
    assert_eq!(json["doors"][0]["door"], "rtp");
    assert_eq!(json["doors"][0]["findings"][0]["kind"], "one_way");
    let read: Report = serde_json::from_value(json.clone()).expect("the same");
    assert_eq!(serde_json::to_value(read).expect("plain data"), json);
}
