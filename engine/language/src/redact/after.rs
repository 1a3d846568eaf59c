//! What a line leaves behind: what is expected next, what is held back, what may be said again.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::line::Line;
use super::structure::{is_card, is_iban, is_resident_id};
use super::units::What;
use super::{Expected, Known, Topic};

/// Behind a number that looks harmless so many words may still tell what it is.
const UNDECIDED: usize = 6;
/// Behind the name of what is asked for there are no more words than this: "for the account please".
const ASKING: usize = 5;
/// Longest harmless number that is shown as soon as something follows it.
const SHORT: usize = 2;

impl Line<'_> {
    /// What is expected behind the line; `None` if it changes nothing.
    pub(super) fn next(&self, begun: Option<(SecretKind, String)>) -> Option<Expected> {
        let expect = |topic, carried, asked| {
            Some(Expected {
                topic,
                carried,
                asked,
                open: false,
            })
        };
        if let Some((kind, carried)) = begun {
            return expect(Topic::Secret(kind), carried, false);
        }
        let cue = self.cues.iter().rev().find(|cue| !cue.forbidden);
        let last = self.hits.iter().max_by_key(|hit| hit.units.end);
        let behind_last = cue.filter(|cue| {
            last.is_none_or(|hit| {
                let hit_end = self.units[hit.units.end - 1].tokens.end;
                cue.tokens.start >= hit_end && self.called(hit.units.end) != Some(cue.topic)
            })
        });
        if let Some(cue) = behind_last {
            let asks = self.text.trim_end().ends_with(['?', '？'])
                || self.tokens.len() <= cue.tokens.end + ASKING;
            return expect(cue.topic, String::new(), asks);
        }
        let last = last?;
        let code: String = self
            .hits
            .iter()
            .filter(|hit| hit.kind == last.kind)
            .map(|hit| hit.code.as_str())
            .collect();
        let before = self
            .expects(last.kind)
            .map_or("", |expected| expected.carried.as_str());
        // Said again is not said further.
        let again = !before.is_empty() && (self.before.repeats || before.ends_with(&code));
        let carried = match again {
            true => before.to_owned(),
            false => format!("{before}{code}"),
        };
        match last.kind {
            SecretKind::CardNumber if is_card(&carried) || carried.len() >= 19 => {
                expect(Topic::AfterCard, String::new(), false)
            }
            SecretKind::CardExpiry if carried.len() >= 3 => {
                expect(Topic::AfterCard, String::new(), false)
            }
            kind if self.is_complete(kind, &carried) => {
                expect(Topic::Harmless, String::new(), false)
            }
            kind => Some(Expected {
                topic: Topic::Secret(kind),
                carried,
                asked: false,
                open: last.units.end == self.units.len(),
            }),
        }
    }

    fn is_complete(&self, kind: SecretKind, code: &str) -> bool {
        match kind {
            SecretKind::CardSecurityCode => code.len() >= 3,
            SecretKind::Iban => is_iban(code),
            SecretKind::IdentityNumber => is_resident_id(code),
            _ => false,
        }
    }

    /// What somebody may say again.
    pub(super) fn said(&self) -> Vec<Known> {
        let mut said: Vec<Known> = Vec::new();
        let carried = self
            .before
            .expected
            .map_or("", |expected| expected.carried.as_str());
        let kinds = SecretKind::ALL.into_iter();
        for kind in kinds {
            let codes = self
                .hits
                .iter()
                .filter(|hit| hit.kind == kind)
                .map(|hit| hit.code.as_str());
            let code: String = codes.collect();
            if code.len() >= 3 {
                let whole = match self.expects(kind).is_some() && !self.before.repeats {
                    true => format!("{carried}{code}"),
                    false => code.clone(),
                };
                if is_card(&whole) || !carried.is_empty() {
                    said.push(Known { kind, code: whole });
                }
                said.push(Known { kind, code });
            }
        }
        said
    }

    /// What is not shown of a line that goes on.
    pub(super) fn held_back(&self) -> Vec<Range<usize>> {
        let mut units: Vec<Range<usize>> = self.held.clone();
        for chain in self.chains() {
            for part in &chain.parts {
                if !self.is_harmless(part) {
                    units.push(part.clone());
                }
            }
        }
        for (at, unit) in self.units.iter().enumerate() {
            let open = match &unit.what {
                What::Amount(_) => self.is_secret_here(at),
                What::Date(_) => !self.is_past(at + 1),
                What::Word => self.is_date_word(at) && self.is_date_here(at),
                _ => false,
            };
            if open && !self.is_taken(at) {
                units.push(at..at + 1);
            }
        }
        for date in self.open_dates() {
            let harmless = self.is_past(date.end) && !self.is_secret_here(date.start);
            if !harmless && date.clone().all(|unit| !self.is_taken(unit)) {
                units.push(date);
            }
        }
        units.retain(|range| !range.is_empty());
        units.sort_by_key(|range| (range.start, range.end));
        let mut held: Vec<Range<usize>> = Vec::new();
        for range in units {
            let span = self.span(&range);
            match held.last_mut().filter(|last| last.end >= span.start) {
                Some(last) => last.end = last.end.max(span.end),
                None => held.push(span),
            }
        }
        held
    }

    /// Whether what unit `at` belongs to is announced or asked for.
    fn is_secret_here(&self, at: usize) -> bool {
        matches!(
            self.about(at).map(|about| about.topic),
            Some(Topic::Secret(_) | Topic::AfterCard)
        )
    }

    /// Whether a number before a token may be that of a house: the street is named yet.
    fn may_be_house(&self, behind: usize) -> bool {
        let name = &self.text[self.tokens[behind].span.clone()];
        name.starts_with(char::is_uppercase) && self.tokens.len() < behind + UNDECIDED
    }

    /// Whether a date that is a secret is announced or asked for at unit `at`.
    fn is_date_here(&self, at: usize) -> bool {
        let about = self.about(at).map(|about| about.topic);
        matches!(
            about,
            Some(Topic::Secret(SecretKind::Birthday | SecretKind::CardExpiry) | Topic::AfterCard)
        )
    }

    /// Whether a unit is the name of a month, or which day it is.
    fn is_date_word(&self, at: usize) -> bool {
        let text = &self.tokens[self.units[at].tokens.start].text;
        self.lexicon.redaction.months.have(text)
            || self.lexicon.numbers.all().ordinal_value(text).is_some()
    }

    /// Whether so much follows that nothing more is said about what ends before a unit.
    fn is_past(&self, end: usize) -> bool {
        let Some(next) = self.units.get(end).map(|unit| unit.tokens.start) else {
            return false;
        };
        self.tokens.len() >= next + UNDECIDED
    }

    /// Whether digits that were not found to be a secret may be shown though the line goes on.
    fn is_harmless(&self, part: &Range<usize>) -> bool {
        let Some(behind) = self.units.get(part.end).map(|unit| unit.tokens.start) else {
            return false;
        };
        let about = self.about(part.start).map(|about| about.topic);
        if matches!(about, Some(Topic::Secret(_) | Topic::AfterCard)) {
            return self.counts(part)
                && self.code(part.clone()).len() <= SHORT
                && self.is_past(part.end);
        }
        let length = self.code(part.clone()).len();
        let rest = &self.tokens[behind..];
        let may_be_named = self.lexicon.redaction.may_become_name(rest)
            || self.lexicon.redaction.named.are_begun_by(rest)
            || self.is_filled(behind..self.tokens.len());
        if self.counts(part) && length <= 3 || about == Some(Topic::Harmless) {
            return !may_be_named || self.is_past(part.end);
        }
        length <= SHORT && !may_be_named && !self.may_be_house(behind)
    }
}
