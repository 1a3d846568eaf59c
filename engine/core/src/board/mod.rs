//! The operations board: figures of the whole engine over time, and thresholds that somebody has set on
//! them.
//!
//! ```text
//! Reading (what was counted so far) ─► Figures ─► history (hours) ─► what is shown
//!                                         │         means (weeks) ─┐
//!                                         └─► thresholds ◄─────────┘ ─► Turned: raised, cleared
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `figure` | what there is to see, and in which unit |
//! | `reading` | what is counted, and how two readings become figures |
//! | `spread` | how long something took, by buckets, and the time that most stay below |
//! | `history` | the last samples, in a fixed room |
//! | `hours` | means by the hour, for comparison with weeks before |
//! | `threshold` | what somebody has set, and whether it makes sense |
//! | `watch` | whether one is passed: the machine that keeps it from flapping |

mod figure;
mod history;
mod hours;
mod reading;
mod spread;
#[cfg(test)]
mod tests;
mod threshold;
mod watch;

pub use figure::{Figure, Figures, Unit, UnknownFigure};
pub use history::{History, Samples};
pub use hours::{HOURS_KEPT, Hour, HourMean, Hours, hour_of};
pub use reading::{Counts, Levels, Reading, Times};
pub use spread::Spread;
pub use threshold::{MOST_THRESHOLDS, Measure, Side, Threshold, ThresholdError, Thresholds};
pub use watch::{Standing, Watch};

use std::collections::HashMap;

/// Samples of the board that are kept.
pub const SAMPLES: u32 = 720;

/// A threshold is passed now, or not any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Turned {
    /// Which one.
    pub threshold: Threshold,
    /// Whether it is passed.
    pub raised: bool,
    /// When that was found, in milliseconds since 1970.
    pub at_ms: i64,
    /// Since when it has been passed, or was.
    pub since_ms: i64,
    /// What was compared with its limit last; `None` where that is not known any more.
    pub measured: Option<f64>,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Board {
    last: Option<(i64, Reading)>,
    history: History,
    hours: Hours,
    watched: Vec<Watched>,
}

/// A threshold, and where it stands.
#[derive(Clone, Debug)]
struct Watched {
    threshold: Threshold,
    watch: Watch,
    measured: Option<f64>,
}

impl Board {
    /// One that begins with the means of earlier hours.
    pub fn new(hours: Hours, thresholds: Thresholds) -> Self {
        let mut board = Self {
            last: None,
            history: History::new(SAMPLES as usize),
            hours,
            watched: Vec::new(),
        };
        board.set(thresholds, 0);
        board
    }

    /// Takes what is counted at a moment, in milliseconds since 1970, and tells which thresholds have
    /// turned by it.
    ///
    /// A clock that was put back begins the history anew; what is raised stays so.
    pub fn take(&mut self, at_ms: i64, reading: Reading) -> Vec<Turned> {
        let before = self.last.take().filter(|(then, _)| *then < at_ms);
        let Some((then, was)) = before else {
            self.history = History::new(SAMPLES as usize);
            self.last = Some((at_ms, reading));
            return Vec::new();
        };
        let figures = reading.figures(&was, (at_ms - then) as f64 / 1_000.0);
        self.last = Some((at_ms, reading));
        self.history.push(at_ms, &figures);
        self.hours.add(at_ms, &figures);
        self.judge(at_ms)
    }

    fn judge(&mut self, at_ms: i64) -> Vec<Turned> {
        let mut turned = Vec::new();
        for one in &mut self.watched {
            one.measured = one.threshold.measured(&self.history, &self.hours, at_ms);
            let raised = one.watch.look(&one.threshold, at_ms, one.measured);
            if let Some((raised, since_ms)) = raised {
                turned.push(Turned {
                    threshold: one.threshold.clone(),
                    raised,
                    at_ms,
                    since_ms,
                    measured: one.measured,
                });
            }
        }
        turned
    }

    /// Puts other thresholds in the place of those there are. One that stays as it was stays where it
    /// stands; one that is raised and changes, or goes, is told to be cleared.
    pub fn set(&mut self, thresholds: Thresholds, at_ms: i64) -> Vec<Turned> {
        let before = std::mem::take(&mut self.watched).into_iter();
        let mut before: HashMap<String, Watched> =
            before.map(|one| (one.threshold.id.clone(), one)).collect();
        for threshold in thresholds.into_vec() {
            let stays = before
                .get(&threshold.id)
                .map(|was| was.threshold == threshold);
            let kept = match stays {
                Some(true) => before.remove(&threshold.id),
                _ => None,
            };
            self.watched.push(kept.unwrap_or(Watched {
                threshold,
                watch: Watch::default(),
                measured: None,
            }));
        }
        let mut gone: Vec<Turned> = before
            .into_values()
            .filter_map(|one| {
                let since_ms = one.watch.raised_since()?;
                Some(Turned {
                    threshold: one.threshold,
                    raised: false,
                    at_ms,
                    since_ms,
                    measured: one.measured,
                })
            })
            .collect();
        gone.sort_by(|a, b| a.threshold.id.cmp(&b.threshold.id));
        gone
    }

    /// Takes up at `at_ms` what was raised when the engine ended: its end is told, too.
    pub fn restore(&mut self, id: &str, since_ms: i64, at_ms: i64) {
        let mut watched = self.watched.iter_mut();
        if let Some(one) = watched.find(|one| one.threshold.id == id) {
            one.watch = Watch::raised(since_ms, at_ms);
        }
    }

    /// The last samples.
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Means by the hour.
    pub const fn hours(&self) -> &Hours {
        &self.hours
    }

    /// The thresholds, each with where it stands and what was last compared with its limit.
    pub fn thresholds(&self) -> impl Iterator<Item = (&Threshold, Standing, Option<f64>)> {
        let watched = self.watched.iter();
        watched.map(|one| (&one.threshold, one.watch.standing(), one.measured))
    }

    /// Those that are raised, as they were told.
    pub fn raised(&self) -> Vec<Turned> {
        let raised = self.watched.iter().filter_map(|one| {
            let since_ms = one.watch.raised_since()?;
            Some(Turned {
                threshold: one.threshold.clone(),
                raised: true,
                at_ms: since_ms,
                since_ms,
                measured: one.measured,
            })
        });
        raised.collect()
    }
}
