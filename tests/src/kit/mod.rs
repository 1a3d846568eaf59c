//! Engines, recordings, and calls placed on them as a media server would.

mod engine;
mod recording;
mod script;
mod sender;

pub use engine::{Client, connect, engine_with_weights, get, grpc_web, scripted};
pub use recording::{leg, recording};
pub use script::Script;
pub use sender::{Line, packets, send};

use std::collections::BTreeMap;

use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use tonic::Streaming;

/// All events of a call, from a subscription to it, until it has ended.
pub async fn until_ended(mut events: Streaming<v1::CallEvent>) -> Vec<v1::CallEvent> {
    let mut seen = Vec::new();
    while let Some(event) = events.message().await.expect("the engine serves") {
        let ended = matches!(event.detail, Some(Detail::CallEnded(_)));
        seen.push(event);
        if ended {
            break;
        }
    }
    seen
}

/// Streams `requests`, configuration first, and gives the events that come back, to the last.
pub async fn stream(mut client: Client, requests: Vec<Request>) -> Vec<v1::CallEvent> {
    let requests = requests
        .into_iter()
        .map(|request| v1::StreamingAnalyzeRequest {
            request: Some(request),
        });
    let mut events = client
        .streaming_analyze(tokio_stream::iter(requests))
        .await
        .expect("accepted")
        .into_inner();
    let mut seen = Vec::new();
    while let Some(response) = events.message().await.expect("served") {
        seen.extend(response.event);
    }
    seen
}

/// The finals of each side, in order.
pub fn finals(events: &[v1::CallEvent]) -> BTreeMap<v1::Role, Vec<String>> {
    let mut finals: BTreeMap<v1::Role, Vec<String>> = BTreeMap::new();
    for event in events {
        if let Some(Detail::Transcript(transcript)) = &event.detail
            && transcript.is_final
        {
            finals
                .entry(event.role())
                .or_default()
                .push(transcript.alternatives[0].transcript.clone());
        }
    }
    finals
}

/// A call of two legs that come as RTP, 8 kHz mu-law.
pub fn two_legs(config: v1::CallConfig) -> v1::OpenCallRequest {
    let leg = |role: v1::Role| v1::RtpLeg {
        role: role.into(),
        payloads: vec![v1::RtpPayload {
            payload_type: 101,
            encoding: "telephone-event".to_owned(),
            clock_rate: 8_000,
        }],
    };
    v1::OpenCallRequest {
        config: Some(config),
        legs: vec![leg(v1::Role::Agent), leg(v1::Role::Customer)],
        interim_results: None,
    }
}
