//! A call of which every line is known.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{Client, Script, get, stream_from, stream_leg};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

pub const CALL: &str = "desk-1";

pub const LINES: [(v1::Role, &str); 5] = [
    (
        Agent,
        "Thank you for calling Northwind Telecom. How can I help you today?",
    ),
    (
        Customer,
        "I was charged twice on my invoice this month, and I want a refund.",
    ),
    (
        Agent,
        "I am sorry about that. I will start a refund for the duplicate charge right now.",
    ),
    (
        Customer,
        "If it is not fixed by Friday I will cancel my contract and file a complaint with the regulator.",
    ),
    (
        Agent,
        "The refund takes three to five business days. I will call you back on Thursday to confirm it.",
    ),
];

/// A call whose owner speaks line by line.
pub struct Speaking {
    requests: UnboundedSender<Request>,
    script: Script,
    events: JoinHandle<Vec<v1::CallEvent>>,
}

impl Speaking {
    pub fn begin(client: Client, script: Script) -> Self {
        Self::begin_as(CALL, client, script)
    }

    /// The same under another id.
    pub fn begin_as(call: &str, client: Client, script: Script) -> Self {
        let leg_of = |role| stream_leg(role, v1::AudioEncoding::Linear16);
        let config = v1::StreamingAnalyzeConfig {
            config: Some(v1::CallConfig {
                call_id: call.to_owned(),
                caller: "+14155550117".to_owned(),
                agent_id: "agent-7".to_owned(),
                direction: v1::Direction::Inbound.into(),
                languages: vec!["en".to_owned()],
                ..Default::default()
            }),
            legs: vec![leg_of(Agent), leg_of(Customer)],
            interim_results: true,
            ..Default::default()
        };
        let (requests, asked) = unbounded_channel();
        requests.send(Request::Config(config)).expect("it is open");
        let events = tokio::spawn(stream_from(client, asked));
        Self {
            requests,
            script,
            events,
        }
    }

    /// Says some lines, with a pause after each.
    pub fn say(&self, lines: std::ops::Range<usize>) {
        for line in lines {
            let pause = [0.0; 8_000];
            let sound = [self.script.sound(line), pause.to_vec()].concat();
            for piece in sound.chunks(160) {
                for role in [Agent, Customer] {
                    let speaks = role == LINES[line].0;
                    let sample = |s: &f32| if speaks { (s * 32_767.0) as i16 } else { 0 };
                    let content = piece.iter().flat_map(|s| sample(s).to_le_bytes());
                    let audio = Request::Audio(v1::AudioFrame {
                        role: role.into(),
                        content: content.collect(),
                        ..Default::default()
                    });
                    self.requests.send(audio).expect("the call is open");
                }
            }
        }
    }

    /// Hangs up.
    pub async fn end(self) {
        drop(self.requests);
        self.events.await.expect("the call ends");
    }
}

/// The call as the engine keeps it, once it is as it should be.
pub async fn stored(desk: SocketAddr, is: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = get(desk, &format!("/v1/calls/{CALL}"), usize::MAX).await;
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let call: Value = serde_json::from_str(body).expect("JSON");
        if is(&call) {
            return call;
        }
        assert!(Instant::now() < deadline, "not as expected: {call}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub fn events(call: &Value) -> impl Iterator<Item = &Value> {
    call["events"].as_array().expect("a list").iter()
}
