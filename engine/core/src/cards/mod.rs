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
mod tests {
    use super::*;

    fn said(utterance: u64, start_ms: u64, text: &str, finished: bool) -> StableWords {
        let words: Vec<&str> = match text.contains(' ') {
            true => text.split_inclusive(' ').collect(),
            false => text.split_inclusive(|_| true).collect(),
        };
        let words = words.into_iter().enumerate().map(|(i, word)| {
            let start = MediaTime::from_millis(start_ms + 300 * i as u64);
            TimedWord {
                word: word.trim().to_owned(),
                spaced: word.to_owned(),
                start,
                end: start + Duration::from_millis(300),
                confidence: 0.9,
            }
        });
        StableWords {
            utterance: UtteranceId(utterance),
            side: Side::Customer,
            lang: Lang::EN,
            words: words.collect(),
            finished,
        }
    }

    /// An article that fits the words given, wherever they stand in the query.
    fn fit(query: &Query, article: &str, words: &[&str]) -> Fit {
        let matched = words.iter().filter_map(|word| {
            let at = query.text.find(word)?;
            Some(at..at + word.len())
        });
        Fit {
            article_id: article.to_owned(),
            title: String::new(),
            snippet: String::new(),
            say: String::new(),
            triggers: Vec::new(),
            not: Vec::new(),
            score: 0.8,
            matched: matched.collect(),
        }
    }

    fn cards() -> Cards {
        Cards::new(CardConfig::default(), Lexicon::built_in())
    }

    #[test]
    fn words_are_looked_up_as_they_settle_and_no_words_twice() {
        let mut cards = cards();
        let texts = [
            ("I was ", false),
            ("I was ", false),
            ("I was charged ", false),
            ("I was charged ", true),
        ];
        let asked: Vec<bool> = texts
            .into_iter()
            .map(|(text, finished)| cards.observe_words(&said(1, 0, text, finished)).is_some())
            .collect();
        assert_eq!(asked, [true, false, true, false]);
        let agent = StableWords {
            side: Side::Agent,
            ..said(2, 0, "I was charged", true)
        };
        assert_eq!(cards.observe_words(&agent), None);
    }

