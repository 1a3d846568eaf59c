//! What is said around secrets: agreement, hesitation, prompts, questions.

use std::ops::Range;

use super::line::Line;
use super::units::What;
use crate::tokens::Token;

/// Whoever only prompts says no more words.
const FEW: usize = 12;

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
