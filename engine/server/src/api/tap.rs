//! Calls that an rtpengine carries.

use sidetone_core::describe::CallDescription;
use sidetone_types::id::CallId;
use tokio::sync::{mpsc, oneshot};

use sidetone_access::Right;

use super::{Api, ApiError, Principal};

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
    /// Who asks.
    pub by: Principal,
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
        let which = call.at_rtpengine.clone();
        let asked = (which.as_str(), None);
        let sees = self.permit(principal, Right::OpenCalls, asked).await?;
        let Some(taps) = self.0.taps.get() else {
            let why = "no rtpengine is known: `doors.rtpengine.control` has to name one";
            return Err(ApiError::Invalid(why.to_owned()));
        };
        let stops = || ApiError::Unavailable("the engine is shutting down".to_owned());
        let (done, answer) = oneshot::channel();
        let sent = taps
            .send(TapRequest {
                call,
                by: principal.let_in(sees),
                done,
            })
            .await;
        sent.map_err(|_| stops())?;
        answer.await.unwrap_or_else(|_| Err(stops()))
    }

    /// Whether a call is open, for the door that has opened it.
    pub(crate) fn is_open(&self, id: &CallId) -> bool {
        self.0.calls.is_open(id)
    }
}
