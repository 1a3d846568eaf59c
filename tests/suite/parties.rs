//! Who takes part in a call may change while it goes on, and so may what is listened to.

use sidetone::config::Config;
use sidetone_media::audio::{Codec, encode};
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Bot, Customer, Supervisor};
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::leg_control::Control;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    connect, get, packets, scripted, send, stream, stream_leg, two_legs, until_ended,
};
use tonic::Code;

/// A second of voice, as the script takes it.
fn tone() -> Vec<f32> {
    (0..8_000).map(|i| 0.3 * (i as f32 * 0.35).sin()).collect()
}

fn control(role: v1::Role, control: Control) -> v1::LegControl {
    v1::LegControl {
        role: role.into(),
        control: Some(control),
        ..Default::default()
    }
}

fn joins(role: v1::Role, id: &str, name: &str) -> Control {
    Control::Join(v1::Party {
        role: role.into(),
        id: id.to_owned(),
        name: name.to_owned(),
    })
}

/// Who said something, by role and id, in order.
fn speakers(events: &[v1::CallEvent]) -> Vec<(v1::Role, &str)> {
    let finals = events
        .iter()
        .filter(|event| matches!(&event.detail, Some(Detail::Transcript(words)) if words.is_final));
    finals
        .map(|event| (event.role(), event.party_id.as_str()))
        .collect()
}

