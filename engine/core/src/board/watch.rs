//! Whether a threshold is passed.
//!
//! ```text
//!          wrong             for as long as it takes
//! Calm ───────────► Watched ────────────────────────► Raised ◄─────────┐
//!  ▲ ▲    right        │                                │ back         │ not back any more
//!  │ └─────────────────┘                                ▼              │
//!  └──────────────────────────────────────────────── Easing ───────────┘
//!                      back for long enough
//! ```

use super::Threshold;

/// A figure of which nothing was heard for so long is right: there is nothing that could be wrong.
const SILENT_MS: i64 = 600_000;

/// Where a threshold stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// All is well.
    Calm,
    /// It is passed, and not for long enough yet.
    Watched {
        /// Since when, in milliseconds since 1970.
        since_ms: i64,
    },
    /// It is passed.
    Raised {
        /// Since when.
        since_ms: i64,
    },
    /// It was passed, and is back, and not for long enough yet.
    Easing {
        /// Since when it has been passed.
        since_ms: i64,
        /// Since when it has been back.
        back_ms: i64,
    },
}

/// Watches one threshold.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    standing: Standing,
    heard_ms: i64,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            standing: Standing::Calm,
            heard_ms: i64::MIN / 2,
        }
    }
}

/// What a look at a value says.
#[derive(Clone, Copy)]
enum Seen {
    Wrong,
    /// Neither wrong nor back.
    Between,
    Back,
    /// Nothing.
    Unknown,
}

impl Watch {
    /// One that was raised before the engine began at `at_ms`. What is not heard of yet may well be as
    /// it was.
    pub const fn raised(since_ms: i64, at_ms: i64) -> Self {
        Self {
            standing: Standing::Raised { since_ms },
            heard_ms: at_ms,
        }
    }

    /// Where it stands.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Since when it has been raised, if it is.
    pub const fn raised_since(&self) -> Option<i64> {
        match self.standing {
            Standing::Raised { since_ms } | Standing::Easing { since_ms, .. } => Some(since_ms),
            Standing::Calm | Standing::Watched { .. } => None,
        }
    }

    /// Looks at what is measured at a moment. Tells whether it is raised or cleared by that, and since
    /// when it has been passed.
    pub fn look(
        &mut self,
        threshold: &Threshold,
        at_ms: i64,
        measured: Option<f64>,
    ) -> Option<(bool, i64)> {
        use Standing::{Calm, Easing, Raised, Watched};
        let seen = self.seen(threshold, at_ms, measured);
        self.no_later_than(at_ms);
        let hold = i64::from(threshold.for_s) * 1_000;
        let ease = i64::from(threshold.back_for_s) * 1_000;
        let watched = |since_ms| match at_ms - since_ms >= hold {
            true => (Raised { since_ms }, Some((true, since_ms))),
            false => (Watched { since_ms }, None),
        };
        let easing = |since_ms, back_ms| match at_ms - back_ms >= ease {
            true => (Calm, Some((false, since_ms))),
            false => (Easing { since_ms, back_ms }, None),
        };
        let (next, told) = match (self.standing, seen) {
            (Calm, Seen::Wrong) => watched(at_ms),
            (Watched { since_ms }, Seen::Wrong) => watched(since_ms),
            (Watched { .. }, Seen::Between | Seen::Back) => (Calm, None),
            (Raised { since_ms }, Seen::Back) => easing(since_ms, at_ms),
            (Easing { since_ms, back_ms }, Seen::Back | Seen::Unknown) => easing(since_ms, back_ms),
            (Easing { since_ms, .. }, Seen::Wrong | Seen::Between) => (Raised { since_ms }, None),
            (same, _) => (same, None),
        };
        self.standing = next;
        told
    }

    /// Where the clock was put back, what lies ahead by it begins now.
    fn no_later_than(&mut self, at_ms: i64) {
        use Standing::{Calm, Easing, Raised, Watched};
        self.standing = match self.standing {
            Calm => Calm,
            Watched { since_ms } => Watched {
                since_ms: since_ms.min(at_ms),
            },
            Raised { since_ms } => Raised {
                since_ms: since_ms.min(at_ms),
            },
            Easing { since_ms, back_ms } => Easing {
                since_ms: since_ms.min(at_ms),
                back_ms: back_ms.min(at_ms),
            },
        };
    }

    fn seen(&mut self, threshold: &Threshold, at_ms: i64, measured: Option<f64>) -> Seen {
        match measured {
            Some(value) => {
                self.heard_ms = at_ms;
                match (threshold.is_wrong(value), threshold.is_back(value)) {
                    (true, _) => Seen::Wrong,
                    (false, true) => Seen::Back,
                    (false, false) => Seen::Between,
                }
            }
            None if at_ms - self.heard_ms.min(at_ms) >= SILENT_MS => Seen::Back,
            None => Seen::Unknown,
        }
    }
}
