//! Whatever a media server sends, each dialect gives steps or a fault, and its channels are those of
//! its opening.

use proptest::prelude::*;
use serde_json::{Value, json};
use sidetone_doors::audio_socket::AudioSocket;
use sidetone_doors::audiohook::AudioHook;
use sidetone_doors::chan_websocket::ChanWebSocket;
use sidetone_doors::frames::Frames;
use sidetone_doors::media_streams::MediaStreams;
use sidetone_doors::{Dialect, Fields, Forked, Step};

#[derive(Clone, Debug)]
enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// JSON of the words that protocols have, in any place, with any values.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "start",
            "media",
            "stop",
            "dtmf",
            "connected",
            "inbound",
            "outbound",
            "AAAA",
            "18446744073709551615",
            "open",
            "ping",
            "close",
            "reconnect",
            "paused",
            "resumed",
            "discarded",
            "update",
            "PT1.5S",
            "PT9e9S",
            "PT-1S",
            "PCMU",
            "L16",
            "external",
            "internal",
            "stereo",
            "mono",
            "mixed",
            "8000",
            "16k",
            "audio/x-mulaw",
        ])
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        let key = prop::sample::select(vec![
            "event",
            "start",
            "media",
            "dtmf",
            "type",
            "id",
            "seq",
            "parameters",
            "track",
            "tracks",
            "chunk",
            "timestamp",
            "payload",
            "digit",
            "duration",
            "mediaFormat",
            "encoding",
            "sampleRate",
            "format",
            "rate",
            "channels",
            "conversationId",
            "participant",
            "position",
            "reason",
            "continuedSessions",
            "serverseq",
            "after_id",
            "discarded",
            "mix",
            "mixType",
            "metadata",
            "from",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..6).prop_map(|parts| json!(parts)),
        ]
    })
}

/// A packet as AudioSocket has them, or nearly.
fn packet() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(vec![0x00, 0x01, 0x03, 0x10, 0x12, 0x16, 0x18, 0xff]);
    let payload = prop::collection::vec(any::<u8>(), 0..20);
    (kind, -1..2_i16, payload).prop_map(|(kind, off, payload)| {
        let length = (payload.len() as u16)
            .saturating_add_signed(off)
            .to_be_bytes();
        [&[kind][..], &length, &payload].concat()
    })
}

/// An event as Asterisk writes it on a line, or nearly.
fn line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "MEDIA_START",
        "DTMF_END",
        "MEDIA_XOFF",
        "format:ulaw",
        "format:slin99999999999",
        "format:",
        "digit:5",
        "forked:agent",
        "::",
        "channel:WebSocket/tap/0x7f",
    ]);
    prop::collection::vec(word, 0..5).prop_map(|words| words.join(" "))
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        value().prop_map(|value| Message::Text(value.to_string())),
        ".{0,40}".prop_map(Message::Text),
        line().prop_map(Message::Text),
        prop::collection::vec(any::<u8>(), 0..24).prop_map(Message::Binary),
        packet().prop_map(Message::Binary),
    ]
}

/// A beginning that is right, so that what follows meets a call that is open.
fn beginning(dialect: usize) -> Message {
    let uuid = [&[0x01, 0, 16][..], &[7; 16], &[0x10, 0, 2, 0, 0]].concat();
    Message::Text(match dialect {
        0 => json!({"rate": "8000", "mix": "stereo"}).to_string(),
        1 => json!({"event": "start", "start": {"tracks": ["inbound", "outbound"]}}).to_string(),
        2 => json!({"type": "open", "id": "s", "parameters": {"media": [
            {"format": "PCMU", "channels": ["external", "internal"], "rate": 8000}]}})
        .to_string(),
        3 => "MEDIA_START connection_id:tap format:slin16".to_owned(),
        _ => return Message::Binary(uuid),
    })
}

fn dialect(dialect: usize) -> Box<dyn Dialect> {
    match dialect {
        0 => Box::new(Frames::new(Forked::Customer, Fields::default())),
        1 => Box::new(MediaStreams::new(Forked::Agent, Fields::default())),
        2 => Box::new(AudioHook::new(Fields::default())),
        3 => Box::new(ChanWebSocket::new(Forked::Customer, Fields::default())),
        _ => Box::new(AudioSocket::new(Forked::Customer, true)),
    }
}

/// Two thousand, or more if `PROPTEST_CASES` says so.
fn cases() -> ProptestConfig {
    let cases = ProptestConfig::default().cases.max(2_000);
    ProptestConfig::with_cases(cases)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_input_is_taken_or_refused(
        which in 0..5_usize,
        begun in any::<bool>(),
        messages in prop::collection::vec(message(), 0..12),
    ) {
        let mut dialect = dialect(which);
        let first = begun.then(|| beginning(which));
        let mut channels = None;
        for message in first.into_iter().chain(messages) {
            let steps = match message {
                Message::Text(text) => dialect.text(&text),
                Message::Binary(bytes) => dialect.binary(bytes),
            };
            // The connection ends with a fault.
            let Ok(steps) = steps else { break };
            for step in steps {
                match step {
                    Step::Open(opening) => {
                        prop_assert!(channels.is_none(), "opened twice");
                        channels = Some(opening.channels.len());
                    }
                    Step::Audio { channel, .. } | Step::Control(Some(channel), _) => {
                        prop_assert!(Some(channel) < channels, "of no channel: {channel}");
                    }
                    Step::Channel(_) => {
                        prop_assert!(channels.is_some(), "not open");
                        channels = channels.map(|channels| channels + 1);
                    }
                    Step::Control(None, _) | Step::Fields(_) | Step::Skipped(_) => {
                        prop_assert!(channels.is_some());
                    }
                    Step::Reply(_) | Step::Away | Step::End => {}
                }
            }
        }
        dialect.farewell(Some("the end"));
        dialect.closed();
    }
}
