//! Customers, tickets and tasks of the CRM that comes with the program.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::{ApiError, CustomerView, CustomersQuery};
use crate::crm::embedded::{Kept, Record, Task, TaskQuery, Ticket, TicketQuery};
use crate::transport::identify::Who;

#[derive(Serialize)]
pub(super) struct Customers {
    customers: Vec<Kept>,
}

#[derive(Serialize)]
pub(super) struct Tickets {
    tickets: Vec<Ticket>,
}

#[derive(Serialize)]
pub(super) struct Tasks {
    tasks: Vec<Task>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    q: String,
    after: String,
    limit: Option<u32>,
}

pub(super) async fn list(
    State(app): State<App>,
    Who(who): Who,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Customers>, Failure> {
    let query = CustomersQuery {
        text: wanted.q.trim().to_owned(),
        after: wanted.after,
        limit: wanted.limit,
    };
    let customers = app.api.customers(&who, query).await?;
    Ok(Json(Customers { customers }))
}

pub(super) async fn one(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Json<CustomerView>, Failure> {
    Ok(Json(app.api.customer(&who, &id).await?))
}

/// A customer as somebody writes them down.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    customer_id: String,
    revision: u64,
    name: String,
    phones: Vec<String>,
    email: String,
    tier: String,
    preferences: BTreeMap<String, String>,
}

impl Written {
    fn record(self) -> (String, Record, u64) {
        let record = Record {
            name: self.name.trim().to_owned(),
            phones: self.phones,
            email: self.email.trim().to_owned(),
            tier: self.tier.trim().to_owned(),
            preferences: self.preferences,
        };
        (self.customer_id, record, self.revision)
    }
}

pub(super) async fn add(
    State(app): State<App>,
    Who(who): Who,
    Body(written): Body<Written>,
) -> Result<(StatusCode, Json<CustomerView>), Failure> {
    let (id, record, over) = written.record();
    if over != 0 {
        let what = "`revision` is for a change: PUT it to the customer's own address";
        return Err(ApiError::Invalid(what.to_owned()).into());
    }
    let added = app.api.put_customer(&who, (id, record, 0)).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

pub(super) async fn change(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(written): Body<Written>,
) -> Result<Json<CustomerView>, Failure> {
    let (given, record, over) = written.record();
    if !given.is_empty() && given != id {
        let what = "`customer_id` is that of another customer than the address: ids do not change";
        return Err(ApiError::Invalid(what.to_owned()).into());
    }
    Ok(Json(app.api.put_customer(&who, (id, record, over)).await?))
}

pub(super) async fn remove(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    app.api.remove_customer(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WantedTickets {
    open: bool,
    customer_id: Option<String>,
    before: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn tickets(
    State(app): State<App>,
    Who(who): Who,
    Query(wanted): Query<WantedTickets>,
) -> Result<Json<Tickets>, Failure> {
    let query = TicketQuery {
        open: wanted.open,
        customer_id: wanted.customer_id,
        before: wanted.before,
        most: 0,
    };
    let tickets = app.api.tickets(&who, (query, wanted.limit)).await?;
    Ok(Json(Tickets { tickets }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standing {
    status: String,
}

pub(super) async fn set_ticket(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(Standing { status }): Body<Standing>,
) -> Result<Json<Ticket>, Failure> {
    Ok(Json(app.api.set_ticket(&who, (&id, status)).await?))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WantedTasks {
    done: bool,
    due_by: Option<String>,
    customer_id: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn tasks(
    State(app): State<App>,
    Who(who): Who,
    Query(wanted): Query<WantedTasks>,
) -> Result<Json<Tasks>, Failure> {
    let day = |text: String| {
        let day = text.parse::<jiff::civil::Date>().map(|day| day.to_string());
        let what = "`due_by` is a day such as 2026-05-04";
        day.map_err(|_| ApiError::Invalid(what.to_owned()))
    };
    let query = TaskQuery {
        done: wanted.done,
        due_by: wanted.due_by.map(day).transpose()?,
        customer_id: wanted.customer_id,
        most: 0,
    };
    let tasks = app.api.tasks(&who, (query, wanted.limit)).await?;
    Ok(Json(Tasks { tasks }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ticked {
    done: bool,
}

pub(super) async fn set_task(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(Ticked { done }): Body<Ticked>,
) -> Result<StatusCode, Failure> {
    app.api.set_task(&who, (&id, done)).await?;
    Ok(StatusCode::NO_CONTENT)
}
