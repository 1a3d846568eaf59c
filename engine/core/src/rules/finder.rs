//! Finds all phrases of all rules in one pass over the tokens, as near as they may be heard.
//!
//! The phrases stand in a tree, word by word. From every token of the text the tree is walked as
//! far as the text goes along, so that the cost depends on what is said and hardly on how many
//! rules there are.

use std::ops::Range;
use std::sync::Arc;

use super::vocabulary::{LONG_WORD, Likeness, Vocabulary, WordId};
use sidetone_language::clauses::ends_clause;
use sidetone_language::fold::is_han;
use sidetone_language::lexicon::Lexicon;
use sidetone_language::spoken::{Form, Spoken, spoken};

/// So long must the stem be of a misspelt word that is known without help: "blinking" is not
/// "blind".
const LONG_STEM: usize = 6;
/// A word this long, heard right, helps to know a misspelt one beside it.
const TELLING_WORD: usize = 4;
/// From this many words on, two of a phrase may be misspelt.
const LONG_PHRASE: usize = 6;
/// No phrase may have more misfits than this, however long it is.
const MOST_MISFITS: u8 = 3;

/// So many words of a phrase may have been said of one that is not over.
const LONGEST_BEGUN: usize = 6;

/// Where a phrase was found, and which one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Hit {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// The phrase as the rule writes it, if something else was heard that sounds like it.
    pub meant: Option<Arc<str>>,
}

impl Hit {
    /// Where it stands in the words joined together, in bytes.
    pub fn place(&self, text: &[Spoken]) -> Range<usize> {
        let of = &text[self.tokens.clone()];
        let start = of.first().map_or(0, |first| first.token.span.start);
        start..of.last().map_or(start, |last| last.token.span.end)
    }
}

/// Phrases, and what `T` wants to know when one is found.
#[derive(Debug)]
pub(super) struct Finder<T> {
    lexicon: Arc<Lexicon>,
    vocabulary: Vocabulary,
    phrases: Vec<Phrase<T>>,
    /// The first is the root.
    nodes: Vec<Node>,
    /// Word → where the root leads with it; 0 is nowhere.
    roots: Vec<u32>,
}

#[derive(Debug)]
struct Phrase<T> {
    text: Arc<str>,
    exact: bool,
    /// Whether its clause must end with it.
    ends: bool,
    /// Words in letters.
    words: usize,
    /// Chinese characters and digits.
    signs: usize,
    tag: T,
}

#[derive(Debug, Default)]
struct Node {
    /// Ordered by word.
    next: Vec<(WordId, u32)>,
    /// Phrases that end here.
    ends: Vec<usize>,
}

/// How well the text has gone along with a phrase so far.
#[derive(Clone, Copy, Default)]
struct Fit {
    /// Signs that sound the same.
    sound: u8,
    /// Signs that sound much the same.
    near: u8,
    /// Whether the last sign does.
    ends_near: bool,
    /// Words that differ by a letter.
    misspelt: u8,
    /// Whether one of those is short.
    short_misspelt: bool,
    /// Whether a longer word is just right.
    telling: bool,
}

/// The phrase has nothing that could be looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Wordless;

impl<T> Finder<T> {
    /// Finds nothing yet. Phrases are read by the word lists of `lexicon`.
    pub fn new(lexicon: Arc<Lexicon>) -> Self {
        Self {
            lexicon,
            vocabulary: Vocabulary::default(),
            phrases: Vec::new(),
            nodes: vec![Node::default()],
            roots: Vec::new(),
        }
    }
}

impl<T: Copy + PartialEq> Finder<T> {
    /// Adds a phrase. An exact one is found only where it is said just so; case and endings do not
    /// count.
    pub fn add(&mut self, text: &str, exact: bool, tag: T) -> Result<(), Wordless> {
        let said = spoken([text], &self.lexicon);
        if said.is_empty() {
            return Err(Wordless);
        }
        // Of 一了百了 without its particles too little is left to tell it by its sound from 一摆.
        let signs = text.chars().filter(|c| is_han(*c)).count();
        let exact = exact || said.len() * 2 <= signs;
        let mut node = 0;
        for said in &said {
            let word = self.vocabulary.add(said);
            node = self.step_or_grow(node, word);
        }
        let node = &mut self.nodes[node as usize];
        let ends = text.ends_with('.');
        let mut known = node.ends.iter().map(|end| &self.phrases[*end]);
        if known.any(|known| known.exact == exact && known.ends == ends && known.tag == tag) {
            return Ok(());
        }
        let is_word = |said: &&Spoken| matches!(said.form, Form::Word { .. });
        let words = said.iter().filter(is_word).count();
        node.ends.push(self.phrases.len());
        self.phrases.push(Phrase {
            text: text.into(),
            exact,
            ends,
            words,
            signs: said.len() - words,
            tag,
        });
        Ok(())
    }

