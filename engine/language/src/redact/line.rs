//! A line that is looked through, and what has been found in it so far.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::cues::{self, Cue};
use super::tagger::heard;
use super::units::{Unit, What, units};
use super::{Before, Expected, Found, Heard, Known, Scan, Takes, Topic};
use crate::lexicon::Lexicon;
use crate::tokens::{Gap, Token};

/// So many letters name a bank in an IBAN.
const BANK: usize = 4;

/// A phrase has a numeral in it no later than this.
const PHRASE: usize = 3;

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
    pub held: Vec<(SecretKind, Range<usize>)>,
    /// A number that has begun, if nothing announced it.
    pub begun: Option<(SecretKind, String)>,
}

/// Why a part of a line is taken to be about something.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub topic: Topic,
    /// Whether it is named in the line itself.
    pub named: bool,
}

/// Numerals within a phrase are words: 记一下, "one moment".
fn set_phrases(units: &mut [Unit], tokens: &[Token], lexicon: &Lexicon) {
    let answering = &lexicon.redaction.answering;
    for unit in units
        .iter_mut()
        .filter(|unit| unit.is_digits() && unit.tokens.len() == 1)
    {
        let at = unit.tokens.start;
        let within = (at.saturating_sub(PHRASE)..=at).any(|from| {
            let end = answering.longest_at(tokens, from);
            end.is_some_and(|end| end > at && end > from + 1)
        });
        if within {
            unit.what = What::Word;
        }
    }
}

/// Where an international account is spoken of, the letters of its country and its bank are letters
/// and no words: "nl ninety one abna".
fn set_accounts(units: &mut [Unit], tokens: &[Token], lexicon: &Lexicon) {
    let text = |unit: &Unit| tokens[unit.tokens.start].text.clone();
    for at in 0..units.len().saturating_sub(1) {
        let country = text(&units[at]);
        let digits = units[at + 1..]
            .iter()
            .take_while(|unit| unit.is_digits())
            .take(2);
        let check: usize = digits.clone().filter_map(Unit::code).map(str::len).sum();
        if units[at].what != What::Word
            || !lexicon.redaction.iban_countries.have(&country)
            || check < 2
        {
            continue;
        }
        let bank = at + 1 + digits.count();
        units[at].what = What::Code(country);
        if let Some(unit) = units.get_mut(bank)
            && unit.what == What::Word
        {
            let letters = text(unit);
            if letters.len() == BANK && letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                unit.what = What::Code(letters);
            }
        }
    }
}

