//! A line that is looked through, and what has been found in it so far.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::cues::{Cue, cues};
use super::units::{Unit, What, units};
use super::{Before, Expected, Found, Scan, Topic};
use crate::lexicon::Lexicon;
use crate::tokens::{Gap, Token};

/// The name of a secret counts for what stands so many words behind it.
const REACH: usize = 8;

/// So many words lead to what is said next.
const LEAD: usize = 10;

/// A secret that was found.
#[derive(Clone)]
pub(super) struct Hit {
    pub kind: SecretKind,
    /// Its units.
    pub units: Range<usize>,
    /// Its digits and letters.
    pub code: String,
}

/// See the module.
pub(super) struct Line<'a> {
    pub text: &'a str,
    /// The first byte and the first token of the line itself, behind what leads to it.
    pub start: usize,
    pub first: usize,
    pub before: Before<'a>,
    pub lexicon: &'a Lexicon,
    pub tokens: Vec<Token>,
    pub units: Vec<Unit>,
    pub cues: Vec<Cue>,
    pub hits: Vec<Hit>,
    /// What may still become a secret that is no number.
    pub held: Vec<Range<usize>>,
}

/// Why a part of a line is taken to be about something.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub topic: Topic,
    /// Whether it is named in the line itself.
    pub named: bool,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str, before: Before<'a>, lexicon: &'a Lexicon) -> Self {
        let tokens = lexicon.tokenise(text);
        let units = units(text, &tokens, lexicon);
        let cues = cues(&tokens, &lexicon.redaction);
        Self {
            text,
            start: 0,
            first: 0,
            before,
            lexicon,
            tokens,
            units,
            cues,
            hits: Vec::new(),
            held: Vec::new(),
        }
    }

    /// The same, of which all before a byte leads to it.
    pub fn starting_at(self, start: usize) -> Self {
        let first = self.tokens.partition_point(|token| token.span.end <= start);
        Self {
            start,
            first,
            ..self
        }
    }

    /// The last words, behind all numbers.
    pub fn tail(&self) -> String {
        let plain = |at: &usize| {
            let unit = &self.units[*at];
            matches!(unit.what, What::Word | What::Joint) && !self.is_taken(*at)
        };
        let units = self.units.len();
        let words = (0..units).rev().take_while(plain).take(LEAD).count();
        match self.units.get(units - words) {
            Some(first) => self.text[first.span.start..].to_owned(),
            None => String::new(),
        }
    }

    /// Whether it holds nothing that could be a secret, and says nothing about any.
    pub fn is_plain(&self) -> bool {
        let words = |unit: &Unit| matches!(unit.what, What::Word | What::Joint);
        self.cues.is_empty()
            && self.before.expected.is_none()
            && !self.text.contains('@')
            && !self
                .tokens
                .iter()
                .any(|token| self.may_be_mail(&token.text))
            && self.units.iter().all(words)
    }

    /// Whether a word tells of an address of mail, or may do so yet.
    fn may_be_mail(&self, word: &str) -> bool {
        let lists = &self.lexicon.redaction;
        lists.dot.have(word)
            || self.before.goes_on && (lists.at_sign.have(word) || lists.mail_marks.have(word))
    }

    pub fn scan(mut self) -> Scan {
        self.find_email();
        self.find_dates();
        self.find_addresses();
        self.find_passwords();
        let begun = self.find_numbers();
        let next = self.next(begun);
        let held = match self.before.goes_on {
            true => self.held_back(),
            false => Vec::new(),
        };
        self.hits.sort_by_key(|hit| hit.units.start);
        let found = self.hits.iter().filter_map(|hit| {
            let span = self.in_line(self.span(&hit.units))?;
            Some(Found {
                kind: hit.kind,
                span,
            })
        });
        Scan {
            found: found.collect(),
            held: held
                .into_iter()
                .filter_map(|span| self.in_line(span))
                .collect(),
            tail: self.tail(),
            said: self.said(),
            next,
        }
    }

    /// Bytes of all text as those of the line itself; `None` before it.
    fn in_line(&self, span: Range<usize>) -> Option<Range<usize>> {
        (span.end > self.start)
            .then(|| span.start.max(self.start) - self.start..span.end - self.start)
    }

    /// The bytes of some units, of which there is at least one.
    pub fn span(&self, units: &Range<usize>) -> Range<usize> {
        self.units[units.start].span.start..self.units[units.end - 1].span.end
    }

    /// Whether a unit is part of what has been found.
    pub fn is_taken(&self, unit: usize) -> bool {
        self.hits.iter().any(|hit| hit.units.contains(&unit))
    }

    /// Takes some units for a secret.
    pub fn take(&mut self, kind: SecretKind, units: Range<usize>) {
        let code = self.code(units.clone());
        self.hits.push(Hit { kind, units, code });
    }

    /// The digits and letters of some units.
    pub fn code(&self, units: Range<usize>) -> String {
        let codes = self.units[units]
            .iter()
            .filter_map(|unit| match &unit.what {
                What::Digits(code) | What::Code(code) | What::Amount(code) | What::Date(code) => {
                    Some(code.as_str())
                }
                What::Joint | What::Word => None,
            });
        codes.collect()
    }

    /// The tokens of some units.
    pub fn tokens_of(&self, units: &Range<usize>) -> Range<usize> {
        self.units[units.start].tokens.start..self.units[units.end - 1].tokens.end
    }

    /// The unit that a token is part of; the number of units behind the last.
    pub fn unit_at(&self, token: usize) -> usize {
        self.units.partition_point(|unit| unit.tokens.end <= token)
    }

    /// Whether a sentence ends before a token.
    pub fn ends_sentence(&self, token: usize) -> bool {
        let Some(here) = self.tokens.get(token) else {
            return true;
        };
        if token == 0 || here.gap != Gap::Break {
            return token == 0;
        }
        self.between(token)
            .contains(['.', '?', '!', '。', '？', '！', ';', '；'])
    }

    /// What stands between the token before and this one. Parts of a contraction share their place.
    pub fn between(&self, token: usize) -> &str {
        let Some(before) = token.checked_sub(1) else {
            return "";
        };
        let end = self
            .tokens
            .get(token)
            .map_or(self.text.len(), |token| token.span.start);
        self.text
            .get(self.tokens[before].span.end..end)
            .unwrap_or_default()
    }

    /// What unit `at` is about: as it was named last in the line, or as it is expected.
    pub fn about(&self, at: usize) -> Option<About> {
        let token = self
            .units
            .get(at)
            .map_or(self.tokens.len(), |unit| unit.tokens.start);
        let named = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        let after_card = self.hits.iter().rev().find(|hit| hit.units.end <= at);
        let after_card = after_card.filter(|hit| {
            matches!(hit.kind, SecretKind::CardNumber | SecretKind::CardExpiry)
                && named
                    .is_none_or(|cue| cue.tokens.end <= self.units[hit.units.start].tokens.start)
        });
        if let Some(card) = after_card
            && self.is_filled(self.units[card.units.end - 1].tokens.end..token)
        {
            return Some(About {
                topic: Topic::AfterCard,
                named: true,
            });
        }
        if let Some(cue) = named {
            let between = self.unit_at(cue.tokens.end)..at;
            let words = between
                .filter(|unit| self.units[*unit].what == What::Word && !self.is_taken(*unit));
            if words.count() <= REACH {
                let topic = if cue.forbidden { None } else { Some(cue.topic) };
                return topic.map(|topic| About { topic, named: true });
            }
        }
        let topic = self.before.expected.map(|expected| expected.topic)?;
        Some(About {
            topic,
            named: false,
        })
    }

    /// What units up to `end` are called behind them: "… is the code on the back".
    pub fn called(&self, end: usize) -> Option<Topic> {
        let from = self.units.get(end)?.tokens.start;
        let lists = &self.lexicon.redaction;
        let at = lists.named.longest_at(&self.tokens, from).unwrap_or(from);
        let is_named = at > from;
        let cue = self
            .cues
            .iter()
            .find(|cue| cue.tokens.start >= from && !cue.forbidden)?;
        let far = cue.tokens.start.saturating_sub(at);
        let near = match is_named {
            true => far <= 4 && !(at..cue.tokens.start).any(|token| self.ends_sentence(token)),
            false => cue.tokens.start == from,
        };
        near.then_some(cue.topic)
    }

    /// Whether tokens only fill: hesitation, agreement, what leads to a secret.
    pub fn is_filled(&self, tokens: Range<usize>) -> bool {
        let lists = &self.lexicon.redaction;
        let mut at = tokens.start;
        while at < tokens.end {
            let ends = [
                &lists.answering,
                &lists.joining,
                &lists.corrections,
                &lists.naming,
                &lists.named,
            ];
            let ends = ends
                .iter()
                .filter_map(|list| list.longest_at(&self.tokens[..tokens.end], at));
            match ends.max() {
                Some(end) => at = end,
                None if self.tokens[at].text == "-" => at += 1,
                None => return false,
            }
        }
        true
    }

    /// Whether the line holds nothing but codes and what fills: it is an answer.
    pub fn is_answer(&self) -> bool {
        let mut from = self.first;
        let mut at = self.unit_at(self.first);
        while at < self.units.len() {
            let unit = &self.units[at];
            let code = matches!(
                unit.what,
                What::Digits(_) | What::Code(_) | What::Date(_) | What::Amount(_)
            );
            if code || self.is_taken(at) {
                if !self.is_filled(from..unit.tokens.start) {
                    return false;
                }
                from = unit.tokens.end;
            }
            at += 1;
        }
        self.is_filled(from..self.tokens.len())
    }

    /// What is expected, if it is a secret of that kind.
    pub fn expects(&self, kind: SecretKind) -> Option<&Expected> {
        self.before
            .expected
            .filter(|expected| expected.topic == Topic::Secret(kind))
    }
}
