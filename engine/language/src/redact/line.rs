//! A line that is looked through, and what has been found in it so far.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::cues::{self, Cue};
use super::units::{Unit, What, units};
use super::{Before, Expected, Found, Known, Scan, Takes, Topic};
use crate::lexicon::Lexicon;
use crate::tokens::{Gap, Token};

/// The name of a secret counts for what stands so many words behind it.
const REACH: usize = 8;

/// So many letters name a bank in an IBAN.
const BANK: usize = 4;

/// A phrase has a numeral in it no later than this.
const PHRASE: usize = 3;

/// Whoever only prompts says no more words.
const FEW: usize = 12;

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
        few && free && self.lexicon.redaction.renewing.are_in(tokens)
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

    pub fn scan(mut self) -> Scan {
        self.find_email();
        self.find_whole();
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
            agrees: self.agrees(),
            asks: self.is_asking(),
            renews: self.renews(),
            questions: self.is_question_or_request(),
            prompts: self.prompts(),
            tells: self.codes().iter().any(|span| span.end > self.start)
                || self.tokens[self.first..]
                    .iter()
                    .any(|token| !token.is_han() && self.lexicon.redaction.units.have(&token.text)),
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
                    let letters = self.text[unit.span.clone()].chars();
                    let letters = letters.filter(|c| c.is_alphanumeric());
                    all.extend(letters.flat_map(char::to_lowercase));
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
            // A harmless name is of one number.
            let waits = self
                .before
                .expected
                .is_some_and(|expected| expected.topic != Topic::Harmless);
            let apart = (cue.tokens.end..=token).any(|token| self.ends_sentence(token));
            let used = waits
                && cue.topic == Topic::Harmless
                && (apart
                    || (self.unit_at(cue.tokens.end)..at)
                        .rev()
                        .skip_while(|unit| self.units[*unit].what != What::Word)
                        .any(|unit| self.units[unit].is_digits()));
            if words.count() <= REACH && !used {
                let told = !cue.forbidden || self.is_filled(cue.tokens.end..token);
                return told.then_some(About {
                    topic: cue.topic,
                    named: true,
                });
            }
        }
        let topic = self.before.expected.map(|expected| expected.topic)?;
        Some(About {
            topic,
            named: false,
        })
    }

    /// Whether units up to `end` are told to be something behind them, rather than just followed by
    /// its name: "… is the code".
    pub fn is_called(&self, end: usize) -> bool {
        let from = self.units.get(end).map(|unit| unit.tokens.start);
        let named = &self.lexicon.redaction.named;
        from.is_some_and(|from| named.longest_at(&self.tokens, from).is_some())
    }

    /// What units up to `end` are called behind them: "… is the code on the back".
    pub fn called(&self, end: usize) -> Option<Topic> {
        let from = self.units.get(end)?.tokens.start;
        let lists = &self.lexicon.redaction;
        let at = lists.named.longest_at(&self.tokens, from).unwrap_or(from);
        let is_named = at > from;
        let cue = self.cues.iter().find(|cue| cue.tokens.start >= from)?;
        let far = cue.tokens.start.saturating_sub(at);
        let near = match is_named {
            true => far <= 4 && !(at..cue.tokens.start).any(|token| self.ends_sentence(token)),
            // "… 7160Z. Address is …" begins something else.
            false => cue.tokens.start == from && !self.announces(cue) && !self.ends_sentence(from),
        };
        near.then_some(cue.topic)
    }

    /// Whether what a cue names is told right behind it.
    fn announces(&self, cue: &Cue) -> bool {
        let naming = &self.lexicon.redaction.naming;
        let behind = naming.skip(&self.tokens, cue.tokens.end);
        let number = self.units.get(self.unit_at(behind));
        number.is_some_and(|unit| {
            unit.code().is_some() || matches!(unit.what, What::Amount(_) | What::Date(_))
        })
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

    /// Whether whoever speaks was asked for a secret of that kind, or has begun to give it, and nobody
    /// spoke of something else since.
    pub fn gives(&self, kind: SecretKind) -> bool {
        self.expects(kind).is_some_and(|expected| {
            let goes_on = !expected.carried.is_empty() && !self.before.repeats;
            (expected.asked || goes_on) && expected.takes == Takes::All
        })
    }

    /// Whether it goes on with a secret of that kind.
    pub fn goes_on_with(&self, kind: SecretKind) -> bool {
        self.gives(kind)
            && self
                .expects(kind)
                .is_some_and(|expected| !expected.carried.is_empty())
    }

    /// What is expected, if it is a secret of that kind.
    pub fn expects(&self, kind: SecretKind) -> Option<&Expected> {
        self.before
            .expected
            .filter(|expected| expected.kinds().any(|asked| asked == kind))
    }
}
