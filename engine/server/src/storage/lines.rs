//! What the search index takes in of the store.

use sidetone_types::event::EventRecord;

/// What the search index takes in at once.
#[derive(Debug, Default)]
pub struct Lines {
    /// In the order of their rows.
    pub lines: Vec<Line>,
    /// The calls of rows that cannot be read, once for each row.
    pub unreadable: Vec<String>,
    /// The last row, whether it could be read or not. `None` if there was none.
    pub last_row: Option<i64>,
}

/// A line for the search index: something that was said, how it sounded, an alert, or the end of a
/// call.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its row. Rises from line to line; never used twice.
    pub row: i64,
    /// Of which call.
    pub call_id: String,
    /// Of which agent; empty if not known.
    pub agent_id: String,
    /// With which customer, in the CRM's words, if it knew by the time of reading.
    pub customer_id: Option<String>,
    /// The customer's number in E.164, if they have one.
    pub phone: Option<String>,
    /// When its call began, in milliseconds since 1970.
    pub opened_ms: u64,
    /// The event: `final`, `revised`, `emotion`, `alert_raised`, `alert_cleared` or `summary`.
    pub event: EventRecord,
}
