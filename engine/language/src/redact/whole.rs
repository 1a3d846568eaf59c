//! Numbers that show by themselves what they are.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::chains::Chain;
use super::line::Line;
use super::numbers::{LEAST_CHECKED, LEAST_STRUCTURED};
use super::structure::{
    is_card, is_chinese_passport, is_iban, is_landline_in_groups, is_national_insurance, is_phone,
    is_resident_id, is_social_security, looks_like_card, looks_like_resident_id,
};
use super::{Takes, Topic};

impl Line<'_> {
    /// Finds what check digits show to be whole.
    pub(super) fn find_whole(&mut self) {
        for chain in self.chains() {
            self.find_structured(&chain, true);
        }
    }

    /// Numbers that show by themselves what they are.
    pub(super) fn find_structured(&mut self, chain: &Chain, checked: bool) {
        let first = chain.parts.first().map_or(0, |part| part.start);
        let harmless = self.about(first).is_some_and(|about| {
            let asked = self.before.expected.is_some_and(|expected| expected.asked);
            about.topic == Topic::Harmless && (about.named || asked && !self.corrects())
        });
        let named = self.about(first).filter(|about| about.named);
        let named = named.is_some_and(
            |about| matches!(about.topic, Topic::Secret(kind) if kind != SecretKind::Phone),
        ) || self
            .called(chain.parts.last().map_or(0, |part| part.end))
            .is_some_and(|topic| topic != Topic::Secret(SecretKind::Phone));
        if self.is_whole_across(chain) {
            return;
        }
        let units: Vec<usize> = chain
            .parts
            .iter()
            .flat_map(Clone::clone)
            .filter(|unit| self.units[*unit].code().is_some())
            .collect();
        let lengths = units.iter().filter_map(|unit| self.units[*unit].code());
        let length: usize = lengths.map(str::len).sum();
        if length
            < if checked {
                LEAST_CHECKED
            } else {
                LEAST_STRUCTURED
            }
        {
            return;
        }
        let mut at = 0;
        while at < units.len() {
            let found = (at + 1..=units.len()).rev().find_map(|end| {
                let kind = self.structured(&units, at..end, (harmless || checked, named))?;
                Some((end, kind))
            });
            match found {
                Some((end, kind)) => {
                    // What corrects it is one as well.
                    let last = chain.parts.last().filter(|_| chain.corrected);
                    let until = last.map_or(units[end - 1] + 1, |part| part.end);
                    self.take_parts(kind, chain, units[at]..until);
                    at = units.partition_point(|unit| *unit < until);
                }
                None => at += 1,
            }
        }
    }

    /// What units are together, by their structure alone.
    fn structured(
        &self,
        units: &[usize],
        range: Range<usize>,
        (harmless, named): (bool, bool),
    ) -> Option<SecretKind> {
        if !self.is_boundary(units, range.start) || !self.is_boundary(units, range.end) {
            return None;
        }
        let groups: Vec<&str> = units[range.clone()]
            .iter()
            .filter_map(|unit| self.units[*unit].code())
            .collect();
        if groups.iter().map(|group| group.len()).sum::<usize>() < LEAST_STRUCTURED {
            return None;
        }
        let code = groups.concat();
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        if is_resident_id(&code) || !harmless && !named && looks_like_resident_id(&code) {
            return Some(SecretKind::IdentityNumber);
        }
        if digits && is_card(&code) {
            return Some(SecretKind::CardNumber);
        }
        if is_iban(&code) {
            return Some(SecretKind::Iban);
        }
        let waits = self.before.expected.is_some_and(|expected| {
            matches!(expected.topic, Topic::Secret(_)) && expected.takes == Takes::All
        });
        if !harmless && (!named || waits) && is_chinese_passport(&code) {
            return Some(SecretKind::Passport);
        }
        if !harmless && !named && !waits && digits && looks_like_card(&code) {
            return Some(SecretKind::CardNumber);
        }
        let called = self
            .about(units[range.start])
            .is_some_and(|about| about.named);
        if !(named || harmless && called) && is_national_insurance(&code) {
            return Some(SecretKind::IdentityNumber);
        }
        if harmless || named || !digits {
            return None;
        }
        if is_social_security(
            &self
                .groups(units, range.clone())
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
        ) && self.is_cut(units, range.clone())
        {
            return Some(SecretKind::IdentityNumber);
        }
        let start = self.units[units[range.start]].span.start;
        let before = self.text[..start].trim_end();
        let plus = before.ends_with('+') || before.to_lowercase().ends_with("plus");
        // Another number was asked for.
        let other = self.before.expected.is_some_and(|expected| {
            let mut kinds = expected.kinds();
            expected.asked
                && waits
                && !plus
                && !kinds.any(|kind| kind == SecretKind::Phone)
                && expected.kinds().any(|kind| {
                    use SecretKind::{AccountNumber, IdentityNumber};
                    matches!(kind, AccountNumber | IdentityNumber)
                })
        });
        if other
            && self
                .is_filled(self.first..self.units[units[range.start]].tokens.start.max(self.first))
        {
            return None;
        }
        let all = range.len() == units.len() && !waits;
        let groups = self.groups(units, range);
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        if all && is_landline_in_groups(&code, &groups) {
            return Some(SecretKind::Phone);
        }
        is_phone(&code, plus, &groups).then_some(SecretKind::Phone)
    }

    /// The groups of a chain, parted where something stands between them.
    pub(super) fn groups_of(&self, chain: &Chain) -> Vec<String> {
        let units: Vec<usize> = chain.parts.iter().flat_map(Clone::clone).collect();
        let units: Vec<usize> = units
            .into_iter()
            .filter(|unit| self.units[*unit].code().is_some())
            .collect();
        self.groups(&units, 0..units.len())
    }

    /// The groups of some units, parted where something stands between them.
    fn groups(&self, units: &[usize], range: Range<usize>) -> Vec<String> {
        let mut groups: Vec<String> = Vec::new();
        for at in range.clone() {
            let code = self.units[units[at]].code().unwrap_or_default();
            let opens = self.tokens[self.units[units[at]].tokens.start].opens();
            let apart =
                at > range.start && (opens || units[at] > units[at - 1] + 1 || code.len() > 1);
            match groups.last_mut().filter(|_| !apart) {
                Some(group) => group.push_str(code),
                None => groups.push(code.to_owned()),
            }
        }
        groups
    }

    /// Whether hyphens stand between groups, written or said.
    fn is_cut(&self, units: &[usize], range: Range<usize>) -> bool {
        range.clone().skip(1).any(|at| {
            units[at] > units[at - 1] + 1 || self.tokens[self.units[units[at]].tokens.start].opens()
        })
    }

    /// Whether a number may begin, or end, before a unit of a chain: between figures, and where
    /// something stands between digits that are told one by one.
    fn is_boundary(&self, units: &[usize], at: usize) -> bool {
        if at == 0 || at == units.len() {
            return true;
        }
        let (before, here) = (units[at - 1], units[at]);
        let long = |unit: usize| self.units[unit].code().is_some_and(|code| code.len() >= 3);
        let letters = |unit: usize| !self.units[unit].is_digits();
        here > before + 1
            || long(before)
            || long(here)
            || letters(before) != letters(here)
            || self.tokens[self.units[here].tokens.start].opens()
    }

    /// A number that was begun before, or taken back in part, and is whole now.
    fn is_whole_across(&mut self, chain: &Chain) -> bool {
        let codes: Vec<String> = chain
            .parts
            .iter()
            .map(|part| self.code(part.clone()))
            .collect();
        let whole = codes.concat();
        let carried = self
            .before
            .expected
            .map_or("", |expected| expected.carried.as_str());
        let is_secret = |code: &str| {
            if is_card(code) {
                Some(SecretKind::CardNumber)
            } else if is_resident_id(code) {
                Some(SecretKind::IdentityNumber)
            } else if is_iban(code) {
                Some(SecretKind::Iban)
            } else {
                None
            }
        };
        let mut kind = None;
        if !carried.is_empty() && !self.before.repeats {
            kind = is_secret(&format!("{carried}{whole}"));
        }
        if kind.is_none() && chain.corrected && codes.len() > 1 {
            // What comes behind a correction replaces the end of what stands before it.
            kind = (1..codes.len()).find_map(|at| {
                let (before, behind) = (codes[..at].concat(), codes[at..].concat());
                (0..=before.len())
                    .find_map(|kept| is_secret(&format!("{}{behind}", &before[..kept])))
            });
        }
        let Some(kind) = kind else { return false };
        for part in &chain.parts {
            self.take(kind, part.clone());
        }
        true
    }

    /// Takes the units of a chain that lie in a range, part by part.
    pub(super) fn take_parts(&mut self, kind: SecretKind, chain: &Chain, range: Range<usize>) {
        for part in &chain.parts {
            let units = part.start.max(range.start)..part.end.min(range.end);
            if !units.is_empty() {
                self.take(kind, units);
            }
        }
    }
}
