//! Calls while they go on.

use std::net::SocketAddr;

use sidetone_core::describe::{CallDescription, LegDescription, LegName};
use sidetone_core::event_log::{Filter, Start};
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use tokio::sync::mpsc;

use super::{Action, Api, ApiError, Follower, Principal};
use crate::calls::{CallRecord, CallUpdate, Media, StreamItem};
use crate::config::Defaults;
use crate::ingest::Datagram;

/// Where a leg's RTP is to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Advertised {
    /// Which leg.
    pub leg: LegName,
    /// Host name or address.
    pub host: String,
    /// UDP port.
    pub port: u16,
}

impl Api {
    /// What a call is taken for where its description does not say.
    pub fn defaults(&self) -> &Defaults {
        &self.0.config.defaults
    }

    /// Opens a call that comes as RTP, and says where to send it.
    pub async fn open_call(
        &self,
        principal: &Principal,
        id: Option<CallId>,
        description: CallDescription,
    ) -> Result<(CallId, Vec<Advertised>), ApiError> {
        self.permit(principal, Action::OpenCall)?;
        let opened = self
            .0
            .calls
            .open(&self.1, id, description, Media::Rtp)
            .await?;
        let addresses = opened.addresses.into_iter();
        let addresses = addresses.map(|(leg, address)| self.advertised(leg, address));
        Ok((opened.id, addresses.collect()))
    }

    /// Opens a call whose RTP somebody else listens to: what comes for each leg is in its queue.
    pub async fn feed_call(
        &self,
        principal: &Principal,
        description: CallDescription,
        queues: Vec<mpsc::Receiver<Datagram>>,
    ) -> Result<CallId, ApiError> {
        self.permit(principal, Action::OpenCall)?;
        let media = Media::Datagrams(queues);
        let opened = self.0.calls.open(&self.1, None, description, media).await?;
        Ok(opened.id)
    }

    fn advertised(&self, leg: LegName, address: SocketAddr) -> Advertised {
        let configured = &self.0.config.media.advertise;
        let host = match configured.as_str() {
            "" => address.ip().to_string(),
            host => host.to_owned(),
        };
        Advertised {
            leg,
            host,
            port: address.port(),
        }
    }

    /// Opens a call whose audio comes from `audio` and ends with it, and follows its events to the
    /// last.
    pub async fn stream_call(
        &self,
        principal: &Principal,
        id: Option<CallId>,
        description: CallDescription,
        audio: mpsc::Receiver<StreamItem>,
    ) -> Result<(CallId, Follower), ApiError> {
        self.permit(principal, Action::OpenCall)?;
        let place = self.follower_place()?;
        let before = self.0.bus.last();
        let opened = self
            .0
            .calls
            .open(&self.1, id, description, Media::Stream(audio))
            .await?;
        let filter = Filter {
            call_id: Some(opened.id.clone()),
            ..Filter::default()
        };
        let follower = self.follow(place, Start::After(before), filter);
        Ok((opened.id, follower))
    }

    /// A leg for a call that is open and comes over a stream.
    pub fn stream_leg(
        &self,
        principal: &Principal,
        id: &CallId,
        leg: LegDescription,
    ) -> Result<StreamItem, ApiError> {
        self.permit(principal, Action::UpdateCall(id))?;
        Ok(StreamItem::Leg(leg, self.0.calls.more_legs(1)))
    }

    /// Changes a call that is open. Says where the legs that are added are to be sent.
    pub async fn update_call(
        &self,
        principal: &Principal,
        id: &CallId,
        update: CallUpdate,
    ) -> Result<Vec<Advertised>, ApiError> {
        self.permit(principal, Action::UpdateCall(id))?;
        let addresses = self.0.calls.update(id, update).await?.into_iter();
        let addresses = addresses.map(|(leg, address)| self.advertised(leg, address));
        Ok(addresses.collect())
    }

    /// Ends a call.
    pub fn close_call(
        &self,
        principal: &Principal,
        id: &CallId,
        reason: EndReason,
    ) -> Result<(), ApiError> {
        self.permit(principal, Action::CloseCall(id))?;
        match self.0.calls.hang_up(id, reason) {
            true => Ok(()),
            false => Err(ApiError::NotFound(format!("no call `{id}` is open"))),
        }
    }

    /// The calls that are open, the oldest first.
    pub fn list_calls(&self, principal: &Principal) -> Result<Vec<CallRecord>, ApiError> {
        self.permit(principal, Action::ListCalls)?;
        Ok(self.0.calls.list())
    }
}
