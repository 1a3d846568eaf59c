//! Whether what is said word by word raises in the end what the whole raises.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use super::{RuleSet, samples};
use crate::escalation::Watch;
use crate::stable_words::StableWords;

/// One sentence of the tables.
struct Sentence {
    lang: Lang,
    side: Side,
    words: Vec<String>,
}

/// Every sentence of the tables of alerts, and every turn of those of promises.
fn sentences() -> Vec<Sentence> {
    let read = |code: &str, side: Side, text: &str| {
        let tag: LanguageTag = code.parse().expect("a language");
        Sentence {
            lang: tag.lang,
            side,
            words: words(text, tag.lang),
        }
    };
    let mut sentences = Vec::new();
    for table in [
        include_str!("../../../../tests/understanding/alerts.tsv"),
        include_str!("../../../../tests/understanding/open.tsv"),
    ] {
        for row in table.lines().skip(1) {
            let cells: Vec<&str> = row.split('\t').collect();
            let side = match cells[2] {
                "agent" => Side::Agent,
                _ => Side::Customer,
            };
            sentences.push(read(cells[1], side, cells[3]));
        }
    }
    let promises = include_str!("../../../../tests/understanding/promises.tsv");
    for row in promises.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        for turn in cells[3].split(" / ") {
            let (who, text) = turn.split_once(':').expect("somebody says it");
            let side = match who.trim() {
                "a" => Side::Agent,
                _ => Side::Customer,
            };
            sentences.push(read(cells[2], side, text.trim()));
        }
    }
    sentences
}

/// With the space before each where there is one; by character in Mandarin.
fn words(text: &str, lang: Lang) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (at, c) in text.char_indices() {
        let is_mark = !c.is_alphanumeric() && !c.is_whitespace();
        let is_han = |c: char| lang.is_unspaced() && !c.is_ascii() && c.is_alphanumeric();
        let before = text[..at].chars().next_back();
        let begins = c.is_whitespace()
            || before.is_none()
            || (!is_mark && (is_han(c) || before.is_some_and(is_han)))
            || (lang.is_unspaced() && !is_mark && before.is_some_and(|c| !c.is_ascii()));
        match words
            .last_mut()
            .filter(|last| !begins || last.trim().is_empty())
        {
            Some(last) => last.push(c),
            None => words.push(c.to_string()),
        }
    }
    words
}

/// The alerts that stand in the end of what is said in these steps, each an utterance, its words
/// and whether they are its last.
fn raised(
    rules: &Arc<RuleSet>,
    sentence: &Sentence,
    steps: impl IntoIterator<Item = (u64, Vec<String>, bool)>,
) -> BTreeSet<(u64, String)> {
    let mut watch = Watch::new(Arc::clone(rules), &[sentence.lang]);
    let mut raised = BTreeSet::new();
    let mut by_alert: Vec<(u64, (u64, String))> = Vec::new();
    for (utterance, words, finished) in steps {
        let timed = |(i, spaced): (u64, String)| TimedWord {
            word: spaced.trim().to_owned(),
            spaced,
            start: MediaTime::from_millis(utterance * 60_000 + i * 400),
            end: MediaTime::from_millis(utterance * 60_000 + (i + 1) * 400),
            confidence: 0.95,
        };
        let said = StableWords {
            utterance: UtteranceId(utterance),
            side: sentence.side,
            lang: sentence.lang,
            words: (0..).zip(words).map(timed).collect(),
            finished,
        };
        for alert in watch.observe_words(&said) {
            let key = (alert.utterance.0, alert.raised.rule);
            by_alert.push((alert.raised.alert, key.clone()));
            raised.insert(key);
        }
        for withdrawn in watch.withdrawn() {
            let of = by_alert.iter().find(|(alert, _)| *alert == withdrawn.alert);
            raised.remove(&of.expect("it was raised").1);
        }
    }
    raised
}

