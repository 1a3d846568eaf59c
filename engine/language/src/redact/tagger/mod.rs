//! What the rules miss and what they take wrongly, as calls that people have marked tell it.
//!
//! A conditional random field goes through each line behind the rules, and sees what they have found
//! among much else ([`attributes`]). It was fitted by `models/redaction/fit.py`. What check digits show
//! to be a secret stays one whatever it says.

mod attributes;
mod model;

use sidetone_types::secret::SecretKind;

pub(super) use self::attributes::words;
pub use self::attributes::{Attribute, Attributes, OfToken};
use self::attributes::{attributes, numbers};
use self::model::Model;
use super::line::{Hit, Line};
use super::units::What;

/// What is at least so likely a secret is taken for one.
const TAKEN: f32 = 0.3;
/// What the rules have found stays, unless it is less likely one than this.
const LEFT: f32 = 0.01;
/// Of a line that goes on, what is at least so likely a secret is held back.
const HELD: f32 = 0.1;

/// What the rules call it counts, unless it is so much less likely than something else.
const CONTESTED: f32 = 1.0 / 3.0;

/// How likely a token is each kind of secret, in the order of [`SecretKind::ALL`], behind how likely it
/// is none.
type Likely<'a> = &'a [f32];

fn secret(likely: Likely<'_>) -> f32 {
    1.0 - likely[0]
}

fn kind(likely: Likely<'_>) -> SecretKind {
    let mut best = SecretKind::ALL[0];
    let mut most = 0.0;
    for (kind, likely) in SecretKind::ALL.into_iter().zip(&likely[1..]) {
        if *likely > most {
            (best, most) = (kind, *likely);
        }
    }
    best
}

/// One unit between two of a kind is of that kind.
fn fill_gaps(tags: &mut [Option<SecretKind>]) {
    for at in 1..tags.len().saturating_sub(1) {
        if tags[at].is_none() && tags[at - 1] == tags[at + 1] {
            tags[at] = tags[at - 1];
        }
    }
}

impl Line<'_> {
    /// What the tagger is told of the line.
    pub fn attributes(&self) -> Attributes {
        attributes(self)
    }

    /// Takes what the tagger sees and the rules do not, and gives up what it is sure to be none.
    pub(super) fn tag(&mut self) {
        if self.tokens.len() == self.first || self.before.by_rules {
            return;
        }
        let likely = self.likely(Model::built_in());
        let first = self.unit_at(self.first);
        let proved: Vec<Hit> = self
            .hits
            .iter()
            .filter(|hit| hit.is_proved())
            .cloned()
            .collect();
        let mut tags: Vec<Option<SecretKind>> = (first..self.units.len())
            .map(|unit| self.tag_of(unit, &likely))
            .collect();
        self.agree_within_numbers(&mut tags, first);
        fill_gaps(&mut tags);
        if self.before.goes_on {
            for (unit, tag) in (first..).zip(&tags) {
                let likely = self.of(unit, &likely);
                if tag.is_none() && secret(likely) >= HELD {
                    self.held.push((kind(likely), unit..unit + 1));
                }
            }
        }
        self.hits.retain(|hit| hit.units.start < first);
        self.hits.extend(proved);
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

    /// How likely a unit is what.
    fn of<'l>(&self, unit: usize, likely: &'l [f32]) -> Likely<'l> {
        let labels = SecretKind::ALL.len() + 1;
        let token = self.units[unit].tokens.start.max(self.first) - self.first;
        &likely[token * labels..][..labels]
    }

    /// What a unit is, by the rules and by how likely it is what.
    fn tag_of(&self, unit: usize, likely: &[f32]) -> Option<SecretKind> {
        let likely = self.of(unit, likely);
        let hit = self.hits.iter().find(|hit| hit.units.contains(&unit));
        let Some(hit) = hit else {
            return (secret(likely) >= TAKEN).then(|| kind(likely));
        };
        let by_rules = SecretKind::ALL.iter().position(|kind| *kind == hit.kind);
        let by_rules = by_rules.map_or(0.0, |at| likely[at + 1]);
        let stays = hit.is_proved() || self.before.goes_on || secret(likely) >= LEFT;
        stays.then(
            || match hit.is_proved() || by_rules >= secret(likely) * CONTESTED {
                true => hit.kind,
                false => kind(likely),
            },
        )
    }

    /// What most of a number is, all of it is.
    fn agree_within_numbers(&self, tags: &mut [Option<SecretKind>], first: usize) {
        for number in numbers(self) {
            let units = self.unit_at(number.start).max(first)..self.unit_at(number.end - 1) + 1;
            let within = &mut tags[units.start - first..units.end - first];
            let told: Vec<SecretKind> = within.iter().copied().flatten().collect();
            let most = told
                .iter()
                .max_by_key(|kind| told.iter().filter(|other| other == kind).count());
            if let Some(most) = most.filter(|_| told.len() * 2 >= within.len()) {
                within.fill(Some(*most));
            }
        }
    }

    /// How likely each token of the line is what.
    fn likely(&self, model: &Model) -> Vec<f32> {
        let labels = model.labels();
        let attributes = attributes(self);
        let numbers = attributes.numbers.iter().map(|number| {
            let mut scores = vec![0.0; labels];
            number
                .iter()
                .for_each(|attribute| model.score(*attribute, &mut scores));
            scores
        });
        let numbers: Vec<Vec<f32>> = numbers.collect();
        let mut scores = vec![0.0; attributes.tokens.len() * labels];
        for (token, scores) in attributes.tokens.iter().zip(scores.chunks_mut(labels)) {
            if let Some(number) = token.number {
                scores.copy_from_slice(&numbers[number]);
            }
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
