//! What is told of a threshold that has turned.

use std::fmt;

use serde::Serialize;
use sidetone_core::board::{Figure, Measure, Side, Turned, Unit};

/// A threshold is passed, or is not any more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// `threshold_raised` or `threshold_cleared`.
    pub kind: &'static str,
    /// The id of the threshold.
    pub threshold: String,
    /// How people call it; may be empty.
    pub name: String,
    /// Of what.
    pub figure: Figure,
    /// What the figure is counted in.
    pub unit: Unit,
    /// What of it.
    pub measure: Measure,
    /// Where it is wrong.
    pub side: Side,
    /// The limit.
    pub limit: f64,
    /// What was compared with it last; `null` where that is not known any more.
    pub measured: Option<f64>,
    /// Since when it has been passed, or was, in milliseconds since 1970.
    pub since_ms: i64,
    /// When it turned.
    pub at_ms: i64,
}

impl Notice {
    /// Tells of `turned`.
    pub fn of(turned: &Turned) -> Self {
        let threshold = &turned.threshold;
        Self {
            kind: match turned.raised {
                true => "threshold_raised",
                false => "threshold_cleared",
            },
            threshold: threshold.id.clone(),
            name: threshold.name.clone(),
            figure: threshold.figure,
            unit: threshold.figure.unit(),
            measure: threshold.measure,
            side: threshold.side,
            limit: threshold.limit,
            measured: turned.measured,
            since_ms: turned.since_ms,
            at_ms: turned.at_ms,
        }
    }

    /// Its JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// The same for the same turn, however often it is told.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.threshold, self.kind, self.since_ms)
    }

    /// How people call what has turned.
    pub fn title(&self) -> &str {
        match self.name.as_str() {
            "" => &self.threshold,
            name => name,
        }
    }
}

/// In words, for people who read mail.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.measure {
            Measure::Value => "",
            Measure::ChangePerMinute => ", as it changes within a minute",
            Measure::ChangePerHour => ", as it changes within an hour",
            Measure::PercentOfUsual => ", in per cent of what is usual at this hour",
        };
        let side = match self.side {
            Side::Above => "above",
            Side::Below => "below",
        };
        let measured = match self.measured {
            Some(measured) => format!("{:.4}", measured),
            None => "not known any more".to_owned(),
        };
        let time = |ms| {
            let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
            at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
        };
        writeln!(f, "{} ({}{of})", self.figure.about(), self.figure)?;
        writeln!(f, "wrong {side}: {}", self.limit)?;
        writeln!(f, "measured: {measured}")?;
        writeln!(f, "passed since: {}", time(self.since_ms))?;
        write!(f, "told at: {}", time(self.at_ms))
    }
}
