//! Captures that are built here, and what becomes of them.

use proptest::prelude::*;

use super::write::Writer;
use super::*;
use crate::audio::Codec;
use crate::rtp::send::Packetiser;

const BEGAN: Duration = Duration::from_secs(1_777_888_999);

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A message of a call between `alice` at 192.0.2.1 and `bob` at 192.0.2.2.
fn sip(start: &str, cseq: &str, from_tag: &str, sdp: Option<&str>) -> Vec<u8> {
    let sdp = sdp.unwrap_or_default();
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:+14155550117@a.example>;tag={from_tag}\r\n\
         To: \"Support\" <sip:+18005550100@b.example>\r\nCall-ID: one@example\r\nCSeq: {cseq}\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
    .into_bytes()
}

fn sdp(address: &str, port: u16, media: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP {media}\r\n"
    )
}

/// Two seconds of RTP from one address to another, from `at` on.
fn talk(file: &mut Writer, at: Duration, from: &str, to: &str, mut packets: Packetiser) {
    for n in 0..100 {
        let packet = packets.audio(&[0.1; 160]);
        file.udp(at + ms(20 * n), address(from), address(to), &packet);
    }
}

const ALICE: &str = "192.0.2.1:4000";
const BOB: &str = "192.0.2.2:6000";

/// A call that SIP describes, with both voices.
fn call(offer: &str, answer: &str) -> Writer {
    let (alice, bob) = (address("192.0.2.1:5060"), address("192.0.2.2:5060"));
    let mut file = Writer::default();
    let invite = sip("INVITE sip:bob@b SIP/2.0", "1 INVITE", "a", Some(offer));
    file.udp(BEGAN, alice, bob, &invite);
    let ok = sip("SIP/2.0 200 OK", "1 INVITE", "a", Some(answer));
    file.udp(BEGAN + ms(500), bob, alice, &ok);
    let at = BEGAN + ms(600);
    talk(
        &mut file,
        at,
        BOB,
        ALICE,
        Packetiser::new(2, 0, Codec::Pcmu),
    );
    talk(
        &mut file,
        at + ms(10),
        ALICE,
        BOB,
        Packetiser::new(1, 0, Codec::Pcmu),
    );
    let bye = sip("BYE sip:bob@b SIP/2.0", "2 BYE", "a", None);
    file.udp(BEGAN + ms(3_000), alice, bob, &bye);
    file
}

fn plain_call() -> Writer {
    call(
        &sdp("192.0.2.1", 4_000, "0 8"),
        &sdp("192.0.2.2", 6_000, "0"),
    )
}

fn senders(call: &CapturedCall<'_>) -> Vec<(Sender, String, u64)> {
    let voices = call.voices.iter();
    let voices = voices.map(|voice| {
        let packets = voice.packets.values().sum();
        (voice.sender, voice.from.to_string(), packets)
    });
    voices.collect()
}

#[test]
fn a_call_is_described_by_its_messages() {
    let file = plain_call().into_bytes();
    let capture = read(&file, &[]).expect("a capture");
    let [call] = &capture.calls[..] else {
        panic!("one call: {:?}", capture.counts);
    };
    let described = call.described.as_ref().expect("by SIP");
    assert_eq!(described.id, "one@example");
    assert_eq!(
        (described.caller.as_str(), described.callee.as_str()),
        ("+14155550117", "+18005550100")
    );
    let expected = [
        (Sender::Caller, ALICE.to_owned(), 100),
        (Sender::Callee, BOB.to_owned(), 100),
    ];
    assert_eq!(senders(call), expected);
    assert_eq!(call.began, BEGAN + ms(600));
    assert_eq!(call.duration(), ms(10 + 99 * 20));
    assert_eq!((call.arrivals[0].voice, call.arrivals[1].voice), (1, 0));
    assert_eq!((capture.counts.sip, capture.counts.described), (3, 1));
}

#[test]
fn links_of_every_kind_lead_to_the_same_call() {
    let raw = plain_call().into_bytes();
    let expected = read(&raw, &[]).expect("a capture").calls;
    let vlan = [&[0; 12][..], &[0x81, 0, 0, 5, 8, 0]].concat();
    let cooked = [&[0; 14][..], &[8, 0]].concat();
    let cooked2 = [&[8, 0][..], &[0; 18]].concat();
    for (link, head) in [
        (1, [&[0; 12][..], &[8, 0]].concat()),
        (1, vlan),
        (113, cooked),
        (276, cooked2),
        (0, vec![2, 0, 0, 0]),
        (108, vec![0, 0, 0, 2]),
        (12, vec![]),
        (228, vec![]),
    ] {
        let mut file = Writer::of_link(link);
        for frame in file::read(&raw).expect("a capture").frames {
            file.frame(frame.at, &[&head[..], frame.bytes].concat());
        }
        let file = file.into_bytes();
        let calls = read(&file, &[]).expect("a capture").calls;
        assert_eq!(calls[0].arrivals, expected[0].arrivals, "{link} {head:?}");
        assert_eq!(calls[0].described, expected[0].described, "{link}");
    }
}

