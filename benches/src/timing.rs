//! What looks cost, one by one.

use std::time::Instant;

/// Of so many runs the least counts.
pub const RUNS: usize = 20;

/// The least time of [`RUNS`] runs, in µs.
pub fn least(run: impl Fn()) -> f64 {
    let runs = (0..RUNS).map(|_| {
        let began = Instant::now();
        run();
        micros(began)
    });
    runs.fold(f64::INFINITY, f64::min)
}

/// µs since then.
pub fn micros(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e6
}

/// Prints how many `costs` there are, the one in the middle, the 99th percentile and the highest, in µs.
pub fn tell(name: &str, mut costs: Vec<f64>) {
    costs.sort_by(f64::total_cmp);
    let at = |share: f64| costs[((costs.len() - 1) as f64 * share) as usize];
    println!(
        "{name}: {} of them, p50 {:.1} µs, p99 {:.1} µs, highest {:.1} µs",
        costs.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
