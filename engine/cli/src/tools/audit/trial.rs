//! `sidetone audit trial`: whether tampering is found, and how long an entry takes to the disk. On logs of its own.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use sidetone_audit::tamper::{Dice, Tamper};
use sidetone_audit::{
    AuditError, AuditLog, AuditOptions, Entry, Outcome as Ended, PublicKey, verify,
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::Outcome;
use crate::tools::percentile;

/// Tamper with a log and see whether it is found, or write one at a rate and measure how long the disk takes. On logs of
/// its own, which are removed.
#[derive(Args, Debug)]
pub struct TrialArgs {
    /// Tamper so many times, each with a fresh copy. Ends with 1 if one is not found.
    #[arg(long, value_name = "N", required_unless_present = "rate")]
    tampers: Option<u32>,
    /// The same number tampers with the same places.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write so many entries a second.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,
    /// With --rate: for so long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Where to make the log: on the disk that is to be measured. Without it, in the system's folder for temporary files.
    #[arg(long, value_name = "DIR")]
    within: Option<PathBuf>,
}

/// Entries of the log that is tampered with.
const ENTRIES: usize = 300;

/// Runs the command.
pub fn run(args: &TrialArgs) -> anyhow::Result<Outcome> {
    let mut out = io::stdout();
    let mut outcome = Outcome::Done;
    if let Some(count) = args.tampers
        && !tampers(&mut out, count, args.seed, args.within.as_deref())?
    {
        outcome = Outcome::Failed;
    }
    if let Some(rate) = args.rate {
        let runtime = tokio::runtime::Runtime::new()?;
        let root = folder(args.within.as_deref())?;
        let measured = runtime.block_on(write_at(rate, args.seconds, root.path()))?;
        measured.tell(&mut out)?;
        if measured.refused > 0 {
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

fn folder(within: Option<&Path>) -> anyhow::Result<TempDir> {
    let made = match within {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    made.context("no folder for the log can be made")
}

/// Whether all were found.
fn tampers(
    out: &mut impl Write,
    count: u32,
    seed: u64,
    within: Option<&Path>,
) -> anyhow::Result<bool> {
    let root = folder(within)?;
    let (dir, copy) = (root.path().join("audit"), root.path().join("copy"));
    let key = write_log(&dir, &root.path().join("audit.key"))?;
    let files = read_all(&dir)?;
    let segments = files.len() - 2;
    ensure!(
        verify(&dir, &key)?.is_whole(),
        "the log is damaged before anybody has touched it"
    );
    let mut dice = Dice::new(seed);
    let mut kinds = Tamper::ALL.map(|tamper| (tamper, 0_u32, 0_u32));
    for n in 0..count {
        fs::create_dir(&copy)?;
        for (name, bytes) in &files {
            fs::write(copy.join(name), bytes)?;
        }
        let (tamper, tried, found) = &mut kinds[dice.below(Tamper::ALL.len())];
        tamper.commit(&copy, &mut dice)?;
        *tried += 1;
        match verify(&copy, &key)?.is_whole() {
            false => *found += 1,
            true => writeln!(out, "NOT FOUND: {tamper}, number {n} of seed {seed}")?,
        }
        fs::remove_dir_all(&copy)?;
    }
    writeln!(out, "{ENTRIES} entries in {segments} segments, seed {seed}")?;
    for (tamper, tried, found) in kinds {
        writeln!(out, "{tamper:<28} {found:>6} of {tried:>6} found")?;
    }
    let found: u32 = kinds.iter().map(|(_, _, found)| found).sum();
    writeln!(out, "{:<28} {found:>6} of {count:>6} found", "all")?;
    Ok(found == count)
}

/// A log of several segments with checkpoints in between, closed.
fn write_log(dir: &Path, key: &Path) -> anyhow::Result<PublicKey> {
    let options = AuditOptions {
        segment_bytes: 24 * 1024,
        checkpoint_every: 25,
        ..AuditOptions::default()
    };
    let log = AuditLog::open(dir, key, options)?;
    let mut rest = ENTRIES;
    while rest > 0 {
        // A batch is never cut in two by a new segment.
        let batch = rest.min(10);
        let receipts: Vec<_> = (0..batch).map(|n| log.write(entry(rest - n))).collect();
        for receipt in receipts {
            receipt.wait()?;
        }
        rest -= batch;
    }
    log.close()?;
    Ok(log.public_key())
}

fn read_all(dir: &Path) -> anyhow::Result<Vec<(std::ffi::OsString, Vec<u8>)>> {
    let files = fs::read_dir(dir)?.map(|file| {
        let file = file?;
        Ok((file.file_name(), fs::read(file.path())?))
    });
    files.collect()
}

fn entry(n: usize) -> Entry {
    Entry {
        who: format!("agent-{}", n % 40),
        roles: vec!["agent".to_owned()],
        by: "token 7f3a".to_owned(),
        from: "192.0.2.17:49152".to_owned(),
        door: "grpc".to_owned(),
        action: "read_call".to_owned(),
        what: format!("call-{n:08}"),
        outcome: if n.is_multiple_of(10) {
            Ended::Refused
        } else {
            Ended::Done
        },
        policy: "own_calls".to_owned(),
        detail: String::new(),
    }
}

/// What writing at a rate took.
struct Measured {
    rate: u32,
    took: Duration,
    /// From `write` to the receipt, of each that was written.
    latencies: Vec<Duration>,
    /// Entries that were not.
    refused: u64,
    /// Of one of them.
    error: Option<AuditError>,
    /// How late the latest entry was handed over.
    late: Duration,
    bytes: u64,
}

/// Hands entries over when they are due, however long others take: a slow disk makes no entry come later.
async fn write_at(rate: u32, seconds: u32, root: &Path) -> anyhow::Result<Measured> {
    let dir = root.join("audit");
    let log = AuditLog::open(&dir, &root.join("audit.key"), AuditOptions::default())?;
    let began = Instant::now();
    let mut late = Duration::ZERO;
    let mut waiting = JoinSet::new();
    for n in 0..u64::from(rate) * u64::from(seconds) {
        let due = began + Duration::from_secs_f64(n as f64 / f64::from(rate));
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        late = late.max(due.elapsed());
        let at = Instant::now();
        let receipt = log.write(entry(n as usize));
        waiting.spawn(async move { receipt.await.map(|_| at.elapsed()) });
    }
    let (mut latencies, mut refused, mut error) = (Vec::new(), 0, None);
    for answer in waiting.join_all().await {
        match answer {
            Ok(took) => latencies.push(took),
            Err(why) => {
                refused += 1;
                error = Some(why);
            }
        }
    }
    let took = began.elapsed();
    let log = tokio::task::spawn_blocking(move || log.close().map(|()| log.public_key()));
    let report = verify(&dir, &log.await??)?;
    ensure!(report.is_whole(), "the log is damaged");
    let written = report.lines - report.checkpoints;
    ensure!(
        written >= latencies.len() as u64,
        "{} entries have receipts, and {written} are in the log",
        latencies.len()
    );
    let bytes = read_all(&dir)?
        .iter()
        .map(|(_, bytes)| bytes.len() as u64)
        .sum();
    Ok(Measured {
        rate,
        took,
        latencies,
        refused,
        error,
        late,
        bytes,
    })
}

impl Measured {
    fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let ms = |share| {
            let found = percentile(&self.latencies, share).unwrap_or_default();
            found.as_secs_f64() * 1_000.0
        };
        writeln!(
            out,
            "{} entries at {} a second, {} refused, {:.1} s, {} bytes on the disk",
            self.latencies.len() as u64 + self.refused,
            self.rate,
            self.refused,
            self.took.as_secs_f64(),
            self.bytes
        )?;
        writeln!(
            out,
            "from write to receipt: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
            ms(0.5),
            ms(0.99),
            ms(1.0)
        )?;
        writeln!(
            out,
            "handed over at most {:.2} ms late",
            self.late.as_secs_f64() * 1_000.0
        )?;
        match &self.error {
            Some(error) => writeln!(out, "refused because {error}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_finds_all_that_is_tampered_with() {
        let mut out = Vec::new();
        assert!(tampers(&mut out, 60, 3, None).expect("writable"));
        let text = String::from_utf8(out).expect("text");
        assert!(
            text.contains("all                              60 of     60 found"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn a_trial_measures_what_was_written() {
        let root = folder(None).expect("writable");
        let measured = write_at(200, 1, root.path()).await.expect("writable");
        assert_eq!((measured.latencies.len(), measured.refused), (200, 0));
        assert!(measured.took >= Duration::from_millis(990));
        let mut out = Vec::new();
        measured.tell(&mut out).expect("memory");
        assert!(
            String::from_utf8(out)
                .expect("text")
                .contains("200 entries at 200 a second, 0 refused")
        );
    }
}
