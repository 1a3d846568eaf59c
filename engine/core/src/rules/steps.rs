//! Whether what is said word by word raises in the end what the whole raises.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

use super::{RuleSet, samples};
use crate::escalation::Watch;
use crate::script::{self, growing, table};
use crate::stable_words::StableWords;

/// How long a speaker pauses between two utterances.
const PAUSE: Duration = Duration::from_secs(60);

const ALERTS: [&str; 2] = [
    include_str!("../../../../tests/understanding/alerts.tsv"),
    include_str!("../../../../tests/understanding/open.tsv"),
];
const PROMISES: &str = include_str!("../../../../tests/understanding/promises.tsv");

/// Every sentence of the tables of alerts, and every turn of those of promises.
fn sentences() -> Vec<StableWords> {
    let lang = |code: &str| {
        let tag: LanguageTag = code.parse().expect("a language");
        tag.lang
    };
    let said = |side, lang, text: &str| script::said(1, side, lang, MediaTime::ZERO, text);
    let mut sentences = Vec::new();
    for text in ALERTS {
        for (_, [code, role, sentence]) in table(text, ["lang", "role", "sentence"]).expect("rows")
        {
            let side = match role {
                "agent" => Side::Agent,
                _ => Side::Customer,
            };
            sentences.push(said(side, lang(code), sentence));
        }
    }
    for (_, [code, turns]) in table(PROMISES, ["lang", "turns"]).expect("rows") {
        let lines = script::call(turns.split(" / "), lang(code)).expect("turns");
        let turns = lines
            .iter()
            .map(|line| said(line.side, line.lang, &line.text));
        sentences.extend(turns);
    }
    sentences
}

/// The alerts that stand in the end of what is said in these steps, by utterance and rule.
fn raised(
    rules: &Arc<RuleSet>,
    lang: Lang,
    steps: impl IntoIterator<Item = StableWords>,
) -> BTreeSet<(u64, String)> {
    let mut watch = Watch::new(Arc::clone(rules), &[lang]);
    let mut standing = BTreeMap::new();
    for said in steps {
        for alert in watch.observe_words(&said) {
            standing.insert(alert.raised.alert, (alert.utterance.0, alert.raised.rule));
        }
        for withdrawn in watch.withdrawn() {
            let was = standing.remove(&withdrawn.alert);
            assert!(was.is_some(), "it was raised");
        }
    }
    standing.into_values().collect()
}

/// The parts of a sentence with a long pause before the words at `pauses`, each an utterance.
fn parts(sentence: &StableWords, pauses: &[usize]) -> Vec<StableWords> {
    let last = sentence.words.len();
    let inner = pauses.iter().copied().filter(|at| (1..last).contains(at));
    let bounds: BTreeSet<usize> = inner.chain([0, last]).collect();
    let bounds: Vec<usize> = bounds.into_iter().collect();
    let part = |(i, bounds): (u32, &[usize])| {
        let mut words = sentence.words[bounds[0]..bounds[1]].to_vec();
        for word in &mut words {
            word.start = word.start + PAUSE * i;
            word.end = word.end + PAUSE * i;
        }
        StableWords {
            utterance: UtteranceId(i.into()),
            words,
            ..sentence.clone()
        }
    };
    (1..).zip(bounds.windows(2)).map(part).collect()
}

/// What differs between a sentence word by word, with pauses and with other words heard at first,
/// and the same at once.
fn differs(
    rules: &Arc<RuleSet>,
    sentence: &StableWords,
    pauses: &[usize],
    misheard: &[(usize, &str)],
) -> Option<String> {
    let parts = parts(sentence, pauses);
    let mut steps = Vec::new();
    let mut place = 0;
    for part in &parts {
        let mut heard = part.clone();
        for (at, word) in misheard {
            let slot = at.checked_sub(place).and_then(|at| heard.words.get_mut(at));
            if let Some(slot) = slot {
                slot.word = (*word).to_owned();
                slot.spaced = match sentence.lang.is_unspaced() {
                    true => (*word).to_owned(),
                    false => format!(" {word}"),
                };
            }
        }
        steps.extend(growing(&heard).filter(|step| !step.finished));
        steps.push(part.clone());
        place += part.words.len();
    }
    let grown = raised(rules, sentence.lang, steps);
    let at_once = raised(rules, sentence.lang, parts);
    let told = || format!("{}: {grown:?}, whole {at_once:?}", sentence.text());
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
    let cuts = |sentence: &StableWords| -> Vec<String> {
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
        let comma = match lang.is_unspaced() {
            true => "，",
            false => ", ",
        };
        let texts: Vec<String> = of_lang.take(40).map(StableWords::text).collect();
        let long = script::said(1, Side::Customer, lang, MediaTime::ZERO, &texts.join(comma));
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
