//! Whether the words that brought up an article mean what the article is about.
//!
//! An index finds words, whatever is said of them. What is not wanted ("I do not want to cancel"), what
//! is not so ("I have not lost my card"), what is done or over ("I cancelled last year", "the refund came
//! through") and what is said of another thing ("cancel my appointment") brings up nothing, unless more
//! is asked: "the refund came through but it is only half".
//!
//! Mostly that is said before the matter or with it. What is begun and may yet say so is waited for, no
//! longer than its clause lasts: a matter of which nothing is said yet (退款…), what is told of others, and
//! a "but"; the next clause too where the matter was so before ("was", 之前).

mod begun;
mod others;
mod over;

use std::cell::LazyCell;
use std::collections::HashSet;
use std::ops::Range;

use sidetone_language::clauses::{clauses, is_parted};
use sidetone_language::families::{Families, Family};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::mandarin_words::MandarinWords;
use sidetone_language::negation;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;

use super::Fit;
use over::Over;

/// What was said, and which words of it an article fits.
pub(super) struct Heard<'a> {
    lexicon: &'a Lexicon,
    text: &'a str,
    words: &'a MandarinWords,
    fit: &'a Fit,
    tokens: Vec<Token>,
    clauses: Vec<Range<usize>>,
    /// The tokens that it fits.
    matched: Vec<usize>,
    /// Of those, the ones that tell something, by the words that they are part of.
    telling: Vec<Vec<usize>>,
    /// What the article says that it is not about.
    not: Phrases,
}

impl<'a> Heard<'a> {
    /// `words` are the Mandarin ones of the text: 流量 is not said in 客流量.
    pub fn new(
        text: &'a str,
        fit: &'a Fit,
        words: &'a MandarinWords,
        lexicon: &'a Lexicon,
    ) -> Self {
        let tokens = lexicon.tokenise(text);
        let is_whole = |place: &&Range<usize>| words.end_of(place).is_some();
        let places: Vec<Range<usize>> = fit.matched.iter().filter(is_whole).cloned().collect();
        let is_matched =
            |at: &usize| is_in(&places, &tokens[*at]) && !is_hollow(&tokens, *at, &places, lexicon);
        let telling = |word: &Range<usize>| {
            let parts = tokens.iter().enumerate();
            let parts = parts.filter(|(_, token)| is_in(std::slice::from_ref(word), token));
            let (places, parts): (Vec<usize>, Vec<&Token>) = parts.unzip();
            tells(&parts, lexicon).then_some(places)
        };
        Self {
            lexicon,
            text,
            words,
            fit,
            matched: (0..tokens.len()).filter(is_matched).collect(),
            telling: places.iter().filter_map(telling).collect(),
            clauses: clauses(&lexicon.clauses, &tokens),
            not: Phrases::parse(&fit.not, &lexicon.contractions).unwrap_or_default(),
            tokens,
        }
    }

    /// Whether it is meant. Where its first words are refused another clause has to ask for it: "I do not
    /// want an adviser, I want whoever is in charge".
    pub fn is_meant(&self) -> bool {
        let remaining = self.remaining();
        let Some(first) = self.matched.first().filter(|_| !remaining.is_empty()) else {
            return false;
        };
        if !self.is_refused(*first) {
            return true;
        }
        let refused = self.clause_of(*first);
        // 不是我不想交，是交不起.
        let contrasts = |at: usize| self.lexicon.negation.copulas.have(&self.tokens[at].text);
        let speaker = |at: usize| self.lexicon.actor.speaker.have(&self.tokens[at].text);
        self.telling.iter().any(|word| {
            let is_apart = |at: &usize| !refused.contains(at) && remaining.contains(at);
            let mut clause = self.clause_of(word[0]);
            word.iter().all(is_apart) && (contrasts(clause.start) || clause.any(speaker))
        })
    }

    /// Whether it fits words that tell something beside those that stand in `others`.
    pub fn says_more_than(&self, others: &[Range<usize>]) -> bool {
        let is_other = |at: &usize| is_in(others, &self.tokens[*at]);
        others.is_empty() || self.telling.iter().flatten().any(|at| !is_other(at))
    }

