//! Hotwords: words and names that a call is known to be about, and that decoding is biased towards.
//!
//! Every hotword becomes a path of tokens in a trie. Where the text so far ends with the beginning
//! of a hotword, the tokens that continue it gain its boost; the tokens that begin one gain half of
//! it. A gain only helps a token over one that the network finds a little more likely, and the
//! likelihood that unfinished hotwords may cost is limited: the list should correct how a word is
//! spelled, not add words that nobody said.

use std::collections::HashMap;
use std::sync::Arc;

use sidetone_language::trie::{Trie, TrieBuilder};
use sidetone_types::recognise::Phrase;

use super::homophones::{Homophones, HomophonesBuilder};
use super::tokens::Tokens;

/// A hotword begins only where the network gives its first token at least this, as the logarithm of
/// a probability.
const LEAST_LIKELY_START: f32 = -5.0;

/// No boost counts for more than this, in the logarithm of a probability.
const HIGHEST_BOOST: f32 = 6.0;

/// The share of a boost that counts in languages written without spaces: there a phrase may begin
/// at any character, and what sounds like one is looked for by other means. Measured with the
/// sample phrases on AISHELL: 94 % of those that were said are heard with all of a boost of 1.5 and
/// with half of it, but 2 are made up with all of it, and none with half.
const UNSPACED: f32 = 0.5;

/// How much likelihood, as a multiple of the highest boost, unfinished phrases of one utterance may
/// cost together.
const PATIENCE: f32 = 3.0;

/// A list of hotwords, ready for matching.
#[derive(Debug)]
pub struct Hotwords {
    trie: Trie<u32, Beginning>,
    highest_boost: f32,
    homophones: Homophones,
}

/// A beginning of one or several phrases.
#[derive(Debug, Default)]
struct Beginning {
    /// The highest boost of the phrases that go through here.
    boost: f32,
    /// Whether a phrase ends here.
    whole: bool,
    /// Whether a space stands before the phrase.
    spaced: bool,
}

/// No phrase yet.
const START: usize = Trie::<u32, Beginning>::ROOT;

impl Hotwords {
    /// Makes a trie of `phrases`. `None` if none of them has a boost.
    pub fn new(phrases: &[Phrase], tokens: &Tokens) -> Option<Arc<Self>> {
        let mut trie = TrieBuilder::<u32, Beginning>::default();
        let mut homophones = HomophonesBuilder::default();
        let mut highest_boost: f32 = 0.0;
        let mut encoder = Encoder::new(tokens);
        for phrase in phrases.iter().filter(|phrase| phrase.boost > 0.0) {
            let boost = phrase.boost.min(HIGHEST_BOOST);
            highest_boost = highest_boost.max(boost);
            homophones.add(phrase.text.trim());
            for spelling in spellings(phrase.text.trim()) {
                for (spaced, text) in [(false, &spelling), (true, &format!(" {spelling}"))] {
                    let pass = |beginning: &mut Beginning| {
                        beginning.boost = beginning.boost.max(boost);
                        beginning.spaced = spaced;
                    };
                    trie.insert(encoder.encode(text), pass).whole = true;
                }
            }
        }
        let trie = trie.build();
        let made = !trie.is_empty();
        made.then(|| {
            Arc::new(Self {
                trie,
                highest_boost,
                homophones: homophones.build(),
            })
        })
    }

    /// The phrases by how they are spoken.
    pub fn homophones(&self) -> &Homophones {
        &self.homophones
    }
}

/// Cuts phrases into tokens, word by word: no token reaches over the space in front of a word, and
/// most words come many times.
struct Encoder<'a> {
    tokens: &'a Tokens,
    words: HashMap<String, Box<[u32]>>,
}

impl<'a> Encoder<'a> {
    fn new(tokens: &'a Tokens) -> Self {
        Self {
            tokens,
            words: HashMap::new(),
        }
    }

    /// The tokens of `text`, as all of it together has them.
    fn encode(&mut self, text: &str) -> Vec<u32> {
        if text.contains(|c: char| c.is_whitespace() && c != ' ') {
            return self.tokens.encode(text);
        }
        let mut all = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            // A space belongs to the word behind it, and of several the last.
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            let word = rest[spaces..]
                .find(' ')
                .map_or(rest.len(), |end| spaces + end);
            let (word, after) = rest.split_at(word);
            match self.words.get(word) {
                Some(known) => all.extend_from_slice(known),
                None => {
                    let new = self.tokens.encode(word);
                    all.extend_from_slice(&new);
                    self.words.insert(word.to_owned(), new.into());
                }
            }
            rest = after;
        }
        all
    }
}

/// How `text` may be written: as it stands, without capitals, and as at the start of a sentence.
fn spellings(text: &str) -> Vec<String> {
    let mut letters = text.chars();
    let capitalised = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect());
    let mut spellings: Vec<String> = [
        Some(text.to_owned()),
        Some(text.to_lowercase()),
        capitalised,
    ]
    .into_iter()
    .flatten()
    .collect();
    spellings.retain(|spelling| !spelling.is_empty());
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

