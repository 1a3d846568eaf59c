//! What a media server says of a call beside its sound.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is said of a call, by name. A value within others is named by its way there:
/// `customParameters.agent_id`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fields(BTreeMap<String, String>);

/// Names deeper than this are left out: nobody means them, and a peer could send any depth.
const DEEPEST: usize = 6;

impl Fields {
    /// All values of a JSON object. Lists become their values with commas between.
    pub fn of_json(value: &Value) -> Self {
        let mut fields = Self::default();
        fields.read("", value, DEEPEST);
        fields
    }

    fn read(&mut self, name: &str, value: &Value, deeper: usize) {
        match value {
            Value::Object(parts) if deeper > 0 => {
                for (key, part) in parts {
                    match name {
                        "" => self.read(key, part, deeper - 1),
                        _ => self.read(&format!("{name}.{key}"), part, deeper - 1),
                    }
                }
            }
            Value::Array(parts) => {
                let parts: Vec<String> = parts.iter().filter_map(plain).collect();
                self.set(name, parts.join(","));
            }
            _ => self.set(name, plain(value).unwrap_or_default()),
        }
    }

    /// What a file's name says, by a pattern such as `{date}_{from}_{agent}`: the names of fields, with
    /// what stands between them. Nothing, if the name is not written like that.
    pub fn of_name(pattern: &str, name: &str) -> Self {
        let mut fields = Self::default();
        let mut parts = pattern.split('{');
        let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
            return fields;
        };
        for part in parts {
            let Some((field, behind)) = part.split_once('}') else {
                return Self::default();
            };
            let found = match behind {
                "" => Some((rest, "")),
                behind => rest.split_once(behind),
            };
            let Some((value, next)) = found else {
                return Self::default();
            };
            fields.set(field, value.to_owned());
            rest = next;
        }
        match rest {
            "" => fields,
            _ => Self::default(),
        }
    }

    /// Sets one. An empty value says nothing.
    pub fn set(&mut self, name: &str, value: String) {
        if !name.is_empty() && !value.is_empty() {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Puts `others` over these.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The first that is called like one of `names`, in their order: by its whole name, or by the
    /// last part of it, in whatever case, `callSid` as `call_sid`.
    pub fn first<N: AsRef<str>>(&self, names: &[N]) -> Option<&str> {
        names.iter().find_map(|name| {
            let is_called = |field: &str| {
                let letters = |name: &str| name.replace('_', "").to_ascii_lowercase();
                letters(field) == letters(name.as_ref())
            };
            let whole = self.0.iter().find(|(field, _)| is_called(field));
            let last = || {
                let mut fields = self.0.iter();
                fields.find(|(field, _)| field.rsplit('.').next().is_some_and(is_called))
            };
            Some(whole.or_else(last)?.1.as_str())
        })
    }

    /// All of them.
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// By which names media servers tell what is known of a call, `callSid` as `call_sid`. The first that
/// says something counts; all that they tell is kept as metadata under their own names.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldNames {
    /// The call's id. One that another call has, or with other characters than ids have, is kept as
    /// metadata alone.
    pub call_id: Vec<String>,
    /// Who called: a number or an address.
    pub caller: Vec<String>,
    /// Who was called: a number or an address.
    pub callee: Vec<String>,
    /// The agent's id at the call centre.
    pub agent: Vec<String>,
    /// `inbound` or `outbound`, as the call centre sees it.
    pub direction: Vec<String>,
    /// Languages that may be spoken, with commas between.
    pub languages: Vec<String>,
}

impl Default for FieldNames {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            call_id: names(&[
                "call_id",
                "call_sid",
                "conversation_id",
                "call_control_id",
                "uuid",
            ]),
            caller: names(&["caller", "from", "ani", "caller_id_number", "caller_number"]),
            callee: names(&[
                "callee",
                "to",
                "dnis",
                "destination_number",
                "called_number",
            ]),
            agent: names(&["agent_id", "agent"]),
            direction: names(&["direction"]),
            languages: names(&["languages", "language"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_read_by_their_pattern() {
        for (pattern, name, expected) in [
            (
                "{from}_{agent}",
                "+14155550117_agent-7",
                &[("from", "+14155550117"), ("agent", "agent-7")][..],
            ),
            ("rec-{from}", "rec-7", &[("from", "7")]),
            ("{from}-{to}.x", "1-2.x", &[("from", "1"), ("to", "2")]),
            ("{from}_{agent}", "7", &[]),
            ("rec-{from}", "7", &[]),
            ("{from}.x", "7.x.y", &[]),
            ("{from", "7", &[]),
            ("", "7", &[]),
        ] {
            let found = Fields::of_name(pattern, name).into_map();
            let expected = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(found, expected.collect(), "{pattern} {name}");
        }
    }

    #[test]
    fn values_are_found_by_their_whole_name_or_the_last_part_of_it() {
        let fields = Fields::of_json(&serde_json::json!({
            "from": "+14155550117",
            "custom": {"Agent_ID": "agent-7", "from": "queue", "tags": ["a", 2, null]},
            "deep": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}},
            "nothing": null,
        }));
        for (names, expected) in [
            (&["from"][..], Some("+14155550117")),
            (&["custom.from"], Some("queue")),
            (&["agent", "agent_id"], Some("agent-7")),
            (&["tags"], Some("a,2")),
            (&["nothing", "f", ""], None),
        ] {
            assert_eq!(fields.first(names), expected, "{names:?}");
        }
    }

    #[test]
    fn what_comes_later_replaces_what_was_said() {
        let mut fields = Fields::of_json(&serde_json::json!({"a": "1", "b": "2"}));
        fields.extend(Fields::of_json(&serde_json::json!({"b": "3", "a": ""})));
        assert_eq!(
            (fields.first(&["a"]), fields.first(&["b"])),
            (Some("1"), Some("3"))
        );
    }
}
