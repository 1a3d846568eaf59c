//! What has come in at the doors.

use axum::Json;
use axum::extract::State;
use sidetone_core::reception::Report;

use super::app::App;
use super::failure::Failure;
use crate::transport::identify::Who;

/// What has come in at each door, and what is likely wrong there.
pub(super) async fn doors(State(app): State<App>, Who(who): Who) -> Result<Json<Report>, Failure> {
    Ok(Json(app.api.doors(&who).await?))
}
