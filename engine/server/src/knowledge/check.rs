//! All that is wrong with rules and articles, for their authors.

use std::collections::BTreeSet;

use sidetone_core::rules::{RuleError, RuleSet};
use sidetone_kb::{self as kb, KbError};
use sidetone_types::lang::Lang;

use super::{KnowledgeConfig, KnowledgeError, RuleTexts, lexicon_in, today};
use crate::config::Defaults;

/// What came out of checking.
#[derive(Debug, Default)]
pub struct Checked {
    /// Why there are no articles.
    pub articles: Vec<KbError>,
    /// Why there are no rules.
    pub rules: Vec<KnowledgeError>,
    /// What works, and may not be meant.
    pub notes: Vec<String>,
    /// The languages that there are rules or articles in.
    pub languages: BTreeSet<Lang>,
}

/// Checks the rules and articles of `config`.
pub fn check(config: &KnowledgeConfig, defaults: &Defaults) -> Checked {
    let mut checked = Checked::default();
    match today(defaults) {
        Ok(today) => {
            let articles = match config.articles.as_os_str().is_empty() {
                true => kb::check(kb::samples(), today),
                false => kb::check_dir(&config.articles, today),
            };
            let languages = articles.articles.iter().map(|article| article.lang);
            checked.languages.extend(languages);
            checked.articles = articles.errors;
        }
        Err(error) => checked.rules.push(error),
    }
    match check_rules(config) {
        Ok(rules) => checked
            .languages
            .extend(rules.rules().iter().map(|rule| rule.lang)),
        Err(errors) => checked.rules.extend(errors),
    }
    if !config.rules.as_os_str().is_empty() && !config.rules_builtin {
        checked.notes.push(
            "replaces the built-in rules, those for cancelling, self-harm and legal threats among them: \
             `knowledge.rules_builtin = true` keeps them as well"
                .to_owned(),
        );
    }
    checked
}

/// The rules that hold with `config`, or all that is wrong with them.
pub fn check_rules(config: &KnowledgeConfig) -> Result<RuleSet, Vec<KnowledgeError>> {
    let texts = RuleTexts::read(config).map_err(|error| vec![error])?;
    let errors = |errors: Vec<RuleError>| errors.into_iter().map(KnowledgeError::from).collect();
    let lexicon = lexicon_in(&config.lexicon, None).map_err(|error| vec![error])?;
    RuleSet::read(&texts.own, &texts.built_in, lexicon).map_err(errors)
}
