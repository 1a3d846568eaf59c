//! Events as they happen, for browsers (SSE, WHATWG HTML §9.2).

use std::convert::Infallible;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use sidetone_core::event_log::{Filter, Start};
use sidetone_types::id::CallId;

use super::app::App;
use super::failure::Failure;
use crate::api::Follower;
use crate::board::Notice;
use crate::event_bus::Page;
use crate::transport::identify::Who;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    call_id: Option<String>,
    agent_id: Option<String>,
    after: Option<String>,
    after_seq: Option<u64>,
    finals_only: bool,
}

/// A browser that reconnects sends `Last-Event-ID` and misses nothing that is kept.
pub(super) async fn events(
    State(app): State<App>,
    Who(who): Who,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let start = start(resumed, &wanted);
    let filter = Filter {
        call_id: wanted.call_id.map(CallId::new),
        agent_id: wanted.agent_id,
        finals_only: wanted.finals_only,
    };
    let of_all = filter.call_id.is_none() && filter.agent_id.is_none();
    let follower = match of_all && app.api.sees_board_alone(&who) {
        true => None,
        false => Some(app.api.subscribe(&who, start, filter).await?),
    };
    let notices = app.api.notices_of_board(&who).await?;
    let pages = stream::unfold(
        (follower, notices),
        |(mut follower, mut notices)| async move {
            let told = tokio::select! {
                page = next(&mut follower) => messages(&page?),
                turned = notices.next() => turned.iter().map(turn).map(Ok).collect(),
            };
            Some((stream::iter(told), (follower, notices)))
        },
    );
    let done = app.done.cancelled_owned();
    Ok(Sse::new(pages.flatten().take_until(done)).keep_alive(KeepAlive::default()))
}

/// The next page; never, for those who are told of no call.
async fn next(follower: &mut Option<Follower>) -> Option<Page> {
    match follower {
        Some(follower) => follower.next().await,
        None => std::future::pending().await,
    }
}

fn messages(page: &Page) -> Vec<Result<Event, Infallible>> {
    let lagged = (page.lagged != Default::default()).then(|| {
        let body = serde_json::to_string(&page.lagged).expect("plain data");
        message("lagged", &body)
    });
    let events = page
        .events
        .iter()
        .map(|event| message(event.event.kind.name(), event.json()).id(event.id.to_string()));
    lagged.into_iter().chain(events).map(Ok).collect()
}

/// It has no id: whoever comes back is told how things stand.
fn turn(notice: &Notice) -> Event {
    message(notice.kind, &notice.json())
}

fn message(kind: &str, json: &str) -> Event {
    Event::default().event(kind).data(json)
}

/// Where a reader begins: after the last event it has seen, by its id. Earlier versions gave events
/// their number as id; it counts within the run that goes on. What is neither begins now.
fn start(last_event_id: Option<&str>, wanted: &Wanted) -> Start {
    let of_id = |text: &str| {
        let seq = || text.parse().ok().map(Start::AfterSeq);
        text.parse().ok().map(Start::After).or_else(seq)
    };
    last_event_id
        .and_then(of_id)
        .or_else(|| wanted.after.as_deref().and_then(of_id))
        .or_else(|| wanted.after_seq.map(Start::AfterSeq))
        .unwrap_or(Start::Now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_begins_after_the_last_event_it_names_whatever_way_it_does() {
        let id = "0193ab4e5f60a1b2-42";
        let after = Start::After(id.parse().expect("an id"));
        for (header, by_id, by_seq, expected) in [
            (None, None, None, Start::Now),
            (Some(id), None, None, after),
            (None, Some(id), None, after),
            (Some(id), Some("0193ab4e5f60a1b2-1"), Some(7), after),
            (Some("7"), None, None, Start::AfterSeq(7)),
            (None, None, Some(7), Start::AfterSeq(7)),
            (Some("yesterday"), None, Some(7), Start::AfterSeq(7)),
            (Some("yesterday"), None, None, Start::Now),
        ] {
            let wanted = Wanted {
                after: by_id.map(str::to_owned),
                after_seq: by_seq,
                ..Wanted::default()
            };
            assert_eq!(start(header, &wanted), expected, "{header:?} {by_id:?}");
        }
    }
}
