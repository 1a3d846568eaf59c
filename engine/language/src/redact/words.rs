//! Passwords and other answers that are words.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::line::Line;
use super::units::What;

/// A code has at least so many digits.
const LEAST_CODE: usize = 3;
/// An answer of more characters may be a verse.
const LEAST_VERSE: usize = 4;
/// A password with marks in it has at least so many characters, and letters.
const LEAST_MARKED: usize = 8;
const LEAST_LETTERS: usize = 3;
/// The marks that passwords have, and other words have not.
const MARKS: [char; 8] = ['#', '!', '$', '&', '*', '_', '^', '@'];
/// A password has no more words.
const MOST: usize = 8;

impl Line<'_> {
    pub(super) fn find_passwords(&mut self) {
        self.find_marked_passwords();
        let Some(from) = self.words_expected(SecretKind::Password) else {
            return;
        };
        if self.before.goes_on {
            let units = self.unit_at(from)..self.units.len();
            self.held.push((SecretKind::Password, units));
        }
        let Some(tokens) = self.password_from(from) else {
            return;
        };
        let units = self.unit_at(tokens.start)..self.unit_at(tokens.end - 1) + 1;
        if self.is_free(&units) {
            self.take(SecretKind::Password, units);
        }
    }

    /// Passwords that show themselves: letters, digits and marks in one word, `Maple-Syrup_88`.
    fn find_marked_passwords(&mut self) {
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
            if shaped && self.is_free(&units) {
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

    /// The tokens of a password that may begin at a token.
    fn password_from(&self, from: usize) -> Option<Range<usize>> {
        let lists = &self.lexicon.redaction;
        let mut end = from;
        let mut words = 0;
        while let Some(token) = self.tokens.get(end) {
            let stops = end == from && lists.no_answer.have(&token.text)
                || end > from && (self.is_over(end) || self.goes_elsewhere(end))
                || words >= MOST && !lists.joining.have(&token.text)
                || self.is_called_again(end)
                || end > from && token.is_han() && token.opens();
            if stops {
                break;
            }
            words += usize::from(self.units[self.unit_at(end)].what == What::Word);
            end += 1;
        }
        let cut = end;
        while end > from && self.is_filled(end - 1..end) {
            end -= 1;
        }
        if end == from {
            return None;
        }
        let asked = self
            .expects(SecretKind::Password)
            .is_some_and(|expected| expected.asked);
        let announced = self
            .cues
            .iter()
            .any(|cue| cue.topic == Topic::Secret(SecretKind::Password) && cue.tokens.end <= from);
        // Single characters at the end of a longer answer may be part of any word: 鸭先知.
        let sure = match self.tokens[from].is_han() && end - from > LEAST_VERSE {
            true => from..end - 2,
            false => from..end,
        };
        let tells = sure
            .into_iter()
            .any(|token| lists.no_answer.have(&self.tokens[token].text));
        let long = words >= MOST && cut < self.tokens.len();
        if asked && !announced && (tells || long) {
            return None;
        }
        // Where there is a code as well, the words lead to it.
        let units = self.unit_at(from)..self.unit_at(end - 1) + 1;
        let digits = |part: &Range<usize>| {
            let code = self.code(part.clone());
            code.bytes().filter(u8::is_ascii_digit).count()
        };
        let chains = self.chains();
        let mut parts = chains.iter().flat_map(|chain| &chain.parts);
        let elsewhere = parts.any(|part| {
            digits(part) >= LEAST_CODE
                && !units.contains(&part.start)
                && part.start >= self.unit_at(self.first)
        });
        (!elsewhere).then_some(from..end)
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
        let asked = match words {
            true => self.gives(kind),
            false => self.expects(kind).is_some_and(|expected| expected.asked),
        };
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

    /// Whether a sentence about something else begins at a token: "and my …", "but it …".
    fn goes_elsewhere(&self, token: usize) -> bool {
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
    fn is_over(&self, token: usize) -> bool {
        let apart = self.between(token).contains(char::is_whitespace);
        self.ends_sentence(token) && (apart || self.tokens[token].is_han())
    }

    fn is_called_again(&self, token: usize) -> bool {
        self.cues.iter().any(|cue| cue.tokens.start == token)
    }

    /// Some units as a range of tokens, of which none is another secret.
    pub(super) fn is_free(&self, units: &Range<usize>) -> bool {
        !units.clone().any(|unit| self.is_taken(unit))
    }
}
