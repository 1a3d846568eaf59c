//! Which articles are shown while a customer speaks, word by word: `tests/understanding/cards.tsv`.

use std::collections::BTreeSet;
use std::sync::Arc;

use sidetone_core::cards::{CardConfig, Cards, Fit, Query};
use sidetone_core::stable_words::StableWords;
use sidetone_kb::{Audience, Hit, Index, samples};
use sidetone_language::lexicon::Lexicon;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

const TABLE: &str = include_str!("../../tests/understanding/cards.tsv");

/// So many articles are looked at, as a server does.
const FITS: usize = 4;

#[test]
fn each_sentence_shows_what_it_asks_for_and_nothing_else() {
    let index = Index::build(samples()).expect("they are good");
    let faults = faults(&index, TABLE);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The rows of a table that come out otherwise.
pub fn faults(index: &Index, table: &str) -> Vec<String> {
    let lexicon = Lexicon::built_in();
    let fault = |row: &str| {
        let columns: Vec<&str> = row.split('\t').collect();
        let [id, code, text, expected, banned, ..] = columns[..] else {
            panic!("too few columns: {row}");
        };
        let lang = if code == "zh" { Lang::ZH } else { Lang::EN };
        let shown = shown(index, &lexicon, lang, text);
        let has = |name: &str| shown.contains(name.trim());
        let is_right = match expected {
            "none" => shown.is_empty(),
            "-" => !banned.split(';').any(has),
            _ => has(expected) && !banned.split(';').any(has),
        };
        (!is_right).then(|| format!("{id} ({code}) {text}: {shown:?}, not {expected}"))
    };
    table.lines().skip(1).filter_map(fault).collect()
}

/// What is shown until the sentence is over.
fn shown(index: &Index, lexicon: &Arc<Lexicon>, lang: Lang, text: &str) -> BTreeSet<String> {
    let words = words(text, lang);
    let mut cards = Cards::new(CardConfig::default(), Arc::clone(lexicon));
    let mut shown = BTreeSet::new();
    let growing = (1..=words.len()).map(|count| (count, false));
    for (count, finished) in growing.chain([(words.len(), true)]) {
        let said = StableWords {
            utterance: UtteranceId(1),
            side: Side::Customer,
            lang,
            words: words[..count].to_vec(),
            finished,
        };
        if let Some(query) = cards.observe_words(&said) {
            let found = cards.found(query.id, fits(index, &query));
            shown.extend(found.into_iter().map(|card| card.suggestion.article_id));
        }
    }
    shown
}

/// Each character of Mandarin, each word of English.
fn words(text: &str, lang: Lang) -> Vec<TimedWord> {
    let pieces: Vec<&str> = match lang.is_unspaced() {
        true => text.split_inclusive(|_: char| true).collect(),
        false => text.split_inclusive(' ').collect(),
    };
    let timed = |(place, spaced): (u64, &str)| TimedWord {
        word: spaced.trim().to_owned(),
        spaced: spaced.to_owned(),
        start: MediaTime::from_millis(place * 400),
        end: MediaTime::from_millis(place * 400 + 400),
        confidence: 0.95,
    };
    (0..).zip(pieces).map(timed).collect()
}

fn fits(index: &Index, query: &Query) -> Vec<Fit> {
    let fit = |hit: Hit| {
        let article = index.article(&hit.id)?;
        (article.audience == Audience::Agent).then(|| Fit {
            article_id: hit.id.to_string(),
            title: hit.title,
            snippet: hit.snippet,
            say: article.say.clone(),
            triggers: article.triggers.clone(),
            not: article.not.clone(),
            score: hit.score,
            matched: hit.words.into_iter().map(|word| word.range).collect(),
        })
    };
    let hits = index.suggest(&query.text, query.lang, FITS);
    hits.into_iter().filter_map(fit).collect()
}
