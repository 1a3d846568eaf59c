//! The words of all articles of one language, and what a text has of them: heard right, split in
//! two, run together, or misheard.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::tokenizer::TextAnalyzer;

use crate::schema::{analyzer, is_stop_word, is_weak, latin_analyzer, stemmer};
use crate::score::Phrases;
use sidetone_language::families::{Families, Family};
use sidetone_language::fold::{Folded, is_han};
use sidetone_language::phonetics::{EnglishWords, HanWords};
use sidetone_types::lang::Lang;

/// A word as it stands in the index.
pub(crate) type Term = u32;

/// How much words count that say little by themselves, in shares of what they would count.
const WEAK: f32 = 0.4;
/// A single Han character is part of many words.
const SINGLE: f32 = 0.5;
/// A word of which only the bodies tell: nobody said that callers use it.
const BODY_ONLY: f32 = 0.5;
/// Most single characters that are taken for one word.
const LONGEST_ROW: usize = 3;
/// Heard in two parts, or with another word: less sure than the word itself.
const JOINED_BY_SOUND: f32 = 0.9;

/// The words of one language.
pub(crate) struct Vocabulary {
    terms: HashMap<String, Term>,
    /// The Latin words of the keys by their stems, also those that stand there as their family.
    members: HashMap<String, Term>,
    known: Vec<Known>,
    latin: EnglishWords,
    mandarin: HanWords,
    analyzer: TextAnalyzer,
    latin_words: TextAnalyzer,
    stemmer: TextAnalyzer,
}

/// What is known of a term.
struct Known {
    text: String,
    /// Whether it stands in a trigger or a title: only such a word is worth guessing.
    is_key: bool,
    /// In how many articles it stands.
    articles: u32,
    /// How much it tells, in [0, 1].
    weight: f32,
    /// Whether it tells by itself what a call is about.
    is_telling: bool,
}

/// A term found in a text.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Which term.
    pub term: Term,
    /// How sure it is that this was said: 1 if it was heard as it is written.
    pub sure: f32,
    /// Where, in bytes of the text.
    pub range: Range<usize>,
}

/// A Latin word of a text, whether it tells something or not.
struct Spoken {
    lower: String,
    stem: String,
    range: Range<usize>,
}

impl Vocabulary {
    pub fn new(lang: Lang) -> Self {
        Self {
            terms: HashMap::new(),
            members: HashMap::new(),
            known: Vec::new(),
            latin: EnglishWords::default(),
            mandarin: HanWords::default(),
            analyzer: analyzer(lang),
            latin_words: latin_analyzer(),
            stemmer: stemmer(),
        }
    }

    /// Adds the words of a trigger or a title, and gives their terms, each one once.
    pub fn add_key(&mut self, text: &str) -> Vec<Term> {
        let folded = folded(text);
        let mut terms = Vec::new();
        let families = Families::built_in().find(&folded);
        let mut words = self.words(&folded, &families);
        // Common words of one family tell nothing together: such a phrase stands for itself.
        let is_of = |word: &str, telling: bool| {
            let is_it = |(family, _): &(&Family, _)| {
                family.is_telling == telling && term_of(family) == word
            };
            families.iter().any(is_it)
        };
        let mut strong = words.iter().filter(|(word, _)| !is_weak(word));
        if let Some(first) = strong.next()
            && is_of(&first.0, false)
            && strong.all(|(word, _)| *word == first.0)
        {
            words = self.words(&folded, &[]);
        }
        for (word, range) in words {
            let term = self.term(&word);
            if !terms.contains(&term) {
                terms.push(term);
            }
            let known = &mut self.known[term as usize];
            known.is_key = true;
            known.is_telling |= is_of(&word, true);
            let written = folded[range].to_lowercase().replace(' ', "");
            if written.chars().all(is_han) {
                self.mandarin.add(&written, term);
            } else if written.chars().all(char::is_alphanumeric) {
                self.latin.add(&written, term);
                let stem = self.stem(&written);
                self.members.entry(stem).or_insert(term);
            }
        }
        terms
    }

    /// Adds the words of a body, and gives their terms.
    pub fn add_body(&mut self, text: &str) -> Vec<Term> {
        let folded = folded(text);
        let words = self.words(&folded, &Families::built_in().find(&folded));
        words.iter().map(|(word, _)| self.term(word)).collect()
    }

    /// Counts an article's words. In its body only those count that nobody uses as a key: a word
    /// that many bodies explain may still tell what a caller wants.
    pub fn count_article(&mut self, phrases: &Phrases) {
        for term in phrases.keys() {
            self.known[term as usize].articles += 1;
        }
        for &term in phrases.body() {
            let known = &mut self.known[term as usize];
            known.articles += u32::from(!known.is_key);
        }
    }

