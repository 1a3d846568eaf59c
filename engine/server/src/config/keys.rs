//! Every key that can be set: its meaning, unit, bounds and default, as its struct says them.
//!
//! The structs' doc comments and `#[schemars(range(..))]` are the one source. The check, the
//! comments of `sidetone config check` and the reference in `engine/docs/CONFIGURATION.md` are made
//! from it.

use std::collections::HashMap;

use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::Config;
use crate::recordings::RecordingConfig;

/// A section, `[call.segment]` for instance, and the keys that stand in it.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name; parts are joined by dots.
    pub path: String,
    /// What it is about.
    pub meaning: String,
    /// Its keys, in the order of the struct.
    pub keys: Vec<Key>,
}

/// A key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name within its section.
    pub name: String,
    /// With the section: `call.segment.pause_ms`.
    pub path: String,
    /// What it does, and what turning it costs.
    pub meaning: String,
    /// What it is counted in, for numbers.
    pub unit: Option<String>,
    /// The least and the greatest number allowed.
    pub bounds: Option<(f64, f64)>,
    /// The words allowed, each with what it means.
    pub choices: Vec<(String, String)>,
    /// As it is written in a file.
    pub default: String,
}

impl Key {
    /// `from 100 to 60000 ms`, or the choices; `None` where anything of its type will do.
    pub fn allowed(&self) -> Option<String> {
        if let Some((least, greatest)) = self.bounds {
            let unit = self.unit.as_deref().unwrap_or_default();
            return Some(
                format!("from {least} to {greatest} {unit}")
                    .trim_end()
                    .to_owned(),
            );
        }
        let words: Vec<String> = self
            .choices
            .iter()
            .map(|(word, _)| format!("`{word}`"))
            .collect();
        (!words.is_empty()).then(|| words.join(" or "))
    }
}

/// Where sections stand whose names are the site's own.
pub(super) const NAMED: &str = "recording.classes";
/// What stands for such a name.
const NAME: &str = "NAME";

/// The path of a key with `NAME` for a name of the site's own.
fn general(path: &str) -> String {
    let named = path
        .strip_prefix(NAMED)
        .and_then(|rest| rest.strip_prefix('.'));
    match named.and_then(|rest| rest.split_once('.')) {
        Some((_, key)) => format!("{NAMED}.{NAME}.{key}"),
        None => path.to_owned(),
    }
}

/// All sections that there can be with their keys, in the order of the structs.
pub fn sections() -> Vec<Section> {
    sections_of(&with_names())
}

/// The defaults, with one section for each name of a site's own.
pub(super) fn with_names() -> Config {
    Config {
        recording: RecordingConfig::with_a_class(NAME),
        ..Config::default()
    }
}

/// The sections of a configuration with their keys, in the order of the structs.
pub fn sections_of(config: &Config) -> Vec<Section> {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<Config>();
    let root = schema.as_object().expect("a struct's schema is an object");
    let mut sections: Vec<Section> = Vec::new();
    let defaults: HashMap<String, String> = entries(&with_names())
        .into_iter()
        .map(|entry| (entry.path, entry.value))
        .collect();
    for entry in entries(config) {
        let (section, name) = entry
            .path
            .rsplit_once('.')
            .expect("every key has a section");
        let about = |path: &str| {
            let parts = path.split('.');
            parts.fold(root, |at, part| {
                let named = at.get("properties").and_then(|keys| keys.get(part));
                named
                    .or_else(|| at.get("additionalProperties"))
                    .and_then(Value::as_object)
                    .expect("every key has a schema")
            })
        };
        if sections.last().is_none_or(|last| last.path != section) {
            sections.push(Section {
                path: section.to_owned(),
                meaning: meaning(about(section)),
                keys: Vec::new(),
            });
        }
        let schema = about(&entry.path);
        let key = Key {
            name: name.to_owned(),
            meaning: meaning(schema),
            unit: unit(name, schema),
            bounds: bounds(schema),
            choices: choices(schema),
            default: defaults[&general(&entry.path)].clone(),
            path: entry.path,
        };
        sections.last_mut().expect("one was pushed").keys.push(key);
    }
    sections
}

