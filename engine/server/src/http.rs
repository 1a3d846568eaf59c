//! What browsers and operations ask for: events as SSE, live calls, metrics, health.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use sidetone_core::describe::{Direction, PhoneNumber, Role};
use sidetone_core::id::CallId;
use sidetone_core::log::{Filter, Page};
use tokio_util::sync::CancellationToken;

use crate::engine::Calls;

#[derive(Clone)]
struct App {
    calls: Arc<Calls>,
    done: CancellationToken,
}

/// All that is not gRPC.
pub(crate) fn router(calls: Arc<Calls>, done: CancellationToken) -> Router {
    Router::new()
        .route("/v1/calls", get(list))
        .route("/v1/events", get(events))
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(App { calls, done })
}

async fn metrics(State(app): State<App>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.calls.metrics.render()).into_response()
}

async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.calls.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

#[derive(Serialize)]
struct LiveCall {
    call_id: CallId,
    agent_id: String,
    caller: PhoneNumber,
    callee: PhoneNumber,
    direction: Direction,
    legs: Vec<Role>,
    metadata: std::collections::BTreeMap<String, String>,
    opened_ms: u64,
}

async fn list(State(app): State<App>) -> Json<Vec<LiveCall>> {
    let calls = app.calls.list().into_iter().map(|call| {
        let opened = call
            .opened
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        LiveCall {
            call_id: call.id,
            agent_id: call.description.agent_id.clone(),
            caller: call.description.caller.clone(),
            callee: call.description.callee.clone(),
            direction: call.description.direction,
            legs: call.description.legs.iter().map(|leg| leg.role).collect(),
            metadata: call.description.metadata.clone(),
            opened_ms: sidetone_core::event::as_millis(opened),
        }
    });
    Json(calls.collect())
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Wanted {
    call_id: Option<String>,
    agent_id: Option<String>,
    after_seq: Option<u64>,
    finals_only: bool,
}

/// Events as they happen. A browser that reconnects sends `Last-Event-ID` and misses nothing that is kept.
async fn events(
    State(app): State<App>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let resumed = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let filter = Filter {
        call_id: wanted.call_id.map(CallId::new),
        agent_id: wanted.agent_id,
        finals_only: wanted.finals_only,
    };
    let subscription = app
        .calls
        .hub
        .subscribe(resumed.or(wanted.after_seq), filter);
    let listening = Listening::new(app.calls.clone());
    let pages = stream::unfold(
        (subscription, listening),
        |(mut subscription, listening)| async move {
            let page = subscription.next().await?;
            Some((stream::iter(messages(&page)), (subscription, listening)))
        },
    );
    let done = app.done.cancelled_owned();
    Sse::new(pages.flatten().take_until(done)).keep_alive(KeepAlive::default())
}

fn messages(page: &Page) -> Vec<Result<Event, Infallible>> {
    let lagged = (page.lagged != Default::default()).then(|| json("lagged", &page.lagged));
    let events = page
        .events
        .iter()
        .map(|event| json(event.told.kind.name(), event.as_ref()).id(event.seq.to_string()));
    lagged.into_iter().chain(events).map(Ok).collect()
}

fn json(kind: &str, body: &impl Serialize) -> Event {
    let body = serde_json::to_string(body).expect("plain data");
    Event::default().event(kind).data(body)
}

/// Counts a subscriber for as long as it listens.
struct Listening(Arc<Calls>);

impl Listening {
    fn new(calls: Arc<Calls>) -> Self {
        calls.metrics.subscribers.inc();
        Self(calls)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.metrics.subscribers.dec();
    }
}
