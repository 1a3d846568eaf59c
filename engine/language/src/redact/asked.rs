//! Which of several things that were asked for at once a number is: "your date of birth and the
//! name of your first pet".

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::cues::Cue;
use super::line::Line;
use super::structure::{
    is_month_and_year, is_national_insurance, is_phone, is_social_security, may_be_card,
    may_be_date, may_be_iban,
};
use super::{Expected, Takes, Topic};

/// Between two things of a list there are no more words, and without a word that links them so many.
const LIST: usize = 14;
const LISTED: usize = 1;

/// Fewer digits of a kind are only a part of it.
const fn least(kind: SecretKind) -> usize {
    use SecretKind::{
        AccountNumber, CardExpiry, CardNumber, CardSecurityCode, Iban, IdentityNumber, OneTimeCode,
        Passport, Phone,
    };
    match kind {
        CardNumber | Iban => 14,
        Phone => 10,
        IdentityNumber | Passport => 8,
        AccountNumber => 6,
        OneTimeCode => 4,
        CardSecurityCode | CardExpiry => 3,
        _ => 1,
    }
}

impl Expected {
    /// All secrets that are asked for, what comes first in front.
    pub fn kinds(&self) -> impl Iterator<Item = SecretKind> + '_ {
        let first = match self.topic {
            Topic::Secret(kind) => Some(kind),
            Topic::AfterCard | Topic::Harmless => None,
        };
        first.into_iter().chain(self.also.iter().copied())
    }
}

/// A code that suits a kind so well is hardly of another.
const SURE: u8 = 4;

/// How well a code suits a kind by its form alone: 0 is not at all.
fn suits(kind: SecretKind, code: &str, groups: &[&str]) -> u8 {
    use SecretKind::{
        AccountNumber, Address, Birthday, CardExpiry, CardNumber, CardSecurityCode, Email, Iban,
        IdentityNumber, OneTimeCode, Passport, Password, Phone,
    };
    let n = code.len();
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let letters = n - digits;
    let plain = letters == 0;
    match kind {
        CardNumber if plain && (13..=19).contains(&n) && may_be_card(code) => 4,
        CardSecurityCode if plain && n == 3 => 4,
        CardSecurityCode if plain && n == 4 => 1,
        CardExpiry if plain && n == 4 && is_month_and_year(code) => 3,
        Iban if may_be_iban(code) && n >= 8 => 4,
        IdentityNumber if is_national_insurance(code) || is_social_security(groups) => 4,
        IdentityNumber if plain && matches!(n, 9 | 13 | 18) => 3,
        IdentityNumber if (1..=3).contains(&letters) && digits >= 7 => 3,
        Passport if (1..=2).contains(&letters) && (6..=8).contains(&digits) => 3,
        Passport if plain && n == 9 => 2,
        Phone if plain && is_phone(code, false, groups) => 4,
        Phone if plain && (10..=11).contains(&n) => 3,
        Phone if plain && (7..=13).contains(&n) => 2,
        AccountNumber if plain && (6..=14).contains(&n) => 2,
        OneTimeCode if plain && (4..=8).contains(&n) => 2,
        IdentityNumber if letters > 0 && digits >= 4 && n >= 7 => 2,
        AccountNumber if letters > 0 && digits >= 6 => 1,
        Birthday if plain && matches!(n, 5..=8) && may_be_date(code) => 1,
        Password if (3..=8).contains(&digits) || letters > 0 && digits > 0 => 1,
        Address | Email => 0,
        _ => 0,
    }
}

