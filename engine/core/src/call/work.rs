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
                let text = self.without_secrets(&text);
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
        }
    }

    fn without_secrets(&self, line: &str) -> String {
        let lang = self.language_of(line, None);
        redact_typed(&self.config.redaction, &self.lexicon, lang, line.trim())
    }

    /// Does it, and tells what has changed by it.
    pub(super) fn work(&mut self, Order { wish, by }: Order, now: Instant) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let told = match wish {
            Wish::EditPromise { number, text, due } => {
                assist.promises.edit(number, (text, due), &by)
            }
            Wish::RemovePromise(number) => assist.promises.remove(number, &by),
        };
        if let Some(kind) = told {
            let at = self.here(now);
            self.emit(Event::of_the_call(at, at, kind));
        }
    }
}