#[tokio::test]
async fn a_call_is_transferred_a_supervisor_joins_and_the_caller_becomes_known() {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let opened = client
        .open_call(two_legs(v1::CallConfig {
            call_id: "c".to_owned(),
            agent_id: "agent-7".to_owned(),
            caller: "nonsense".to_owned(),
            languages: vec!["en".to_owned(), "fr".to_owned()],
            ..Default::default()
        }))
        .await
        .expect("opened")
        .into_inner();
    assert_eq!(opened.addresses[0].party_id, "", "the name it was given");
    assert_eq!(opened.notices.len(), 2, "{:?}", opened.notices);
    let all = v1::SubscribeRequest {
        call_id: "c".to_owned(),
        after_seq: 0,
        ..Default::default()
    };
    let events = client.subscribe(all).await.expect("subscribed");
    let events = events.into_inner();

    let updated = client
        .update_call(v1::UpdateCallRequest {
            call_id: "c".to_owned(),
            caller: Some("(415) 555-0117".to_owned()),
            controls: vec![
                control(Agent, joins(Agent, "agent-9", "Bob")),
                control(Customer, Control::Hold(true)),
            ],
            legs: vec![v1::RtpLeg {
                role: Supervisor.into(),
                party_id: "lead-1".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        })
        .await
        .expect("updated")
        .into_inner();
    let [supervisor] = &updated.addresses[..] else {
        panic!("{updated:?}");
    };
    assert_eq!(
        (supervisor.role(), supervisor.party_id.as_str()),
        (Supervisor, "lead-1")
    );
    for (to, ssrc) in [
        (&opened.addresses[0], 1),
        (&opened.addresses[1], 2),
        (supervisor, 3),
    ] {
        let mut sender = Packetiser::new(ssrc, 0, Codec::Pcmu);
        let slots = packets(&mut sender, &tone()).into_iter();
        send(to, slots.map(|packet| vec![packet]).collect()).await;
    }

    let of = |agent_id: &str| v1::ListCallsRequest {
        agent_id: agent_id.to_owned(),
    };
    let listed = client.list_calls(of("agent-9")).await.expect("listed");
    let listed = listed.into_inner().calls;
    let caller = listed[0]
        .caller
        .as_ref()
        .and_then(|number| number.e164.clone());
    assert_eq!(caller.as_deref(), Some("+14155550117"));
    let before = client.list_calls(of("agent-7")).await.expect("listed");
    assert!(before.into_inner().calls.is_empty());

    let update = |call_id: &str, role| v1::UpdateCallRequest {
        call_id: call_id.to_owned(),
        controls: vec![control(role, Control::Mute(true))],
        ..Default::default()
    };
    for (request, code) in [
        (update("nobody", Agent), Code::NotFound),
        (update("c", Bot), Code::NotFound),
        (update("c", v1::Role::Unspecified), Code::InvalidArgument),
    ] {
        let refused = client.update_call(request).await.expect_err("refused");
        assert_eq!(refused.code(), code, "{}", refused.message());
    }

    let close = v1::CloseCallRequest {
        call_id: "c".to_owned(),
    };
    client.close_call(close).await.expect("closed");
    let events = until_ended(events).await;
    let spoken = speakers(&events);
    assert_eq!(
        spoken,
        [(Agent, "agent-9"), (Supervisor, "lead-1")],
        "the customer is on hold"
    );
    let last = events.last().expect("told");
    assert_eq!(last.agent_id, "agent-9");

    // What is kept of the call says the same.
    let mut kept = String::new();
    for _ in 0..100 {
        kept = get(engine.address(), "/v1/calls/c", usize::MAX).await;
        if kept.contains("\"kind\":\"summary\"") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for part in [
        "\"agent_id\":\"agent-9\"",
        "\"caller\":\"+14155550117\"",
        "\"kind\":\"party_joined\"",
        "\"party\":\"lead-1\"",
        "\"state\":\"held\"",
    ] {
        assert!(kept.contains(part), "{part} is not in {kept}");
    }
    engine.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_stream_says_when_its_frames_began_and_what_becomes_of_its_legs() {
    let engine = scripted(Config::default()).await;
    let client = connect(engine.address()).await;
    let config = v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig::default()),
        legs: vec![stream_leg(Customer, v1::AudioEncoding::Mulaw)],
        interim_results: false,
        ..Default::default()
    };
    let frame = |role: v1::Role, offset_ms, loud: bool| {
        let samples = match loud {
            true => tone(),
            false => vec![0.0; 8_000],
        };
        Request::Audio(v1::AudioFrame {
            role: role.into(),
            content: encode(Codec::Pcmu, &samples),
            offset_ms,
            ..Default::default()
        })
    };
    let requests = vec![
        Request::Config(config),
        // It begins late, pauses, is on hold, and goes on.
        frame(Customer, Some(8_000), true),
        frame(Customer, None, false),
        frame(Customer, Some(15_000), true),
        frame(Customer, None, false),
        Request::Control(control(Customer, Control::Hold(true))),
        frame(Customer, None, true),
        frame(Customer, None, false),
        Request::Control(control(Customer, Control::Hold(false))),
        Request::Leg(stream_leg(Bot, v1::AudioEncoding::Mulaw)),
        frame(Bot, Some(20_000), true),
        frame(Bot, None, false),
    ];
    let events = stream(client, requests).await;
    let began = events.iter().filter_map(|event| match &event.detail {
        Some(Detail::SpeechBegin(_)) => Some((event.role(), event.start_ms)),
        _ => None,
    });
    let began: Vec<(v1::Role, u64)> = began.collect();
    assert_eq!(began.len(), 3, "{began:?}");
    for ((role, at), (expected, near)) in
        began
            .iter()
            .zip([(Customer, 8_000), (Customer, 15_000), (Bot, 20_000)])
    {
        assert_eq!(*role, expected, "{began:?}");
        assert!(at.abs_diff(near) <= 60, "{began:?}");
    }
    engine.stop().await.expect("stopped");
}

#[tokio::test]
async fn what_a_stream_says_of_legs_that_it_does_not_have_is_refused() {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let config = || {
        Request::Config(v1::StreamingAnalyzeConfig {
            config: Some(v1::CallConfig::default()),
            legs: vec![stream_leg(Customer, v1::AudioEncoding::Mulaw)],
            interim_results: false,
            ..Default::default()
        })
    };
    let hold = Request::Control(control(Agent, Control::Hold(true)));
    let twice = Request::Leg(stream_leg(Customer, v1::AudioEncoding::Mulaw));
    let late = Request::Audio(v1::AudioFrame {
        role: Customer.into(),
        offset_ms: Some(u64::MAX),
        ..Default::default()
    });
    for (request, why) in [(hold, "`agent`"), (twice, "twice"), (late, "24 hours")] {
        let requests = [config(), request].map(|request| v1::StreamingAnalyzeRequest {
            request: Some(request),
        });
        let mut events = client
            .streaming_analyze(tokio_stream::iter(requests))
            .await
            .expect("accepted")
            .into_inner();
        let refused = loop {
            match events.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{why}: nothing was refused"),
                Err(refused) => break refused,
            }
        };
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(why), "{}", refused.message());
    }
    engine.stop().await.expect("stopped");
}
