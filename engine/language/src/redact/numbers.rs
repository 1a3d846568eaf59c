//! Which numbers are secrets: by their structure, by what they are called, by what was asked for.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::chains::Chain;
use super::line::{About, Hit, Line};
use super::structure::{is_card, is_year};
use super::units::What;
use super::{Known, Topic};

/// A time has no more digits.
pub(super) const LONGEST_TIME: usize = 4;
/// What is said again is recognised if it is at least so long.
pub(super) const LEAST_AGAIN: usize = 4;
/// What has a structure has so many digits and letters, and with check digits so many.
pub(super) const LEAST_STRUCTURED: usize = 8;
pub(super) const LEAST_CHECKED: usize = 14;
pub(super) const LEAST_TOLD: usize = 4;
/// A code that is named has at least so many.
pub(super) const LEAST_NAMED: usize = 3;
/// Only codes have so many digits, and no number that tells how many.
pub(super) const LONG: usize = 6;

impl Line<'_> {
    /// Finds numbers. Returns one that has begun, if nothing announced it.
    pub(super) fn find_numbers(&mut self) -> Option<(SecretKind, String)> {
        for chain in self.chains() {
            self.find_structured(&chain, false);
        }
        self.find_amounts();
        for chain in self.chains() {
            self.find_named(&chain);
        }
        self.find_corrected();
        self.find_begun().or_else(|| self.find_answer())
    }

    /// Numbers that are called something, or that were asked for.
    fn find_named(&mut self, chain: &Chain) {
        let mut trimmed = chain.clone();
        let single = |part: &Range<usize>| self.code(part.clone()).len() <= LONGEST_TIME;
        while trimmed.parts.len() > 1
            && trimmed.parts.first().is_some_and(|part| {
                let digits = self.code(part.clone()).len();
                single(part) && (self.counts(part) || self.is_time(part, digits))
            })
        {
            trimmed.parts.remove(0);
        }
        while trimmed.parts.len() > 1
            && trimmed
                .parts
                .last()
                .is_some_and(|part| single(part) && self.counts(part))
        {
            trimmed.parts.pop();
        }
        let chain = &trimmed;
        let (Some(first), Some(last)) = (chain.parts.first(), chain.parts.last()) else {
            return;
        };
        let (start, end) = (first.start, last.end);
        let code: String = chain
            .parts
            .iter()
            .map(|part| self.code(part.clone()))
            .collect();
        let digits = code.bytes().filter(u8::is_ascii_digit).count();
        let known = self.known(&code);
        let about = self.about(start);
        if known.is_none()
            && (self.counts(last) || self.is_time(first, digits))
            && !self.is_told(about, start, &code)
        {
            return;
        }
        let called = self.called(end);
        if called.is_none()
            && self.is_known_harmless(&code)
            && !about.is_some_and(|about| about.named)
        {
            return;
        }
        let harmless = about.is_some_and(|about| about.named && about.topic == Topic::Harmless);
        let called = called.filter(|_| !harmless || self.is_called(end));
        let groups = self.groups_of(chain);
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let called = called.filter(|_| self.is_called(end) || !self.suits_asked(&code, &groups));
        let topic = match (about, called) {
            // "It's got 4417 above it on the front."
            (Some(about), Some(topic @ Topic::Secret(_))) if about.topic == Topic::AfterCard => {
                Some(About { topic, named: true })
            }
            (Some(about), _) if about.named && about.topic != Topic::Harmless => Some(about),
            (Some(about), Some(Topic::Harmless))
                if about.topic != Topic::Harmless && !self.is_called(end) =>
            {
                Some(about)
            }
            (_, Some(topic)) if digits >= 2 => Some(About { topic, named: true }),
            (about, _) => about,
        };
        if self.are_years(chain) && !self.is_answer() && !topic.is_some_and(|about| about.named) {
            return;
        }
        let topic = match topic {
            Some(about) if !about.named => {
                self.best_of_asked(&code, &groups)
                    .map_or(Some(about), |kind| {
                        Some(About {
                            topic: Topic::Secret(kind),
                            named: false,
                        })
                    })
            }
            topic => topic,
        };
        // Where the card has been told whole, other digits of the line are none of it.
        let whole = |hit: &Hit| hit.kind == SecretKind::CardNumber && is_card(&hit.code);
        let beside = !topic.is_some_and(|about| about.named)
            && topic.is_some_and(|about| about.topic == Topic::Secret(SecretKind::CardNumber))
            && code.len() <= LONG
            && self.hits.iter().any(whole);
        if beside && known.is_none() {
            return;
        }
        let mut kind = topic.and_then(|about| self.fits(about, &code, digits, start));
        if kind.is_none() && chain.corrected {
            // What is said anew is one by itself.
            let last = self.code(last.clone());
            let digits = last.bytes().filter(u8::is_ascii_digit).count();
            kind = topic.and_then(|about| self.fits(about, &last, digits, start));
        }
        let kind = match (kind, known) {
            (Some(kind), Some(known)) if self.before.kept.contains(&kind) => Some(known),
            (Some(_), Some(known))
                if !topic.is_some_and(|about| about.named)
                    && self.before.known.iter().any(|before| before.code == code) =>
            {
                Some(known)
            }
            (kind, known) => kind.or(known),
        };
        if let Some(kind) = kind {
            // A word that stands right before the digits of a password belongs to it: qiao九九.
            let word = start.checked_sub(1).filter(|word| {
                let unit = &self.units[*word];
                kind == SecretKind::Password
                    && unit.what == What::Word
                    && unit.span.end == self.units[start].span.start
                    && self.text[unit.span.clone()].is_ascii()
                    && unit.span.start >= self.start
            });
            if let Some(word) = word {
                self.take(kind, word..chain.parts[0].end);
                let rest = chain.parts[0].end..end;
                self.take_parts(kind, chain, rest);
                return;
            }
            self.take_parts(kind, chain, start..end);
        }
    }

    /// The secret that has been said before and is said again.
    pub(super) fn known(&self, code: &str) -> Option<SecretKind> {
        let answer = self.is_answer();
        let again = |known: &&Known| {
            let least = if answer { 3 } else { LEAST_AGAIN };
            let digits = code.bytes().any(|byte| byte.is_ascii_digit());
            digits
                && (code.len() >= least && known.code.contains(code)
                    || code.len() >= 3 && known.code == code)
        };
        self.before
            .known
            .iter()
            .rev()
            .find(|known| known.kind.is_some() && again(known))
            .and_then(|known| known.kind)
    }

    /// Whether a number was told as harmless before: "the card ending 5317".
    pub(super) fn is_known_harmless(&self, code: &str) -> bool {
        let mut known = self.before.known.iter().rev();
        let last = known.find(|known| known.code == code);
        last.is_some_and(|known| known.kind.is_none())
    }

    /// Whether all parts of a chain are years: "2024 to 2025".
    fn are_years(&self, chain: &Chain) -> bool {
        let year = |part: &Range<usize>| is_year(&self.code(part.clone()));
        chain.parts.iter().all(year)
    }

    /// The bytes of all that has at least three digits.
    pub(super) fn codes(&self) -> Vec<Range<usize>> {
        let digits = |units: &Range<usize>| {
            let code = self.code(units.clone());
            code.bytes().filter(u8::is_ascii_digit).count()
        };
        let chains = self.chains().into_iter();
        let mut codes: Vec<Range<usize>> = chains
            .filter(|chain| chain.parts.iter().map(digits).sum::<usize>() >= LEAST_NAMED)
            .flat_map(|chain| chain.parts)
            .collect();
        let others = (0..self.units.len()).filter(|at| {
            matches!(self.units[*at].what, What::Amount(_) | What::Date(_))
                && digits(&(*at..*at + 1)) >= LEAST_NAMED
        });
        codes.extend(others.map(|at| at..at + 1));
        codes.sort_by_key(|units| units.start);
        codes.iter().map(|units| self.span(units)).collect()
    }
}
