//! How many products per second does each kernel for 8-bit matrices give, for how many rows?
//!
//! An "element" of `thrpt` is one product of two values, added up. Layers of whisper-base have 512
//! and 2048 inputs and outputs, its vocabulary 51,865 outputs; an utterance has hundreds of rows in
//! the encoder, one for each competing text in the decoder.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sidetone_models::int8::{Kernel, Rows, Weights};

/// Rows, inputs and outputs. The slowest kernel leaves out what would take it minutes.
const SHAPES: [(usize, usize, usize); 11] = [
    (1, 512, 512),
    (1, 512, 2_048),
    (1, 512, 51_865),
    (5, 512, 2_048),
    (5, 512, 51_865),
    (16, 512, 2_048),
    (32, 512, 51_865),
    (64, 2_048, 512),
    (256, 512, 512),
    (256, 512, 2_048),
    (512, 2_048, 512),
];

/// Products beyond which the portable kernel is left out.
const PATIENCE: usize = 100_000_000;

fn values(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0)
        .collect()
}

fn bench(c: &mut Criterion) {
    for kernel in Kernel::available() {
        let mut group = c.benchmark_group(format!("int8/{}", kernel.name()));
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1));
        for (count, inputs, outputs) in SHAPES {
            let products = count * inputs * outputs;
            if kernel.is_portable() && products > PATIENCE {
                continue;
            }
            let weights = Weights::new(&values(inputs * outputs), inputs);
            let given = values(count * inputs);
            let mut rows = Rows::default();
            let mut out = vec![0.0; count * outputs];
            group.throughput(Throughput::Elements(products as u64));
            let shape = format!("{count}x{inputs}x{outputs}");
            group.bench_function(BenchmarkId::from_parameter(shape), |b| {
                b.iter(|| {
                    rows.take(black_box(&given), inputs);
                    kernel.multiply(&rows, &weights, &[], None, &mut out);
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
