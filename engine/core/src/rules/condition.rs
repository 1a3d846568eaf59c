//! What a rule asks of one utterance, once its phrases are found.

use super::finder::Hit;
use sidetone_language::lexicon::Negation;
use sidetone_language::negation::Reach;
use sidetone_language::spoken::Spoken;

/// Which part of a rule a phrase belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Slot {
    /// `any`.
    Any,
    /// This one of `all`.
    All(usize),
    /// Of this group of `near`, this one of its `words`.
    Near(usize, usize),
    /// `not`.
    Not,
}

/// The parts of a rule that are not phrases.
#[derive(Debug)]
pub(super) struct Condition {
    /// Whether there is `any`.
    pub any: bool,
    /// The groups of `near`: how many `words`, and `within` how many of each other.
    pub near: Vec<(usize, usize)>,
    /// How many there are in `all`.
    pub all: usize,
    /// How close `not` keeps a find from counting, in tokens.
    pub not_within: usize,
    /// How far back a negation does, in tokens.
    pub negation_within: usize,
}

/// A find: the places that fulfil a rule together.
pub(super) type Find<'a> = Vec<&'a Hit>;

impl Condition {
    /// Every way in which the text fulfils the rule. `hits` are those of its own phrases.
    pub fn finds<'a>(
        &self,
        text: &[Spoken],
        hits: &[(Slot, &'a Hit)],
        negation: &Negation,
    ) -> Vec<Find<'a>> {
        let of = |slot: Slot| {
            hits.iter()
                .filter(move |(of, _)| *of == slot)
                .map(|(_, hit)| *hit)
        };

        let mut base = Find::new();
        for item in 0..self.all {
            match of(Slot::All(item)).find(|hit| !self.is_negated(text, &[hit], negation)) {
                Some(hit) => base.push(hit),
                None => return Vec::new(),
            }
        }
        let mut finds: Vec<Find<'a>> = of(Slot::Any).map(|hit| vec![hit]).collect();
        for (group, &(words, within)) in self.near.iter().enumerate() {
            let places: Vec<Vec<&Hit>> = (0..words)
                .map(|item| of(Slot::Near(group, item)).collect())
                .collect();
            together(&places, within, &mut Vec::new(), &mut finds);
        }
        finds.retain(|find| !self.is_negated(text, find, negation));
        if self.any || !self.near.is_empty() {
            finds.iter_mut().for_each(|find| find.extend(&base));
        } else if !base.is_empty() {
            finds.push(base);
        }
        finds.retain(|find| {
            !of(Slot::Not).any(|not| find.iter().any(|hit| gap(hit, not) <= self.not_within))
        });
        finds
    }

    fn is_negated(&self, text: &[Spoken], find: &[&Hit], negation: &Negation) -> bool {
        let own = |place| find.iter().any(|hit| hit.tokens.contains(&place));
        find.iter().any(|hit| {
            let start = hit.tokens.start;
            negation.denies(text, start, self.negation_within, Reach::Beside, own)
        })
    }
}

/// All choices of one hit per place that stand beside each other with no more than `within` tokens
/// between neighbours, in any order.
fn together<'a>(
    places: &[Vec<&'a Hit>],
    within: usize,
    chosen: &mut Find<'a>,
    finds: &mut Vec<Find<'a>>,
) {
    let Some(hits) = places.get(chosen.len()) else {
        let mut ordered = chosen.clone();
        ordered.sort_by_key(|hit| hit.tokens.start);
        let beside = |pair: &[&Hit]| {
            pair[0].tokens.end <= pair[1].tokens.start && gap(pair[0], pair[1]) <= within
        };
        if ordered.windows(2).all(beside) {
            finds.push(ordered);
        }
        return;
    };
    for &hit in hits {
        chosen.push(hit);
        together(places, within, chosen, finds);
        chosen.pop();
    }
}

/// Spokens between two hits; none if they touch or overlap.
fn gap(a: &Hit, b: &Hit) -> usize {
    let (first, second) = if a.tokens.start <= b.tokens.start {
        (a, b)
    } else {
        (b, a)
    };
    second.tokens.start.saturating_sub(first.tokens.end)
}
