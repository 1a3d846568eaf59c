//! What the system knows of this process, by the names that Prometheus' own clients use.
//!
//! Read from `/proc` when it is asked for; elsewhere than on Linux there is none of it.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// Ticks of a second in which the kernel tells times to programs, whatever it counts in itself
/// (proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads it on each scrape.
#[derive(Debug)]
pub struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(usage) = Usage::read() else {
            return Ok(());
        };
        let seconds = Some(&Unit::Seconds);
        let cpu = "Time that the process had a core, in user and in system mode.";
        ConstCounter::new(usage.cpu_seconds).encode(encoder.encode_descriptor(
            "process_cpu",
            cpu,
            seconds,
            MetricType::Counter,
        )?)?;
        let bytes = Some(&Unit::Bytes);
        let memory = "Memory of the process that is not swapped out.";
        let start = "When the process started, since 1970.";
        for (name, help, unit, value) in [
            (
                "process_resident_memory",
                memory,
                bytes,
                usage.resident_bytes,
            ),
            ("process_start_time", start, seconds, usage.start_seconds),
            (
                "process_open_fds",
                "Files and sockets that are open.",
                None,
                usage.open_fds,
            ),
            (
                "process_max_fds",
                "Files and sockets that may be open.",
                None,
                usage.max_fds,
            ),
        ] {
            let gauge = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            ConstGauge::new(value).encode(gauge)?;
        }
        Ok(())
    }
}

struct Usage {
    cpu_seconds: f64,
    start_seconds: f64,
    resident_bytes: f64,
    open_fds: f64,
    max_fds: f64,
}

impl Usage {
    fn read() -> Option<Self> {
        let text = |path: &str| fs::read_to_string(path).ok();
        let stat = text("/proc/self/stat")?;
        // The program's name, in brackets, may hold anything.
        let (_, stat) = stat.rsplit_once(')')?;
        let ticks = |field: usize| {
            // proc(5) counts from 1, and two fields are cut off.
            let text = stat.split_ascii_whitespace().nth(field - 3)?;
            Some(text.parse::<f64>().ok()? / TICKS_PER_SECOND)
        };
        let booted = number(&text("/proc/stat")?, "btime")?;
        Some(Self {
            cpu_seconds: ticks(14)? + ticks(15)?,
            start_seconds: booted + ticks(22)?,
            resident_bytes: number(&text("/proc/self/status")?, "VmRSS:")? * 1_024.0,
            open_fds: fs::read_dir("/proc/self/fd").ok()?.count() as f64,
            max_fds: number(&text("/proc/self/limits")?, "Max open files")?,
        })
    }
}

/// The first number in the line that begins with `name`.
fn number(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_the_system_tells_of_this_process_makes_sense() {
        let usage = Usage::read().expect("this is Linux");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.expect("after 1970").as_secs_f64();
        assert!(usage.cpu_seconds >= 0.0);
        assert!(usage.start_seconds > now - 1e6 && usage.start_seconds < now + 2.0);
        assert!(usage.resident_bytes > 1e5 && usage.resident_bytes < 1e12);
        assert!(usage.open_fds >= 3.0 && usage.open_fds <= usage.max_fds);
    }
}
