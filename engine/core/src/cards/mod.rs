//! What is looked up while somebody speaks, and which of the articles found become cards.
//!
//! The look-up itself is asked for and answered later. The words of an utterance are looked up as
//! they settle, together with what the same side said just before: people pause in the middle of a
//! sentence.

mod meant;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::mandarin_words::MandarinWords;

use crate::stable_words::StableWords;
use meant::Heard;
use sidetone_types::assist::Suggestion;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

/// Which articles become cards.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardConfig {
    /// Articles that fit less well than this are not shown. Lower shows more cards, and more
    /// wrong ones.
    #[schemars(range(min = 0.0, max = 1.0), extend("unit" = "score"))]
    pub min_score: f32,
    /// Most cards for one utterance; 0 shows none.
    #[schemars(range(min = 0, max = 20), extend("unit" = "cards"))]
    pub per_utterance: u32,
    /// The same card is not shown again for this long.
    #[schemars(range(min = 0, max = 86_400_000))]
    pub repeat_ms: u32,
    /// What the same side said up to this long before still belongs to the sentence.
    #[schemars(range(min = 0, max = 60_000))]
    pub context_ms: u32,
}

impl Default for CardConfig {
    fn default() -> Self {
        Self {
            min_score: 0.55,
            per_utterance: 2,
            repeat_ms: 120_000,
            context_ms: 4_000,
        }
    }
}

/// Names one look-up. Unique within the call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct QueryId(pub u64);

/// What to look up.
#[derive(Clone, PartialEq)]
pub struct Query {
    /// Comes back with the answer.
    pub id: QueryId,
    /// The language it was said in.
    pub lang: Lang,
    /// What was said. Not a query syntax.
    pub text: String,
}

impl std::fmt::Debug for Query {
    /// Nobody's words in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Query({}, {} bytes)", self.id.0, self.text.len())
    }
}

/// An article that fits a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Which article.
    pub article_id: String,
    /// Its title.
    pub title: String,
    /// The sentence of it that fits best.
    pub snippet: String,
    /// What the agent may say.
    pub say: String,
    /// What callers say who need it.
    pub triggers: Vec<String>,
    /// What callers say who mean something else.
    pub not: Vec<String>,
    /// How well it fits, in [0, 1].
    pub score: f32,
    /// Where in [`Query::text`] the words stand that it fits, in bytes and in order.
    pub matched: Vec<Range<usize>>,
}

/// A card to show, and the words on the call's timeline that brought it up.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Who said them.
    pub side: Side,
    /// Where the first of them begins.
    pub start: MediaTime,
    /// Where the last of them ends.
    pub end: MediaTime,
    /// The card.
    pub suggestion: Suggestion,
}

/// Decides for one call what is looked up and what is shown.
#[derive(Debug)]
pub struct Cards {
    config: CardConfig,
    lexicon: Arc<Lexicon>,
    last_query: u64,
    asked: HashMap<QueryId, Asked>,
    /// The utterance that is being looked up: how many of its words have been, and cards it gave.
    current: Option<Current>,
    /// The last finished utterance.
    before: Option<StableWords>,
    /// When each card was last shown.
    shown: HashMap<String, MediaTime>,
}

#[derive(Debug)]
struct Current {
    utterance: UtteranceId,
    words: usize,
    cards: u32,
    /// Whether a card waits for the words that may say that something else is meant.
    waits: bool,
}

/// A query on its way: the words it is made of, and where each stands in its text.
#[derive(Debug)]
struct Asked {
    utterance: UtteranceId,
    side: Side,
    lang: Lang,
    words: Vec<(Range<usize>, TimedWord)>,
    /// The first of `words` that is not context.
    first: usize,
    /// Whether no more words will come.
    finished: bool,
}

impl Cards {
    /// Nothing has been said yet.
    pub fn new(config: CardConfig, lexicon: Arc<Lexicon>) -> Self {
        Self {
            config,
            lexicon,
            last_query: 0,
            asked: HashMap::new(),
            current: None,
            before: None,
            shown: HashMap::new(),
        }
    }

    /// Takes what was said. Only what customers say is looked up, and only if it is new.
    pub fn observe_words(&mut self, said: &StableWords) -> Option<Query> {
        if said.side != Side::Customer {
            return None;
        }
        let current = match &mut self.current {
            Some(current) if current.utterance == said.utterance => current,
            current => current.insert(Current {
                utterance: said.utterance,
                words: 0,
                cards: 0,
                waits: false,
            }),
        };
        let is_new = said.words.len() > current.words || said.finished && current.waits;
        current.words = said.words.len();
        current.waits = false;
        let query = is_new.then(|| self.ask(said));
        if said.finished {
            self.before = Some(said.clone());
        }
        query
    }

