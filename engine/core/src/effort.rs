//! How much care is taken of a job.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_types::recognise::Effort;

/// When recognition may take less care than it is able to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffortPolicy {
    /// Where others wait or words are nearly due. Words come in time, and depend a little on the
    /// load.
    #[default]
    Adaptive,
    /// Never. The same sound gives the same words at any load, and under load they come late.
    Full,
}

/// So many jobs underway in a thread leave no time for care.
const CROWD: usize = 2;

/// What is due later than this belongs to a recording, not to a call.
const NO_HURRY: Duration = Duration::from_secs(60);

/// A job whose words are due so soon is finished with its likeliest hypothesis alone.
const NEARLY_DUE: Duration = Duration::from_millis(200);

impl EffortPolicy {
    /// The effort for a job that is `due` then and begun `now`. `others` are underway in the
    /// thread; the job is `urged` where finals wait behind it.
    pub fn effort(self, due: Instant, now: Instant, urged: bool, others: usize) -> Effort {
        let in_time = due > now + NO_HURRY;
        if self == Self::Full || in_time || (others == 0 && !urged) {
            Effort::Full
        } else if urged || others >= CROWD {
            Effort::Least
        } else {
            Effort::Fair
        }
    }

    /// Whether a job that is `due` then has to be hurried `now`.
    pub fn hurries(self, due: Instant, now: Instant) -> bool {
        self == Self::Adaptive && due < now + NEARLY_DUE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn care_gives_way_where_others_wait_unless_the_policy_says_never() {
        let now = Instant::now();
        let (soon, late) = (now + Duration::from_secs(1), now + 2 * NO_HURRY);
        for (case, due, urged, others, adaptive) in [
            ("alone", soon, false, 0, Effort::Full),
            ("with one other", soon, false, 1, Effort::Fair),
            ("in a crowd", soon, false, 2, Effort::Least),
            ("before a final", soon, true, 0, Effort::Least),
            ("a recording in a crowd", late, true, 5, Effort::Full),
        ] {
            let effort = |policy: EffortPolicy| policy.effort(due, now, urged, others);
            assert_eq!(effort(EffortPolicy::Adaptive), adaptive, "{case}");
            assert_eq!(effort(EffortPolicy::Full), Effort::Full, "{case}");
        }
    }

    #[test]
    fn a_job_is_hurried_once_it_is_nearly_due_unless_the_policy_says_never() {
        let now = Instant::now();
        let passed = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        for (due, adaptive) in [
            (now + Duration::from_secs(1), false),
            (now + NEARLY_DUE, false),
            (now + NEARLY_DUE / 2, true),
            (passed, true),
        ] {
            assert_eq!(EffortPolicy::Adaptive.hurries(due, now), adaptive);
            assert!(!EffortPolicy::Full.hurries(due, now));
        }
    }
}
