//! Calls that several connections bring parts of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sidetone_types::id::{CallId, LegId};
use tokio::sync::mpsc::{Sender, WeakSender};

use crate::calls::StreamItem;

/// Those that are open, by what their connections say the same.
#[derive(Clone, Default)]
pub(super) struct Joined(Arc<Inner>);

#[derive(Default)]
struct Inner {
    calls: Mutex<HashMap<String, Call>>,
    turn: tokio::sync::Mutex<()>,
}

struct Call {
    id: CallId,
    legs: usize,
    /// The call ends with the last connection that holds one.
    to_call: WeakSender<StreamItem>,
}

impl Joined {
    /// Connections of one call may come at the same moment: one looks for it and opens it at a time.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// A call has been opened by one of its connections.
    pub fn open(&self, key: String, id: CallId, legs: usize, to_call: &Sender<StreamItem>) {
        let mut calls = self.0.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|_, call| call.to_call.strong_count() > 0);
        let to_call = to_call.downgrade();
        calls.insert(key, Call { id, legs, to_call });
    }

    /// The call of that key, if it is open, and the place of a leg that a connection adds.
    pub fn join(&self, key: &str) -> Option<(CallId, LegId, Sender<StreamItem>)> {
        let mut calls = self.0.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let call = calls.get_mut(key)?;
        let to_call = call.to_call.upgrade()?;
        let leg = LegId(call.legs);
        call.legs += 1;
        Some((call.id.clone(), leg, to_call))
    }
}
