//! The JSON of every kind of event, as it lies in `golden/events/`: what is written is these bytes,
//! and what is read from them is the same event. The desk's tests read these files too. What a kind
//! leaves out is in a second file of it.
//!
//! `golden/events/v1/` holds what version 1 wrote; those files never change. After a field was
//! added, `SIDETONE_BLESS=1 cargo test -p sidetone-types golden` writes the files anew.

#![expect(
    clippy::disallowed_methods,
    reason = "golden files lie beside the code they check"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::*;
use crate::assist::{Action, Severity};
use crate::customer::{Candidate, Contact, KnownBy, TicketRef};
use crate::emotion::{CurvePoint, Mood, Reading, VoiceMood};
use crate::id::CallId;
use crate::lang::Lang;
use crate::number::NumberKind;
use crate::party::{Direction, Party, PhoneNumber, Role, Side};
use crate::receiver_stats::ReceiverStats;
use crate::summary::{FollowUp, FollowUpKind, Promise};

fn golden(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/events");
    folder.join(name).with_extension("json")
}

/// One event of each kind, with every field set.
pub(super) fn samples() -> Vec<EventRecord> {
    let utterance = UtteranceId(3);
    let number = |given: &str, e164: Option<&str>| PhoneNumber {
        given: given.to_owned(),
        e164: e164.map(str::to_owned),
    };
    let moods = Reading {
        moods: [0.1, 0.6, 0.1, 0.1, 0.1],
    };
    let kinds = [
        EventKind::CallStarted(CallStarted {
            caller: number("(415) 555-0117", Some("+14155550117")),
            callee: number("1001", None),
            direction: Direction::Inbound,
            legs: vec![Role::Agent, Role::Customer],
            languages: vec![Lang::EN, Lang::ZH],
            parties: vec![
                Party {
                    role: Role::Agent,
                    id: "agent-7".into(),
                    name: "Ann".into(),
                },
                Party::of_role(Role::Customer),
            ],
            metadata: [("queue".to_owned(), "billing".to_owned())].into(),
        }),
        EventKind::CallEnded(CallEnded {
            reason: EndReason::Closed,
            legs: vec![
                LegSummary {
                    role: Role::Agent,
                    party: "agent-7".into(),
                    utterances: 2,
                    speech_ms: 4_200,
                    late_ms: 0,
                    rtp: Some(ReceiverStats {
                        packets: 500,
                        bytes: 86_000,
                        lost: 3,
                        concealed: Duration::from_millis(60),
                        jitter: Duration::from_micros(1_250),
                        ..ReceiverStats::default()
                    }),
                },
                LegSummary {
                    role: Role::Customer,
                    party: "".into(),
                    utterances: 1,
                    speech_ms: 900,
                    late_ms: 120,
                    rtp: None,
                },
            ],
        }),
        EventKind::CallUpdated(CallUpdated {
            caller: number("+14155550123", Some("+14155550123")),
            callee: number("1001", None),
            direction: Direction::Inbound,
            metadata: [("queue".to_owned(), "complaints".to_owned())].into(),
        }),
        EventKind::PartyJoined(PartyJoined { name: "Bob".into() }),
        EventKind::PartyLeft,
        EventKind::LegState {
            state: LegState::Held,
        },
        EventKind::SourceChanged,
        EventKind::SpeechBegin { utterance },
        EventKind::SpeechEnd { utterance },
        EventKind::Partial(Partial {
            utterance,
            text: "I was charged".to_owned(),
            confirmed: "I was".to_owned(),
            tail: " charged".to_owned(),
            stability: 0.67,
            lang: Lang::EN,
        }),
        EventKind::Final(Final {
            utterance,
            text: "I paid $25.".to_owned(),
            spoken: "I paid twenty five dollars.".to_owned(),
            numbers: vec![WrittenNumber {
                kind: NumberKind::Money,
                text: "$25".to_owned(),
                start_word: 2,
                end_word: 5,
            }],
            lang: Lang::EN,
            confidence: 0.93,
            words: vec![
                word(" I", 1_000, 1_100),
                word(" paid", 1_100, 1_300),
                word(" twenty", 1_300, 1_500),
                word(" five", 1_500, 1_700),
                word(" dollars.", 1_700, 2_000),
            ],
            unrecognised: Vec::new(),
            redacted: Vec::new(),
        }),
        EventKind::Emotion(Emotion {
            utterance,
            voice: Some(VoiceMood {
                moods,
                mood: moods.mood(),
                confidence: moods.confidence(),
                arousal: 0.48,
                valence: -0.47,
                deviation: 0.3,
            }),
            strain: 0.41,
            trend: 0.12,
        }),
        EventKind::Retracted { utterance },
        EventKind::Unrecognised {
            utterance,
            reason: "it was spoken in another language".to_owned(),
            lang: Some(
                "es".parse::<crate::lang::LanguageTag>()
                    .expect("a language")
                    .lang,
            ),
        },
        EventKind::Gap {
            lost_packets: 12,
            lost_ms: 240,
        },
        EventKind::Dtmf {
            key: '#',
            duration_ms: 160,
        },
        EventKind::NoMedia {
            waited_ms: 10_000,
            payload_type: Some(111),
        },
        EventKind::CustomerIdentified(Customer {
            customer_id: "C-17".to_owned(),
            name: "Ann Lee".to_owned(),
            tier: "gold".to_owned(),
            phone: "+14155550117".to_owned(),
            email: "ann@example.com".to_owned(),
            open_tickets: vec![TicketRef {
                ticket_id: "T-5".to_owned(),
                title: "No signal".to_owned(),
                status: "open".to_owned(),
                opened: "2026-05-04".to_owned(),
            }],
            last_contacts: vec![Contact {
                day: "2026-05-01".to_owned(),
                channel: "email".to_owned(),
                about: "Invoice".to_owned(),
            }],
            preferences: [("language".to_owned(), "en".to_owned())].into(),
            known_by: Some(KnownBy::Number),
            candidates: vec![Candidate {
                customer_id: "C-18".to_owned(),
                name: "Bob Lee".to_owned(),
                tier: "silver".to_owned(),
                known_by: KnownBy::Said,
                clue: "48291".to_owned(),
            }],
        }),
        EventKind::Suggestion(Suggestion {
            utterance,
            article_id: "double-charge".to_owned(),
            lang: Lang::EN,
            title: "Charged twice".to_owned(),
            snippet: "Refund the second charge.".to_owned(),
            say: "I am sorry about that.".to_owned(),
            triggers: vec!["charged twice".to_owned()],
            score: 0.87,
        }),
        EventKind::AlertRaised(AlertRaised {
            alert: 1,
            situation: 1,
            folded: true,
            rule: "churn".to_owned(),
            severity: Severity::Warning,
            action: Action::Warn,
            message: "The customer may leave".to_owned(),
            script: "What can I do to keep you?".to_owned(),
            why: "the customer said `cancel` twice".to_owned(),
            triggers: vec!["cancel".to_owned()],
        }),
        EventKind::AlertCleared(AlertCleared {
            alert: 1,
            rule: "churn".to_owned(),
            severity: Severity::Warning,
            why: "taken back".to_owned(),
            withdrawn: true,
        }),
        EventKind::Summary(Summary {
            lang: Lang::EN,
            reason: "Charged twice".to_owned(),
            actions: vec!["Refunded $25".to_owned()],
            promises: vec![Promise {
                side: Side::Agent,
                text: "I will call you back on Thursday.".to_owned(),
                kind: FollowUpKind::Callback,
                said: Some("Thursday".to_owned()),
                due: Some("2026-05-07".to_owned()),
            }],
            risks: vec!["churn: the customer said `cancel` twice".to_owned()],
            keywords: vec!["charge".to_owned(), "refund".to_owned()],
            follow_ups: vec![
                FollowUp {
                    kind: FollowUpKind::Callback,
                    title: "Callback: on Thursday".to_owned(),
                    due: Some("2026-05-07".to_owned()),
                    due_time: None,
                    when_said: None,
                },
                FollowUp {
                    kind: FollowUpKind::SendOffer,
                    title: "Offer: when exactly was not clear".to_owned(),
                    due: None,
                    due_time: None,
                    when_said: Some("the week after next".to_owned()),
                },
            ],
            urgent: true,
            disposition: "follow_up".to_owned(),
            reviewed_by: Some("Ann".to_owned()),
            missed: vec!["Say goodbye".to_owned()],
            memo: "Wants a call\nafter five".to_owned(),
            agent_talk_ms: 4_200,
            customer_talk_ms: 900,
            mood: vec![CurvePoint {
                side: Side::Customer,
                at_ms: 2_000,
                strain: 0.41,
                mood: Some(Mood::Anger),
            }],
            text: "Charged twice. Refunded.".to_owned(),
        }),
        EventKind::CrmWritten(CrmWritten {
            ticket_id: "T-9".to_owned(),
            task_ids: vec!["K-1".to_owned()],
            due: vec!["2026-05-07".to_owned()],
        }),
        EventKind::CrmFailed(CrmFailed {
            reason: "The CRM is not there at the moment.".to_owned(),
            detail: "503 Service Unavailable".to_owned(),
            retrying: true,
            attempts: 2,
        }),
        revised(None),
        EventKind::Recording(Recording {
            state: RecordingState::Paused,
            why: RecordingReason::Asked,
            by: "agent-7".to_owned(),
        }),
        EventKind::Consent(Consent {
            given: true,
            by: "agent-7".to_owned(),
        }),
        EventKind::Claimed(Claimed {
            by: "lead-1".to_owned(),
        }),
        EventKind::Released(Released {
            by: "lead-1".to_owned(),
        }),
        EventKind::Message(Message {
            message: 1,
            text: "Offer the refund, I approve it.".to_owned(),
            by: "lead-1".to_owned(),
        }),
        EventKind::MessageRead(MessageRead {
            message: 1,
            by: "agent-7".to_owned(),
        }),
        EventKind::AlertSeen(AlertSeen {
            alert: 1,
            by: "agent-7".to_owned(),
        }),
        EventKind::Checklist(Checklist {
            items: vec![ChecklistItem {
                item: "identity".to_owned(),
                text: "Check who you are speaking with".to_owned(),
            }],
        }),
        EventKind::ChecklistTicked(ChecklistTicked {
            item: "identity".to_owned(),
            utterance,
        }),
        EventKind::Memo(Memo {
            text: "Wants a call\nafter five".to_owned(),
            revision: 2,
            by: "agent-7".to_owned(),
        }),
        EventKind::Pinned(Pinned {
            pin: "utterance-12".to_owned(),
            by: "agent-7".to_owned(),
        }),
        EventKind::Unpinned(Unpinned {
            pin: "card-12-charged-twice-en".to_owned(),
            by: "agent-7".to_owned(),
        }),
        EventKind::PromiseMade(PromiseMade {
            number: 1,
            utterance,
            promise: promise("Thursday", "2026-05-07"),
        }),
        EventKind::PromiseChanged(PromiseChanged {
            number: 1,
            utterance,
            promise: promise("Friday", "2026-05-08"),
            by: Some("agent-7".to_owned()),
        }),
        EventKind::PromiseWithdrawn(PromiseWithdrawn {
            number: 1,
            by: Some("agent-7".to_owned()),
        }),
    ];
    recorded(kinds)
}