/// The same frames as pcapng, in either byte order and with nanoseconds.
fn pcapng(raw: &[u8], big_endian: bool) -> Vec<u8> {
    let word = |value: u32| match big_endian {
        true => value.to_be_bytes(),
        false => value.to_le_bytes(),
    };
    let half = |value: u16| match big_endian {
        true => value.to_be_bytes(),
        false => value.to_le_bytes(),
    };
    let block = |kind: u32, body: &[u8]| {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = word(body.len() as u32 + 12);
        [&word(kind)[..], &length, &body, &length].concat()
    };
    let section = [&word(0x1a2b_3c4d)[..], &half(1), &half(0), &[0xff; 8]].concat();
    let resolution = [&half(9)[..], &half(1), &[9, 0, 0, 0], &half(0), &half(0)].concat();
    let interface = [&half(101)[..], &half(0), &word(0), &resolution].concat();
    let mut bytes = [block(0x0a0d_0d0a, &section), block(1, &interface)].concat();
    for frame in file::read(raw).expect("a capture").frames {
        let nanos = frame.at.as_nanos() as u64;
        let length = word(frame.bytes.len() as u32);
        let head = [
            word(0),
            word((nanos >> 32) as u32),
            word(nanos as u32),
            length,
            length,
        ];
        bytes.extend(block(6, &[&head.concat()[..], frame.bytes].concat()));
    }
    bytes
}

#[test]
fn pcapng_of_either_byte_order_is_read_alike() {
    let raw = plain_call().into_bytes();
    let expected = read(&raw, &[]).expect("a capture").calls;
    for big_endian in [false, true] {
        let file = pcapng(&raw, big_endian);
        let calls = read(&file, &[]).expect("a capture").calls;
        assert_eq!(calls[0].arrivals, expected[0].arrivals, "{big_endian}");
        assert_eq!(calls[0].began, expected[0].began);
    }
}

#[test]
fn without_messages_rtp_is_found_by_how_it_looks() {
    let mut file = Writer::default();
    let at = BEGAN;
    talk(
        &mut file,
        at,
        ALICE,
        BOB,
        Packetiser::new(1, 0, Codec::Pcmu),
    );
    talk(
        &mut file,
        at + ms(50),
        BOB,
        ALICE,
        Packetiser::new(2, 8, Codec::Pcma),
    );
    // A media server that sends both sides to two ports of an engine, in IPv6.
    let (server, engine) = ("[2001:db8::1]:7000", "[2001:db8::2]:40000");
    talk(
        &mut file,
        at + ms(5),
        server,
        engine,
        Packetiser::new(3, 0, Codec::Pcmu),
    );
    let (server, engine) = ("[2001:db8::1]:7002", "[2001:db8::2]:40002");
    talk(
        &mut file,
        at + ms(9),
        server,
        engine,
        Packetiser::new(4, 0, Codec::Pcmu),
    );
    // Names that were looked up look like RTP of version 2 now and then.
    for n in 0..200_u16 {
        let id = n.wrapping_mul(40_503).to_be_bytes();
        let query = [&[0x80, 0][..], &id, &[0; 12]].concat();
        file.udp(at + ms(7), address("192.0.2.9:53"), address(ALICE), &query);
    }
    let file = file.into_bytes();
    let capture = read(&file, &[]).expect("a capture");
    let calls: Vec<_> = capture.calls.iter().map(senders).collect();
    let both = |one: &str, other: &str| {
        vec![
            (Sender::Caller, one.to_owned(), 100),
            (Sender::Callee, other.to_owned(), 100),
        ]
    };
    let expected = [
        both(ALICE, BOB),
        both("[2001:db8::1]:7000", "[2001:db8::1]:7002"),
    ];
    assert_eq!(calls, expected);
    assert!(capture.calls.iter().all(|call| call.described.is_none()));
    assert_eq!(capture.counts.strays, 200);
}

