//! What does it cost to read the figures and times of an utterance, and to sum up a call?
//!
//! `time` is for all utterances of a language out of the tables of `tests/understanding`, and for all
//! its short calls. Before it stand the middle, the 99th percentile and the highest of what a single
//! utterance costs, each the least of [`RUNS`](sidetone_benches::timing::RUNS) runs; a call is divided by its utterances.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sidetone_benches::tables::{calls, utterances};
use sidetone_benches::timing::{least, tell};
use sidetone_core::wrap_up::{Facts, Line, summarise};
use sidetone_language::dates::times;
use sidetone_language::itn::numbers;
use sidetone_language::lexicon::Lexicon;
use sidetone_types::lang::Lang;

fn bench(c: &mut Criterion) {
    let lexicon = Lexicon::built_in();
    let began = "2026-09-23T10:30".parse().expect("a date and time");
    let mut group = c.benchmark_group("understanding");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    for lang in [Lang::EN, Lang::ZH] {
        let (said, calls) = (utterances(lang), calls(lang));
        let mut ask = |name: &str, costs: Vec<f64>, all: &dyn Fn()| {
            tell(&format!("understanding/{name}/{lang}"), costs);
            group.bench_function(BenchmarkId::new(name, lang), |b| b.iter(all));
        };
        let figures = |text: &String| drop(black_box(numbers(text, lang, &lexicon)));
        let costs = said.iter().map(|text| least(|| figures(text)));
        ask("figures", costs.collect(), &|| {
            said.iter().for_each(figures)
        });
        let read = |text: &String| drop(black_box(times(&lexicon.tokenise(text), began, &lexicon)));
        let costs = said.iter().map(|text| least(|| read(text)));
        ask("times", costs.collect(), &|| said.iter().for_each(read));
        let sum_up = |(facts, lines): &(Facts, Vec<Line>)| {
            drop(black_box(summarise(facts, lines, &[], &[])))
        };
        let costs = calls
            .iter()
            .map(|call| least(|| sum_up(call)) / call.1.len() as f64);
        ask("summary", costs.collect(), &|| {
            calls.iter().for_each(sum_up)
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