    /// The tokens that speak for the article.
    fn remaining(&self) -> Vec<usize> {
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
                || self.is_of_others(clause)
        };
        let mut remaining = self.matched.clone();
        for clause in &self.clauses {
            match self.over(clause) {
                Some(Over::Before) => remaining.retain(|at| *at >= clause.end),
                Some(Over::Here) => remaining.retain(|at| !clause.contains(at)),
                None if against(clause)
                    || self.was_so_until(clause)
                    || self.is_long_ago(clause) =>
                {
                    remaining.retain(|at| !clause.contains(at))
                }
                None => {}
            }
        }
        if self.was_a_mistake(&remaining) {
            remaining.clear();
        }
        // What is over and comes up again is told anew: 昨天刚修好，今天又断了.
        let again = &self.lexicon.settled.anew;
        let is_new = |at: &usize| {
            let clause = self.clause_of(*at);
            again.are_in(&self.tokens[clause.start..=*at])
        };
        let telling = |of: &[usize]| of.iter().filter(|at| self.tells(**at)).count();
        if 2 * telling(&remaining) < telling(&self.matched) && !remaining.iter().any(is_new) {
            remaining.clear();
        }
        remaining
    }

    fn clause_of(&self, at: usize) -> Range<usize> {
        let clause = self.clauses.iter().find(|clause| clause.contains(&at));
        clause.cloned().unwrap_or(0..self.tokens.len())
    }

    /// The clause that ends where another begins.
    fn before(&self, clause: &Range<usize>) -> Option<&Range<usize>> {
        let mut clauses = self.clauses.iter();
        clauses.rfind(|before| before.end == clause.start)
    }

    fn tells(&self, at: usize) -> bool {
        self.telling.iter().flatten().any(|telling| *telling == at)
    }

    /// Of some tokens those that tell something.
    fn told(&self, mut of: Range<usize>) -> impl Iterator<Item = usize> {
        std::iter::from_fn(move || of.find(|at| self.tells(*at)))
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
        let is_of_it =
            |at: usize| clause.contains(&at) && is_in(&self.fit.matched, &self.tokens[at]);
        let takes = |at: usize| {
            let end = self.not.longest_at(&self.tokens, at);
            end.is_some_and(|end| (at..end).any(is_of_it))
        };
        (0..clause.end).any(takes)
    }

    /// The tokens that fit and are said not to be so, where the article is not about their absence.
    fn opposite(&self) -> Vec<usize> {
        // A negation that belongs to what it stands beside: "nobody helps", 不满意.
        let families = Families::built_in().find(self.text);
        let is_named = |negator, at| are_named(&families, &self.tokens, negator, at);
        let own = |at| self.tells(at);
        let denied = negation::directly_denied(self.lexicon, &self.tokens, own).into_iter();
        let denied = denied.filter(|(negator, at)| {
            self.matched.contains(at)
                && !is_named(*negator, *at)
                && !self.is_written(&self.tokens[*negator..=*at])
        });
        let mut denied: Vec<usize> = denied.map(|(_, at)| at).collect();
        if denied.is_empty() {
            return denied;
        }
        let lacking: HashSet<String> = (self.fit.triggers.iter())
            .flat_map(|trigger| {
                let tokens = self.lexicon.tokenise(trigger);
                let denied = negation::directly_denied(self.lexicon, &tokens, |_| false);
                let families = Families::built_in().find(trigger);
                // 没钱交 lacks money, not all that its family stands for.
                let lacking = denied.into_iter().flat_map(|(negator, at)| {
                    let is_named = are_named(&families, &tokens, negator, at);
                    let kin = (!is_named).then(|| kin(&families, &tokens[at]));
                    kin.into_iter().chain([beginning(&tokens[at])])
                });
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

    /// Whether a trigger of the article has these words.
    fn is_written(&self, words: &[Token]) -> bool {
        self.fit.triggers.iter().any(|trigger| {
            let tokens = self.lexicon.tokenise(trigger);
            let mut places = tokens.windows(words.len());
            places.any(|place| place.iter().zip(words).all(|(a, b)| a.text == b.text))
        })
    }
}

/// Whether a word only denies or wishes, and not what is in `places`: 不想 says nothing in 不想退, and all
/// there is to say in 不想用了.
fn is_hollow(tokens: &[Token], at: usize, places: &[Range<usize>], lexicon: &Lexicon) -> bool {
    let mut behind = tokens[at..].iter();
    let other = behind.find(|next| !is_in(places, next) || !negation::says_nothing(lexicon, next));
    tokens[at].is_han()
        && negation::says_nothing(lexicon, &tokens[at])
        && other.is_some_and(|next| {
            !is_in(places, next) && !is_parted(next) && !lexicon.modality.completed.have(&next.text)
        })
}

/// Whether a word of some tokens tells something by itself: several that are one ("not happy") do,
/// unless all are in any call.
fn tells(parts: &[&Token], lexicon: &Lexicon) -> bool {
    let search = &lexicon.search;
    let is_stop = |part: &&Token| search.stop.contains(&part.text);
    match parts {
        [] => false,
        [one] => !search.weak.contains(&one.text) && !is_stop(one),
        [first, ..] if first.is_han() => {
            let word: String = parts.iter().map(|part| part.text.as_str()).collect();
            !search.weak.contains(&word) && !search.stop.contains(&word)
        }
        _ => !parts.iter().all(is_stop),
    }
}

/// Whether a token stands in some places of its text.
fn is_in(places: &[Range<usize>], token: &Token) -> bool {
    let mut places = places.iter();
    places.any(|place| place.start < token.span.end && token.span.start < place.end)
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
