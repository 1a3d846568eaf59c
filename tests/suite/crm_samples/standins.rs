//! What each CRM documents, as far as its description uses it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Asked, StandIn};

const PHONE: &str = "+14155550117";
const DAY: &str = "2026-05-04";

/// Records by what they were written with, so that they are found again.
type Written = BTreeMap<String, (usize, Value)>;

/// Keeps a record under the key that is in it; the number it has.
fn keep(written: &mut Written, key: &str, record: &Value) -> usize {
    let number = written.len() + 1;
    written
        .entry(key.to_owned())
        .or_insert((number, record.clone()))
        .0
}

/// The `[call-1/ticket]` in a text.
fn key_in(text: &str) -> &str {
    let from = text.rfind('[').map_or(0, |at| at + 1);
    text[from..].trim_end_matches(']')
}

fn refused(why: &str) -> (u16, Value) {
    (400, json!({"message": why}))
}

/// HubSpot: `POST /crm/v3/objects/{type}`, and `…/search` with groups of filters.
#[derive(Default)]
pub struct HubSpot(Written);

impl StandIn for HubSpot {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        if asked.authorization != "Bearer secret" {
            return (
                401,
                json!({"status": "error", "category": "INVALID_AUTHENTICATION"}),
            );
        }
        let body = &asked.body;
        let filter = &body["filterGroups"][0]["filters"][0];
        let ann = json!({"id": "51", "properties": {
            "firstname": "Ann", "lastname": "Lee", "email": "ann@example.org", "phone": PHONE,
            "lastmodifieddate": format!("{DAY}T10:20:30.123Z"),
        }});
        let known = match (filter["propertyName"].as_str(), filter["operator"].as_str()) {
            (Some("phone"), Some("EQ")) => filter["value"] == PHONE,
            (Some("hs_object_id"), Some("EQ")) => filter["value"] == "51",
            (Some("lastmodifieddate"), Some("GTE")) => body["sorts"][0]["direction"] == "ASCENDING",
            (None, None) => body["query"] == "ann lee",
            (Some("content" | "hs_task_body" | "hs_call_body"), Some("CONTAINS_TOKEN")) => {
                let found = self.0.get(filter["value"].as_str().unwrap_or_default());
                let found = found.map(|(number, _)| json!({"id": number.to_string()}));
                return (
                    200,
                    json!({"results": found.into_iter().collect::<Vec<_>>()}),
                );
            }
            _ => return refused("there was a problem with the request"),
        };
        match asked.path.as_str() {
            "/crm/v3/objects/contacts/search" => (
                200,
                json!({"results": if known { vec![ann] } else { vec![] }}),
            ),
            path => {
                let (property, kind) = match path.rsplit('/').next() {
                    Some("tickets") => ("content", 16),
                    Some("tasks") => ("hs_task_body", 230),
                    Some("calls") => ("hs_call_body", 194),
                    _ => return (404, json!({"status": "error"})),
                };
                let association = &body["associations"][0]["types"][0];
                let properties = &body["properties"];
                if association["associationTypeId"] != kind || !properties[property].is_string() {
                    return refused("property values were not valid");
                }
                let key = key_in(properties[property].as_str().unwrap_or_default());
                let id = keep(&mut self.0, key, properties);
                (201, json!({"id": id.to_string(), "properties": properties}))
            }
        }
    }
}

/// Zendesk: users by search and incremental export, tickets with external ids.
#[derive(Default)]
pub struct Zendesk(Written);

impl StandIn for Zendesk {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        if asked.authorization != "Basic secret" {
            return (401, json!({"error": "Couldn't authenticate you"}));
        }
        let ann = json!({"id": 51, "name": "Ann Lee", "email": "ann@example.org", "phone": PHONE,
            "active": true, "updated_at": format!("{DAY}T10:20:30Z")});
        let users = |known: bool| {
            (
                200,
                json!({"users": if known { vec![ann.clone()] } else { vec![] }}),
            )
        };
        match (
            asked.method.as_str(),
            asked.path.trim_start_matches("/api/v2"),
        ) {
            ("GET", "/users/search.json") => users(
                asked.query == format!("query=role:end-user phone:{PHONE}")
                    || asked.query == "query=name:ann lee",
            ),
            ("GET", "/users/show_many.json") => users(asked.query == "ids=51"),
            ("GET", "/users/51/tickets/requested.json") => (200, json!({"tickets": []})),
            ("GET", "/incremental/users/cursor.json") => {
                let start = asked.query.strip_prefix("start_time=");
                let start = start.and_then(|rest| rest.split('&').next());
                if start.is_none_or(|start| start.parse::<u64>().is_err()) {
                    return refused("start_time is a Unix time");
                }
                (
                    200,
                    json!({"users": [ann], "after_cursor": "MTU3", "end_of_stream": true}),
                )
            }
            ("GET", "/tickets.json") => {
                let key = asked.query.trim_start_matches("external_id=");
                let found = self.0.get(key).map(|(number, _)| json!({"id": number}));
                (
                    200,
                    json!({"tickets": found.into_iter().collect::<Vec<_>>()}),
                )
            }
            ("POST", "/tickets.json") => {
                let ticket = &asked.body["ticket"];
                if !ticket["comment"]["body"].is_string() || ticket["requester_id"] != 51 {
                    return refused("RecordInvalid");
                }
                let key = ticket["external_id"].as_str().unwrap_or_default();
                (
                    201,
                    json!({"ticket": {"id": keep(&mut self.0, key, ticket)}}),
                )
            }
            _ => (404, json!({"error": "InvalidEndpoint"})),
        }
    }
}