fn promise(said: &str, due: &str) -> Promise {
    Promise {
        side: Side::Agent,
        text: format!("I will call you back on {said}."),
        kind: FollowUpKind::Callback,
        said: Some(said.to_owned()),
        due: Some(due.to_owned()),
    }
}

fn word(spaced: &str, start_ms: u64, end_ms: u64) -> TimedWord {
    TimedWord {
        word: spaced.trim().to_owned(),
        spaced: spaced.to_owned(),
        start: MediaTime::from_millis(start_ms),
        end: MediaTime::from_millis(end_ms),
        confidence: if spaced.ends_with('.') { 0.4 } else { 0.9 },
    }
}

/// Truer words, from a second pass or from somebody.
fn revised(by: Option<&str>) -> EventKind {
    EventKind::Revised(Revised {
        words: Final {
            utterance: UtteranceId(3),
            text: "I paid it.".to_owned(),
            spoken: "I paid it.".to_owned(),
            numbers: Vec::new(),
            lang: Lang::EN,
            confidence: 0.95,
            words: vec![
                word(" I", 1_000, 1_100),
                word(" paid", 1_100, 1_300),
                word(" it.", 1_300, 2_000),
            ],
            unrecognised: Vec::new(),
            redacted: Vec::new(),
        },
        live: "I paid bit.".to_owned(),
        by: by.map(str::to_owned),
    })
}

