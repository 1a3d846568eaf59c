//! Streams that break and come back.

use std::net::SocketAddr;
use std::time::Duration;

use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone_media::audio::{Codec, encode};
use sidetone_proto::v1;
use sidetone_proto::v1::Role::Customer;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Client, Script, connect, finals, follow, scripted_to_hear, stream, stream_leg,
};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Status, Streaming};

/// Bytes of 20 ms of mu-law.
const FRAME: usize = 160;
/// How often the stream of a call breaks.
const BREAKS: usize = 500;

fn script() -> Script {
    Script::of(&[
        "I would like to cancel my contract today",
        "I am sorry to hear that let me see",
        "nobody told me that the price goes up",
    ])
}

/// All sentences of the script, one after the other.
fn sound() -> Vec<u8> {
    let script = script();
    let parts = (0..3).map(|i| [script.sound(i).to_vec(), vec![0.0; 12_000]].concat());
    encode(Codec::Pcmu, &parts.collect::<Vec<_>>().concat())
}

async fn engine() -> (Engine, Client) {
    let engine = scripted_to_hear(script(), Config::default()).await;
    let client = connect(engine.address()).await;
    (engine, client)
}

fn config(call_id: &str, resume_within_ms: u32) -> v1::StreamingAnalyzeConfig {
    v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig {
            call_id: call_id.to_owned(),
            ..Default::default()
        }),
        legs: vec![stream_leg(Customer, v1::AudioEncoding::Mulaw)],
        resume_within_ms,
        ..Default::default()
    }
}

fn resume(call_id: &str, after_id: &str) -> v1::StreamingAnalyzeConfig {
    v1::StreamingAnalyzeConfig {
        resume: Some(v1::ResumeCall {
            call_id: call_id.to_owned(),
            after_id: after_id.to_owned(),
        }),
        ..Default::default()
    }
}

fn frame(content: &[u8]) -> Request {
    Request::Audio(v1::AudioFrame {
        role: Customer.into(),
        content: content.to_vec(),
        ..Default::default()
    })
}

/// A stream of a call, over a connection of its own. Dropped, it breaks off.
struct Line {
    send: UnboundedSender<Request>,
    answers: Streaming<v1::StreamingAnalyzeResponse>,
    _wire: Wire,
}

/// A connection that lasts no longer than this.
struct Wire(tokio::task::JoinHandle<()>);

