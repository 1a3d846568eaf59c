//! Passwords and other answers that are words.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::line::Line;

/// A password has no more words.
const MOST: usize = 8;

impl Line<'_> {
    pub(super) fn find_passwords(&mut self) {
        let Some(from) = self.words_expected(SecretKind::Password) else {
            return;
        };
        if self.before.goes_on {
            self.held.push(self.unit_at(from)..self.units.len());
        }
        let lists = &self.lexicon.redaction;
        let mut end = from;
        while let Some(token) = self.tokens.get(end) {
            let stops = lists.no_answer.have(&token.text)
                || end > from && self.ends_sentence(end)
                || end - from >= MOST && !self.lexicon.redaction.joining.have(&token.text)
                || self.is_called_again(end)
                || ["with", "and", "，"].contains(&token.text.as_str())
                || end > from && token.is_han() && token.opens();
            if stops {
                break;
            }
            end += 1;
        }
        while end > from && self.is_filled(end - 1..end) {
            end -= 1;
        }
        let units = self.unit_at(from)..self.unit_at(end.max(1) - 1) + 1;
        if end > from && !units.clone().any(|unit| self.is_taken(unit)) {
            self.take(SecretKind::Password, units);
        }
    }

    /// Where something begins that may be said in words, if one is announced in the line, or was
    /// asked for right before.
    pub(super) fn words_expected(&self, kind: SecretKind) -> Option<usize> {
        let lists = &self.lexicon.redaction;
        let of_kind = self
            .cues
            .iter()
            .rev()
            .find(|cue| cue.topic == Topic::Secret(kind) && !cue.forbidden);
        if let Some(cue) = of_kind {
            let from = lists.naming.skip(&self.tokens, cue.tokens.end);
            let other = self
                .cues
                .iter()
                .any(|other| other.tokens.start >= cue.tokens.end && other.tokens.start < from);
            let name = &self.text[self.tokens[cue.tokens.end - 1].span.clone()];
            let is = name.ends_with("'s") || name.ends_with("’s");
            // "The password on the account" names none yet.
            let leads = from > cue.tokens.end
                && (kind != SecretKind::Password
                    || lists
                        .named
                        .longest_at(&self.tokens[..from], from - 1)
                        .is_some());
            if (leads || is) && !other && !self.asks(from) {
                return Some(self.skip_lead(from).max(self.first));
            }
            let next = self.tokens.get(cue.tokens.end);
            let spelt = next.is_some_and(|next| !next.is_han() && !lists.no_mail.have(&next.text));
            if kind == SecretKind::Email && spelt {
                return Some(cue.tokens.end.max(self.first));
            }
            if kind != SecretKind::Password || self.cues.len() > 1 {
                return None;
            }
        }
        let words = matches!(kind, SecretKind::Address | SecretKind::Email);
        let asked = self
            .expects(kind)
            .is_some_and(|expected| expected.asked || expected.open && words);
        if !asked || of_kind.is_some() {
            return None;
        }
        let from = self.skip_lead(self.first);
        let first = self.tokens.get(from)?;
        let refuses = lists.no_answer.have(&first.text)
            || self.cues.iter().any(|cue| cue.tokens.contains(&from));
        (!refuses).then_some(from)
    }

    /// Behind what an answer begins with.
    fn skip_lead(&self, from: usize) -> usize {
        let lists = &self.lexicon.redaction;
        let mut at = from;
        loop {
            let ends =
                [&lists.answering, &lists.naming].map(|list| list.longest_at(&self.tokens, at));
            match ends.into_iter().flatten().max() {
                Some(end) => at = end,
                None => return at,
            }
        }
    }

    /// Whether what follows asks, or tells what became of it: "the password is what?"
    fn asks(&self, from: usize) -> bool {
        self.tokens
            .get(from)
            .is_some_and(|token| self.lexicon.redaction.no_answer.have(&token.text))
    }

    fn is_called_again(&self, token: usize) -> bool {
        self.cues.iter().any(|cue| cue.tokens.start == token)
    }

    /// Some units as a range of tokens, of which none is another secret.
    pub(super) fn is_free(&self, units: &Range<usize>) -> bool {
        !units.clone().any(|unit| self.is_taken(unit))
    }
}
