//! A moment, as an option of the command line.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A moment: `2026-05-04T09:00:00Z`; or on the clock of the call centre: `2026-05-04T09:00`, or
/// `2026-05-04` for the beginning of that day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// The same everywhere.
    At(Timestamp),
    /// What a clock on the wall shows.
    Local(DateTime),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A day alone has no time; what has an offset is no local time.
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at));
        }
        if !text.contains(['T', 't', ' '])
            && let Ok(day) = text.parse::<Date>()
        {
            return Ok(Self::Local(day.into()));
        }
        let local = text.parse::<DateTime>().map(Self::Local);
        local.map_err(|_| {
            "write a day (2026-05-04), a time where the call centre is (2026-05-04T09:00), or a time with \
             its offset (2026-05-04T09:00:00Z)"
                .to_owned()
        })
    }
}

impl When {
    /// In milliseconds since 1970, for a call centre in `zone`.
    pub fn millis(self, zone: &TimeZone) -> u64 {
        let at = match self {
            Self::At(at) => at,
            // A time that the change to summer time leaves out counts from the change on.
            Self::Local(local) => zone
                .to_zoned(local)
                .map_or_else(|_| Timestamp::default(), |zoned| zoned.timestamp()),
        };
        u64::try_from(at.as_millisecond()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_where_the_call_centre_is() {
        let zone = TimeZone::get("America/Los_Angeles").expect("known");
        for (text, expected) in [
            ("2026-11-28", Some("2026-11-28T08:00:00Z")),
            ("2026-11-28T09:30", Some("2026-11-28T17:30:00Z")),
            ("2026-11-28T09:30:00Z", Some("2026-11-28T09:30:00Z")),
            ("2026-11-28T09:30:00+01:00", Some("2026-11-28T08:30:00Z")),
            ("28.11.2026", None),
            ("yesterday", None),
        ] {
            let millis = text.parse::<When>().ok().map(|when| when.millis(&zone));
            let expected = expected.map(|at| {
                let at: Timestamp = at.parse().expect("a time");
                at.as_millisecond() as u64
            });
            assert_eq!(millis, expected, "{text}");
        }
    }
}
