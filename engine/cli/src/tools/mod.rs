//! What `sidetone` does besides serving: each command has a file of its own.

pub mod access;
pub mod adapt;
pub mod analyze;
mod assisted;
pub mod audit;
pub mod call_recordings;
pub mod calls;
pub mod capacity;
pub mod crm;
pub mod demo;
pub mod doctor;
pub mod emotion;
pub mod eval;
pub mod fetch;
pub mod friction;
pub mod kb;
pub mod keys;
pub mod load;
pub mod models;
pub mod person;
pub mod play;
pub mod replay;
pub mod sbom;
pub mod search;
pub mod serve;
pub mod tokens;
pub mod transcribe;
pub mod users;

mod agreed;
mod connection;
mod figures;
mod lines;
mod listen;
mod parallel;
mod process;
mod progress;
mod recordings;
mod sender;
mod story;
mod texts;
mod vocabulary;
mod when;

use std::time::Duration;

use sidetone_types::party::Role;

/// How a command went that could do part of its work only. What went wrong has been said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All was done.
    Done,
    /// Some of it failed.
    Failed,
}

/// A side of the call, as an option of the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum RoleArg {
    /// Who works for the call centre.
    Agent,
    /// Who calls it, or is called.
    Customer,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Agent => Self::Agent,
            RoleArg::Customer => Self::Customer,
        }
    }
}

/// A place in a recording: `00:05.6`, with hours in front from one hour on.
fn clock(ms: u64) -> String {
    let (tenths, seconds) = (ms / 100 % 10, ms / 1000 % 60);
    let (minutes, hours) = (ms / 60_000 % 60, ms / 3_600_000);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}.{tenths}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}.{tenths}"),
    }
}

/// The value that `share` of all are not above (nearest rank); `None` of nothing.
fn percentile(values: &[Duration], share: f64) -> Option<Duration> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_clocks_do() {
        for (ms, text) in [
            (0, "00:00.0"),
            (5_678, "00:05.6"),
            (61_000, "01:01.0"),
            (3_599_999, "59:59.9"),
            (36_000_000, "10:00:00.0"),
        ] {
            assert_eq!(clock(ms), text);
        }
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let ms = |values: &[u64]| {
            values
                .iter()
                .map(|v| Duration::from_millis(*v))
                .collect::<Vec<_>>()
        };
        for (values, share, expected) in [
            (vec![], 0.5, None),
            (vec![7], 0.95, Some(7)),
            (vec![4, 1, 3, 2], 0.5, Some(2)),
            ((1..=100).collect(), 0.95, Some(95)),
            (vec![1, 2], 1.0, Some(2)),
        ] {
            let expected = expected.map(Duration::from_millis);
            assert_eq!(
                percentile(&ms(&values), share),
                expected,
                "{values:?} {share}"
            );
        }
    }
}