impl<'a> Line<'a> {
    /// A line that begins at a byte of `text`; all before leads to it.
    pub fn new(text: &'a str, start: usize, before: Before<'a>, lexicon: &'a Lexicon) -> Self {
        let tokens = lexicon.tokenise(text);
        let mut units = units(text, &tokens, lexicon);
        set_phrases(&mut units, &tokens, lexicon);
        let first = tokens.partition_point(|token| token.span.end <= start);
        let expected = before.expected.map(|expected| expected.topic);
        let card = |known: &Known| known.kind == Some(SecretKind::CardNumber);
        let told = before.known.iter().any(card);
        let carried = before
            .expected
            .filter(|expected| before.repeats && !expected.carried.is_empty());
        let asked: Vec<SecretKind> = before
            .expected
            .into_iter()
            .flat_map(Expected::kinds)
            .collect();
        let about = cues::About {
            expected,
            asked: &asked,
            again: carried.and_then(|expected| match expected.topic {
                Topic::AfterCard => Some(Topic::Secret(SecretKind::CardNumber)),
                Topic::Harmless => None,
                topic => Some(topic),
            }),
            card_told: told,
            told: before.expected.is_some_and(|expected| {
                !expected.carried.is_empty() && expected.takes < Takes::All
            }),
        };
        let cues = cues::cues(&tokens, &lexicon.redaction, first, about);
        let iban = Topic::Secret(SecretKind::Iban);
        if expected == Some(iban) || cues.iter().any(|cue| cue.topic == iban) {
            set_accounts(&mut units, &tokens, lexicon);
        }
        Self {
            text,
            start,
            first,
            before,
            lexicon,
            tokens,
            units,
            cues,
            hits: Vec::new(),
            held: Vec::new(),
            begun: None,
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

    /// Whether it holds nothing that could be a secret, and names none.
    pub fn is_plain(&self) -> bool {
        let words = |unit: &Unit| matches!(unit.what, What::Word | What::Joint);
        let harmless = |cue: &Cue| cue.topic == Topic::Harmless;
        self.cues.iter().all(harmless)
            && self.before.expected.is_none()
            && !self.text.contains('@')
            && !self
                .tokens
                .iter()
                .any(|token| self.may_be_address(&token.text))
            && self.units.iter().all(words)
    }

    /// Whether a word tells of an address, of mail or of a place, or may do so yet.
    fn may_be_address(&self, word: &str) -> bool {
        let lists = &self.lexicon.redaction;
        if self.before.goes_on && lists.regions.have(word) {
            return true;
        }
        lists.dot.have(word)
            || self.before.goes_on && (lists.at_sign.have(word) || lists.mail_marks.have(word))
    }

    /// The line with what the rules find in it.
    pub fn ruled(mut self) -> Self {
        if self.is_plain() {
            return self;
        }
        self.find_email();
        self.find_whole();
        self.find_dates();
        self.find_addresses();
        self.find_passwords();
        self.begun = self.find_numbers();
        self.find_extensions();
        self
    }

    pub fn scan(self) -> Scan {
        let mut line = self.ruled();
        line.tag();
        line.told()
    }

    /// What is told of the line.
    fn told(mut self) -> Scan {
        let next = self.next(self.begun.clone());
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
            agrees: self.agrees(),
            asks: next.is_some() && self.is_asking(),
            renews: self.renews(),
            questions: next.is_some() && self.is_question_or_request(),
            prompts: self.prompts(),
            tells: self.codes().iter().any(|span| span.end > self.start)
                || self.tokens[self.first..]
                    .iter()
                    .any(|token| !token.is_han() && self.lexicon.redaction.units.have(&token.text)),
            said: self.said(),
            heard: match self.before.goes_on {
                true => Heard::default(),
                false => heard(&self),
            },
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

    /// Whether digits among some units are about what is hidden.
    fn are_hidden(&self, units: &Range<usize>) -> bool {
        let mut digits = units.clone().filter(|unit| self.units[*unit].is_digits());
        digits.any(|unit| match self.about(unit).map(|about| about.topic) {
            Some(Topic::Secret(kind)) => !self.before.kept.contains(&kind),
            Some(Topic::AfterCard) => true,
            _ => false,
        })
    }

    /// Takes some units for a secret; not for one that is told as it is, where something that is
    /// hidden is spoken of.
    pub fn take(&mut self, kind: SecretKind, units: Range<usize>) {
        if self.before.kept.contains(&kind) && self.are_hidden(&units) {
            return;
        }
        let mut code = self.code(units.clone());
        if kind == SecretKind::Password {
            code = self.spoken(units.clone());
        }
        if code.is_empty() {
            let letters = self.text[self.span(&units)].chars();
            code = letters
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect();
        }
        self.hits.push(Hit { kind, units, code });
    }

    /// The digits, letters and words of some units.
    pub fn spoken(&self, units: Range<usize>) -> String {
        let mut all = String::new();
        for unit in &self.units[units] {
            match &unit.what {
                What::Digits(code) | What::Code(code) | What::Amount(code) | What::Date(code) => {
                    all.push_str(code);
                }
                What::Word => {
                    let tokens = self.tokens[unit.tokens.clone()].iter();
                    all.extend(tokens.map(|token| token.text.as_str()));
                }
                What::Joint => {}
            }
        }
        all
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
        let between = self.between(token);
        let shortened = between.trim_end() == "."
            && self
                .lexicon
                .redaction
                .abbreviations
                .have(&self.tokens[token - 1].text);
        !shortened && between.contains(['.', '?', '!', '。', '？', '！', ';', '；'])
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
}
