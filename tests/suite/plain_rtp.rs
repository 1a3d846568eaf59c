//! Senders that say nothing but RTP, to ports that are always the same.

use std::net::UdpSocket;
use std::time::Duration;

use sidetone::config::Config;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::RtpAddress;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{
    Client, Line, Script, connect, finals, packets, scripted_to_hear, send, until_ended,
};

use crate::doors::over_grpc;

const SAID: [&str; 2] = [
    "I would like to cancel my contract today",
    "I am sorry to hear that let me see",
];

/// Two ports that were free a moment ago.
fn ports() -> [u16; 2] {
    let sockets = [0; 2].map(|_| UdpSocket::bind("127.0.0.1:0").expect("a free port"));
    sockets.map(|socket| socket.local_addr().expect("bound").port())
}

/// All events of the next call, once it is over.
async fn next_call(client: &mut Client) -> tokio::task::JoinHandle<Vec<v1::CallEvent>> {
    let events = client.subscribe(v1::SubscribeRequest::default()).await;
    tokio::spawn(until_ended(events.expect("subscribed").into_inner()))
}

/// Says both lines, one after the other, and then sends nothing more.
async fn talk(ports: [u16; 2], ssrc: u32) {
    let script = Script::of(&SAID);
    let (customer, agent) = (script.sound(0), script.sound(1));
    let silence = |samples: &[f32]| vec![0.0; samples.len()];
    let sides = [
        [&*customer, &silence(&agent)].concat(),
        [&*silence(&customer), &agent].concat(),
    ];
    let sends = sides
        .into_iter()
        .zip(ports)
        .enumerate()
        .map(|(n, (samples, port))| {
            let mut sender = Packetiser::new(ssrc + n as u32, 0, Codec::Pcmu);
            let slots = Line::default().carry(packets(&mut sender, &samples), 1);
            let to = RtpAddress {
                host: "127.0.0.1".to_owned(),
                port: port.into(),
                ..Default::default()
            };
            tokio::spawn(async move { send(&to, slots).await })
        });
    for sent in sends.collect::<Vec<_>>() {
        sent.await.expect("sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_begins_with_its_packets_and_ends_when_they_stop() {
    let ports = ports();
    let mut config = Config::default();
    config.doors.rtp.ports = vec![format!("{}+{}", ports[0], ports[1])];
    config.doors.rtp.idle_ms = 1_000;
    let engine = scripted_to_hear(Script::of(&SAID), config).await;
    let mut client = connect(engine.address()).await;

    let grpc = over_grpc(client.clone()).await;

    // What is no RTP, and a packet alone, open no call.
    let stray = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let packet = Packetiser::new(9, 0, Codec::Pcmu).audio(&[0.0; 160]);
    for bytes in [&b"hello"[..], &packet, b""] {
        stray.send_to(bytes, ("127.0.0.1", ports[0])).expect("sent");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let calls = client.list_calls(v1::ListCallsRequest::default()).await;
    assert!(calls.expect("listed").into_inner().calls.is_empty());

    let mut ids = Vec::new();
    for ssrc in [100, 200] {
        let events = next_call(&mut client).await;
        talk(ports, ssrc).await;
        let mut events = events.await.expect("followed");
        // What has become of the call before may still be told.
        let is_first = |event: &v1::CallEvent| matches!(event.detail, Some(Detail::CallStarted(_)));
        events.drain(..events.iter().position(is_first).expect("it began"));
        ids.push(events[0].call_id.clone());
        events.retain(|event| event.call_id == ids[ids.len() - 1]);
        let said = finals(&events);
        assert_eq!(said[&Customer], SAID[..1]);
        assert_eq!(said[&Agent], SAID[1..]);
        assert_eq!(said, finals(&grpc));
        let Some(Detail::CallStarted(started)) = &events[0].detail else {
            panic!("it begins with its beginning");
        };
        assert_eq!(started.metadata["customer_port"], ports[0].to_string());
        assert_eq!(started.metadata["agent_port"], ports[1].to_string());
        let Some(Detail::CallEnded(ended)) = events.last().and_then(|event| event.detail.as_ref())
        else {
            panic!("it ends with its end");
        };
        assert_eq!(ended.reason, "end_of_audio");
    }
    assert_ne!(
        ids[0], ids[1],
        "another sender after a while is another call"
    );
}
