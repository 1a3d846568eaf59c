//! Whether the words that brought up an article mean what the article is about.
//!
//! An index finds words, whatever is said of them. What is not wanted ("I do not want to cancel"), what
//! is not so ("I have not lost my card"), what is long done ("I cancelled last year") and what is said
//! of another thing ("cancel my appointment") brings up nothing.

use std::collections::HashSet;
use std::ops::Range;

use sidetone_language::clauses::{clauses, is_parted};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::negation;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;

use super::Fit;

/// So many tokens behind the words that fit may yet say that they are about another thing.
const OBJECT: usize = 4;

/// What was said, and which words of it an article fits.
pub(super) struct Heard<'a> {
    lexicon: &'a Lexicon,
    fit: &'a Fit,
    tokens: Vec<Token>,
    /// The tokens that it fits.
    matched: Vec<usize>,
    /// What the article says that it is not about.
    not: Phrases,
}

impl<'a> Heard<'a> {
    pub fn new(text: &str, fit: &'a Fit, lexicon: &'a Lexicon) -> Self {
        let tokens = lexicon.tokenise(text);
        let is_matched = |token: &Token| {
            let overlaps =
                |place: &Range<usize>| place.start < token.span.end && token.span.start < place.end;
            fit.matched.iter().any(overlaps)
        };
        let matched = (0..tokens.len())
            .filter(|at| is_matched(&tokens[*at]))
            .collect();
        Self {
            lexicon,
            fit,
            tokens,
            matched,
            not: Phrases::parse(&fit.not, &lexicon.contractions).unwrap_or_default(),
        }
    }

    /// Whether it is meant.
    pub fn is_meant(&self) -> bool {
        let Some(first) = self.matched.first() else {
            return false;
        };
        let own = |at: usize| self.matched.contains(&at);
        !negation::is_refused(self.lexicon, &self.tokens, *first, own)
            && !self.remaining().is_empty()
    }

    /// Whether words that follow may yet say that something else is meant: "cancel my …".
    pub fn may_change(&self) -> bool {
        let last = self.matched.last().copied().unwrap_or_default();
        let begins = |at: &usize| self.not.are_begun_by(&self.tokens[*at..=*at]);
        self.tokens.len() <= last + OBJECT && self.matched.iter().any(begins)
    }

    /// The tokens that speak for the article.
    fn remaining(&self) -> Vec<usize> {
        let place = |at| Some(at..self.not.longest_at(&self.tokens, at)?);
        let places = (0..self.tokens.len()).filter_map(place);
        let other: Vec<Range<usize>> = places.collect();
        let opposite = self.opposite();
        let is_opposite = |clause: &Range<usize>| opposite.iter().any(|at| clause.contains(at));
        let against: Vec<Range<usize>> = clauses(&self.lexicon.clauses, &self.tokens)
            .into_iter()
            .filter(|clause| is_opposite(clause) || self.is_done(clause))
            .collect();
        let mut remaining = self.matched.clone();
        remaining.retain(|at| !other.iter().chain(&against).any(|part| part.contains(at)));
        // 不想 says nothing in 不想退, and all there is to say in 不想用了.
        let says_nothing = |at: &usize| negation::says_nothing(self.lexicon, &self.tokens[*at]);
        let goes_on = |last: &usize| {
            let completed = &self.lexicon.modality.completed;
            let next = self.tokens.get(last + 1);
            next.is_some_and(|next| !is_parted(next) && !completed.have(&next.text))
        };
        if remaining.iter().all(says_nothing) && remaining.last().is_some_and(goes_on) {
            remaining.clear();
        }
        remaining
    }

    /// The tokens that fit and are said not to be so, where the article is not about their absence.
    fn opposite(&self) -> Vec<usize> {
        let mut denied = negation::directly_denied(self.lexicon, &self.tokens);
        denied.retain(|at| self.matched.contains(at));
        if denied.is_empty() {
            return denied;
        }
        let lacking: HashSet<String> = (self.fit.triggers.iter())
            .flat_map(|trigger| {
                let tokens = self.lexicon.tokenise(trigger);
                let denied = negation::directly_denied(self.lexicon, &tokens);
                denied.into_iter().map(move |at| stem(&tokens[at].text))
            })
            .collect();
        denied.retain(|at| !lacking.contains(&stem(&self.tokens[*at].text)));
        denied
    }

    /// Whether the speaker did it long ago: in another form than those who have it before them.
    fn is_done(&self, clause: &Range<usize>) -> bool {
        let tokens = &self.tokens[clause.clone()];
        if !self.lexicon.modality.long_past.are_in(tokens)
            || !tokens
                .iter()
                .any(|token| self.lexicon.actor.speaker.have(&token.text))
        {
            return false;
        }
        let as_written = |word: &str| {
            let said = |trigger: &String| {
                let tokens = self.lexicon.tokenise(trigger);
                tokens.iter().any(|token| token.text == word)
            };
            self.fit.triggers.iter().any(said)
        };
        let done = |at: usize| {
            let word = &self.tokens[at];
            let past = self
                .lexicon
                .modality
                .completed
                .longest_at(&self.tokens, at + 1);
            word.text.ends_with("ed") && !as_written(&word.text) || word.is_han() && past.is_some()
        };
        let matched = self.matched.iter().filter(|at| clause.contains(at));
        matched.copied().any(done)
    }
}

/// So many letters of a word tell it from others, whatever its ending.
const STEM: usize = 5;

fn stem(word: &str) -> String {
    word.chars().take(STEM).collect()
}