fn meaning(schema: &Map<String, Value>) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    text.unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the schema says, or else what the ending of the name says.
fn unit(name: &str, schema: &Map<String, Value>) -> Option<String> {
    if let Some(unit) = schema.get("unit").and_then(Value::as_str) {
        return Some(unit.to_owned());
    }
    let endings = [
        ("_ms", "ms"),
        ("_s", "s"),
        ("_percent", "%"),
        ("_hours", "hours"),
        ("_days", "days"),
        ("_bytes", "bytes"),
        ("_dbfs", "dBFS"),
        ("_db", "dB"),
    ];
    let of = endings.iter().find(|(ending, _)| name.ends_with(ending));
    of.map(|(_, unit)| (*unit).to_owned())
}

fn bounds(schema: &Map<String, Value>) -> Option<(f64, f64)> {
    let number = |name| schema.get(name).and_then(Value::as_f64);
    number("minimum").zip(number("maximum"))
}

fn choices(schema: &Map<String, Value>) -> Vec<(String, String)> {
    let variants = schema.get("oneOf").and_then(Value::as_array);
    let variants = variants.into_iter().flatten().filter_map(Value::as_object);
    variants
        .filter_map(|variant| {
            let word = variant.get("const").and_then(Value::as_str)?;
            Some((word.to_owned(), meaning(variant)))
        })
        .collect()
}

/// A key and its value as they stand in a file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `server.listen`.
    pub path: String,
    /// As it is written.
    pub value: String,
    /// From 1.
    pub line: usize,
}

/// All keys of a configuration with their values, in the order of the structs.
pub fn entries(config: &impl Serialize) -> Vec<Entry> {
    let text = toml::to_string(config).expect("a configuration can be written down");
    entries_of(&text).expect("what was written can be read")
}

/// All keys of a file in the order in which they stand there.
pub fn entries_of(text: &str) -> Result<Vec<Entry>, toml::de::Error> {
    let mut entries = Vec::new();
    collect(DeTable::parse(text)?.get_ref(), "", text, &mut entries);
    entries.sort_by_key(|(start, _)| *start);
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn collect(table: &DeTable<'_>, parent: &str, text: &str, into: &mut Vec<(usize, Entry)>) {
    for (key, value) in table {
        let path = match parent {
            "" => key.get_ref().to_string(),
            parent => format!("{parent}.{}", key.get_ref()),
        };
        match value.get_ref() {
            DeValue::Table(table) if !table.is_empty() => collect(table, &path, text, into),
            _ => {
                let start = key.span().start;
                let line = 1 + text[..start].matches('\n').count();
                let value = text[value.span()].to_owned();
                into.push((start, Entry { path, value, line }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_says_what_it_means_and_every_number_its_unit_and_bounds() {
        let mut numbers = 0;
        for section in sections() {
            assert!(
                section.meaning.ends_with('.'),
                "[{}]: {}",
                section.path,
                section.meaning
            );
            for key in section.keys {
                let Key { path, meaning, .. } = &key;
                assert!(
                    meaning.len() > 20 && meaning.ends_with('.'),
                    "{path}: `{meaning}`"
                );
                assert!(
                    !meaning.contains("]("),
                    "{path}: a link that no author can follow"
                );
                if let Ok(default) = key.default.parse::<f64>() {
                    let (least, greatest) =
                        key.bounds.unwrap_or_else(|| panic!("{path}: no bounds"));
                    assert!((least..=greatest).contains(&default), "{path}");
                    assert!(
                        greatest < f64::from(u32::MAX),
                        "{path}: no bound of its own"
                    );
                    assert!(key.unit.is_some(), "{path}: no unit");
                    numbers += 1;
                }
            }
        }
        assert!(numbers > 40, "{numbers}");
    }

    #[test]
    fn keys_of_a_file_are_found_with_their_lines() {
        let text = "[server]\nmax_calls = 3\n\n[call]\nsegment = { pause_ms = 240 }\n";
        let found = entries_of(text).expect("well formed");
        let found: Vec<_> = found
            .iter()
            .map(|e| (e.path.as_str(), e.value.as_str(), e.line))
            .collect();
        assert_eq!(
            found,
            [
                ("server.max_calls", "3", 2),
                ("call.segment.pause_ms", "240", 5)
            ]
        );
    }
}