    /// Settles how much each term tells, once all articles are counted: a word of few articles
    /// tells more.
    pub fn weigh(&mut self, articles: usize) {
        let rarest = (1.0 + articles as f32).ln();
        for known in &mut self.known {
            let rare = (1.0 + articles as f32 / known.articles.max(1) as f32).ln() / rarest;
            let mut weight = rare;
            if is_weak(&known.text) {
                weight *= WEAK;
            } else if is_single_han(&known.text) {
                weight *= SINGLE;
            }
            if !known.is_key {
                weight *= BODY_ONLY;
            }
            known.weight = weight;
        }
    }

    /// What turns its texts into words. A copy, since analyzers work in place; what is large is
    /// shared.
    pub fn analyzer(&self) -> TextAnalyzer {
        self.analyzer.clone()
    }

    /// How much a term tells, in [0, 1].
    pub fn weight(&self, term: Term) -> f32 {
        self.known[term as usize].weight
    }

    /// Whether a term is enough to be heard of a phrase that has others: its family tells by itself.
    pub fn tells_alone(&self, term: Term) -> bool {
        self.known[term as usize].is_telling
    }

    /// Whether a term counts as a word of its phrase: not if it says little.
    pub fn counts(&self, term: Term) -> bool {
        !is_weak(self.text(term))
    }

    /// As the term stands in the index.
    pub fn text(&self, term: Term) -> &str {
        &self.known[term as usize].text
    }

    /// The terms found in a text, each one once, as sure and then as early as possible, in their
    /// order.
    pub fn hear(&self, text: &str) -> Vec<Heard> {
        let folded = Folded::new(text);
        let mut heard = Vec::new();
        self.hear_latin(&folded.text, &mut heard);
        if folded.text.chars().any(is_han) {
            self.hear_mandarin(&folded.text, &mut heard);
        }
        for (family, place) in Families::built_in().find(&folded.text) {
            heard.retain(|heard| {
                let is_apart = heard.range.end <= place.start || place.end <= heard.range.start;
                is_apart || heard.sure == 1.0
            });
            heard.extend(self.terms.get(&term_of(family)).map(|&term| Heard {
                term,
                sure: 1.0,
                range: place,
            }));
        }
        heard.sort_by(|a, b| {
            let place = |heard: &Heard| (heard.range.start, heard.range.end);
            let by_sure = b.sure.total_cmp(&a.sure);
            a.term
                .cmp(&b.term)
                .then(by_sure)
                .then(place(a).cmp(&place(b)))
        });
        heard.dedup_by_key(|heard| heard.term);
        heard.sort_by_key(|heard| (heard.range.start, heard.range.end));
        for found in &mut heard {
            found.range = folded.original(found.range.clone());
        }
        heard
    }

    fn hear_latin(&self, text: &str, heard: &mut Vec<Heard>) {
        let words = self.spoken(text);
        let mut joined_before = false;
        for (at, word) in words.iter().enumerate() {
            let joined = words
                .get(at + 1)
                .filter(|next| text[word.range.end..next.range.start].trim().len() <= 1)
                .map(|next| (format!("{}{}", word.lower, next.lower), next));
            let exact_joined = joined.as_ref().and_then(|(both, next)| {
                let term = self.key_of_word(both)?;
                Some((term, word.range.start..next.range.end))
            });
            let was_joined = std::mem::take(&mut joined_before);
            if let Some((term, range)) = exact_joined {
                joined_before = true;
                heard.push(Heard {
                    term,
                    sure: 1.0,
                    range,
                });
                continue;
            }
            let exact = (!is_stop_word(&word.lower))
                .then(|| self.terms.get(&word.stem).copied())
                .flatten();
            if let Some(term) = exact {
                heard.push(Heard {
                    term,
                    sure: 1.0,
                    range: word.range.clone(),
                });
            }
            let is_key = exact.is_some_and(|term| self.known[term as usize].is_key);
            if is_key || was_joined {
                continue;
            }
            if !is_stop_word(&word.lower) && !is_weak(&word.stem) {
                let guesses = self.latin.find(&word.lower).into_iter();
                heard.extend(guesses.map(|(term, sure)| Heard {
                    term,
                    sure,
                    range: word.range.clone(),
                }));
            }
            if let Some((both, next)) = &joined
                && both.len() > word.lower.len() + 1
                && !self.is_key_word(next)
            {
                let guesses = self.latin.find_joined(both).into_iter();
                heard.extend(guesses.map(|(term, sure)| Heard {
                    term,
                    sure: sure * JOINED_BY_SOUND,
                    range: word.range.start..next.range.end,
                }));
            }
        }
    }

