//! Recording sessions as different products describe them. The metadata are our own, in the forms of
//! RFC 7865 and of what is reported of Cisco, BroadWorks and Oracle.

use std::net::SocketAddr;

use sidetone_core::call::Control;
use sidetone_core::describe::LegName;
use sidetone_types::party::Role;

use super::{Agents, Body, Change, Recording, Refusal, Sides};
use crate::{Fields, Forked, Found};

fn sdp(lines: &[&str]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| match line.split_once(' ') {
            Some((label, rest)) => {
                format!("m=audio 4000 RTP/AVP 0 8\r\na=label:{label}\r\na={rest}\r\n")
            }
            None if *line == "gone" => "m=audio 0 RTP/AVP 0\r\n".to_owned(),
            None => format!("m=audio 4000 RTP/AVP 0 8\r\na=label:{line}\r\na=sendonly\r\n"),
        })
        .collect();
    let head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";
    format!("{head}{}", lines.concat())
}

fn body(lines: &[&str], metadata: &str) -> Body {
    Body {
        sdp: (!lines.is_empty()).then(|| sdp(lines)),
        metadata: (!metadata.is_empty()).then(|| metadata.to_owned()),
        others: String::new(),
    }
}

fn begin(sides: Sides, lines: &[&str], metadata: &str) -> (Recording, Found) {
    Recording::begin(sides, &body(lines, metadata), Fields::default(), 7).expect("it can be heard")
}

/// Role, id and name of each leg.
fn legs(found: &Found) -> Vec<String> {
    let legs = found.legs.iter();
    let told = legs.map(|leg| {
        let party = &leg.party;
        format!("{} {} {}", party.role.as_str(), party.id, party.name)
    });
    told.map(|leg| leg.trim_end().to_owned()).collect()
}

fn field<'a>(fields: &'a Fields, name: &'a str) -> Option<&'a str> {
    fields.named(&[name])
}

/// As RFC 7865 has it: Ann, who called, sends the stream `1`, Bob `2`.
const RFC: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1">
 <datamode>complete</datamode>
 <session session_id="c2Vzc2lvbg=="><sipSessionID>ab30317f1a784dc48ff824d0d3715d86</sipSessionID></session>
 <participant participant_id="cDE="><nameID aor="sip:+14155550117@carrier.test"><name xml:lang="en">"Ann"</name></nameID></participant>
 <participant participant_id="cDI="><nameID aor="sip:1001@pbx.test"><name>Bob &amp; Co</name></nameID></participant>
 <stream stream_id="czE=" session_id="c2Vzc2lvbg=="><label>1</label></stream>
 <stream stream_id="czI=" session_id="c2Vzc2lvbg=="><label>2</label></stream>
 <participantstreamassoc participant_id="cDE="><send>czE=</send><recv>czI=</recv></participantstreamassoc>
 <participantstreamassoc participant_id="cDI="><send>czI=</send><recv>czE=</recv></participantstreamassoc>
</recording>"#;

#[test]
fn labels_tell_whose_voice_a_line_carries() {
    for (lines, expected) in [
        (["1", "2"], ["customer  Ann", "agent 1001 Bob & Co"]),
        (["2", "1"], ["customer  Bob & Co", "agent +14155550117 Ann"]),
    ] {
        let (_, found) = begin(Sides::default(), &lines, RFC);
        assert_eq!(legs(&found), expected, "{lines:?}");
    }
    // Whatever the order of lines, where agents are known.
    let agents = Agents::read(&["1???".to_owned()]).expect("a pattern");
    let sides = Sides {
        caller: Forked::Agent,
        agents,
    };
    let (recording, found) = begin(sides, &["2", "1"], RFC);
    assert_eq!(legs(&found), ["agent 1001 Bob & Co", "customer  Ann"]);
    assert_eq!(recording.notes(), Vec::<String>::new());
    for (name, value) in [
        ("session_id", "c2Vzc2lvbg=="),
        ("sip_session_id", "ab30317f1a784dc48ff824d0d3715d86"),
        ("agent_id", "1001"),
    ] {
        assert_eq!(field(&found.fields, name), Some(value), "{name}");
    }
}

