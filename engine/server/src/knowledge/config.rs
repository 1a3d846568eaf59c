//! What agents are helped by.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What agents are helped by.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnowledgeConfig {
    /// Folder of articles (`*.md`); empty means the samples that come with the program. `sidetone
    /// kb init` writes those down to start from.
    pub articles: PathBuf,
    /// Folder of rules (`*.toml`), besides the built-in ones or instead of them; empty means the
    /// built-in ones alone.
    pub rules: PathBuf,
    /// Whether the built-in rules (cancelling, self-harm, legal threats and others) hold besides
    /// those of `rules`. A rule of your own takes the place of the built-in one of its name. With
    /// `false` only your own rules raise alerts.
    pub rules_builtin: bool,
    /// Folder of word lists (`en/negation.toml`) that take the place of some that come with the
    /// program; empty means all of those. Read when the engine starts.
    pub lexicon: PathBuf,
    /// Folder of calendars (`CN.toml`) that take the place of those that come with the program, or add
    /// to them; empty means all of those. `defaults.holidays` names one. Read when the engine starts.
    pub calendars: PathBuf,
    /// How much the phrases of rules and articles, and the names of products, are favoured where a
    /// call may mean them (hotwords); 0 favours none.
    #[schemars(range(min = 0.0, max = 20.0), extend("unit" = "in log probability"))]
    pub boost: f32,
    /// Phrases that later calls listen for because people have corrected what was heard, those
    /// corrected last; 0 keeps to its call what is corrected in it. What customers are called may
    /// be among them, until their calls are forgotten.
    #[schemars(range(min = 0, max = 1_000), extend("unit" = "phrases"))]
    pub corrected_phrases: usize,
}

impl Default for KnowledgeConfig {
    fn default() -> Self {
        Self {
            articles: PathBuf::new(),
            rules: PathBuf::new(),
            rules_builtin: true,
            lexicon: PathBuf::new(),
            calendars: PathBuf::new(),
            boost: 1.5,
            corrected_phrases: 500,
        }
    }
}
