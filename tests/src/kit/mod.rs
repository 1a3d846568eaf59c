//! Engines, recordings, and calls placed on them as a media server would.

mod browser;
mod clear;
mod crm;
mod engine;
mod killed;
mod many_calls;
mod note;
mod oidc_provider;
mod play;
mod recording;
mod recording_client;
mod rest;
mod rtpengine;
mod script;
mod sender;
mod skip;
mod soap_peers;
mod tiny_whisper;
mod tryton;

pub use browser::Browser;
pub use clear::{files, in_clear};
pub use crm::{HttpCrm, Mood};
pub use engine::{
    Client, connect, engine_that_never_looks_ahead, engine_that_reads_moods, engine_with_weights,
    engine_with_weights_and, get, grpc_web, read_moods, scripted, scripted_as, scripted_to_hear,
    scripted_with, scripted_with_record,
};
pub use killed::killed_after;
pub use many_calls::ManyCalls;
pub use note::{close_call, close_call_for_review, close_call_of, note, said};
pub use oidc_provider::OidcProvider;
pub use play::play;
pub use recording::{leg, recording};
pub use recording_client::{RecordingClient, SipMessage};
pub use rest::rest;
pub use rtpengine::RtpEngine;
pub use script::Script;
pub use sender::{Line, packets, send};
pub use skip::skip;
pub use soap_peers::{SoapClient, SoapCrm, run_with_zeep};
pub use tiny_whisper::write_tiny_whisper;
pub use tryton::Tryton;

use std::collections::BTreeMap;

use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;

/// The events of the call of that id, which is yet to come, once it is over.
pub async fn follow(client: &mut Client, id: &str) -> JoinHandle<Vec<v1::CallEvent>> {
    tokio::spawn(until_ended(told_of(client, id).await))
}

/// What is told of a call that is open, from now on.
pub async fn told_of(client: &mut Client, id: &str) -> Streaming<v1::CallEvent> {
    let request = v1::SubscribeRequest {
        call_id: id.to_owned(),
        ..Default::default()
    };
    let events = client.subscribe(request).await.expect("subscribed");
    events.into_inner()
}

/// All events of a call, from a subscription to it, until it has ended.
pub async fn until_ended(events: Streaming<v1::CallEvent>) -> Vec<v1::CallEvent> {
    until(events, |detail| matches!(detail, Detail::CallEnded(_))).await
}

/// All events of a subscription, up to the first for which `last` holds.
pub async fn until(
    mut events: Streaming<v1::CallEvent>,
    last: impl Fn(&Detail) -> bool,
) -> Vec<v1::CallEvent> {
    let mut seen = Vec::new();
    while let Some(event) = events.message().await.expect("the engine serves") {
        let is_last = event.detail.as_ref().is_some_and(&last);
        seen.push(event);
        if is_last {
            break;
        }
    }
    seen
}

/// Streams `requests`, configuration first, and gives the events that come back, to the last.
pub async fn stream(client: Client, requests: Vec<Request>) -> Vec<v1::CallEvent> {
    let (send, asked) = unbounded_channel();
    for request in requests {
        send.send(request).expect("it is open");
    }
    drop(send);
    stream_from(client, asked).await
}

/// The same, with requests that come by and by. Their end is the call's.
pub async fn stream_from(
    mut client: Client,
    requests: UnboundedReceiver<Request>,
) -> Vec<v1::CallEvent> {
    let requests = UnboundedReceiverStream::new(requests);
    let requests = requests.map(|request| v1::StreamingAnalyzeRequest {
        request: Some(request),
    });
    let mut events = client
        .streaming_analyze(requests)
        .await
        .expect("accepted")
        .into_inner();
    let mut seen = Vec::new();
    while let Some(response) = events.message().await.expect("served") {
        seen.extend(response.event);
    }
    seen
}

/// The finals of each side as they are to be read, in order.
pub fn finals(events: &[v1::CallEvent]) -> BTreeMap<v1::Role, Vec<String>> {
    lines(events, |best| &best.transcript)
}

/// The finals of each side as they were recognised, in order.
pub fn spoken(events: &[v1::CallEvent]) -> BTreeMap<v1::Role, Vec<String>> {
    lines(events, |best| &best.spoken)
}

fn lines(
    events: &[v1::CallEvent],
    line: fn(&v1::SpeechRecognitionAlternative) -> &String,
) -> BTreeMap<v1::Role, Vec<String>> {
    let mut lines: BTreeMap<v1::Role, Vec<String>> = BTreeMap::new();
    for event in events {
        if let Some(Detail::Transcript(transcript)) = &event.detail
            && transcript.is_final
        {
            let line = line(&transcript.alternatives[0]).clone();
            lines.entry(event.role()).or_default().push(line);
        }
    }
    lines
}

/// A leg that comes as a stream, 8 kHz.
pub fn stream_leg(role: v1::Role, encoding: v1::AudioEncoding) -> v1::StreamLeg {
    v1::StreamLeg {
        role: role.into(),
        encoding: encoding.into(),
        sample_rate_hertz: 8_000,
        ..Default::default()
    }
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
        ..Default::default()
    };
    v1::OpenCallRequest {
        config: Some(config),
        legs: vec![leg(v1::Role::Agent), leg(v1::Role::Customer)],
        interim_results: None,
    }
}
