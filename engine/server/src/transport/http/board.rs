//! The operations board.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use sidetone_core::board::Threshold;

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::{BoardView, ThresholdsView};
use crate::transport::identify::Who;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    after_ms: i64,
}

/// What whoever changes thresholds sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Set {
    revision: u64,
    thresholds: Vec<Threshold>,
}

/// Figures, their history and the thresholds.
pub(super) async fn board(
    State(app): State<App>,
    Who(who): Who,
    Query(wanted): Query<Wanted>,
) -> Result<Json<BoardView>, Failure> {
    Ok(Json(app.api.board(&who, wanted.after_ms).await?))
}

/// The thresholds alone.
pub(super) async fn thresholds(
    State(app): State<App>,
    Who(who): Who,
) -> Result<Json<ThresholdsView>, Failure> {
    Ok(Json(app.api.thresholds(&who).await?))
}

/// Other thresholds in their place.
pub(super) async fn set(
    State(app): State<App>,
    Who(who): Who,
    Body(set): Body<Set>,
) -> Result<Json<ThresholdsView>, Failure> {
    let view = app.api.set_thresholds(&who, set.revision, set.thresholds);
    Ok(Json(view.await?))
}