#[test]
fn two_sides_with_one_ssrc_are_two_and_the_same_packets_on_another_way_are_none() {
    let mut file = Writer::default();
    let sides = [
        (0.1, ALICE, BOB),
        (0.2, BOB, ALICE),
        (0.1, "192.0.2.7:1", "192.0.2.8:1"),
    ];
    for n in 0..100_u64 {
        for (level, from, to) in sides {
            let mut packets = Packetiser::new(7, 0, Codec::Pcmu).with_sequence(n as u16);
            let packet = packets.audio(&[level; 160]);
            file.udp(BEGAN + ms(20 * n), address(from), address(to), &packet);
        }
    }
    let file = file.into_bytes();
    let calls = read(&file, &[]).expect("a capture").calls;
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].voices.len(), calls[0].copies), (2, 100));
}

#[test]
fn a_call_through_a_proxy_on_the_same_machine_is_one() {
    let mut file = Writer::default();
    let (alice, bob) = ("127.0.0.1:4000", "127.0.0.1:6000");
    let (to_alice, to_bob) = ("127.0.0.1:30000", "127.0.0.1:30002");
    for n in 0..100_u64 {
        for (ssrc, from, to) in [
            (1, alice, to_alice),
            (1, to_bob, bob),
            (2, bob, to_bob),
            (2, to_alice, alice),
            // And to whoever listens.
            (1, "127.0.0.1:30004", "127.0.0.1:40000"),
            (2, "127.0.0.1:30006", "127.0.0.1:40002"),
        ] {
            let mut packets = Packetiser::new(ssrc, 0, Codec::Pcmu).with_sequence(n as u16);
            let packet = packets.audio(&[0.1 * ssrc as f32; 160]);
            // Captured on its way out and on its way in.
            for late in 0..2 {
                file.udp(
                    BEGAN + ms(20 * n + late),
                    address(from),
                    address(to),
                    &packet,
                );
            }
        }
    }
    let file = file.into_bytes();
    let calls = read(&file, &[]).expect("a capture").calls;
    let voices: Vec<_> = calls.iter().map(|call| call.voices.len()).collect();
    assert_eq!(voices, [2]);
}

#[test]
fn a_port_that_is_used_again_is_another_call() {
    let mut file = Writer::default();
    for n in 0..3 {
        let at = BEGAN + Duration::from_secs(60 * n);
        talk(
            &mut file,
            at,
            ALICE,
            BOB,
            Packetiser::new(n as u32, 0, Codec::Pcmu),
        );
    }
    let file = file.into_bytes();
    assert_eq!(read(&file, &[]).expect("a capture").calls.len(), 3);
}

#[test]
fn a_port_goes_back_to_the_call_that_still_has_it() {
    let (alice, bob) = (address("192.0.2.1:5060"), address("192.0.2.2:5060"));
    let mut file = Writer::default();
    let message = |start: &str, cseq: &str, id: &str, sdp: Option<&str>| {
        let message = String::from_utf8(sip(start, cseq, "a", sdp)).expect("text");
        message.replace("one@example", id).into_bytes()
    };
    let offer = sdp("192.0.2.1", 4_000, "0");
    for (at, id) in [(0, "long"), (3_000, "short")] {
        let invite = message("INVITE sip:bob@b SIP/2.0", "1 INVITE", id, Some(&offer));
        file.udp(BEGAN + ms(at), alice, bob, &invite);
    }
    let bye = message("BYE sip:bob@b SIP/2.0", "2 BYE", "short", None);
    file.udp(BEGAN + ms(6_000), alice, bob, &bye);
    for (at, ssrc) in [(500, 1), (3_500, 2), (8_500, 3)] {
        let packets = Packetiser::new(ssrc, 0, Codec::Pcmu);
        talk(&mut file, BEGAN + ms(at), BOB, ALICE, packets);
    }
    let file = file.into_bytes();
    let calls = read(&file, &[]).expect("a capture").calls;
    let heard = calls.iter().map(|call| {
        let described = call.described.as_ref().expect("by SIP");
        (described.id.as_str(), call.arrivals.len())
    });
    assert_eq!(heard.collect::<Vec<_>>(), [("long", 200), ("short", 100)]);
}

