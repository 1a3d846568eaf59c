//! Calls that a real rtpengine carries, set up by a SIP proxy of our own.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone_media::audio::{Codec, decode};
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::RtpAddress;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{
    Client, RtpEngine, connect, finals, follow, packets, rest, scripted_to_hear, send, skip,
};
use tonic::Code;

use crate::doors::{call, over_grpc, script, started};

/// The sides of every call here, the caller first.
const TAGS: [&str; 2] = ["from-1", "to-2"];
/// Samples until the customer has said all and the agent has not begun.
const TURN: usize = 8 * 3_200 + 6_000;

async fn listening(watch: bool) -> Option<(RtpEngine, Engine, Client)> {
    let Some(rtpengine) = RtpEngine::start() else {
        skip("rtpengine is not installed");
        return None;
    };
    let engine = scripted_to_hear(script(), config(&rtpengine, watch)).await;
    let client = connect(engine.address()).await;
    Some((rtpengine, engine, client))
}

fn config(rtpengine: &RtpEngine, watch: bool) -> Config {
    let mut config = Config::default();
    config.doors.rtpengine.control = rtpengine.control().to_string();
    config.doors.rtpengine.watch = watch;
    config.doors.rtpengine.interval_ms = 100;
    config
}

/// Both sides of a call as telephones send them.
struct Telephones([(Packetiser, Vec<f32>); 2]);

impl Telephones {
    fn new() -> Self {
        let sides = call().map(|mulaw| decode(Codec::Pcmu, &mulaw));
        let [customer, agent] = sides;
        let sender = |ssrc| Packetiser::new(ssrc, 0, Codec::Pcmu);
        Self([(sender(0xca11), customer), (sender(0xa6e7), agent)])
    }

    /// From now on they speak A-law.
    fn switch(&mut self) {
        for (sender, _) in &mut self.0 {
            sender.switch(8, Codec::Pcma);
        }
    }

    /// Says the next samples of both sides.
    async fn say(&mut self, to: &[RtpAddress; 2], samples: usize) {
        let slots = self.0.each_mut().map(|(sender, rest)| {
            let said: Vec<f32> = rest.drain(..samples.min(rest.len())).collect();
            let packets = packets(sender, &said).into_iter();
            packets.map(|packet| vec![packet]).collect()
        });
        let [customer, agent] = slots;
        tokio::join!(send(&to[0], customer), send(&to[1], agent));
    }
}