#[test]
fn who_called_is_told_as_the_caller() {
    let (_, found) = begin(Sides::default(), &["1", "2"], RFC);
    let told = ["caller", "callee", "direction", "agent_id"].map(|name| field(&found.fields, name));
    let expected = ["+14155550117", "1001", "inbound", "1001"].map(Some);
    assert_eq!(told, expected);
    let sides = Sides {
        caller: Forked::Agent,
        ..Sides::default()
    };
    let (_, found) = begin(sides, &["1", "2"], RFC);
    let told = ["caller", "callee", "direction", "agent_id"].map(|name| field(&found.fields, name));
    let expected = ["+14155550117", "1001", "outbound", "+14155550117"].map(Some);
    assert_eq!(told, expected);
}

#[test]
fn what_is_wrong_or_missing_in_associations_is_made_up_for() {
    // The second association names a stream for a participant.
    let cisco = RFC.replace(
        r#"<participantstreamassoc participant_id="cDI=">"#,
        r#"<participantstreamassoc participant_id="czE=">"#,
    );
    // No streams at all.
    let bare = RFC.split("<stream ").next().expect("a head").to_owned() + "</recording>";
    // Labels of their own.
    let other = RFC
        .replace("<label>1", "<label>7")
        .replace("<label>2", "<label>8");
    for metadata in [cisco, bare, other] {
        let (_, found) = begin(Sides::default(), &["1", "2"], &metadata);
        assert_eq!(
            legs(&found),
            ["customer  Ann", "agent 1001 Bob & Co"],
            "{metadata}"
        );
    }
    // Two voices in one line, and nobody can tell whose.
    let (_, found) = begin(
        Sides::default(),
        &["1"],
        "<recording><participant id='a'><aor>sip:a@h</aor></participant>\
        <participant id='b'><aor>sip:b@h</aor></participant></recording>",
    );
    assert_eq!(legs(&found), ["unknown"]);
}

/// As BroadWorks has it: a draft of the metadata, one mixed stream under another label, and its own.
const BROADWORKS: &str = "<?xml version='1.0'?><recording_metadata xmlns='urn:ietf:params:xml:ns:siprec'><dataMode>complete</dataMode>\
  <recording id='urn:uuid:1'><requestor>SRC</requestor></recording><group id='urn:uuid:2'><initiator>sip:02070000001</initiator></group>\
  <session id='urn:uuid:3' group='urn:uuid:2'/>\
  <participant id='p1' session='urn:uuid:3'><aor>sip:02070000001</aor><send><id>s1</id></send></participant>\
  <participant id='p2' session='urn:uuid:3'><aor>sip:07900000002@bw.test;user=phone</aor><send><id>MIXED</id></send></participant>\
  <stream id='s1'><label>1</label><mode>separate</mode></stream><stream id='s2'><label>2</label></stream>\
  <extensiondata id='urn:uuid:4' parent='urn:uuid:3'><broadWorksRecordingMetadata version='3.0'><extTrackingID>8028549:1</extTrackingID>\
  <userID>02070000001@bw.test</userID><callID>callhalf-79:0</callID><callType><origCall>\
  <callingPartyNumber>sip:+442070000001@bw.test</callingPartyNumber><calledPartyNumber>sip:07900000002@bw.test;user=phone</calledPartyNumber>\
  </origCall></callType></broadWorksRecordingMetadata></extensiondata></recording_metadata>";