#[test]
fn a_voice_that_passes_a_proxy_is_heard_once_and_one_that_moves_goes_on() {
    let (alice, bob) = (address("192.0.2.1:5060"), address("192.0.2.2:5060"));
    let mut file = call(&sdp("192.0.2.1", 4_000, "0"), &sdp("192.0.2.2", 6_000, "0"));
    // Behind the proxy the same call goes to another address.
    let relayed = sdp("203.0.113.1", 8_000, "0");
    let invite = sip("INVITE sip:bob@b SIP/2.0", "1 INVITE", "a", Some(&relayed));
    file.udp(BEGAN + ms(10), alice, bob, &invite);
    let at = BEGAN + ms(601);
    talk(
        &mut file,
        at,
        "192.0.2.7:1",
        "203.0.113.1:8000",
        Packetiser::new(2, 0, Codec::Pcmu),
    );
    // Later the caller is somewhere else.
    let moved = sdp("192.0.2.5", 4_444, "0");
    let invite = sip("INVITE sip:bob@b SIP/2.0", "3 INVITE", "a", Some(&moved));
    file.udp(BEGAN + ms(2_900), alice, bob, &invite);
    let at = BEGAN + ms(2_950);
    talk(
        &mut file,
        at,
        BOB,
        "192.0.2.5:4444",
        Packetiser::new(2, 0, Codec::Pcmu),
    );
    let file = file.into_bytes();
    let capture = read(&file, &[]).expect("a capture");
    assert_eq!(capture.calls.len(), 1);
    assert_eq!(capture.calls[0].copies, 100);
    let packets: Vec<u64> = senders(&capture.calls[0])
        .iter()
        .map(|voice| voice.2)
        .collect();
    assert_eq!(packets, [100, 200]);
}

#[test]
fn what_payload_types_mean_is_told_by_the_description_or_by_name() {
    let offer = sdp("192.0.2.1", 4_000, "96 97 101")
        + "a=rtpmap:96 L16/16000\r\na=rtpmap:97 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n";
    let mut file = call(&offer, &sdp("192.0.2.2", 6_000, "96"));
    let at = BEGAN + ms(700);
    for payload_type in [96, 97, 101, 110] {
        let mut packets = Packetiser::new(2, payload_type, Codec::Pcmu);
        file.udp(at, address(BOB), address(ALICE), &packets.coded(&[0; 160]));
    }
    let file = file.into_bytes();
    let named = [(110, Payload::Audio(Codec::Pcmu.into()))];
    for (named, undecodable) in [
        (&named[..], vec![(97, "opus/48000/2")]),
        (&[], vec![(97, "opus/48000/2"), (110, "payload type 110")]),
    ] {
        let capture = read(&file, named).expect("a capture");
        let voice = &capture.calls[0].voices[1];
        let found = voice.undecodable.iter();
        let found: Vec<_> = found
            .map(|(number, name)| (*number, name.as_str()))
            .collect();
        assert_eq!(found, undecodable);
        assert!(matches!(voice.payloads.get(96), Some(Payload::Audio(_))));
        assert!(matches!(
            voice.payloads.get(101),
            Some(Payload::TelephoneEvent { .. })
        ));
    }
}

#[test]
fn encrypted_sound_is_told_and_left_alone() {
    let secret = |address, port| sdp(address, port, "0").replace("RTP/AVP", "RTP/SAVP");
    let file = call(&secret("192.0.2.1", 4_000), &secret("192.0.2.2", 6_000)).into_bytes();
    let capture = read(&file, &[]).expect("a capture");
    assert_eq!((capture.calls.len(), capture.counts.encrypted), (0, 1));
}

#[test]
fn an_invitation_in_pieces_is_put_together() {
    let long = sdp("192.0.2.1", 4_000, "0") + &format!("a=x-note:{}\r\n", "x".repeat(3_000));
    let invite = sip("INVITE sip:bob@b SIP/2.0", "1 INVITE", "a", Some(&long));
    let (alice, bob) = (address("192.0.2.1:5060"), address("192.0.2.2:5060"));
    let whole = write::udp(alice, bob, &invite);
    let (head, body) = whole.split_at(20);
    let mut file = Writer::default();
    let pieces: Vec<&[u8]> = body.chunks(1_480).collect();
    for (n, piece) in pieces.iter().enumerate().rev() {
        let mut head = head.to_vec();
        head[2..4].copy_from_slice(&(20 + piece.len() as u16).to_be_bytes());
        let more = if n + 1 < pieces.len() { 0x2000 } else { 0 };
        head[6..8].copy_from_slice(&(more | (n * 1_480 / 8) as u16).to_be_bytes());
        file.frame(BEGAN, &[&head[..], piece].concat());
    }
    talk(
        &mut file,
        BEGAN + ms(100),
        BOB,
        ALICE,
        Packetiser::new(2, 0, Codec::Pcmu),
    );
    let file = file.into_bytes();
    let capture = read(&file, &[]).expect("a capture");
    assert_eq!(capture.counts.sip, 1);
    assert_eq!(
        senders(&capture.calls[0]),
        [(Sender::Callee, BOB.to_owned(), 100)]
    );
}

