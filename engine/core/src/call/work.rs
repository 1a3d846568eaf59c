//! What an agent puts right while the call goes on.

use std::time::Instant;

use sidetone_types::event::Event;

use super::Call;
use crate::agent_work::{Order, Wish, WorkError, check_promise};
use crate::redaction::redact_typed;
use crate::wrap_up::NoPromise;

impl Call {
    /// The same as it may be told: without secrets. Or what keeps it from being done.
    ///
    /// # Errors
    ///
    /// The promise does not stand, or its text cannot be taken.
    pub fn worked(&self, order: Order) -> Result<Order, WorkError> {
        let stands = |number: u64| {
            let list = self.assist.as_ref().map(|assist| &assist.promises);
            match list.is_some_and(|list| list.stands(number)) {
                true => Ok(()),
                false => Err(NoPromise(number)),
            }
        };
        match order.wish {
            Wish::EditPromise { number, text, due } => {
                stands(number)?;
                check_promise(&text)?;
                let text = self.masked(text.trim());
                match text.is_empty() {
                    true => Err(WorkError::NoWords),
                    false => Ok(Order {
                        wish: Wish::EditPromise { number, text, due },
                        ..order
                    }),
                }
            }
            Wish::RemovePromise(number) => {
                stands(number)?;
                Ok(order)
            }
            Wish::Memo { text, over } => {
                self.by_hand.check_memo(&text, over)?;
                // As a whole: a number may go on in the next line.
                let text = self.masked(text.trim_end());
                Ok(Order {
                    wish: Wish::Memo { text, over },
                    ..order
                })
            }
            Wish::Pin(ref pin) => {
                self.by_hand.check_pin(pin, self.last_utterance)?;
                Ok(order)
            }
            Wish::NotThem if !self.identity.is_known() => Err(WorkError::NobodyKnown),
            Wish::Unpin(_) | Wish::Choose(_) | Wish::NotThem => Ok(order),
        }
    }

    /// What somebody types, without secrets; the space around it stays.
    fn masked(&self, line: &str) -> String {
        let lang = self.language_of(line, None);
        redact_typed(&self.config.redaction, &self.lexicon, lang, line)
    }

    /// Does it, and tells what has changed by it.
    pub(super) fn work(&mut self, Order { wish, by }: Order, now: Instant) {
        let wish = match wish {
            Wish::Choose(customer) => {
                let shown = self.identity.choose(*customer);
                return self.show_customer(shown);
            }
            Wish::NotThem => {
                let shown = self.identity.undo();
                return self.show_customer(shown);
            }
            wish => wish,
        };
        let promises = self.assist.as_mut().map(|assist| &mut assist.promises);
        let told = match wish {
            Wish::EditPromise { number, text, due } => {
                promises.and_then(|list| list.edit(number, (text, due), &by))
            }
            Wish::RemovePromise(number) => promises.and_then(|list| list.remove(number, &by)),
            Wish::Memo { text, .. } => self.by_hand.type_memo(text, &by),
            Wish::Pin(pin) => self.by_hand.pin(pin, &by),
            Wish::Unpin(pin) => self.by_hand.unpin(&pin, &by),
            Wish::Choose(_) | Wish::NotThem => None,
        };
        if let Some(kind) = told {
            let at = self.here(now);
            self.emit(Event::of_the_call(at, at, kind));
        }
    }
}
