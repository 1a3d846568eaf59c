//! Whatever a recording client sends, legs are named once, controls are of legs that are there, and
//! an answer has as many lines as the offer.

use std::net::SocketAddr;

use proptest::prelude::*;
use sidetone_core::describe::{LegDescription, LegName, Source, check_leg};
use sidetone_doors::siprec::{Body, Recording, Sides};
use sidetone_doors::{Fields, Heard};

fn sdp() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => Just("m=audio 9 RTP/AVP 0 8 101".to_owned()),
        1 => Just("m=audio 0 RTP/AVP 0".to_owned()),
        1 => Just("m=audio 9 RTP/SAVP 0".to_owned()),
        1 => Just("m=video 9 RTP/AVP 31".to_owned()),
        1 => Just("a=rtpmap:101 telephone-event/8000".to_owned()),
        3 => (0..4_u8).prop_map(|label| format!("a=label:{label}")),
        1 => Just("a=inactive".to_owned()),
        1 => Just("a=sendonly ".to_owned()),
        1 => ".{0,20}",
    ];
    prop::collection::vec(line, 0..10).prop_map(|lines| {
        let head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0";
        format!("{head}\r\n{}\r\n", lines.join("\r\n"))
    })
}

fn element() -> impl Strategy<Value = String> {
    let id = || prop::sample::select(vec!["a", "b", "c", "d", ""]);
    prop_oneof![
        (id(), id(), id()).prop_map(|(id, aor, sends)| format!(
            "<participant id='{id}'><nameID aor='sip:{aor}@h'><name>{aor}</name></nameID><send>{sends}</send></participant>"
        )),
        (id(), 0..4_u8).prop_map(|(id, label)| format!("<x:stream stream_id='{id}'><label>{label}</label></x:stream>")),
        (id(), id()).prop_map(|(id, sends)| format!(
            "<participantstreamassoc participant_id='{id}'><send>{sends}</send></participantstreamassoc>"
        )),
        id().prop_map(|id| format!(
            "<participantsessionassoc participant_id='{id}'><disassociate-time>1</disassociate-time></participantsessionassoc>"
        )),
        Just("<dataMode>partial</dataMode>".to_owned()),
        id().prop_map(|id| format!("<group><initiator>sip:{id}@h</initiator></group>")),
        ".{0,20}",
        Just("<extensiondata><v><callingPartyNumber>7</callingPartyNumber></v></extensiondata>".to_owned()),
    ]
}

fn metadata() -> impl Strategy<Value = String> {
    let elements = prop::collection::vec(element(), 0..8);
    prop_oneof![
        6 => elements.prop_map(|elements| format!("<recording>{}</recording>", elements.concat())),
        1 => ".{0,40}",
    ]
}

/// A message, as multipart or as its parts alone.
fn message() -> impl Strategy<Value = (String, Vec<u8>)> {
    let both = (sdp(), metadata()).prop_map(|(sdp, xml)| {
        let body = format!(
            "--b\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--b \r\nContent-Type:application/rs-metadata+xml\r\n\r\n{xml}\r\n--b--\r\n"
        );
        ("multipart/mixed;boundary=b".to_owned(), body.into_bytes())
    });
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        6 => both,
        2 => sdp().prop_map(|sdp| ("application/sdp".to_owned(), sdp.into_bytes())),
        2 => metadata().prop_map(|xml| ("application/rs-metadata+xml".to_owned(), xml.into_bytes())),
        1 => (".{0,30}", bytes),
    ]
}

fn open(recording: &mut Recording, legs: &[Heard], names: &mut Vec<LegName>) {
    let mut addresses = Vec::new();
    for leg in legs {
        let source = Source::Rtp(leg.payloads.clone());
        let described = LegDescription::new(leg.party.clone(), source);
        check_leg(names, &described).expect("a call takes it");
        let name = described.name;
        names.push(name.clone());
        let port = 40_000 + u16::try_from(names.len()).expect("few");
        addresses.push((name, SocketAddr::from(([127, 0, 0, 1], port))));
    }
    assert!(names.len() <= 8, "{} legs", names.len());
    recording.opened(&addresses);
}

fn lines(sdp: &str) -> usize {
    sdp.lines().filter(|line| line.starts_with("m=")).count()
}

proptest! {
    #[test]
    fn any_messages_make_a_call_that_hangs_together(messages in prop::collection::vec(message(), 1..6)) {
        let mut names = Vec::new();
        let mut session: Option<(Recording, usize)> = None;
        for (kind, bytes) in messages {
            let body = Body::read(&kind, &bytes);
            let offered = body.sdp.as_deref().map(lines);
            match &mut session {
                None => {
                    let begun = Recording::begin(Sides::default(), &body, Fields::default(), 7);
                    let Ok((mut recording, found)) = begun else { continue };
                    open(&mut recording, &found.legs, &mut names);
                    session = Some((recording, offered.unwrap_or_default()));
                }
                Some((recording, lines)) => {
                    let mut next = recording.clone();
                    let Ok(change) = next.change(&body) else { continue };
                    *recording = next;
                    for (leg, _) in &change.controls {
                        prop_assert!(names.contains(leg), "`{leg}` is not there");
                    }
                    open(recording, &change.legs, &mut names);
                    *lines = offered.unwrap_or(*lines);
                }
            }
            if let Some((recording, offered)) = &mut session {
                let answer = recording.answer();
                prop_assert_eq!(lines(&answer), *offered, "{}", answer);
            }
        }
    }
}
