//! Who takes care of a call, and what they write to its agent.
//!
//! A call has one who takes care of it: whoever comes second is told who was first. Messages are read in
//! any order, each once.

use std::collections::BTreeSet;
use std::fmt;

use sidetone_types::controls::{controls, is_blank};
use sidetone_types::event::{AlertSeen, Claimed, EventKind, Message, MessageRead, Released};

/// Longest message, in characters: what an agent reads at a glance.
pub const LONGEST_MESSAGE: usize = 500;

/// What somebody wants who looks after calls.
#[derive(Clone, Eq, PartialEq)]
pub enum Wish {
    /// To take care of it.
    Claim,
    /// That nobody takes care of it any more.
    Release,
    /// To write to its agent, who reads this.
    Write(String),
    /// To say that a message was read.
    Read(u64),
    /// To say that an alert was seen.
    Seen(u64),
}

/// What is wanted, and by whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    /// What.
    pub wish: Wish,
    /// Who, by the name that others know.
    pub by: String,
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim => f.write_str("Claim"),
            Self::Release => f.write_str("Release"),
            Self::Write(text) => write!(f, "Write({} bytes)", text.len()),
            Self::Read(message) => write!(f, "Read({message})"),
            Self::Seen(alert) => write!(f, "Seen({alert})"),
        }
    }
}

/// Something that cannot be done for somebody who looks after calls.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SupervisionError {
    /// Somebody was first.
    #[error("`{0}` takes care of this call already")]
    Taken(String),
    /// Nobody has written that.
    #[error("message {0} was never written in this call")]
    NoMessage(u64),
    /// A message without words.
    #[error("a message needs words")]
    Empty,
    /// More than an agent reads while they speak.
    #[error("a message holds at most {LONGEST_MESSAGE} characters, and this one has {0}")]
    TooLong(usize),
    /// It is no line of text.
    #[error(
        "a message is one line: leave out line breaks, and characters that control or are not seen"
    )]
    NotALine,
}

/// How a call stands with those who look after it.
#[derive(Debug, Default)]
pub struct Supervision {
    claimed: Option<String>,
    written: u64,
    unread: BTreeSet<u64>,
    seen: BTreeSet<u64>,
}

impl Supervision {
    /// Finds what keeps `order` from being done.
    pub fn check(&self, order: &Order) -> Result<(), SupervisionError> {
        match &order.wish {
            Wish::Claim => match &self.claimed {
                Some(first) if *first != order.by => Err(SupervisionError::Taken(first.clone())),
                _ => Ok(()),
            },
            Wish::Write(text) => check_message(text),
            Wish::Read(message) if !(1..=self.written).contains(message) => {
                Err(SupervisionError::NoMessage(*message))
            }
            Wish::Release | Wish::Read(_) | Wish::Seen(_) => Ok(()),
        }
    }

    /// Does it, and gives what is to be told; `None` where it is so already.
    pub fn take(&mut self, Order { wish, by }: Order) -> Option<EventKind> {
        match wish {
            Wish::Claim if self.claimed.is_none() => {
                self.claimed = Some(by.clone());
                Some(EventKind::Claimed(Claimed { by }))
            }
            Wish::Claim => None,
            Wish::Release => {
                self.claimed.take()?;
                Some(EventKind::Released(Released { by }))
            }
            Wish::Write(text) => {
                self.written += 1;
                let message = self.written;
                self.unread.insert(message);
                Some(EventKind::Message(Message { message, text, by }))
            }
            Wish::Read(message) => {
                let unread = self.unread.remove(&message);
                unread.then_some(EventKind::MessageRead(MessageRead { message, by }))
            }
            Wish::Seen(alert) => {
                let new = self.seen.insert(alert);
                new.then_some(EventKind::AlertSeen(AlertSeen { alert, by }))
            }
        }
    }
}

/// Finds what keeps a text from being a message.
///
/// # Errors
///
/// It is empty, too long, or no line.
pub fn check_message(text: &str) -> Result<(), SupervisionError> {
    let text = text.trim();
    let characters = text.chars().count();
    if is_blank(text) && !text.chars().any(controls) {
        Err(SupervisionError::Empty)
    } else if characters > LONGEST_MESSAGE {
        Err(SupervisionError::TooLong(characters))
    } else if text.chars().any(controls) {
        Err(SupervisionError::NotALine)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(wish: Wish, by: &str) -> Order {
        Order {
            wish,
            by: by.to_owned(),
        }
    }

    #[test]
    fn whoever_comes_second_is_told_who_was_first_until_the_call_is_given_up() {
        let mut call = Supervision::default();
        assert!(call.take(order(Wish::Release, "ann")).is_none(), "nobody's");
        let claimed = call.take(order(Wish::Claim, "ann"));
        assert!(matches!(claimed, Some(EventKind::Claimed(Claimed { by })) if by == "ann"));
        let second = call.check(&order(Wish::Claim, "bob"));
        assert_eq!(second, Err(SupervisionError::Taken("ann".to_owned())));
        let again = order(Wish::Claim, "ann");
        assert_eq!(call.check(&again), Ok(()));
        assert!(call.take(again).is_none(), "it is so already");
        let released = call.take(order(Wish::Release, "bob"));
        assert!(matches!(released, Some(EventKind::Released(Released { by })) if by == "bob"));
        assert_eq!(call.check(&order(Wish::Claim, "bob")), Ok(()));
    }

    #[test]
    fn a_message_is_read_once_and_only_if_it_was_written() {
        let mut call = Supervision::default();
        let none = call.check(&order(Wish::Read(1), "agent-7"));
        assert_eq!(none, Err(SupervisionError::NoMessage(1)));
        for number in 1..=2 {
            let wish = Wish::Write("Offer the refund".to_owned());
            let told = call.take(order(wish, "ann"));
            assert!(
                matches!(told, Some(EventKind::Message(Message { message, .. })) if message == number)
            );
        }
        let read = order(Wish::Read(2), "agent-7");
        assert_eq!(call.check(&read), Ok(()));
        assert!(call.take(read.clone()).is_some());
        assert_eq!(call.check(&read), Ok(()));
        assert!(call.take(read).is_none(), "told once");
        assert!(call.take(order(Wish::Seen(3), "agent-7")).is_some());
        assert!(
            call.take(order(Wish::Seen(3), "ann")).is_none(),
            "told once"
        );
    }

    #[test]
    fn a_message_is_a_line_of_some_length() {
        let call = Supervision::default();
        for (text, expected) in [
            ("  \n ".to_owned(), Err(SupervisionError::Empty)),
            ("请".repeat(500), Ok(())),
            ("请".repeat(501), Err(SupervisionError::TooLong(501))),
            ("two\nlines".to_owned(), Err(SupervisionError::NotALine)),
            ("pasted\n".to_owned(), Ok(())),
        ] {
            let wish = Wish::Write(text);
            assert_eq!(call.check(&order(wish, "ann")), expected);
        }
    }
}