/// Events with what those of [`samples`] cannot have, and the names of their files.
pub(super) fn plain_samples() -> Vec<(&'static str, EventRecord)> {
    let kinds = [
        EventKind::AlertRaised(AlertRaised {
            alert: 2,
            situation: 1,
            folded: false,
            rule: "legal threat".to_owned(),
            severity: Severity::Critical,
            action: Action::Escalate,
            message: "The customer speaks of a lawyer".to_owned(),
            script: String::new(),
            why: "the customer said `my lawyer`".to_owned(),
            triggers: vec!["my lawyer".to_owned()],
        }),
        EventKind::AlertCleared(AlertCleared {
            alert: 2,
            rule: "legal threat".to_owned(),
            severity: Severity::Critical,
            why: "not heard again for 2 min".to_owned(),
            withdrawn: false,
        }),
        revised(Some("agent-7")),
        EventKind::Final(Final {
            utterance: UtteranceId(4),
            text: "I paid".to_owned(),
            spoken: "I paid".to_owned(),
            numbers: Vec::new(),
            lang: Lang::EN,
            confidence: 0.9,
            words: vec![word(" I", 1_000, 1_100), word(" paid", 1_100, 1_300)],
            unrecognised: vec![crate::time::Stretch {
                start: MediaTime::from_millis(1_400),
                end: MediaTime::from_millis(2_000),
            }],
            redacted: Vec::new(),
        }),
        EventKind::Final(Final {
            utterance: UtteranceId(5),
            text: "It is [security code].".to_owned(),
            spoken: "It is [security code].".to_owned(),
            numbers: Vec::new(),
            lang: Lang::EN,
            confidence: 0.9,
            words: vec![
                word(" It", 1_000, 1_100),
                word(" is", 1_100, 1_300),
                word(" [security code].", 1_300, 2_000),
            ],
            unrecognised: Vec::new(),
            redacted: vec![crate::secret::Redacted {
                kind: crate::secret::SecretKind::CardSecurityCode,
                start: MediaTime::from_millis(1_150),
                end: MediaTime::from_millis(2_000),
            }],
        }),
    ];
    let names = [
        "alert_raised-speaks",
        "alert_cleared-by-time",
        "revised-by-a-person",
        "final-with-a-hole",
        "final-with-a-secret",
    ];
    names.into_iter().zip(recorded(kinds)).collect()
}

