//! What has come in at the doors.

use axum::Json;
use axum::extract::State;
use sidetone_core::reception::Report;

use super::app::App;
use super::failure::Failure;

/// What has come in at each door, and what is likely wrong there.
pub(super) async fn doors(State(app): State<App>) -> Result<Json<Report>, Failure> {
    Ok(Json(app.api.doors(&app.principal())?))
}
