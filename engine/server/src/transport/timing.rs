//! How soon requests are answered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::api::Api;
use crate::telemetry::Timed;

/// Where each method of gRPC is timed, by its path.
#[derive(Clone)]
pub(super) struct Methods(Arc<HashMap<String, Timed>>);

impl Methods {
    /// Those of these paths, each by its last part.
    pub fn new(api: &Api, paths: impl IntoIterator<Item = String>) -> Self {
        let timed = paths.into_iter().map(|path| {
            let (_, method) = path.rsplit_once('/').unwrap_or(("", &path));
            let timed = api.counts().grpc_method(method);
            (path, timed)
        });
        Self(Arc::new(timed.collect()))
    }
}

/// Times the handler of a route.
pub(super) async fn route(State(timed): State<Timed>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    timed.answered(began.elapsed());
    response
}

/// Times methods of gRPC. What is none is not timed.
pub(super) async fn method(State(of): State<Methods>, request: Request, next: Next) -> Response {
    let timed = of.0.get(request.uri().path()).cloned();
    let began = Instant::now();
    let response = next.run(request).await;
    if let Some(timed) = timed {
        timed.answered(began.elapsed());
    }
    response
}

/// What an answer counts as, where its protocol has it say another status.
#[derive(Clone, Copy)]
pub(super) struct CountsAs(pub StatusCode);

/// Counts what is answered over HTTP.
pub(super) async fn answers(State(api): State<Api>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let counts_as = response.extensions().get::<CountsAs>();
    let status = counts_as.map_or(response.status(), |CountsAs(status)| *status);
    api.counts().http_answered(status.as_u16());
    response
}
