//! What does it cost to keep secrets out of what is told?
//!
//! `final` is one look at each whole utterance of a language out of the tables of
//! `tests/understanding`, `partials` a look at each of its beginnings, word by word. Before them stand
//! the middle, the 99th percentile and the highest of what a single look costs, each the least of
//! [`RUNS`](sidetone_benches::timing::RUNS) runs. `hours` says so many utterances to one call, and tells what the last ones cost.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sidetone_benches::tables::utterances;
use sidetone_benches::timing::{least, micros, tell};
use sidetone_core::redaction::{RedactionConfig, Redactor};
use sidetone_language::lexicon::Lexicon;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::time::MediaTime;

/// Utterances of a call of ten hours.
const HOURS: u64 = 10_000;

fn bench(c: &mut Criterion) {
    let lexicon = Lexicon::built_in();
    let mut group = c.benchmark_group("redaction");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    for lang in [Lang::EN, Lang::ZH] {
        let said: Vec<Vec<TimedWord>> = utterances(lang)
            .iter()
            .map(|text| words(text, lang))
            .collect();
        let new = || Redactor::new(RedactionConfig::mask_all(), Arc::clone(&lexicon));
        let whole = |words: &Vec<TimedWord>| {
            black_box(finish(&mut new(), 1, lang, words));
        };
        let costs = said.iter().map(|words| least(|| whole(words)));
        tell(&format!("final/{lang}"), costs.collect());
        group.bench_function(BenchmarkId::new("final", lang), |b| {
            b.iter(|| said.iter().for_each(whole));
        });
        let looks = said
            .iter()
            .flat_map(|words| (1..=words.len()).map(move |n| &words[..n]));
        let looks: Vec<&[TimedWord]> = looks.collect();
        let costs = looks
            .iter()
            .map(|words| least(|| drop(black_box(new().interim(0, lang, words, 0)))));
        tell(&format!("partials/{lang}"), costs.collect());
        let mut call = new();
        let mut last = Vec::new();
        for (n, words) in (0..HOURS).zip(said.iter().cycle()) {
            let began = Instant::now();
            black_box(finish(&mut call, n, lang, words));
            if n + 1_000 >= HOURS {
                last.push(micros(began));
            }
        }
        tell(&format!("hours/{lang}"), last);
    }
    group.finish();
}

fn finish(call: &mut Redactor, id: u64, lang: Lang, words: &[TimedWord]) -> usize {
    let end = words.last().map_or(MediaTime::ZERO, |word| word.end);
    let leg = (id % 2) as usize;
    let told = call.finish((leg, UtteranceId(id)), lang, words, (MediaTime::ZERO, end));
    told.words.len()
}

/// Words of 300 ms each; by character in Mandarin.
fn words(text: &str, lang: Lang) -> Vec<TimedWord> {
    let parts: Vec<String> = match lang.is_unspaced() {
        true => text.chars().map(String::from).collect(),
        false => text
            .split_whitespace()
            .map(|word| format!(" {word}"))
            .collect(),
    };
    let word = |(i, spaced): (u64, String)| TimedWord {
        word: spaced.trim().to_owned(),
        spaced,
        start: MediaTime::from_millis(300 * i),
        end: MediaTime::from_millis(300 * (i + 1)),
        confidence: 1.0,
    };
    (0..).zip(parts).map(word).collect()
}

criterion_group!(benches, bench);
criterion_main!(benches);
