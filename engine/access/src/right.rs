//! What can be done with the engine at all.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

macro_rules! rights {
    ($($(#[doc = $about:literal])+ $name:ident = $text:literal, $of_calls:literal;)+) => {
        /// Something that can be asked for.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[serde(rename_all = "snake_case")]
        pub enum Right {
            $($(#[doc = $about])+ $name,)+
        }

        impl Right {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name in files, in the audit and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What it is, in one line.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($about),+),)+ }
            }

            /// Whether it is asked for with a call: then it matters whose call it is.
            pub const fn is_of_calls(self) -> bool {
                match self { $(Self::$name => $of_calls,)+ }
            }
        }
    };
}

rights! {
    /// Open calls, and send their audio.
    OpenCalls = "open_calls", false;
    /// Change what is known of a call, and who takes part in it.
    ChangeCalls = "change_calls", true;
    /// Write down what was said where it was misheard.
    CorrectCalls = "correct_calls", true;
    /// Begin, pause and end the recording of a call, and say whether people agree to it.
    ControlRecordings = "control_recordings", true;
    /// End a call.
    CloseCalls = "close_calls", true;
    /// See which calls are open.
    ListCalls = "list_calls", true;
    /// Follow events as they happen.
    Follow = "follow", true;
    /// Read what was said in a call, and what was made of it.
    ReadCalls = "read_calls", true;
    /// Hear the recording of a call.
    HearCalls = "hear_calls", true;
    /// Search what was said.
    Search = "search", true;
    /// Say whether a card helped.
    RateCards = "rate_cards", true;
    /// Say that an alert was seen.
    Acknowledge = "acknowledge", true;
    /// Take care of a call, and write to its agent.
    Supervise = "supervise", true;
    /// Have a note written to the CRM again.
    RetryNotes = "retry_notes", true;
    /// Read over a note before the CRM has it, change it and have it written.
    ReviewNotes = "review_notes", true;
    /// See the rules.
    ReadRules = "read_rules", false;
    /// Read articles, and search them.
    ReadKnowledge = "read_knowledge", false;
    /// Edit articles and rules, try them on past calls and publish them.
    EditKnowledge = "edit_knowledge", false;
    /// See customers, tickets and tasks of the CRM that comes with the program.
    ReadCustomers = "read_customers", false;
    /// Add and change customers there, close tickets, tick off tasks.
    EditCustomers = "edit_customers", false;
    /// See what the engine counts.
    ReadMetrics = "read_metrics", false;
    /// See what people report to hurt them.
    ReadFriction = "read_friction", false;
    /// Set thresholds on what the engine counts.
    EditThresholds = "edit_thresholds", false;
    /// See what comes in at the doors.
    ReadDoors = "read_doors", false;
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Nothing that can be done is called this.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no right; `sidetone access rights` lists what there is")]
pub struct UnknownRight(pub String);

impl FromStr for Right {
    type Err = UnknownRight;

    fn from_str(text: &str) -> Result<Self, UnknownRight> {
        let known = Self::ALL.iter().find(|right| right.as_str() == text);
        known.copied().ok_or_else(|| UnknownRight(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_right_reads_back_and_says_what_it_is() {
        for right in Right::ALL {
            assert_eq!(right.to_string().parse(), Ok(*right));
            assert!(right.about().ends_with('.'), "{right}: {}", right.about());
        }
        let error = "fly".parse::<Right>().expect_err("no right");
        assert!(error.to_string().contains("`fly`"), "{error}");
    }
}
