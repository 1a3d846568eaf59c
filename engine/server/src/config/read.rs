//! From a file and the environment to a configuration, with all that is wrong on the way.

use std::collections::BTreeMap;
use std::path::Path;

use super::keys::{Entry, NAMED, entries_of, with_names};
use super::problem::{ConfigError, Origin, Problem};
use super::{Config, values};

/// Variables of the environment that set a key begin like this: `SIDETONE__SERVER__LISTEN` for
/// `server.listen`.
const ENV_PREFIX: &str = "SIDETONE__";

/// A configuration as far as it could be read, and what is wrong with the rest.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Where a value could not be used, the default stands.
    pub config: Config,
    /// What keeps it from being used.
    pub problems: Vec<Problem>,
    /// What works, and may not be meant.
    pub notes: Vec<Problem>,
    origins: BTreeMap<String, Origin>,
}

impl Draft {
    /// Reads `file`, if there is one, and then the variables of `environment`, and checks the
    /// values.
    ///
    /// # Errors
    ///
    /// Only if the file cannot be read, or is no TOML. All else becomes one of `problems`.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut draft = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                path: path.to_owned(),
                source,
            })?;
            let entries = entries_of(&text).map_err(|error| ConfigError::Syntax {
                path: path.to_owned(),
                message: error.to_string().trim_end().to_owned(),
            })?;
            for Entry {
                path: key,
                value,
                line,
            } in entries
            {
                let origin = Origin::File(path.to_owned(), line);
                let set = match parsed(&value) {
                    Some(value) => draft.set(&key, value, &origin),
                    None => {
                        Err("cannot be read on its own; write its value on one line".to_owned())
                    }
                };
                if let Err(what) = set {
                    draft.problems.push(Problem { origin, key, what });
                }
            }
        }
        let variables: BTreeMap<String, String> = environment.into_iter().collect();
        for (variable, value) in variables {
            let Some(path) = variable.strip_prefix(ENV_PREFIX) else {
                continue;
            };
            let key = path.to_lowercase().replace("__", ".");
            let origin = Origin::Variable(variable.clone());
            if let Err(what) = draft.set_text(&key, &value, &origin) {
                draft.problems.push(Problem { origin, key, what });
            }
        }
        values::check(&mut draft);
        Ok(draft)
    }

    /// The configuration, if nothing is wrong with it.
    pub fn finish(self) -> Result<Config, ConfigError> {
        match self.problems.is_empty() {
            true => Ok(self.config),
            false => Err(ConfigError::Invalid(self.problems)),
        }
    }

    /// Adds what is wrong with a key's value.
    pub(super) fn problem(&mut self, key: &str, what: impl Into<String>) {
        let problem = self.about(key, what.into());
        self.problems.push(problem);
    }

    /// Adds what may not be meant about a key's value.
    pub(super) fn note(&mut self, key: &str, what: impl Into<String>) {
        let note = self.about(key, what.into());
        self.notes.push(note);
    }

    fn about(&self, key: &str, what: String) -> Problem {
        Problem {
            origin: self.origins.get(key).cloned().unwrap_or_default(),
            key: key.to_owned(),
            what,
        }
    }

    /// Sets a key to what reads as TOML (`5`, `true`, `["en", "zh"]`); all else is a string.
    fn set_text(&mut self, key: &str, text: &str, origin: &Origin) -> Result<(), String> {
        let string = toml::Value::String(text.to_owned());
        match parsed(text) {
            // `12` may be meant as the name of a folder.
            Some(value) => self
                .set(key, value, origin)
                .or_else(|what| self.set(key, string, origin).map_err(|_| what)),
            None => self.set(key, string, origin),
        }
    }

    /// Sets one key, or leaves all as it was and says why.
    fn set(&mut self, key: &str, value: toml::Value, origin: &Origin) -> Result<(), String> {
        let mut tree = toml::Table::try_from(&self.config).map_err(|error| error.to_string())?;
        let shown = value.to_string();
        if let Some(name) = name_in(key) {
            named(&mut tree, name);
        }
        *find(&mut tree, key)? = value;
        self.config = tree
            .try_into()
            .map_err(|error: toml::de::Error| format!("is {shown}: {}", error.message().trim()))?;
        self.origins.insert(key.to_owned(), origin.clone());
        Ok(())
    }
}

fn parsed(value: &str) -> Option<toml::Value> {
    let table = format!("value = {value}").parse::<toml::Table>().ok();
    let mut table = table.filter(|table| table.len() == 1)?;
    table.remove("value")
}

/// The name of a site's own that a key stands below.
fn name_in(key: &str) -> Option<&str> {
    let rest = key.strip_prefix(NAMED)?.strip_prefix('.')?;
    rest.split_once('.').map(|(name, _)| name)
}

