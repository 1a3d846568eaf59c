//! The service of `sidetone.proto`.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use sidetone_core::event_log::{Filter, Start};
use sidetone_proto::v1::sidetone_server::Sidetone;
use sidetone_proto::v1::streaming_analyze_request::Request as Message;
use sidetone_proto::v1::{self};
use sidetone_types::event::{EndReason, EventKind};
use sidetone_types::id::{CallId, UtteranceId};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::debug;

use super::feed::{Ended, Feed};
use super::lines::{Line, Lines};
use super::live_call;
use super::past_calls;
use super::transcripts;
use crate::api::{Advertised, Api, Follower, Principal};
use crate::convert::{self, RequestError};

/// Pieces of a stream's audio that wait for its call: 160 ms of 20 ms frames, two legs.
const AUDIO_QUEUE: usize = 16;
/// Events that wait for a subscriber to take them. Beyond that it falls behind in the log.
const RESPONSE_QUEUE: usize = 64;

pub(in crate::transport) struct Service {
    api: Api,
    lines: Lines,
    /// Ends the subscriptions.
    done: CancellationToken,
}

impl Service {
    pub fn new(api: Api, done: CancellationToken) -> Self {
        Self {
            api,
            lines: Lines::default(),
            done,
        }
    }

    /// The events that `follower` gets, each made a message by `wrap`, until it is `done`.
    fn events<T: Send + 'static>(
        &self,
        mut follower: Follower,
        until_summary: bool,
        (done, wrap): (CancellationToken, fn(v1::CallEvent) -> T),
    ) -> ReceiverStream<Result<T, Status>> {
        let (to, events) = mpsc::channel(RESPONSE_QUEUE);
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

/// What streams of a call are answered.
type Answer = Result<v1::StreamingAnalyzeResponse, Status>;
type Answers = Pin<Box<dyn Stream<Item = Answer> + Send>>;

fn told(event: v1::CallEvent) -> v1::StreamingAnalyzeResponse {
    v1::StreamingAnalyzeResponse {
        event: Some(event),
        resumed: None,
    }
}

impl Service {
    /// Goes on with a call whose stream has broken.
    async fn resume(
        &self,
        principal: &Principal,
        resume: v1::ResumeCall,
        messages: Streaming<v1::StreamingAnalyzeRequest>,
    ) -> Result<Response<Answers>, Status> {
        let id = CallId::new(resume.call_id);
        let start = match resume.after_id.as_str() {
            "" => Start::AfterSeq(0),
            id => Start::After(id.parse().map_err(RequestError::EventId)?),
        };
        let follower = self.api.rejoin_call(principal, &id, start).await?;
        let line = self.lines.find(&id);
        let line = line.ok_or_else(|| {
            Status::not_found("no call of this id waits for its stream to come back")
        })?;
        let done = self.done.child_token();
        let (resumed, problems) = self.feed((id, line), done.clone(), messages);
        let stops = |_| Status::unavailable("the engine is shutting down");
        let resumed = v1::StreamingAnalyzeResponse {
            event: None,
            resumed: Some(resumed.await.map_err(stops)?),
        };
        let events = self.events(follower, true, (done, told));
        let answers = tokio_stream::once(Ok(resumed))
            .chain(events)
            .chain(problems);
        Ok(Response::new(Box::pin(answers)))
    }

    /// Brings a stream's messages to its call, once no other stream does. Tells what the call has
    /// taken by then. What the client does wrong is given back, to go to the same stream as the
    /// events, after which it ends.
    fn feed(
        &self,
        (id, line): (CallId, Arc<Line>),
        done: CancellationToken,
        messages: Streaming<v1::StreamingAnalyzeRequest>,
    ) -> (oneshot::Receiver<v1::Resumed>, ReceiverStream<Answer>) {
        let (problem, problems) = mpsc::channel(1);
        let (resumed, taken) = oneshot::channel();
        let lines = self.lines.clone();
        tokio::spawn(async move {
            let (mut feed, replaced) = line.take().await;
            // Whoever asked may have gone; its messages have ended then.
            let _ = resumed.send(feed.resumed());
            let ended = feed.run(messages, &replaced).await;
            let status = match ended {
                Ended::Whole => {
                    lines.close(&id);
                    return;
                }
                Ended::Replaced => {
                    done.cancel();
                    Status::aborted("another stream goes on with the call")
                }
                Ended::Refused(status) => {
                    lines.close(&id);
                    feed.disconnect().await;
                    status
                }
                Ended::Broken(status) => {
                    debug!(%status, "a stream broke off");
                    done.cancel();
                    drop(feed);
                    if line.is_left(&replaced).await {
                        lines.close(&id);
                        line.disconnect().await;
                    }
                    status
                }
            };
            let _ = problem.send(Err(status)).await;
        });
        (taken, ReceiverStream::new(problems))
    }
}

/// Who asks. Whoever is not known has been refused before.
fn principal<T>(request: &Request<T>) -> Result<Principal, Status> {
    let who = request.extensions().get::<Principal>().cloned();
    who.ok_or_else(|| Status::unauthenticated("it is not known who asks"))
}

#[tonic::async_trait]
impl Sidetone for Service {
    async fn open_call(
        &self,
        request: Request<v1::OpenCallRequest>,
    ) -> Result<Response<v1::OpenCallResponse>, Status> {
        let principal = principal(&request)?;
        let (id, description) = convert::rtp_call(request.into_inner(), self.api.defaults())?;
        let notices = self.api.notices(&description);
        let (id, addresses) = self.api.open_call(&principal, id, description).await?;
        Ok(Response::new(v1::OpenCallResponse {
            call_id: id.to_string(),
            addresses: addresses.into_iter().map(rtp_address).collect(),
            notices,
        }))
    }

    async fn tap_call(
        &self,
        request: Request<v1::TapCallRequest>,
    ) -> Result<Response<v1::TapCallResponse>, Status> {
        let principal = principal(&request)?;
        let call = convert::tap(request.into_inner(), self.api.defaults())?;
        let notices = self.api.notices(&call.description);
        let id = self.api.tap_call(&principal, call).await?;
        Ok(Response::new(v1::TapCallResponse {
            call_id: id.to_string(),
            notices,
        }))
    }

    async fn update_call(
        &self,
        request: Request<v1::UpdateCallRequest>,
    ) -> Result<Response<v1::UpdateCallResponse>, Status> {
        let principal = principal(&request)?;
        let (id, update) = convert::call_update(request.into_inner(), self.api.defaults())?;
        let notices = self.api.notices_of_change(&update.change);
        let addresses = self.api.update_call(&principal, &id, update).await?;
        Ok(Response::new(v1::UpdateCallResponse {
            addresses: addresses.into_iter().map(rtp_address).collect(),
            notices,
        }))
    }

    async fn close_call(
        &self,
        request: Request<v1::CloseCallRequest>,
    ) -> Result<Response<v1::CloseCallResponse>, Status> {
        let principal = principal(&request)?;
        let id = CallId::new(request.into_inner().call_id);
        self.api
            .close_call(&principal, &id, EndReason::Closed)
            .await?;
        Ok(Response::new(v1::CloseCallResponse {}))
    }

    async fn list_calls(
        &self,
        request: Request<v1::ListCallsRequest>,
    ) -> Result<Response<v1::ListCallsResponse>, Status> {
        let calls = self.api.list_calls(&principal(&request)?).await?;
        let agent_id = request.into_inner().agent_id;
        let wanted = calls
            .iter()
            .filter(|call| agent_id.is_empty() || call.agent_id == agent_id);
        Ok(Response::new(v1::ListCallsResponse {
            calls: wanted.cloned().map(live_call::wire).collect(),
        }))
    }

    async fn list_past_calls(
        &self,
        request: Request<v1::ListPastCallsRequest>,
    ) -> Result<Response<v1::ListPastCallsResponse>, Status> {
        let principal = principal(&request)?;
        let query = past_calls::query(request.into_inner())?;
        let page = self.api.past_calls(&principal, query).await?;
        Ok(Response::new(past_calls::page(page)))
    }

    type StreamingAnalyzeStream = Answers;

    async fn streaming_analyze(
        &self,
        request: Request<Streaming<v1::StreamingAnalyzeRequest>>,
    ) -> Result<Response<Self::StreamingAnalyzeStream>, Status> {
        let principal = principal(&request)?;
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
        if let Some(resume) = config.resume {
            return self.resume(&principal, resume, messages).await;
        }
        let within = convert::resume_within(config.resume_within_ms)?;
        let (id, description) = convert::stream_call(config, self.api.defaults())?;
        let (to_call, audio) = mpsc::channel(AUDIO_QUEUE);
        let (id, follower) = self
            .api
            .stream_call(&principal, id, description.clone(), audio)
            .await?;
        let call = (id.clone(), &description);
        let feed = Feed::new(self.api.clone(), principal, call, to_call);
        let line = self.lines.open(&id, feed, within);
        let done = self.done.child_token();
        let (_, problems) = self.feed((id, line), done.clone(), messages);
        let events = self.events(follower, true, (done, told));
        Ok(Response::new(Box::pin(events.chain(problems))))
    }

    async fn search_transcripts(
        &self,
        request: Request<v1::SearchTranscriptsRequest>,
    ) -> Result<Response<v1::SearchTranscriptsResponse>, Status> {
        let principal = principal(&request)?;
        let query = transcripts::query(request.into_inner())?;
        let page = self.api.search(&principal, query).await?;
        Ok(Response::new(transcripts::found(page)))
    }

    async fn get_transcript(
        &self,
        request: Request<v1::GetTranscriptRequest>,
    ) -> Result<Response<v1::GetTranscriptResponse>, Status> {
        let principal = principal(&request)?;
        let id = request.into_inner().call_id;
        let call = self.api.stored_call(&principal, &id).await?;
        Ok(Response::new(transcripts::transcript(call)))
    }

    async fn rate_suggestion(
        &self,
        request: Request<v1::RateSuggestionRequest>,
    ) -> Result<Response<v1::RateSuggestionResponse>, Status> {
        let principal = principal(&request)?;
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

    async fn claim_call(
        &self,
        request: Request<v1::ClaimCallRequest>,
    ) -> Result<Response<v1::ClaimCallResponse>, Status> {
        let principal = principal(&request)?;
        let v1::ClaimCallRequest { call_id, by } = request.into_inner();
        let id = CallId::new(call_id);
        self.api.claim_call(&principal, &id, &by).await?;
        Ok(Response::new(v1::ClaimCallResponse {}))
    }

    async fn release_call(
        &self,
        request: Request<v1::ReleaseCallRequest>,
    ) -> Result<Response<v1::ReleaseCallResponse>, Status> {
        let principal = principal(&request)?;
        let v1::ReleaseCallRequest { call_id, by } = request.into_inner();
        let id = CallId::new(call_id);
        self.api.release_call(&principal, &id, &by).await?;
        Ok(Response::new(v1::ReleaseCallResponse {}))
    }

    async fn write_to_agent(
        &self,
        request: Request<v1::WriteToAgentRequest>,
    ) -> Result<Response<v1::WriteToAgentResponse>, Status> {
        let principal = principal(&request)?;
        let v1::WriteToAgentRequest { call_id, text, by } = request.into_inner();
        let (id, written) = (CallId::new(call_id), (text, &*by));
        self.api.write_to_agent(&principal, &id, written).await?;
        Ok(Response::new(v1::WriteToAgentResponse {}))
    }

    async fn read_message(
        &self,
        request: Request<v1::ReadMessageRequest>,
    ) -> Result<Response<v1::ReadMessageResponse>, Status> {
        let principal = principal(&request)?;
        let asked = request.into_inner();
        let (id, read) = (CallId::new(asked.call_id), (asked.message, &*asked.by));
        self.api.message_read(&principal, &id, read).await?;
        Ok(Response::new(v1::ReadMessageResponse {}))
    }

    async fn get_note(
        &self,
        request: Request<v1::GetNoteRequest>,
    ) -> Result<Response<v1::GetNoteResponse>, Status> {
        let principal = principal(&request)?;
        let id = request.into_inner().call_id;
        let note = self.api.note(&principal, &id).await?;
        Ok(Response::new(v1::GetNoteResponse {
            note: Some(convert::wire_note(note)),
        }))
    }

    async fn review_note(
        &self,
        request: Request<v1::ReviewNoteRequest>,
    ) -> Result<Response<v1::ReviewNoteResponse>, Status> {
        let principal = principal(&request)?;
        let (id, order) = convert::review(request.into_inner())?;
        let note = self.api.review_note(&principal, &id, order).await?;
        Ok(Response::new(v1::ReviewNoteResponse {
            note: Some(convert::wire_note(note)),
        }))
    }

    type SubscribeStream = ReceiverStream<Result<v1::CallEvent, Status>>;

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let principal = principal(&request)?;
        let (start, filter) = wanted(request.into_inner())?;
        let follower = self.api.subscribe(&principal, start, filter).await?;
        Ok(Response::new(self.events(
            follower,
            false,
            (self.done.clone(), |event| event),
        )))
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

fn rtp_address(leg: Advertised) -> v1::RtpAddress {
    v1::RtpAddress {
        role: convert::wire_role(leg.leg.role).into(),
        party_id: leg.leg.party.to_string(),
        host: leg.host,
        port: leg.port.into(),
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
}
