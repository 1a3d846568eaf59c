//! What changes in calls, from the wire.

use std::time::Duration;

use sidetone_core::call::Control;
use sidetone_core::correction::Correction;
use sidetone_core::describe::CallChange;
use sidetone_core::phone;
use sidetone_core::recording::RecordingOrder;
use sidetone_proto::v1;
use sidetone_proto::v1::leg_control::Control as WireControl;
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::time::MediaTime;

use super::request::{LONGEST_NAME, party, payloads, rtp_legs};
use super::{RequestError, direction, leg_name};
use crate::calls::{CallUpdate, LegControl};
use crate::config::Defaults;

/// Times further from the opening of a call are none.
const LONGEST_CALL_MS: u64 = 24 * 60 * 60 * 1_000;

/// Nobody holds a key for longer.
const LONGEST_KEY_MS: u64 = 60_000;

/// Which call is to change, and how.
pub(crate) fn call_update(
    request: v1::UpdateCallRequest,
    defaults: &Defaults,
) -> Result<(CallId, CallUpdate), RequestError> {
    let number = |given: &String| phone::parse(given, &defaults.region);
    let controls = request.controls.iter().enumerate();
    let controls = controls.map(|(i, control)| leg_control(control, i));
    let update = CallUpdate {
        change: CallChange {
            caller: request.caller.as_ref().map(number),
            callee: request.callee.as_ref().map(number),
            direction: direction(request.direction()),
            metadata: request.metadata.clone().into_iter().collect(),
        },
        controls: controls.collect::<Result<_, _>>()?,
        legs: rtp_legs(&request.legs)?,
        corrections: request.corrections.into_iter().map(correction).collect(),
        recording: request.recording.map(recording).transpose()?,
        supervision: None,
        work: None,
        ask: None,
    };
    Ok((CallId::new(request.call_id), update))
}

fn recording(order: v1::RecordingOrder) -> Result<(RecordingOrder, String), RequestError> {
    use v1::recording_order::Action;
    let wanted = match order.action() {
        Action::Unspecified => return Err(RequestError::NoOrder),
        Action::Start => RecordingOrder::Start,
        Action::Stop => RecordingOrder::Stop,
        Action::Pause => RecordingOrder::Pause,
        Action::Resume => RecordingOrder::Resume,
        Action::ConsentGiven => RecordingOrder::Consent(true),
        Action::ConsentRefused => RecordingOrder::Consent(false),
    };
    match order.by.len() {
        0..=LONGEST_NAME => Ok((wanted, order.by)),
        bytes => Err(RequestError::LongName(bytes)),
    }
}

fn correction(correction: v1::Correction) -> Correction {
    Correction {
        utterance: UtteranceId(correction.utterance_id),
        text: correction.text,
        by: correction.by,
    }
}

/// Control `i` of several.
pub(crate) fn leg_control(control: &v1::LegControl, i: usize) -> Result<LegControl, RequestError> {
    let what = match &control.control {
        Some(WireControl::Dtmf(dtmf)) => Control::Dtmf {
            key: Control::key(&dtmf.key).ok_or(RequestError::Control(
                i,
                "names no key; use one of 0-9 * # A-D",
            ))?,
            duration: Duration::from_millis(dtmf.duration_ms.min(LONGEST_KEY_MS)),
        },
        Some(WireControl::Hold(on)) => Control::Hold(*on),
        Some(WireControl::Mute(on)) => Control::Mute(*on),
        Some(WireControl::Pause(on)) => Control::Pause(*on),
        Some(WireControl::Join(joined)) => {
            let joined = party(joined.role, &joined.id, &joined.name);
            Control::Join(joined.ok_or(RequestError::Control(
                i,
                "lets somebody join without a role",
            ))?)
        }
        Some(WireControl::Leave(_)) => Control::Leave,
        Some(WireControl::Payloads(agreed)) => Control::Payloads(payloads(&agreed.payloads)?),
        None => return Err(RequestError::Control(i, "says nothing")),
    };
    let leg = leg_name(control.role, &control.party_id);
    Ok(LegControl {
        leg: leg.ok_or(RequestError::Control(i, "has no role; use that of its leg"))?,
        at: control.at_ms.map(place).transpose()?,
        control: what,
    })
}

/// A place on a call's timeline.
pub(crate) fn place(ms: u64) -> Result<MediaTime, RequestError> {
    match ms <= LONGEST_CALL_MS {
        true => Ok(MediaTime::from_millis(ms)),
        false => Err(RequestError::Time(ms)),
    }
}

#[cfg(test)]
mod tests {
    use sidetone_types::party::{Direction, Role};

    use super::*;

    fn control(control: WireControl) -> v1::LegControl {
        v1::LegControl {
            role: v1::Role::Agent.into(),
            control: Some(control),
            ..Default::default()
        }
    }

    #[test]
    fn an_update_says_all_that_has_changed_and_nothing_else() {
        let request = v1::UpdateCallRequest {
            call_id: "a".to_owned(),
            caller: Some("(415) 555-0117".to_owned()),
            controls: vec![control(WireControl::Join(v1::Party {
                role: v1::Role::Agent.into(),
                id: "agent-9".to_owned(),
                name: "Bob".to_owned(),
            }))],
            ..Default::default()
        };
        let (id, update) = call_update(request, &Defaults::default()).expect("understood");
        assert_eq!(id.as_str(), "a");
        let caller = update.change.caller.expect("a number");
        assert_eq!(caller.e164.as_deref(), Some("+14155550117"));
        assert_eq!(update.change.callee, None);
        assert_eq!(update.change.direction, Direction::Unknown);
        assert_eq!(update.controls[0].leg.role, Role::Agent);
        assert!(
            matches!(&update.controls[0].control, Control::Join(party) if &*party.id == "agent-9")
        );
        assert!(update.legs.is_empty());
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_its_place() {
        let key = |key: &str| {
            control(WireControl::Dtmf(v1::Dtmf {
                key: key.to_owned(),
                duration_ms: 80,
            }))
        };
        let nobody = v1::LegControl {
            role: 0,
            ..control(WireControl::Hold(true))
        };
        let late = v1::LegControl {
            at_ms: Some(u64::MAX),
            ..control(WireControl::Hold(true))
        };
        let silent = v1::LegControl {
            control: None,
            ..late.clone()
        };
        let joins = control(WireControl::Join(v1::Party::default()));
        for (wrong, expected) in [
            (key("55"), "names no key"),
            (key("x"), "names no key"),
            (nobody, "no role"),
            (late, "24 hours"),
            (silent, "says nothing"),
            (joins, "without a role"),
        ] {
            let request = v1::UpdateCallRequest {
                controls: vec![key("5"), wrong],
                ..Default::default()
            };
            let error = call_update(request, &Defaults::default()).expect_err(expected);
            let error = error.to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
