//! Calls that an rtpengine carries.

use sidetone_core::describe::CallDescription;
use sidetone_types::id::CallId;
use tokio::sync::{mpsc, oneshot};

use super::{Action, Api, ApiError, Principal};

/// A call of an rtpengine that is to be listened to.
#[derive(Clone)]
pub struct TapCall {
    /// Its id there.
    pub at_rtpengine: String,
    /// The customer's SIP tag; empty if it is not known.
    pub customer_tag: String,
    /// The id that it is to have here.
    pub id: Option<CallId>,
    /// What is known of it. Its legs are found at rtpengine.
    pub description: CallDescription,
}

/// A call that somebody waits for.
pub struct TapRequest {
    /// Which one.
    pub call: TapCall,
    /// Told once it is heard, or why it is not.
    pub done: oneshot::Sender<Result<CallId, ApiError>>,
}

impl Api {
    /// Taps are taken there from now on.
    pub(crate) fn take_taps(&self, taps: mpsc::Sender<TapRequest>) {
        // There is one rtpengine, which is opened once.
        let _ = self.0.taps.set(taps);
    }

    /// Listens to a call that an rtpengine carries.
    pub async fn tap_call(&self, principal: &Principal, call: TapCall) -> Result<CallId, ApiError> {
        self.permit(principal, Action::OpenCall)?;
        let Some(taps) = self.0.taps.get() else {
            let why = "no rtpengine is known: `doors.rtpengine.control` has to name one";
            return Err(ApiError::Invalid(why.to_owned()));
        };
        let stops = || ApiError::Unavailable("the engine is shutting down".to_owned());
        let (done, answer) = oneshot::channel();
        let sent = taps.send(TapRequest { call, done }).await;
        sent.map_err(|_| stops())?;
        answer.await.unwrap_or_else(|_| Err(stops()))
    }

    /// Whether a call is open.
    pub fn is_open(&self, principal: &Principal, id: &CallId) -> Result<bool, ApiError> {
        self.permit(principal, Action::ListCalls)?;
        Ok(self.0.calls.is_open(id))
    }
}
