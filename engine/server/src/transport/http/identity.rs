//! Whom an open call is with.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sidetone_types::customer::Candidate;
use sidetone_types::id::CallId;

use super::app::App;
use super::body::Body;
use super::calls::By;
use super::failure::Failure;
use crate::transport::identify::Who;

/// Whom it is with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    customer_id: String,
    #[serde(default)]
    by: String,
}

pub(super) async fn choose(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(Chosen { customer_id, by }): Body<Chosen>,
) -> Result<StatusCode, Failure> {
    let id = CallId::new(id);
    app.api
        .choose_customer(&who, &id, &customer_id, &by)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// It is not them.
pub(super) async fn undo(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    let id = CallId::new(id);
    app.api.undo_customer(&who, &id, &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Customers have changed in the CRM. Which ones is not asked: all that have are read.
pub(super) async fn changed(State(app): State<App>, Who(who): Who) -> Result<StatusCode, Failure> {
    app.api.look_for_changes(&who).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    q: String,
}

#[derive(Serialize)]
pub(super) struct Found {
    customers: Vec<Candidate>,
}

pub(super) async fn look_for(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Query(Wanted { q }): Query<Wanted>,
) -> Result<Json<Found>, Failure> {
    let id = CallId::new(id);
    let customers = app.api.look_for_customers(&who, &id, &q).await?;
    Ok(Json(Found { customers }))
}
