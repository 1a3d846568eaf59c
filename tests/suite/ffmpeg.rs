//! A sender that nobody here wrote.

use std::path::Path;
use std::process::{Command, Stdio};

use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{engine_with_weights, finals, skip, until_ended};

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_sends_a_leg_and_its_words_come_out() {
    if Command::new("ffmpeg")
        .arg("-version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
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
