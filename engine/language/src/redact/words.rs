//! Passwords and other answers that are words.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::units::{Unit, What};
use super::{Known, Takes, Topic};
use crate::fold::is_han;
use crate::tokens::Token;

/// A code has at least so many digits.
const LEAST_CODE: usize = 3;
/// An answer of more characters may be a verse.
const LEAST_VERSE: usize = 4;
/// A word that was a password is known again if it has so many letters.
const LEAST_WORD: usize = 4;
/// A password with marks in it has at least so many characters, and letters.
const LEAST_MARKED: usize = 8;
const LEAST_LETTERS: usize = 3;
/// The marks that passwords have, and other words have not.
const MARKS: [char; 8] = ['#', '!', '$', '&', '*', '_', '^', '@'];
/// Before a verb so many words are told beside the answer.
const ASIDE: usize = 4;
/// The name behind a verb has no more words.
const NAME: usize = 4;
/// A password has no more words.
const MOST: usize = 8;

impl Line<'_> {
    pub(super) fn find_passwords(&mut self) {
        self.find_marked_passwords();
        self.find_told_again();
        self.find_spelt_marks();
        let from = self.words_expected(SecretKind::Password);
        let told = self.skip_lead(self.first);
        let copula = self.behind_copula(from.unwrap_or(told));
        if self.before.goes_on {
            let from = from.or_else(|| copula.as_ref().map(|tokens| tokens.start));
            if let Some(from) = from.filter(|from| *from < self.tokens.len()) {
                let units = self.unit_at(from)..self.units.len();
                self.held.push((SecretKind::Password, units));
            }
        }
        self.find_each_named();
        let whole = from.and_then(|from| self.password_from(from));
        // "My husband set that up, is it lighthouse?"
        let whole = whole.filter(|whole| {
            copula
                .as_ref()
                .is_none_or(|part| part.start < whole.start + ASIDE || part.start >= whole.end)
        });
        let Some(tokens) = whole.or(copula) else {
            return;
        };
        let units = self.unit_at(tokens.start)..self.unit_at(tokens.end - 1) + 1;
        if self.is_free(&units) {
            self.take(SecretKind::Password, units);
        }
    }

    /// Of several passwords that are named in a line all but the last: "pet is … and the town is …".
    fn find_each_named(&mut self) {
        let password = Topic::Secret(SecretKind::Password);
        let named: Vec<Range<usize>> = self
            .cues
            .iter()
            .filter(|cue| cue.topic == password && !cue.forbidden && cue.tokens.start >= self.first)
            .map(|cue| cue.tokens.clone())
            .collect();
        for (at, cue) in named.iter().enumerate() {
            if at + 1 >= named.len() || cue.len() < 2 {
                continue;
            }
            let last = cue.end - 1;
            let copulas = &self.lexicon.redaction.copulas;
            let from = copulas.skip(&self.tokens, cue.end);
            let is = from > cue.end || copulas.longest_at(&self.tokens[..cue.end], last).is_some();
            let Some(tokens) = self.password_from(from).filter(|_| is) else {
                continue;
            };
            let units = self.unit_at(tokens.start)..self.unit_at(tokens.end - 1) + 1;
            if self.is_free(&units) {
                self.take(SecretKind::Password, units);
            }
        }
    }

    /// Passwords in words that have been said before.
    fn find_told_again(&mut self) {
        let before = self.before;
        let told = before.known.iter().filter(|known| {
            let letters = known.code.chars().any(char::is_alphabetic);
            let least = if known.code.chars().any(is_han) {
                2
            } else {
                LEAST_WORD
            };
            known.kind == Some(SecretKind::Password)
                && letters
                && known.code.chars().count() >= least
        });
        for known in told {
            for start in self.unit_at(self.first)..self.units.len() {
                let mut rest = known.code.as_str();
                let mut end = start;
                while end < self.units.len() && !rest.is_empty() {
                    let part = self.spoken(end..end + 1);
                    match rest.strip_prefix(part.as_str()) {
                        Some(after) => rest = after,
                        None => break,
                    }
                    end += 1;
                }
                if rest.is_empty() && self.is_free(&(start..end)) {
                    self.take(SecretKind::Password, start..end);
                }
            }
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

    /// The tokens of a password that may begin at a token.
    fn password_from(&self, from: usize) -> Option<Range<usize>> {
        let lists = &self.lexicon.redaction;
        // "I have no glasses."
        let denied = from
            .checked_sub(1)
            .is_some_and(|before| self.tokens[before].text == "no");
        if denied && from < self.tokens.len() && !self.tokens[from].opens() {
            return None;
        }
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
        while end > from
            && let Some(filled) =
                (end.saturating_sub(3).max(from)..end).find(|start| self.is_filled(*start..end))
        {
            end = filled;
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
        let amount = |unit: &Unit| matches!(unit.what, What::Amount(_) | What::Joint);
        if self.units[self.unit_at(from)..self.unit_at(end - 1) + 1]
            .iter()
            .all(amount)
        {
            return None;
        }
        // Of several things a code is told apart from others by its form.
        let several = self
            .expects(SecretKind::Password)
            .is_some_and(|before| !before.also.is_empty());
        let coded = |unit: &Unit| unit.code().is_some() || unit.what == What::Joint;
        if several
            && self.units[self.unit_at(from)..self.unit_at(end - 1) + 1]
                .iter()
                .all(coded)
        {
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

    /// The name behind the last verb that tells what is asked for, in an answer that tells more:
    /// "mum was a gillespie", "i think it's lighthouse unless i changed it".
    fn behind_copula(&self, from: usize) -> Option<Range<usize>> {
        let lists = &self.lexicon.redaction;
        let expected = self.expects(SecretKind::Password)?;
        let password = Topic::Secret(SecretKind::Password);
        let mut named = self
            .cues
            .iter()
            .filter(|cue| cue.tokens.start >= self.first);
        let gives = expected.asked && expected.takes >= Takes::Answers
            || named
                .clone()
                .any(|cue| cue.topic == password && !cue.forbidden);
        let other = named.any(|cue| cue.topic != Topic::Harmless && cue.topic != password);
        if !gives || other || self.tokens.get(from)?.is_han() {
            return None;
        }
        // "He's gone" tells of somebody.
        let somebody = |at: usize| {
            at.checked_sub(1).is_some_and(|before| {
                let text = self.tokens[before].text.as_str();
                matches!(
                    text,
                    "he" | "she" | "they" | "we" | "i" | "you" | "there" | "who" | "what"
                )
            })
        };
        let verb = |at: usize| {
            lists
                .copulas
                .longest_at(&self.tokens, at)
                .filter(|_| !somebody(at))
        };
        (from..self.tokens.len())
            .rev()
            .filter_map(verb)
            .find_map(|start| {
                let start = lists.articles.skip(&self.tokens, start);
                let mut end = start;
                while end < self.tokens.len()
                    && end - start < NAME
                    && !(end > start && (self.is_over(end) || self.tokens[end].opens()))
                    && !lists.no_answer.have(&self.tokens[end].text)
                    && !lists.turning.have(&self.tokens[end].text)
                    && !lists.determiners.have(&self.tokens[end].text)
                    && !lists.joining.have(&self.tokens[end].text)
                    && !self.cues.iter().any(|cue| cue.tokens.contains(&end))
                {
                    end += 1;
                }
                let named = self.tokens.get(end).is_none_or(|next| {
                    self.is_over(end)
                        || next.opens()
                        || lists.turning.have(&next.text)
                        || lists.determiners.have(&next.text)
                        || lists.no_answer.have(&next.text)
                        || lists.joining.have(&next.text)
                });
                let word = (start..end).any(|at| self.units[self.unit_at(at)].what == What::Word);
                (end > start && named && word).then_some(start..end)
            })
    }

    /// Passwords that are spelt with the names of their marks: "Harbour, exclamation mark, 59x".
    fn find_spelt_marks(&mut self) {
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
        let code = |at: usize| {
            let unit = self.units.get(self.unit_at(at));
            unit.is_some_and(|unit| unit.code().is_some())
        };
        let part = |at: usize| {
            let named = lists.marks_said.longest_at(&self.tokens, at);
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
            || self.cues.iter().any(|cue| cue.tokens.contains(&from));
        (!refuses).then_some(from)
    }

    /// Behind what an answer begins with.
    fn skip_lead(&self, from: usize) -> usize {
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

/// Whether what stands at a token is no place: "on the sticker".
fn leads_by_verb(tokens: &[Token], at: usize) -> bool {
    tokens
        .get(at)
        .is_none_or(|token| !matches!(token.text.as_str(), "on" | "in" | "at" | "with" | "not"))
}
