//! Bare codes: those that have begun, that answer what nobody named, or that correct one.

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::numbers::{LEAST_AGAIN, LEAST_TOLD, LONG};
use super::structure::{
    is_free, is_phone, is_year, looks_like_card, may_be_card, may_be_iban, may_be_resident_id,
    may_begin_card,
};
use super::units::{Unit, What};
use super::{Known, Topic};
use crate::fold::is_han;

/// Digits that nothing announced, and that end a line, may be the first ones of a card from this on.
const LEAST_BEGUN: usize = 5;
/// The country, its check digits and a bank.
const LEAST_IBAN: usize = 6;
/// The same in a line with other words.
const LEAST_IBAN_IN_SENTENCE: usize = 8;
/// Digits that begin like a card do so even where something harmless is asked for from here on.
const LEAST_LIKE_CARD: usize = 14;
/// So many digits at once are rather a code than the first ones of a card.
const CODE: std::ops::RangeInclusive<usize> = 5..=7;
/// Two numbers of so many digits may be of anything.
const LONGEST_PAIR: usize = 3;

impl Line<'_> {
    /// What takes the place of a secret before it in the line: as long, behind what takes that back.
    pub(super) fn find_corrected(&mut self) {
        let chains = match self.hits.is_empty() {
            true => Vec::new(),
            false => self.chains(),
        };
        for chain in chains {
            let (Some(first), Some(last)) = (chain.parts.first(), chain.parts.last()) else {
                continue;
            };
            let code = self.code(first.start..last.end);
            let before = self.hits.iter().filter(|hit| hit.units.end <= first.start);
            let Some(told) = before.max_by_key(|hit| hit.units.end) else {
                continue;
            };
            let between =
                self.units[told.units.end - 1].tokens.end..self.units[first.start].tokens.start;
            let corrects = self
                .lexicon
                .redaction
                .corrections
                .are_in(&self.tokens[between.clone()]);
            let named = self
                .cues
                .iter()
                .any(|cue| between.contains(&cue.tokens.start));
            let alike = code.len().abs_diff(told.code.len()) <= 1 && code.len() >= LEAST_AGAIN;
            if corrects && alike && !named && !self.counts(last) {
                self.take_parts(told.kind, &chain, first.start..last.end);
            }
        }
    }

    /// A bare code that answers a question in which nothing was named. What it is its length tells.
    pub(super) fn find_answer(&mut self) -> Option<(SecretKind, String)> {
        let chains = self.chains();
        let [chain] = &chains[..] else { return None };
        let other = |unit: &Unit| matches!(unit.what, What::Amount(_) | What::Date(_));
        let expected = self.before.expected.map(|expected| expected.topic);
        let free = self.cues.is_empty() && self.hits.is_empty() && expected.is_none();
        let (start, end) = (chain.parts.first()?.start, chain.parts.last()?.end);
        let answers = self.before.unnamed && free && self.is_answer();
        if !answers || self.units.iter().any(other) || self.counts(&(start..end)) {
            return None;
        }
        let code = self.code(start..end);
        if self.is_known_harmless(&code) {
            return None;
        }
        let digits = code.bytes().filter(u8::is_ascii_digit).count();
        let told = self.units[start].code().is_some_and(|code| code.len() == 1)
            || self.text[self.span(&(start..end))].chars().all(is_han);
        let mobile = code.starts_with('1') && code.as_bytes().get(1).is_some_and(|b| *b >= b'3');
        let card = |known: &Known| known.kind == Some(SecretKind::CardNumber);
        let kind = match digits {
            _ if is_free(&code) || is_year(&code) || !told && code.ends_with("00") => return None,
            6..=9 if matches!(code.len() - digits, 1 | 2) => SecretKind::Passport,
            _ if digits < code.len() => return None,
            3 if self.before.known.iter().any(card) => SecretKind::CardSecurityCode,
            3 if told && mobile => SecretKind::Phone,
            4..=8 => SecretKind::OneTimeCode,
            9 => SecretKind::IdentityNumber,
            10 | 11 => SecretKind::Phone,
            14..=19 if may_be_card(&code) => SecretKind::CardNumber,
            12..=20 => SecretKind::AccountNumber,
            _ => return None,
        };
        self.take_parts(kind, chain, start..end);
        Some((kind, code))
    }

    /// Digits that nothing announced, and with which the number of a card, a person or a telephone may
    /// begin: the line is nothing else.
    pub(super) fn find_begun(&mut self) -> Option<(SecretKind, String)> {
        // Of a line that goes on it is held back without a name.
        let expected = self.before.expected.map(|expected| expected.topic);
        if expected.is_some_and(|topic| topic != Topic::Harmless) || self.before.goes_on {
            return None;
        }
        let chain = self.chains().pop()?;
        let (start, end) = (chain.parts.first()?.start, chain.parts.last()?.end);
        let code = self.code(start..end);
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        let last = self.is_filled(self.units[end - 1].tokens.end..self.tokens.len());
        let free = match self.about(start) {
            None => true,
            Some(about) => !about.named && code.len() >= LEAST_LIKE_CARD && looks_like_card(&code),
        };
        let single = chain.parts.len() == 1 && free && self.called(end).is_none();
        let amounts = self
            .units
            .iter()
            .any(|unit| matches!(unit.what, What::Amount(_)));
        let alone = self.is_answer() && !amounts;
        let banking = self.lexicon.redaction.banking.are_in(&self.tokens);
        let countries = &self.lexicon.redaction.iban_countries;
        let written = self.text[self.span(&(start..end))].contains('-');
        if last
            && chain.parts.len() == 1
            && !self.about(start).is_some_and(|about| about.named)
            && (free && alone || banking && code.len() >= LEAST_IBAN_IN_SENTENCE)
            && code.len() >= LEAST_IBAN
            && !written
            && may_be_iban(&code)
            && countries.have(&code[..2])
        {
            self.take_parts(SecretKind::Iban, &chain, start..end);
            return Some((SecretKind::Iban, code));
        }
        if !(digits && last && single && alone) {
            return None;
        }
        // Codes are told digit by digit, other numbers mostly are not.
        let group = (start..end).filter_map(|unit| self.units[unit].code());
        let longest = group.map(str::len).max().unwrap_or_default();
        let told = (start..end).all(|unit| {
            self.units[unit].code().is_none_or(|code| code.len() == 1)
                || self.text[self.span(&(start..end))].chars().all(is_han)
        });
        let least = if told { LEAST_TOLD } else { LEAST_BEGUN };
        if is_free(&code) {
            return None;
        }
        let kind = match code.len() {
            8..18 if may_be_resident_id(&code) => SecretKind::IdentityNumber,
            7..11 if is_phone(&format!("{code:0<11}"), false, &[]) => SecretKind::Phone,
            n if (least..16).contains(&n)
                && may_begin_card(&code)
                && (told || longest > LONGEST_PAIR || code.len() >= LONG) =>
            {
                SecretKind::CardNumber
            }
            _ => return None,
        };
        // Whoever is asked for a number that nobody named begins with more, or fewer, digits of a card.
        let short = CODE.contains(&code.len()) && !code.starts_with("62");
        let kind = match kind {
            SecretKind::CardNumber if self.before.unnamed && short => SecretKind::OneTimeCode,
            kind => kind,
        };
        self.take_parts(kind, &chain, start..end);
        Some((kind, code))
    }
}
