//! What is begun and may yet say that an article is not meant. Nothing else is waited for.

use sidetone_language::clauses::is_parted;
use sidetone_language::negation;
use sidetone_language::pattern::Phrases;
use sidetone_language::settled::may_be_settled;
use sidetone_language::tokens::Token;

use super::Heard;
use std::ops::Range;

/// So many words at most are waited for, and characters of Mandarin.
const WAIT: [usize; 2] = [6, 9];

/// So many are waited for behind what was so before, of which the next clause may say that it is over: a
/// clause of ten words with what leads to it. Mostly the utterance ends before.
const WAIT_FOR_THE_NEXT: [usize; 2] = [14, 24];

/// So many are waited for behind a single word that tells something: "charged me twice".
const WAIT_ALONE: usize = 2;

/// So many characters where it is only named, and nothing is wished or asked: 滞纳金你们给我免了.
const WAIT_NAMED: usize = 5;

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
        let script = usize::from(self.tokens[*last].is_han());
        let conditions = &self.lexicon.sentence.conditions;
        let goes_on = || {
            self.was_so(&(self.clause_of(self.matched[0]).start..self.tokens.len()))
                || self.is_told_of_others(&clause)
                || conditions.longest_at(&self.tokens, clause.start).is_some()
        };
        if self.tokens.len() <= last + WAIT_FOR_THE_NEXT[script] && goes_on() {
            return true;
        }
        let (clauses, settled) = (&self.lexicon.clauses, &self.lexicon.settled);
        // Mandarin goes on from what it names without a mark: 退款昨天就…, 发票我已经….
        let is_over = self.tokens.get(clause.end).is_some_and(|next| {
            let is_linked = clauses.link_at(&self.tokens, clause.end).is_some();
            is_parted(next) || !is_linked && !next.is_han()
        });
        let reopens = settled
            .reopening
            .longest_at(&self.tokens, clause.end)
            .is_some();
        self.tokens.len() <= last + WAIT[script]
            && (negation::may_be_dismissed(self.lexicon, &self.tokens, last + 1)
                || reopens
                || !is_over
                    && (self.may_be_settled(clause.start)
                        || self.is_only_named(&clause)
                        || self.may_be_of_another_thing()))
    }

    /// Whether what began at `start` may yet say that all is well.
    fn may_be_settled(&self, start: usize) -> bool {
        let tells = |at| self.tells(at);
        may_be_settled(self.lexicon, &self.tokens, start..self.tokens.len(), tells)
    }

    /// Whether one word alone tells something, of which nothing is said yet: the next one may tell it
    /// apart ("charged me twice"), and what begins with its matter goes on to say something of it.
    fn is_only_named(&self, clause: &Range<usize>) -> bool {
        let last = self.matched.last().copied().unwrap_or_default();
        let behind = self.tokens.len() - 1 - last;
        let is_han = self.tokens.iter().any(Token::is_han);
        let wished = |at: usize| {
            let attitudes = &self.lexicon.negation.attitudes;
            attitudes.longest_at(&self.tokens, at).is_some()
        };
        let is_wished = || (clause.start..last).any(wished) || self.asks(clause.clone());
        let is_alone = match &self.telling[..] {
            // Another character may make another word of it, or tell that it is over: 断网断了一天.
            [_, _, ..] => is_han && behind < WAIT_ALONE,
            [word] if behind < WAIT_ALONE => is_han || word.len() == 1,
            [_] => is_han && behind < WAIT_NAMED && !is_wished(),
            [] => false,
        };
        let determiners = &self.lexicon.settled.determiners;
        let first = determiners.skip(&self.tokens, clause.start);
        // "The double payment …": nothing is said of it yet.
        let is_name = (first..=last).all(|at| self.tells(at));
        is_alone
            || (self.telling.len() < 2 || !is_han && is_name)
                && self.tells(first)
                && !self.asks(first..clause.end)
    }

    /// Whether a clause tells of others, who may have put it right since.
    fn is_told_of_others(&self, clause: &Range<usize>) -> bool {
        let reading = &self.lexicon.reading;
        let others = [&reading.family, &reading.acquaintances];
        let are_here = |words: &&Phrases| words.are_in(&self.tokens[clause.clone()]);
        others.iter().any(are_here)
    }

    /// Whether a clause tells of what was so before, and may be over by now: "my line was down last week",
    /// "I cancelled it".
    pub(super) fn was_so(&self, clause: &Range<usize>) -> bool {
        let speaker = |at: usize| self.lexicon.actor.speaker.have(&self.tokens[at].text);
        // But what the article is about: "I lost my phone".
        let is_deed = |at: usize| {
            speaker(at - 1) && self.is_deed(at) && !self.is_written(&self.tokens[at..=at])
        };
        let was_so = &self.lexicon.settled.was_so;
        was_so.are_in(&self.tokens[clause.clone()]) || (clause.start + 1..clause.end).any(is_deed)
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
