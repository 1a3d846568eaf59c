//! Which numbers are secrets: by their structure, by what they are called, by what was asked for.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::chains::Chain;
use super::line::{About, Hit, Line};
use super::structure::{
    is_card, is_chinese_passport, is_free, is_iban, is_landline_in_groups, is_month_and_year,
    is_national_insurance, is_phone, is_resident_id, is_social_security, is_year,
    is_year_and_month, looks_like_card, looks_like_resident_id, may_be_card, may_be_date,
    may_be_iban, may_be_resident_id, may_begin_card, may_lengthen_card,
};
use super::units::{Unit, What};
use super::{Known, Takes, Topic};
use crate::fold::is_han;

/// A number in front of a unit is an amount if it is no longer than this.
const LONGEST_AMOUNT: usize = 6;
/// A time has no more digits.
const LONGEST_TIME: usize = 4;
/// What is said again is recognised if it is at least so long.
const LEAST_AGAIN: usize = 4;
/// Digits that nothing announced, and that end a line, may be the first ones of a card from this on.
const LEAST_BEGUN: usize = 5;
/// What has a structure has so many digits and letters, and with check digits so many.
const LEAST_STRUCTURED: usize = 8;
const LEAST_CHECKED: usize = 14;
/// The country, its check digits and a bank.
const LEAST_IBAN: usize = 6;
const LEAST_TOLD: usize = 4;
/// A code that is named has at least so many.
const LEAST_NAMED: usize = 3;
/// Digits that begin like a card do so even where something harmless is asked for from here on.
const LEAST_LIKE_CARD: usize = 14;
/// So many digits at once are rather a code than the first ones of a card.
const CODE: std::ops::RangeInclusive<usize> = 5..=7;
/// Two numbers of so many digits may be of anything.
const LONGEST_PAIR: usize = 3;
/// Only codes have so many digits, and no number that tells how many.
const LONG: usize = 6;

