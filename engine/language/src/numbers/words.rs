//! Numbers in words, by the one grammar that languages share which count in tens.
//!
//! | | read as |
//! |---|---|
//! | "forty eight", "cuarenta y ocho" | tens, perhaps a connecting word, ones |
//! | "ciento veinte", "one hundred and five" | hundreds, perhaps a connecting word, what is below |
//! | "two thousand", "dos mil" | what stands before is multiplied |
//! | "two million three thousand five" | multipliers fall |
//!
//! A language whose words go together in writing ("achtundvierzig") lists them with their values.

use std::collections::{HashMap, HashSet};

use crate::fold::is_han;
use crate::lexicon::{ByCount, Count, NumberLists, each};

/// The number words of one language, or of several together.
#[derive(Debug)]
pub struct NumberWords {
    words: HashMap<String, Meaning>,
    ordinals: HashMap<String, u64>,
    /// What a number may begin with; few words do, and each is asked for it.
    first: HashSet<String>,
    pub(crate) lists: NumberLists,
}

/// What a word means within a number.
#[derive(Clone, Copy, Debug, Default)]
struct Meaning {
    /// It is so many.
    value: Option<u64>,
    /// It multiplies what stands before it.
    times: Option<u64>,
}

/// A number that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Cardinal {
    pub value: u64,
    /// The place after it.
    pub end: usize,
    /// Whether it was said with a word for a hundred or more.
    pub large: bool,
}

