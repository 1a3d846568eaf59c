//! Whatever bytes come from the network, the SIP library and what is read of its messages here survive
//! them, and nothing is answered that is no SIP.

use std::time::Duration;

use proptest::prelude::*;
use rsipstack::EndpointBuilder;
use rsipstack::platform::mpsc::unbounded_channel;
use rsipstack::sip::{Method, Request, SipMessage, StatusCode, Transport};
use rsipstack::transaction::endpoint::EndpointOption;
use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::stream::{SipCodec, SipCodecType};
use rsipstack::transport::{SipConnection, TransportEvent};
use sidetone_doors::siprec::{Recording, Sides};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::Decoder as _;
use tokio_util::sync::CancellationToken;

use super::dialog::{Dialog, Key, Local};
use super::{NAME, answer, request, sockets};

/// A value where some header has one.
fn value() -> impl Strategy<Value = String> {
    let values = prop::sample::select(vec![
        "<sip:a@127.0.0.1:5060>",
        "<sip:a@127.0.0.1>;tag=x",
        "sip:b@h;tag=",
        "<sip127.0.0.1:5060>;+sip.src",
        "\"A <b\" <sips:a@[::1]:5061;transport=tls>;tag=1",
        "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport",
        "SIP/2.0/TCP [::1];branch=z9hG4bK2, SIP/2.0/UDP x",
        "1 INVITE",
        "2 BYE",
        "4294967296 ACK",
        "call-1@h",
        "70",
        "1800;refresher=uas",
        "timer, siprec",
        "",
    ]);
    prop_oneof![6 => values.prop_map(str::to_owned), 1 => "[^\r\n]{0,30}"]
}

fn header() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "Via",
        "v",
        "From",
        "f",
        "To",
        "t",
        "Call-ID",
        "i",
        "CSeq",
        "Contact",
        "m",
        "Route",
        "Record-Route",
        "Require",
        "Supported",
        "k",
        "Session-Expires",
        "x",
        "Content-Type",
        "c",
        "Max-Forwards",
        "X-Agent",
    ]);
    (names, value()).prop_map(|(name, value)| format!("{name}: {value}"))
}

/// A message that is one, more or less.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let first = prop::sample::select(vec![
        "INVITE sip:srs@127.0.0.1 SIP/2.0",
        "BYE sip:srs SIP/2.0",
        "ACK sip:srs@h SIP/2.0",
        "CANCEL sip:srs@h SIP/2.0",
        "UPDATE sip:[::1]:1 SIP/2.0",
        "OPTIONS * SIP/2.0",
        "SIP/2.0 200 OK",
        "SIP/2.0 99999 ?",
        "",
    ]);
    let usual = Just(
        "Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK7;rport\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n\
         Call-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1>\r\nContent-Type: application/sdp",
    );
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
    let body = prop_oneof![Just(sdp.to_owned()), Just(String::new()), ".{0,30}"];
    let length = prop_oneof![
        6 => Just(None),
        1 => any::<i64>().prop_map(|length| Some(length.to_string())),
        1 => Just(Some("18446744073709551615".to_owned())),
    ];
    let headers = prop::collection::vec(header(), 0..8);
    (first, prop::option::of(usual), headers, body, length).prop_map(
        |(first, usual, headers, body, length)| {
            let length = length.unwrap_or_else(|| body.len().to_string());
            let mut lines = vec![first.to_owned()];
            lines.extend(usual.map(str::to_owned));
            lines.extend(headers);
            lines.push(format!("Content-Length: {length}"));
            format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes()
        },
    )
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => message(),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => Just(b"\r\n\r\n".to_vec()),
        // Half of one.
        1 => message().prop_map(|mut message| {
            message.truncate(message.len() / 2);
            message
        }),
    ]
}

fn local() -> Local {
    Local {
        host: "127.0.0.1".to_owned(),
        port: 5_060,
        transport: Transport::Tcp,
    }
}

async fn survive(pieces: Vec<Vec<u8>>) {
    let endpoint = EndpointBuilder::new().with_user_agent(NAME).build();
    let mut incoming = endpoint.incoming_transactions().expect("it is new");
    let from = "127.0.0.1:5060".parse().expect("an address");
    let (to_write, mut written) = mpsc::channel(1_000);
    let (_never, nothing) = unbounded_channel();
    let peer = sockets::address(from, Transport::Tcp);
    let connection =
        ChannelConnection::create_connection_bounded(nothing, to_write, peer.clone(), None).await;
    let connection = SipConnection::Channel(connection.expect("it is new"));
    let mut answering = tokio::task::JoinSet::new();
    for piece in pieces {
        // As a datagram, and as a stream of its own.
        let datagram = SipMessage::try_from(&piece[..]).into_iter();
        let (mut codec, mut buffer) = (SipCodec::new(), BytesMut::from(&piece[..]));
        let stream = std::iter::from_fn(|| codec.decode(&mut buffer).ok().flatten());
        let stream = stream.take(100).filter_map(|item| match item {
            SipCodecType::Message(message) => Some(message),
            SipCodecType::KeepaliveRequest | SipCodecType::KeepaliveResponse => None,
        });
        let messages: Vec<SipMessage> = datagram.chain(stream).collect();
        for message in messages {
            let message = match message {
                SipMessage::Request(mut request) => {
                    match request::note_source(&mut request, from) {
                        Ok(()) => SipMessage::Request(request),
                        Err(_) => continue,
                    }
                }
                response => response,
            };
            // What cannot be taken is counted.
            let inner = &endpoint.inner;
            let _ = inner
                .on_received_message(message, connection.clone(), &peer)
                .await;
            while let Ok(transaction) = incoming.try_recv() {
                let mut asked = transaction.original.clone();
                let _ = (Key::of(&asked), request::timer(&asked, Instant::now()));
                let _ = (request::check_extensions(&asked), request::source(&asked));
                let (body, said) = (request::body(&asked), request::said(&asked));
                let _ = Recording::begin(Sides::default(), &body, said, 7);
                let dialog = Dialog::begin(inner.clone(), &mut asked, connection.clone(), local());
                if let Ok(dialog) = dialog {
                    let answer = dialog.answer(&asked, StatusCode::OK, Vec::new(), None);
                    SipMessage::try_from(&SipMessage::from(answer).to_bytes()[..]).expect("SIP");
                }
                if transaction.original.method != Method::Invite {
                    answering.spawn(answer::alone(transaction, Ok(()), CancellationToken::new()));
                }
            }
        }
    }
    while answering.join_next().await.is_some() {}
    while let Ok(event) = written.try_recv() {
        if let TransportEvent::Incoming(message, ..) = event {
            SipMessage::try_from(&message.to_bytes()[..]).expect("SIP");
        }
    }
}