/// The parts of a sentence with pauses before the words at `pauses`.
fn parts(words: &[String], pauses: &[usize]) -> Vec<Vec<String>> {
    let mut parts = vec![Vec::new()];
    for (at, word) in words.iter().enumerate() {
        if at > 0 && pauses.contains(&at) {
            parts.push(Vec::new());
        }
        parts.last_mut().expect("there is one").push(word.clone());
    }
    parts
}

/// What differs between a sentence word by word, with pauses and with other words heard at first,
/// and the same at once.
fn differs(
    rules: &Arc<RuleSet>,
    sentence: &Sentence,
    pauses: &[usize],
    misheard: &[(usize, &str)],
) -> Option<String> {
    let parts = parts(&sentence.words, pauses);
    let whole = (1..).zip(&parts).map(|(i, part)| (i, part.clone(), true));
    let at_once = raised(rules, sentence, whole);
    let mut steps = Vec::new();
    let mut place = 0;
    for (i, part) in (1..).zip(&parts) {
        let mut heard = part.clone();
        for (at, word) in misheard {
            if let Some(slot) = at.checked_sub(place).and_then(|at| heard.get_mut(at)) {
                *slot = match sentence.lang.is_unspaced() {
                    true => (*word).to_owned(),
                    false => format!(" {word}"),
                };
            }
        }
        steps.extend((1..=heard.len()).map(|count| (i, heard[..count].to_vec(), false)));
        steps.push((i, part.clone(), true));
        place += part.len();
    }
    let grown = raised(rules, sentence, steps);
    let told = || format!("{}: {grown:?}, whole {at_once:?}", sentence.words.concat());
    (grown != at_once).then(told)
}

#[test]
fn every_sentence_raises_the_same_in_steps_and_whole() {
    let rules = samples();
    let misses: Vec<String> = sentences()
        .iter()
        .filter_map(|sentence| differs(&rules, sentence, &[], &[]))
        .collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn every_sentence_raises_the_same_wherever_it_pauses() {
    let rules = samples();
    let cuts = |sentence: &Sentence| -> Vec<String> {
        let cuts = (1..sentence.words.len()).step_by(3);
        cuts.filter_map(|cut| differs(&rules, sentence, &[cut], &[]))
            .collect()
    };
    let misses: Vec<String> = sentences().iter().flat_map(cuts).collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn a_long_utterance_raises_the_same_in_steps_and_whole() {
    let rules = samples();
    for lang in [Lang::EN, Lang::ZH] {
        let all = sentences();
        let of_lang = all
            .iter()
            .filter(|one| one.lang == lang && one.side == Side::Customer);
        let long = Sentence {
            lang,
            side: Side::Customer,
            words: of_lang
                .take(40)
                .flat_map(|one| {
                    let comma = match lang.is_unspaced() {
                        true => "，",
                        false => ",",
                    };
                    let mut words = one.words.clone();
                    if let Some(first) = words.first_mut().filter(|_| !lang.is_unspaced()) {
                        first.insert(0, ' ');
                    }
                    words.last_mut().expect("it has words").push_str(comma);
                    words
                })
                .collect(),
        };
        assert!(long.words.len() > 200);
        assert_eq!(differs(&rules, &long, &[], &[]), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Whatever was heard for a word at first, and wherever the speaker pauses.
    #[test]
    fn every_sentence_raises_the_same_after_it_was_heard_otherwise(
        misheard in prop::collection::vec((0..24_usize, 0..8_usize), 0..3),
        pauses in prop::collection::vec(1..30_usize, 0..3),
    ) {
        let rules = samples();
        let other = |lang: Lang, word: usize| match lang.is_unspaced() {
            true => ["不", "我", "告", "就", "他", "退", "要", "诉"][word],
            false => ["not", "lawyer", "I", "cancel", "he", "court", "but", "contract"][word],
        };
        for sentence in sentences() {
            let misheard: Vec<(usize, &str)> = misheard
                .iter()
                .map(|(at, word)| (*at, other(sentence.lang, *word)))
                .collect();
            let differs = differs(&rules, &sentence, &pauses, &misheard);
            prop_assert!(differs.is_none(), "{}", differs.unwrap_or_default());
        }
    }
}