impl Line<'_> {
    /// Finds what check digits show to be whole.
    pub(super) fn find_whole(&mut self) {
        for chain in self.chains() {
            self.find_structured(&chain, true);
        }
    }

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

    /// What takes the place of a secret before it in the line: as long, behind what takes that back.
    fn find_corrected(&mut self) {
        for chain in self.chains() {
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
    fn find_answer(&mut self) -> Option<(SecretKind, String)> {
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

    /// Numbers that show by themselves what they are.
    fn find_structured(&mut self, chain: &Chain, checked: bool) {
        let first = chain.parts.first().map_or(0, |part| part.start);
        let harmless = self.about(first).is_some_and(|about| {
            about.topic == Topic::Harmless && (about.named || !self.corrects())
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
    fn groups_of(&self, chain: &Chain) -> Vec<String> {
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
        if !carried.is_empty() {
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
    fn take_parts(&mut self, kind: SecretKind, chain: &Chain, range: Range<usize>) {
        for part in &chain.parts {
            let units = part.start.max(range.start)..part.end.min(range.end);
            if !units.is_empty() {
                self.take(kind, units);
            }
        }
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

    /// Whether a unit behind a code tells nothing against it: it stands right behind its name, or an
    /// answer begins with it. "CVV is 737 days"? 验证码是492108下一步.
    fn is_told(&self, about: Option<About>, start: usize, code: &str) -> bool {
        let Some(About {
            topic: Topic::Secret(kind),
            named,
        }) = about
        else {
            return false;
        };
        if matches!(kind, SecretKind::CardExpiry | SecretKind::Birthday) {
            return false;
        }
        let token = self.units[start].tokens.start;
        let cue = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        let from = cue.map_or(self.first, |cue| cue.tokens.end);
        let least = match kind {
            _ if named => LEAST_NAMED,
            SecretKind::CardSecurityCode => LEAST_NAMED,
            _ => LEAST_TOLD,
        };
        code.len() >= least && from <= token && self.is_filled(from..token)
    }

    /// The secret that has been said before and is said again.
    fn known(&self, code: &str) -> Option<SecretKind> {
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

    /// Whether the last secret that was told is of some kind.
    fn told_last(&self, kind: SecretKind) -> bool {
        let last = self
            .before
            .known
            .iter()
            .rev()
            .find(|known| known.kind.is_some());
        last.is_some_and(|known| known.kind == Some(kind))
    }

    /// Whether a number was told as harmless before: "the card ending 5317".
    fn is_known_harmless(&self, code: &str) -> bool {
        let mut known = self.before.known.iter().rev();
        let last = known.find(|known| known.code == code);
        last.is_some_and(|known| known.kind.is_none())
    }

    /// Whether a number tells how many of something, or when: "45 pounds".
    pub(super) fn counts(&self, part: &Range<usize>) -> bool {
        let digits = self.code(part.clone()).len();
        let next = self.units[part.end - 1].tokens.end;
        let Some(token) = self.tokens.get(next) else {
            return false;
        };
        digits <= LONGEST_AMOUNT
            && !token.opens()
            && self
                .lexicon
                .redaction
                .units
                .longest_at(&self.tokens, next)
                .is_some()
    }

    /// Whether a word before a number tells that it is a time or an estimate: "about five thirty".
    fn is_time(&self, first: &Range<usize>, digits: usize) -> bool {
        let token = self.units[first.start].tokens.start;
        let before = token.checked_sub(1).filter(|before| {
            !self.cues.iter().any(|cue| cue.tokens.contains(before)) && !self.tokens[token].opens()
        });
        digits <= LONGEST_TIME
            && before.is_some_and(|before| {
                self.lexicon
                    .redaction
                    .timing
                    .have(&self.tokens[before].text)
            })
    }

    /// The kind that a code is, if it can be what it is taken to be about.
    fn fits(&self, about: About, code: &str, digits: usize, at: usize) -> Option<SecretKind> {
        use SecretKind::{
            AccountNumber, Address, Birthday, CardExpiry, CardNumber, CardSecurityCode, Email,
            Iban, IdentityNumber, OneTimeCode, Passport, Password, Phone,
        };
        let carried = self
            .before
            .expected
            .map_or(0, |expected| expected.carried.len());
        let answer = self.is_answer();
        let n = code.len();
        // Letters among digits are of a code.
        let long = digits >= LONG || digits >= 2 && digits < n && n + 1 >= LONG;
        // An answer, behind which something else is said.
        let opens = self.is_filled(self.first..self.units[at].tokens.start.max(self.first));
        let taken = match self.before.expected.map(|expected| expected.takes) {
            _ if about.named => true,
            // Whoever says it again says nothing else.
            Some(Takes::All) if self.before.repeats => answer || self.repeats_told(code),
            Some(_) if self.before.repeats => self.repeats_told(code) || self.corrects() && answer,
            None | Some(Takes::All) => true,
            Some(Takes::Long) => long,
            Some(Takes::Answers) => answer || long || opens && digits >= LEAST_TOLD,
            Some(Takes::Corrections) => {
                self.corrects() && (answer || opens && digits >= LEAST_NAMED)
                    || digits >= LONG && n == carried && !self.before.repeats
            }
        };
        // Of several things short ones are told by themselves.
        let several = self
            .before
            .expected
            .is_some_and(|expected| !expected.also.is_empty());
        let apart = several && !about.named && digits < LEAST_AGAIN && !answer && !opens;
        if !taken || apart && !self.is_sentence(at) {
            return None;
        }
        let kind = match about.topic {
            Topic::Harmless => return None,
            Topic::AfterCard if !about.named && answer && self.lengthens_card(code) => {
                return Some(CardNumber);
            }
            Topic::AfterCard if !about.named && answer && carried > 0 && self.corrects() => {
                return Some(CardNumber);
            }
            Topic::AfterCard => {
                let filled = about.named || answer;
                return match digits {
                    _ if !filled || digits != n => None,
                    4 | 6 if is_month_and_year(code) => Some(CardExpiry),
                    3 if is_month_and_year(code)
                        && self.corrects()
                        && self.told_last(CardExpiry) =>
                    {
                        Some(CardExpiry)
                    }
                    3 => Some(CardSecurityCode),
                    4 if answer && !about.named => Some(CardSecurityCode),
                    _ => None,
                };
            }
            Topic::Secret(kind) => kind,
        };
        // Pieces of a number that goes on.
        let piece = answer && digits > 0 && (about.named || carried > 0 || digits >= 2 || n == 1);
        // One digit of it may have been told wrongly.
        let countries = &self.lexicon.redaction.iban_countries;
        if n >= LEAST_STRUCTURED
            && matches!(kind, AccountNumber | Iban | IdentityNumber)
            && may_be_iban(code)
            && countries.have(&code[..2])
        {
            return Some(Iban);
        }
        let fits = match kind {
            CardNumber => digits >= 3 || piece,
            CardSecurityCode => (3..=4).contains(&digits) || piece && digits < 3 && carried < 4,
            CardExpiry if answer => (3..=6).contains(&digits) || piece && carried + digits <= 6,
            CardExpiry => {
                (3..=6).contains(&digits) && (is_month_and_year(code) || is_year_and_month(code))
            }
            Iban => n >= 4 && digits > 0 || answer,
            AccountNumber => {
                digits >= 4 || piece || about.named && digits == 3 && self.is_right_behind_name(at)
            }
            OneTimeCode if about.named && self.is_weakly_named(at) => {
                n == digits && (4..=8).contains(&n)
            }
            Phone if n > digits + 1 || carried == 0 && is_free(code) => false,
            IdentityNumber | Phone | OneTimeCode => digits >= 3 || piece,
            Password => digits >= 3 || piece || n >= 3 && digits > 0,
            Passport => digits >= 4 || piece,
            Address => {
                let open = self.before.expected.is_some_and(|expected| expected.open);
                digits >= 3 && n >= 5 && answer || piece && (open || about.named || digits >= 2)
            }
            Birthday => (4..=8).contains(&digits) && n == digits && may_be_date(code),
            Email => false,
        };
        // Both were asked for.
        let both = matches!(kind, CardSecurityCode | CardExpiry) && answer && n == digits;
        if both && matches!(n, 7 | 8) && is_month_and_year(&code[..4]) {
            return Some(CardExpiry);
        }
        let other = matches!(kind, Birthday | Address | Email) && matches!(digits, 9..=12)
            || matches!(kind, OneTimeCode | CardSecurityCode | CardExpiry)
                && matches!(digits, 10 | 11)
                && is_phone(code, false, &[]);
        if other && n == digits {
            return Some(Phone);
        }
        if !fits && kind == CardExpiry && digits == 3 && n == 3 {
            return Some(CardSecurityCode);
        }
        if !fits {
            // More digits than such a code has are those of the card itself.
            let card =
                matches!(kind, CardSecurityCode | CardExpiry) && digits >= 12 && may_be_card(code);
            return card.then_some(CardNumber);
        }
        Some(kind)
    }

    /// Whether nothing stands between a unit and its name.
    fn is_right_behind_name(&self, at: usize) -> bool {
        let token = self.units[at].tokens.start;
        let cue = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        cue.is_some_and(|cue| self.is_filled(cue.tokens.end..token))
    }

    /// Whether the sentence that a unit is in holds nothing but codes and what fills.
    fn is_sentence(&self, at: usize) -> bool {
        let token = self.units[at].tokens.start;
        let from = (self.first..=token)
            .rev()
            .find(|from| self.ends_sentence(*from));
        let until = (token + 1..self.tokens.len()).find(|until| self.ends_sentence(*until));
        let tokens = from.unwrap_or(self.first)..until.unwrap_or(self.tokens.len());
        let mut at = tokens.start;
        while at < tokens.end {
            let unit = &self.units[self.unit_at(at)];
            let end = match unit.code() {
                Some(_) => unit.tokens.end.max(at + 1),
                None if self.is_filled(at..at + 1) => at + 1,
                None => return false,
            };
            at = end;
        }
        true
    }

    /// Whether what a unit is called may be called so by the way: "it came up with …".
    fn is_weakly_named(&self, at: usize) -> bool {
        let token = self.units[at].tokens.start;
        let cue = self.cues.iter().rev().find(|cue| cue.tokens.end <= token);
        cue.is_some_and(|cue| cue.weak)
    }

    /// Whether digits make the number of a card longer that has been said whole, but may have more
    /// digits, and of which nobody spoke since.
    fn lengthens_card(&self, code: &str) -> bool {
        self.before.expected.is_some_and(|expected| {
            let may_go_on = !expected.carried.is_empty() && expected.takes == Takes::All;
            may_go_on && !self.before.repeats && may_lengthen_card(&expected.carried, code.len())
        })
    }

    /// Whether the line takes something back, or says which part of a number it repeats.
    pub(super) fn corrects(&self) -> bool {
        let lists = &self.lexicon.redaction;
        let tokens = &self.tokens[self.first..];
        lists.corrections.are_in(tokens) || lists.positions.are_in(tokens)
    }

    /// Numbers with hundreds that are a code that was asked for: "one hundred and twenty three".
    fn find_amounts(&mut self) {
        for at in 0..self.units.len() {
            let What::Amount(digits) = &self.units[at].what else {
                continue;
            };
            let digits = digits.clone();
            let about = self.about(at);
            let counts = self.counts(&(at..at + 1)) && !self.is_told(about, at, &digits);
            if self.is_taken(at) || counts || digits.len() < 3 || self.is_money(at) {
                continue;
            }
            if self.is_grouped(at)
                && let Some(kind) =
                    about.and_then(|about| self.fits(about, &digits, digits.len(), at))
                && self.is_answer()
            {
                self.take(kind, at..at + 1);
                continue;
            }
            let kind = match about.map(|about| about.topic) {
                Some(Topic::Secret(
                    kind @ (SecretKind::CardSecurityCode
                    | SecretKind::Password
                    | SecretKind::OneTimeCode),
                )) => kind,
                _ => continue,
            };
            let told = self.is_answer() || self.is_told(about, at, &digits);
            if digits.len() <= 8 && told {
                self.take(kind, at..at + 1);
            }
        }
    }

    /// Whether a number is written in groups, as codes sometimes are: `4,532`. Money is not.
    fn is_grouped(&self, at: usize) -> bool {
        let span = self.units[at].span.clone();
        self.text[span].contains([',', '，']) && !self.is_money(at)
    }

    /// Whether a sign of money stands before a number.
    pub(super) fn is_money(&self, at: usize) -> bool {
        let before = self.text[..self.units[at].span.start].chars().next_back();
        before.is_some_and(|c| matches!(c, '$' | '£' | '€' | '¥' | '￥'))
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

    /// Digits that nothing announced, and with which the number of a card, a person or a telephone may
    /// begin: the line is nothing else.
    fn find_begun(&mut self) -> Option<(SecretKind, String)> {
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
            Some(about) => !about.named && code.len() >= LEAST_LIKE_CARD && may_be_card(&code),
        };
        let single = chain.parts.len() == 1 && free && self.called(end).is_none();
        let amounts = self
            .units
            .iter()
            .any(|unit| matches!(unit.what, What::Amount(_)));
        if !(last && single && self.is_answer()) || amounts {
            return None;
        }
        let countries = &self.lexicon.redaction.iban_countries;
        if code.len() >= LEAST_IBAN && may_be_iban(&code) && countries.have(&code[..2]) {
            self.take_parts(SecretKind::Iban, &chain, start..end);
            return Some((SecretKind::Iban, code));
        }
        if !digits {
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
