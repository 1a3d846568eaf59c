//! Passwords: words that are announced or asked for, or that show themselves by their marks.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::units::{Unit, What};
use super::{Takes, Topic};
use crate::fold::is_han;

/// A code has at least so many digits.
const LEAST_CODE: usize = 3;
/// An answer of more characters may be a verse.
const LEAST_VERSE: usize = 4;
/// A word that was a password is known again if it has so many letters.
pub(super) const LEAST_WORD: usize = 4;
/// Before a verb so many words are told beside the answer.
const ASIDE: usize = 4;
/// The name behind a verb has no more words.
pub(super) const NAME: usize = 4;
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
                } else if self.before.goes_on && end > start && end == self.units.len() {
                    self.held.push((SecretKind::Password, start..end));
                }
            }
        }
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
                || end > from && self.is_told_of_letters(end)
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
        // "It's at 40 %."
        let share = |unit: &Unit| self.text[unit.span.end..].trim_start().starts_with('%');
        if self.units[self.unit_at(from)..self.unit_at(end - 1) + 1]
            .iter()
            .any(share)
        {
            return None;
        }
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

    /// Whether it is told at a token how what was said is written: "all lower case, no spaces".
    fn is_told_of_letters(&self, token: usize) -> bool {
        let about = &self.lexicon.redaction.about_letters;
        let end = about.longest_at(&self.tokens, token);
        end.is_some_and(|end| end > token + 1)
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
                let place = self.tokens.get(start).map(|token| token.text.as_str());
                if matches!(place, Some("at" | "in" | "on" | "to" | "for" | "with")) {
                    return None;
                }
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
                // "It's five digits."
                let counts = (start..end).any(|at| lists.units.have(&self.tokens[at].text));
                let word = !counts
                    && (start..end).any(|at| self.units[self.unit_at(at)].what == What::Word);
                (end > start && named && word).then_some(start..end)
            })
    }
}
