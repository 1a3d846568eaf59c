//! Opening calls that come as RTP, changing and closing them: as gRPC has it, in JSON.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize, de};
use sidetone_proto::v1;
use sidetone_proto::v1::leg_control::Control as WireControl;
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use sidetone_types::party::{Direction, Party, Role};

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::{Advertised, Api, ApiError, Principal};
use crate::convert::{self, RequestError};
use crate::transport::identify::Who;

/// A call to be opened. Only `legs` is needed.
// `flatten` hands over what else there is, and what `CallConfig` does not take of it is refused: a
// test below keeps watch over it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Opening {
    #[serde(flatten)]
    config: CallConfig,
    interim_results: Option<bool>,
    legs: Vec<Leg>,
}

/// A call of an rtpengine that is to be listened to. Only `rtpengine_call_id` is needed.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tap {
    rtpengine_call_id: String,
    customer_tag: String,
    #[serde(flatten)]
    config: CallConfig,
    interim_results: Option<bool>,
}

/// What is known of a call.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CallConfig {
    call_id: String,
    caller: String,
    callee: String,
    direction: Direction,
    agent_id: String,
    languages: Vec<String>,
    vocabulary: Vec<Phrase>,
    metadata: HashMap<String, String>,
    recording: Option<Wish>,
}

/// What is wanted of its recording.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wish {
    record: Option<bool>,
    class: String,
    consent: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    text: String,
    #[serde(default)]
    boost: f32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leg {
    role: Role,
    #[serde(default)]
    party_id: String,
    #[serde(default)]
    party_name: String,
    #[serde(default)]
    payloads: Vec<Payload>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    payload_type: u32,
    encoding: String,
    #[serde(default)]
    clock_rate: u32,
}

/// What is to change in a call.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Update {
    caller: Option<String>,
    callee: Option<String>,
    direction: Direction,
    metadata: HashMap<String, String>,
    controls: Vec<Control>,
    legs: Vec<Leg>,
    corrections: Vec<Correction>,
    recording: Option<Order>,
    /// Never there: whoever sends it is told how it is done.
    #[serde(deserialize_with = "no_agent")]
    agent_id: (),
}

/// What is wanted of the recording.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(rename = "do")]
    what: Wanted,
    #[serde(default)]
    by: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Start,
    Stop,
    Pause,
    Resume,
    ConsentGiven,
    ConsentRefused,
}

/// What was said instead of what was heard.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    utterance: u64,
    text: String,
    #[serde(default)]
    by: String,
}

/// Says how another agent takes a call.
fn no_agent<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    let why = "`agent_id` cannot be changed: let the agent join the leg, as in {\"controls\": \
               [{\"role\": \"agent\", \"do\": {\"join\": {\"role\": \"agent\", \"id\": \
               \"agent-7\"}}}]}; who takes part is told by `parties` of the call";
    Err(de::Error::custom(why))
}

/// What has become of a leg.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    role: Role,
    #[serde(default)]
    party_id: String,
    at_ms: Option<u64>,
    #[serde(rename = "do")]
    what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum What {
    Hold(bool),
    Mute(bool),
    Pause(bool),
    Join(Party),
    Leave,
    Dtmf {
        key: String,
        #[serde(default)]
        duration_ms: u64,
    },
    Payloads(Vec<Payload>),
}

/// Where to send the legs of a call.
#[derive(Serialize)]
pub(super) struct Opened {
    #[serde(skip_serializing_if = "String::is_empty")]
    call_id: String,
    addresses: Vec<Address>,
    /// What is odd about the request, for whoever wrote it.
    notices: Vec<String>,
}

#[derive(Serialize)]
struct Address {
    role: Role,
    party_id: String,
    host: String,
    port: u16,
}

impl From<Advertised> for Address {
    fn from(leg: Advertised) -> Self {
        Self {
            role: leg.leg.role,
            party_id: leg.leg.party.to_string(),
            host: leg.host,
            port: leg.port,
        }
    }
}