impl Wire {
    /// Where to connect, for a connection to `engine`.
    async fn to(engine: SocketAddr) -> (SocketAddr, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let wire = tokio::spawn(async move {
            let (mut near, _) = listener.accept().await.expect("a connection");
            let mut far = TcpStream::connect(engine).await.expect("it listens");
            // Ends as the test likes.
            let _ = copy_bidirectional(&mut near, &mut far).await;
        });
        (address, Self(wire))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Line {
    async fn open(engine: &Engine, config: v1::StreamingAnalyzeConfig) -> Result<Self, Status> {
        let (address, wire) = Wire::to(engine.address()).await;
        let (send, asked) = unbounded_channel();
        send.send(Request::Config(config)).expect("it is open");
        let requests = UnboundedReceiverStream::new(asked);
        let requests = requests.map(|request| v1::StreamingAnalyzeRequest {
            request: Some(request),
        });
        let answers = connect(address).await.streaming_analyze(requests).await?;
        Ok(Self {
            send,
            answers: answers.into_inner(),
            _wire: wire,
        })
    }

    /// A stream that goes on with a call, and how many bytes the call has taken.
    async fn resume(engine: &Engine, id: &str, after_id: &str) -> Result<(Self, usize), Status> {
        let mut line = Self::open(engine, resume(id, after_id)).await?;
        let first = line.answers.message().await?.expect("an answer");
        let resumed = first.resumed.expect("what was taken comes first");
        let taken = resumed.legs[0].taken_bytes.try_into().expect("a call's");
        Ok((line, taken))
    }

    /// Its wire is cut.
    async fn cut(self) {
        let Self {
            send,
            answers,
            _wire: wire,
        } = self;
        wire.0.abort();
        while !wire.0.is_finished() {
            tokio::task::yield_now().await;
        }
        drop((answers, send));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_in_mid_utterance_again_and_again_loses_and_doubles_nothing() {
    let (engine, mut client) = engine().await;
    let sound = sound();
    let whole = sound.chunks(FRAME).map(frame);
    let whole = [Request::Config(config("whole", 0))]
        .into_iter()
        .chain(whole);
    let whole = stream(client.clone(), whole.collect()).await;

    let followed = follow(&mut client, "broken").await;
    let line = Line::open(&engine, config("broken", 30_000)).await;
    line.expect("accepted").cut().await;
    let mut told: Vec<v1::CallEvent> = Vec::new();
    let mut after = String::new();
    let (mut line, mut taken) = Line::resume(&engine, "broken", &after)
        .await
        .expect("it waits");
    for _ in 1..BREAKS {
        let until = sound.len().min(taken + 4 * FRAME);
        for piece in sound[taken..until].chunks(FRAME) {
            line.send.send(frame(piece)).expect("it is open");
        }
        // Some of it arrives before it breaks, and some events come.
        let soon = tokio::time::sleep(Duration::from_millis(2));
        tokio::pin!(soon);
        loop {
            tokio::select! {
                () = &mut soon => break,
                answer = line.answers.message() => {
                    let answer = answer.expect("it goes on").expect("the call goes on");
                    let event = answer.event.expect("an event");
                    after.clone_from(&event.id);
                    told.push(event);
                }
            }
        }
        line.cut().await;
        (line, taken) = Line::resume(&engine, "broken", &after)
            .await
            .expect("it waits");
    }
    assert!(taken > 0, "some of it arrived");
    for piece in sound[taken..].chunks(FRAME) {
        line.send.send(frame(piece)).expect("it is open");
    }
    drop(line.send);
    while let Some(answer) = line.answers.message().await.expect("it ends in order") {
        told.extend(answer.event);
    }
    let followed = followed.await.expect("followed");
    assert_eq!(finals(&followed), finals(&whole));
    assert_eq!(
        finals(&told),
        finals(&whole),
        "each is told once, over all streams"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_for_its_stream_as_long_as_it_was_asked_to() {
    let (engine, mut client) = engine().await;
    let followed = follow(&mut client, "left").await;
    let line = Line::open(&engine, config("left", 50))
        .await
        .expect("accepted");
    line.cut().await;
    let events = followed.await.expect("followed");
    let ended = events.iter().find_map(|event| match &event.detail {
        Some(Detail::CallEnded(ended)) => Some(ended.reason.as_str()),
        _ => None,
    });
    assert_eq!(ended, Some("disconnected"));
    let gone = Line::resume(&engine, "left", "").await.err();
    assert_eq!(gone.expect("it is over").code(), Code::NotFound);
    for (config, part) in [
        (config("long", 60_001), "60000 ms"),
        (resume("", ""), "waits"),
        (resume("left", "yesterday"), "yesterday"),
    ] {
        let refused = Line::open(&engine, config).await.err().expect(part);
        assert!(refused.message().contains(part), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_that_comes_last_has_the_call() {
    let (engine, _client) = engine().await;
    let mut first = Line::open(&engine, config("twice", 30_000))
        .await
        .expect("accepted");
    let (second, _) = Line::resume(&engine, "twice", "").await.expect("taken");
    let ended = loop {
        match first.answers.message().await {
            Ok(Some(_)) => {}
            ended => break ended,
        }
    };
    assert_eq!(ended.expect_err("replaced").code(), Code::Aborted);
    let sound = sound();
    for piece in sound.chunks(FRAME) {
        second.send.send(frame(piece)).expect("it is open");
    }
    drop(second.send);
    let told = second
        .answers
        .filter_map(|answer| answer.expect("it ends in order").event);
    let told: Vec<v1::CallEvent> = told.collect().await;
    assert_eq!(finals(&told)[&Customer].len(), 3, "{told:#?}");
}