/// EspoCRM: `GET` and `POST /api/v1/{Entity}`, with `where` parameters.
#[derive(Default)]
pub struct EspoCrm(Written);

impl StandIn for EspoCrm {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        if asked.authorization != "secret" {
            return (401, json!({}));
        }
        let ann = json!({"id": "51", "name": "Ann Lee", "emailAddress": "ann@example.org",
            "phoneNumber": PHONE, "modifiedAt": format!("{DAY} 10:20:30")});
        let list = |all: Vec<Value>| (200, json!({"total": all.len(), "list": all}));
        let condition = |kind: &str, attribute: &str| {
            let asks =
                format!("where[0][type]={kind}&where[0][attribute]={attribute}&where[0][value]=");
            asked
                .query
                .split_once(&asks)
                .map(|(_, value)| value.to_owned())
        };
        let entity = asked.path.trim_start_matches("/api/v1/");
        if asked.method == "POST" {
            let key = key_in(asked.body["description"].as_str().unwrap_or_default());
            let is_linked = match entity {
                "Case" => asked.body["contactId"] == "51",
                "Task" | "Call" => asked.body["parentType"] == "Case",
                _ => false,
            };
            if !is_linked || key.is_empty() || !asked.body["name"].is_string() {
                return refused("validation failure");
            }
            let id = keep(&mut self.0, key, &asked.body);
            return (200, json!({"id": id.to_string()}));
        }
        if entity == "Contact/51/cases" {
            return list(Vec::new());
        }
        if let Some(key) = condition("contains", "description") {
            let found = self.0.get(key_in(&key));
            return list(
                found
                    .map(|(number, _)| json!({"id": number.to_string()}))
                    .into_iter()
                    .collect(),
            );
        }
        let known = [
            condition("equals", "phoneNumber").map(|value| value == PHONE),
            condition("equals", "id").map(|value| value == "51"),
            condition("greaterThanOrEquals", "modifiedAt")
                .map(|value| value == format!("{DAY} 10:20:30")),
            asked.query.contains("textFilter=ann lee").then_some(true),
            (asked.query.ends_with("orderBy=modifiedAt&order=asc")).then_some(true),
        ];
        match known.into_iter().flatten().next() {
            Some(true) => list(vec![ann]),
            Some(false) => list(Vec::new()),
            None => refused("bad where"),
        }
    }
}

/// Odoo: `POST /json/2/{model}/{method}` with the method's arguments.
#[derive(Default)]
pub struct Odoo(Written);

impl StandIn for Odoo {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        if asked.authorization != "Bearer secret" {
            return (401, json!({"name": "werkzeug.exceptions.Unauthorized"}));
        }
        let ann = json!({"id": 51, "name": "Ann Lee", "email": "ann@example.org", "lang": "en_US", "ref": false,
            "phone": PHONE, "phone_sanitized": PHONE, "active": true, "write_date": format!("{DAY} 10:20:30")});
        let body = &asked.body;
        match asked.path.as_str() {
            "/json/2/res.partner/search_read" => {
                let domain = &body["domain"][0];
                let known = match domain[0].as_str() {
                    None => true,
                    Some("phone_sanitized") => domain[2] == PHONE,
                    Some("id") => domain[2] == 51,
                    Some("name") => domain[1] == "=ilike" && domain[2] == "ann lee",
                    Some("write_date") => domain[1] == ">=",
                    Some(_) => return refused("Invalid field"),
                };
                (200, if known { json!([ann]) } else { json!([]) })
            }
            "/json/2/project.task/create" => {
                let values = &body["vals_list"][0];
                if values["project_id"] != 1 || !values["name"].is_string() {
                    return refused("missing required value");
                }
                let key = key_in(values["description"].as_str().unwrap_or_default());
                (200, json!([keep(&mut self.0, key, values)]))
            }
            "/json/2/project.task/search_read" => {
                let domain = &body["domain"][0];
                let key = domain[2].as_str().map(key_in).unwrap_or_default();
                let found = self.0.get(key).map(|(number, _)| json!({"id": number}));
                (200, json!(found.into_iter().collect::<Vec<_>>()))
            }
            _ => (404, json!({"name": "werkzeug.exceptions.NotFound"})),
        }
    }
}

/// Salesforce: tokens, SOQL over `query` and `queryAll`, upserts by an external id.
#[derive(Default)]
pub struct Salesforce {
    written: Written,
    /// The token of the day, and requests that it is good for.
    token: (usize, usize),
    refuses: bool,
}

