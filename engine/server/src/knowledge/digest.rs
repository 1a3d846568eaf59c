//! What calls need of rules and articles, worked out once for each version of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use sidetone_core::rules::RuleSet;
use sidetone_kb::{self as kb, Index};
use sidetone_types::lang::Lang;

use super::lists::Lists;

/// Words that matter, and phrases to listen for.
pub struct Digest {
    rules: Arc<RuleSet>,
    terms: Arc<[String]>,
    /// What rules watch for, what brings articles up, and what the products are called.
    phrases: Lists,
}

impl Digest {
    /// Reads them. Each phrase is favoured by `boost`.
    pub fn new(rules: Arc<RuleSet>, articles: &Index, boost: f32) -> Self {
        let tags = articles
            .articles()
            .flat_map(|article| article.tags.iter().chain(&article.products));
        let terms: BTreeSet<&String> = tags.collect();
        let of_rules = rules
            .rules()
            .iter()
            .flat_map(|rule| rule.phrases.iter().map(|phrase| (rule.lang, phrase)));
        let of_articles = articles.articles().flat_map(|article| {
            let phrases = article.triggers.iter().chain(&article.products);
            phrases.map(|phrase| (article.lang, phrase))
        });
        let phrases: BTreeSet<(Lang, &str)> = of_rules
            .chain(of_articles)
            .map(|(lang, phrase)| (lang, phrase.trim()))
            .filter(|(_, phrase)| says_something(phrase))
            .collect();
        let phrases = phrases.into_iter();
        let phrases = phrases.map(|(lang, phrase)| (lang, phrase.to_owned()));
        Self {
            terms: terms.into_iter().cloned().collect(),
            phrases: Lists::new(phrases.collect(), boost),
            rules,
        }
    }

    /// The rules it is made of.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.rules.clone()
    }

    /// Words that matter in this trade.
    pub fn terms(&self) -> Arc<[String]> {
        self.terms.clone()
    }

    /// The phrases to listen for.
    pub fn lists(&self) -> &Lists {
        &self.phrases
    }
}

/// Whether a phrase is more than a bit of a rule's `near`, such as "take", "phone" or 月: those
/// bring nothing up by themselves, and are said everywhere.
fn says_something(phrase: &str) -> bool {
    let long_enough = match phrase.is_ascii() {
        true => phrase.len() >= 5,
        false => phrase.chars().count() >= 2,
    };
    long_enough && !kb::says_little(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_rules_are_no_triggers() {
        for (phrase, expected) in [
            ("take", false),
            ("no way", true),
            ("there", false),
            ("Phone", false),
            ("phone number", true),
            ("电话", false),
            ("refund", true),
            ("月", false),
            ("退款", true),
        ] {
            assert_eq!(says_something(phrase), expected, "{phrase}");
        }
    }
}