/// What the last token of a text is to the hotwords.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Match {
    /// The end of one.
    Finished,
    /// Part of one.
    Open,
    /// Nothing.
    None,
}

/// How far a text has come within some lists of hotwords.
#[derive(Clone, Debug)]
pub struct HotwordBias {
    lists: Arc<[Arc<Hotwords>]>,
    /// The beginnings of hotwords that the text ends with, never the empty one: a list and a node
    /// of its trie.
    open: Vec<(usize, usize)>,
    /// Whether phrases may begin anywhere, as in languages written without spaces.
    unspaced: bool,
    /// Whether the text ends with a letter or a digit.
    in_word: bool,
    /// The likelihood that unfinished hotwords have cost.
    spent: f32,
}

impl HotwordBias {
    /// At the start of a text in a language written with spaces, or `unspaced`.
    pub fn new(lists: Arc<[Arc<Hotwords>]>, unspaced: bool) -> Self {
        Self {
            lists,
            open: Vec::new(),
            unspaced,
            in_word: false,
            spent: 0.0,
        }
    }

    /// Most that hotwords which are not finished may add to a text's score. More would write what
    /// nobody said.
    pub const MOST_PENDING: f32 = HIGHEST_BOOST;

    /// The tokens that continue a hotword or begin one, and the boost of each.
    pub fn offers(&self, log_prob: impl Fn(u32) -> f32) -> Vec<(u32, f32)> {
        let share = if self.unspaced { UNSPACED } else { 1.0 };
        let carried_on = self.open.iter().flat_map(|&(list, open)| {
            let trie = &self.lists[list].trie;
            let next = trie.next(open);
            next.map(move |(token, to)| (token, share * trie.value(to).boost))
        });
        let begun = self.lists.iter().flat_map(|list| {
            let first = list.trie.next(START);
            first
                .map(|(token, to)| (token, list.trie.value(to)))
                .filter(|(token, to)| self.may_begin(to) && log_prob(*token) >= LEAST_LIKELY_START)
                .map(|(token, to)| (token, share * to.boost / 2.0))
        });
        carried_on.chain(begun).collect()
    }

    /// The tokens that continue a hotword.
    pub fn continuations(&self) -> impl Iterator<Item = u32> {
        let open = self.open.iter();
        let next = open.flat_map(|&(list, open)| self.lists[list].trie.next(open));
        next.map(|(token, _)| token)
    }

    /// The token to take: `best`, which has the highest of `log_probs`, or one that is likelier
    /// with its boost.
    pub fn choose(&self, log_prob: impl Fn(u32) -> f32, best: u32) -> u32 {
        let boosts = self.lists.iter().map(|list| list.highest_boost);
        let patience = PATIENCE * boosts.fold(0.0, f32::max) - self.spent;
        let most = log_prob(best);
        let offers = self.offers(&log_prob).into_iter();
        let boosted = offers.filter_map(|(token, boost)| {
            let log_prob = log_prob(token);
            (most - log_prob <= patience).then_some((token, log_prob + boost))
        });
        // What `best` itself may gain counts too: it may be the right word already.
        let likeliest = boosted
            .chain([(best, most)])
            .max_by(|a, b| a.1.total_cmp(&b.1));
        likeliest.map_or(best, |(token, _)| token)
    }

    /// What the last token was to the hotwords.
    pub fn matched(&self) -> Match {
        let is_whole = |&(list, open): &(usize, usize)| self.lists[list].trie.value(open).whole;
        if self.open.iter().any(is_whole) {
            Match::Finished
        } else if self.open.is_empty() {
            Match::None
        } else {
            Match::Open
        }
    }

    /// Tells that `token`, of these `bytes`, was taken, and how much less likely than the best it
    /// was.
    pub fn advance(&mut self, token: u32, bytes: &[u8], cost: f32) {
        let carried_on = self
            .open
            .iter()
            .filter_map(|&(list, open)| Some((list, self.lists[list].trie.child(open, token)?)));
        let begun = self.lists.iter().enumerate().filter_map(|(at, list)| {
            let to = list.trie.child(START, token)?;
            self.may_begin(list.trie.value(to)).then_some((at, to))
        });
        self.open = carried_on.chain(begun).collect();
        self.spent += cost;
        if self.matched() == Match::Finished {
            self.spent = 0.0;
        }
        self.in_word = bytes
            .last()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    }