/// Events of one call, one after the other.
fn recorded(kinds: impl IntoIterator<Item = EventKind>) -> Vec<EventRecord> {
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_766_400);
    let role = |kind: &EventKind| match kind {
        EventKind::PartyJoined(_)
        | EventKind::PartyLeft
        | EventKind::LegState { .. }
        | EventKind::SourceChanged => Some(Role::Agent),
        _ => kind.utterance().map(|_| Role::Customer),
    };
    let record = |(seq, kind): (u64, EventKind)| EventRecord {
        id: EventId {
            run: RunId::new(started, 0xa1b2),
            seq,
        },
        call_id: CallId::new("c-1"),
        agent_id: "agent-7".to_owned(),
        wall_time: started + Duration::from_millis(seq),
        event: Event {
            role: role(&kind),
            party: match role(&kind) {
                Some(Role::Agent) => "agent-9".into(),
                _ => "".into(),
            },
            start: MediaTime::from_millis(1_000),
            end: MediaTime::from_millis(2_000),
            latency: kind.utterance().map(|_| Duration::from_millis(300)),
            kind,
        },
    };
    (1..).zip(kinds).map(record).collect()
}

fn sample(name: &str) -> EventRecord {
    let mut samples = samples().into_iter();
    samples
        .find(|sample| sample.event.kind.name() == name)
        .expect(name)
}

