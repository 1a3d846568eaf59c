//! What this process has used of the machine so far.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What all threads have used of the processors, user and system.
pub fn cpu_time() -> Duration {
    clock(ClockId::ProcessCPUTime)
}

/// What the calling thread has used of the processors.
pub fn thread_cpu_time() -> Duration {
    clock(ClockId::ThreadCPUTime)
}

fn clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    let never_negative = "these clocks start at 0";
    Duration::new(
        time.tv_sec.try_into().expect(never_negative),
        time.tv_nsec.try_into().expect(never_negative),
    )
}

/// Memory that is in use, in bytes: the resident set. `None` where there is no `/proc`.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    resident_in(&status)
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::thread;

    use super::*;

    #[test]
    fn the_work_of_all_threads_counts() {
        const WORK: Duration = Duration::from_millis(20);
        let (before, own) = (cpu_time(), thread_cpu_time());
        let worker = thread::spawn(move || {
            while cpu_time() - before < WORK {
                black_box(0);
            }
        });
        worker.join().expect("it only counts");
        assert!(cpu_time() - before >= WORK);
        assert!(thread_cpu_time() >= own);
    }

    #[test]
    fn resident_memory_is_found_among_other_lines() {
        let status = "Name:\tsidetone\nVmHWM:\t  9000 kB\nVmRSS:\t  2048 kB\nThreads:\t4\n";
        assert_eq!(resident_in(status), Some(2 * 1024 * 1024));
        assert_eq!(resident_in("VmRSS:\tmuch\n"), None);
        assert_eq!(resident_in(""), None);
    }
}
