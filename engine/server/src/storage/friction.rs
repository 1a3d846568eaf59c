//! The seam of what hurts people, as they report it.

use super::StoreError;

/// A report. It has no words of the call: whoever may read the call finds them there.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct FrictionReport {
    /// Its number.
    pub id: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The version of the engine.
    pub version: String,
    /// What hurt, by name.
    pub kind: String,
    /// On which page of the desk.
    pub page: String,
    /// In which call, if it was in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// At which utterance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utterance: Option<u64>,
    /// Of which article or rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How long the engine took for it, in milliseconds, as it has told itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_ms: Option<u64>,
    /// How long it took until the desk showed it, as the desk has measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk_ms: Option<u64>,
    /// What whoever reports it says about it, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether the words of the utterance may go with it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub with_words: bool,
}

/// Which reports are wanted. What is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct FrictionQuery {
    /// Behind this number: where the page before ended.
    pub before: Option<u64>,
    /// Reported at this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Reported before this time.
    pub until_ms: Option<u64>,
    /// What hurt, by name.
    pub kind: Option<String>,
    /// With this version of the engine.
    pub version: Option<String>,
}

/// Keeps reports. Its methods block: they are for threads.
pub trait FrictionStore: Send + Sync {
    /// Keeps one, and gives its number. `undo` takes it back.
    fn keep(&self, report: &FrictionReport, undo: &str) -> Result<u64, StoreError>;

    /// Takes one back; whether `undo` is what was given with it.
    fn withdraw(&self, id: u64, undo: &str) -> Result<bool, StoreError>;

    /// At most `most` of those that are asked for, the newest first. What is said about one is left out where it
    /// cannot be read.
    fn list(&self, query: &FrictionQuery, most: u32) -> Result<Vec<FrictionReport>, StoreError>;

    /// When the report of that number was made, in milliseconds since 1970.
    fn made_at(&self, id: u64) -> Result<Option<u64>, StoreError>;

    /// How many calls were opened in each week since the first of 1970 that reports are of.
    fn calls_by_week(&self) -> Result<Vec<(i64, u64)>, StoreError>;
}

const DAY_MS: u64 = 24 * 3_600_000;

/// The week of a moment, from Monday on, in UTC; counted from the one that holds the first of 1970.
pub const fn week_of(at_ms: u64) -> i64 {
    // That was a Thursday.
    ((at_ms + 3 * DAY_MS) / (7 * DAY_MS)).cast_signed()
}

/// When a week begins, in milliseconds since 1970.
pub const fn week_begins(week: i64) -> u64 {
    (week.cast_unsigned() * 7 * DAY_MS).saturating_sub(3 * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday() {
        // 2026-05-04 is one.
        let monday = 1_777_852_800_000;
        assert_eq!(week_begins(week_of(monday)), monday);
        assert_eq!(week_of(monday - 1), week_of(monday) - 1);
        assert_eq!(week_of(monday + 7 * DAY_MS - 1), week_of(monday));
    }
}
