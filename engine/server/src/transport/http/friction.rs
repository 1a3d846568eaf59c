//! What hurts people who work with the engine.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::{FrictionKept, FrictionOrder, FrictionSeen, FrictionTrend};
use crate::storage::FrictionQuery;
use crate::transport::identify::Who;

/// What somebody reports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    kind: String,
    #[serde(default)]
    page: String,
    call_id: Option<String>,
    utterance: Option<u64>,
    subject: Option<String>,
    desk_ms: Option<u64>,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    with_words: bool,
}

pub(super) async fn report(
    State(app): State<App>,
    Who(who): Who,
    Body(report): Body<Report>,
) -> Result<(StatusCode, Json<FrictionKept>), Failure> {
    let order = FrictionOrder {
        kind: report.kind,
        page: report.page,
        call_id: report.call_id,
        utterance: report.utterance,
        subject: report.subject,
        desk_ms: report.desk_ms,
        comment: report.comment,
        with_words: report.with_words,
    };
    let kept = app.api.report_friction(&who, order).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Undo {
    #[serde(default)]
    undo: String,
}

pub(super) async fn withdraw(
    State(app): State<App>,
    Who(_): Who,
    Path(id): Path<u64>,
    Query(Undo { undo }): Query<Undo>,
) -> Result<StatusCode, Failure> {
    app.api.withdraw_friction(id, &undo).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    before: Option<u64>,
    from: Option<u64>,
    until: Option<u64>,
    kind: Option<String>,
    version: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Reports {
    reports: Vec<FrictionSeen>,
}

pub(super) async fn list(
    State(app): State<App>,
    Who(who): Who,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Reports>, Failure> {
    let query = FrictionQuery {
        before: wanted.before,
        from_ms: wanted.from,
        until_ms: wanted.until,
        kind: wanted.kind,
        version: wanted.version,
    };
    let reports = app.api.friction(&who, (query, wanted.limit)).await?;
    Ok(Json(Reports { reports }))
}

#[derive(Serialize)]
pub(super) struct Trends {
    trend: Vec<FrictionTrend>,
}

pub(super) async fn trend(State(app): State<App>, Who(who): Who) -> Result<Json<Trends>, Failure> {
    let trend = app.api.friction_trend(&who).await?;
    Ok(Json(Trends { trend }))
}
