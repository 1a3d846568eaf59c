//! The protocol as its client speaks it.

use std::time::SystemTime;

use sidetone_types::assist::Suggestion;
use sidetone_types::event::{Event, EventId, EventKind, Final};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::lang::Lang;

use super::*;

const SESSION: &str = "e160e428-53b2-487c-977d-96989bf5c99d";

fn open(conversation: &str, media: &Value) -> String {
    let open = json!({
        "version": "2", "id": SESSION, "type": "open", "seq": 1, "serverseq": 0,
        "position": "PT0S",
        "parameters": {
            "organizationId": "d7934305-0972-4844-938e-9060eef73d05",
            "conversationId": conversation,
            "participant": {"id": "p", "ani": "+14155550117", "dnis": "+18005550100"},
            "media": media, "language": "en-US",
            "customConfig": {"queue": "billing"},
        },
    });
    open.to_string()
}

fn offers() -> Value {
    let offer = |channels: &[&str]| json!({"type": "audio", "format": "PCMU", "channels": channels, "rate": 8000});
    json!([
        offer(&["external"]),
        offer(&["external", "internal"]),
        offer(&["internal"])
    ])
}

fn replies(steps: &[Step]) -> Vec<Value> {
    let replies = steps.iter().filter_map(|step| match step {
        Step::Reply(text) => Some(serde_json::from_str(text).expect("JSON")),
        _ => None,
    });
    replies.collect()
}

