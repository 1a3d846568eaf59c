//! Which CRM, and what becomes of a note before it is written there.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_core::outbox::RetryConfig;
use sidetone_types::controls::controls;

/// Which CRM, and how patiently it is written to.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrmConfig {
    /// The file that describes the CRM's HTTP or SOAP interface; empty means the CRM that comes with the
    /// program.
    pub description: PathBuf,
    /// A table of customers (CSV, UTF-8) that the CRM which comes with the program takes in at each start: one row a customer, with a
    /// heading that names the columns (name, phone, id, email, tier; others are preferences). Empty takes in
    /// none.
    #[schemars(with = "String")]
    pub contacts: PathBuf,
    /// Where the description has `[sync]`: seconds from one look for customers that have changed to the next. All of them are kept here,
    /// so that it is known at once who is calling, and while the CRM is away. 0 keeps none.
    #[schemars(range(min = 0, max = 86_400))]
    pub sync_s: u64,
    /// For so many seconds after the end of a call the agent may review its note, change it and have it
    /// written; after that it is written as it is. 0 writes it at once. Higher gives more time, and
    /// tickets come later where nobody confirms them.
    #[schemars(range(min = 0, max = 86_400))]
    pub review_s: u64,
    /// What may be said to have become of a call, in its review: words that desks offer as they stand
    /// here. Empty offers none.
    pub dispositions: Vec<String>,
    /// What happens when the CRM is away.
    pub retry: RetryConfig,
}

/// Those that come with the program. Desks may show them in words of the reader's language.
const DISPOSITIONS: [&str; 5] = [
    "resolved",
    "follow_up",
    "escalated",
    "no_answer",
    "wrong_number",
];

/// Most dispositions: more than anybody finds one among.
const MOST_DISPOSITIONS: usize = 100;
/// Longest disposition, in characters.
const LONGEST_DISPOSITION: usize = 64;

impl Default for CrmConfig {
    fn default() -> Self {
        Self {
            description: PathBuf::new(),
            contacts: PathBuf::new(),
            sync_s: 60,
            review_s: 0,
            dispositions: DISPOSITIONS.map(str::to_owned).into(),
            retry: RetryConfig::default(),
        }
    }
}

impl CrmConfig {
    /// For how long notes may be reviewed.
    pub const fn review(&self) -> Duration {
        Duration::from_secs(self.review_s)
    }

    /// What is wrong with `dispositions`, if anything is.
    pub(crate) fn dispositions_problem(&self) -> Option<String> {
        let all = &self.dispositions;
        if all.len() > MOST_DISPOSITIONS {
            let count = all.len();
            return Some(format!(
                "has {count} items; at most {MOST_DISPOSITIONS} are offered"
            ));
        }
        let is_line = |text: &str| {
            let characters = text.chars().count();
            (1..=LONGEST_DISPOSITION).contains(&characters)
                && text.trim() == text
                && !text.chars().any(controls)
        };
        for (at, one) in all.iter().enumerate() {
            if !is_line(one) {
                return Some(format!(
                    "has `{}`: write 1 to {LONGEST_DISPOSITION} characters on a line, without spaces around them",
                    one.escape_debug()
                ));
            }
            if all[..at].contains(one) {
                return Some(format!("has `{one}` twice: leave one out"));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispositions_that_no_desk_can_show_are_told() {
        let with = |all: &[&str]| CrmConfig {
            dispositions: all.iter().map(|one| (*one).to_owned()).collect(),
            ..CrmConfig::default()
        };
        for (all, problem) in [
            (&["sold", "已解决"][..], None),
            (&[], None),
            (&["sold", ""], Some("has ``: write 1 to 64")),
            (&[" sold"], Some("has ` sold`")),
            (&["a\nb"], Some("has `a\\nb`")),
            (&["sold", "lost", "sold"], Some("has `sold` twice")),
            (&["x"; 101], Some("has 101 items")),
        ] {
            let told = with(all).dispositions_problem();
            match problem {
                None => assert_eq!(told, None),
                Some(problem) => {
                    assert!(
                        told.as_ref().is_some_and(|told| told.starts_with(problem)),
                        "{told:?}"
                    );
                }
            }
        }
        assert_eq!(CrmConfig::default().dispositions_problem(), None);
        let long = "x".repeat(65);
        assert!(with(&[&long]).dispositions_problem().is_some());
    }
}
