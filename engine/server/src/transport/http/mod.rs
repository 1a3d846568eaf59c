//! What browsers and operations ask for: the desk, events, calls, search, metrics, health.

mod app;
mod body;
mod calls;
mod desk;
mod doors;
mod events;
mod failure;
mod metrics;
mod open;
mod search;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;

use super::origin::own_pages_alone;
use super::probes::{self, Probe};
use crate::api::Api;
use app::App;
pub(in crate::transport) use failure::Failure;

/// All that is not gRPC.
pub(in crate::transport) fn router(api: Api, done: CancellationToken) -> Router {
    Router::new()
        .route("/v1/calls", get(calls::list).post(open::open))
        .route("/v1/taps", post(open::tap))
        .route(
            "/v1/calls/{id}",
            get(calls::one).patch(open::update).delete(open::close),
        )
        .route(
            "/v1/calls/{id}/transcript.json",
            get(calls::transcript_json),
        )
        .route("/v1/calls/{id}/transcript.vtt", get(calls::transcript_vtt))
        .route("/v1/calls/{id}/note/retry", post(calls::retry_note))
        .route("/v1/calls/{id}/feedback", post(calls::feedback))
        .route(
            "/v1/calls/{id}/alerts/{alert}/acknowledge",
            post(calls::acknowledge),
        )
        .route("/v1/doors", get(doors::doors))
        .route("/v1/events", get(events::events))
        .route("/v1/rules", get(search::rules))
        .route("/v1/search", get(search::search))
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .fallback(failure::no_such_path)
        .with_state(App {
            api: api.clone(),
            done,
        })
        .merge(desk::router())
        .layer(from_fn_with_state(api, own_pages_alone))
}

async fn alive(State(app): State<App>) -> Probe {
    probes::alive(app.api.is_draining())
}

async fn ready(State(app): State<App>) -> Probe {
    probes::ready(app.api.ready())
}