/// What the client makes of what it is asked.
#[derive(Clone, Copy, Debug)]
enum Client {
    Answers(&'static str),
    IsSilent,
    HasGone,
}

#[tokio::test]
async fn a_request_that_nobody_answers_or_takes_has_no_answer() {
    let endpoint = EndpointBuilder::new()
        .with_user_agent(NAME)
        .with_option(EndpointOption {
            t1x64: Duration::from_millis(50),
            ..EndpointOption::default()
        })
        .build();
    let inner = endpoint.inner.clone();
    tokio::spawn(async move { endpoint.serve().await });
    let from = "127.0.0.1:5060".parse().expect("an address");
    let peer = sockets::address(from, Transport::Tcp);
    for (client, heard) in [
        (Client::Answers("200 OK"), Some(StatusCode::OK)),
        (
            Client::Answers("503 Busy"),
            Some(StatusCode::ServiceUnavailable),
        ),
        // The library says 408 of these.
        (Client::IsSilent, None),
        (Client::HasGone, None),
    ] {
        let text = "INVITE sip:srs@h SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK7\r\n\
                    From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
                    Contact: <sip:a@127.0.0.1>\r\n\r\n";
        let mut invite = Request::try_from(text.as_bytes()).expect("a request");
        let (to_write, mut written) = mpsc::channel(10);
        let (_never, nothing) = unbounded_channel();
        let connection =
            ChannelConnection::create_connection_bounded(nothing, to_write, peer.clone(), None);
        let connection = SipConnection::Channel(connection.await.expect("it is new"));
        let dialog = Dialog::begin(inner.clone(), &mut invite, connection.clone(), local());
        let way = std::future::ready(Some(connection.clone()));
        let asking = dialog
            .expect("a dialog")
            .ask(way, Method::Options, Vec::new(), None);
        if matches!(client, Client::HasGone) {
            written.close();
        }
        let answering = async {
            let Some(TransportEvent::Incoming(asked, ..)) = written.recv().await else {
                return;
            };
            let Client::Answers(status) = client else {
                return std::future::pending().await;
            };
            let asked = asked.to_string();
            let copied = ["Via", "From", "To", "Call-ID", "CSeq"];
            let copied = asked
                .lines()
                .filter(|line| copied.iter().any(|name| line.starts_with(name)));
            let copied = copied.collect::<Vec<_>>().join("\r\n");
            let answer = format!("SIP/2.0 {status}\r\n{copied}\r\n\r\n");
            let answer = SipMessage::try_from(answer.as_bytes()).expect("SIP");
            let taken = inner.on_received_message(answer, connection.clone(), &peer);
            taken.await.expect("it is of a request");
        };
        let asking = async {
            tokio::select! {
                biased;
                status = asking => status,
                () = async { answering.await; std::future::pending().await } => None,
            }
        };
        let status = timeout(Duration::from_secs(20), asking).await;
        assert_eq!(status.expect("it is over in time"), heard, "{client:?}");
    }
}

#[test]
fn where_a_request_came_from_is_noted_as_it_asks() {
    for (via, from, noted) in [
        (
            "h:5060;branch=1;rport",
            "192.0.2.1:9",
            "received=192.0.2.1;rport=9",
        ),
        (
            "192.0.2.1:5060;branch=1;rport",
            "192.0.2.1:9",
            "received=192.0.2.1;rport=9",
        ),
        // Answered where it says that it listens.
        ("192.0.2.1:5060;branch=1", "192.0.2.1:9", "branch=1"),
        (
            "h:5070;branch=1;received=192.0.2.9",
            "192.0.2.1:9",
            "received=192.0.2.1",
        ),
        (
            "[2001:db8::1];branch=1;rport",
            "[2001:db8::2]:9",
            "received=2001:db8::2;rport=9",
        ),
    ] {
        let text = format!("OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP {via}\r\n\r\n");
        let mut asked = rsipstack::sip::Request::try_from(text.as_bytes()).expect("a request");
        request::note_source(&mut asked, from.parse().expect("an address")).expect("it has a Via");
        let said = super::headers::value(&asked.headers, &["via"]).expect("it has a Via");
        assert!(said.ends_with(noted), "{said}");
        let port = if via.contains("rport") {
            9
        } else if via.contains("5070") {
            5_070
        } else {
            5_060
        };
        let source = request::source(&asked).expect("an address");
        assert_eq!(source.port(), port, "{said}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(pieces in prop::collection::vec(piece(), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(survive(pieces));
    }
}