impl Line<'_> {
    /// Whether a sentence that is no question ends between two names.
    fn is_other_sentence(&self, one: &Cue, next: &Cue) -> bool {
        let ends = (one.tokens.end..=next.tokens.start).any(|token| self.ends_sentence(token));
        ends && !self.is_question(one.tokens.start)
    }

    /// Whether two names are of two things: something links them.
    fn are_apart(&self, one: &Cue, other: &Cue) -> bool {
        let (first, second) = match one.tokens.start < other.tokens.start {
            true => (one, other),
            false => (other, one),
        };
        let between = first.tokens.end..second.tokens.start;
        between.len() <= LIST
            && !self.is_other_sentence(first, second)
            && self.are_linked(&between, &['?', '？', ',', '，', '、'])
    }

    /// Whether a word links what stands before and behind some tokens, or one of `marks`.
    fn are_linked(&self, between: &Range<usize>, marks: &[char]) -> bool {
        let linking = &self.lexicon.redaction.linking;
        linking.are_in(&self.tokens[between.clone()])
            || (between.start..=between.end).any(|token| self.between(token).contains(marks))
    }

    /// What was asked for first in the line, where several things were.
    pub(super) fn first_asked<'b>(&'b self, chosen: &'b Cue) -> &'b Cue {
        let secret = |cue: &&Cue| matches!(cue.topic, Topic::Secret(_));
        let free =
            |cue: &&Cue| !cue.forbidden && !cue.weak && !cue.part && cue.tokens.start >= self.first;
        if !secret(&chosen) || chosen.part || !self.hits.is_empty() {
            return chosen;
        }
        if !self.asks_for(chosen) {
            return chosen;
        }
        let cues = self.cues.iter().rev().filter(secret).filter(free);
        let before = cues.filter(|cue| cue.tokens.start < chosen.tokens.start);
        let mut first = chosen;
        for cue in before {
            if !self.are_listed(cue, first) {
                break;
            }
            first = cue;
        }
        first
    }

    /// Whether two names belong to one list of what is asked for.
    fn are_listed(&self, one: &Cue, next: &Cue) -> bool {
        let between = one.tokens.end..next.tokens.start.max(one.tokens.end);
        // "The PIN of the account."
        let belongs = one.topic == Topic::Secret(SecretKind::AccountNumber)
            && matches!(
                next.topic,
                Topic::Secret(SecretKind::Password | SecretKind::OneTimeCode)
            );
        let listed =
            between.len() <= LISTED && !belongs || self.are_linked(&between, &[',', '、', '，']);
        listed && between.len() <= LIST && !self.is_other_sentence(one, next)
    }

    /// What was asked for in the line beside what a cue names.
    pub(super) fn asked_along(&self, chosen: &Cue) -> Vec<SecretKind> {
        let mut also: Vec<SecretKind> = Vec::new();
        if chosen.topic == Topic::Harmless {
            return also;
        }
        let weak = |cue: &Cue| cue.weak && cue.topic != Topic::Secret(SecretKind::Phone);
        let free = |cue: &&Cue| !cue.forbidden && !weak(cue) && !cue.part;
        let all: Vec<&Cue> = self.cues.iter().filter(free).collect();
        let here = all.iter().position(|cue| cue.tokens == chosen.tokens);
        let Some(here) = here else { return also };
        let mut last = here;
        while last + 1 < all.len() && self.are_listed(all[last], all[last + 1]) {
            last += 1;
        }
        let mut first = here;
        while first > 0 && self.are_listed(all[first - 1], all[first]) {
            first -= 1;
        }
        for cue in &all[first..=last] {
            // Several security questions are put at once.
            let word = matches!(
                cue.topic,
                Topic::Secret(SecretKind::Password | SecretKind::Phone)
            ) && cue.tokens != chosen.tokens
                && self.are_apart(cue, chosen);
            if let Topic::Secret(kind) = cue.topic
                && (word || cue.topic != chosen.topic)
                && (!also.contains(&kind))
                && cue.tokens.start >= self.first
            {
                also.push(kind);
            }
        }
        // Of several things one is asked for once more: the others still wait.
        if let Some(before) = self.before.expected
            && before
                .kinds()
                .any(|kind| chosen.topic == Topic::Secret(kind))
        {
            let told = |kind: SecretKind| {
                before.topic == Topic::Secret(kind) && !before.carried.is_empty()
            };
            for kind in before.kinds() {
                if chosen.topic != Topic::Secret(kind) && !told(kind) && !also.contains(&kind) {
                    also.push(kind);
                }
            }
        }
        also
    }

    /// The kind of those asked for that a code suits best, the one that comes first of equals.
    pub(super) fn best_of_asked(&self, code: &str, groups: &[&str]) -> Option<SecretKind> {
        let expected = self
            .before
            .expected
            .filter(|expected| !expected.also.is_empty())?;
        if !expected.carried.is_empty()
            && expected.carried.len() < expected.kinds().next().map_or(0, least)
        {
            return None;
        }
        let mut best: Option<(SecretKind, u8)> = None;
        for kind in expected.kinds() {
            let suits = suits(kind, code, groups);
            if suits > 0 && best.is_none_or(|(_, other)| other < suits) {
                best = Some((kind, suits));
            }
        }
        best.map(|(kind, _)| kind)
    }

    /// Whether the form of a code shows that it is what was asked for.
    pub(super) fn suits_asked(&self, code: &str, groups: &[&str]) -> bool {
        let expected = self.before.expected.filter(|expected| expected.asked);
        expected.is_some_and(|expected| {
            expected
                .kinds()
                .any(|kind| suits(kind, code, groups) >= SURE)
        })
    }

    /// What is still to be told of several things, once one of them has been.
    pub(super) fn rest_of_asked(&self, told: SecretKind, carried: &str) -> Option<Expected> {
        let expected = self
            .before
            .expected
            .filter(|expected| !expected.also.is_empty())?;
        if carried.len() < least(told) {
            return None;
        }
        let mut given: Vec<SecretKind> = self.hits.iter().map(|hit| hit.kind).collect();
        let mut rest: Vec<SecretKind> = Vec::new();
        for kind in expected.kinds() {
            let words = matches!(kind, SecretKind::Password | SecretKind::Phone);
            match given.iter().position(|told| *told == kind) {
                Some(at) if words => drop(given.remove(at)),
                Some(_) => {}
                None => rest.push(kind),
            }
        }
        if rest.is_empty() {
            return None;
        }
        let first = rest.remove(0);
        Some(Expected {
            topic: Topic::Secret(first),
            carried: String::new(),
            asked: true,
            open: false,
            takes: Takes::All,
            also: rest,
        })
    }

    /// Whether a code repeats, rightly or not, what somebody else has told: half of it in one piece, or
    /// all but one of few.
    pub(super) fn repeats_told(&self, code: &str) -> bool {
        let carried = self
            .before
            .expected
            .map_or("", |expected| expected.carried.as_str());
        let known = self
            .before
            .known
            .iter()
            .filter(|known| known.kind.is_some());
        let known = known.map(|known| known.code.as_str());
        known.chain([carried]).any(|told| is_like(code, told))
    }
}

/// Whether two thirds of a code, and three characters at least, stand in one piece in another, or a short
/// one has but one other character.
fn is_like(code: &str, told: &str) -> bool {
    let (code, told) = (code.as_bytes(), told.as_bytes());
    let piece = (code.len() - code.len() / 3).max(3);
    let whole = piece <= code.len()
        && code
            .windows(piece)
            .any(|part| told.windows(piece).any(|other| other == part));
    let same = || {
        code.iter()
            .zip(told)
            .filter(|(one, other)| one == other)
            .count()
    };
    whole || code.len() == told.len() && code.len() >= 3 && same() + 1 >= code.len()
}