/// Waits until so many of the only call's participants are on hold.
async fn until_off(engine: SocketAddr, held: usize) {
    for _ in 0..200 {
        let (_, calls) = rest(engine, "GET", "/v1/calls", Value::Null).await;
        if calls[0]["off"]
            .as_array()
            .is_some_and(|off| off.len() == held)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{held} are not on hold");
}

/// How a call ended that rtpengine has ended.
fn ended(events: &[v1::CallEvent]) -> &v1::CallEnded {
    let last = events.last().and_then(|event| event.detail.as_ref());
    let Some(Detail::CallEnded(ended)) = last else {
        panic!("no end: {last:?}")
    };
    assert_eq!(ended.reason, "closed");
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_heard_as_over_grpc_through_a_new_offer_and_a_restart() {
    let Some((mut rtpengine, engine, mut client)) = listening(true).await else {
        return;
    };
    let grpc = over_grpc(client.clone()).await;

    let events = follow(&mut client, "sip-1").await;
    let mut telephones = Telephones::new();
    let to = rtpengine.invite("sip-1", TAGS, "0 8");
    rtpengine.until_tapped("sip-1", &TAGS);
    telephones.say(&to, TURN).await;
    // The agent's telephone offers another codec, and a place elsewhere.
    let [from_agent, from_customer] = rtpengine.invite("sip-1", ["to-2", "from-1"], "8");
    telephones.switch();
    telephones
        .say(&[from_customer, from_agent], usize::MAX)
        .await;
    rtpengine.bye("sip-1", TAGS);
    let events = events.await.expect("followed");
    assert_eq!(finals(&events), finals(&grpc));
    assert_eq!(finals(&events)[&Customer].len(), 1);
    assert_eq!(finals(&events)[&Agent].len(), 1);
    assert_eq!(events[0].agent_id, TAGS[1], "as labelled");
    let started = started(&events);
    assert_eq!(started.direction(), v1::Direction::Inbound);
    for (name, value) in [
        ("call_id", "sip-1"),
        ("from_tag", TAGS[0]),
        ("to_tag", TAGS[1]),
        ("caller", TAGS[0]),
        ("agent", TAGS[1]),
    ] {
        assert_eq!(started.metadata[name], value, "{name}");
    }
    for leg in &ended(&events).legs {
        let rtp = leg.rtp.expect("an RTP leg");
        assert_eq!((rtp.unknown_payload, rtp.malformed), (0, 0), "{leg:?}");
    }
    rtpengine.until_idle();

    let cut = follow(&mut client, "sip-2").await;
    rtpengine.invite("sip-2", TAGS, "0");
    rtpengine.until_tapped("sip-2", &TAGS);
    rtpengine.restart();
    let cut = cut.await.expect("followed");
    ended(&cut);

    let events = follow(&mut client, "sip-3").await;
    let to = rtpengine.invite("sip-3", TAGS, "0");
    rtpengine.until_tapped("sip-3", &TAGS);
    Telephones::new().say(&to, TURN).await;
    rtpengine.bye("sip-3", TAGS);
    let events = events.await.expect("followed");
    assert_eq!(finals(&events)[&Customer], finals(&grpc)[&Customer]);
    rtpengine.until_idle();
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_tapped_by_its_id_and_left_at_the_end() {
    let Some((mut rtpengine, engine, mut client)) = listening(false).await else {
        return;
    };
    let tap = |rtpengine_call_id: &str, call_id: &str| v1::TapCallRequest {
        config: Some(v1::CallConfig {
            call_id: call_id.to_owned(),
            caller: "(415) 555-0117".to_owned(),
            agent_id: "agent-7".to_owned(),
            ..Default::default()
        }),
        rtpengine_call_id: rtpengine_call_id.to_owned(),
        // The customer was called.
        customer_tag: TAGS[1].to_owned(),
        ..Default::default()
    };
    let unknown = client.tap_call(tap("sip-9", "")).await;
    assert_eq!(unknown.expect_err("not there").code(), Code::NotFound);
    let unnamed = client.tap_call(tap("", "")).await;
    assert_eq!(unnamed.expect_err("no id").code(), Code::InvalidArgument);

    let events = follow(&mut client, "here-1").await;
    let [to_agent, to_customer] = rtpengine.invite("sip-4", TAGS, "0");
    let tapped = client.tap_call(tap("sip-4", "here-1")).await;
    assert_eq!(tapped.expect("tapped").into_inner().call_id, "here-1");
    let twice = client.tap_call(tap("sip-4", "")).await;
    assert_eq!(twice.expect_err("tapped").code(), Code::AlreadyExists);
    rtpengine.until_tapped("sip-4", &TAGS);
    Telephones::new().say(&[to_customer, to_agent], TURN).await;
    // Whoever was called holds the line, and comes back.
    for (media, off) in [("0\r\na=inactive", 2), ("0", 0)] {
        rtpengine.invite("sip-4", [TAGS[1], TAGS[0]], media);
        until_off(engine.address(), off).await;
    }
    // A third comes in.
    rtpengine.invite("sip-4", [TAGS[0], "to-3"], "0");
    rtpengine.until_tapped("sip-4", &["to-3"]);
    let close = v1::CloseCallRequest {
        call_id: "here-1".to_owned(),
    };
    client.close_call(close).await.expect("it was open");
    let events = events.await.expect("followed");
    assert_eq!(events[0].agent_id, "agent-7");
    let said = finals(&events);
    assert_eq!(
        said[&Customer],
        ["I would like to cancel my contract today"]
    );
    // Nothing more is sent to the engine, and rtpengine's call goes on until it is over.
    let query = json!({"command": "query", "call-id": "sip-4"});
    rtpengine.wait("the taps' end", |rtpengine| {
        let tags = rtpengine.ask(query.clone())?;
        let stream = |tag: &str| {
            let medias = &tags["tags"][tag]["medias"];
            medias[0]["streams"][0]["local port"].is_number()
        };
        let left = TAGS.iter().all(|tag| !stream(&format!("sidetone-{tag}")));
        (left && TAGS.iter().all(|tag| stream(tag))).then_some(())
    });
    rtpengine.bye("sip-4", TAGS);
    rtpengine.bye("sip-4", [TAGS[0], "to-3"]);
    rtpengine.until_idle();

    // The same over REST, until the engine stops.
    rtpengine.invite("sip-5", TAGS, "9");
    let body = json!({"rtpengine_call_id": "sip-5", "customer_tag": TAGS[0]});
    let (status, answer) = rest(engine.address(), "POST", "/v1/taps", body).await;
    assert_eq!(
        (status, &answer["call_id"]),
        (201, &json!("sip-5")),
        "{answer}"
    );
    rtpengine.until_tapped("sip-5", &TAGS);
    engine.stop().await.expect("stopped");
    rtpengine.bye("sip-5", TAGS);
    rtpengine.until_idle();
}

#[test]
fn an_engine_takes_over_the_calls_of_one_that_died() {
    let Some(mut rtpengine) = RtpEngine::start() else {
        return skip("rtpengine is not installed");
    };
    let mut config = config(&rtpengine, true);
    let run = || tokio::runtime::Runtime::new().expect("threads");

    let dies = run();
    let engine = dies.block_on(scripted_to_hear(script(), config.clone()));
    let to = rtpengine.invite("sip-6", TAGS, "0");
    rtpengine.until_tapped("sip-6", &TAGS);
    let before = rtpengine.tapped("sip-6", &TAGS);
    // Nothing of it says goodbye.
    dies.shutdown_background();
    drop(engine);

    config.media.port_min += 1_000;
    run().block_on(async {
        let engine = scripted_to_hear(script(), config).await;
        let mut client = connect(engine.address()).await;
        let grpc = over_grpc(client.clone()).await;
        let events = follow(&mut client, "sip-6").await;
        rtpengine.wait("another tap", |rtpengine| {
            let tapped = rtpengine.tapped("sip-6", &TAGS);
            (tapped.is_some() && tapped != before).then_some(())
        });
        Telephones::new().say(&to, usize::MAX).await;
        rtpengine.bye("sip-6", TAGS);
        let events = events.await.expect("followed");
        assert_eq!(finals(&events), finals(&grpc));
        ended(&events);
        rtpengine.until_idle();
        engine.stop().await.expect("stopped");
    });
}
