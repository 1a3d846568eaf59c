//! The keys written down for people: the configuration in force with comments, and the reference.

use std::collections::HashMap;
use std::fmt::Write;

use super::Config;
use super::keys::{Key, entries, sections, sections_of};

/// Columns of a comment.
const WIDTH: usize = 96;

impl Config {
    /// As a file: every key with its value, and its meaning, unit, bounds and default as a comment.
    pub fn commented(&self) -> String {
        let entries = entries(self);
        let values: HashMap<&str, &str> = entries
            .iter()
            .map(|entry| (entry.path.as_str(), entry.value.as_str()))
            .collect();
        let mut text = String::new();
        for section in sections_of(self) {
            if !text.is_empty() {
                text.push('\n');
            }
            comment(&mut text, &section.meaning);
            put(&mut text, format_args!("[{}]\n", section.path));
            for key in &section.keys {
                text.push('\n');
                comment(&mut text, &key.meaning);
                for (word, meaning) in &key.choices {
                    comment(&mut text, &format!("`{word}`: {meaning}"));
                }
                let allowed = key
                    .allowed()
                    .map_or_else(String::new, |allowed| format!("{}. ", capital(&allowed)));
                comment(&mut text, &format!("{allowed}Default: {}.", key.default));
                put(
                    &mut text,
                    format_args!("{} = {}\n", key.name, values[key.path.as_str()]),
                );
            }
        }
        text
    }
}

/// The reference of all keys, as Markdown: `engine/docs/CONFIGURATION.md`.
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    for section in sections() {
        put(
            &mut text,
            format_args!("\n## `[{}]`\n\n{}\n\n", section.path, section.meaning),
        );
        text.push_str("| key | default | allowed | meaning |\n|---|---|---|---|\n");
        for key in &section.keys {
            let allowed = key.allowed().unwrap_or_else(|| kind(key).to_owned());
            let mut meaning = key.meaning.clone();
            for (word, of_it) in &key.choices {
                put(&mut meaning, format_args!(" `{word}`: {of_it}"));
            }
            let meaning = meaning.replace('|', "\\|");
            put(
                &mut text,
                format_args!(
                    "| `{}` | `{}` | {allowed} | {meaning} |\n",
                    key.name, key.default
                ),
            );
        }
    }
    text
}

const HEAD: &str = "\
# Configuration

Every key with its default, what is allowed, and what turning it costs. This file is written by
`sidetone config docs`; a test fails when it is out of date.

`sidetone serve --config FILE` reads a TOML file; without one, everything has its default. Variables of the
environment override the file: `SIDETONE__SERVER__LISTEN` sets `server.listen`,
`SIDETONE__CALL__SEGMENT__PAUSE_MS` sets `call.segment.pause_ms`.

`sidetone config check FILE` tells everything that `serve` would trip over, all at once, each with key, value,
bound and what to do, and ends with 1; `serve` makes the same check before it loads anything. If all is well it
prints the keys in force with their meaning, and `ok` at the end. A misspelt key is an error.

Lengths of time are whole numbers whose key ends in their unit: `_ms` milliseconds, `_hours`, `_days`.
Levels are in dB (`_db`) or in dB of full scale (`_dbfs`), shares in percent (`_percent`). Numbers must be
finite.
";

/// What a key without bounds or choices takes, told by its default.
fn kind(key: &Key) -> &'static str {
    match key.default.as_bytes().first() {
        Some(b't' | b'f') => "`true` or `false`",
        Some(b'[') => "a list of texts",
        _ => "text",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Writes `words` as lines of comment.
fn comment(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::keys::entries_of;

    #[test]
    fn the_configuration_with_comments_reads_back_as_the_same_keys() {
        let mut config = Config::default();
        config.server.max_calls = 7;
        config.call.cards.min_score = 0.6;
        let text = config.commented();
        let values = |entries: Vec<crate::config::keys::Entry>| -> Vec<(String, String)> {
            entries
                .into_iter()
                .map(|entry| (entry.path, entry.value))
                .collect()
        };
        assert_eq!(
            values(entries_of(&text).expect("TOML")),
            values(entries(&config))
        );
        let read: Config = toml::from_str(&text).expect("a configuration");
        assert_eq!(read.server.max_calls, 7);
        assert!(
            text.contains("From 0 to 5000 calls. Default: 0.\nmax_calls = 7\n"),
            "{text}"
        );
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(WIDTH), "{longest:?}");
    }

    #[test]
    fn the_reference_of_all_keys_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONFIGURATION.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(),
            "run `sidetone config docs > engine/docs/CONFIGURATION.md`"
        );
    }
}
