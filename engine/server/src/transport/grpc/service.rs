//! The service of `sidetone.proto`.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _};
use sidetone_core::describe::{CallDescription, Source};
use sidetone_core::event_log::{Filter, Start};
use sidetone_proto::v1::sidetone_server::Sidetone;
use sidetone_proto::v1::streaming_analyze_request::Request as Message;
use sidetone_proto::v1::{self};
use sidetone_types::event::{EndReason, EventKind};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::party::Role;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::debug;

use super::transcripts;
use crate::api::{Api, Follower, Principal};
use crate::calls::{Audio, CallRecord};
use crate::convert::{self, RequestError};

/// Pieces of a stream's audio that wait for its call: 160 ms of 20 ms frames, two legs.
const AUDIO_QUEUE: usize = 16;
/// Events that wait for a subscriber to take them. Beyond that it falls behind in the log.
const RESPONSE_QUEUE: usize = 64;
/// More seconds of audio than this in one message are refused.
const LONGEST_FRAME_S: usize = 10;

pub(in crate::transport) struct Service {
    api: Api,
    /// Ends the subscriptions.
    done: CancellationToken,
}

impl Service {
    pub fn new(api: Api, done: CancellationToken) -> Self {
        Self { api, done }
    }

    /// The events that `follower` gets, each made a message by `wrap`.
    fn events<T: Send + 'static>(
        &self,
        mut follower: Follower,
        until_summary: bool,
        wrap: fn(v1::CallEvent) -> T,
    ) -> ReceiverStream<Result<T, Status>> {
        let (to, events) = mpsc::channel(RESPONSE_QUEUE);
        let done = self.done.clone();
        tokio::spawn(async move {
            loop {
                let page = tokio::select! {
                    biased;
                    () = to.closed() => break,
                    page = follower.next() => page,
                    () = done.cancelled() => None,
                };
                let Some(page) = page else { break };
                let mut ended = false;
                if page.lagged != Default::default()
                    && to
                        .send(Ok(wrap(convert::wire_lagged(&page.lagged))))
                        .await
                        .is_err()
                {
                    break;
                }
                for event in &page.events {
                    ended = until_summary && matches!(event.event.kind, EventKind::Summary(_));
                    if to.send(Ok(wrap(event.wire().clone()))).await.is_err() || ended {
                        break;
                    }
                }
                if ended {
                    break;
                }
            }
        });
        ReceiverStream::new(events)
    }
}

/// Who asks. There is no login yet.
fn principal<T>(_: &Request<T>) -> Principal {
    Principal::local()
}

#[tonic::async_trait]
impl Sidetone for Service {
    async fn open_call(
        &self,
        request: Request<v1::OpenCallRequest>,
    ) -> Result<Response<v1::OpenCallResponse>, Status> {
        let principal = principal(&request);
        let (id, description) = convert::rtp_call(request.into_inner(), self.api.defaults())?;
        let (id, addresses) = self.api.open_call(&principal, id, description).await?;
        let addresses = addresses.into_iter().map(|leg| v1::RtpAddress {
            role: convert::wire_role(leg.role).into(),
            host: leg.host,
            port: leg.port.into(),
        });
        Ok(Response::new(v1::OpenCallResponse {
            call_id: id.to_string(),
            addresses: addresses.collect(),
        }))
    }

    async fn close_call(
        &self,
        request: Request<v1::CloseCallRequest>,
    ) -> Result<Response<v1::CloseCallResponse>, Status> {
        let principal = principal(&request);
        let id = CallId::new(request.into_inner().call_id);
        self.api.close_call(&principal, &id, EndReason::Closed)?;
        Ok(Response::new(v1::CloseCallResponse {}))
    }

    async fn list_calls(
        &self,
        request: Request<v1::ListCallsRequest>,
    ) -> Result<Response<v1::ListCallsResponse>, Status> {
        let calls = self.api.list_calls(&principal(&request))?;
        let agent_id = request.into_inner().agent_id;
        let wanted = calls
            .iter()
            .filter(|call| agent_id.is_empty() || call.description.agent_id == agent_id);
        Ok(Response::new(v1::ListCallsResponse {
            calls: wanted.map(call_info).collect(),
        }))
    }

    type StreamingAnalyzeStream =
        Pin<Box<dyn Stream<Item = Result<v1::StreamingAnalyzeResponse, Status>> + Send>>;