#[test]
fn drafts_and_products_of_their_own_are_read() {
    let sides = || Sides {
        caller: Forked::Agent,
        ..Sides::default()
    };
    let separate = BROADWORKS.replace("MIXED", "s2");
    let (_, found) = begin(sides(), &["2", "1"], &separate);
    assert_eq!(legs(&found), ["customer", "agent 02070000001"]);
    for (name, value) in [
        ("broadWorksRecordingMetadata.callID", "callhalf-79:0"),
        (
            "broadWorksRecordingMetadata.callType.origCall.callingPartyNumber",
            "sip:+442070000001@bw.test",
        ),
        ("caller", "+442070000001"),
        ("callee", "07900000002"),
        ("direction", "outbound"),
        ("session_id", "urn:uuid:3"),
    ] {
        assert_eq!(field(&found.fields, name), Some(value), "{name}");
    }
    let mixed = BROADWORKS.replace("MIXED", "s1");
    let (_, found) = begin(sides(), &["5"], &mixed);
    assert_eq!(legs(&found), ["unknown"]);
    // Nobody can tell their voices, but who they are is known.
    for (name, value) in [
        ("agent_id", "02070000001"),
        ("caller", "+442070000001"),
        ("callee", "07900000002"),
        ("direction", "outbound"),
    ] {
        assert_eq!(field(&found.fields, name), Some(value), "{name}");
    }
    // Oracle: Bob, who is named last, called.
    let oracle = RFC
        .replace("<recording ", "<siprec:recording xmlns:siprec='x' ")
        .replace("</recording>", "<group group_id='g'><apkt:callData><apkt:callid>77@sbc</apkt:callid>\
            <apkt:fromhdr>\"B\" &lt;sip:1001@sbc>;tag=1</apkt:fromhdr></apkt:callData></group></siprec:recording>");
    let (_, found) = begin(sides(), &["1", "2"], &oracle);
    assert_eq!(legs(&found), ["customer  Ann", "agent 1001 Bob & Co"]);
    assert_eq!(field(&found.fields, "callData.callid"), Some("77@sbc"));
    let flagged = RFC.replace(
        "Bob &amp; Co</name></nameID>",
        "Bob &amp; Co</name></nameID>\
        <extensiondata><apkt:callingParty>true</apkt:callingParty></extensiondata>",
    );
    let (_, found) = begin(sides(), &["1", "2"], &flagged);
    assert_eq!(legs(&found), ["customer  Ann", "agent 1001 Bob & Co"]);
}

#[test]
fn without_metadata_the_lines_are_the_two_sides() {
    for (lines, expected) in [
        (&["1", "2"][..], &["customer", "agent"][..]),
        (&["1"], &["unknown"]),
        (&["1", "2", "3"], &["customer", "agent", "agent 3"]),
    ] {
        let (_, found) = begin(Sides::default(), lines, "");
        assert_eq!(legs(&found), expected);
    }
    let (recording, found) = begin(Sides::default(), &["1", "2"], "<html/>");
    assert_eq!(legs(&found), ["customer", "agent"]);
    assert!(
        recording.notes()[0].contains("`html`"),
        "{:?}",
        recording.notes()
    );
}

#[test]
fn what_is_guessed_or_left_out_is_told() {
    let agents = || Agents::read(&["2???".to_owned()]).expect("a pattern");
    let sides = || Sides {
        caller: Forked::Customer,
        agents: agents(),
    };
    let strange = RFC
        .replace("<label>1", "<label>7")
        .replace("<label>2", "<label>8");
    for (sides, lines, metadata, part) in [
        (
            Sides::default(),
            &["1", "2"][..],
            &*strange,
            "no label of the metadata",
        ),
        (sides(), &["1", "2"], RFC, "doors.siprec.agents"),
    ] {
        let (recording, _) = begin(sides, lines, metadata);
        let notes = recording.notes();
        assert!(notes.len() == 1 && notes[0].contains(part), "{notes:?}");
    }
    let mut half = body(&["1", "2"], RFC);
    half.sdp = half.sdp.map(|sdp| sdp.replacen("RTP/AVP", "RTP/SAVP", 1));
    let begun = Recording::begin(Sides::default(), &half, Fields::default(), 7);
    let notes = begun.expect("one can be heard").0.notes();
    assert_eq!(
        notes,
        ["line 1 of the sound is refused: it is encrypted (SRTP)"]
    );
}

