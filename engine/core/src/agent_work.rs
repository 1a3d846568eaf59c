//! What an agent puts right and keeps by hand while the call goes on.

use std::fmt;

use jiff::civil::Date;
use sidetone_types::controls::controls;
use sidetone_types::customer::Customer;
use sidetone_types::event::{EventKind, Memo, Pinned, Unpinned};

use crate::wrap_up::NoPromise;

/// Longest text of a promise, in characters.
pub const LONGEST_PROMISE: usize = 500;

/// Longest text that an agent may type in a call, in characters.
pub const LONGEST_MEMO: usize = 4_000;
/// Most things that may be pinned in a call.
pub const MOST_PINS: usize = 20;
/// Longest name of something that is pinned, in bytes.
const LONGEST_PIN: usize = 200;

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
    /// What they have typed, in the place of what stood there.
    Memo {
        /// All of it.
        text: String,
        /// The revision that it takes the place of; 0 for the first.
        over: u64,
    },
    /// Something is to stay in sight.
    Pin(String),
    /// It need not any more.
    Unpin(String),
    /// The call is with this customer.
    Choose(Box<Customer>),
    /// It is not with whom it is shown to be.
    NotThem,
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EditPromise { number, .. } => write!(f, "EditPromise({number})"),
            Self::RemovePromise(number) => write!(f, "RemovePromise({number})"),
            Self::Memo { text, over } => write!(f, "Memo({} bytes over {over})", text.len()),
            Self::Pin(pin) => write!(f, "Pin({pin})"),
            Self::Unpin(pin) => write!(f, "Unpin({pin})"),
            Self::Choose(customer) => write!(f, "Choose({})", customer.customer_id.len()),
            Self::NotThem => f.write_str("NotThem"),
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
    /// Somebody else was quicker.
    #[error(
        "what was typed in this call has changed since (revision {0} now): read it, and send yours over that"
    )]
    OldMemo(u64),
    /// More than anybody reads after a call.
    #[error("what is typed in a call holds at most {LONGEST_MEMO} characters, and this has {0}")]
    LongMemo(usize),
    /// It has characters that are no text.
    #[error("what is typed has characters that control or are not seen: leave them out")]
    NoText,
    /// There is nothing like that to be pinned.
    #[error(
        "nothing in this call is called that: pin `utterance-N`, or `card-N-ARTICLE`, where N is an utterance"
    )]
    NoPin,
    /// Nothing would stand out any more.
    #[error("at most {MOST_PINS} things are pinned in a call: unpin some")]
    TooManyPins,
    /// It is with nobody who is known.
    #[error("it is not known whom this call is with: there is nothing to undo")]
    NobodyKnown,
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

/// What the agent of a call has typed and pinned so far.
#[derive(Debug, Default)]
pub struct ByHand {
    memo: String,
    revision: u64,
    pins: Vec<String>,
}

impl ByHand {
    /// What is typed.
    pub fn memo(&self) -> &str {
        &self.memo
    }

    /// Finds what keeps a text from being kept over revision `over`.
    ///
    /// # Errors
    ///
    /// Another has taken its place, it is too long, or no text.
    pub fn check_memo(&self, text: &str, over: u64) -> Result<(), WorkError> {
        let characters = text.chars().count();
        if over != self.revision {
            Err(WorkError::OldMemo(self.revision))
        } else if characters > LONGEST_MEMO {
            Err(WorkError::LongMemo(characters))
        } else if text.chars().any(|c| controls(c) && c != '\n') {
            Err(WorkError::NoText)
        } else {
            Ok(())
        }
    }