impl NumberWords {
    /// Of the lists of some languages. A word that several have is that of the first.
    pub(crate) fn of<'a>(languages: impl IntoIterator<Item = &'a NumberLists>) -> Self {
        let mut lists = NumberLists::default();
        let mut words = HashMap::new();
        let mut ordinals = HashMap::new();
        for language in languages {
            let mut own: HashMap<String, Meaning> = HashMap::new();
            for (word, value) in each(&language.cardinals) {
                own.entry(word.to_lowercase()).or_default().value = Some(value);
            }
            for (word, times) in each(&language.multipliers) {
                own.entry(word.to_lowercase()).or_default().times = Some(times);
            }
            for (word, meaning) in own {
                words.entry(word).or_insert(meaning);
            }
            for (word, value) in each(&language.ordinals) {
                ordinals.entry(word.to_lowercase()).or_insert(value);
            }
            lists.add(language);
        }
        let tables = [&lists.digits, &lists.repeats, &lists.loose];
        let more = tables.into_iter().flat_map(each).map(|(word, _)| word);
        let more = more.chain(lists.article.iter().map(String::as_str));
        let more = more.chain(lists.point.iter().map(String::as_str));
        let more = more.filter_map(first_token);
        let first = words.keys().chain(ordinals.keys()).cloned();
        let first = first.chain(more.map(str::to_owned)).collect();
        Self {
            words,
            ordinals,
            first,
            lists,
        }
    }

    /// Whether a number may begin with a word in letters or figures.
    pub(crate) fn may_begin(&self, word: &str) -> bool {
        word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '€' | '£'))
            || self.first.contains(word)
    }

    /// How many a word alone is: `fifteen` is 15.
    pub fn value(&self, word: &str) -> Option<u64> {
        self.words.get(word)?.value
    }

    /// What a word multiplies by: `thousand` by 1000.
    pub fn times(&self, word: &str) -> Option<u64> {
        self.words.get(word)?.times
    }

    /// Whether a word is a number or a part of one.
    pub(crate) fn have(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// Whether a word may follow tens: 1 to 9.
    pub(crate) fn is_one(&self, word: &str) -> bool {
        self.ones(word).is_some_and(|ones| ones > 0)
    }

    /// 0 to 9 in a word.
    pub(crate) fn ones(&self, word: &str) -> Option<u64> {
        self.value(word).filter(|value| *value < 10)
    }

    /// The place of an ordinal: `third` is 3.
    pub fn ordinal_value(&self, word: &str) -> Option<u64> {
        self.ordinals.get(word).copied()
    }

    /// The word for an ordinal: 3 is `third`.
    pub(crate) fn ordinal_word(&self, place: u64) -> Option<&str> {
        let words = self.lists.ordinals.get(&Count(place))?;
        words.first().map(String::as_str)
    }

    /// The word for a number that has one: 15 is `fifteen`.
    pub fn cardinal_word(&self, value: u64) -> Option<&str> {
        let words = self.lists.cardinals.get(&Count(value))?;
        words.first().map(String::as_str)
    }

    /// The place of an ordinal in figures: `3rd`.
    pub fn written_ordinal(&self, word: &str) -> Option<u64> {
        let mut endings = self.lists.ordinal_endings.iter();
        let figures = endings.find_map(|ending| word.strip_suffix(ending.as_str()))?;
        let all = figures.bytes().all(|byte| byte.is_ascii_digit());
        figures.parse().ok().filter(|_| all)
    }

    /// A digit by a word that is one only where digits are told one by one: `oh`.
    pub(crate) fn told_digit(&self, word: &str) -> Option<char> {
        let digit = u32::try_from(of_table(&self.lists.digits, word)?).ok()?;
        char::from_digit(digit, 10)
    }

    /// How many times the next digit is told: `double`.
    pub(crate) fn repeats(&self, word: &str) -> Option<usize> {
        usize::try_from(of_table(&self.lists.repeats, word)?).ok()
    }

    /// A number below a hundred from place `at` on, and the place after it. Words are asked for by
    /// their places; one that cannot belong to the number is empty.
    pub(crate) fn below_hundred<'a>(
        &self,
        word: impl Fn(usize) -> &'a str,
        at: usize,
    ) -> Option<(u64, usize)> {
        let value = self.value(word(at)).filter(|value| *value < 100)?;
        let ones = (room(value) == 10).then(|| self.after_tens(&word, at + 1));
        let (ones, end) = ones.flatten().unwrap_or((0, at + 1));
        Some((value + ones, end))
    }

    /// The ones behind tens, perhaps with a word between them.
    fn after_tens<'a>(&self, word: impl Fn(usize) -> &'a str, at: usize) -> Option<(u64, usize)> {
        let ones = |word: &str| self.ones(word).filter(|ones| *ones > 0);
        if let Some(ones) = ones(word(at)) {
            return Some((ones, at + 1));
        }
        if !self.lists.after_tens.have(word(at)) {
            return None;
        }
        let next = word(at + 1);
        let one = || self.lists.article.have(next).then_some(1);
        Some((ones(next).or_else(one)?, at + 2))
    }

    /// A whole number from place `at` on, as long as it goes on.
    pub(crate) fn cardinal<'a>(
        &self,
        word: impl Fn(usize) -> &'a str,
        at: usize,
    ) -> Option<Cardinal> {
        let between = at.checked_sub(1).map_or("", &word);
        let mut reading = Reading {
            between: self.lists.between.have(between),
            ..Reading::default()
        };
        let first = *self.words.get(word(at))?;
        let fits = reading.push(first);
        fits.then(|| reading.rest(self, &word, at + 1))
    }

    /// The same, where an article is one: `a hundred`.
    pub(crate) fn cardinal_with_article<'a>(
        &self,
        word: impl Fn(usize) -> &'a str,
        at: usize,
    ) -> Option<Cardinal> {
        if !self.lists.article.have(word(at)) {
            return None;
        }
        self.times(word(at + 1))?;
        let mut reading = Reading::default();
        reading.push_value(1);
        let read = reading.rest(self, &word, at + 1);
        read.large.then_some(read)
    }

    /// An ordinal below a hundred from place `at` on, and the place after it.
    pub(crate) fn ordinal<'a>(
        &self,
        word: impl Fn(usize) -> &'a str,
        at: usize,
    ) -> Option<(u64, usize)> {
        if let Some(place) = self.ordinal_value(word(at)) {
            return (place > 0).then_some((place, at + 1));
        }
        let tens = self.value(word(at)).filter(|tens| room(*tens) == 10)?;
        let ones = self.ordinal_value(word(at + 1))?;
        (1..10).contains(&ones).then_some((tens + ones, at + 2))
    }
}

