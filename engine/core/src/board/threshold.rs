//! What somebody has set on a figure.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sidetone_types::controls::controls;

use super::{Figure, History, Hours, SAMPLES};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A value that is older than this is none.
const FRESH_MS: i64 = MINUTE_MS;

/// Most thresholds that there can be.
pub const MOST_THRESHOLDS: usize = 100;
/// Longest name, in characters.
const LONGEST_NAME: usize = 80;
/// Longest id, in characters.
const LONGEST_ID: usize = 40;
/// Longest time before something counts, in seconds: a day.
const LONGEST_S: u32 = 86_400;
/// Largest limit, either way.
const LARGEST: f64 = 1e9;

/// What of a figure is compared with the limit.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Its value.
    #[default]
    Value,
    /// By how much it has changed within a minute.
    ChangePerMinute,
    /// By how much it has changed within an hour.
    ChangePerHour,
    /// Its value, in per cent of its mean in the same hour of the last five weeks.
    PercentOfUsual,
}

/// On which side of the limit something is wrong.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Above it.
    #[default]
    Above,
    /// Below it.
    Below,
}

/// A threshold.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Its own among all: small letters, digits, `-` and `_`.
    pub id: String,
    /// How people call it; may be empty.
    #[serde(default)]
    pub name: String,
    /// Of what.
    pub figure: Figure,
    /// What of it.
    #[serde(default)]
    pub measure: Measure,
    /// Where it is wrong.
    pub side: Side,
    /// The limit, in the unit of what is compared with it. What is just there is right.
    pub limit: f64,
    /// For how long it has to be passed before that counts, in seconds.
    #[serde(default)]
    pub for_s: u32,
    /// To where it has to be back before it is cleared, on the right side of the limit; the limit itself
    /// if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<f64>,
    /// For how long it has to be back, in seconds.
    #[serde(default)]
    pub back_for_s: u32,
}

/// A threshold makes no sense.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("threshold `{id}` {what}")]
pub struct ThresholdError {
    id: String,
    what: String,
}

impl Threshold {
    /// Finds what makes no sense about it.
    pub fn check(&self) -> Result<(), ThresholdError> {
        let wrong = |what: String| {
            Err(ThresholdError {
                id: self.id.escape_debug().to_string(),
                what,
            })
        };
        let id = self.id.chars();
        let is_id = (1..=LONGEST_ID).contains(&self.id.len())
            && id
                .into_iter()
                .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_'));
        if !is_id {
            return wrong(format!(
                "has no id: write 1 to {LONGEST_ID} small letters, digits, `-` and `_`"
            ));
        }
        if self.name.chars().count() > LONGEST_NAME || self.name.chars().any(controls) {
            return wrong(format!(
                "has a name that cannot be shown: write at most {LONGEST_NAME} characters on a line"
            ));
        }
        for (key, value) in [("limit", Some(self.limit)), ("back", self.back)] {
            if value.is_some_and(|value| !value.is_finite() || value.abs() > LARGEST) {
                return wrong(format!(
                    "has no number as `{key}`: write one from {} to {LARGEST}",
                    -LARGEST
                ));
            }
        }
        if self.for_s > LONGEST_S || self.back_for_s > LONGEST_S {
            return wrong(format!(
                "waits too long: `for_s` and `back_for_s` are at most {LONGEST_S} s"
            ));
        }
        if self.is_past(self.back(), self.limit) {
            return wrong(
                "would be cleared where it is raised: `back` lies on the right side of `limit`"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// How far apart samples are at least for it to see as far back as it looks, in milliseconds.
    pub const fn least_step_ms(&self) -> u32 {
        match self.measure {
            // The value then may be a little older.
            Measure::ChangePerHour => (HOUR_MS + HOUR_MS / 10) as u32 / SAMPLES,
            Measure::Value | Measure::ChangePerMinute | Measure::PercentOfUsual => 0,
        }
    }

    fn back(&self) -> f64 {
        self.back.unwrap_or(self.limit)
    }

    fn is_past(&self, value: f64, limit: f64) -> bool {
        match self.side {
            Side::Above => value > limit,
            Side::Below => value < limit,
        }
    }

    /// Whether a value is wrong.
    pub(super) fn is_wrong(&self, value: f64) -> bool {
        self.is_past(value, self.limit)
    }

    /// Whether a value is back where it is right.
    pub(super) fn is_back(&self, value: f64) -> bool {
        !self.is_past(value, self.back())
    }

    /// What is compared with the limit; `None` where it is not known.
    pub(super) fn measured(&self, history: &History, hours: &Hours, at_ms: i64) -> Option<f64> {
        let figure = self.figure;
        let (newest_ms, value) = history.newest(figure, at_ms - FRESH_MS, at_ms)?;
        let change = |within: i64| {
            // As near to that long ago as there is a value, and not much nearer.
            let then = newest_ms - within;
            let (then_ms, was) = history
                .newest(figure, then - within / 2, then)
                .or_else(|| history.newest(figure, then, then + within / 10))?;
            Some((value - was) * within as f64 / (newest_ms - then_ms) as f64)
        };
        match self.measure {
            Measure::Value => Some(value),
            Measure::ChangePerMinute => change(MINUTE_MS),
            Measure::ChangePerHour => change(HOUR_MS),
            Measure::PercentOfUsual => {
                let usual = hours.usual(figure, at_ms).filter(|usual| *usual > 0.0)?;
                Some(value / usual * 100.0)
            }
        }
    }
}

/// Thresholds that make sense.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Thresholds(Vec<Threshold>);

impl Thresholds {
    /// Checks them.
    ///
    /// # Errors
    ///
    /// One makes no sense, two have the same id, or there are too many.
    pub fn new(all: Vec<Threshold>) -> Result<Self, ThresholdError> {
        let mut ids = HashSet::new();
        for one in &all {
            one.check()?;
            if !ids.insert(one.id.as_str()) {
                return Err(ThresholdError {
                    id: one.id.clone(),
                    what: "is there twice: each has an id of its own".to_owned(),
                });
            }
        }
        match all.get(MOST_THRESHOLDS) {
            Some(one) => Err(ThresholdError {
                id: one.id.clone(),
                what: format!("is one too many: there are {MOST_THRESHOLDS} at most"),
            }),
            None => Ok(Self(all)),
        }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Threshold> {
        self.0.iter()
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<Threshold> {
        self.0
    }
}