/// Makes a section of that name, if there is none.
fn named(tree: &mut toml::Table, name: &str) {
    let Ok(mut with_names) = toml::Table::try_from(with_names()) else {
        return;
    };
    let (mut at, mut model) = (tree, &mut with_names);
    for part in NAMED.split('.') {
        let empty = || toml::Value::Table(toml::Table::new());
        let next = at.entry(part).or_insert_with(empty).as_table_mut();
        let (Some(next), Some(of_model)) = (next, model.get_mut(part)) else {
            return;
        };
        let Some(of_model) = of_model.as_table_mut() else {
            return;
        };
        (at, model) = (next, of_model);
    }
    if let Some((_, section)) = model.iter().next() {
        at.entry(name).or_insert_with(|| section.clone());
    }
}

/// The place of a key in the tree of all keys.
fn find<'a>(tree: &'a mut toml::Table, key: &str) -> Result<&'a mut toml::Value, String> {
    let mut parts = key.split('.').peekable();
    let mut table = tree;
    while let Some(part) = parts.next() {
        let known: Vec<String> = table.keys().cloned().collect();
        let Some(value) = table.get_mut(part) else {
            let kind = if parts.peek().is_some() {
                "section"
            } else {
                "key"
            };
            return Err(format!(
                "is not known: there is no {kind} `{part}`; {}",
                meant(part, &known)
            ));
        };
        match (parts.peek().is_some(), value) {
            (true, toml::Value::Table(inner)) => table = inner,
            (true, _) => {
                return Err(format!(
                    "is not known: `{part}` is a key and has none below it"
                ));
            }
            (false, toml::Value::Table(inner)) => {
                let keys: Vec<&str> = inner.keys().map(String::as_str).collect();
                return Err(format!(
                    "is a section: set one of its keys, {}",
                    keys.join(", ")
                ));
            }
            (false, value) => return Ok(value),
        }
    }
    Err("names no key".to_owned())
}

fn meant(given: &str, known: &[String]) -> String {
    match like(given, known.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

/// Which of the names that are known is most like the one that is given, if any is.
pub(super) fn like<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|name| (strsim::jaro_winkler(given, name), name));
    let (likeness, name) = near.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness > 0.8).then_some(name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What is wrong with `text` and `environment`, one line each.
    pub fn problems(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let draft = draft(text, environment);
        draft.problems.iter().map(ToString::to_string).collect()
    }

    pub fn draft(text: &str, environment: &[(&str, &str)]) -> Draft {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("sidetone.toml");
        std::fs::write(&path, text).expect("writable");
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Draft::read(Some(&path), environment).expect("well formed")
    }

    #[test]
    fn an_empty_file_is_the_defaults_and_they_are_in_order() {
        let config = draft("", &[]).finish().expect("the defaults");
        assert_eq!(config.server.listen.port(), 7600);
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line_and_what_may_be_meant() {
        let text = "[server]\nmax_calls = 3\n\n[media]\nport_mim = 1\n";
        let [problem] = &problems(text, &[])[..] else {
            panic!("one problem");
        };
        assert!(
            problem.contains("sidetone.toml:5: `media.port_mim` "),
            "{problem}"
        );
        assert!(problem.ends_with("did you mean `port_min`?"), "{problem}");
    }

    #[test]
    fn a_file_that_is_no_toml_is_refused_with_the_line() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("sidetone.toml");
        std::fs::write(&path, "[server]\nlisten 1").expect("writable");
        let error = Draft::read(Some(&path), [])
            .expect_err("no TOML")
            .to_string();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = draft(
            "[server]\nmax_calls = 3\n",
            &[
                ("SIDETONE__SERVER__MAX_CALLS", "5"),
                ("SIDETONE__SERVER__LISTEN", "127.0.0.1:1234"),
                ("SIDETONE__DEFAULTS__LANGUAGES", "[\"zh\"]"),
                ("SIDETONE__CALL__SEGMENT__END_SILENCE_MS", "700"),
                ("SIDETONE__STORE__DIR", "12"),
                ("SIDETONE_MODELS", "/elsewhere"),
            ],
        );
        let config = config.finish().expect("understood");
        assert_eq!(config.server.max_calls, 5);
        assert_eq!(config.server.listen.port(), 1234);
        assert_eq!(config.defaults.languages.len(), 1);
        assert_eq!(config.call.segment.end_silence_ms, 700);
        assert_eq!(config.store.dir, Path::new("12"));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = "[defaults]\nlanguages = [\"klingon\"]\nboost = \"much\"\n\n[serve]\nlisten = 1\n\n\
                    [media]\nport_min = 9000\nport_max = 8000\n";
        let environment = [
            ("SIDETONE__SERVER__MAX_CALS", "5"),
            ("SIDETONE__MEDIA", "1"),
        ];
        let found = problems(text, &environment);
        for (expected, line) in [
            ("klingon", "sidetone.toml:2"),
            ("defaults.boost", "sidetone.toml:3"),
            ("serve.listen", "sidetone.toml:6"),
            ("media.port_min", "sidetone.toml:9"),
            ("did you mean `max_calls`?", "SIDETONE__SERVER__MAX_CALS"),
            ("`media` is a section", "SIDETONE__MEDIA"),
        ] {
            let told = found
                .iter()
                .any(|problem| problem.contains(expected) && problem.contains(line));
            assert!(told, "{expected}: {found:#?}");
        }
        assert_eq!(found.len(), 6, "{found:#?}");
    }
}