impl Salesforce {
    /// One that gives out no tokens.
    pub fn refusing() -> Self {
        Self {
            refuses: true,
            ..Self::default()
        }
    }
}

impl StandIn for Salesforce {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        if asked.path == "/services/oauth2/token" {
            let form = asked.body.as_str().unwrap_or_default();
            let asks = form.contains("grant_type=client_credentials")
                && form.contains("client_secret=secret");
            if self.refuses || !asks {
                return (
                    400,
                    json!({"error": "invalid_client", "error_description": "invalid client credentials"}),
                );
            }
            self.token = (self.token.0 + 1, 1);
            return (
                200,
                json!({"access_token": format!("token-{}", self.token.0), "token_type": "Bearer"}),
            );
        }
        if asked.authorization != format!("Bearer token-{}", self.token.0) || self.token.1 == 0 {
            return (401, json!([{"errorCode": "INVALID_SESSION_ID"}]));
        }
        self.token.1 -= 1;
        let ann = json!({"Id": "0035e", "Name": "Ann Lee", "Email": "ann@example.org", "Phone": PHONE,
            "MobilePhone": null, "IsDeleted": false, "SystemModstamp": format!("{DAY}T10:20:30.000+0000")});
        let path = asked.path.trim_start_matches("/services/data/v62.0");
        if let Some(query) = asked.query.strip_prefix("q=") {
            let known = query.contains(&format!("Phone='{PHONE}'"))
                || query.contains("Id='0035e'")
                || query.contains("Name='ann lee'")
                || path == "/queryAll" && query.contains("ORDER BY SystemModstamp");
            let found = known && query.contains("FROM Contact");
            return (
                200,
                json!({"done": true, "records": if found { vec![ann] } else { vec![] }}),
            );
        }
        let mut parts = path.trim_start_matches("/sobjects/").splitn(3, '/');
        match (
            asked.method.as_str(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) {
            ("PATCH", Some("Case" | "Task"), Some("SidetoneKey__c"), Some(key))
                if asked.body["Subject"].is_string() =>
            {
                let id = keep(&mut self.written, key, &asked.body);
                (
                    201,
                    json!({"id": format!("500{id}"), "success": true, "errors": [], "created": true}),
                )
            }
            _ => (400, json!([{"errorCode": "JSON_PARSER_ERROR"}])),
        }
    }
}

/// Dynamics 365: tokens, OData queries, and records that are answered as they were written.
#[derive(Default)]
pub struct Dynamics(Written);

impl StandIn for Dynamics {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        if asked.path.ends_with("/oauth2/v2.0/token") {
            let form = asked.body.as_str().unwrap_or_default();
            return match form.contains("scope=https") && form.contains("client_secret=secret") {
                true => (
                    200,
                    json!({"access_token": "token", "expires_in": 3599, "token_type": "Bearer"}),
                ),
                false => (400, json!({"error": "invalid_scope"})),
            };
        }
        if asked.authorization != "Bearer token" {
            return (401, json!({"error": {"message": "HTTP Unauthorized"}}));
        }
        let ann = json!({"contactid": "a0b1", "fullname": "Ann Lee", "emailaddress1": "ann@example.org",
            "telephone1": PHONE, "mobilephone": null, "statecode": 0, "modifiedon": format!("{DAY}T10:20:30Z")});
        let entity = asked.path.trim_start_matches("/api/data/v9.2/");
        let filter = asked.query.split_once("$filter=").map(|(_, filter)| filter);
        if asked.method == "POST" {
            let key = asked.body["new_sidetonekey"].as_str().unwrap_or_default();
            let link = match entity {
                "incidents" => "customerid_contact@odata.bind",
                _ => "regardingobjectid_incident@odata.bind",
            };
            if key.is_empty() || !asked.body[link].is_string() {
                return (
                    400,
                    json!({"error": {"message": "You should specify a parent contact or account."}}),
                );
            }
            let id = keep(&mut self.0, key, &asked.body).to_string();
            return (201, json!({"incidentid": id, "activityid": id}));
        }
        if let Some((_, key)) = filter.and_then(|filter| filter.split_once("new_sidetonekey eq '"))
        {
            let found = self.0.get(key.trim_end_matches('\''));
            let found = found
                .map(|(id, _)| json!({"incidentid": id.to_string(), "activityid": id.to_string()}));
            return (200, json!({"value": found.into_iter().collect::<Vec<_>>()}));
        }
        let known = match (entity, filter) {
            ("contacts", None) => true,
            ("contacts", Some(filter)) => {
                filter.contains(&format!("telephone1 eq '{PHONE}'"))
                    || filter == "contactid eq 'a0b1'"
                    || filter == "fullname eq 'ann lee'"
                    || filter.starts_with("modifiedon ge ")
            }
            _ => false,
        };
        (
            200,
            json!({"value": if known { vec![ann] } else { vec![] }}),
        )
    }
}
