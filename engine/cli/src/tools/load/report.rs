//! What a run has shown, for people and programs.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::Serialize;
use sidetone::printable::printable;

use crate::tools::figures::Figures;
use crate::tools::percentile;

/// What was asked for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Setting {
    /// Calls of two legs.
    pub calls: usize,
    /// How long they are sent.
    pub seconds: u32,
    /// Share of the time that each leg speaks.
    pub talk: f64,
    /// Decides who says what when.
    pub seed: u64,
}

/// How late something was, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    /// How many there were.
    pub count: usize,
    /// Half of them were quicker.
    pub p50: Option<u64>,
    /// 19 of 20 were quicker.
    pub p95: Option<u64>,
    /// 99 of 100 were quicker.
    pub p99: Option<u64>,
    /// The `p95` of the call that fared worst.
    pub worst_call_p95: Option<u64>,
}

impl Spread {
    /// Over all of `calls`, of which `what` picks the values.
    pub fn over(calls: &[Figures], what: impl Fn(&Figures) -> &[Duration]) -> Self {
        let all: Vec<Duration> = calls.iter().flat_map(&what).copied().collect();
        let at = |values: &[Duration], share| {
            percentile(values, share).map(|value| value.as_millis() as u64)
        };
        Self {
            count: all.len(),
            p50: at(&all, 0.5),
            p95: at(&all, 0.95),
            p99: at(&all, 0.99),
            worst_call_p95: calls.iter().filter_map(|call| at(what(call), 0.95)).max(),
        }
    }
}

/// Calls that were not let in.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Refused {
    /// How many.
    pub calls: usize,
    /// What the first was told.
    pub message: Option<String>,
    /// When it was to try again.
    pub retry_after_ms: Option<u64>,
}

/// What sending took.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sender {
    /// Packets that left.
    pub packets: u64,
    /// Packets that the engine missed.
    pub lost: u64,
    /// How late the latest left.
    pub latest_ms: u64,
    /// Its share of the process's CPU seconds.
    pub cpu_seconds: f64,
}

/// What the process has used while calls were sent. It holds engine and sender.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Used {
    /// CPU seconds of engine and sender.
    pub cpu_seconds: f64,
    /// The same as a share of all cores.
    pub cpu_share: f64,
    /// Cores of the machine.
    pub cores: usize,
    /// Resident memory at the end, in MB.
    pub memory_mb: f64,
    /// Its highest value.
    pub memory_peak_mb: f64,
    /// How much it has grown from a fifth of the run to its end.
    pub memory_growth_mb: f64,
}

/// A finished run. Its text is the report.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// What was asked for.
    #[serde(flatten)]
    pub setting: Setting,
    /// Calls that were let in.
    pub accepted: usize,
    /// Calls that were not.
    pub refused: Refused,
    /// Seconds of speech that were sent.
    pub speech_seconds: f64,
    /// From the beginning of an utterance to its first words.
    pub first_partial_ms: Spread,
    /// From the end of an utterance to its final.
    pub final_ms: Spread,
    /// From the end of a word until it was on the screen, not to vanish again.
    pub word_to_screen_ms: Spread,
    /// Partials for each second of speech; absent if there was none.
    pub partials_per_speech_second: Option<f64>,
    /// What sending took.
    pub sender: Sender,
    /// What the process has used; absent if the engine is another process, or the system does not
    /// tell.
    pub used: Option<Used>,
    /// Two-leg calls that the engine says it carries, at the end; absent if it is another process.
    pub capacity: Option<f64>,
}

/// What a run has to keep to.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The p95 of first partials, in milliseconds.
    pub first_partial_ms: u64,
    /// The p95 of finals, in milliseconds.
    pub final_ms: u64,
}

impl Measured {
    /// Whether all calls were let in and words came in time.
    pub fn holds(&self, bound: Bound) -> bool {
        let within = |spread: &Spread, most: u64| spread.p95.is_some_and(|p95| p95 <= most);
        self.refused.calls == 0
            && within(&self.first_partial_ms, bound.first_partial_ms)
            && within(&self.final_ms, bound.final_ms)
    }

    /// The columns of [`Self::row`].
    pub const COLUMNS: &'static str = "calls  refused  first partial p50/p95  final p50/p95  word p50/p95  partials/s  CPU  holds";

    /// The run in one line.
    pub fn row(&self, bound: Bound) -> String {
        let pair = |spread: &Spread| format!("{}/{} ms", number(spread.p50), number(spread.p95));
        format!(
            "{:>5}  {:>7}  {:>21}  {:>13}  {:>12}  {:>10}  {:>3}  {}",
            self.setting.calls,
            self.refused.calls,
            pair(&self.first_partial_ms),
            pair(&self.final_ms),
            pair(&self.word_to_screen_ms),
            rate(self.partials_per_speech_second),
            self.used
                .map_or("-".to_owned(), |used| percent(used.cpu_share)),
            if self.holds(bound) { "yes" } else { "no" },
        )
    }
}

