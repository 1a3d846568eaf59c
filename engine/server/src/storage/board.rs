//! The seam of the board: means by the hour, and thresholds.

use std::collections::BTreeMap;

use sidetone_core::board::{Figure, Hour, HourMean, Thresholds};

use super::StoreError;

/// Thresholds as they are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptThresholds {
    /// How often they were changed.
    pub revision: u64,
    /// What they are.
    pub thresholds: Thresholds,
    /// Those that were raised when the engine ended.
    pub raised: RaisedSince,
}

/// Which thresholds are raised, by id, and since when, in milliseconds since 1970.
pub type RaisedSince = BTreeMap<String, i64>;

/// What outlives the engine of its board. Its methods block: they are for threads.
pub trait BoardStore: Send + Sync {
    /// The means of all hours from `oldest` on. A figure that is not known any more is left out.
    fn hours(&self, oldest: Hour) -> Result<Vec<(Hour, Figure, HourMean)>, StoreError>;

    /// Keeps the means of an hour in the place of those that were kept of it, and forgets hours before
    /// `oldest`.
    fn keep_hour(
        &self,
        hour: Hour,
        means: &[(Figure, HourMean)],
        oldest: Hour,
    ) -> Result<(), StoreError>;

    /// The thresholds.
    fn thresholds(&self) -> Result<KeptThresholds, StoreError>;

    /// Keeps other thresholds in the place of those of revision `read`, and gives their revision; `None`
    /// if they have changed since.
    fn keep_thresholds(
        &self,
        read: u64,
        thresholds: &Thresholds,
    ) -> Result<Option<u64>, StoreError>;

    /// Keeps which of them are raised.
    fn keep_raised(&self, raised: &RaisedSince) -> Result<(), StoreError>;
}
