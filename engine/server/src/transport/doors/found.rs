//! Calls that media servers describe, whose sound comes as RTP.

use std::net::SocketAddr;
use std::time::Duration;

use sidetone_core::describe::{LegDescription, LegName, Source};
use sidetone_doors::{Found, Heard};
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use sidetone_types::party::Role;
use tokio::time::{Instant, timeout_at};

use super::{Door, describe};
use crate::api::{Advertised, ApiError, TapCall};
use crate::calls::CallUpdate;

/// Where legs are heard.
pub(super) type Addresses = Vec<(LegName, SocketAddr)>;

/// Opens a call, `asked` for by somebody who knows more of it than its media server.
pub(super) async fn open(
    door: &Door,
    found: Found,
    asked: Option<TapCall>,
) -> Result<(CallId, Addresses), ApiError> {
    let (names, api, who) = (&door.config.doors.fields, &door.api, &door.who);
    let (told, mut described) = describe::of_fields(found.fields, names, api.defaults());
    let (id, is_chosen) = match asked {
        None => (told, false),
        Some(call) => {
            let metadata = std::mem::take(&mut described.metadata);
            described = call.description;
            for (name, value) in metadata {
                described.metadata.entry(name).or_insert(value);
            }
            let is_chosen = call.id.is_some();
            (call.id.or(told), is_chosen)
        }
    };
    described.legs = found.legs.into_iter().map(leg).collect();
    let mut agents = described.legs.iter_mut().map(|leg| &mut leg.party);
    if let Some(agent) = agents.find(|party| party.role == Role::Agent) {
        // The leg keeps its name.
        agent.id = described.agent_id.as_str().into();
    }
    let mut opened = api.open_call(who, id, described.clone()).await;
    // An engine that comes back in mid-call has had it before.
    if matches!(opened, Err(ApiError::Exists(_))) && !is_chosen {
        opened = api.open_call(who, None, described).await;
    }
    let (id, legs) = opened?;
    match resolved(legs).await {
        Ok(addresses) => Ok((id, addresses)),
        Err(error) => {
            // It may have ended by itself.
            let _ = api.close_call(who, &id, EndReason::Closed).await;
            Err(error)
        }
    }
}

/// Changes a call. Where its new legs are heard.
pub(super) async fn update(
    door: &Door,
    id: &CallId,
    update: CallUpdate,
) -> Result<Addresses, ApiError> {
    let legs = door.api.update_call(&door.who, id, update).await?;
    resolved(legs).await
}

/// A leg over RTP.
pub(super) fn leg(heard: Heard) -> LegDescription {
    LegDescription::new(heard.party, Source::Rtp(heard.payloads))
}

/// Where media are to be sent: SDP takes addresses alone, as far as all peers go.
async fn resolved(legs: Vec<Advertised>) -> Result<Addresses, ApiError> {
    /// A name that takes longer is of no use to a call that goes on.
    const RESOLVES_WITHIN: Duration = Duration::from_secs(2);
    let end = Instant::now() + RESOLVES_WITHIN;
    let mut addresses = Vec::new();
    for Advertised { leg, host, port } in legs {
        let found = timeout_at(end, tokio::net::lookup_host((host.as_str(), port))).await;
        let first = match found {
            Ok(Ok(mut found)) => found.next(),
            Ok(Err(_)) | Err(_) => None,
        };
        let first = first.ok_or_else(|| {
            ApiError::Unavailable(format!("`media.advertise` `{host}` has no address"))
        })?;
        addresses.push((leg, first));
    }
    Ok(addresses)
}
