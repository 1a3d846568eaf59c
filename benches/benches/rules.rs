//! What does it cost to hear an utterance with all rules?
//!
//! `time` is for one `hear`, in the middle of a call. `sample` has the rules that come with the
//! program, `200` as many as a large call centre may write, of ten phrases each. An utterance of
//! some 15 words comes as it does in a call: `quiet` says nothing that the samples look for,
//! `alert` does.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use sidetone_benches::rules::{said, sample_rules, two_hundred_rules};
use sidetone_core::escalation::Watch;
use sidetone_types::lang::Lang;

const UTTERANCES: [(&str, Lang, &str); 4] = [
    (
        "en/quiet",
        Lang::EN,
        "My internet connection keeps dropping every evening and then the router light turns red again",
    ),
    (
        "en/alert",
        Lang::EN,
        "If it is not fixed by Friday I will cancel my contract and call my lawyer",
    ),
    (
        "zh/quiet",
        Lang::ZH,
        "我家的宽带最近总是断断续续，路由器亮红灯",
    ),
    (
        "zh/alert",
        Lang::ZH,
        "如果星期五之前不处理，我就要投诉到公信部",
    ),
];

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("rules");
    group
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    for (rules_name, rules) in [("sample", sample_rules()), ("200", two_hundred_rules())] {
        let rules = Arc::new(rules);
        for (name, lang, text) in UTTERANCES {
            let said = said(lang, text);
            group.bench_function(BenchmarkId::new(name, rules_name), |b| {
                b.iter_batched_ref(
                    || Watch::new(Arc::clone(&rules), &[Lang::EN, Lang::ZH]),
                    |watch| watch.observe_words(black_box(&said)),
                    BatchSize::SmallInput,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