#[test]
fn messages_over_tcp_are_put_together_whatever_the_order_of_their_segments() {
    let offer = sdp("192.0.2.1", 4_000, "0");
    let invite = sip("INVITE sip:bob@b SIP/2.0", "1 INVITE", "a", Some(&offer));
    let bye = sip("BYE sip:bob@b SIP/2.0", "2 BYE", "a", None);
    let all = [&b"\r\n\r\n"[..], &invite, &bye].concat();
    let pieces: Vec<&[u8]> = all.chunks(100).collect();
    let (from, to) = (address("192.0.2.1:5060"), address("192.0.2.2:5060"));
    let mut segments: Vec<link::Segment<'_>> = Vec::new();
    for (n, bytes) in pieces.iter().enumerate() {
        let sequence = u32::MAX.wrapping_add(100 * n as u32).wrapping_sub(150);
        let segment = link::Segment {
            at: ms(n as u64),
            from,
            to,
            sequence,
            bytes,
        };
        segments.push(segment);
        // Some are sent again.
        segments.extend((n % 3 == 0).then_some(segment));
    }
    segments.swap(2, 4);
    // The first carries the empty lines of a keep-alive, which nothing is to stand behind.
    segments[0].bytes = &all[4..100];
    segments[0].sequence = segments[0].sequence.wrapping_add(4);
    segments[1] = segments[0];
    let messages = tcp::messages(&segments);
    let methods: Vec<String> = messages
        .iter()
        .map(|message| sip::parse(&message.bytes).expect("whole").method)
        .collect();
    assert_eq!(methods, ["INVITE", "BYE"]);
}

#[test]
fn a_stream_over_tcp_is_given_up_where_a_head_never_ends() {
    let (from, to) = (address("192.0.2.1:5060"), address("192.0.2.2:5060"));
    let invite = sip("INVITE sip:bob@b SIP/2.0", "1 INVITE", "a", None);
    for (case, head, expected) in [("long", 60_000, 2), ("endless", 100_000, 1)] {
        let mut long = b"OPTIONS sip:bob@b SIP/2.0\r\nX: ".to_vec();
        long.resize(head, b'x');
        long.extend(b"\r\n\r\n");
        let all = [&invite[..], &long].concat();
        let segments: Vec<link::Segment<'_>> = all
            .chunks(1_000)
            .enumerate()
            .map(|(n, bytes)| link::Segment {
                at: ms(n as u64),
                from,
                to,
                sequence: 1_000 * n as u32,
                bytes,
            })
            .collect();
        assert_eq!(tcp::messages(&segments).len(), expected, "{case}");
    }
}

#[test]
fn files_that_give_no_calls_say_why() {
    let mut other = Writer::of_link(195);
    other.frame(BEGAN, &[0; 60]);
    for (case, bytes, error) in [
        (
            "text",
            b"Dear Sir or Madam".to_vec(),
            CaptureError::NotACapture,
        ),
        ("nothing", Vec::new(), CaptureError::NotACapture),
        (
            "a section of nonsense",
            b"\x0a\x0d\x0d\x0anonsense".to_vec(),
            CaptureError::NotACapture,
        ),
        (
            "its head alone",
            Writer::default().into_bytes(),
            CaptureError::Empty,
        ),
        ("IEEE 802.15.4", other.into_bytes(), CaptureError::Link(195)),
    ] {
        assert_eq!(read(&bytes, &[]).expect_err(case), error, "{case}");
    }
}

#[test]
fn a_file_that_ends_early_is_used_up_to_there_and_frames_that_were_cut_are_counted() {
    let file = plain_call().into_bytes();
    let capture = read(&file[..file.len() / 2], &[]).expect("half a capture");
    assert!(capture.counts.ends_early);
    assert_eq!(capture.calls.len(), 1);
    let mut file = Writer::default();
    let packet = Packetiser::new(1, 0, Codec::Pcmu).audio(&[0.0; 160]);
    file.udp(BEGAN, address(ALICE), address(BOB), &packet);
    let mut file = file.into_bytes();
    // Its sender sent more.
    file[24 + 12..24 + 16].copy_from_slice(&900_u32.to_le_bytes());
    let capture = read(&file, &[]).expect("a capture");
    assert_eq!((capture.counts.cut, capture.counts.datagrams), (1, 0));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        ng in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let file = plain_call().into_bytes();
        let mut file = if ng { pcapng(&file, false) } else { file };
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        if let Ok(capture) = read(&file, &[]) {
            let packets: usize = capture.calls.iter().map(|call| call.arrivals.len()).sum();
            prop_assert!(packets <= 200);
        }
    }
}
