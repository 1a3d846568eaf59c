//! What an agent puts right while the call goes on.

use jiff::civil::Date;
use sidetone_access::Right;
use sidetone_core::agent_work::{Order, Wish};
use sidetone_types::id::CallId;

use super::supervision::named;
use super::{Api, ApiError, Principal};
use crate::calls::CallUpdate;

impl Api {
    /// A promise of an open call is put right; the note that is written after the call has it like
    /// that.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, the promise does not stand, or its text cannot be
    /// taken.
    pub async fn edit_promise(
        &self,
        principal: &Principal,
        id: &CallId,
        (number, text, due): (u64, String, Option<Date>),
        by: &str,
    ) -> Result<(), ApiError> {
        let asked = ("edit_promise", id);
        self.permit_live_as(principal, Right::ReviewNotes, asked)
            .await?;
        let wish = Wish::EditPromise { number, text, due };
        self.work(principal, id, wish, by).await
    }

    /// A promise of an open call is to stand no more.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, or the promise does not stand.
    pub async fn remove_promise(
        &self,
        principal: &Principal,
        id: &CallId,
        number: u64,
        by: &str,
    ) -> Result<(), ApiError> {
        let asked = ("remove_promise", id);
        self.permit_live_as(principal, Right::ReviewNotes, asked)
            .await?;
        self.work(principal, id, Wish::RemovePromise(number), by)
            .await
    }

    async fn work(
        &self,
        who: &Principal,
        id: &CallId,
        wish: Wish,
        by: &str,
    ) -> Result<(), ApiError> {
        let order = Order {
            wish,
            by: named(who, by)?,
        };
        let update = CallUpdate {
            work: Some(order),
            ..CallUpdate::default()
        };
        self.0.calls.update(id, update).await?;
        Ok(())
    }
}
