//! What is asked for over SOAP, carried out as REST has it.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sidetone_core::phone;
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;

use super::super::open::{open_call, update_call};
use crate::api::{Api, ApiError, CustomersQuery, Principal};

/// Customers that are told where several have the number.
const MOST_CUSTOMERS: usize = 20;

/// Objects of names and values in JSON, which are lists of pairs here.
const PAIRS: [&str; 2] = ["metadata", "preferences"];

/// Carries out an operation of the contract, and gives its answer.
pub(super) async fn carry_out(
    api: &Api,
    who: &Principal,
    (operation, mut asked): (&str, Value),
) -> Result<Value, ApiError> {
    as_objects(&mut asked);
    let call_id = match &asked["call_id"] {
        Value::String(id) => CallId::new(id.clone()),
        _ => CallId::new(""),
    };
    let mut answer = match operation {
        "FindCustomer" => find_customer(api, who, &asked).await?,
        "OpenCall" => json_of(open_call(api, who, read(asked)?).await?)?,
        "UpdateCall" => {
            let change = without_id(asked);
            json_of(update_call(api, who, call_id.to_string(), read(change)?).await?)?
        }
        "CloseCall" => {
            api.close_call(who, &call_id, EndReason::Closed).await?;
            json!({})
        }
        "PushEvent" => push_event(api, who, &call_id, asked).await?,
        "GetSummary" => get_summary(api, who, &call_id).await?,
        other => return Err(ApiError::Invalid(format!("`{other}` is no operation"))),
    };
    as_pairs(&mut answer);
    Ok(answer)
}

async fn find_customer(api: &Api, who: &Principal, asked: &Value) -> Result<Value, ApiError> {
    let text = |name: &str| asked[name].as_str().map_or("", str::trim);
    let number = match (text("phone"), text("customer_id")) {
        ("", "") => {
            let what = "say whom to find: `phone` or `customer_id`";
            return Err(ApiError::Invalid(what.to_owned()));
        }
        ("", id) => {
            let customer = json_of(api.customer(who, id).await?)?;
            return Ok(json!({ "customers": [customer] }));
        }
        (given, "") => phone::parse(given, &api.defaults().region)
            .e164
            .ok_or_else(|| ApiError::Invalid(format!("`{given}` is no telephone number")))?,
        _ => {
            let what = "say `phone` or `customer_id`, not both";
            return Err(ApiError::Invalid(what.to_owned()));
        }
    };
    let query = CustomersQuery {
        text: number.clone(),
        ..CustomersQuery::default()
    };
    let found = api.customers(who, query).await?.into_iter();
    let found = found.filter(|one| one.record.phones.contains(&number));
    let mut customers = Vec::new();
    for one in found.take(MOST_CUSTOMERS) {
        match api.customer(who, &one.customer_id).await {
            Ok(customer) => customers.push(json_of(customer)?),
            // They were removed meanwhile.
            Err(ApiError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(json!({ "customers": customers }))
}

async fn push_event(
    api: &Api,
    who: &Principal,
    id: &CallId,
    mut asked: Value,
) -> Result<Value, ApiError> {
    let control = asked["control"].take();
    let mut change = Map::new();
    if !control.is_null() {
        change.insert("controls".to_owned(), json!([control]));
    }
    if asked["metadata"].is_object() {
        change.insert("metadata".to_owned(), asked["metadata"].take());
    }
    if change.is_empty() {
        let what = "say what has happened: `control` or `metadata`";
        return Err(ApiError::Invalid(what.to_owned()));
    }
    json_of(update_call(api, who, id.to_string(), read(change.into())?).await?)
}

async fn get_summary(api: &Api, who: &Principal, id: &CallId) -> Result<Value, ApiError> {
    let call = api.stored_call(who, id.as_str()).await?;
    let customer = call.customer.as_ref();
    Ok(json!({
        "call_id": call.call_id,
        "ended": call.ended_ms.is_some(),
        "opened_ms": call.opened_ms,
        "ended_ms": call.ended_ms,
        "agent_id": call.agent_id,
        "caller": call.caller,
        "callee": call.callee,
        "direction": call.direction,
        "metadata": call.metadata,
        "customer_id": customer.map(|customer| &customer.customer_id),
        "customer_name": customer.map(|customer| &customer.name),
        "summary": call.summary,
    }))
}

/// What REST takes, of the same JSON.
fn read<T: DeserializeOwned>(asked: Value) -> Result<T, ApiError> {
    serde_json::from_value(asked).map_err(|error| ApiError::Invalid(error.to_string()))
}

fn json_of(answer: impl serde::Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(answer).map_err(ApiError::internal)
}

fn without_id(mut asked: Value) -> Value {
    if let Some(object) = asked.as_object_mut() {
        object.remove("call_id");
    }
    asked
}

/// Lists of pairs become objects, wherever they stand; and that somebody leaves, which is true, says all.
pub(super) fn as_objects(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                match (name.as_str(), &mut *value) {
                    (name, Value::Array(pairs)) if PAIRS.contains(&name) => {
                        let pair = |pair: &mut Value| {
                            let name = pair["name"].as_str()?.to_owned();
                            Some((name, pair["value"].take()))
                        };
                        let pairs: Map<String, Value> = pairs.iter_mut().filter_map(pair).collect();
                        *value = pairs.into();
                    }
                    ("leave", value) => *value = Value::Null,
                    (_, value) => as_objects(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(as_objects),
        _ => {}
    }
}

/// And objects lists of pairs.
fn as_pairs(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                match (name.as_str(), &mut *value) {
                    (name, Value::Object(pairs)) if PAIRS.contains(&name) => {
                        let pairs = std::mem::take(pairs).into_iter();
                        let pairs =
                            pairs.map(|(name, value)| json!({"name": name, "value": value}));
                        *value = pairs.collect();
                    }
                    (_, value) => as_pairs(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(as_pairs),
        _ => {}
    }
}