/// The word or Chinese character that a phrase begins with.
fn first_token(phrase: &str) -> Option<&str> {
    let c = phrase.chars().next()?;
    match is_han(c) {
        true => Some(&phrase[..c.len_utf8()]),
        false => phrase.split(' ').next(),
    }
}

fn of_table(table: &ByCount, word: &str) -> Option<u64> {
    let found = each(table).find(|(known, _)| *known == word);
    found.map(|(_, count)| count)
}

/// What may be added to a value is less than this: `five` to `twenty`, nothing to `twelve`.
const fn room(value: u64) -> u64 {
    match value {
        20..100 if value.is_multiple_of(10) => 10,
        100..1_000 if value.is_multiple_of(100) => 100,
        _ => 0,
    }
}

/// A number that is being read.
#[derive(Default)]
struct Reading {
    /// What the multipliers from a thousand on have counted.
    total: u64,
    /// What the next one counts.
    current: u64,
    /// What is added next is less than this.
    room: u64,
    /// Whether there is anything yet.
    begun: bool,
    large: bool,
    /// Whether it begins a range, so that what connects numbers may part two of them.
    between: bool,
}

impl Reading {
    /// Takes the next word, if it can follow.
    fn push(&mut self, word: Meaning) -> bool {
        match (word.value, word.times) {
            (Some(value), None) => self.push_value(value),
            // `mil` is 1000, behind a number it multiplies.
            (Some(_), Some(times)) if self.current == 0 => {
                (!self.begun || times < self.room) && self.push_value(1) && self.push_times(times)
            }
            (_, Some(times)) => self.push_times(times),
            (None, None) => false,
        }
    }

    fn push_value(&mut self, value: u64) -> bool {
        if self.begun && !(1..self.room).contains(&value) {
            return false;
        }
        self.current += value;
        self.room = room(value);
        self.begun = true;
        self.large |= value >= 100;
        true
    }

    fn push_times(&mut self, times: u64) -> bool {
        if self.current == 0 {
            return false;
        }
        if times < 1_000 {
            if self.current >= times {
                return false;
            }
            self.current *= times;
        } else {
            // The multipliers of one number fall: two million three thousand.
            if self.total > 0 && !self.total.is_multiple_of(times.saturating_mul(1_000)) {
                return false;
            }
            let scaled = self.current.checked_mul(times);
            let Some(total) = scaled.and_then(|scaled| self.total.checked_add(scaled)) else {
                return false;
            };
            (self.total, self.current) = (total, 0);
        }
        (self.room, self.large) = (times, true);
        true
    }

    /// Takes all that belongs to it, from `at` on.
    fn rest<'a>(
        mut self,
        words: &NumberWords,
        word: &impl Fn(usize) -> &'a str,
        mut at: usize,
    ) -> Cardinal {
        loop {
            let next = words.words.get(word(at)).copied();
            if let Some(next) = next
                && self.push(next)
            {
                at += 1;
            } else if let Some((value, end)) = self.connected(words, word, at) {
                self.push_value(value);
                at = end;
            } else {
                return Cardinal {
                    value: self.total + self.current,
                    end: at,
                    large: self.large,
                };
            }
        }
    }

    /// What follows a connecting word that stands at `at`: `one hundred and twenty`, `one hundred and
    /// twenty thousand`, but not `one hundred and two hundred` and `between one hundred and two
    /// thousand`.
    fn connected<'a>(
        &self,
        words: &NumberWords,
        word: &impl Fn(usize) -> &'a str,
        at: usize,
    ) -> Option<(u64, usize)> {
        if self.room == 10 {
            return words.after_tens(word, at);
        }
        if self.room < 100 || !words.lists.after_hundreds.have(word(at)) {
            return None;
        }
        let (value, end) = words.below_hundred(word, at + 1)?;
        let parted = match words.times(word(end)) {
            Some(times) => self.between || times <= self.room,
            None => false,
        };
        (value > 0 && !parted).then_some((value, end))
    }
}
