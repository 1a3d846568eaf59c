//! The list of calls that are over.

use std::fmt::Display;
use std::str::FromStr;

use axum::Json;
use axum::extract::{Query, State};
use sidetone_types::party::Direction;

use super::app::App;
use super::failure::Failure;
use crate::api::{ApiError, PastCallsQuery};
use crate::storage::{CallsPage, note_state};
use crate::transport::identify::Who;

/// What can be asked for.
const PARAMETERS: &str =
    "agent_id, customer, from, until, direction, note, urgent, recorded, rule, before, limit";

/// The calls that are over and that fit, the newest first.
pub(super) async fn list(
    State(app): State<App>,
    Who(who): Who,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<CallsPage>, Failure> {
    let query = query(parameters).map_err(ApiError::Invalid)?;
    Ok(Json(app.api.past_calls(&who, query).await?))
}

/// Reads what is asked for. What is there and empty, as forms have it, does not matter either.
fn query(parameters: Vec<(String, String)>) -> Result<PastCallsQuery, String> {
    let mut query = PastCallsQuery::default();
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in parameters {
        if seen.contains(&name) {
            return Err(format!("`{name}` is there twice, and takes one value"));
        }
        let is_known = PARAMETERS.split(", ").any(|known| known == name);
        if is_known && value.is_empty() {
            continue;
        }
        match name.as_str() {
            "agent_id" => query.agent_id = Some(value),
            "customer" => query.customer = Some(value),
            "from" => query.from_ms = Some(number(&name, &value, MILLISECONDS)?),
            "until" => query.until_ms = Some(number(&name, &value, MILLISECONDS)?),
            "direction" => query.direction = Some(direction(&value)?),
            "note" => query.note = Some(told(&name, note_state(&value))?),
            "urgent" => query.urgent = Some(yes_or_no(&name, &value)?),
            "recorded" => query.recorded = Some(yes_or_no(&name, &value)?),
            "rule" => query.rule = Some(value),
            "before" => query.before = Some(value),
            "limit" => query.limit = Some(number(&name, &value, "how many calls, 1 to 200")?),
            _ => {
                return Err(format!(
                    "`{name}` is no parameter of this list: {PARAMETERS}"
                ));
            }
        }
        seen.push(name);
    }
    Ok(query)
}

const MILLISECONDS: &str = "milliseconds since 1970, such as 1777766400250";

fn number<T: FromStr>(name: &str, value: &str, takes: &str) -> Result<T, String> {
    let number = value.parse();
    number.map_err(|_| format!("`{name}` takes {takes}, and not `{value}`"))
}

fn yes_or_no(name: &str, value: &str) -> Result<bool, String> {
    let flag = value.parse();
    flag.map_err(|_| format!("`{name}` takes true or false, and not `{value}`"))
}

fn direction(value: &str) -> Result<Direction, String> {
    Direction::named(value).ok_or_else(|| {
        let known = Direction::ALL.map(Direction::as_str).join(", ");
        format!("`direction` takes {known}, and not `{value}`")
    })
}

fn told<T>(name: &str, read: Result<T, impl Display>) -> Result<T, String> {
    read.map_err(|error| format!("`{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    use axum::http::Uri;

    use super::*;
    use crate::records::NoteState;

    fn asked(text: &str) -> Result<PastCallsQuery, String> {
        let uri: Uri = format!("/v1/past-calls?{text}").parse().expect("a URI");
        let parameters = Query::<Vec<(String, String)>>::try_from_uri(&uri);
        query(parameters.expect("pairs").0)
    }

    #[test]
    fn what_is_asked_for_comes_through_and_the_rest_does_not_matter() {
        let all = asked("customer=&rule=&limit=").expect("nothing is required");
        assert!(all.customer.is_none() && all.rule.is_none() && all.limit.is_none());
        let text = "agent_id=agent-7&customer=%2B14155550117&from=1500&until=2000&direction=outbound&note=in_flight\
                    &urgent=true&recorded=false&rule=churn&before=MTcgYw&limit=10";
        let query = asked(text).expect("right");
        assert_eq!(query.agent_id.as_deref(), Some("agent-7"));
        assert_eq!(query.customer.as_deref(), Some("+14155550117"));
        assert_eq!((query.from_ms, query.until_ms), (Some(1_500), Some(2_000)));
        assert_eq!(query.direction, Some(Direction::Outbound));
        assert_eq!(query.note, Some(NoteState::InFlight));
        assert_eq!((query.urgent, query.recorded), (Some(true), Some(false)));
        assert_eq!(query.rule.as_deref(), Some("churn"));
        assert_eq!(
            (query.before.as_deref(), query.limit),
            (Some("MTcgYw"), Some(10))
        );
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_what_could() {
        for (text, wrong, possible) in [
            ("colour=red", "`colour`", "agent_id, customer, from"),
            (
                "direction=sideways",
                "`sideways`",
                "inbound, outbound, unknown",
            ),
            ("note=lost", "`lost`", "waiting, in_flight, delivered, dead"),
            ("urgent=maybe", "`maybe`", "true or false"),
            ("recorded=1", "`1`", "true or false"),
            ("from=yesterday", "`yesterday`", "milliseconds since 1970"),
            ("until=-1", "`-1`", "milliseconds since 1970"),
            ("limit=all", "`all`", "1 to 200"),
            ("rule=a&rule=b", "`rule`", "twice"),
        ] {
            let error = asked(text).expect_err(text);
            assert!(
                error.contains(wrong) && error.contains(possible),
                "{text}: {error}"
            );
        }
    }
}