    fn step_or_grow(&mut self, node: u32, word: WordId) -> u32 {
        let new = u32::try_from(self.nodes.len()).expect("rules have fewer words than that");
        let next = &mut self.nodes[node as usize].next;
        let place = match next.binary_search_by_key(&word, |(word, _)| *word) {
            Ok(place) => return next[place].1,
            Err(place) => place,
        };
        next.insert(place, (word, new));
        self.nodes.push(Node::default());
        if node == 0 {
            self.roots.resize(self.vocabulary.len(), 0);
            self.roots[word.0 as usize] = new;
        }
        new
    }

    /// Every place of every phrase, by where it begins.
    pub fn find(&self, text: &[Spoken]) -> Vec<(T, Hit)> {
        let meant: Vec<Vec<(WordId, Likeness)>> = text
            .iter()
            .map(|token| self.vocabulary.meant_by(token))
            .collect();
        let mut hits = Vec::new();
        for start in 0..text.len() {
            let walk = Walk {
                text,
                meant: &meant,
                start,
            };
            self.walk(&walk, start, 0, Fit::default(), &mut hits);
        }
        hits
    }

    /// What the last words of a text may become with more of them, and where that begins.
    pub fn may_become(&self, text: &[Spoken]) -> Vec<(T, usize)> {
        let last = text.len().saturating_sub(LONGEST_BEGUN);
        let meant: Vec<_> = text[last..]
            .iter()
            .map(|token| self.vocabulary.meant_by(token))
            .collect();
        let mut begun = Vec::new();
        for start in last..text.len() {
            self.follow(&meant[start - last..], 0, start, &mut begun);
        }
        begun
    }

    fn follow(
        &self,
        words: &[Vec<(WordId, Likeness)>],
        node: u32,
        start: usize,
        begun: &mut Vec<(T, usize)>,
    ) {
        let Some((first, rest)) = words.split_first() else {
            let next = &self.nodes[node as usize].next;
            return next
                .iter()
                .for_each(|(_, next)| self.collect(*next, start, begun));
        };
        for &(word, _) in first {
            if let Some(next) = self.step(node, word) {
                self.follow(rest, next, start, begun);
            }
        }
    }

    fn collect(&self, node: u32, start: usize, begun: &mut Vec<(T, usize)>) {
        let node = &self.nodes[node as usize];
        begun.extend(node.ends.iter().map(|end| (self.phrases[*end].tag, start)));
        node.next
            .iter()
            .for_each(|(_, next)| self.collect(*next, start, begun));
    }

    fn walk(&self, walk: &Walk, at: usize, node: u32, fit: Fit, hits: &mut Vec<(T, Hit)>) {
        for &phrase in &self.nodes[node as usize].ends {
            let phrase = &self.phrases[phrase];
            let tokens = walk.start..at;
            let may_end = || !phrase.ends || ends_clause(&self.lexicon.clauses, walk.text, at);
            if fit.is_enough_for(phrase) && !cuts_number(walk.text, &tokens) && may_end() {
                let meant = (!fit.is_perfect()).then(|| Arc::clone(&phrase.text));
                hits.push((phrase.tag, Hit { tokens, meant }));
            }
        }
        let Some(words) = walk.meant.get(at) else {
            return;
        };
        for &(word, likeness) in words {
            let Some(next) = self.step(node, word) else {
                continue;
            };
            let fit = fit.and(&walk.text[at], likeness);
            if fit.near + fit.misspelt <= MOST_MISFITS {
                self.walk(walk, at + 1, next, fit, hits);
            }
        }
    }

    fn step(&self, node: u32, word: WordId) -> Option<u32> {
        if node == 0 {
            return self
                .roots
                .get(word.0 as usize)
                .copied()
                .filter(|next| *next != 0);
        }
        let next = &self.nodes[node as usize].next;
        let place = next.binary_search_by_key(&word, |(word, _)| *word).ok()?;
        Some(next[place].1)
    }
}

/// Whether a place begins or ends within a longer number: 12345 is a hotline, in a telephone number
/// it is not.
fn cuts_number(text: &[Spoken], place: &Range<usize>) -> bool {
    let inside = |at: usize| {
        let digit = |token: &Spoken| matches!(token.form, Form::Digit(_));
        (1..text.len()).contains(&at)
            && digit(&text[at - 1])
            && digit(&text[at])
            && !text[at].opens()
    };
    inside(place.start) || inside(place.end)
}

/// What does not change on the way through the tree.
struct Walk<'a> {
    text: &'a [Spoken],
    meant: &'a [Vec<(WordId, Likeness)>],
    start: usize,
}

impl Fit {
    fn and(mut self, heard: &Spoken, likeness: Likeness) -> Self {
        self.ends_near = false;
        let length = heard.token.text.len();
        match (&heard.form, likeness) {
            (Form::Word { .. }, Likeness::Same) => self.telling |= length >= TELLING_WORD,
            (Form::Word { stem }, _) => {
                self.misspelt += 1;
                self.short_misspelt |= length < LONG_WORD || stem.len() < LONG_STEM;
            }
            (_, Likeness::Same) => {}
            (_, Likeness::Sound) => self.sound = self.sound.saturating_add(1),
            (_, Likeness::Near) => {
                self.near += 1;
                self.ends_near = true;
            }
        }
        self
    }

    const fn is_perfect(&self) -> bool {
        self.sound == 0 && self.near == 0 && self.misspelt == 0
    }

