//! Which calls are recorded, and for how long.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_types::secret::SecretKind;

/// Recordings of calls: both sides, FLAC, sealed while they are written.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordingConfig {
    /// Which calls are recorded that are of no class of `recording.classes`.
    pub record: Record,
    /// Whether such a call is recorded only once somebody has agreed to it.
    pub consent: Consent,
    /// For how long such a recording is kept; 0 keeps it as long as its call. A call is kept as long as its
    /// recording, also where `store.keep_days` is less, and a recording may go while its call stays.
    #[schemars(range(min = 0, max = 36_500))]
    pub keep_days: u32,
    /// Where the sound lies; empty means `recordings` in the directory of the store. An hour takes some
    /// 70 MB.
    pub dir: PathBuf,
    /// Threads that code, seal and write; 0 means one for each four cores. One keeps up with more than a
    /// hundred calls.
    #[schemars(range(min = 0, max = 64), extend("unit" = "threads"))]
    pub threads: usize,
    /// A recording pauses by itself while one of these secrets is being said, and goes on behind it:
    /// `card_number`, `card_security_code`, `card_expiry`, `iban`, `account_number`, `identity_number`,
    /// `passport`, `phone`, `email`, `address`, `birthday`, `password`, `one_time_code`.
    #[schemars(with = "Vec<String>")]
    pub pause_for: Vec<SecretKind>,
    /// Keys that an agent presses to pause the recording, `*7` for instance; empty means none.
    pub pause_key: String,
    /// Keys that an agent presses to have it go on, `*8` for instance; empty means none.
    pub resume_key: String,
    /// Calls for which something else holds, by the name of their class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, ClassConfig>,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        Self {
            record: Record::None,
            consent: Consent::NotNeeded,
            keep_days: 0,
            dir: PathBuf::new(),
            threads: 0,
            pause_for: vec![SecretKind::CardNumber, SecretKind::CardSecurityCode],
            pause_key: String::new(),
            resume_key: String::new(),
            classes: BTreeMap::new(),
        }
    }
}

/// A class of calls, of a name of your own: `[recording.classes.complaints]` for instance. A call is of it that
/// asks for it by name, or whose queue is one of its own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassConfig {
    /// The queues whose calls are of this class, as the metadata `queue` of a call names them.
    pub queues: Vec<String>,
    /// Which of them are recorded.
    pub record: ClassRecord,
    /// Whether one is recorded only once somebody has agreed to it.
    pub consent: ClassConsent,
    /// For how long their recordings are kept; 0 means as long as `recording.keep_days` says.
    #[schemars(range(min = 0, max = 36_500))]
    pub keep_days: u32,
}

/// Which calls are recorded.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// None.
    #[default]
    None,
    /// Those that are asked to be, when they are opened or later.
    Asked,
    /// All.
    All,
}

/// Whether somebody has to agree first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Nobody: it is told, or agreed to elsewhere.
    #[default]
    NotNeeded,
    /// Somebody: nothing is recorded before.
    Needed,
}

/// Which calls of a class are recorded.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassRecord {
    /// As `recording.record` says.
    #[default]
    AsOthers,
    /// None.
    None,
    /// Those that are asked to be.
    Asked,
    /// All.
    All,
}

/// Whether somebody has to agree first, for calls of a class.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassConsent {
    /// As `recording.consent` says.
    #[default]
    AsOthers,
    /// Nobody.
    NotNeeded,
    /// Somebody.
    Needed,
}

impl RecordingConfig {
    /// One with a class, to be written down for people.
    pub(crate) fn with_a_class(name: &str) -> Self {
        Self {
            classes: BTreeMap::from([(name.to_owned(), ClassConfig::default())]),
            ..Self::default()
        }
    }

    /// What is wrong with it: a key below `recording`, and what.
    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut problem = |key: &str, what: String| problems.push((key.to_owned(), what));
        let keys = [
            ("pause_key", &self.pause_key),
            ("resume_key", &self.resume_key),
        ];
        for (key, pressed) in keys {
            if !is_pressed(pressed) {
                let what = format!(
                    "is `{pressed}`, which nobody can press: write at most {LONGEST_KEYS} of the keys 0 to 9, \
                     `*`, `#` and A to D, like *7, or \"\" for none"
                );
                problem(key, what);
            }
        }
        let (pause, resume) = (&self.pause_key, &self.resume_key);
        let both = !pause.is_empty() && !resume.is_empty();
        if both && (pause.contains(resume.as_str()) || resume.contains(pause.as_str())) {
            let what = format!(
                "is `{resume}` and `recording.pause_key` is `{pause}`: whoever presses the longer one presses \
                 the other one too. Choose keys of which neither is within the other, like *7 and *8"
            );
            problem("resume_key", what);
        }
        let mut of_queues: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, class) in &self.classes {
            let key = format!("classes.{name}");
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if name == super::DEFAULT_CLASS || !name.bytes().all(is_name) || name.is_empty() {
                let what = format!(
                    "is no name for a class: use letters, digits, `-` and `_`. `{}` is that of all other \
                     calls, which `[recording]` itself is about",
                    super::DEFAULT_CLASS
                );
                problem(&key, what);
            }
            for queue in &class.queues {
                if let Some(other) = of_queues.insert(queue, name) {
                    let what = format!(
                        "has `{queue}`, which is a queue of `recording.classes.{other}` too: a call is of one \
                         class"
                    );
                    problem(&format!("{key}.queues"), what);
                }
            }
        }
        problems
    }
}

const LONGEST_KEYS: usize = 8;

fn is_pressed(keys: &str) -> bool {
    let is_key = |key: u8| matches!(key, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D');
    keys.len() <= LONGEST_KEYS && keys.bytes().all(is_key)
}
