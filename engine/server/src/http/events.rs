//! Events as they happen, for browsers (SSE, WHATWG HTML §9.2).

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use sidetone_core::event_log::{Filter, Page};
use sidetone_core::id::CallId;

use super::App;
use crate::engine::Calls;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    call_id: Option<String>,
    agent_id: Option<String>,
    after_seq: Option<u64>,
    finals_only: bool,
}

/// A browser that reconnects sends `Last-Event-ID` and misses nothing that is kept.
pub(super) async fn events(
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
        .map(|event| json(event.event.kind.name(), event.as_ref()).id(event.seq.to_string()));
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