#[test]
fn each_kind_is_written_and_read_back_byte_by_byte() {
    let samples = samples();
    let names: Vec<&str> = samples
        .iter()
        .map(|event| event.event.kind.name())
        .collect();
    assert_eq!(names, EventKind::NAMES, "one golden event of each kind");
    let plain = plain_samples();
    let all = names.into_iter().zip(samples.iter().cloned()).chain(plain);
    for (name, event) in all {
        let path = golden(name);
        let json = event.json() + "\n";
        if std::env::var_os("SIDETONE_BLESS").is_some() {
            fs::write(&path, &json).expect("writable");
        }
        let kept = fs::read_to_string(&path).expect(name);
        assert_eq!(json, kept, "{name}");
        let read = EventRecord::read(kept.trim_end()).expect(name);
        assert_eq!(read, event, "{name}");
        assert_eq!(read.json() + "\n", kept, "{name}");
    }
}

/// The texts of `json` that are people's: their words, names and numbers, and what was made of
/// them.
fn private(json: &serde_json::Value, texts: &mut Vec<String>) {
    const KEYS: [&str; 27] = [
        "text",
        "spoken",
        "confirmed",
        "tail",
        "word",
        "name",
        "given",
        "e164",
        "phone",
        "email",
        "title",
        "snippet",
        "say",
        "triggers",
        "why",
        "reason",
        "actions",
        "risks",
        "keywords",
        "said",
        "about",
        "detail",
        "preferences",
        "metadata",
        "customer_id",
        "tier",
        "reviewed_by",
    ];
    match json {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                match (KEYS.contains(&key.as_str()), value) {
                    (true, serde_json::Value::String(text)) => texts.push(text.clone()),
                    (true, serde_json::Value::Array(all)) => {
                        let all = all.iter().filter_map(|text| text.as_str());
                        texts.extend(all.map(str::to_owned));
                    }
                    (true, serde_json::Value::Object(all)) => {
                        let all = all.values().filter_map(|text| text.as_str());
                        texts.extend(all.map(str::to_owned));
                    }
                    _ => private(value, texts),
                }
            }
        }
        serde_json::Value::Array(all) => all.iter().for_each(|value| private(value, texts)),
        _ => {}
    }
}

#[test]
fn no_words_names_or_numbers_of_people_are_in_what_goes_to_logs() {
    let mut looked_for = 0;
    for event in samples() {
        let mut texts = Vec::new();
        private(&serde_json::to_value(&event).expect("JSON"), &mut texts);
        // Why a call ended, or was not understood, are words of ours.
        let ours = matches!(
            &event.event.kind,
            EventKind::CallEnded(_) | EventKind::Unrecognised { .. }
        );
        let log = format!("{event:?}");
        for text in texts.iter().filter(|text| text.len() > 2 && !ours) {
            assert!(!log.contains(text.as_str()), "`{text}` in {log}");
            looked_for += 1;
        }
    }
    assert!(looked_for > 40, "{looked_for} texts");
}