    /// Finds what keeps something from being pinned, in a call of so many utterances.
    ///
    /// # Errors
    ///
    /// There is nothing like that, or too much is pinned.
    pub fn check_pin(&self, pin: &str, utterances: u64) -> Result<(), WorkError> {
        let utterance = match pin.split_once('-') {
            Some(("utterance", number)) => Some(number),
            Some(("card", rest)) => rest
                .split_once('-')
                .filter(|(_, article)| !article.is_empty())
                .map(|(number, _)| number),
            _ => None,
        };
        let number = utterance.and_then(|number| number.parse::<u64>().ok());
        let is_there = number.is_some_and(|number| (1..=utterances).contains(&number));
        if !is_there || pin.len() > LONGEST_PIN || pin.chars().any(controls) {
            Err(WorkError::NoPin)
        } else if self.pins.len() >= MOST_PINS && !self.pins.iter().any(|one| one == pin) {
            Err(WorkError::TooManyPins)
        } else {
            Ok(())
        }
    }

    /// Keeps what is typed; `None` where it stands so already.
    pub fn type_memo(&mut self, text: String, by: &str) -> Option<EventKind> {
        if text == self.memo {
            return None;
        }
        self.revision += 1;
        self.memo.clone_from(&text);
        Some(EventKind::Memo(Memo {
            text,
            revision: self.revision,
            by: by.to_owned(),
        }))
    }

    /// Has something stay in sight; `None` where it does already.
    pub fn pin(&mut self, pin: String, by: &str) -> Option<EventKind> {
        if self.pins.contains(&pin) {
            return None;
        }
        self.pins.push(pin.clone());
        let by = by.to_owned();
        Some(EventKind::Pinned(Pinned { pin, by }))
    }

    /// Has it stay in sight no more; `None` where it does not.
    pub fn unpin(&mut self, pin: &str, by: &str) -> Option<EventKind> {
        let at = self.pins.iter().position(|one| one == pin)?;
        let (pin, by) = (self.pins.remove(at), by.to_owned());
        Some(EventKind::Unpinned(Unpinned { pin, by }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_takes_the_place_of_what_its_writer_has_read_alone() {
        let mut hand = ByHand::default();
        assert_eq!(hand.check_memo("a\nb", 0), Ok(()));
        let told = hand.type_memo("a\nb".to_owned(), "ann");
        assert!(matches!(told, Some(EventKind::Memo(memo)) if memo.revision == 1));
        assert_eq!(hand.type_memo("a\nb".to_owned(), "ann"), None);
        assert_eq!(hand.check_memo("c", 0), Err(WorkError::OldMemo(1)));
        assert_eq!(hand.check_memo("c\u{202e}", 1), Err(WorkError::NoText));
        let long = "长".repeat(LONGEST_MEMO + 1);
        assert_eq!(
            hand.check_memo(&long, 1),
            Err(WorkError::LongMemo(LONGEST_MEMO + 1))
        );
        assert_eq!(hand.check_memo("", 1), Ok(()), "it may be emptied");
    }

    #[test]
    fn what_was_said_and_shown_is_pinned_once_and_not_too_much_of_it() {
        let mut hand = ByHand::default();
        for (pin, is_there) in [
            ("utterance-1", true),
            ("utterance-30", true),
            ("card-2-charged-twice-en", true),
            ("utterance-31", false),
            ("utterance-0", false),
            ("utterance-x", false),
            ("card-2", false),
            ("card-2-", false),
            ("alert-1", false),
            ("", false),
        ] {
            assert_eq!(hand.check_pin(pin, 30).is_ok(), is_there, "{pin}");
        }
        for at in 1..=MOST_PINS {
            assert!(hand.pin(format!("utterance-{at}"), "ann").is_some());
        }
        assert_eq!(hand.pin("utterance-1".to_owned(), "bo"), None);
        assert_eq!(hand.check_pin("utterance-1", 30), Ok(()));
        assert_eq!(
            hand.check_pin("utterance-30", 30),
            Err(WorkError::TooManyPins)
        );
        assert!(hand.unpin("utterance-1", "bo").is_some());
        assert_eq!(hand.unpin("utterance-1", "bo"), None);
        assert_eq!(hand.check_pin("utterance-30", 30), Ok(()));
    }

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
