//! What a provider says of somebody, to what they are here.

use serde_json::{Map, Value};

use super::config::OidcConfig;
use crate::access::Subject;

/// What a token says.
pub(super) type Claims = Map<String, Value>;

/// More roles or teams of one person are not kept, nor longer texts.
const MOST: usize = 64;
const LONGEST: usize = 128;

/// Who it is of whom a token says that; `None` if it names nobody whom a line could name.
pub(super) fn subject(config: &OidcConfig, claims: &Claims) -> Option<Subject> {
    let name = text(claims, &config.name_claim).or_else(|| text(claims, "sub"))?;
    let is_name = |name: &str| {
        let plain = |sign: char| sign.is_alphanumeric() || "-_.@+|:/#".contains(sign);
        name.len() <= LONGEST && name.chars().all(plain)
    };
    let agent_id = text(claims, &config.agent_claim);
    let teams = list(claims, &config.teams_claim).into_iter();
    let teams = teams.map(|team| team.trim_start_matches('/').to_owned());
    Some(Subject {
        name: Some(name).filter(|name| is_name(name))?,
        roles: roles(config, list(claims, &config.roles_claim)),
        agent_id: agent_id.filter(|id| id.len() <= LONGEST && !id.contains(char::is_control)),
        teams: teams.filter(|team| is_kept(team)).take(MOST).collect(),
    })
}

fn roles(config: &OidcConfig, values: Vec<String>) -> Vec<String> {
    if config.roles.is_empty() {
        return values
            .into_iter()
            .filter(|value| is_kept(value))
            .take(MOST)
            .collect();
    }
    let pairs = config.roles_by_value();
    let given = pairs.filter(|(value, _)| values.iter().any(|given| given == value));
    let mut roles: Vec<String> = given.map(|(_, role)| role.to_owned()).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Lists are kept with commas between their parts.
fn is_kept(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && !name.contains([',', '\n', '\r', '\0'])
}

/// A claim that is a text or a number.
pub(super) fn text(claims: &Claims, path: &str) -> Option<String> {
    let text = match at(claims, path)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A claim that is a list of texts, or one text with spaces between its parts.
fn list(claims: &Claims, path: &str) -> Vec<String> {
    match at(claims, path) {
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(values)) => {
            let texts = values.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// The claim of that name, or else the one to which the parts of the path lead: names may have dots.
fn at<'a>(claims: &'a Claims, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return None;
    }
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    rest.split('.')
        .try_fold(claims.get(first)?, |at, part| at.get(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn claims_are_found_by_path_whatever_their_shape() {
        let config = OidcConfig {
            roles_claim: "realm_access.roles".to_owned(),
            teams_claim: "https://desk.example/teams".to_owned(),
            roles: vec![
                "desk-agents=agent".to_owned(),
                "leads=supervisor".to_owned(),
                "x=agent".to_owned(),
            ],
            ..OidcConfig::default()
        };
        let found = subject(
            &config,
            &claims(json!({
                "sub": "7",
                "preferred_username": "ann@desk.example",
                "realm_access": {"roles": ["x", "desk-agents", "admin", 7]},
                "https://desk.example/teams": ["/billing", "a,b", ""],
                "agent_id": 7,
            })),
        );
        let expected = Subject {
            name: "ann@desk.example".to_owned(),
            roles: vec!["agent".to_owned()],
            agent_id: Some("7".to_owned()),
            teams: vec!["billing".to_owned()],
        };
        assert_eq!(found, Some(expected));
    }

    #[test]
    fn whoever_has_no_name_is_called_by_their_subject_and_what_no_line_could_name_is_nobody() {
        let config = OidcConfig::default();
        for (said, name) in [
            (json!({"sub": "auth0|7"}), Some("auth0|7")),
            (json!({"sub": "7", "preferred_username": ""}), Some("7")),
            (json!({"sub": "7", "preferred_username": ["a"]}), Some("7")),
            (json!({"sub": "7", "preferred_username": "a b"}), None),
            (json!({"sub": "a\nb"}), None),
            (json!({"sub": "x".repeat(LONGEST + 1)}), None),
            (json!({}), None),
        ] {
            let found = subject(&config, &claims(said.clone()));
            assert_eq!(found.map(|found| found.name).as_deref(), name, "{said}");
        }
        let roles = |said: Value| {
            let said = claims(json!({"sub": "7", "roles": said}));
            subject(&config, &said).expect("named").roles
        };
        assert_eq!(roles(json!(["agent", "x,admin"])), ["agent"]);
        assert_eq!(roles(json!("agent quality")), ["agent", "quality"]);
        assert_eq!(roles(json!({"agent": true})), [""; 0]);
        assert_eq!(roles(json!(vec!["r"; 500])).len(), MOST);
    }
}
