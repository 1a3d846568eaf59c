//! Recording clients: one of our own, written from RFC 7866, and SIPp behind Kamailio.

mod peers;
mod refused;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone::doctor::Examination;
use sidetone::tls::Access;
use sidetone_media::audio::{Codec, decode};
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::RtpAddress;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{
    Client, RecordingClient, connect, finals, follow, packets, rest, scripted_to_hear, send,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::doors::{call, over_grpc, script, started};

/// Ann calls Bob, agent 1001.
const METADATA: &str = r#"<?xml version="1.0"?><recording xmlns="urn:ietf:params:xml:ns:recording:1">
<datamode>complete</datamode><session session_id="s1"/>
<participant participant_id="p1"><nameID aor="sip:+14155550117@carrier.test"><name>Ann</name></nameID></participant>
<participant participant_id="p2"><nameID aor="sip:1001@pbx.test"><name>Bob</name></nameID></participant>
<stream stream_id="a" session_id="s1"><label>1</label></stream>
<stream stream_id="b" session_id="s1"><label>2</label></stream>
<participantstreamassoc participant_id="p1"><send>a</send></participantstreamassoc>
<participantstreamassoc participant_id="p2"><send>b</send></participantstreamassoc></recording>"#;

/// An offer of lines with these labels; what stands behind a space is an attribute.
pub(crate) fn offer(labels: &[&str]) -> String {
    let head = "v=0\r\no=SBC 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";
    let lines = labels.iter().map(|label| {
        let (label, direction) = label.split_once(' ').unwrap_or((label, "sendonly"));
        format!("m=audio 6000 RTP/AVP 0 8\r\na=label:{label}\r\na={direction}\r\n")
    });
    format!("{head}{}", lines.collect::<String>())
}

/// Content type and body of an invitation.
fn both(labels: &[&str], metadata: &str) -> (&'static str, String) {
    let body = format!(
        "--edge\r\nContent-Type: application/sdp\r\n\r\n{}\r\n--edge\r\nContent-Type: application/rs-metadata+xml\r\n\
         Content-Disposition: recording-session\r\n\r\n{metadata}\r\n--edge--\r\n",
        offer(labels)
    );
    ("multipart/mixed;boundary=edge", body)
}

const REQUIRED: &str = "Require: siprec";

async fn engine_of(mut config: Config) -> (Engine, Client, SocketAddr) {
    if config.doors.siprec.listen.is_empty() {
        config.doors.siprec.listen = "127.0.0.1:0".to_owned();
    }
    let engine = scripted_to_hear(script(), config).await;
    let client = connect(engine.address()).await;
    let door = engine.siprec().0.expect("the door is open");
    (engine, client, door)
}

/// Invites, both sides in lines of their own. Where to send them.
async fn invited(peer: &mut RecordingClient) -> Vec<RtpAddress> {
    let (kind, body) = both(&["1", "2"], METADATA);
    let answer = peer.asked("INVITE", &[REQUIRED], (kind, &body)).await;
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    answer.addresses()
}

/// Says both sides of the call.
async fn say(to: &[RtpAddress]) {
    let sides = call().map(|mulaw| decode(Codec::Pcmu, &mulaw));
    let slots = [0xca11, 0xa6e7].iter().zip(sides).map(|(ssrc, said)| {
        let mut sender = Packetiser::new(*ssrc, 0, Codec::Pcmu);
        let packets = packets(&mut sender, &said).into_iter();
        packets.map(|packet| vec![packet]).collect()
    });
    let [customer, agent]: [Vec<Vec<Vec<u8>>>; 2] =
        slots.collect::<Vec<_>>().try_into().expect("two sides");
    tokio::join!(send(&to[0], customer), send(&to[1], agent));
}

/// A certificate of its own in two files, and whoever trusts it.
fn certificate(folder: &std::path::Path) -> (Config, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let mut config = Config::default();
    let siprec = &mut config.doors.siprec;
    siprec.tls_listen = "127.0.0.1:0".to_owned();
    siprec.certificate = folder.join("certificate.pem");
    siprec.key = folder.join("key.pem");
    std::fs::write(&siprec.certificate, made.cert.pem()).expect("written");
    std::fs::write(&siprec.key, made.signing_key.serialize_pem()).expect("written");
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).expect("a certificate");
    roots.add(root).expect("a certificate");
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let client = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("its own versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (config, TlsConnector::from(Arc::new(client)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_call_is_heard_as_over_grpc_over_udp_tcp_and_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (config, connector) = certificate(folder.path());
    let (engine, mut client, door) = engine_of(config).await;
    let grpc = over_grpc(client.clone()).await;
    let tls = engine.siprec().1.expect("the door is open");
    for id in ["over-udp", "over-tcp", "over-tls"] {
        let mut peer = match id {
            "over-udp" => RecordingClient::udp(door, id).await,
            "over-tcp" => RecordingClient::tcp(door, id).await,
            _ => {
                let stream = TcpStream::connect(tls).await.expect("it listens");
                let ends = [stream.local_addr().expect("connected"), tls];
                let name = ServerName::try_from("localhost").expect("a name");
                let stream = connector.connect(name, stream).await.expect("TLS");
                RecordingClient::tls(stream, ends, id)
            }
        };
        let events = follow(&mut client, id).await;
        let to = invited(&mut peer).await;
        say(&to).await;
        let answer = peer.asked("BYE", &[], ("", "")).await;
        assert_eq!(answer.status(), Some(200), "{answer:?}");
        let events = events.await.expect("followed");
        assert_eq!(finals(&events), finals(&grpc), "{id}");
        assert_eq!(finals(&events)[&Customer].len(), 1, "{id}");
        assert_eq!(finals(&events)[&Agent].len(), 1, "{id}");
        assert_eq!(events[0].agent_id, "1001", "{id}");
        let started = started(&events);
        assert_eq!(started.direction(), v1::Direction::Inbound, "{id}");
        for (name, value) in [
            ("session_id", "s1"),
            ("caller", "+14155550117"),
            ("sip_call_id", id),
        ] {
            assert_eq!(started.metadata[name], value, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_in_a_recorded_call_is_told() {
    let (_engine, mut client, door) = engine_of(Config::default()).await;
    let events = follow(&mut client, "changes").await;
    let mut peer = RecordingClient::tcp(door, "changes").await;
    let to = invited(&mut peer).await;
    // Ann is put on hold and comes back.
    for direction in ["1 inactive", "1"] {
        let sdp = offer(&[direction, "2"]);
        let answer = peer.asked("INVITE", &[], ("application/sdp", &sdp)).await;
        assert_eq!(answer.status(), Some(200), "{answer:?}");
        assert_eq!(answer.addresses(), to, "the same ports");
        let expected = if direction == "1" {
            "a=recvonly"
        } else {
            "a=inactive"
        };
        assert!(answer.body().contains(expected), "{answer:?}");
    }
    // Bob gives the call to agent 1002, who has a supervisor listen in.
    let transfer = "<recording><dataMode>partial</dataMode>\
        <participant participant_id='p3'><nameID aor='sip:1002@pbx.test'><name>Cy</name></nameID></participant>\
        <participantsessionassoc participant_id='p2'><disassociate-time>2026-01-01T00:00:00Z</disassociate-time></participantsessionassoc>\
        <participantstreamassoc participant_id='p3'><send>b</send></participantstreamassoc></recording>";
    let answer = peer
        .asked("UPDATE", &[], ("application/rs-metadata+xml", transfer))
        .await;
    assert_eq!(
        (answer.status(), answer.body()),
        (Some(200), ""),
        "{answer:?}"
    );
    let (kind, body) = both(
        &["1", "2", "3"],
        "<recording><dataMode>partial</dataMode></recording>",
    );
    let answer = peer.asked("INVITE", &[], (kind, &body)).await;
    let three = answer.addresses();
    assert_eq!(three[..2], to[..], "{answer:?}");
    assert!(three.len() == 3 && three[2].port != 0, "{answer:?}");
    let answer = peer.asked("OPTIONS", &[], ("", "")).await;
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    peer.asked("BYE", &[], ("", "")).await;
    let events = events.await.expect("followed");
    let told = events.iter().filter_map(|event| {
        let party = format!("{} {}", event.role().as_str_name(), event.party_id);
        match event.detail.as_ref()? {
            Detail::LegState(change) => Some(format!("{party} {}", change.state)),
            Detail::PartyJoined(change) => Some(format!("{party} is {}", change.name)),
            Detail::PartyLeft(_) => Some(format!("{party} left")),
            _ => None,
        }
    });
    let told: Vec<String> = told.collect();
    let expected = [
        "CUSTOMER  held",
        "CUSTOMER  active",
        "AGENT 1001 left",
        "AGENT 1002 is Cy",
        "UNKNOWN  is ",
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ends_here_says_goodbye_to_its_client() {
    let (engine, mut client, door) = engine_of(Config::default()).await;
    let mut peers = Vec::new();
    for (peer, id) in [
        (RecordingClient::udp(door, "ends-1").await, "ends-1"),
        (RecordingClient::tcp(door, "ends-2").await, "ends-2"),
    ] {
        let (mut peer, events) = (peer, follow(&mut client, id).await);
        invited(&mut peer).await;
        peers.push((peer, id, events));
    }
    let mut last = RecordingClient::tcp(door, "ends-3").await;
    invited(&mut last).await;
    for (mut peer, id, events) in peers {
        let path = format!("/v1/calls/{id}");
        let (status, body) = rest(engine.address(), "DELETE", &path, Value::Null).await;
        assert_eq!(status / 100, 2, "{body}");
        let bye = peer.receive().await.expect("a goodbye");
        assert_eq!(bye.method(), "BYE", "{bye:?}");
        assert_eq!(bye.header("call-id").as_deref(), Some(id));
        peer.reply(&bye, "200 OK").await;
        events.await.expect("followed");
        let answer = peer.asked("INVITE", &[], ("", "")).await;
        assert_eq!(answer.status(), Some(481), "{answer:?}");
    }
    let stopped = tokio::spawn(engine.stop());
    let bye = last.receive().await.expect("a goodbye");
    assert_eq!(bye.method(), "BYE", "{bye:?}");
    last.reply(&bye, "200 OK").await;
    stopped.await.expect("it stops").expect("nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_connection_has_gone_is_told_goodbye_over_another() {
    let (engine, mut client, door) = engine_of(Config::default()).await;
    let events = follow(&mut client, "gone").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let here = listener.local_addr().expect("bound");
    let mut peer = RecordingClient::tcp(door, "gone").await.at(here);
    invited(&mut peer).await;
    peer.hang_up().await;
    let path = "/v1/calls/gone";
    let deleted = rest(engine.address(), "DELETE", path, Value::Null);
    let accepted = RecordingClient::accepted(&listener, "gone");
    let (deleted, mut peer) = tokio::join!(deleted, accepted);
    assert_eq!(deleted.0 / 100, 2, "{deleted:?}");
    let bye = peer.receive().await.expect("a goodbye");
    assert_eq!(bye.method(), "BYE", "{bye:?}");
    assert_eq!(bye.header("call-id").as_deref(), Some("gone"));
    peer.reply(&bye, "200 OK").await;
    events.await.expect("followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_what_a_recording_client_does_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut config, _) = certificate(folder.path());
    config.doors.siprec.listen = "127.0.0.1:0".to_owned();
    let (engine, _client, door) = engine_of(config.clone()).await;
    let mut peer = RecordingClient::tcp(door, "wrong").await;
    let to = invited(&mut peer).await;
    for (to, payload_type) in to.iter().zip([96, 0]) {
        let mut sender = Packetiser::new(payload_type.into(), payload_type, Codec::Pcmu);
        let tone: Vec<f32> = (0..8_000).map(|n| 0.3 * (n as f32 * 0.3).sin()).collect();
        let packets = packets(&mut sender, &tone).into_iter();
        send(to, packets.map(|packet| vec![packet]).collect()).await;
    }
    config.server.listen = engine.address();
    config.doors.siprec.listen = door.to_string();
    let tls = engine.siprec().1.expect("the door is open");
    config.doors.siprec.tls_listen = tls.to_string();
    let expected = [
        format!("siprec {door} yes 1 call"),
        format!("siprec/tls {tls} yes"),
        "packets of payload type 96 come on the customer's side".to_owned(),
        "Do: the SDP of the call does not name it".to_owned(),
    ];
    let mut printed = String::new();
    // A call has to have lasted five seconds before nothing means something.
    for _ in 0..150 {
        let config = config.clone();
        let examined =
            tokio::task::spawn_blocking(move || Examination::of(&config, None, &Access::default()));
        let text = examined.await.expect("examined").to_string();
        // Words are kept together, whatever the lines.
        printed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if expected.iter().all(|part| printed.contains(part)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{expected:?}\n{printed}");
}
