//! For how long a note waits for its reviewer.

use std::time::Duration;

use sidetone_types::time::as_millis;

/// A note of which a draft was saved waits for at least so long.
const A_WHILE: Duration = Duration::from_secs(60);

/// When a note is written of which somebody has saved a draft at `now_ms`, and that was due at `due_ms`;
/// all in milliseconds since 1970. Its call was closed at `closed_ms`, and notes wait for `review`.
///
/// Whoever saves goes on writing: the note must not leave a moment later, half done. So it waits for
/// another minute, or for `review` where that is shorter. However often somebody saves, it waits no longer
/// than twice as long as one that nobody opened: a customer's ticket cannot be put off for ever.
pub fn due_after_draft(due_ms: u64, now_ms: u64, closed_ms: u64, review: Duration) -> u64 {
    let more = now_ms.saturating_add(as_millis(A_WHILE.min(review)));
    let latest = closed_ms.saturating_add(as_millis(review).saturating_mul(2));
    due_ms.max(more.min(latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_is_saved_gets_another_minute_and_not_one_after_the_other() {
        let review = Duration::from_secs(300);
        for (case, now_s, due_s, expected_s) in [
            ("there is time enough", 10, 300, 300),
            ("a moment before", 299, 300, 359),
            ("again", 350, 359, 410),
            ("until twice the time", 590, 600, 600),
            ("which was longer before", 590, 900, 900),
        ] {
            let closed = 1_000_000_000;
            let at = |s: u64| closed + 1_000 * s;
            let due = due_after_draft(at(due_s), at(now_s), closed, review);
            assert_eq!(due, at(expected_s), "{case}");
        }
        let short = due_after_draft(5_000, 4_000, 0, Duration::from_secs(5));
        assert_eq!(short, 9_000);
        let none = due_after_draft(5_000, 6_000, 0, Duration::ZERO);
        assert_eq!(none, 5_000, "nothing waits any more");
    }
}
