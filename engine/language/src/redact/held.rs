//! What is not shown of a line that goes on.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::line::Line;
use super::structure::may_begin_card;
use super::units::What;

/// Behind a number that looks harmless so many words may still tell what it is.
const UNDECIDED: usize = 6;
/// Behind the number of a house its street is named before so many words.
const HOUSE: usize = 3;
/// A date has no more words behind its day, or its month.
const DATE: usize = 6;
/// Longest harmless number that is shown as soon as something follows it.
const SHORT: usize = 2;

impl Line<'_> {
    /// What is not shown of a line that goes on.
    pub(super) fn held_back(&self) -> Vec<Range<usize>> {
        let kept = |kind: &SecretKind| self.before.kept.contains(kind);
        let secret = self.held.iter().filter(|(kind, _)| !kept(kind));
        let mut units: Vec<Range<usize>> = secret.map(|(_, units)| units.clone()).collect();
        for chain in self.chains() {
            for part in &chain.parts {
                if !self.is_harmless(part) && !self.is_kept(part) {
                    units.push(part.clone());
                }
            }
        }
        // What looks like a kind that is told may become a card yet.
        let told = self.hits.iter().filter(|hit| kept(&hit.kind));
        let cards = told.filter(|hit| {
            let behind = self.units[hit.units.end - 1].tokens.end;
            let goes_on = !self.is_past(hit.units.end) || self.is_answer_from(behind);
            let mut so_far = self
                .hits
                .iter()
                .filter(|other| other.kind == hit.kind && other.units.start <= hit.units.start);
            goes_on && so_far.any(|other| may_begin_card(&other.code))
        });
        units.extend(cards.map(|hit| hit.units.clone()));
        for (at, unit) in self.units.iter().enumerate() {
            let open = match &unit.what {
                What::Amount(_) => self.is_secret_here(at) || self.may_be_said_house(at),
                What::Date(_) => !self.is_past(at + 1),
                What::Word => self.is_date_word(at) && self.is_date_here(at),
                _ => false,
            };
            if open && !self.is_taken(at) && !self.is_kept(&(at..at + 1)) {
                units.push(at..at + 1);
            }
        }
        for date in self.open_dates() {
            let harmless = self.is_past(date.end) && !self.is_secret_here(date.start);
            if !harmless && !self.is_kept(&date) && date.clone().all(|unit| !self.is_taken(unit)) {
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

    /// Whether digits are of a kind that is told as it is, and no beginning of another: a telephone
    /// number that was asked for.
    fn is_kept(&self, units: &Range<usize>) -> bool {
        let about = self.about(units.start);
        let Some(Topic::Secret(kind)) = about.map(|about| about.topic) else {
            return false;
        };
        // Of several things that were asked for it may be another.
        let expected = self
            .before
            .expected
            .filter(|_| !about.is_some_and(|about| about.named));
        let kept = |kind: SecretKind| self.before.kept.contains(&kind);
        if expected.is_some_and(|expected| !expected.kinds().all(kept)) {
            return false;
        }
        let code = self.code(units.clone());
        let known = self
            .before
            .known
            .iter()
            .any(|known| known.code.starts_with(&code));
        self.before.kept.contains(&kind) && !known && !may_begin_card(&code)
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

    /// Whether a number in words at the end may be that of a house: the street is named yet.
    fn may_be_said_house(&self, at: usize) -> bool {
        let lists = &self.lexicon.redaction;
        let tokens = &self.units[at].tokens;
        let first = &self.tokens[tokens.start];
        // "One hundred and" goes on.
        let and = self
            .tokens
            .get(tokens.end)
            .is_some_and(|token| token.text == "and");
        let mut behind = tokens.end + usize::from(and)..self.tokens.len();
        !first.is_han()
            && !first.is_figure()
            && behind.len() < HOUSE
            && !behind.any(|token| {
                let word = &self.tokens[token];
                lists.units.have(&word.text)
                    || lists.no_address.have(&word.text)
                    || self.unit_at(token) < at
                    || self.units[self.unit_at(token)].code().is_some()
            })
    }

    /// Whether a date that is a secret is announced or asked for at unit `at`.
    fn is_date_here(&self, at: usize) -> bool {
        let about = self.about(at).map(|about| about.topic);
        let asked = self.expects(SecretKind::Birthday).is_some()
            || self.tokens.len() <= self.units[at].tokens.start + DATE
                && matches!(about, Some(Topic::Secret(_)));
        asked
            || matches!(
                about,
                Some(
                    Topic::Secret(SecretKind::Birthday | SecretKind::CardExpiry) | Topic::AfterCard
                )
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
