//! Which articles are shown while a customer says a sentence.

use std::collections::BTreeSet;
use std::time::SystemTime;

use anyhow::Context;
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_core::cards::{CardConfig, Cards};
use sidetone_core::stable_words::StableWords;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use super::alerts::{names, wanted};
use super::tally::Verdict;
use super::{check_names, lang, list, rows};
use sidetone_core::script::{growing, said};

pub const COLUMNS: [&str; 5] = ["id", "lang", "sentence", "expect", "must_not"];

pub fn judge(text: &str, knowledge: &Knowledge, config: &Config) -> anyhow::Result<Vec<Verdict>> {
    let articles = knowledge.articles();
    let known = articles
        .articles()
        .map(|article| article.id.as_str())
        .collect();
    let judge = |(line, [id, code, sentence, expect, must_not]): (usize, [&str; 5])| {
        let at = || format!("line {line}");
        let lang = lang(code).with_context(at)?;
        for ids in [expect, must_not] {
            check_names("article", &list(ids), &known).with_context(at)?;
        }
        let said = said(1, Side::Customer, lang, MediaTime::ZERO, sentence);
        let shown = shown(knowledge, &config.call.cards, &said);
        let (found, expected) = wanted(expect, must_not, &shown);
        Ok(Verdict {
            id: id.to_owned(),
            lang: code.to_owned(),
            given: sentence.to_owned(),
            expected,
            got: names(&shown),
            right: found.missed + found.wrong == 0,
            found,
        })
    };
    rows(text, COLUMNS)?.into_iter().map(judge).collect()
}

/// The articles that come up while `said` grows, and once it is over.
fn shown(knowledge: &Knowledge, config: &CardConfig, said: &StableWords) -> BTreeSet<String> {
    let lexicon = knowledge.assist_context(SystemTime::now(), &[]).lexicon;
    let mut cards = Cards::new(config.clone(), lexicon);
    let mut shown = BTreeSet::new();
    for step in growing(said) {
        if let Some(query) = cards.observe_words(&step) {
            let found = cards.found(query.id, knowledge.search(&query));
            shown.extend(found.into_iter().map(|card| card.suggestion.article_id));
        }
    }
    shown
}
