//! Phrases by how they are spoken, and where a text sounds like one.
//!
//! All phrases together are one trie of sounds. A text is compared with all of them at once: a row
//! of edit distances (Sellers 1980) goes down the trie with every sound, phrases that begin alike
//! share their rows, and a branch ends where everything is too far away. A row holds only the cells
//! that are near enough. Phrases begin and end with words of the text.

use std::num::NonZeroU32;
use std::ops::Range;

use super::phoneme::Phoneme;
use super::sound_words::SoundWord;
use crate::trie::{Trie, TrieBuilder};

/// What the first sounds of a phrase may cost beyond their share: the rest may agree all the
/// better.
const SLACK: f32 = 0.9;

/// Phrases by how they are spoken.
#[derive(Debug)]
pub struct SoundTrie {
    trie: Trie<u16, Ways>,
    ends: Ends,
    /// Each sound that occurs, in the order of its number in the trie.
    sounds: Vec<Phoneme>,
    /// What a phrase may cost, for each of its sounds.
    rate: f32,
    /// What it may cost at most.
    most: f32,
}

/// A [`SoundTrie`] that phrases are added to.
#[derive(Debug)]
pub struct SoundTrieBuilder {
    trie: TrieBuilder<u16, Ways>,
    ends: Ends,
    sounds: Vec<Phoneme>,
    rate: f32,
    most: f32,
}

/// What goes through a beginning.
#[derive(Debug, Default)]
struct Ways {
    /// The first phrase that ends here.
    end: Option<NonZeroU32>,
    /// What the longest phrase through here may cost.
    room: f32,
}

/// The phrases that end somewhere: each with the next one that ends at the same place, counted from
/// 1. Few beginnings are a whole phrase, and few of those more than one.
#[derive(Debug, Default)]
struct Ends(Vec<(u32, Option<NonZeroU32>)>);

impl Ends {
    /// The phrases from `end` on, by the numbers they were added with.
    fn phrases(&self, end: Option<NonZeroU32>) -> impl Iterator<Item = u32> {
        let next = |end: Option<NonZeroU32>| self.0.get(end?.get() as usize - 1).copied();
        let ends = std::iter::successors(next(end), move |(_, end)| next(*end));
        ends.map(|(phrase, _)| phrase)
    }

    /// Adds a phrase behind those that begin with `first`, unless it is one of them.
    fn add(&mut self, first: &mut Option<NonZeroU32>, phrase: u32) {
        let number = NonZeroU32::MIN.saturating_add(self.0.len() as u32);
        let Some(mut end) = *first else {
            *first = Some(number);
            self.0.push((phrase, None));
            return;
        };
        loop {
            let (known, next) = &mut self.0[end.get() as usize - 1];
            match next {
                _ if *known == phrase => return,
                Some(next) => end = *next,
                None => break *next = Some(number),
            }
        }
        self.0.push((phrase, None));
    }
}

/// A place that sounds like a phrase.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// The number that the phrase was added with.
    pub phrase: usize,
    /// The words of the text.
    pub words: Range<usize>,
    /// How far the two are from each other, in sounds.
    pub distance: f32,
}

/// A place between two sounds of the text that a beginning of phrases may have come to.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// How many sounds are in front of it.
    at: usize,
    /// What the cheapest way to it costs.
    cost: f32,
    /// The word at which that way began.
    word: usize,
}

/// A beginning of phrases.
#[derive(Clone, Copy)]
struct Reached {
    /// Its node in the trie.
    node: usize,
    /// Its last sound; `None` of the empty one.
    last: Option<Phoneme>,
    /// How many sounds it has, as [`Phoneme::sounds`] counts them.
    sounds: f32,
}

/// A text, sound by sound.
struct Heard {
    sounds: Vec<Phoneme>,
    /// What it costs that a sound was written and not said.
    skipped: Vec<f32>,
    /// Of each place between two sounds, the word that begins there, and the number of words that
    /// end there.
    begins: Vec<Option<usize>>,
    ends: Vec<Option<usize>>,
    /// For each sound of the trie, what it costs to be heard as each of the text's; made when first
    /// needed.
    replaced: Vec<Vec<f32>>,
}

