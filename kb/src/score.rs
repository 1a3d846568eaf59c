//! How well an article fits what was heard: a number that compares across searches.
//!
//! Authors write down what callers say. So the best of an article's phrases (its triggers and its
//! title) decides: how much of it was heard, and whether that tells enough. Other words of the
//! article help.
//!
//! ```text
//! share  = what was heard of the phrase / all of the phrase         each word by its weight,
//! told   = 1 - exp(-what was heard of the phrase / ENOUGH)          misheard words by how sure they are,
//!          less if it is one word of several
//! others = 1 - exp(-HELP * what else was heard of the article)
//! score  = 1 - (1 - share * told) * (1 - others)
//! ```

use std::collections::HashMap;

use crate::vocabulary::{Heard, Term, Vocabulary};

/// Weight of words that tell enough: a phrase of one everyday word does not.
const ENOUGH: f32 = 0.6;
/// How much one word of a phrase of several counts: it takes two to make a phrase.
const LONE: f32 = 0.6;
/// How much other words of the article's phrases help.
const HELP: f32 = 0.2;
/// How much words of its body count among those.
const BODY: f32 = 0.3;

/// What is compared of one article.
pub(crate) struct Phrases {
    /// Each trigger, and the title.
    phrases: Vec<Vec<Term>>,
    /// Those of the body that stand in none of them, in order.
    body: Vec<Term>,
}

/// How well an article fits, and which words say so.
pub(crate) struct Fit<'a> {
    /// In [0, 1].
    pub score: f32,
    /// Those of its phrases, in their order; those of its body if there are no others.
    pub heard: Vec<&'a Heard>,
}

impl Phrases {
    pub fn new(phrases: Vec<Vec<Term>>, mut body: Vec<Term>) -> Self {
        body.sort_unstable();
        body.dedup();
        body.retain(|term| !phrases.iter().flatten().any(|other| other == term));
        Self { phrases, body }
    }

    /// Different terms of the phrases.
    pub fn keys(&self) -> Vec<Term> {
        let mut keys: Vec<Term> = self.phrases.iter().flatten().copied().collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Terms of the body only.
    pub fn body(&self) -> &[Term] {
        &self.body
    }

    /// Compares the article with what was heard. Each term is there once.
    pub fn fit<'a>(&self, heard: &'a [Heard], vocabulary: &Vocabulary) -> Fit<'a> {
        let sure: HashMap<Term, f32> = heard.iter().map(|h| (h.term, h.sure)).collect();
        let amount = |term: &Term| {
            let sure = sure.get(term).copied().unwrap_or(0.0);
            sure * vocabulary.weight(*term)
        };
        let mut best = 0.0;
        let mut best_phrase: &[Term] = &[];
        for phrase in &self.phrases {
            let all: f32 = phrase.iter().map(|&term| vocabulary.weight(term)).sum();
            let part: f32 = phrase.iter().map(amount).sum();
            if part > 0.0 {
                let strong = || phrase.iter().filter(|term| vocabulary.counts(**term));
                let is_lone = strong().count() > 1
                    && strong().filter(|term| amount(term) > 0.0).count() < 2
                    && !strong().any(|term| amount(term) > 0.0 && vocabulary.tells_alone(*term));
                let lone = if is_lone { LONE } else { 1.0 };
                let fit = lone * part / all * (1.0 - (-part / ENOUGH).exp());
                if fit > best {
                    (best, best_phrase) = (fit, phrase);
                }
            }
        }
        let keys = self.keys();
        let is_key = |heard: &&Heard| keys.binary_search(&heard.term).is_ok();
        let is_body = |heard: &&Heard| self.body.binary_search(&heard.term).is_ok();
        let other: f32 = heard
            .iter()
            .filter(|heard| !best_phrase.contains(&heard.term))
            .map(|heard| match (is_key(&heard), is_body(&heard)) {
                (true, _) => amount(&heard.term),
                (false, true) => BODY * amount(&heard.term),
                (false, false) => 0.0,
            })
            .sum();
        let mut words: Vec<&Heard> = heard.iter().filter(is_key).collect();
        if words.is_empty() {
            words = heard.iter().filter(is_body).collect();
        }
        Fit {
            score: 1.0 - (1.0 - best) * (-HELP * other).exp(),
            heard: words,
        }
    }
}
