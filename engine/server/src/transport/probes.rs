//! What probes are answered, before the engine has started and afterwards.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::http::Failure;
use crate::api::ApiError;
use crate::readiness::Readiness;

/// The paths that are answered even where there is room for nothing else.
pub(super) const PATHS: [&str; 5] = [
    "/healthz",
    "/readyz",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.health.v1.Health/Watch",
];

/// Whether the process lives, and whether it takes calls: text for people, a status for programs.
pub(super) type Probe = (StatusCode, String);

/// All that is served before the engine has started.
pub(super) fn early(readiness: Readiness) -> Router {
    Router::new()
        .route("/healthz", get(|| async { alive(false) }))
        .route(
            "/readyz",
            get(|State(r): State<Readiness>| async move { ready(r.check()) }),
        )
        .fallback(|State(r): State<Readiness>| async move {
            let waits = r.check().err().unwrap_or_default();
            Failure::from(ApiError::Unavailable(format!("the engine is {waits}")))
        })
        .with_state(readiness)
}

/// The process lives, also while it drains: whoever restarted it for that would cut live calls.
pub(super) fn alive(draining: bool) -> Probe {
    let says = if draining { "draining\n" } else { "ok\n" };
    (StatusCode::OK, says.to_owned())
}

/// Whether calls are taken.
pub(super) fn ready(check: Result<(), String>) -> Probe {
    match check {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}
