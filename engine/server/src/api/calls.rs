//! Calls while they go on.

use std::net::SocketAddr;

use sidetone_access::Right;
use sidetone_core::describe::{CallDescription, LegDescription, LegName};
use sidetone_core::event_log::{Filter, Start};
use sidetone_types::class::Clearance;
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use tokio::sync::mpsc;

use super::events::View;
use super::permit::Owners;
use super::{Api, ApiError, Follower, LiveCall, Principal};
use crate::calls::{CallUpdate, Media, OpenedBy, StreamItem};
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
        self.permit_opening(principal, id.as_ref()).await?;
        let by = self.opened_by(principal);
        let opened = self.0.calls.open(by, id, description, Media::Rtp).await?;
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
        self.permit_opening(principal, None).await?;
        let media = Media::Datagrams(queues);
        let by = self.opened_by(principal);
        let opened = self.0.calls.open(by, None, description, media).await?;
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
        let sees = self.permit_opening(principal, id.as_ref()).await?;
        let place = self.follower_place()?;
        let before = self.0.bus.last();
        let by = self.opened_by(principal);
        let media = Media::Stream(audio);
        let opened = self.0.calls.open(by, id, description, media).await?;
        let filter = Filter {
            call_id: Some(opened.id.clone()),
            ..Filter::default()
        };
        let view = View::of_all(principal, sees);
        let follower = self.follow(place, (Start::After(before), filter), view);
        Ok((opened.id, follower))
    }

    /// Follows a call that `principal` has opened, from `start` on: its stream has come back.
    pub async fn rejoin_call(
        &self,
        principal: &Principal,
        id: &CallId,
        start: Start,
    ) -> Result<Follower, ApiError> {
        let sees = self.permit_opening(principal, Some(id)).await?;
        // A call that somebody else has opened is as one that is not there.
        if !self
            .owners(id)
            .is_some_and(|owners| owners.opened(principal))
        {
            let missing = "no call of this id waits for its stream to come back";
            return Err(ApiError::NotFound(missing.to_owned()));
        }
        let place = self.follower_place()?;
        let filter = Filter {
            call_id: Some(id.clone()),
            ..Filter::default()
        };
        let view = View::of_all(principal, sees);
        Ok(self.follow(place, (start, filter), view))
    }

    async fn permit_opening(
        &self,
        who: &Principal,
        id: Option<&CallId>,
    ) -> Result<Clearance, ApiError> {
        let id = id.map_or("", CallId::as_str);
        self.permit(who, Right::OpenCalls, (id, None)).await
    }

    fn opened_by<'a>(&'a self, who: &'a Principal) -> OpenedBy<'a> {
        OpenedBy {
            entrance: &self.1,
            name: who.name(),
        }
    }

    /// A leg for a call that is open and comes over a stream.
    pub fn stream_leg(
        &self,
        principal: &Principal,
        id: &CallId,
        leg: LegDescription,
    ) -> Result<StreamItem, ApiError> {
        let owners = self.owners(id).unwrap_or_default();
        self.permit_again(principal, Right::ChangeCalls, &owners)?;
        Ok(StreamItem::Leg(leg, self.0.calls.more_legs(1)))
    }

    /// Changes a call that is open. Says where the legs that are added are to be sent.
    pub async fn update_call(
        &self,
        principal: &Principal,
        id: &CallId,
        mut update: CallUpdate,
    ) -> Result<Vec<Advertised>, ApiError> {
        let corrects = !update.corrections.is_empty();
        let records = update.recording.is_some();
        if corrects {
            self.permit_live(principal, Right::CorrectCalls, id).await?;
        }
        if records {
            self.permit_live(principal, Right::ControlRecordings, id)
                .await?;
        }
        if !(corrects || records) || update.changes_the_call() {
            self.permit_live(principal, Right::ChangeCalls, id).await?;
        }
        if principal.is_known() {
            for correction in &mut update.corrections {
                principal.name().clone_into(&mut correction.by);
            }
            if let Some((_, by)) = &mut update.recording {
                principal.name().clone_into(by);
            }
        }
        let addresses = self.0.calls.update(id, update).await?.into_iter();
        let addresses = addresses.map(|(leg, address)| self.advertised(leg, address));
        Ok(addresses.collect())
    }

    /// Ends a call.
    pub async fn close_call(
        &self,
        principal: &Principal,
        id: &CallId,
        reason: EndReason,
    ) -> Result<(), ApiError> {
        self.permit_live(principal, Right::CloseCalls, id).await?;
        match self.0.calls.hang_up(id, reason) {
            true => Ok(()),
            false => Err(ApiError::NotFound(format!("no call `{id}` is open"))),
        }
    }

    /// The calls that are open and that `principal` may see, the oldest first.
    pub async fn list_calls(&self, principal: &Principal) -> Result<Vec<LiveCall>, ApiError> {
        self.permit(principal, Right::ListCalls, ("", None)).await?;
        let shown = self.0.calls.list().into_iter().filter_map(|call| {
            let owners = Owners::of_live(&call);
            let sees = self.permit_again(principal, Right::ListCalls, &owners);
            Some(LiveCall::shown(call, sees.ok()?))
        });
        Ok(shown.collect())
    }
}