    fn hear_mandarin(&self, text: &str, heard: &mut Vec<Heard>) {
        // Single characters only where they are words: not the 断 of 判断.
        for (word, range) in self.words(text, &[]) {
            if is_single_han(&word)
                && let Some(&term) = self.terms.get(&word)
            {
                heard.push(Heard {
                    term,
                    sure: 1.0,
                    range,
                });
            }
        }
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        for run in chars.chunk_by(|a, b| is_han(a.1) && is_han(b.1)) {
            let windows = windows(run);
            let first_guess = heard.len();
            for range in &windows {
                if let Some(&term) = self.terms.get(&text[range.clone()]) {
                    let range = range.clone();
                    heard.push(Heard {
                        term,
                        sure: 1.0,
                        range,
                    });
                }
            }
            // What was heard right was not misheard, unless it is part of a longer word: 信部 of 工信部.
            let right: Vec<Range<usize>> = heard[first_guess..]
                .iter()
                .filter(|heard| self.known[heard.term as usize].is_key)
                .map(|heard| heard.range.clone())
                .collect();
            for range in windows {
                let denies = |right: &Range<usize>| {
                    let overlaps = right.start < range.end && range.start < right.end;
                    let explains_more = range.start <= right.start
                        && right.end <= range.end
                        && right.len() < range.len();
                    overlaps && !explains_more
                };
                if !right.iter().any(denies) {
                    let guesses = self.mandarin.find(&text[range.clone()]).into_iter();
                    heard.extend(guesses.map(|(term, sure)| Heard {
                        term,
                        sure,
                        range: range.clone(),
                    }));
                }
            }
        }
    }

    /// The telling words of a folded text with their places. Words of a family are there as that;
    /// two or three single Han characters in a row also as one word, because "两笔" and "工信部" are
    /// in no dictionary.
    fn words(
        &self,
        folded: &str,
        families: &[(&Family, Range<usize>)],
    ) -> Vec<(String, Range<usize>)> {
        let is_apart = |range: &Range<usize>| {
            let mut places = families.iter().map(|(_, place)| place);
            places.all(|place| range.end <= place.start || place.end <= range.start)
        };
        let mut words: Vec<(String, Range<usize>)> = Vec::new();
        let mut singles: Vec<Range<usize>> = Vec::new();
        let mut analyzer = self.analyzer.clone();
        analyzer.token_stream(folded).process(&mut |token| {
            let range = token.offset_from..token.offset_to;
            if token.text.chars().any(char::is_alphanumeric) && is_apart(&range) {
                if is_single_han(&token.text) {
                    singles.push(range.clone());
                }
                words.push((token.text.clone(), range));
            }
        });
        for row in singles.chunk_by(|a, b| a.end == b.start) {
            for length in 2..=LONGEST_ROW {
                for joined in row.windows(length) {
                    let range = joined[0].start..joined[length - 1].end;
                    words.push((folded[range.clone()].to_owned(), range));
                }
            }
        }
        words.extend((families.iter()).map(|(family, place)| (term_of(family), place.clone())));
        words
    }

    fn spoken(&self, text: &str) -> Vec<Spoken> {
        let mut words = Vec::new();
        let mut analyzer = self.latin_words.clone();
        analyzer.token_stream(text).process(&mut |token| {
            let range = token.offset_from..token.offset_to;
            words.push(Spoken {
                lower: text[range.clone()].to_lowercase(),
                stem: token.text.clone(),
                range,
            });
        });
        words
    }

    /// The term of a word that was said in two parts.
    fn key_of_word(&self, word: &str) -> Option<Term> {
        let stem = self.stem(word);
        self.members.get(&stem).copied()
    }

    fn is_key_word(&self, word: &Spoken) -> bool {
        self.members.contains_key(&word.stem)
    }

    fn stem(&self, word: &str) -> String {
        let mut stem = String::new();
        let mut stemmer = self.stemmer.clone();
        (stemmer.token_stream(word)).process(&mut |token| stem.clone_from(&token.text));
        stem
    }

    fn term(&mut self, word: &str) -> Term {
        if let Some(&term) = self.terms.get(word) {
            return term;
        }
        let term = Term::try_from(self.known.len()).expect("no language has so many words");
        self.known.push(Known {
            text: word.to_owned(),
            is_key: false,
            articles: 0,
            weight: 0.0,
            is_telling: false,
        });
        self.terms.insert(word.to_owned(), term);
        term
    }
}

/// How a family stands in the index: as a word that nobody says, and that is its own stem.
pub(crate) fn term_of(family: &Family) -> String {
    format!("{}0", family.name)
}

/// An author's text as it is indexed: in one way of writing, and "Wi-Fi" as one word.
pub(crate) fn folded(text: &str) -> String {
    let folded = Folded::new(text).text;
    let chars: Vec<char> = folded.chars().collect();
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| chars.get(at))
            .is_some_and(|c| c.is_alphabetic() && !is_han(*c))
    };
    let inner = |at: usize| is_letter(at.checked_sub(1)) && is_letter(Some(at + 1));
    let kept = chars
        .iter()
        .enumerate()
        .filter(|&(at, &c)| c != '-' || !inner(at));
    kept.map(|(_, &c)| c).collect()
}

fn is_single_han(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(is_han) && chars.next().is_none()
}

/// All parts of two characters or more that may be a word.
fn windows(run: &[(usize, char)]) -> Vec<Range<usize>> {
    let mut windows = Vec::new();
    for length in 2..=HanWords::LONGEST {
        for window in run.windows(length) {
            let (first, (last, c)) = (window[0].0, window[length - 1]);
            windows.push(first..last + c.len_utf8());
        }
    }
    windows
}