    #[test]
    fn a_card_spans_its_trigger_words_and_names_them() {
        let mut cards = cards();
        let query = cards
            .observe_words(&said(1, 1_000, "I was charged twice。 again", true))
            .expect("new words");
        let fits = vec![fit(&query, "double", &["charged", "twice"])];
        let found = cards.found(query.id, fits);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].start.as_millis(), 1_600);
        assert_eq!(found[0].end.as_millis(), 2_200);
        assert_eq!(found[0].suggestion.triggers, ["charged twice"]);
    }

    #[test]
    fn a_sentence_goes_on_after_a_pause_but_not_after_a_long_one() {
        for (start_ms, text) in [
            (2_000, "I was charged twice on my bill"),
            (9_000, "twice on my bill"),
        ] {
            let mut cards = cards();
            cards.observe_words(&said(1, 0, "I was charged ", true));
            let query = cards
                .observe_words(&said(2, start_ms, "twice on my bill", true))
                .expect("new words");
            assert_eq!(query.text, text);
        }
    }

    #[test]
    fn what_only_fits_the_sentence_before_gives_no_card() {
        let mut cards = cards();
        cards.observe_words(&said(1, 0, "my router ", true));
        let query = cards
            .observe_words(&said(2, 1_000, "thank you", true))
            .expect("new words");
        let fits = vec![fit(&query, "router", &["router"])];
        assert_eq!(cards.found(query.id, fits), []);
    }

    #[test]
    fn the_same_card_is_shown_again_only_much_later() {
        let mut cards = cards();
        let mut shown = Vec::new();
        for (utterance, start_ms) in [(1, 0), (2, 60_000), (3, 200_000)] {
            let query = cards
                .observe_words(&said(utterance, start_ms, "a refund please", true))
                .expect("new words");
            let fits = vec![fit(&query, "refund", &["refund"])];
            shown.push(cards.found(query.id, fits).len());
        }
        assert_eq!(shown, [1, 0, 1]);
    }

    #[test]
    fn an_utterance_gives_its_best_cards_and_not_more() {
        let mut cards = cards();
        let query = cards
            .observe_words(&said(1, 0, "a refund for the router on my bill", true))
            .expect("new words");
        let fits = [("a", "refund"), ("b", "router"), ("c", "bill")];
        let fits = fits.map(|(article, word)| fit(&query, article, &[word]));
        let found = cards.found(query.id, fits.into());
        let ids: Vec<&str> = found
            .iter()
            .map(|c| c.suggestion.article_id.as_str())
            .collect();
        assert_eq!(ids, ["a", "b"]);
    }
    #[test]
    fn what_is_not_so_not_wanted_long_done_or_of_another_thing_gives_no_card() {
        let triggers = [
            "I lost my sim",
            "cancel",
            "cancel my contract",
            "my phone is not working",
            "I have a complaint",
            "我不想用了",
        ];
        for (text, words, expected) in [
            ("I want to file a complaint", vec!["complaint"], true),
            ("我不想用了", vec!["不想用"], true),
            ("我不想退", vec!["不想"], false),
            ("I lost my sim", vec!["lost", "sim"], true),
            ("I have not lost my sim", vec!["lost", "sim"], false),
            (
                "I have not lost it but cancel my contract",
                vec!["lost", "cancel", "contract"],
                true,
            ),
            ("my phone is not working", vec!["phone", "working"], true),
            ("I do not want to cancel", vec!["cancel"], false),
            ("I cancelled last year", vec!["cancelled"], false),
            ("I lost it last year", vec!["lost"], true),
            ("cancel my appointment on Tuesday", vec!["cancel"], false),
            (
                "cancel my appointment and my contract",
                vec!["cancel", "contract"],
                true,
            ),
        ] {
            let mut cards = cards();
            let query = cards
                .observe_words(&said(1, 0, text, true))
                .expect("new words");
            let fit = Fit {
                triggers: triggers.map(str::to_owned).into(),
                not: vec!["cancel … appointment".to_owned()],
                ..fit(&query, "an article", &words)
            };
            assert_eq!(
                !cards.found(query.id, vec![fit]).is_empty(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_over_gives_no_card_unless_more_is_asked() {
        for (text, words, expected) in [
            (
                "the refund came through this morning",
                vec!["refund"],
                false,
            ),
            (
                "the refund came through but it is only half",
                vec!["refund"],
                true,
            ),
            ("the refund has not come through", vec!["refund"], true),
            ("you said the refund came through", vec!["refund"], true),
            ("has the refund come through", vec!["refund"], true),
            ("I got the refund thank you", vec!["refund"], false),
            ("I never got the refund", vec!["refund"], true),
            (
                "I have returned the router",
                vec!["returned", "router"],
                false,
            ),
            (
                "I have returned the router, where is my deposit",
                vec!["returned", "router"],
                true,
            ),
            ("it was down and then it came back on", vec!["down"], false),
            (
                "I thought I lost my sim but it was in the car",
                vec!["lost", "sim"],
                false,
            ),
            ("退款已经到了", vec!["退款"], false),
            ("退款已经到了可是只退了一半", vec!["退款"], true),
            ("退款到账了吗", vec!["退款"], true),
            ("路由器已经寄回去了", vec!["路由器", "寄回"], false),
            ("路由器已经坏了三天了", vec!["路由器", "坏了"], true),
            ("还以为手机丢了，原来在车上", vec!["手机", "丢了"], false),
        ] {
            let mut cards = cards();
            let query = cards
                .observe_words(&said(1, 0, text, true))
                .expect("new words");
            let triggers = [
                "where is my refund",
                "return the router",
                "I lost my sim",
                "路由器坏了",
                "手机丢了",
            ];
            let fit = Fit {
                triggers: triggers.map(str::to_owned).into(),
                ..fit(&query, "an article", &words)
            };
            assert_eq!(
                !cards.found(query.id, vec![fit]).is_empty(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_card_waits_only_for_what_is_begun_and_may_yet_deny_it() {
        for (text, words, expected) in [
            (
                "you charged me twice on my bill",
                vec!["charged", "twice"],
                Some("twice"),
            ),
            // The next clause may say that it is over.
            (
                "I was charged twice on my bill",
                vec!["charged", "twice"],
                Some("bill"),
            ),
            (
                "I was charged twice but you put it right",
                vec!["charged", "twice"],
                None,
            ),
            ("I want to cancel and I mean it", vec!["cancel"], Some("I")),
            (
                "I want to cancel my contract",
                vec!["cancel", "contract"],
                Some("contract"),
            ),
            ("I want to cancel my appointment", vec!["cancel"], None),
            (
                "I want a refund by next week at the latest",
                vec!["refund"],
                Some("next"),
            ),
            ("the refund came through this morning", vec!["refund"], None),
            (
                "the refund is wrong by forty pounds I want more",
                vec!["refund"],
                Some("I"),
            ),
            (
                "my daughter lost her sim at school but she found it",
                vec!["lost", "sim"],
                None,
            ),
            (
                "my daughter lost her sim we need another",
                vec!["lost", "sim"],
                Some("we"),
            ),
            ("退款怎么还没到", vec!["退款"], Some("么")),
            ("退款昨天就收到了", vec!["退款"], None),
            ("我要投诉你们的服务", vec!["投诉"], Some("们")),
            ("投诉就算了", vec!["投诉"], None),
        ] {
            let mut cards = cards();
            let mut shown = None;
            let mut text_so_far = String::new();
            let spaced: Vec<String> = match text.is_ascii() {
                true => text.split(' ').map(|word| format!("{word} ")).collect(),
                false => text.chars().map(String::from).collect(),
            };
            for (place, word) in (1..).zip(&spaced) {
                text_so_far.push_str(word);
                let Some(query) =
                    cards.observe_words(&said(1, 0, &text_so_far, place == spaced.len()))
                else {
                    continue;
                };
                let heard: Vec<&str> = words
                    .iter()
                    .copied()
                    .filter(|word| text_so_far.contains(word))
                    .collect();
                let fit = Fit {
                    triggers: vec!["cancel".to_owned(), "I lost my sim".to_owned()],
                    not: vec!["cancel … appointment".to_owned()],
                    ..fit(&query, "an article", &heard)
                };
                if !heard.is_empty() && !cards.found(query.id, vec![fit]).is_empty() {
                    shown = Some(word.trim().to_owned());
                }
            }
            assert_eq!(shown.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn of_two_articles_for_the_same_words_the_better_one_is_shown() {
        let mut cards = cards();
        let query = cards
            .observe_words(&said(
                1,
                0,
                "charged twice on my bill and the wifi is slow",
                true,
            ))
            .expect("new words");
        let fits = vec![
            fit(&query, "charged twice", &["charged", "twice", "bill"]),
            fit(&query, "high bill", &["charged", "bill"]),
            fit(&query, "slow wifi", &["wifi", "slow"]),
        ];
        let found = cards.found(query.id, fits);
        let titles: Vec<&str> = found
            .iter()
            .map(|card| card.suggestion.article_id.as_str())
            .collect();
        assert_eq!(titles, ["charged twice", "slow wifi"]);
    }
}
