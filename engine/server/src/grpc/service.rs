//! The service of `sidetone.proto`.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use sidetone_core::event::{EndReason, EventKind};
use sidetone_core::event_log::Filter;
use sidetone_core::id::CallId;
use sidetone_proto::v1::sidetone_server::Sidetone;
use sidetone_proto::v1::streaming_analyze_request::Request as Message;
use sidetone_proto::v1::{self};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::debug;

use super::transcripts;
use crate::convert::{self, RequestError};
use crate::engine::{CallRecord, Calls};
use crate::event_bus::Subscription;
use crate::session::Audio;

/// Pieces of a stream's audio that wait for its call: 160 ms of 20 ms frames, two legs.
const AUDIO_QUEUE: usize = 16;
/// Events that wait for a subscriber to take them. Beyond that it falls behind in the log.
const RESPONSE_QUEUE: usize = 64;
/// More bytes of audio than this in one message are refused.
const MAX_FRAME: usize = 1024 * 1024;

pub(super) struct Service {
    calls: Arc<Calls>,
    /// Ends the subscriptions.
    done: CancellationToken,
}

impl Service {
    pub fn new(calls: Arc<Calls>, done: CancellationToken) -> Self {
        Self { calls, done }
    }

    /// The events of `subscription`, each made a message by `wrap`.
    fn events<T: Send + 'static>(
        &self,
        mut subscription: Subscription,
        until_summary: bool,
        wrap: fn(v1::CallEvent) -> T,
    ) -> ReceiverStream<Result<T, Status>> {
        let (to, events) = mpsc::channel(RESPONSE_QUEUE);
        let (done, metrics) = (self.done.clone(), self.calls.metrics.clone());
        tokio::spawn(async move {
            metrics.subscribers.inc();
            loop {
                let page = tokio::select! {
                    biased;
                    () = to.closed() => break,
                    page = subscription.next() => page,
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
                    if to.send(Ok(wrap(convert::wire_event(event)))).await.is_err() || ended {
                        break;
                    }
                }
                if ended {
                    break;
                }
            }
            metrics.subscribers.dec();
        });
        ReceiverStream::new(events)
    }
}

#[tonic::async_trait]
impl Sidetone for Service {
    async fn open_call(
        &self,
        request: Request<v1::OpenCallRequest>,
    ) -> Result<Response<v1::OpenCallResponse>, Status> {
        let (id, description) =
            convert::rtp_call(request.into_inner(), &self.calls.config.defaults)?;
        let opened = self.calls.open_rtp(id, description)?;
        let advertised = &self.calls.config.media.advertise;
        let addresses = opened
            .addresses
            .into_iter()
            .map(|(role, address)| v1::RtpAddress {
                role: convert::wire_role(role).into(),
                host: if advertised.is_empty() {
                    address.ip().to_string()
                } else {
                    advertised.clone()
                },
                port: address.port().into(),
            })
            .collect();
        Ok(Response::new(v1::OpenCallResponse {
            call_id: opened.id.to_string(),
            addresses,
        }))
    }

    async fn close_call(
        &self,
        request: Request<v1::CloseCallRequest>,
    ) -> Result<Response<v1::CloseCallResponse>, Status> {
        let id = CallId::new(request.into_inner().call_id);
        if self.calls.hang_up(&id, EndReason::Closed) {
            Ok(Response::new(v1::CloseCallResponse {}))
        } else {
            Err(Status::not_found(format!("no call `{id}` is open")))
        }
    }

    async fn list_calls(
        &self,
        request: Request<v1::ListCallsRequest>,
    ) -> Result<Response<v1::ListCallsResponse>, Status> {
        let agent_id = request.into_inner().agent_id;
        let calls = self.calls.list();
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
        let (id, description) = convert::stream_call(config, &self.calls.config.defaults)?;
        let (to_call, audio) = mpsc::channel(AUDIO_QUEUE);
        let before = self.calls.hub.last_seq();
        let id = self.calls.open_stream(id, description, audio)?;
        let filter = Filter {
            call_id: Some(id.clone()),
            ..Filter::default()
        };
        let subscription = self.calls.hub.subscribe(Some(before), filter);

        // What the client does wrong goes to the same stream as the events, after which it ends.
        let (problem, problems) = mpsc::channel(1);
        let calls = self.calls.clone();
        tokio::spawn(async move {
            if let Err(status) = feed(messages, to_call).await {
                debug!(%status, "stream broke off");
                calls.hang_up(&id, EndReason::Disconnected);
                let _ = problem.send(Err(status)).await;
            }
        });
        let events = self.events(subscription, true, |event| v1::StreamingAnalyzeResponse {
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
        transcripts::search(&self.calls, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn get_transcript(
        &self,
        request: Request<v1::GetTranscriptRequest>,
    ) -> Result<Response<v1::GetTranscriptResponse>, Status> {
        transcripts::get(&self.calls, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn rate_suggestion(
        &self,
        request: Request<v1::RateSuggestionRequest>,
    ) -> Result<Response<v1::RateSuggestionResponse>, Status> {
        transcripts::rate(&self.calls, request.into_inner())
            .await
            .map(Response::new)
    }

    type SubscribeStream = ReceiverStream<Result<v1::CallEvent, Status>>;

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let request = request.into_inner();
        let filter = Filter {
            call_id: (!request.call_id.is_empty()).then(|| CallId::new(request.call_id)),
            agent_id: (!request.agent_id.is_empty()).then_some(request.agent_id),
            finals_only: request.finals_only,
        };
        let after = (request.after_seq > 0).then_some(request.after_seq);
        Ok(Response::new(self.events(
            self.calls.hub.subscribe(after, filter),
            false,
            |event| event,
        )))
    }
}

/// Passes a stream's audio on to its call. The call ends when `to_call` is dropped.
async fn feed(
    mut messages: Streaming<v1::StreamingAnalyzeRequest>,
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
        if frame.content.len() > MAX_FRAME {
            return Err(RequestError::FrameTooLong(frame.content.len()).into());
        }
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
