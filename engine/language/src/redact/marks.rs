//! Passwords that show themselves by their marks, written or said.

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::passwords::{LEAST_WORD, NAME};
use super::units::What;
use super::{Known, Topic};

/// A password with marks in it has at least so many characters, and letters.
const LEAST_MARKED: usize = 8;
const LEAST_LETTERS: usize = 3;
/// The marks that passwords have, and other words have not.
const MARKS: [char; 8] = ['#', '!', '$', '&', '*', '_', '^', '@'];

impl Line<'_> {
    /// Passwords that show themselves: letters, digits and marks in one word, `Maple-Syrup_88`.
    pub(super) fn find_marked_passwords(&mut self) {
        let mut at = 0;
        while at < self.units.len() {
            let start = self.units[at].tokens.start;
            let mut end = start + 1;
            while end < self.tokens.len() && self.is_one_word(end) {
                end += 1;
            }
            let units = at..(self.unit_at(end - 1) + 1).max(at + 1);
            at = units.end;
            let word = &self.text[self.span(&units)];
            let letters = word.chars().filter(char::is_ascii_alphabetic).count();
            let digits = word.chars().filter(char::is_ascii_digit).count();
            let marks = word.matches(MARKS).count() > 0;
            let dwelling = &self.lexicon.redaction.dwellings;
            let mail = word.contains('@') && word.contains('.');
            let shaped = word.len() >= LEAST_MARKED
                && letters >= LEAST_LETTERS
                && digits > 0
                && marks
                && !mail
                && !dwelling.have(&self.tokens[start].text);
            let named = self
                .about(units.start)
                .is_some_and(|about| about.named && about.topic == Topic::Harmless);
            if shaped && !named && self.is_free(&units) {
                self.take(SecretKind::Password, units);
                continue;
            }
            let behind = self.text[self.span(&units).end..].chars().next();
            let open = units.end == self.units.len()
                && letters >= LEAST_LETTERS
                && (marks || behind.is_some_and(|c| MARKS[..].contains(&c) && c != '!'));
            if self.before.goes_on && open {
                self.held.push((SecretKind::Password, units));
            }
        }
    }

    /// Whether nothing but a mark as passwords have them stands before a token.
    fn is_one_word(&self, token: usize) -> bool {
        let between = self.between(token);
        let han = self.tokens[token].is_han() || self.tokens[token - 1].is_han();
        !han && !between.is_empty()
            && between
                .chars()
                .all(|c| MARKS.contains(&c) || matches!(c, '-' | '.'))
            || !han && between.is_empty()
    }

    /// Passwords that are spelt with the names of their marks: "Harbour, exclamation mark, 59x".
    pub(super) fn find_spelt_marks(&mut self) {
        let lists = &self.lexicon.redaction;
        let password = |known: &Known| known.kind == Some(SecretKind::Password);
        let here = self.expects(SecretKind::Password).is_some()
            || self.before.known.iter().any(password)
            || self
                .cues
                .iter()
                .any(|cue| cue.topic == Topic::Secret(SecretKind::Password));
        if !here {
            return;
        }
        // The name of a mark may come yet behind the first word.
        if self.before.goes_on
            && self.tokens.len() <= self.first + NAME
            && self
                .expects(SecretKind::Password)
                .is_some_and(|before| !before.carried.is_empty())
        {
            let units = self.unit_at(self.first)..self.units.len();
            self.held.push((SecretKind::Password, units));
        }
        let code = |at: usize| {
            let unit = self.units.get(self.unit_at(at));
            unit.is_some_and(|unit| unit.code().is_some())
        };
        let part = |at: usize| {
            // "A thirty five dollar plan."
            let counted = at > self.first
                && lists.units.have(&self.tokens[at].text)
                && matches!(self.units[self.unit_at(at)].what, What::Amount(_));
            let named = lists.marks_said.longest_at(&self.tokens, at);
            let named = named.filter(|_| !counted);
            let case = || lists.letter_cases.longest_at(&self.tokens, at);
            let end = || code(at).then(|| self.units[self.unit_at(at)].tokens.end);
            named
                .map(|end| (end, true))
                .or_else(|| Some((case().or_else(end)?, false)))
        };
        let mut found = Vec::new();
        let mut at = self.first;
        while at < self.tokens.len() {
            let (mut end, mut marks, mut codes) = (at, 0, 0);
            while end < self.tokens.len()
                && let Some((next, mark)) = part(end)
            {
                marks += usize::from(mark);
                codes += usize::from(!mark && code(end));
                end = next.max(end + 1);
            }
            if marks == 0 {
                at = end.max(at + 1);
                continue;
            }
            // A word stands before the first mark, or behind it.
            let plain = |token: usize| {
                let text = &self.tokens[token].text;
                text.len() >= LEAST_WORD
                    && !lists.no_answer.have(text)
                    && !lists.answering.have(text)
                    && !self.cues.iter().any(|cue| cue.tokens.contains(&token))
            };
            let mut start = at;
            if start > self.first && plain(start - 1) {
                start -= 1;
                codes += 1;
            }
            if codes > 0 && end - start > 2 {
                found.push(start..end);
            }
            at = end;
        }
        for tokens in found {
            let units = self.unit_at(tokens.start)..self.unit_at(tokens.end - 1) + 1;
            if self.is_free(&units) {
                self.take(SecretKind::Password, units);
            }
        }
    }
}