impl SoundTrieBuilder {
    /// Finds what costs no more than `rate` for each sound of a phrase, and than `most`.
    pub fn new(rate: f32, most: f32) -> Self {
        Self {
            trie: TrieBuilder::default(),
            ends: Ends::default(),
            sounds: Vec::new(),
            rate,
            most,
        }
    }

    /// Adds one way to speak a phrase. What is found tells its `number`.
    pub fn add(&mut self, way: &[Phoneme], number: u32) {
        let sounds: f32 = way.iter().map(|sound| sound.sounds()).sum();
        let room = (self.rate * sounds).min(self.most);
        let way: Vec<u16> = way.iter().map(|sound| self.place_of(*sound)).collect();
        if way.is_empty() {
            return;
        }
        let widen = |ways: &mut Ways| ways.room = ways.room.max(room);
        let whole = self.trie.insert(way, widen);
        self.ends.add(&mut whole.end, number);
    }

    /// The same, to be searched.
    pub fn build(self) -> SoundTrie {
        SoundTrie {
            trie: self.trie.build(),
            ends: self.ends,
            sounds: self.sounds,
            rate: self.rate,
            most: self.most,
        }
    }

    fn place_of(&mut self, sound: Phoneme) -> u16 {
        let known = self.sounds.iter().position(|known| *known == sound);
        let place = known.unwrap_or_else(|| {
            self.sounds.push(sound);
            self.sounds.len() - 1
        });
        // There are some 1,500 sounds of both languages.
        place as u16
    }
}

impl SoundTrie {
    /// Where `words` sound like phrases, what is the same included.
    pub fn find(&self, words: &[SoundWord]) -> Vec<Near> {
        let mut heard = Heard::new(words, self.sounds.len());
        let begins = heard.begins.iter().enumerate();
        let mut cells: Vec<Cell> = begins
            .filter_map(|(at, word)| {
                let (word, cost) = ((*word)?, 0.0);
                Some(Cell { at, cost, word })
            })
            .collect();
        let mut found = Vec::new();
        let empty = Reached {
            node: Trie::<u16, Ways>::ROOT,
            last: None,
            sounds: 0.0,
        };
        let all = 0..cells.len();
        self.descend(empty, all, &mut cells, &mut heard, &mut found);
        found
    }

    /// Goes on from what was reached, with its row, the last of `cells`.
    fn descend(
        &self,
        reached: Reached,
        row: Range<usize>,
        cells: &mut Vec<Cell>,
        heard: &mut Heard,
        found: &mut Vec<Near>,
    ) {
        for (sound, node) in self.trie.next(reached.node) {
            let sound = usize::from(sound);
            let (meant, ways) = (self.sounds[sound], self.trie.value(node));
            let sounds = reached.sounds + meant.sounds();
            let most = ways.room.min(self.rate * sounds + SLACK);
            let missed = meant.skipped(reached.last);
            heard.compare(sound, meant);
            heard.extend(cells, row.clone(), sound, (missed, most));
            let next = row.end..cells.len();
            if !next.is_empty() {
                if ways.end.is_some() {
                    self.note(ways, sounds, &cells[next.clone()], heard, found);
                }
                let further = Reached {
                    node,
                    last: Some(meant),
                    sounds,
                };
                self.descend(further, next, cells, heard, found);
            }
            cells.truncate(row.end);
        }
    }

    fn note(&self, ways: &Ways, sounds: f32, row: &[Cell], heard: &Heard, found: &mut Vec<Near>) {
        let most = (self.rate * sounds).min(self.most);
        for cell in row {
            if let Some(end) = heard.ends[cell.at].filter(|end| *end > cell.word)
                && cell.cost <= most
            {
                found.extend(self.ends.phrases(ways.end).map(|phrase| Near {
                    phrase: phrase as usize,
                    words: cell.word..end,
                    distance: cell.cost,
                }));
            }
        }
    }
}