fn opened(recording: &mut Recording, legs: &[crate::Heard], from: u16) {
    let addresses = legs.iter().zip(from..).map(|(leg, port)| {
        (
            LegName::of(&leg.party),
            SocketAddr::from(([192, 0, 2, 7], port)),
        )
    });
    recording.opened(&addresses.collect::<Vec<_>>());
}

/// What has become of whom.
fn controls(change: &Change) -> Vec<String> {
    let told = change.controls.iter().map(|(leg, control)| {
        let told = match control {
            Control::Hold(held) => format!("hold {held}"),
            Control::Join(party) => format!("join {} {}", party.role.as_str(), party.id),
            Control::Leave => "leave".to_owned(),
            other => format!("{other:?}"),
        };
        format!("{leg}: {told}").trim_end().to_owned()
    });
    told.collect()
}

/// The ports of an answer, in the order of its lines.
fn ports(answer: &str) -> Vec<&str> {
    let lines = answer
        .lines()
        .filter_map(|line| line.strip_prefix("m=audio "));
    lines
        .map(|line| line.split(' ').next().unwrap_or_default())
        .collect()
}

#[test]
fn holds_transfers_joins_and_leaves_follow_offers_and_metadata() {
    let (mut recording, found) = begin(Sides::default(), &["1", "2"], RFC);
    opened(&mut recording, &found.legs, 40_000);
    assert_eq!(ports(&recording.answer()), ["40000", "40001"]);
    let mut step = |lines: &[&str], metadata: &str, expected: &[&str]| {
        let change = recording
            .change(&body(lines, metadata))
            .expect("it can be read");
        assert_eq!(controls(&change), expected, "{lines:?} {metadata}");
        let next = 40_002 + u16::try_from(change.legs.len()).expect("few");
        opened(&mut recording, &change.legs, next);
        (change.legs.len(), ports(&recording.answer()).join(" "))
    };
    let (legs, answer) = step(&["1 inactive", "2"], "", &["customer: hold true"]);
    assert_eq!((legs, answer.as_str()), (0, "40000 40001"));
    step(&["1", "2"], "", &["customer: hold false"]);
    step(&["1", "2"], "", &[]);
    // Another agent takes over Bob's stream.
    let transfer = "<recording><dataMode>partial</dataMode>\
        <participant participant_id='p3'><nameID aor='sip:1002@pbx.test'/></participant>\
        <participantsessionassoc participant_id='cDI='><disassociate-time>2026-01-01T00:00:00Z</disassociate-time></participantsessionassoc>\
        <participantstreamassoc participant_id='p3'><send>czI=</send></participantstreamassoc></recording>";
    step(&[], transfer, &["agent 1001: join agent 1002"]);
    // A supervisor joins with a line of her own, and leaves again.
    let joins = "<recording><dataMode>partial</dataMode>\
        <participant participant_id='p4'><nameID aor='sip:2000@pbx.test'/></participant>\
        <stream stream_id='s3'><label>3</label></stream>\
        <participantstreamassoc participant_id='p4'><send>s3</send></participantstreamassoc></recording>";
    let (legs, answer) = step(&["1", "2", "3"], joins, &[]);
    assert_eq!((legs, answer.as_str()), (1, "40000 40001 40003"));
    let (_, answer) = step(&["1", "2", "gone"], "", &["agent 2000: leave"]);
    assert_eq!(answer, "40000 40001 0");
    step(&["1", "2", "3"], "", &["agent 2000: join agent 2000"]);
    // All lines are closed before the end.
    step(
        &["gone", "gone", "gone"],
        "",
        &["customer: leave", "agent 1001: leave", "agent 2000: leave"],
    );
}

