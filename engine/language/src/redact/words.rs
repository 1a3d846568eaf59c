//! Passwords and other answers that are words.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::line::Line;
use super::units::Unit;
use crate::tokens::Token;

impl Line<'_> {
    /// Where something begins that may be said in words, if one is announced in the line, or was
    /// asked for right before.
    pub(super) fn words_expected(&self, kind: SecretKind) -> Option<usize> {
        let lists = &self.lexicon.redaction;
        let of_kind = self
            .cues
            .iter()
            .rev()
            .find(|cue| cue.topic == Topic::Secret(kind) && !cue.forbidden)
            // What was said before the line has been asked about since.
            .filter(|cue| cue.tokens.end > self.first || !self.gives(kind))
            // "Flat number three" answers.
            .filter(|cue| !cue.part || !self.gives(kind));
        if let Some(cue) = of_kind {
            let from = lists.naming.skip(&self.tokens, cue.tokens.end);
            let other = self
                .cues
                .iter()
                .any(|other| other.tokens.start >= cue.tokens.end && other.tokens.start < from);
            let name = &self.text[self.tokens[cue.tokens.end - 1].span.clone()];
            let last = cue.tokens.end - 1;
            let is = name.ends_with("'s")
                || name.ends_with("’s")
                || cue.tokens.len() > 1
                    && [&lists.named, &lists.copulas]
                        .iter()
                        .any(|list| list.longest_at(&self.tokens[..=last], last).is_some());
            // "And the pet... Captain Flint".
            let paused = kind == SecretKind::Password
                && ["...", "…", ":", "："]
                    .iter()
                    .any(|mark| self.between(cue.tokens.end).contains(mark));
            let is = is || paused;
            // "The password's on the sticker."
            let elsewhere = is && !leads_by_verb(&self.tokens, cue.tokens.end);
            // "The password on the account" names none yet.
            let leads = from > cue.tokens.end
                && (kind != SecretKind::Password
                    || lists
                        .named
                        .longest_at(&self.tokens[..from], from - 1)
                        .is_some());
            if (leads || is && !elsewhere) && !other && !self.asks(from) {
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
        let asked = match words {
            true => self.gives(kind),
            false => self.expects(kind).is_some_and(|expected| expected.asked),
        };
        if !asked || of_kind.is_some() {
            return None;
        }
        let from = self.skip_lead(self.first);
        let first = self.tokens.get(from)?;
        // Something else is told first.
        let told = self
            .cues
            .iter()
            .find(|cue| cue.tokens.start >= self.first && !cue.weak);
        let other = words
            && told.is_some_and(|cue| {
                matches!(cue.topic, Topic::Secret(other) if other != kind)
                    && !self.units[self.unit_at(from).min(self.unit_at(cue.tokens.start))
                        ..self.unit_at(cue.tokens.start)]
                        .iter()
                        .any(Unit::is_digits)
            });
        if other {
            return None;
        }
        let street = kind == SecretKind::Address
            && (from..self.tokens.len()).any(|token| lists.streets.have(&self.tokens[token].text));
        let refuses = lists.no_answer.have(&first.text) && !street
            || self
                .cues
                .iter()
                .any(|cue| cue.tokens.contains(&from) && !cue.part);
        (!refuses).then_some(from)
    }

    /// Behind what an answer begins with.
    pub(super) fn skip_lead(&self, from: usize) -> usize {
        let lists = &self.lexicon.redaction;
        let mut at = from;
        loop {
            let digits = self.tokens.get(at).is_some_and(|_| {
                self.units
                    .get(self.unit_at(at))
                    .is_some_and(Unit::is_digits)
            });
            let ends = [&lists.answering, &lists.naming, &lists.interjections]
                .map(|list| list.longest_at(&self.tokens, at).filter(|_| !digits));
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

    /// Whether a sentence about something else begins at a token: "and my …", "but it …".
    pub(super) fn goes_elsewhere(&self, token: usize) -> bool {
        let lists = &self.lexicon.redaction;
        let elsewhere = |at: usize| {
            self.tokens.get(at).is_some_and(|token| {
                lists.no_answer.have(&token.text) || lists.determiners.have(&token.text)
            })
        };
        let joined = lists.belonging.have(&self.tokens[token].text)
            || lists.joining.have(&self.tokens[token].text);
        lists.turning.have(&self.tokens[token].text)
            || joined && (elsewhere(token + 1) || self.is_called_again(token + 1))
            || self.tokens[token].opens() && elsewhere(token)
    }

    /// Whether a sentence ends before a token. A mark within a word is part of it: `Walnut!77`.
    pub(super) fn is_over(&self, token: usize) -> bool {
        let apart = self.between(token).contains(char::is_whitespace);
        self.ends_sentence(token) && (apart || self.tokens[token].is_han())
    }

    pub(super) fn is_called_again(&self, token: usize) -> bool {
        self.cues.iter().any(|cue| cue.tokens.start == token)
    }

    /// Some units as a range of tokens, of which none is another secret.
    pub(super) fn is_free(&self, units: &Range<usize>) -> bool {
        !units.clone().any(|unit| self.is_taken(unit))
    }
}

/// Whether what stands at a token is no place: "on the sticker".
fn leads_by_verb(tokens: &[Token], at: usize) -> bool {
    tokens
        .get(at)
        .is_none_or(|token| !matches!(token.text.as_str(), "on" | "in" | "at" | "with" | "not"))
}
