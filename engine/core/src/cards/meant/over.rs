//! Whether a matter is over: done, received, working again, or never so.

use std::ops::Range;

use sidetone_language::families::Families;
use sidetone_language::settled::settled;

use super::Heard;
use crate::wrap_up::is_question;

/// How far a clause says that a matter is over.
pub(super) enum Over {
    /// What the clause itself names.
    Here,
    /// What was said before as well: "but it has been resolved".
    Before,
}

impl Heard<'_> {
    /// Whether a clause says that its matter is over, and nothing more is asked: not "the refund came
    /// through but it is only half".
    pub(super) fn over(&self, clause: &Range<usize>) -> Option<Over> {
        if self.is_elsewhere(clause) {
            return Some(match self.told(clause.clone()).next() {
                Some(_) => Over::Here,
                None => Over::Before,
            });
        }
        let settled = self.settled(clause)?;
        let reopening = &self.lexicon.settled.reopening;
        if reopening.are_in(&self.tokens[settled.end..]) || self.asks_later(clause.end) {
            return None;
        }
        Some(match self.settles_what_was_said(clause, &settled) {
            true => Over::Before,
            false => Over::Here,
        })
    }

    /// Whether a clause says that the matter does not trouble the customer, or is not ours: "nothing to do
    /// with you".
    fn is_elsewhere(&self, clause: &Range<usize>) -> bool {
        let elsewhere = &self.lexicon.settled.elsewhere;
        elsewhere.are_in(&self.tokens[clause.clone()]) && !self.asks(clause.clone())
    }

    /// Whether somebody only thought so or planned it, and says how it really was: "I thought I had lost it
    /// but it was in the car". What speaks for the article is `remaining`.
    pub(super) fn was_a_mistake(&self, remaining: &[usize]) -> bool {
        self.mistaken().is_some_and(|at| {
            let behind = self.clause_of(at).end..self.tokens.len();
            let is_open = |at: &usize| behind.contains(at) && self.tells(*at);
            let hindered = &self.lexicon.settled.hindered;
            !behind.is_empty()
                && !remaining.iter().any(is_open)
                && !self.asks_later(behind.start)
                && !hindered.are_in(&self.tokens[behind])
        })
    }

    /// Where it is said first that somebody was mistaken: "I thought".
    pub(super) fn mistaken(&self) -> Option<usize> {
        let place = self.lexicon.settled.mistaken.find(&self.tokens);
        place.map(|place| place.start)
    }

    /// Whether a clause tells of what was so until something changed: "it was slow until I bought a new
    /// one".
    pub(super) fn was_so_until(&self, clause: &Range<usize>) -> bool {
        let until = &self.lexicon.promises.not_sooner;
        self.was_so(clause) && until.longest_at(&self.tokens, clause.end).is_some()
    }

    /// Whether a clause tells of what was so long ago: "we had an outage years ago", 以前在老家的时候网特别差.
    pub(super) fn is_long_ago(&self, clause: &Range<usize>) -> bool {
        let past = &self.lexicon.reading.past;
        let again = &self.lexicon.settled.anew;
        let deed = |at: usize| self.is_deed(at) && !self.is_written(&self.tokens[at..=at]);
        let is_told = self.was_so(clause) || self.told(clause.clone()).any(deed);
        // "When I was with the other lot I had no end of outages."
        let before = self.before(clause);
        let before = before.filter(|before| self.told((*before).clone()).next().is_none());
        let is_past = |clause: &Range<usize>| past.are_in(&self.tokens[clause.clone()]);
        is_told
            && (is_past(clause) || before.is_some_and(is_past))
            && !again.are_in(&self.tokens[clause.end..])
    }

    /// Whether a word tells of something that lies behind: "lost", "charged".
    pub(super) fn is_deed(&self, at: usize) -> bool {
        let word = self.tokens[at].text.as_str();
        word.ends_with("ed") || self.lexicon.modality.past.have(word)
    }

    /// The words of a clause that say that its matter is over: "came through", "I have sent it back".
    fn settled(&self, clause: &Range<usize>) -> Option<Range<usize>> {
        let tells = |at| self.tells(at);
        let settled = settled(self.lexicon, &self.tokens, clause.clone(), tells)
            .or_else(|| self.done(clause));
        settled.filter(|_| !self.asks(clause.clone()))
    }

    /// Whether a clause with the words `settled` is about what was said before it: "but it has been
    /// resolved".
    fn settles_what_was_said(&self, clause: &Range<usize>, settled: &Range<usize>) -> bool {
        // 到账 is one word with the 到 of 已经到.
        let is_apart = |at: usize| {
            let of_it = |word: &Vec<usize>| {
                word.contains(&at) && word.iter().any(|at| settled.contains(at))
            };
            !settled.contains(&at) && !self.telling.iter().any(of_it)
        };
        if self.told(clause.clone()).any(is_apart) {
            return false;
        }
        let families = Families::built_in().find(self.text);
        let is_named = |at: usize| {
            let place = self.tokens[at].span.start;
            families.iter().any(|(_, of)| of.contains(&place))
        };
        let pointing = &self.lexicon.clauses.pointing;
        pointing.are_in(&self.tokens[clause.clone()])
            || !clause.clone().any(|at| is_apart(at) && is_named(at))
    }

    /// Whether a clause from `at` on asks something.
    fn asks_later(&self, at: usize) -> bool {
        let mut later = self.clauses.iter().filter(|clause| clause.start >= at);
        later.any(|clause| self.asks(clause.clone()))
    }

    pub(super) fn asks(&self, tokens: Range<usize>) -> bool {
        let end = self
            .tokens
            .get(tokens.end)
            .map_or(self.text.len(), |next| next.span.start);
        let text = self.text[..end].trim_end();
        is_question(text, &self.tokens[tokens], &self.lexicon.sentence)
    }

    /// The beginning of a clause with what somebody has done or did long ago: in another form than
    /// those say it who have it before them.
    fn done(&self, clause: &Range<usize>) -> Option<Range<usize>> {
        let modality = &self.lexicon.modality;
        let is_han = |at: usize| self.tokens[at].is_han();
        let deed = |at: &usize| {
            let end = match is_han(*at) {
                true => modality.completed.longest_at(&self.tokens, at + 1),
                false => self.is_deed(*at).then_some(at + 1),
            };
            Some(*at..end?).filter(|_| clause.contains(at) && self.tells(*at))
        };
        let deeds: Vec<Range<usize>> = self.matched.iter().filter_map(deed).collect();
        let is_written = |deed: &Range<usize>| self.is_written(&self.tokens[deed.clone()]);
        let is_past = modality.long_past.are_in(&self.tokens[clause.clone()]);
        let is_long_ago = |deed: &Range<usize>| is_han(deed.start) || !is_written(deed);
        let is_perfect = |deed: &Range<usize>| {
            let mut before = clause.start..deed.start;
            before.any(|at| {
                let end = modality.perfect.longest_at(&self.tokens, at);
                end.is_some_and(|end| end == deed.start || is_han(at))
            })
        };
        let is_fresh = deeds.iter().any(is_written);
        let is_done =
            |deed: &&Range<usize>| is_past && is_long_ago(deed) || is_perfect(deed) && !is_fresh;
        deeds
            .iter()
            .find(is_done)
            .map(|deed| clause.start..deed.end)
    }
}
