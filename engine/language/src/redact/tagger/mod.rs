//! What the rules miss, as calls that people have marked tell it.
//!
//! A conditional random field goes through each line behind the rules, and sees what they have found
//! among much else ([`attributes`]). It was fitted by `models/redaction/fit.py`. It takes nothing back.

mod attributes;
mod model;

use sidetone_types::secret::SecretKind;

use self::attributes::numbers;
pub use self::attributes::{Attribute, Attributes, OfToken};
pub(super) use self::attributes::{attributes, heard};
use self::model::Model;
use super::line::Line;
use super::units::What;

/// What is at least so likely a secret is taken for one.
const TAKEN: f32 = 0.3;
/// Of a line that goes on, what is at least so likely a secret is held back.
const HELD: f32 = 0.1;

/// How likely a token is each kind of secret, in the order of [`SecretKind::ALL`], behind how likely it
/// is none.
type Likely<'a> = &'a [f32];

/// One unit between two of a kind is of that kind.
fn fill_gaps(tags: &mut [Option<SecretKind>]) {
    for at in 1..tags.len().saturating_sub(1) {
        if tags[at].is_none() && tags[at - 1] == tags[at + 1] {
            tags[at] = tags[at - 1];
        }
    }
}

impl Line<'_> {
    /// Takes what the tagger sees and the rules do not. What the rules have found stays: a line that was
    /// misheard looks like nothing that was learned.
    pub(super) fn tag(&mut self) {
        if self.tokens.len() == self.first || self.before.by_rules {
            return;
        }
        let likely = self.likely(Model::built_in());
        let first = self.unit_at(self.first);
        if self.before.goes_on {
            self.hold(&likely, first);
            return;
        }
        let mut tags: Vec<Option<SecretKind>> = (first..self.units.len())
            .map(|unit| self.tag_of(unit, &likely))
            .collect();
        self.agree_within_numbers(&mut tags, first);
        fill_gaps(&mut tags);
        let mut at = 0;
        while at < tags.len() {
            let tag = tags[at];
            let free = |unit: usize| !self.is_taken(first + unit);
            let end = (at + 1..tags.len())
                .find(|end| tags[*end] != tag || !free(*end))
                .unwrap_or(tags.len());
            let units = first + at..first + end;
            let told = units
                .clone()
                .any(|unit| self.units[unit].what != What::Joint);
            if let Some(kind) = tag.filter(|_| told && free(at)) {
                self.take(kind, units);
            }
            at = end;
        }
    }

    /// Holds back what may well be a secret, of a line that goes on.
    fn hold(&mut self, likely: &[f32], first: usize) {
        for unit in first..self.units.len() {
            if let Some(kind) = self.hidden_kind(self.of(unit, likely), HELD)
                && !self.is_taken(unit)
            {
                self.held.push((kind, unit..unit + 1));
            }
        }
    }

    /// How likely a unit is what.
    fn of<'l>(&self, unit: usize, likely: &'l [f32]) -> Likely<'l> {
        let labels = SecretKind::ALL.len() + 1;
        let token = self.units[unit].tokens.start.max(self.first) - self.first;
        &likely[token * labels..][..labels]
    }

    /// The likeliest kind of those that are not told as they are, if one of these is at least so likely:
    /// what may be of one that is told and of one that is not is of the latter.
    fn hidden_kind(&self, likely: Likely<'_>, least: f32) -> Option<SecretKind> {
        let kinds = SecretKind::ALL.into_iter().zip(&likely[1..]);
        let hidden = kinds.filter(|(kind, _)| !self.before.kept.contains(kind));
        let all: f32 = hidden.clone().map(|(_, likely)| likely).sum();
        let best = hidden.max_by(|one, other| one.1.total_cmp(other.1));
        best.filter(|_| all >= least).map(|(kind, _)| kind)
    }

    /// What a unit is: as the rules have found, or else by how likely it is what.
    fn tag_of(&self, unit: usize, likely: &[f32]) -> Option<SecretKind> {
        let hit = self.hits.iter().find(|hit| hit.units.contains(&unit));
        match hit {
            Some(hit) => Some(hit.kind),
            None => self.hidden_kind(self.of(unit, likely), TAKEN),
        }
    }

    /// Where most of a number is of a kind, all of it is that has none.
    fn agree_within_numbers(&self, tags: &mut [Option<SecretKind>], first: usize) {
        for number in numbers(self) {
            let units = self.unit_at(number.start).max(first)..self.unit_at(number.end - 1) + 1;
            let within = &mut tags[units.start - first..units.end - first];
            let told: Vec<SecretKind> = within.iter().copied().flatten().collect();
            let most = told
                .iter()
                .max_by_key(|kind| told.iter().filter(|other| other == kind).count());
            if let Some(most) = most.copied().filter(|_| told.len() * 2 >= within.len()) {
                within.iter_mut().for_each(|tag| *tag = tag.or(Some(most)));
            }
        }
    }

    /// How likely each token of the line is what.
    fn likely(&self, model: &Model) -> Vec<f32> {
        let labels = model.labels();
        let attributes = attributes(self);
        let scored = |shared: &Vec<Attribute>| {
            let mut scores = vec![0.0; labels];
            shared
                .iter()
                .for_each(|attribute| model.score(*attribute, &mut scores));
            scores
        };
        let numbers: Vec<Vec<f32>> = attributes.numbers.iter().map(scored).collect();
        let words = scored(&attributes.words);
        let mut scores = vec![0.0; attributes.tokens.len() * labels];
        for (token, scores) in attributes.tokens.iter().zip(scores.chunks_mut(labels)) {
            scores.copy_from_slice(token.number.map_or(&words, |number| &numbers[number]));
            for attribute in token.own.iter().chain(&token.rules) {
                model.score(*attribute, scores);
            }
        }
        model.probabilities(&mut scores);
        // A kind begins or goes on.
        let kinds = SecretKind::ALL.len();
        let folded = scores.chunks(labels).flat_map(|row| {
            let none = std::iter::once(row[0]);
            none.chain((1..=kinds).map(move |kind| row[kind] + row[kinds + kind]))
        });
        folded.collect()
    }
}
