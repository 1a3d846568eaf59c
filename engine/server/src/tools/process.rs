//! What this process has used of the machine so far. `None` where there is no `/proc`.

use std::time::Duration;

/// What all threads have used of the processors, user and system, in steps of 10 ms.
pub fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    cpu_time_in(&stat)
}

/// What the calling thread has used of the processors.
pub fn thread_cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// Memory that is in use, in bytes: the resident set.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    resident_in(&status)
}

fn cpu_time_in(stat: &str) -> Option<Duration> {
    /// Linux tells times to programs in this unit, whatever its own (`USER_HZ`).
    const TICK: Duration = Duration::from_millis(10);
    // The second field is the program's name in parentheses, which may hold anything; utime and stime
    // are fields 14 and 15 (proc_pid_stat(5)).
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_whitespace().skip(11);
    let mut next = || times.next()?.parse::<u32>().ok();
    let ticks = next()? + next()?;
    Some(TICK * ticks)
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
    use super::*;

    #[test]
    fn processor_time_is_read_past_any_program_name() {
        let stat = "4242 (side) tone) S 1 2 3 4 5 6 7 8 9 10 150 25 99 99 20 0";
        assert_eq!(cpu_time_in(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_time_in("4242 (sidetone) S 1 2"), None);
        assert_eq!(cpu_time_in(""), None);
    }

    #[test]
    fn resident_memory_is_found_among_other_lines() {
        let status = "Name:\tsidetone\nVmHWM:\t  9000 kB\nVmRSS:\t  2048 kB\nThreads:\t4\n";
        assert_eq!(resident_in(status), Some(2 * 1024 * 1024));
        assert_eq!(resident_in("VmRSS:\tmuch\n"), None);
        assert_eq!(resident_in(""), None);
    }
}
