//! What those who look after calls want of this one.

use std::time::Instant;

use sidetone_types::event::Event;

use super::Call;
use crate::redaction::redact_typed;
use crate::supervision::{Order, SupervisionError, Wish};

impl Call {
    /// The same as it may be told: of a message, the line without its secrets. Or what keeps it from
    /// being done.
    pub fn supervised(&self, order: Order) -> Result<Order, SupervisionError> {
        self.supervision.check(&order)?;
        let Wish::Write(text) = &order.wish else {
            return Ok(order);
        };
        let lang = self.language_of(text, None);
        let line = redact_typed(&self.config.redaction, &self.lexicon, lang, text.trim());
        match line.is_empty() {
            true => Err(SupervisionError::Empty),
            false => Ok(Order {
                wish: Wish::Write(line),
                ..order
            }),
        }
    }

    /// Does it, and tells what has changed by it.
    pub(super) fn supervise(&mut self, order: Order, now: Instant) {
        if let Some(kind) = self.supervision.take(order) {
            let at = self.here(now);
            self.emit(Event::of_the_call(at, at, kind));
        }
    }
}
