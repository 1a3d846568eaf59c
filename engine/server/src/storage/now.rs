//! The time that outlives the process.

use std::time::SystemTime;

use sidetone_types::time::unix_millis;

/// Milliseconds since 1970, as the outbox counts: its times outlive the process.
pub(crate) fn now_ms() -> i64 {
    unix_millis(SystemTime::now()).cast_signed()
}
