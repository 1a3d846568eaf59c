//! What a rule asks of one utterance, once its phrases are found.

use std::ops::Range;

use super::finder::Hit;
use serde::Deserialize;
use sidetone_language::actor;
use sidetone_language::clauses::begins_clause;
use sidetone_language::lexicon::Lexicon;
use sidetone_language::negation;
use sidetone_language::reading::Reading;
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

/// Who must do what is found.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    /// Who says it.
    Speaker,
    /// One of the two who talk, or nobody who is named.
    Either,
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
    /// Who must do it or ask for it, if that matters.
    pub by: Option<By>,
    /// Whether it must be told as so.
    pub fact: bool,
    /// Whether a figure of speech does not count.
    pub earnest: bool,
    /// Whether the listener must be meant, not own people, and no praise.
    pub aimed: bool,
}

/// A find: the places that fulfil a rule together; of `near`, in the order of its `words`.
pub(super) type Find<'a> = Vec<&'a Hit>;

impl Condition {
    /// Every way in which the text fulfils the rule. `hits` are those of its own phrases.
    pub fn finds<'a>(
        &self,
        text: &[Spoken],
        hits: &[(Slot, &'a Hit)],
        lexicon: &Lexicon,
    ) -> Vec<Find<'a>> {
        let of = |slot: Slot| {
            hits.iter()
                .filter(move |(of, _)| *of == slot)
                .map(|(_, hit)| *hit)
        };

        let mut base = Find::new();
        for item in 0..self.all {
            match of(Slot::All(item)).find(|hit| !self.is_negated(text, &[hit], lexicon)) {
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
        finds.retain(|find| !self.is_negated(text, find, lexicon));
        let again = self.earnest && are_apart(text, &finds, lexicon);
        finds.retain(|find| self.is_meant(text, find, again, lexicon));
        if self.any || !self.near.is_empty() {
            finds.iter_mut().for_each(|find| find.extend(&base));
        } else if !base.is_empty() && self.is_meant(text, &base, false, lexicon) {
            finds.push(base);
        }
        finds.retain(|find| {
            !of(Slot::Not).any(|not| {
                find.iter().any(|hit| gap(hit, not) <= self.not_within)
                    && !goes_on(text, find, not, lexicon)
            })
        });
        finds
    }

    /// Whether the clause around a find says if it counts.
    pub const fn is_read(&self) -> bool {
        self.by.is_some() || self.fact || self.earnest || self.aimed
    }

    /// Whether the clause means it as the rule asks; `again` where another one says it too.
    fn is_meant(&self, text: &[Spoken], find: &[&Hit], again: bool, lexicon: &Lexicon) -> bool {
        if !self.is_read() {
            return true;
        }
        let Range { start, end } = place(find);
        let reading = Reading::of(lexicon, text, &(start..end));
        let is_by = match self.by {
            Some(By::Speaker) => {
                let deed = Reading {
                    mentioned: false,
                    ..reading
                };
                deed.is_own() && !actor::is_of_others(lexicon, text, &(start..end))
            }
            Some(By::Either) => reading.is_own(),
            None => true,
        };
        is_by
            && (!self.fact || reading.is_fact())
            && (!self.earnest || reading.is_earnest(again))
            && (!self.aimed || !reading.friendly)
    }

    fn is_negated(&self, text: &[Spoken], find: &[&Hit], lexicon: &Lexicon) -> bool {
        let own = |place| find.iter().any(|hit| hit.tokens.contains(&place));
        let Some(deed) = find.first() else {
            return false;
        };
        // What is said of the thing in a clause before says nothing of the deed: "he never wanted
        // this policy please cancel it".
        let points_back = lexicon
            .clauses
            .pointing
            .longest_at(text, deed.tokens.end)
            .is_some();
        let is_with_deed = |hit: &&&Hit| {
            let mut between = hit.tokens.start + 1..deed.tokens.start + 1;
            !(points_back && between.any(|at| begins_clause(&lexicon.clauses, text, at)))
        };
        find.iter().filter(is_with_deed).any(|hit| {
            let find = hit.tokens.clone();
            negation::is_denied(lexicon, text, find, self.negation_within, own)
        })
    }
}

/// The tokens from the first of a find to its last.
fn place(find: &[&Hit]) -> Range<usize> {
    let start = find.iter().map(|hit| hit.tokens.start).min().unwrap_or(0);
    start..find.iter().map(|hit| hit.tokens.end).max().unwrap_or(start)
}

/// Whether two finds stand in different clauses.
fn are_apart(text: &[Spoken], finds: &[Find<'_>], lexicon: &Lexicon) -> bool {
    let ends = finds.iter().map(|find| place(find).end);
    let starts = finds.iter().map(|find| place(find).start);
    let (Some(first), Some(last)) = (ends.min(), starts.max()) else {
        return false;
    };
    (first..=last).any(|at| begins_clause(&lexicon.clauses, text, at))
}

/// Whether a find goes on behind what would make it none: "cancel my appointment and my contract".
fn goes_on(text: &[Spoken], find: &[&Hit], not: &Hit, lexicon: &Lexicon) -> bool {
    let links = |at| lexicon.clauses.coordinators.longest_at(text, at).is_some();
    let behind = find.iter().map(|hit| not.tokens.end..hit.tokens.start);
    behind.into_iter().any(|mut between| between.any(links))
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
            finds.push(chosen.clone());
        }
        return;
    };
    // Farther from the first than this, no others could stand between them closely enough.
    let others = places.len().saturating_sub(2);
    let longest = places.iter().flatten().map(|hit| hit.tokens.len()).max();
    let reach = within * (others + 1) + longest.unwrap_or(0) * others;
    let first = chosen.first().copied();
    for &hit in hits {
        if first.is_some_and(|first| gap(first, hit) > reach) {
            continue;
        }
        chosen.push(hit);
        together(places, within, chosen, finds);
        chosen.pop();
    }
}

/// Tokens between two hits; none if they touch or overlap.
fn gap(a: &Hit, b: &Hit) -> usize {
    let (first, second) = if a.tokens.start <= b.tokens.start {
        (a, b)
    } else {
        (b, a)
    };
    second.tokens.start.saturating_sub(first.tokens.end)
}