impl Heard {
    fn new(words: &[SoundWord], kinds: usize) -> Self {
        let length = words.iter().map(|word| word.sounds.len()).sum::<usize>();
        let mut new = Self {
            sounds: Vec::with_capacity(length),
            skipped: Vec::with_capacity(length),
            begins: vec![None; length + 1],
            ends: vec![None; length + 1],
            replaced: vec![Vec::new(); kinds],
        };
        for (number, word) in words.iter().enumerate() {
            new.begins[new.sounds.len()] = Some(number);
            for sound in &word.sounds {
                new.skipped.push(sound.skipped(new.sounds.last().copied()));
                new.sounds.push(*sound);
            }
            new.ends[new.sounds.len()] = Some(number + 1);
        }
        new
    }

    /// Works out what it costs to hear `meant`, which stands at `at` in the trie's sounds, as each
    /// of the text's.
    fn compare(&mut self, at: usize, meant: Phoneme) {
        if self.replaced[at].is_empty() {
            let costs = self
                .sounds
                .iter()
                .map(|heard| Phoneme::replaced(meant, *heard));
            self.replaced[at] = costs.collect();
        }
    }

    /// Adds to `cells`, of which `above` are a row, those of the row below it: of what is meant to
    /// be one `sound` more, which costs `missed` if nothing was said for it. None costs more than
    /// `most`.
    fn extend(
        &self,
        cells: &mut Vec<Cell>,
        above: Range<usize>,
        sound: usize,
        (missed, most): (f32, f32),
    ) {
        let mut rest = above;
        let (mut corner, mut left): (Option<Cell>, Option<Cell>) = (None, None);
        let mut at = 0;
        while at <= self.sounds.len() {
            let here = cells.get(rest.start).filter(|_| !rest.is_empty()).copied();
            if corner.is_none() && left.is_none() {
                let Some(next) = here else { break };
                at = next.at;
            }
            let here = here.filter(|cell| cell.at == at);
            rest.start += usize::from(here.is_some());
            let ways = [
                here.map(|cell| (cell, missed)),
                corner.map(|cell| (cell, self.replaced[sound][at - 1])),
                left.map(|cell| (cell, self.skipped[at - 1])),
            ];
            // In case of a tie the first.
            let ways = ways.into_iter().flatten().map(|(cell, more)| Cell {
                at,
                cost: cell.cost + more,
                word: cell.word,
            });
            let best = ways.min_by(|a, b| a.cost.total_cmp(&b.cost));
            left = best.filter(|cell| cell.cost <= most);
            cells.extend(left);
            corner = here;
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::phonetics::sound_words::{sentences, ways};

    fn trie(phrases: &[&str], rate: f32) -> SoundTrie {
        let mut trie = SoundTrieBuilder::new(rate, 3.0);
        for (number, phrase) in (0..).zip(phrases) {
            for way in ways(phrase) {
                trie.add(&way.concat(), number);
            }
        }
        trie.build()
    }

    fn nearest(phrases: &[&str], text: &str) -> Option<(usize, f32)> {
        let trie = trie(phrases, 0.19);
        let found = sentences(text)
            .iter()
            .flat_map(|words| trie.find(words))
            .collect::<Vec<_>>();
        let best = found
            .into_iter()
            .min_by(|a, b| a.distance.total_cmp(&b.distance))?;
        Some((best.phrase, best.distance))
    }

    #[test]
    fn what_sounds_like_a_phrase_is_near_it() {
        for (phrase, text, expected) in [
            ("charged twice", "I was charged twice", true),
            ("charged twice", "I was charged wife on my invoice", true),
            ("I want a refund", "and I will under a fund.", true),
            ("cancel my contract", "cancel my contact", true),
            ("direct debit", "the direct admit", true),
            ("charged twice", "I was. Charged. Wife", false),
            ("refund", "the weather is nice", false),
            ("router", "I rode home", false),
            ("光纤", "光鲜", true),
            ("光纤", "天气", false),
        ] {
            assert_eq!(
                nearest(&[phrase], text).is_some(),
                expected,
                "{phrase} in {text}"
            );
        }
    }

    #[test]
    fn phrases_that_sound_the_same_are_all_found_once() {
        let mut trie = SoundTrieBuilder::new(0.2, 3.0);
        for (phrase, number) in [("right", 3), ("write", 7), ("right", 3), ("rite", 5)] {
            for way in ways(phrase) {
                trie.add(&way.concat(), number);
            }
        }
        let trie = trie.build();
        let found = trie.find(&sentences("right")[0]);
        let numbers: Vec<usize> = found.iter().map(|near| near.phrase).collect();
        assert_eq!(numbers, [3, 7, 5]);
    }

    #[test]
    fn the_same_sounds_cost_nothing_and_others_more() {
        let distance = |text| {
            nearest(&["cancel my contract"], text)
                .expect("it is near")
                .1
        };
        assert_eq!(distance("cancel my contract"), 0.0);
        assert!(distance("cancel my contact") < distance("counsel my contact"));
        let (two, _) =
            nearest(&["charged twice", "charge twins"], "charged wife").expect("one is near");
        assert_eq!(two, 0);
    }

    /// The same with tables of which every cell is filled, for one way to speak one phrase.
    fn found_in_tables(trie: &SoundTrie, way: &[Phoneme], words: &[SoundWord]) -> Vec<Near> {
        let heard = Heard::new(words, 0);
        let far = (f32::INFINITY, 0);
        let mut row: Vec<(f32, usize)> = heard
            .begins
            .iter()
            .map(|word| word.map_or(far, |word| (0.0, word)))
            .collect();
        let all: f32 = way.iter().map(|sound| sound.sounds()).sum();
        let (room, mut sounds) = ((trie.rate * all).min(trie.most), 0.0);
        for (i, meant) in way.iter().enumerate() {
            sounds += meant.sounds();
            let missed = meant.skipped(i.checked_sub(1).map(|i| way[i]));
            let mut next: Vec<(f32, usize)> = Vec::new();
            for (at, (above, word)) in row.iter().enumerate() {
                let mut best = (above + missed, *word);
                if at > 0 {
                    let replaced = Phoneme::replaced(*meant, heard.sounds[at - 1]);
                    for (from, more) in [
                        (row[at - 1], replaced),
                        (next[at - 1], heard.skipped[at - 1]),
                    ] {
                        if from.0 + more < best.0 {
                            best = (from.0 + more, from.1);
                        }
                    }
                }
                let is_near = best.0 <= room.min(trie.rate * sounds + SLACK);
                next.push(if is_near { best } else { far });
            }
            row = next;
        }
        let ends = row.iter().zip(&heard.ends).filter_map(|(cell, end)| {
            let (&(distance, start), end) = (cell, (*end)?);
            (start < end && distance <= room).then_some(Near {
                phrase: 0,
                words: start..end,
                distance,
            })
        });
        ends.collect()
    }

    proptest! {
        #[test]
        fn nothing_is_missed_that_whole_tables_find(
            text in "[a-er ]{0,30}",
            phrases in prop::collection::vec("[a-er]{1,4}( [a-e]{1,4}){0,2}", 1..5),
            rate in 0.1_f32..0.6,
        ) {
            let phrases: Vec<&str> = phrases.iter().map(String::as_str).collect();
            let all = trie(&phrases, rate);
            for words in sentences(&text) {
                let mut expected = Vec::new();
                for (number, phrase) in phrases.iter().enumerate() {
                    let alone = trie(&[phrase], rate);
                    for way in ways(phrase) {
                        let found = found_in_tables(&alone, &way.concat(), &words);
                        expected.extend(found.into_iter().map(|near| Near { phrase: number, ..near }));
                    }
                }
                let mut found = all.find(&words);
                // A phrase that begins another has the longer one's room.
                let key = |near: &Near| (near.phrase, near.words.start, near.words.end);
                expected.sort_by_key(key);
                found.sort_by_key(key);
                for near in &expected {
                    prop_assert!(found.contains(near), "{near:?} in {found:?}");
                }
            }
        }

        #[test]
        fn places_are_within_the_text_and_as_near_as_asked(text in "[a-e .']{0,40}", phrase in "[a-e ]{1,12}") {
            let trie = trie(&[&phrase], 0.25);
            for words in sentences(&text) {
                for near in trie.find(&words) {
                    prop_assert!(near.words.start < near.words.end && near.words.end <= words.len());
                    prop_assert!((0.0..=3.0).contains(&near.distance));
                }
            }
        }
    }
}