    /// Whether a phrase with this `beginning` may begin here: not in the middle of a word.
    fn may_begin(&self, beginning: &Beginning) -> bool {
        self.unspaced || !self.in_word || beginning.spaced
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::asr::tokens::tests::small;

    fn phrase(text: &str, boost: f32) -> Phrase {
        Phrase {
            text: text.to_owned(),
            boost,
        }
    }

    fn bias(phrases: &[Phrase], tokens: &Tokens) -> HotwordBias {
        let list = Hotwords::new(phrases, tokens).expect("there are phrases");
        HotwordBias::new(Arc::from([list]), false)
    }

    fn token(c: char) -> u32 {
        u32::from(c)
    }

    /// Feeds `text`, then offers the tokens with their log-probabilities; all others are hopeless.
    fn chosen(phrases: &[Phrase], text: &str, offers: &[(u32, f32)]) -> u32 {
        let tokens = small();
        let mut bias = bias(phrases, &tokens);
        for token in tokens.encode(text) {
            bias.advance(token, tokens.bytes(token), 0.0);
        }
        let log_prob = |token| {
            offers
                .iter()
                .find(|(t, _)| *t == token)
                .map_or(-30.0, |(_, log_prob)| *log_prob)
        };
        let best = offers
            .iter()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .expect("an offer")
            .0;
        bias.choose(log_prob, best)
    }

    proptest! {
        #[test]
        fn word_by_word_phrases_have_the_same_tokens(text in "([aiuhyno!]{0,4}[ ]{0,3}[\t\u{3000}]{0,1}){0,6}") {
            let tokens = small();
            let mut encoder = Encoder::new(&tokens);
            for _ in 0..2 {
                prop_assert_eq!(encoder.encode(&text), tokens.encode(&text));
            }
        }
    }

    #[test]
    fn phrases_are_carried_on_rather_than_begun() {
        let (x, z, a) = (token('x'), token('z'), 258);
        for (case, boost, text, offers, expected) in [
            (
                "carried on within its boost",
                4.0,
                "hi!",
                vec![(x, -3.5), (a, -0.1)],
                x,
            ),
            (
                "not carried on beyond it",
                4.0,
                "hi!",
                vec![(x, -4.5), (a, -0.1)],
                a,
            ),
            (
                "not at all without a boost to speak of",
                0.1,
                "hi!",
                vec![(x, -3.5), (a, -0.1)],
                a,
            ),
            (
                "not after something else",
                4.0,
                "ha!",
                vec![(x, -3.5), (a, -0.1)],
                a,
            ),
            (
                "begun within half of its boost",
                4.0,
                "x ",
                vec![(token('h'), -1.9), (a, -0.2)],
                token('h'),
            ),
            (
                "not begun beyond half",
                4.0,
                "x ",
                vec![(token('h'), -2.9), (a, -0.2)],
                a,
            ),
            (
                "not begun when nothing speaks for it",
                6.0,
                "",
                vec![(token('h'), -5.5), (a, -4.9)],
                a,
            ),
            (
                "not begun within another word",
                4.0,
                "x",
                vec![(token('h'), -1.9), (a, -0.2)],
                a,
            ),
            (
                "left alone where it leads nowhere",
                4.0,
                "hi!",
                vec![(z, -1.0), (a, -0.9)],
                a,
            ),
        ] {
            assert_eq!(
                chosen(&[phrase("hi!x", boost)], text, &offers),
                expected,
                "{case}"
            );
        }
    }

    #[test]
    fn no_boost_is_boundless() {
        let offers = [(token('x'), -6.5), (258, 0.0)];
        assert_eq!(chosen(&[phrase("hi!x", 1e9)], "hi!", &offers), 258);
    }

    #[test]
    fn phrases_that_come_to_nothing_use_up_the_patience() {
        let tokens = small();
        let mut bias = bias(&[phrase("hxy", 4.0)], &tokens);
        let offer = |t| match t {
            258 => -0.1,
            t if t == token('h') => -1.5,
            _ => -30.0,
        };
        assert_eq!(bias.choose(offer, 258), token('h'));
        for _ in 0..8 {
            bias.advance(token('h'), b"h", 1.4);
            bias.advance(token('.'), b".", 0.0);
        }
        assert_eq!(bias.choose(offer, 258), 258);
        for t in ['h', 'x', 'y'] {
            bias.advance(token(t), &[t as u8], 0.0);
        }
        bias.advance(token('.'), b".", 0.0);
        assert_eq!(
            bias.choose(offer, 258),
            token('h'),
            "a phrase that was finished restores it"
        );
    }

    #[test]
    fn phrases_are_known_in_usual_spellings() {
        for (text, expected) in [
            ("iPhone", vec!["IPhone", "iPhone", "iphone"]),
            ("Éclair", vec!["Éclair", "éclair"]),
            ("发票", vec!["发票"]),
            ("", vec![]),
        ] {
            assert_eq!(spellings(text), expected);
        }
    }

    #[test]
    fn an_empty_vocabulary_is_none() {
        for phrases in [vec![], vec![phrase("hi", 0.0)], vec![phrase("  ", 3.0)]] {
            assert!(Hotwords::new(&phrases, &small()).is_none(), "{phrases:?}");
        }
    }
}
