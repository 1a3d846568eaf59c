//! What browsers and operations ask for: the desk, events, calls, search, metrics, health.

mod calls;
mod desk;
mod events;
mod failure;
mod search;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
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
        .route("/v1/calls", get(calls::list))
        .route("/v1/calls/{id}", get(calls::one))
        .route(
            "/v1/calls/{id}/transcript.json",
            get(calls::transcript_json),
        )
        .route("/v1/calls/{id}/transcript.vtt", get(calls::transcript_vtt))
        .route("/v1/calls/{id}/feedback", post(calls::feedback))
        .route(
            "/v1/calls/{id}/alerts/{alert}/acknowledge",
            post(calls::acknowledge),
        )
        .route("/v1/events", get(events::events))
        .route("/v1/rules", get(search::rules))
        .route("/v1/search", get(search::search))
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(App { calls, done })
        .merge(desk::router())
}

async fn metrics(State(app): State<App>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let counts = calls::with_store(&app, |store| store.outbox()?.counts()).await;
    if let Ok(counts) = counts {
        app.calls.metrics.outbox(&counts);
    }
    ([(header::CONTENT_TYPE, kind)], app.calls.metrics.render()).into_response()
}

async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.calls.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}
