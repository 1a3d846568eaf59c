//! How long does it take to find the articles that fit an utterance?
//!
//! `time` is for one utterance, from its words to the cards with their snippets; the utterances are
//! those of the relevance table, small talk included. `samples` asks the articles that come with
//! the program, both languages; `2000` asks as many in the language spoken, made from them. The
//! budget is 1 ms, because a card should come while the caller still speaks.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use sidetone_kb::relevance::{Row, SAMPLE_TABLE, parse_table};
use sidetone_kb::{Article, Index, samples};
use sidetone_types::lang::Lang;

/// Cards wanted for an utterance.
const CARDS: usize = 3;
/// A large call centre's articles in one language.
const MANY: usize = 2_000;

/// The samples again and again, each copy with words of its own beside the shared ones.
fn many(lang: Lang) -> Vec<Article> {
    let of_lang: Vec<Article> = samples()
        .into_iter()
        .filter(|article| article.lang == lang)
        .collect();
    let copies = of_lang.iter().cycle().take(MANY).enumerate();
    copies
        .map(|(n, article)| {
            let mut article = article.clone();
            article.id = format!("{}-{n}", article.id)
                .try_into()
                .expect("it is still an id");
            article
                .triggers
                .push(format!("product {n} of series {}", n % 97));
            article
        })
        .collect()
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("knowledge");
    group
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    let rows = parse_table(SAMPLE_TABLE).expect("a test reads it");
    let few = Index::build(samples()).expect("a test builds it");
    for (lang, name) in [(Lang::EN, "en"), (Lang::ZH, "zh")] {
        let said: Vec<&Row> = rows.iter().filter(|row| row.lang == lang).collect();
        let large = Index::build(many(lang)).expect("ids differ");
        for (index, size) in [(&few, "samples"), (&large, "2000")] {
            let mut next = said.iter().cycle();
            group.bench_function(format!("{name}/{size}"), |b| {
                b.iter(|| {
                    let row = next.next().expect("they go round");
                    index.suggest(&row.said, lang, CARDS)
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
