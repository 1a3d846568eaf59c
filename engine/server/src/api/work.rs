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

    /// What the agent of an open call has typed, in the place of revision `over`; the note that is
    /// written after the call has it.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, another text has taken that place, or it cannot be
    /// taken.
    pub async fn set_memo(
        &self,
        principal: &Principal,
        id: &CallId,
        (text, over): (String, u64),
        by: &str,
    ) -> Result<(), ApiError> {
        match over {
            0 => {
                let asked = ("set_memo", id);
                self.permit_live_as(principal, Right::ReviewNotes, asked)
                    .await?;
            }
            // While somebody types it is written down once.
            _ => {
                let owners = self.owners(id).unwrap_or_default();
                self.permit_again(principal, Right::ReviewNotes, &owners)?;
            }
        }
        self.work(principal, id, Wish::Memo { text, over }, by)
            .await
    }

    /// Something of an open call is to stay in sight, or need not any more.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, it has nothing like that, or too much is pinned.
    pub async fn pin(
        &self,
        principal: &Principal,
        id: &CallId,
        (pin, stays): (String, bool),
        by: &str,
    ) -> Result<(), ApiError> {
        let (action, wish): (_, fn(String) -> Wish) = match stays {
            true => ("pin", Wish::Pin),
            false => ("unpin", Wish::Unpin),
        };
        self.permit_live_as(principal, Right::ReviewNotes, (action, id))
            .await?;
        self.work(principal, id, wish(pin), by).await
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