#[test]
fn whoever_leaves_by_metadata_alone_has_left() {
    let (mut recording, _) = begin(Sides::default(), &["1", "2"], RFC);
    let leaves = "<recording><dataMode>Partial</dataMode><participantsessionassoc participant_id='cDI='>\
        <disassociate-time>2026-01-01T00:00:00Z</disassociate-time></participantsessionassoc></recording>";
    let comes = leaves.replace("2026-01-01T00:00:00Z", "");
    for (metadata, expected) in [
        (leaves, &["agent 1001: leave"][..]),
        (leaves, &[]),
        (&comes, &["agent 1001: join agent 1001"]),
        // Complete ones that say the same change nothing.
        (RFC, &[]),
    ] {
        let change = recording
            .change(&body(&[], metadata))
            .expect("it can be read");
        assert_eq!(controls(&change), expected, "{metadata}");
    }
}

#[test]
fn nobody_changes_sides_when_somebody_leaves() {
    let agents = Agents::read(&["1???".to_owned()]).expect("a pattern");
    for sides in [
        Sides::default(),
        Sides {
            caller: Forked::Customer,
            agents,
        },
    ] {
        let (mut recording, _) = begin(sides, &["1", "2"], RFC);
        // Ann, who called, leaves; then she is not even named any more.
        let leaves = "<recording><dataMode>partial</dataMode><participantsessionassoc participant_id='cDE='>\
            <disassociate-time>2026-01-01T00:00:00Z</disassociate-time></participantsessionassoc></recording>";
        let change = recording
            .change(&body(&[], leaves))
            .expect("it can be read");
        assert_eq!(controls(&change), ["customer: leave"]);
        assert_eq!(field(&change.fields, "direction"), None, "it is known");
        let alone = RFC
            .replace("sip:+14155550117@carrier.test", "sip:x@h")
            .replace("cDE=", "gone");
        let change = recording
            .change(&body(&["1 inactive", "2"], &alone))
            .expect("it can be read");
        let told = controls(&change);
        assert!(
            told.iter().all(|told| told.starts_with("customer")),
            "{told:?}"
        );
    }
    // Those who change places keep who they are.
    let agents = Agents::read(&["1???".to_owned()]).expect("a pattern");
    let (mut recording, _) = begin(
        Sides {
            caller: Forked::Customer,
            agents,
        },
        &["1", "2"],
        RFC,
    );
    let swapped = RFC
        .replace("<label>1", "<label>3")
        .replace("<label>2", "<label>1")
        .replace("<label>3", "<label>2");
    let change = recording
        .change(&body(&[], &swapped))
        .expect("it can be read");
    let expected = ["customer: join agent 1001", "agent 1001: join customer"];
    assert_eq!(controls(&change), expected);
    // A transfer that is told by streams alone leaves one voice.
    let (mut recording, _) = begin(Sides::default(), &["1", "2"], RFC);
    let moves = "<recording><dataMode>partial</dataMode>\
        <participant participant_id='p3'><nameID aor='sip:1002@pbx.test'/></participant>\
        <participantstreamassoc participant_id='cDI='><send>czI=</send><disassociate-time>1</disassociate-time></participantstreamassoc>\
        <participantstreamassoc participant_id='p3'><send>czI=</send></participantstreamassoc></recording>";
    let change = recording.change(&body(&[], moves)).expect("it can be read");
    assert_eq!(controls(&change), ["agent 1001: join agent 1002"]);
}

#[test]
fn as_much_is_kept_as_there_is_room_for() {
    let extra: String = (0..80)
        .map(|n| format!("<k{n}>{}</k{n}>", "v".repeat(300)))
        .collect();
    let long = RFC
        .replace("Bob &amp; Co", &"\u{4f60}".repeat(100))
        .replace("1001", &"9".repeat(200))
        .replace(
            "</recording>",
            &format!("<extensiondata>{extra}</extensiondata></recording>"),
        );
    let (mut recording, found) = begin(Sides::default(), &["1", "2"], &long);
    let many = found.fields.clone().into_map();
    assert!(many.len() <= 64 && many.contains_key("k0"), "{many:?}");
    assert_eq!(
        (many["direction"].as_str(), many["agent_id"].len()),
        ("inbound", 64)
    );
    let agent = &found.legs[1].party;
    assert_eq!((agent.id.len(), agent.name.len()), (64, 126));
    // The same again is no news.
    let change = recording
        .change(&body(&["1", "2"], &long))
        .expect("it can be read");
    assert!(change.fields.into_map().is_empty());
    assert!(change.controls.is_empty() && change.legs.is_empty());
}