    fn ask(&mut self, said: &StableWords) -> Query {
        self.last_query += 1;
        let id = QueryId(self.last_query);
        let near = Duration::from_millis(self.config.context_ms.into());
        let context = self.before.as_ref().filter(|before| {
            before.utterance != said.utterance
                && before.lang == said.lang
                && said.start().since(before.end()) <= near
        });
        let context: &[TimedWord] = context.map_or(&[], |before| &before.words);
        let mut text = String::new();
        let mut words = Vec::new();
        for word in context.iter().chain(&said.words) {
            let start = text.len();
            text.push_str(&word.spaced);
            words.push((start..text.len(), word.clone()));
        }
        let asked = Asked {
            utterance: said.utterance,
            side: said.side,
            lang: said.lang,
            words,
            first: context.len(),
            finished: said.finished,
        };
        self.asked.insert(id, asked);
        Query {
            id,
            lang: said.lang,
            text,
        }
    }

    /// Takes the fits of a query, best first, and gives the cards to show.
    pub fn found(&mut self, id: QueryId, fits: Vec<Fit>) -> Vec<Card> {
        let Some(asked) = self.asked.remove(&id) else {
            return Vec::new();
        };
        let text = asked.text();
        let words = MandarinWords::of(&text);
        let mut cards = Vec::new();
        // What better fits are about.
        let mut told: Vec<Range<usize>> = Vec::new();
        for fit in fits {
            if fit.score < self.config.min_score || !self.has_room(asked.utterance) {
                break;
            }
            let heard = Heard::new(&text, &fit, &words, &self.lexicon);
            let waits = !asked.finished && heard.may_change();
            let is_shown = heard.is_meant() && {
                let says_more = heard.says_more_than(&told);
                told.extend_from_slice(&fit.matched);
                says_more && !waits
            };
            if let Some(current) = &mut self.current {
                current.waits |= waits;
            }
            if !is_shown {
                continue;
            }
            let Some(card) = asked.card(fit).filter(|card| !self.was_shown(card)) else {
                continue;
            };
            self.shown
                .insert(card.suggestion.article_id.clone(), card.end);
            if let Some(current) = &mut self.current {
                current.cards += 1;
            }
            cards.push(card);
        }
        cards
    }

    /// Whether answers are still awaited.
    pub fn is_waiting(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Waits for no answer any more.
    pub fn give_up(&mut self) {
        self.asked.clear();
    }

    /// An answer to words of an utterance that is over for good comes too late to count.
    fn has_room(&self, utterance: UtteranceId) -> bool {
        match &self.current {
            Some(current) if current.utterance == utterance => {
                current.cards < self.config.per_utterance
            }
            _ => true,
        }
    }

    fn was_shown(&self, card: &Card) -> bool {
        let pause = Duration::from_millis(self.config.repeat_ms.into());
        let last = self.shown.get(&card.suggestion.article_id);
        last.is_some_and(|last| card.end.since(*last) < pause)
    }
}

impl Asked {
    /// The card of a fit; `None` if nothing that was said last speaks for it.
    fn card(&self, fit: Fit) -> Option<Card> {
        let overlaps = |range: &Range<usize>| {
            let matched = |m: &Range<usize>| m.start < range.end && range.start < m.end;
            fit.matched.iter().any(matched)
        };
        let hits: Vec<usize> = (0..self.words.len())
            .filter(|i| overlaps(&self.words[*i].0))
            .collect();
        let (first, last) = (*hits.first()?, *hits.last()?);
        if last < self.first {
            return None;
        }
        Some(Card {
            side: self.side,
            start: self.words[first].1.start,
            end: self.words[last].1.end,
            suggestion: Suggestion {
                utterance: self.utterance,
                article_id: fit.article_id,
                lang: self.lang,
                title: fit.title,
                snippet: fit.snippet,
                say: fit.say,
                triggers: self.triggers(&hits),
                score: fit.score,
            },
        })
    }

    /// All of it, as it was asked.
    fn text(&self) -> String {
        let spaced = self.words.iter().map(|(_, word)| word.spaced.as_str());
        spaced.collect()
    }

    /// The words that were hit, neighbours together.
    fn triggers(&self, hits: &[usize]) -> Vec<String> {
        let runs = hits.chunk_by(|a, b| a + 1 == *b);
        let line = |run: &[usize]| {
            let words: String = run
                .iter()
                .map(|i| self.words[*i].1.spaced.as_str())
                .collect();
            words
                .trim_matches(|c: char| !c.is_alphanumeric())
                .to_owned()
        };
        runs.map(line).collect()
    }
}

#[cfg(test)]
mod tests;