    async fn streaming_analyze(
        &self,
        request: Request<Streaming<v1::StreamingAnalyzeRequest>>,
    ) -> Result<Response<Self::StreamingAnalyzeStream>, Status> {
        let principal = principal(&request);
        let mut messages = request.into_inner();
        let config = match messages
            .message()
            .await?
            .and_then(|message| message.request)
        {
            Some(Message::Config(config)) => config,
            _ => {
                return Err(
                    RequestError::Order("the first message has to be the configuration").into(),
                );
            }
        };
        let (id, description) = convert::stream_call(config, self.api.defaults())?;
        let formats = Formats::of(&description);
        let (to_call, audio) = mpsc::channel(AUDIO_QUEUE);
        let (id, follower) = self
            .api
            .stream_call(&principal, id, description, audio)
            .await?;

        // What the client does wrong goes to the same stream as the events, after which it ends.
        let (problem, problems) = mpsc::channel(1);
        let api = self.api.clone();
        tokio::spawn(async move {
            if let Err(status) = feed(messages, &formats, to_call).await {
                debug!(%status, "stream broke off");
                // It may have ended by itself meanwhile.
                let _ = api.close_call(&principal, &id, EndReason::Disconnected);
                let _ = problem.send(Err(status)).await;
            }
        });
        let events = self.events(follower, true, |event| v1::StreamingAnalyzeResponse {
            event: Some(event),
        });
        Ok(Response::new(Box::pin(
            events.chain(ReceiverStream::new(problems)),
        )))
    }

    async fn search_transcripts(
        &self,
        request: Request<v1::SearchTranscriptsRequest>,
    ) -> Result<Response<v1::SearchTranscriptsResponse>, Status> {
        let principal = principal(&request);
        let query = transcripts::query(request.into_inner())?;
        let page = self.api.search(&principal, query).await?;
        Ok(Response::new(transcripts::found(page)))
    }

    async fn get_transcript(
        &self,
        request: Request<v1::GetTranscriptRequest>,
    ) -> Result<Response<v1::GetTranscriptResponse>, Status> {
        let principal = principal(&request);
        let id = request.into_inner().call_id;
        let call = self.api.stored_call(&principal, &id).await?;
        Ok(Response::new(transcripts::transcript(call)))
    }

    async fn rate_suggestion(
        &self,
        request: Request<v1::RateSuggestionRequest>,
    ) -> Result<Response<v1::RateSuggestionResponse>, Status> {
        let principal = principal(&request);
        let said = request.into_inner();
        let utterance = UtteranceId(said.utterance_id);
        self.api
            .rate_card(
                &principal,
                &said.call_id,
                utterance,
                &said.article_id,
                said.useful,
            )
            .await?;
        Ok(Response::new(v1::RateSuggestionResponse {}))
    }

    type SubscribeStream = ReceiverStream<Result<v1::CallEvent, Status>>;

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let principal = principal(&request);
        let (start, filter) = wanted(request.into_inner())?;
        let follower = self.api.subscribe(&principal, start, filter)?;
        Ok(Response::new(self.events(follower, false, |event| event)))
    }
}

/// Where a subscriber begins, and what it gets.
fn wanted(request: v1::SubscribeRequest) -> Result<(Start, Filter), RequestError> {
    let filter = Filter {
        call_id: (!request.call_id.is_empty()).then(|| CallId::new(request.call_id)),
        agent_id: (!request.agent_id.is_empty()).then_some(request.agent_id),
        finals_only: request.finals_only,
    };
    let start = if !request.after_id.is_empty() {
        Start::After(request.after_id.parse().map_err(RequestError::EventId)?)
    } else if request.after_seq > 0 {
        Start::AfterSeq(request.after_seq)
    } else {
        Start::Now
    };
    Ok((start, filter))
}

/// The legs that a stream carries, and how many bytes a second of each takes.
struct Formats(Vec<(Role, usize)>);

impl Formats {
    fn of(description: &CallDescription) -> Self {
        let legs = description.legs.iter().filter_map(|leg| match &leg.source {
            Source::Stream(format) => Some((leg.role, format.bytes_per_second())),
            Source::Rtp(_) => None,
        });
        Self(legs.collect())
    }

