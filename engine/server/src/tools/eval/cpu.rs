//! What recognition costs.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What all threads of this process have used of the processors so far, user and system.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let never_negative = "the clock starts at 0 with the process";
    Duration::new(
        time.tv_sec.try_into().expect(never_negative),
        time.tv_nsec.try_into().expect(never_negative),
    )
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::thread;

    use super::*;

    #[test]
    fn the_work_of_all_threads_counts() {
        const WORK: Duration = Duration::from_millis(20);
        let before = cpu_time();
        let worker = thread::spawn(move || {
            while cpu_time() - before < WORK {
                black_box(0);
            }
        });
        worker.join().expect("it only counts");
        assert!(cpu_time() - before >= WORK);
    }
}
