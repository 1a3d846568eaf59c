//! What does it cost to read the figures and times of an utterance, and to sum up a call?
//!
//! `time` is for all utterances of a language out of the tables of `tests/understanding`, and for all
//! its short calls. Before it stand the middle, the 99th percentile and the highest of what a single
//! utterance costs, each the least of [`RUNS`](sidetone_benches::timing::RUNS) runs; a call is divided by its utterances.
//!
//! `promises` is for what a line costs while its call goes on: all short calls of a language are one call, hours long.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sidetone_benches::tables::{calls, utterances};
use sidetone_benches::timing::{RUNS, least, micros, tell};
use sidetone_core::wrap_up::{Facts, Line, PromiseList, summarise};
use sidetone_language::dates::times;
use sidetone_language::itn::numbers;
use sidetone_language::lexicon::Lexicon;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::time::MediaTime;

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
        let (facts, said) = end_to_end(&calls);
        let told = || drop(black_box(follow(&facts, &said)));
        let runs: Vec<Vec<f64>> = (0..RUNS).map(|_| follow(&facts, &said)).collect();
        let least = |at| runs.iter().map(|run| run[at]).fold(f64::INFINITY, f64::min);
        ask("promises", (0..said.len()).map(least).collect(), &told);
    }
    group.finish();
}

/// One call of all of them.
fn end_to_end(calls: &[(Facts, Vec<Line>)]) -> (Facts, Vec<(UtteranceId, Line)>) {
    let mut begins = Duration::ZERO;
    let mut said = Vec::new();
    for (_, lines) in calls {
        let long = lines
            .last()
            .map_or(Duration::ZERO, |line| line.end.since(MediaTime::ZERO));
        let moved = lines.iter().map(|line| Line {
            start: line.start + begins,
            end: line.end + begins,
            ..line.clone()
        });
        said.extend(moved);
        begins += long;
    }
    (
        calls[0].0.clone(),
        (1..).map(UtteranceId).zip(said).collect(),
    )
}

/// What each line costs until the promises of the call are told, in µs.
fn follow(facts: &Facts, said: &[(UtteranceId, Line)]) -> Vec<f64> {
    let mut list = PromiseList::default();
    let looks = said.iter().enumerate().map(|(at, (_, line))| {
        let began = Instant::now();
        drop(black_box(list.observe(facts, &said[..=at], line.start)));
        micros(began)
    });
    looks.collect()
}

criterion_group!(benches, bench);
criterion_main!(benches);
