//! What is begun and may yet say that an article is not meant. Nothing else is waited for.

use sidetone_language::clauses::is_parted;
use sidetone_language::negation;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;

use super::Heard;
use std::ops::Range;

/// So many tokens at most are waited for.
const WAIT: usize = 6;

/// So many are waited for behind what was so before, of which the next clause may say that it is over: a
/// clause of ten words with what leads to it. Mostly the utterance ends before.
const WAIT_FOR_THE_NEXT: usize = 14;

/// So many are waited for behind a single word that tells something: "charged me twice".
const WAIT_ALONE: usize = 2;

impl Heard<'_> {
    /// Whether words that are begun may yet say that something else is meant: "cancel my …", 退款….
    pub fn may_change(&self) -> bool {
        let Some(last) = self.matched.last() else {
            return false;
        };
        if self.mistaken().is_some_and(|at| at < *last) {
            return true;
        }
        let clause = self.clause_of(*last);
        if self.tokens.len() <= last + WAIT_FOR_THE_NEXT && self.was_so(&clause) {
            return true;
        }
        let (clauses, negation) = (&self.lexicon.clauses, &self.lexicon.negation);
        // Mandarin goes on from what it names without a mark: 退款昨天就…, 发票我已经….
        let is_over = self.tokens.get(clause.end).is_some_and(|next| {
            let is_linked = clauses.link_at(&self.tokens, clause.end).is_some();
            is_parted(next) || !is_linked && !next.is_han()
        });
        let reopens = negation
            .reopening
            .longest_at(&self.tokens, clause.end)
            .is_some();
        self.tokens.len() <= last + WAIT
            && (negation::may_be_dismissed(self.lexicon, &self.tokens, last + 1)
                || reopens
                || !is_over
                    && (negation::may_be_settled(self.lexicon, &self.tokens)
                        || self.is_only_named(&clause)
                        || self.is_told_of_others(&clause)
                        || self.may_be_of_another_thing()))
    }

    /// Whether one word alone tells something, of which nothing is said yet: the next one may tell it
    /// apart ("charged me twice"), and what begins with its matter goes on to say something of it.
    fn is_only_named(&self, clause: &Range<usize>) -> bool {
        let last = self.matched.last().copied().unwrap_or_default();
        let behind = self.tokens.len() - 1 - last;
        let is_han = self.tokens.iter().any(Token::is_han);
        match &self.telling[..] {
            // Another character may make another word of it, or tell that it is over: 断网断了一天.
            [_, _, ..] => behind < WAIT_ALONE && is_han,
            [word] if behind < WAIT_ALONE && (is_han || word.len() == 1) => true,
            _ => {
                let determiners = &self.lexicon.negation.determiners;
                let first = determiners.skip(&self.tokens, clause.start);
                self.tells(first) && !self.asks(first..clause.end)
            }
        }
    }

    /// Whether a clause tells of others, who may have put it right since.
    fn is_told_of_others(&self, clause: &Range<usize>) -> bool {
        let reading = &self.lexicon.reading;
        let others = [&reading.family, &reading.acquaintances];
        let are_here = |words: &&Phrases| words.are_in(&self.tokens[clause.clone()]);
        others.iter().any(are_here)
    }

    /// Whether a clause tells of what was so before, and may be over by now: "my line was down last week".
    pub(super) fn was_so(&self, clause: &Range<usize>) -> bool {
        self.lexicon
            .negation
            .was_so
            .are_in(&self.tokens[clause.clone()])
    }

    /// Whether something that the article is not about has begun, and nothing that it is about was
    /// named since.
    fn may_be_of_another_thing(&self) -> bool {
        let beginning = |phrase: &String| Some(phrase.split_once('…')?.0.to_owned());
        let begun: Vec<String> = self.fit.not.iter().filter_map(beginning).collect();
        let begun = Phrases::parse(&begun, &self.lexicon.contractions).unwrap_or_default();
        let mut ends = (self.matched.iter()).filter_map(|at| begun.longest_at(&self.tokens, *at));
        ends.any(|end| self.told(end..self.tokens.len()).next().is_none())
    }
}
