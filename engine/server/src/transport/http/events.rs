//! Events as they happen, for browsers (SSE, WHATWG HTML §9.2).

use std::convert::Infallible;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use sidetone_core::event_log::{Filter, Page};
use sidetone_core::id::CallId;

use super::App;
use super::failure::Failure;

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
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let resumed = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let filter = Filter {
        call_id: wanted.call_id.map(CallId::new),
        agent_id: wanted.agent_id,
        finals_only: wanted.finals_only,
    };
    let after = resumed.or(wanted.after_seq);
    let follower = app.api.subscribe(&app.principal(), after, filter)?;
    let pages = stream::unfold(follower, |mut follower| async move {
        let page = follower.next().await?;
        Some((stream::iter(messages(&page)), follower))
    });
    let done = app.done.cancelled_owned();
    Ok(Sse::new(pages.flatten().take_until(done)).keep_alive(KeepAlive::default()))
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