    /// Finds what keeps a piece of audio from being taken.
    fn check(&self, role: Role, bytes: usize) -> Result<(), RequestError> {
        let leg = self.0.iter().find(|(of, _)| *of == role);
        let (_, per_second) = leg.ok_or(RequestError::NoSuchLeg(role.as_str()))?;
        match bytes > per_second * LONGEST_FRAME_S {
            true => Err(RequestError::FrameTooLong(bytes / per_second)),
            false => Ok(()),
        }
    }
}

/// Passes a stream's audio on to its call. The call ends when `to_call` is dropped.
async fn feed(
    mut messages: Streaming<v1::StreamingAnalyzeRequest>,
    formats: &Formats,
    to_call: mpsc::Sender<Audio>,
) -> Result<(), Status> {
    while let Some(message) = messages.message().await? {
        let frame = match message.request {
            Some(Message::Audio(frame)) => frame,
            Some(Message::Config(_)) => {
                return Err(RequestError::Order("the configuration came a second time").into());
            }
            None => continue,
        };
        let role = convert::role(frame.role).ok_or(RequestError::Order(
            "an audio frame has no role; use that of its leg, AGENT or CUSTOMER",
        ))?;
        formats.check(role, frame.content.len())?;
        if to_call
            .send(Audio {
                role,
                bytes: frame.content,
            })
            .await
            .is_err()
        {
            // The call has ended for a reason of its own, which its events tell.
            break;
        }
    }
    Ok(())
}

fn call_info(call: &CallRecord) -> v1::CallInfo {
    let description = &call.description;
    v1::CallInfo {
        call_id: call.id.to_string(),
        agent_id: description.agent_id.clone(),
        caller: Some(convert::wire_phone(&description.caller)),
        callee: Some(convert::wire_phone(&description.callee)),
        direction: convert::wire_direction(description.direction).into(),
        legs: description
            .legs
            .iter()
            .map(|leg| convert::wire_role(leg.role).into())
            .collect(),
        metadata: description.metadata.clone().into_iter().collect(),
        opened: Some(convert::wire_time(call.opened)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_begins_after_the_event_it_names_and_gets_what_it_filters() {
        let id = "0193ab4e5f60a1b2-42";
        let after = Start::After(id.parse().expect("an id"));
        for (after_id, after_seq, expected) in [
            ("", 0, Start::Now),
            ("", 7, Start::AfterSeq(7)),
            (id, 0, after),
            (id, 7, after),
        ] {
            let request = v1::SubscribeRequest {
                after_id: after_id.to_owned(),
                after_seq,
                ..Default::default()
            };
            let (start, filter) = wanted(request).expect("right");
            assert_eq!(start, expected, "{after_id} {after_seq}");
            assert_eq!((filter.call_id, filter.agent_id), (None, None));
            assert!(!filter.finals_only);
        }
        let request = v1::SubscribeRequest {
            call_id: "a".to_owned(),
            agent_id: "agent-7".to_owned(),
            finals_only: true,
            ..Default::default()
        };
        let (_, filter) = wanted(request).expect("right");
        assert_eq!(filter.call_id, Some(CallId::new("a")));
        assert_eq!(filter.agent_id.as_deref(), Some("agent-7"));
        assert!(filter.finals_only);
    }

    #[test]
    fn an_event_that_no_run_can_have_told_is_refused() {
        let request = v1::SubscribeRequest {
            after_id: "yesterday".to_owned(),
            ..Default::default()
        };
        let error = wanted(request).expect_err("no id").to_string();
        assert!(error.contains("yesterday"), "{error}");
    }

    #[test]
    fn audio_is_taken_for_the_legs_described_and_ten_seconds_at_a_time() {
        // Mu-law.
        let formats = Formats(vec![(Role::Customer, 8_000)]);
        for (role, bytes, problem) in [
            (Role::Customer, 0, None),
            (Role::Customer, 80_000, None),
            (Role::Customer, 80_001, Some("10 s")),
            (Role::Customer, 168_000, Some("21 s")),
            (Role::Agent, 160, Some("`agent`")),
        ] {
            let checked = formats
                .check(role, bytes)
                .map_err(|error| error.to_string());
            match (checked, problem) {
                (Ok(()), None) => {}
                (Err(said), Some(part)) => assert!(said.contains(part), "{said}"),
                (checked, _) => panic!("{bytes} bytes: {checked:?}"),
            }
        }
    }
}