    fn is_enough_for<T>(&self, phrase: &Phrase<T>) -> bool {
        self.is_perfect()
            || (!phrase.exact && self.signs_are_enough(phrase) && self.words_are_enough(phrase))
    }

    /// Two characters of the same sound are a common accident, three are not.
    fn signs_are_enough<T>(&self, phrase: &Phrase<T>) -> bool {
        let (sound, near) = (usize::from(self.sound), usize::from(self.near));
        let same = phrase.signs - sound - near;
        match phrase.signs {
            0 | 1 => sound + near == 0,
            2 => same >= 1 && (near == 0 || self.ends_near),
            signs => near <= signs / 3 && (near == 0 || same >= 1),
        }
    }

    fn words_are_enough<T>(&self, phrase: &Phrase<T>) -> bool {
        let allowed = if phrase.words >= LONG_PHRASE { 2 } else { 1 };
        self.misspelt == 0 || (self.misspelt <= allowed && (self.telling || !self.short_misspelt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Vec<Spoken> {
        spoken([text], &Lexicon::built_in())
    }

    fn is_found(phrase: &str, exact: bool, text: &str) -> bool {
        let mut finder = Finder::new(Lexicon::built_in());
        finder.add(phrase, exact, ()).expect("it has words");
        !finder.find(&said(text)).is_empty()
    }

    #[test]
    fn phrases_are_found_as_they_are_heard() {
        for (phrase, text, expected) in [
            ("cancel my contract", "I will cancel my contract.", true),
            ("cancel my contract", "I am cancelling my contracts", true),
            ("cancel my contract", "cancel the contract", false),
            ("cancel my contract", "cancel my contrast", true),
            ("cancel my contract", "cancer my contrast", false),
            ("cancel", "I have cancer", false),
            ("my lawyer", "my layer", false),
            ("call my lawyer", "I will call my layer", true),
            ("ombudsman", "the ombudsmen", true),
            ("is blind", "it is blinking", false),
            ("I will sue", "I'll sue you", true),
            ("12315", "I'll ring one two three one five", true),
            ("12315", "我打一二三幺五", true),
            ("12315", "电话138 1231 5000", false),
            ("12315", "dial 12315, 24 hours", true),
            ("打3次", "打了十三次", false),
            ("打3次", "打了三次", true),
            ("工信部", "我要投诉到公信部", true),
            ("工信部", "公新步", true),
            ("工信部", "公司内部", false),
            ("两笔", "有两比扣款", true),
            ("两笔", "有2笔", true),
            ("两笔", "粮比", false),
            ("到账", "还没到將", true),
            ("到账", "报账", false),
            ("律师", "绿石", false),
            ("律师", "找个律诗", true),
            ("经理", "整理一下", false),
            ("师", "老是", false),
            ("月的话费", "这个业的花费", true),
            ("重复扣费", "被重复扣了费", true),
        ] {
            assert_eq!(
                is_found(phrase, false, text),
                expected,
                "{phrase} in {text}"
            );
        }
    }

    #[test]
    fn a_phrase_that_is_half_particles_is_not_guessed() {
        assert!(is_found("一了百了", false, "真想一了百了"));
        for other in ["它就是一摆的", "一败涂地", "一拜天地"] {
            assert!(!is_found("一了百了", false, other), "{other}");
        }
        assert!(is_found("工信部", false, "投诉到公信部了"));
    }

    #[test]
    fn an_exact_phrase_is_not_guessed() {
        assert!(is_found("经历", true, "我的经历"));
        assert!(!is_found("经历", true, "找你们经理"));
        assert!(is_found("complaint", true, "no complaints"));
        assert!(!is_found("complaint", true, "a compliant"));
        assert!(
            is_found("投诉", true, "我要投訴"),
            "the other script is no guess"
        );
    }

    #[test]
    fn what_was_meant_is_told_where_something_else_was_heard() {
        let mut finder = Finder::new(Lexicon::built_in());
        finder.add("工信部", false, ()).expect("it has words");
        let hits = finder.find(&said("投诉到公信部，工信部"));
        let meant: Vec<_> = hits.iter().map(|(_, hit)| hit.meant.as_deref()).collect();
        assert_eq!(meant, [Some("工信部"), None]);
        assert_eq!(hits[0].1.tokens, 3..6);
    }

    #[test]
    fn a_phrase_of_silent_words_is_refused() {
        assert_eq!(
            Finder::new(Lexicon::built_in()).add("the, um", false, ()),
            Err(Wordless)
        );
    }

    proptest! {
        #[test]
        fn a_phrase_is_found_in_itself_whatever_stands_around(
            phrase in "[a-e]{1,6}( [a-e]{1,6}){0,4}|[投诉工信部律师]{1,6}",
            before in "([a-z]{1,5}[ .]){0,6}",
            after in "( [a-z]{1,5}){0,6}",
        ) {
            // A word said twice in a row counts once, which would join the phrase with what is
            // around it.
            let text = format!("{before}; {phrase}; {after}");
            let silent = said(phrase.as_str()).is_empty();
            prop_assert!(silent || is_found(&phrase, true, &text));
        }
    }
}