fn number(value: Option<u64>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

fn rate(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.1}"))
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

impl Display for Measured {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let setting = self.setting;
        writeln!(
            f,
            "{} of {} calls, two legs each, {} s, each leg to speak {} of the time: {:.0} s of speech",
            self.accepted,
            setting.calls,
            setting.seconds,
            percent(setting.talk),
            self.speech_seconds,
        )?;
        if let (Some(message), Some(after)) = (&self.refused.message, self.refused.retry_after_ms) {
            let calls = self.refused.calls;
            let message = printable(message);
            writeln!(f, "{calls} refused (try again after {after} ms): {message}")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "{:<42} {:>7} {:>7} {:>7} {:>7} {:>15}",
            "ms", "count", "p50", "p95", "p99", "worst call, p95"
        )?;
        for (what, spread) in [
            ("first partial after speech began", &self.first_partial_ms),
            ("final after speech ended", &self.final_ms),
            (
                "word on the screen after it was said",
                &self.word_to_screen_ms,
            ),
        ] {
            writeln!(
                f,
                "{what:<42} {:>7} {:>7} {:>7} {:>7} {:>15}",
                spread.count,
                number(spread.p50),
                number(spread.p95),
                number(spread.p99),
                number(spread.worst_call_p95),
            )?;
        }
        writeln!(f)?;
        let (partials, sender) = (rate(self.partials_per_speech_second), self.sender);
        writeln!(f, "{partials} partials per second of speech")?;
        writeln!(
            f,
            "{} of {} packets lost; the latest left {} ms late",
            sender.lost, sender.packets, sender.latest_ms
        )?;
        if let Some(used) = self.used {
            writeln!(
                f,
                "{:.1} s of CPU, {} of {} cores, {:.2} s of it for sending",
                used.cpu_seconds,
                percent(used.cpu_share),
                used.cores,
                sender.cpu_seconds,
            )?;
            writeln!(
                f,
                "{:.0} MB of memory, {:.0} MB at most, {:+.1} MB from a fifth of the run to its end",
                used.memory_mb, used.memory_peak_mb, used.memory_growth_mb,
            )?;
        }
        if let Some(capacity) = self.capacity {
            writeln!(
                f,
                "the engine says that it carries {capacity} two-leg calls"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Bound = Bound {
        first_partial_ms: 1_000,
        final_ms: 800,
    };

    fn measured(refused: usize, first: u64, last: u64) -> Measured {
        let spread = |p95| Spread {
            p95: Some(p95),
            ..Spread::default()
        };
        Measured {
            setting: Setting {
                calls: 4,
                seconds: 20,
                talk: 0.5,
                seed: 1,
            },
            accepted: 4 - refused,
            refused: Refused {
                calls: refused,
                ..Refused::default()
            },
            speech_seconds: 80.0,
            first_partial_ms: spread(first),
            final_ms: spread(last),
            word_to_screen_ms: Spread::default(),
            partials_per_speech_second: None,
            sender: Sender {
                packets: 8_000,
                lost: 0,
                latest_ms: 1,
                cpu_seconds: 0.1,
            },
            used: None,
            capacity: None,
        }
    }

    #[test]
    fn a_run_holds_if_all_are_let_in_and_words_are_in_time() {
        for (case, run, holds) in [
            ("at the bound", measured(0, 1_000, 800), true),
            ("first words late", measured(0, 1_001, 800), false),
            ("finals late", measured(0, 1_000, 801), false),
            ("one refused", measured(1, 500, 500), false),
        ] {
            assert_eq!(run.holds(BOUND), holds, "{case}");
        }
        let mut silent = measured(0, 1, 1);
        silent.final_ms.p95 = None;
        assert!(!silent.holds(BOUND), "nobody was heard");
    }

    #[test]
    fn the_worst_call_is_told_apart_from_all() {
        let call = |ms: &[u64]| {
            let mut figures = Figures::default();
            figures
                .finals
                .extend(ms.iter().map(|ms| Duration::from_millis(*ms)));
            figures
        };
        let quick = vec![100; 99];
        let spread = Spread::over(&[call(&quick), call(&[900])], |call| &call.finals);
        assert_eq!(
            (spread.count, spread.p50, spread.p95),
            (100, Some(100), Some(100))
        );
        assert_eq!(spread.worst_call_p95, Some(900));
        assert_eq!(Spread::over(&[], |call| &call.finals).p50, None);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let text = measured(0, 1, 2).to_string();
        assert!(
            !text.contains("CPU") && !text.contains("refused") && text.contains("- partials"),
            "{text}"
        );
        let json = serde_json::to_value(measured(0, 1, 2)).expect("plain data");
        assert_eq!(
            (json["calls"].as_u64(), json["final_ms"]["p95"].as_u64()),
            (Some(4), Some(2))
        );
    }
}
