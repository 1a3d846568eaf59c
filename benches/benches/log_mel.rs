//! How many seconds of audio per second does the recogniser's front end take?
//!
//! An "element" of `thrpt` is one second of audio.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sidetone_benches::voice::speech;
use sidetone_models::mel::MelFrontEnd;

fn bench(c: &mut Criterion) {
    let front_end = MelFrontEnd::new(80);
    let mut group = c.benchmark_group("log_mel");
    group
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    for seconds in [2, 5, 10, 30] {
        let pcm = speech(seconds, 16_000);
        group.throughput(Throughput::Elements(seconds as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{seconds}_s")), |b| {
            b.iter(|| front_end.log_mel(black_box(&pcm)));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
