//! What an agent puts right and keeps by hand while the call goes on.

use std::fmt;

use jiff::civil::Date;
use sidetone_types::controls::controls;

use crate::wrap_up::NoPromise;

/// Longest text of a promise, in characters.
pub const LONGEST_PROMISE: usize = 500;

/// What is wanted.
#[derive(Clone, Eq, PartialEq)]
pub enum Wish {
    /// A promise is to say this, and to be kept by that day.
    EditPromise {
        /// Its number.
        number: u64,
        /// A line.
        text: String,
        /// No day, where none is known.
        due: Option<Date>,
    },
    /// A promise is to stand no more.
    RemovePromise(u64),
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EditPromise { number, .. } => write!(f, "EditPromise({number})"),
            Self::RemovePromise(number) => write!(f, "RemovePromise({number})"),
        }
    }
}

/// What is wanted, and by whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    /// What.
    pub wish: Wish,
    /// Who, by the name that others know.
    pub by: String,
}

/// Something that cannot be done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WorkError {
    /// It does not stand.
    #[error(transparent)]
    NoPromise(#[from] NoPromise),
    /// A promise without words.
    #[error("a promise needs words; to take it out of the list, remove it")]
    NoWords,
    /// More than a promise says.
    #[error("a promise holds at most {LONGEST_PROMISE} characters, and this one has {0}")]
    TooLong(usize),
    /// It is no line of text.
    #[error(
        "a promise is one line: leave out line breaks, and characters that control or are not seen"
    )]
    NotALine,
}

/// Finds what keeps a text from being a promise's.
///
/// # Errors
///
/// It is empty, too long, or no line.
pub fn check_promise(text: &str) -> Result<(), WorkError> {
    let characters = text.trim().chars().count();
    match characters {
        0 => Err(WorkError::NoWords),
        _ if characters > LONGEST_PROMISE => Err(WorkError::TooLong(characters)),
        _ if text.trim().chars().any(controls) => Err(WorkError::NotALine),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_a_line_of_some_words() {
        assert_eq!(check_promise(" call Ann "), Ok(()));
        assert_eq!(check_promise("  "), Err(WorkError::NoWords));
        assert_eq!(check_promise("a\nb"), Err(WorkError::NotALine));
        let long = "长".repeat(LONGEST_PROMISE + 1);
        assert_eq!(
            check_promise(&long),
            Err(WorkError::TooLong(LONGEST_PROMISE + 1))
        );
    }
}
