//! What an agent must say in a call, ticked off as it is heard.
//!
//! An item is ticked by a finished utterance of the agent, and stays so. Said before it must be, it
//! is ticked as soon as it must. Corrected words tick as well.

use std::collections::BTreeSet;
use std::sync::Arc;

use sidetone_types::event::{
    Checklist as Listed, ChecklistItem, ChecklistTicked, Event, EventKind,
};
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::time::MediaTime;

use crate::rules::{Part, RuleSet};
use crate::stable_words::StableWords;

/// The checklist of one call.
#[derive(Debug)]
pub struct Checklist {
    rules: Arc<RuleSet>,
    languages: Vec<Lang>,
    items: Vec<Item>,
    /// Whether the agent has spoken.
    spoken: bool,
    /// Whether it was told what must be said.
    listed: bool,
}

#[derive(Debug)]
struct Item {
    name: String,
    text: String,
    after: BTreeSet<String>,
    must: bool,
    said: Option<Said>,
    told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    utterance: UtteranceId,
    start: MediaTime,
    end: MediaTime,
}

impl Checklist {
    /// That of a call in which these languages may be spoken, the main one first.
    pub fn new(rules: Arc<RuleSet>, languages: &[Lang]) -> Self {
        let mut items: Vec<Item> = Vec::new();
        let of = |lang: &Lang| {
            let lang = *lang;
            rules
                .checklist()
                .iter()
                .filter(move |item| item.lang == lang)
        };
        for item in languages.iter().flat_map(of) {
            match items.iter_mut().find(|known| known.name == item.name) {
                Some(known) => {
                    known.after.extend(item.after.iter().cloned());
                    known.must |= item.is_always();
                }
                None => items.push(Item {
                    name: item.name.clone(),
                    text: item.text.clone(),
                    after: item.after.iter().cloned().collect(),
                    must: item.is_always(),
                    said: None,
                    told: false,
                }),
            }
        }
        Self {
            languages: languages.to_vec(),
            items,
            rules,
            spoken: false,
            listed: false,
        }
    }

    /// What must be said so far, to be told at the beginning of a call whose agent is heard; none where
    /// nothing must. Of an agent who is heard later it is told then.
    pub fn begin(&mut self) -> Option<EventKind> {
        self.listed = true;
        self.list()
    }

    fn list(&self) -> Option<EventKind> {
        let items = self.items.iter().filter(|item| item.must);
        let items: Vec<ChecklistItem> = items
            .map(|item| ChecklistItem {
                item: item.name.clone(),
                text: item.text.clone(),
            })
            .collect();
        (!items.is_empty()).then_some(EventKind::Checklist(Listed { items }))
    }

    /// Takes what was said, if it is over. Gives what is to be told of it.
    pub fn observe(&mut self, said: &StableWords) -> Vec<Event> {
        if !said.finished || said.words.is_empty() {
            return Vec::new();
        }
        self.spoken |= said.side == sidetone_types::party::Side::Agent;
        let before = self.must();
        for (item, part, words) in self.rules.find_items(said, &self.languages) {
            let name = &self.rules.checklist()[item].name;
            let Some(item) = self.items.iter_mut().find(|known| known.name == *name) else {
                continue;
            };
            match part {
                Part::When => item.must = true,
                Part::Said if item.said.is_none() => {
                    let words = said.words.get(words).unwrap_or(&said.words);
                    let (first, last) = (words.first(), words.last());
                    item.said = Some(Said {
                        utterance: said.utterance,
                        start: first.map_or(said.start(), |word| word.start),
                        end: last.map_or(said.end(), |word| word.end),
                    });
                }
                Part::Said => {}
            }
        }
        self.tell(before, said.end())
    }

    /// Takes that a rule has raised an alert, up to `at`. Gives what is to be told of it.
    pub fn raised(&mut self, rule: &str, at: MediaTime) -> Vec<Event> {
        let before = self.must();
        for item in &mut self.items {
            item.must |= item.after.contains(rule);
        }
        self.tell(before, at)
    }

    /// The texts of what must be said and was not; none where the agent was never heard.
    pub fn missed(&self) -> Vec<String> {
        let missed = self.items.iter();
        let missed = missed.filter(|item| self.spoken && item.must && item.said.is_none());
        missed.map(|item| item.text.clone()).collect()
    }

    fn must(&self) -> usize {
        self.items.iter().filter(|item| item.must).count()
    }

    /// What must be said more, and what is ticked newly.
    fn tell(&mut self, before: usize, at: MediaTime) -> Vec<Event> {
        let said = self.items.iter().filter(|item| item.said.is_some());
        let said: BTreeSet<String> = said.map(|item| item.name.clone()).collect();
        for item in &mut self.items {
            item.must |= !item.after.is_disjoint(&said);
        }
        let mut told = Vec::new();
        let is_first = self.spoken && !self.listed;
        if is_first || self.listed && self.must() > before {
            let listed = self.begin().map(|kind| Event::of_the_call(at, at, kind));
            told.extend(listed);
        }
        for item in self.items.iter_mut().filter(|item| item.must && !item.told) {
            if let Some(said) = item.said {
                item.told = true;
                let kind = EventKind::ChecklistTicked(ChecklistTicked {
                    item: item.name.clone(),
                    utterance: said.utterance,
                });
                told.push(Event::of_the_call(said.start, said.end, kind));
            }
        }
        told
    }
}

#[cfg(test)]
mod tests;