#[test]
fn agents_without_a_number_are_told_apart() {
    let nameless = RFC
        .replace("sip:1001@pbx.test", "sip:10.0.0.5")
        .replace("sip:+14155550117@carrier.test", "sip:10.0.0.6");
    let metadata = nameless.replace(
        "</recording>",
        "<participant participant_id='p3'><nameID aor='sip:10.0.0.7'/><send>s3</send></participant>\
         <stream stream_id='s3'><label>3</label></stream></recording>",
    );
    let (_, found) = begin(Sides::default(), &["1", "2", "3"], &metadata);
    assert_eq!(
        legs(&found),
        ["customer  Ann", "agent  Bob & Co", "agent 3"]
    );
}

#[test]
fn an_answer_has_another_version_where_it_says_something_else() {
    let (mut recording, found) = begin(Sides::default(), &["1", "2"], RFC);
    opened(&mut recording, &found.legs, 40_000);
    let versions = [
        &["1", "2"][..],
        &["1", "2"],
        &["1 inactive", "2"],
        &["1", "2"],
    ]
    .map(|lines| {
        recording.change(&body(lines, "")).expect("it can be read");
        let answer = recording.answer();
        answer
            .lines()
            .find(|line| line.starts_with("o="))
            .map(str::to_owned)
    });
    let origin = |version: u8| Some(format!("o=- 7 {version} IN IP4 192.0.2.7"));
    assert_eq!(versions, [origin(1), origin(1), origin(2), origin(3)]);
    let mut secure = body(&["1", "2"], "");
    secure.sdp = secure.sdp.map(|sdp| sdp.replace("RTP/AVP", "RTP/SAVP"));
    assert_eq!(
        recording.clone().change(&secure).err(),
        Some(Refusal::Encrypted)
    );
}

#[test]
fn what_cannot_be_heard_is_refused_and_says_why() {
    let refused =
        |body: &Body| Recording::begin(Sides::default(), body, Fields::default(), 7).err();
    assert_eq!(
        refused(&Body::default()),
        Some(Refusal::NoOffer(String::new()))
    );
    let mut secure = body(&["1"], "");
    secure.sdp = secure.sdp.map(|sdp| sdp.replace("RTP/AVP", "RTP/SAVP"));
    assert_eq!(refused(&secure), Some(Refusal::Encrypted));
    secure.sdp = Some("hello".to_owned());
    assert!(matches!(refused(&secure), Some(Refusal::Sdp(_))));
    // One line of two is enough, and no call has more legs than there is room for.
    let mut many = body(&["1"; 12], "");
    many.sdp = many
        .sdp
        .map(|sdp| sdp.replacen("RTP/AVP 0 8", "RTP/AVP 18", 1));
    let (mut recording, found) =
        Recording::begin(Sides::default(), &many, Fields::default(), 7).expect("some can be heard");
    assert_eq!(found.legs.len(), 8);
    opened(&mut recording, &found.legs, 40_000);
    let answer = recording.answer();
    assert_eq!(ports(&answer)[..3], ["0", "40000", "40001"], "{answer}");
    assert_eq!(ports(&answer)[9..], ["0", "0", "0"], "{answer}");
}

#[test]
fn a_line_on_hold_from_the_beginning_is_told() {
    let (mut recording, found) = begin(Sides::default(), &["1 inactive", "2"], RFC);
    assert_eq!(found.legs.len(), 2);
    let held = recording.held();
    assert!(matches!(
        held[..],
        [(
            LegName {
                role: Role::Customer,
                ..
            },
            Control::Hold(true)
        )]
    ));
}
