//! Whether the words that brought up an article mean what the article is about.
//!
//! An index finds words, whatever is said of them. What is not wanted ("I do not want to cancel"), what
//! is not so ("I have not lost my card"), what is long done ("I cancelled last year") and what is said
//! of another thing ("cancel my appointment") brings up nothing.

use std::cell::LazyCell;
use std::collections::HashSet;
use std::ops::Range;

use sidetone_language::clauses::{clauses, is_parted};
use sidetone_language::families::{Families, Family};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::negation;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;

use super::Fit;

/// So many tokens behind the words that fit may yet say that they are about another thing, that it
/// is not wanted, or that it is done.
const OBJECT: usize = 6;

/// What was said, and which words of it an article fits.
pub(super) struct Heard<'a> {
    lexicon: &'a Lexicon,
    text: &'a str,
    fit: &'a Fit,
    tokens: Vec<Token>,
    /// The tokens that it fits.
    matched: Vec<usize>,
    /// What the article says that it is not about.
    not: Phrases,
}

impl<'a> Heard<'a> {
    pub fn new(text: &'a str, fit: &'a Fit, lexicon: &'a Lexicon) -> Self {
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
            text,
            fit,
            tokens,
            matched,
            not: Phrases::parse(&fit.not, &lexicon.contractions).unwrap_or_default(),
        }
    }

    /// Whether it is meant.
    pub fn is_meant(&self) -> bool {
        let first = self.matched.first();
        first.is_some_and(|first| !self.is_refused(*first)) && !self.remaining().is_empty()
    }

    /// Whether words that follow may yet say that something else is meant: "cancel my …", 退款我收到了.
    pub fn may_change(&self) -> bool {
        let last = self.matched.last().copied().unwrap_or_default();
        self.tokens.len() <= last + OBJECT
    }

    /// The tokens that speak for the article.
    fn remaining(&self) -> Vec<usize> {
        let settled = negation::settled(self.lexicon, &self.tokens).unwrap_or_default();
        let opposite = self.opposite();
        let refuses = LazyCell::new(|| {
            self.fit.triggers.iter().any(|trigger| {
                let tokens = self.lexicon.tokenise(trigger);
                let mut all = 0..tokens.len();
                all.any(|at| negation::is_refused(self.lexicon, &tokens, at, |_| false))
            })
        });
        let against = |clause: &Range<usize>| {
            let mut matched = self.matched.iter().filter(|at| clause.contains(at));
            let first = matched.next();
            opposite.iter().any(|at| clause.contains(at))
                || first.is_some_and(|first| self.is_refused(*first) && !*refuses)
                || matched.chain(first).any(|at| self.is_dismissed(*at))
                || self.is_of_another_thing(clause)
                || self.is_done(clause)
        };
        let mut clauses = clauses(&self.lexicon.clauses, &self.tokens);
        clauses.retain(against);
        let mut remaining = self.matched.clone();
        remaining.retain(|at| *at >= settled && !clauses.iter().any(|part| part.contains(at)));
        let telling = |of: &[usize]| of.iter().filter(|at| !self.says_little(**at)).count();
        if 2 * telling(&remaining) < telling(&self.matched) {
            remaining.clear();
        }
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

    fn says_little(&self, at: usize) -> bool {
        self.lexicon.search.weak.contains(&self.tokens[at].text)
    }

    /// Whether what begins at `first` is not wanted: "I do not want to cancel".
    fn is_refused(&self, first: usize) -> bool {
        negation::is_refused(self.lexicon, &self.tokens, first, |at| {
            self.matched.contains(&at)
        })
    }

    /// Whether the words right behind refuse it: 主管就别叫了.
    fn is_dismissed(&self, at: usize) -> bool {
        !self.matched.contains(&(at + 1))
            && negation::is_dismissed(self.lexicon, &self.tokens, at + 1)
    }

    /// Whether what the article says that it is not about takes some of the clause.
    fn is_of_another_thing(&self, clause: &Range<usize>) -> bool {
        let takes = |at: usize| {
            let end = self.not.longest_at(&self.tokens, at);
            end.is_some_and(|end| self.matched.iter().any(|of| (at..end).contains(of)))
        };
        clause.clone().any(takes)
    }

    /// The tokens that fit and are said not to be so, where the article is not about their absence.
    fn opposite(&self) -> Vec<usize> {
        // A negation that belongs to what it stands beside: "nobody helps", 不满意.
        let families = Families::built_in().find(self.text);
        let is_named = |negator, at| are_named(&families, &self.tokens, negator, at);
        let denied = negation::directly_denied(self.lexicon, &self.tokens).into_iter();
        let denied =
            denied.filter(|(negator, at)| self.matched.contains(at) && !is_named(*negator, *at));
        let mut denied: Vec<usize> = denied.map(|(_, at)| at).collect();
        if denied.is_empty() {
            return denied;
        }
        let lacking: HashSet<String> = (self.fit.triggers.iter())
            .flat_map(|trigger| {
                let tokens = self.lexicon.tokenise(trigger);
                let denied = negation::directly_denied(self.lexicon, &tokens).into_iter();
                let families = Families::built_in().find(trigger);
                // 没钱交 lacks money, not all that its family stands for.
                let lacking =
                    denied.map(
                        |(negator, at)| match are_named(&families, &tokens, negator, at) {
                            true => beginning(&tokens[at]),
                            false => kin(&families, &tokens[at]),
                        },
                    );
                lacking.collect::<Vec<_>>()
            })
            .collect();
        // 没什么不满意: what denies the negation that the article names denies all of it.
        let is_twice_denied = |at: usize| {
            let before = at.checked_sub(1).filter(|before| is_named(*before, at));
            before.is_some_and(|before| negation::says_nothing(self.lexicon, &self.tokens[before]))
        };
        denied.retain(|at| {
            let word = &self.tokens[*at];
            let is_lacking = [kin(&families, word), beginning(word)]
                .iter()
                .any(|kin| lacking.contains(kin));
            is_twice_denied(*at) || !is_lacking
        });
        denied
    }

    /// Whether somebody did it long ago: in another form than those who have it before them.
    fn is_done(&self, clause: &Range<usize>) -> bool {
        let tokens = &self.tokens[clause.clone()];
        if !self.lexicon.modality.long_past.are_in(tokens) {
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
            (word.text.ends_with("ed") || self.lexicon.modality.past.have(&word.text))
                && !as_written(&word.text)
                || word.is_han() && past.is_some()
        };
        let matched = self.matched.iter().filter(|at| clause.contains(at));
        matched.copied().any(done)
    }
}

/// So many letters of a word tell it from others, whatever its ending.
const STEM: usize = 5;

/// Families of words that a text has, and where.
type Found<'a> = [(&'a Family, Range<usize>)];

/// Whether a family has a negation and what stands beside it as one: "nobody helps".
fn are_named(families: &Found<'_>, tokens: &[Token], negator: usize, at: usize) -> bool {
    let [negator, at] = [negator, at].map(|at| tokens[at].span.start);
    let mut places = families.iter().map(|(_, place)| place);
    places.any(|place| place.contains(&negator) && place.contains(&at))
}

/// What a word of a text has in common with others for the same: its family, or how it begins.
fn kin(families: &Found<'_>, word: &Token) -> String {
    let mut own = families.iter();
    own.find(|(_, place)| place.contains(&word.span.start))
        .map_or_else(|| beginning(word), |(family, _)| family.name.clone())
}

fn beginning(word: &Token) -> String {
    word.text.chars().take(STEM).collect()
}