#[test]
fn fields_of_a_later_version_are_passed_over_and_kinds_are_named_as_such() {
    for event in samples() {
        let json = event.json();
        let later = json.replacen('{', r#"{"colour":{"of":["later"]},"#, 1);
        let later = later.replace(r#""v":2"#, r#""v":99"#);
        assert_eq!(EventRecord::read(&later), Ok(event));
    }
    let unknown = sample("speech_begin")
        .json()
        .replace("speech_begin", "hologram");
    assert_eq!(
        EventRecord::read(&unknown),
        Err(ReadEventError::UnknownKind)
    );
}

#[test]
fn what_is_damaged_is_told_by_its_place_and_not_by_its_words() {
    let json = sample("final").json();
    for damaged in [
        &json[..json.len() / 2],
        "",
        "[]",
        "secret",
        &json.replace("0.93", r#""secret""#),
    ] {
        let error = EventRecord::read(damaged).expect_err("damaged");
        assert!(matches!(error, ReadEventError::Damaged { .. }));
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn every_event_of_version_1_is_read() {
    let folder = golden("v1");
    let folder = folder.with_extension("");
    let mut read = 0;
    for entry in fs::read_dir(folder).expect("golden/events/v1") {
        let path = entry.expect("readable").path();
        for line in fs::read_to_string(&path).expect("readable").lines() {
            let event = EventRecord::read(line).unwrap_or_else(|e| panic!("{path:?}: {e}"));
            assert_eq!(event.id.run, RunId::NONE);
            // Once it is written anew, it is of this version and still the same event.
            assert_eq!(EventRecord::read(&event.json()), Ok(event));
            read += 1;
        }
    }
    assert!(read >= 19, "{read} events of version 1, which had 19 kinds");
}

#[test]
fn words_of_version_1_get_back_their_spaces() {
    let kept = fs::read_to_string(golden("v1/final")).expect("readable");
    let spaced: Vec<Vec<String>> = kept
        .lines()
        .map(|line| {
            let event = EventRecord::read(line).expect("readable");
            let EventKind::Final(done) = event.event.kind else {
                panic!("no final");
            };
            assert!(!done.spoken.is_empty());
            done.words.into_iter().map(|word| word.spaced).collect()
        })
        .collect();
    assert_eq!(
        spaced,
        [
            vec!["I", " paid", " twenty", " five", " dollars."],
            vec!["办", "理", " 5G", "套", "餐"],
            vec!["no", " no", " no"],
        ]
    );
}

#[test]
fn ids_of_events_are_read_as_they_are_written_and_in_order_of_time() {
    let at = |s| SystemTime::UNIX_EPOCH + Duration::from_secs(s);
    let early = EventId {
        run: RunId::new(at(1_700_000_000), 0xffff),
        seq: 900,
    };
    let late = EventId {
        run: RunId::new(at(1_700_000_001), 0),
        seq: 1,
    };
    assert!(early < late && early.to_string() < late.to_string());
    for id in [early, late, EventId::default()] {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    for text in [
        "",
        "7",
        "-",
        "-7",
        "x-7",
        "0193ab4e5f60a1b2-",
        "1-2",
        "0193ab4e5f60a1b2--1",
    ] {
        assert!(text.parse::<EventId>().is_err(), "{text}");
    }
}

#[test]
fn who_reads_finals_only_loses_what_accompanies_speech_and_nothing_else() {
    let samples = samples();
    let interim = samples.iter().map(|record| &record.event.kind);
    let interim: Vec<&str> = interim
        .filter(|kind| kind.is_interim())
        .map(EventKind::name)
        .collect();
    assert_eq!(
        interim,
        [
            "speech_begin",
            "speech_end",
            "partial",
            "emotion",
            "retracted"
        ]
    );
}