fn opened() -> AudioHook {
    let mut hook = AudioHook::new(Fields::default());
    let steps = hook.text(&open("c-1", &offers())).expect("it opens");
    let [opened] = &replies(&steps)[..] else {
        panic!("one reply: {steps:?}")
    };
    assert_eq!(opened["type"], "opened");
    assert_eq!(
        (&opened["seq"], &opened["clientseq"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(opened["parameters"]["media"], json!([offers()[1]]));
    assert!(matches!(steps[0], Step::Reply(_)), "answered first of all");
    let Step::Open(opening) = &steps[1] else {
        panic!("it opens: {steps:?}")
    };
    assert_eq!(opening.fields.first(&["ani"]), Some("+14155550117"));
    assert_eq!(opening.fields.first(&["queue"]), Some("billing"));
    assert_eq!(opening.roles(), [Role::Customer, Role::Agent]);
    hook
}

#[test]
fn sound_is_told_apart_and_its_place_counts_what_was_left_out() {
    let mut hook = opened();
    let places = |steps: Vec<Step>| -> Vec<(usize, u64, usize)> {
        let places = steps.iter().filter_map(|step| match step {
            Step::Audio { channel, at, bytes } => {
                Some((*channel, at.expect("a place").as_millis(), bytes.len()))
            }
            _ => None,
        });
        places.collect()
    };
    let sound = || vec![0; 3_200];
    assert_eq!(
        places(hook.binary(sound()).expect("sound")),
        [(0, 0, 1600), (1, 0, 1600)]
    );
    let discarded =
        r#"{"version":"2","type":"discarded","seq":2,"parameters":{"discarded":"PT1M1.5S"}}"#;
    let steps = hook.text(discarded).expect("told");
    assert!(
        matches!(steps[..], [Step::Skipped(until)] if until.as_millis() == 61_700),
        "{steps:?}"
    );
    let after = places(hook.binary(sound()).expect("sound"));
    assert_eq!(after, [(0, 61_700, 1600), (1, 61_700, 1600)]);
    assert!(hook.binary(vec![0; 3]).is_err(), "half a turn");
}

#[test]
fn a_probe_is_answered_and_opens_no_call() {
    let mut hook = AudioHook::new(Fields::default());
    let steps = hook.text(&open(NIL, &offers())).expect("answered");
    assert_eq!(steps.len(), 1);
    assert_eq!(replies(&steps)[0]["type"], "opened");
    assert!(hook.binary(vec![0; 2]).is_err());
    let steps = hook
        .text(r#"{"version":"2","type":"close","seq":2}"#)
        .expect("closed");
    assert!(matches!(steps[..], [Step::End]));
    assert!(!hook.hears_last_words(), "it has no call");
    let closed = hook.closed().expect("told");
    let closed: Value = serde_json::from_str(&closed).expect("JSON");
    assert_eq!(
        (&closed["type"], &closed["clientseq"]),
        (&json!("closed"), &json!(2))
    );
}

#[test]
fn pings_are_answered_and_pauses_are_told() {
    let mut hook = opened();
    let steps = hook
        .text(r#"{"type":"ping","seq":5,"parameters":{}}"#)
        .expect("a ping");
    assert_eq!(
        (&replies(&steps)[0]["type"], &replies(&steps)[0]["seq"]),
        (&json!("pong"), &json!(2))
    );
    let steps = hook.text(r#"{"type":"paused","seq":6}"#).expect("told");
    assert!(matches!(
        steps[..],
        [Step::Control(None, Control::Pause(true))]
    ));
    let resumed = r#"{"type":"resumed","seq":7,"parameters":{"start":"PT0S","discarded":"PT4S"}}"#;
    let steps = hook.text(resumed).expect("told");
    assert!(matches!(steps[..], [Step::Skipped(until)] if until.as_millis() == 4_000));
    let steps = hook
        .text(r#"{"type":"update","seq":8,"parameters":{"language":"fr-CA"}}"#)
        .expect("told");
    assert!(
        matches!(&steps[0], Step::Fields(fields) if fields.first(&["language"]) == Some("fr-CA"))
    );
    assert_eq!(replies(&steps)[0]["type"], "updated");
    let steps = hook
        .text(r#"{"type":"dtmf","seq":9,"parameters":{"digit":"5"}}"#)
        .expect("told");
    assert!(matches!(
        steps[..],
        [Step::Control(Some(0), Control::Dtmf { key: '5', .. })]
    ));
    let farewell: Value =
        serde_json::from_str(&hook.farewell(Some("it is full")).expect("open")).expect("JSON");
    assert_eq!(
        farewell["parameters"],
        json!({"reason": "error", "info": "it is full"})
    );
}

/// What is told of something that happened to the customer from 1.5 to 4 s.
fn told(hook: &mut AudioHook, kind: EventKind) -> Value {
    let (start, end) = (MediaTime::from_millis(1_500), MediaTime::from_millis(4_000));
    let event = Event {
        role: Some(Role::Customer),
        ..Event::of_the_call(start, end, kind)
    };
    let record = EventRecord {
        id: "0193ab4e5f60a1b2-42".parse::<EventId>().expect("an id"),
        call_id: CallId::new("c-1"),
        agent_id: String::new(),
        wall_time: SystemTime::UNIX_EPOCH,
        event,
    };
    serde_json::from_str(&hook.told(&record, "").expect("told")).expect("JSON")
}

fn final_words() -> EventKind {
    EventKind::Final(Final {
        utterance: UtteranceId(3),
        text: "I want a refund.".to_owned(),
        spoken: String::new(),
        numbers: Vec::new(),
        lang: Lang::EN,
        confidence: 0.75,
        words: Vec::new(),
        unrecognised: Vec::new(),
        redacted: Vec::new(),
    })
}

#[test]
fn words_go_back_as_a_transcript_of_their_channel() {
    let mut hook = opened();
    let told = told(&mut hook, final_words());
    assert_eq!((&told["type"], &told["seq"]), (&json!("event"), &json!(2)));
    assert_eq!(hook.number(), 2);
    let entity = &told["parameters"]["entities"][0];
    assert_eq!(entity["type"], "transcript");
    let data = &entity["data"];
    assert_eq!(data["id"], "e160e428-53b2-487c-977d-000003000000");
    assert_eq!(
        (&data["channelId"], &data["isFinal"]),
        (&json!(0), &json!(true))
    );
    assert_eq!(
        (&data["offset"], &data["duration"]),
        (&json!("PT1.5S"), &json!("PT2.5S"))
    );
    let said = &data["alternatives"][0]["interpretations"][0];
    assert_eq!(said["transcript"], "I want a refund.");
}

#[test]
fn a_card_goes_back_as_an_article_for_the_agent() {
    let mut hook = opened();
    let card = EventKind::Suggestion(Suggestion {
        utterance: UtteranceId(3),
        article_id: "refund".to_owned(),
        title: "Refunds".to_owned(),
        snippet: "Within 14 days.".to_owned(),
        say: "You get it back.".to_owned(),
        lang: Lang::EN,
        triggers: Vec::new(),
        score: 0.5,
    });
    let told = told(&mut hook, card);
    let entity = &told["parameters"]["entities"][0];
    assert_eq!(entity["type"], "agentassist");
    let article = &entity["data"]["suggestions"][0];
    let expected = json!({
        "type": "article", "id": "e160e428-53b2-487c-977d-00000300002a", "confidence": 0.5,
        "position": "PT1.5S", "title": "Refunds",
        "excerpts": ["Within 14 days.", "You get it back."],
        "documentUri": "urn:sidetone:article:refund", "metadata": {"article_id": "refund"},
    });
    assert_eq!(*article, expected);
}

#[test]
fn a_session_that_is_continued_is_named_and_its_words_stand_in_the_clients_stream() {
    let mut open: Value = serde_json::from_str(&open("c-1", &offers())).expect("JSON");
    open["position"] = json!("PT7S");
    open["parameters"]["continuedSessions"] = json!([
        {"id": "first", "serverseq": 3, "clientseq": 9},
        {"id": "second", "serverseq": 5, "clientseq": 4},
        {"serverseq": 5},
    ]);
    let mut hook = AudioHook::new(Fields::default());
    let steps = hook.text(&open.to_string()).expect("it opens");
    let Step::Open(opening) = &steps[1] else {
        panic!("it opens: {steps:?}")
    };
    assert_eq!(opening.session.as_deref(), Some(SESSION));
    let continues = opening.continues.iter();
    let continues: Vec<_> = continues
        .map(|before| (before.session.as_str(), before.received))
        .collect();
    assert_eq!(continues, [("second", Some(5)), ("first", Some(3))]);
    // The call has gone on for 1.2 s, and the connection with it.
    hook.placed(MediaTime::ZERO, MediaTime::from_millis(1_200));
    let told = told(&mut hook, final_words());
    let data = &told["parameters"]["entities"][0]["data"];
    assert_eq!(data["offset"], "PT7.3S");
    let steps = hook
        .text(r#"{"type":"close","seq":2,"parameters":{"reason":"reconnect"}}"#)
        .expect("it goes");
    assert!(matches!(steps[..], [Step::Away]));
}

#[test]
fn what_cannot_be_taken_says_why() {
    let opus =
        json!([{"type": "audio", "format": "OPUS", "channels": ["external"], "rate": 48000}]);
    for (mut hook, text, part) in [
        (
            AudioHook::new(Fields::default()),
            "{}".to_owned(),
            "no `type`",
        ),
        (
            AudioHook::new(Fields::default()),
            r#"{"type":"ping"}"#.to_owned(),
            "has to be `open`",
        ),
        (AudioHook::new(Fields::default()), open("c", &opus), "OPUS"),
        (
            AudioHook::new(Fields::default()),
            open("c", &json!(3)),
            "send PCMU",
        ),
        (opened(), open("c", &offers()), "second time"),
    ] {
        let fault = hook.text(&text).expect_err(part).to_string();
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
fn durations_are_read_as_they_are_written() {
    for (text, seconds) in [
        ("PT0S", Some(0.0)),
        ("PT1.5S", Some(1.5)),
        ("PT2M", Some(120.0)),
        ("PT1H1M1S", Some(3661.0)),
        ("PT", Some(0.0)),
        ("1.5", None),
        ("PT-3S", None),
        ("PTxS", None),
        ("PT99H", None),
    ] {
        let read = duration(text).map(|time| time.as_secs_f64());
        assert_eq!(read, seconds, "{text}");
    }
}
