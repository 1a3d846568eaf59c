//! A sender that nobody here wrote.

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sidetone::config::Config;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{
    connect, engine_with_weights, finals, scripted_to_hear, skip, until_ended,
};

use crate::doors::{call, over_grpc, script};

/// Whether there is one.
fn is_installed() -> bool {
    let mut command = Command::new("ffmpeg");
    command.arg("-version").stdout(Stdio::null());
    command.status().is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_sends_a_leg_and_its_words_come_out() {
    if !is_installed() {
        return skip("ffmpeg is not installed");
    }
    let mut client = engine_with_weights().await;
    for (codec, payload) in [
        ("pcm_alaw", None),
        (
            "pcm_s16be",
            Some(v1::RtpPayload {
                payload_type: 96,
                encoding: "L16".to_owned(),
                clock_rate: 16_000,
            }),
        ),
    ] {
        let rate = if payload.is_some() { "16000" } else { "8000" };
        let leg = v1::RtpLeg {
            role: v1::Role::Agent.into(),
            payloads: payload.into_iter().collect(),
            ..Default::default()
        };
        let config = v1::CallConfig {
            languages: vec!["en".to_owned()],
            ..Default::default()
        };
        let request = v1::OpenCallRequest {
            config: Some(config),
            legs: vec![leg],
            interim_results: None,
        };
        let opened = client
            .open_call(request)
            .await
            .expect("opened")
            .into_inner();
        let call_id = opened.call_id.clone();
        let request = v1::SubscribeRequest {
            call_id: call_id.clone(),
            after_seq: 1,
            ..Default::default()
        };
        let events = client
            .subscribe(request)
            .await
            .expect("subscribed")
            .into_inner();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("calls/en-billing-dispute.flac");
        let to = format!(
            "rtp://{}:{}?pkt_size=652",
            opened.addresses[0].host, opened.addresses[0].port
        );
        let status = tokio::task::spawn_blocking(move || {
            Command::new("ffmpeg")
                .args([
                    "-hide_banner",
                    "-loglevel",
                    "error",
                    "-re",
                    "-t",
                    "5.2",
                    "-i",
                ])
                .arg(file)
                .args(["-af", "pan=mono|c0=c0", "-ar", rate, "-c:a", codec])
                .args([
                    "-payload_type",
                    if rate == "16000" { "96" } else { "8" },
                    "-f",
                    "rtp",
                ])
                .arg(to)
                .stdout(Stdio::null())
                .stdin(Stdio::null())
                .status()
        });
        assert!(
            status.await.expect("ran").expect("ran").success(),
            "ffmpeg failed"
        );
        client
            .close_call(v1::CloseCallRequest { call_id })
            .await
            .expect("closed");
        let events = until_ended(events).await;
        let said = finals(&events);
        let words = said
            .get(&v1::Role::Agent)
            .map(|lines| lines.join(" "))
            .unwrap_or_default();
        assert!(
            words.contains("calling") && words.contains("help you"),
            "{codec}: {words}"
        );
        let Some(Detail::CallEnded(ended)) = events.last().and_then(|event| event.detail.clone())
        else {
            panic!("no end")
        };
        let rtp = ended.legs[0].rtp.expect("an RTP leg");
        assert_eq!(
            (rtp.lost, rtp.unknown_payload, rtp.malformed),
            (0, 0, 0),
            "{codec}"
        );
    }
}

/// Sends mu-law as RTP, as fast as it is spoken.
fn sends(sound: &Path, port: u16) -> Child {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-re"]);
    command
        .args(["-f", "mulaw", "-ar", "8000", "-i"])
        .arg(sound);
    command.args(["-c:a", "copy", "-f", "rtp"]);
    // Reports come there as well, and not to a port that may be another's.
    let to = format!("rtp://127.0.0.1:{port}?pkt_size=172&rtcpport={port}");
    command.arg(to);
    command.stdout(Stdio::null()).stdin(Stdio::null());
    command.spawn().expect("it is installed")
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_brings_a_call_to_ports_that_are_always_the_same() {
    if !is_installed() {
        return skip("ffmpeg is not installed");
    }
    let sockets = [0; 2].map(|_| UdpSocket::bind("127.0.0.1:0").expect("a free port"));
    let ports = sockets.map(|socket| socket.local_addr().expect("bound").port());
    let mut config = Config::default();
    config.doors.rtp.ports = vec![format!("{}+{}", ports[0], ports[1])];
    config.doors.rtp.idle_ms = 1_000;
    let engine = scripted_to_hear(script(), config).await;
    let mut client = connect(engine.address()).await;
    let grpc = over_grpc(client.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let events = client.subscribe(v1::SubscribeRequest::default()).await;
    let events = tokio::spawn(until_ended(events.expect("subscribed").into_inner()));
    let mut senders = Vec::new();
    for (name, (sound, port)) in ["customer", "agent"].iter().zip(call().iter().zip(ports)) {
        let file = folder.path().join(name);
        std::fs::write(&file, sound).expect("written");
        senders.push(sends(&file, port));
    }
    let sent = tokio::task::spawn_blocking(move || {
        let mut senders = senders.into_iter();
        senders.all(|mut sender| sender.wait().is_ok_and(|status| status.success()))
    });
    assert!(sent.await.expect("ran"), "ffmpeg failed");
    assert_eq!(finals(&events.await.expect("followed")), finals(&grpc));
}
