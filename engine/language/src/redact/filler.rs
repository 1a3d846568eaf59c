//! What is said around secrets: agreement, hesitation, prompts, questions.

use std::ops::Range;

use super::cues::Cue;
use super::line::Line;
use super::numbers::LEAST_NAMED;
use super::units::What;
use super::{Takes, Topic};
use crate::tokens::Token;

/// Whoever only prompts says no more words.
const FEW: usize = 12;
/// Before what was asked for there are no more words.
const LEAD: usize = 16;

impl Line<'_> {
    /// Whether it only agrees or hesitates.
    pub fn agrees(&self) -> bool {
        self.cues.is_empty() && self.is_filled(self.first..self.tokens.len())
    }

    /// Whether it turns down what was told, or asks for the next one.
    pub fn renews(&self) -> bool {
        let tokens = &self.tokens[self.first..];
        let few = tokens.len() <= FEW || tokens.first().is_some_and(Token::is_han);
        let free = !self
            .units
            .iter()
            .any(|unit| unit.is_digits() && unit.tokens.start >= self.first);
        self.before.expected.is_some()
            && few
            && free
            && self.lexicon.redaction.renewing.are_in(tokens)
    }

    /// Whether it is put as a question or a request, in its words.
    pub fn is_asking(&self) -> bool {
        let words = &self.lexicon.redaction.question_words;
        words.are_in(&self.tokens[self.first..])
    }

    /// The same, by its words or a question mark.
    pub fn is_question_or_request(&self) -> bool {
        self.text.trim_end().ends_with(['?', '？']) || self.is_asking()
    }

    /// Whether it asks to go on with what was named before.
    pub fn prompts(&self) -> bool {
        let prompts = &self.lexicon.redaction.prompts;
        let tokens = &self.tokens[self.first..];
        let few = tokens.len() <= FEW || tokens.first().is_some_and(Token::is_han);
        let free = !self
            .units
            .iter()
            .any(|unit| unit.is_digits() && unit.tokens.start >= self.first);
        few && free && self.cues.is_empty() && prompts.are_in(tokens)
    }

    /// Where hesitation, agreement, or what leads to a secret ends that begins at a token.
    fn fill_at(&self, tokens: &[Token], at: usize) -> Option<usize> {
        let lists = &self.lexicon.redaction;
        let ends = [
            &lists.answering,
            &lists.joining,
            &lists.corrections,
            &lists.naming,
            &lists.named,
            &lists.positions,
        ];
        let ends = ends.iter().filter_map(|list| list.longest_at(tokens, at));
        ends.max().or((tokens[at].text == "-").then_some(at + 1))
    }

    /// Whether tokens only fill.
    pub fn is_filled(&self, tokens: Range<usize>) -> bool {
        let until = &self.tokens[..tokens.end];
        let mut at = tokens.start;
        while at < tokens.end {
            match self.fill_at(until, at) {
                Some(end) => at = end,
                None => return false,
            }
        }
        true
    }

    /// Whether the line holds nothing but codes and what fills: it is an answer.
    pub fn is_answer(&self) -> bool {
        self.is_answer_from(self.first)
    }

    /// Whether unit `at` is of an answer, which may come behind a few words where a secret was asked for
    /// right before: "sure give me a sec it's on my phone, 4539 …".
    pub fn answers_at(&self, at: usize) -> bool {
        self.is_answer() || self.answer_behind_words().is_some_and(|from| at >= from)
    }

    /// The first unit of an answer that comes behind a few words, at the end of the line.
    fn answer_behind_words(&self) -> Option<usize> {
        let expected = self.before.expected?;
        let asked = expected.asked
            && expected.carried.is_empty()
            && expected.takes == Takes::All
            && matches!(expected.topic, Topic::Secret(_));
        let named = |cue: &Cue| cue.tokens.start >= self.first;
        if !asked || self.cues.iter().any(named) {
            return None;
        }
        let chains = self.chains();
        let starts = chains.iter().flat_map(|chain| &chain.parts);
        let starts = starts.map(|part| self.units[part.start].tokens.start);
        let mut starts = starts.filter(|start| *start >= self.first);
        let from = starts.find(|from| self.is_answer_from(*from))?;
        let unit = self.unit_at(from);
        let code = self.code(unit..self.units.len());
        let lists = &self.lexicon.redaction;
        let timed = from.checked_sub(1).is_some_and(|before| {
            let before = &self.tokens[before].text;
            lists.timing.have(before) || before == "at"
        });
        let counts = self.units[self.unit_at(self.first)..unit]
            .iter()
            .any(|unit| matches!(unit.what, What::Amount(_) | What::Date(_)));
        let told = code.len() >= LEAST_NAMED && code.bytes().any(|byte| byte.is_ascii_digit());
        (told && !timed && !counts && from - self.first <= LEAD).then_some(unit)
    }

    /// The same of all from a token on.
    pub fn is_answer_from(&self, from: usize) -> bool {
        let mut at = from;
        while at < self.tokens.len() {
            let unit = self.unit_at(at);
            let code = matches!(
                self.units[unit].what,
                What::Digits(_) | What::Code(_) | What::Date(_) | What::Amount(_)
            );
            at = match self.fill_at(&self.tokens, at) {
                _ if code || self.is_taken(unit) => self.units[unit].tokens.end.max(at + 1),
                Some(end) => end,
                None => return false,
            };
        }
        true
    }
}