impl From<RequestError> for ApiError {
    fn from(error: RequestError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// Opens a call.
pub(super) async fn open(
    State(app): State<App>,
    Who(who): Who,
    Body(opening): Body<Opening>,
) -> Result<(StatusCode, Json<Opened>), Failure> {
    let opened = open_call(&app.api, &who, opening).await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

/// Opens a call, whichever protocol describes it so.
pub(super) async fn open_call(
    api: &Api,
    who: &Principal,
    opening: Opening,
) -> Result<Opened, ApiError> {
    let (id, description) = convert::rtp_call(opening.into(), api.defaults())?;
    let notices = api.notices(&description);
    let (id, addresses) = api.open_call(who, id, description).await?;
    Ok(Opened {
        call_id: id.to_string(),
        addresses: addresses.into_iter().map(Into::into).collect(),
        notices,
    })
}

/// A call that is listened to.
#[derive(Serialize)]
pub(super) struct Tapped {
    call_id: String,
    notices: Vec<String>,
}

/// Listens to a call of an rtpengine.
pub(super) async fn tap(
    State(app): State<App>,
    Who(who): Who,
    Body(tap): Body<Tap>,
) -> Result<(StatusCode, Json<Tapped>), Failure> {
    let call = convert::tap(tap.into(), app.api.defaults()).map_err(ApiError::from)?;
    let notices = app.api.notices(&call.description);
    let id = app.api.tap_call(&who, call).await?;
    let tapped = Tapped {
        call_id: id.to_string(),
        notices,
    };
    Ok((StatusCode::CREATED, Json(tapped)))
}

/// Changes a call that is open.
pub(super) async fn update(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(update): Body<Update>,
) -> Result<Json<Opened>, Failure> {
    Ok(Json(update_call(&app.api, &who, id, update).await?))
}

/// Changes a call, whichever protocol says so.
pub(super) async fn update_call(
    api: &Api,
    who: &Principal,
    id: String,
    update: Update,
) -> Result<Opened, ApiError> {
    let (id, update) = convert::call_update(update.of(id), api.defaults())?;
    let notices = api.notices_of_change(&update.change);
    let addresses = api.update_call(who, &id, update).await?;
    Ok(Opened {
        call_id: String::new(),
        addresses: addresses.into_iter().map(Into::into).collect(),
        notices,
    })
}

/// Ends a call that is open.
pub(super) async fn close(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let id = CallId::new(id);
    app.api.close_call(&who, &id, EndReason::Closed).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Opening> for v1::OpenCallRequest {
    fn from(opening: Opening) -> Self {
        Self {
            config: Some(opening.config.into()),
            legs: opening.legs.into_iter().map(Into::into).collect(),
            interim_results: opening.interim_results,
        }
    }
}

impl From<Tap> for v1::TapCallRequest {
    fn from(tap: Tap) -> Self {
        Self {
            config: Some(tap.config.into()),
            rtpengine_call_id: tap.rtpengine_call_id,
            customer_tag: tap.customer_tag,
            interim_results: tap.interim_results,
        }
    }
}

impl Update {
    /// The same, of the call of that id.
    fn of(self, call_id: String) -> v1::UpdateCallRequest {
        v1::UpdateCallRequest {
            recording: self.recording.map(Into::into),
            call_id,
            caller: self.caller,
            callee: self.callee,
            direction: convert::wire_direction(self.direction).into(),
            metadata: self.metadata,
            controls: self.controls.into_iter().map(Into::into).collect(),
            legs: self.legs.into_iter().map(Into::into).collect(),
            corrections: self.corrections.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Correction> for v1::Correction {
    fn from(correction: Correction) -> Self {
        Self {
            utterance_id: correction.utterance,
            text: correction.text,
            by: correction.by,
        }
    }
}

impl From<CallConfig> for v1::CallConfig {
    fn from(config: CallConfig) -> Self {
        Self {
            call_id: config.call_id,
            caller: config.caller,
            callee: config.callee,
            agent_id: config.agent_id,
            direction: convert::wire_direction(config.direction).into(),
            languages: config.languages,
            vocabulary: config.vocabulary.into_iter().map(Into::into).collect(),
            metadata: config.metadata,
            recording: config.recording.map(Into::into),
        }
    }
}

impl From<Wish> for v1::RecordingWish {
    fn from(
        Wish {
            record,
            class,
            consent,
        }: Wish,
    ) -> Self {
        Self {
            record,
            class,
            consent,
        }
    }
}

impl From<Order> for v1::RecordingOrder {
    fn from(order: Order) -> Self {
        use v1::recording_order::Action;
        let action = match order.what {
            Wanted::Start => Action::Start,
            Wanted::Stop => Action::Stop,
            Wanted::Pause => Action::Pause,
            Wanted::Resume => Action::Resume,
            Wanted::ConsentGiven => Action::ConsentGiven,
            Wanted::ConsentRefused => Action::ConsentRefused,
        };
        Self {
            action: action.into(),
            by: order.by,
        }
    }
}

impl From<Phrase> for v1::Phrase {
    fn from(Phrase { text, boost }: Phrase) -> Self {
        Self { text, boost }
    }
}

impl From<Leg> for v1::RtpLeg {
    fn from(leg: Leg) -> Self {
        Self {
            role: convert::wire_role(leg.role).into(),
            party_id: leg.party_id,
            party_name: leg.party_name,
            payloads: leg.payloads.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Payload> for v1::RtpPayload {
    fn from(payload: Payload) -> Self {
        Self {
            payload_type: payload.payload_type,
            encoding: payload.encoding,
            clock_rate: payload.clock_rate,
        }
    }
}

impl From<Control> for v1::LegControl {
    fn from(control: Control) -> Self {
        let what = match control.what {
            What::Hold(on) => WireControl::Hold(on),
            What::Mute(on) => WireControl::Mute(on),
            What::Pause(on) => WireControl::Pause(on),
            What::Join(party) => WireControl::Join(convert::wire_party(&party)),
            What::Leave => WireControl::Leave(v1::PartyLeft {}),
            What::Dtmf { key, duration_ms } => WireControl::Dtmf(v1::Dtmf { key, duration_ms }),
            What::Payloads(payloads) => WireControl::Payloads(v1::RtpPayloads {
                payloads: payloads.into_iter().map(Into::into).collect(),
            }),
        };
        Self {
            role: convert::wire_role(control.role).into(),
            party_id: control.party_id,
            at_ms: control.at_ms,
            control: Some(what),
        }
    }
}

#[cfg(test)]
mod tests;
