//! What a media server says of a call beside its sound.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sidetone_core::describe::{MAX_METADATA, MAX_METADATA_KEY, MAX_METADATA_KEYS};

use crate::Fault;

/// What is said of a call, by name. A value within others is named by its way there:
/// `customParameters.agent_id`.
///
/// More than a call keeps is not read to its end: what shows that it was too much is the last.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fields {
    values: BTreeMap<String, String>,
    /// What names and values take.
    bytes: usize,
}

/// Names deeper than this are left out: nobody means them, and a peer could send any depth.
const DEEPEST: usize = 6;
/// Longest value that is worth keeping where a call can do without it.
const LONGEST_KEPT: usize = 1_024;

impl Fields {
    /// All values of a JSON object. Lists become their values with commas between.
    pub fn of_json(value: &Value) -> Self {
        let mut fields = Self::default();
        fields.read("", value, DEEPEST);
        fields
    }

    fn read(&mut self, name: &str, value: &Value, deeper: usize) {
        // A long name would be copied for each value below it.
        if name.len() > MAX_METADATA_KEY {
            return self.set(name, "...".to_owned());
        }
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

    /// These, and over them what is `said` besides.
    ///
    /// # Errors
    ///
    /// [`Fault::Much`] where it is more than a call keeps.
    pub(crate) fn with(mut self, said: Self) -> Result<Self, Fault> {
        self.extend(said);
        match self.is_full() {
            true => Err(Fault::Much),
            false => Ok(self),
        }
    }

    fn is_full(&self) -> bool {
        self.values.len() > MAX_METADATA_KEYS || self.bytes > MAX_METADATA
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

    /// The names of fields in such a pattern; `None` where it is written in another way.
    pub fn in_pattern(pattern: &str) -> Option<Vec<&str>> {
        let mut parts = pattern.split('{');
        let plain = |text: &str| !text.contains('}');
        if !plain(parts.next().unwrap_or_default()) {
            return None;
        }
        let names = parts.map(|part| {
            let (name, behind) = part.split_once('}')?;
            (!name.is_empty() && !name.contains('{') && plain(behind)).then_some(name)
        });
        names.collect()
    }

    /// Sets one. An empty value says nothing.
    pub fn set(&mut self, name: &str, value: String) {
        if name.is_empty() || value.is_empty() || self.is_full() {
            return;
        }
        self.bytes += name.len() + value.len();
        if let Some(before) = self.values.insert(name.to_owned(), value) {
            self.bytes -= name.len() + before.len();
        }
    }

    /// Sets one if there is room for it, for those of whom a call can do without the rest.
    pub fn keep(&mut self, name: &str, value: &str) {
        let is_long = name.len() > MAX_METADATA_KEY || value.len() > LONGEST_KEPT;
        let more = self.bytes + name.len() + value.len();
        if !is_long && self.values.len() < MAX_METADATA_KEYS && more <= MAX_METADATA {
            self.set(name, value.to_owned());
        }
    }

    /// Keeps of `others` what there is room for, but for what is known already. What was new is given
    /// back.
    pub(crate) fn keep_all(&mut self, others: &Self) -> Self {
        let mut new = Self::default();
        for (name, value) in &others.values {
            if self.values.get(name) != Some(value) {
                self.keep(name, value);
                if self.values.get(name) == Some(value) {
                    new.set(name, value.clone());
                }
            }
        }
        new
    }

    /// Puts `others` over these.
    pub fn extend(&mut self, others: Self) {
        for (name, value) in others.values {
            self.set(&name, value);
        }
    }

    /// The first whose whole name is one of `names`, in their order.
    pub fn named(&self, names: &[&str]) -> Option<&str> {
        let value = |name| self.values.get(name).map(String::as_str);
        names.iter().copied().find_map(value)
    }

    /// The first that is called like one of `names`, in their order: by its whole name, or by the
    /// last part of it, in whatever case, `callSid` as `call_sid`.
    pub fn first<N: AsRef<str>>(&self, names: &[N]) -> Option<&str> {
        names.iter().find_map(|name| {
            let is_called = |field: &str| {
                let letters = |name: &str| name.replace('_', "").to_ascii_lowercase();
                letters(field) == letters(name.as_ref())
            };
            let whole = self.values.iter().find(|(field, _)| is_called(field));
            let last = || {
                let mut fields = self.values.iter();
                fields.find(|(field, _)| field.rsplit('.').next().is_some_and(is_called))
            };
            Some(whole.or_else(last)?.1.as_str())
        })
    }

    /// All of them.
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.values
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

impl FieldNames {
    /// All names that are looked for.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let lists = [
            &self.call_id,
            &self.caller,
            &self.callee,
            &self.agent,
            &self.direction,
            &self.languages,
        ];
        lists.into_iter().flatten().map(String::as_str)
    }
}

impl Default for FieldNames {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            call_id: names(&[
                "call_sid",
                "call_id",
                "conversation_id",
                "call_control_id",
                "uuid",
                "join",
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
    use sidetone_core::describe::check_known;
    use sidetone_types::event::CallUpdated;
    use sidetone_types::party::{Direction, PhoneNumber};

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
    fn patterns_say_which_fields_they_have() {
        for (pattern, fields) in [
            ("rec-{from}_{agent}.x", Some(&["from", "agent"][..])),
            ("rec", Some(&[])),
            ("", Some(&[])),
            ("{from", None),
            ("from}_{agent}", None),
            ("{}", None),
            ("{from}}", None),
        ] {
            assert_eq!(Fields::in_pattern(pattern).as_deref(), fields, "{pattern}");
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
    fn no_more_is_read_than_shows_that_it_is_too_much() {
        let long = "n".repeat(100_000);
        let below: serde_json::Map<String, Value> =
            (0..1_000).map(|i| (i.to_string(), i.into())).collect();
        let large = "v".repeat(MAX_METADATA + 1);
        for (said, most) in [
            (serde_json::json!({ long: below }), 1),
            (serde_json::json!({ "a": below }), MAX_METADATA_KEYS + 1),
            (serde_json::json!({"a": large, "b": large}), 1),
        ] {
            let fields = Fields::of_json(&said);
            assert_eq!(fields.values.len(), most);
            let known = CallUpdated {
                caller: PhoneNumber::default(),
                callee: PhoneNumber::default(),
                direction: Direction::Unknown,
                metadata: fields.into_map(),
            };
            assert!(check_known(&known).is_err(), "{most}");
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
