//! How calls are described on the wire.

use std::time::Duration;

use sidetone_core::describe::{CallDescription, LegDescription, LegName, Source};
use sidetone_core::phone;
use sidetone_core::recording::RecordingWish;
use sidetone_media::audio::{Encoding, SampleRate, StreamFormat, UnknownCodec};
use sidetone_media::rtp::{Payload, PayloadError, PayloadMap};
use sidetone_proto::v1;
use sidetone_types::event::NoEventId;
use sidetone_types::id::CallId;
use sidetone_types::lang::{LanguageTag, UnknownLanguage};
use sidetone_types::party::{Party, Role};
use sidetone_types::recognise::Phrase;

use super::role;
use crate::api::TapCall;
use crate::config::Defaults;

/// A call whose stream has broken waits for it no longer.
const LONGEST_WAIT_MS: u32 = 60_000;
/// Bytes of the name of whoever gives an order.
pub(super) const LONGEST_NAME: usize = 256;

/// A request that says something that cannot be understood. Trying again will not help.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The first message of a stream must be its configuration, and only the first.
    #[error("{0}")]
    Order(&'static str),
    /// The id holds characters that could be mistaken for something else.
    #[error("call id `{0}` is not 1 to 64 characters of A-Z a-z 0-9 . _ : @ -, or is `.` or `..`")]
    CallId(String),
    /// No event is called like this.
    #[error(transparent)]
    EventId(#[from] NoEventId),
    /// A call that is tapped has an id.
    #[error("`rtpengine_call_id` is empty: it names the call that is to be listened to")]
    NoTap,
    /// A leg has to belong to somebody.
    #[error("leg {0} has no role; use AGENT, CUSTOMER, SUPERVISOR, BOT or UNKNOWN")]
    NoRole(usize),
    /// An order to a recording has to say what is wanted.
    #[error(
        "the order to the recording says nothing; use START, STOP, PAUSE, RESUME, CONSENT_GIVEN or CONSENT_REFUSED"
    )]
    NoOrder,
    /// Nobody's name is so long.
    #[error("`by` of the order to the recording takes {0} bytes; at most {LONGEST_NAME} are kept")]
    LongName(usize),
    /// A control has to speak of a leg, and say something.
    #[error("control {0} {1}")]
    Control(usize, &'static str),
    /// No call lasts so long.
    #[error("{0} ms after the opening of the call; calls last at most 24 hours")]
    Time(u64),
    /// A promise is that of one of the two sides.
    #[error("`promises[{0}].role` is neither AGENT nor CUSTOMER")]
    NoSide(usize),
    /// No follow-up is of this kind.
    #[error(
        "`{field}` is `{given}`: use callback, send_offer, send_document, refund, visit or other"
    )]
    Kind {
        /// Where it stands.
        field: String,
        /// What it was.
        given: String,
    },
    /// No call waits so long for its stream.
    #[error(
        "resume_within_ms is {0}; a call waits for its stream for at most {LONGEST_WAIT_MS} ms"
    )]
    ResumeWithin(u32),
    /// The codec is not known.
    #[error(transparent)]
    Codec(#[from] UnknownCodec),
    /// Payload types clash or are out of range.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The language is not known.
    #[error(transparent)]
    Language(#[from] UnknownLanguage),
    /// The encoding of a stream is not known.
    #[error("leg {0} has no encoding; use LINEAR16, MULAW or ALAW")]
    NoEncoding(usize),
    /// The sampling rate is not served.
    #[error("sample rate {0} Hz is not served; use 8000 to 48000 (MULAW and ALAW: 8000)")]
    SampleRate(u32),
    /// A piece of audio is too long.
    #[error("audio frame of {0} s; send at most 10 s at once")]
    FrameTooLong(usize),
    /// A piece of audio ends in the middle of a sample.
    #[error("audio frame of {0} bytes; a sample of LINEAR16 has two, so send an even number")]
    HalfSample(usize),
    /// The call does not have the leg, or has several that may be meant.
    #[error("no leg `{0}`, or several; name it by role and party_id as it was described")]
    NoSuchLeg(LegName),
}

/// For how long a call waits for its stream to come back.
pub(crate) fn resume_within(ms: u32) -> Result<Duration, RequestError> {
    match ms <= LONGEST_WAIT_MS {
        true => Ok(Duration::from_millis(ms.into())),
        false => Err(RequestError::ResumeWithin(ms)),
    }
}

/// A request as the engine takes it: the wanted id, if any, and the description.
pub(crate) type CallRequest = (Option<CallId>, CallDescription);

pub(crate) fn rtp_call(
    request: v1::OpenCallRequest,
    defaults: &Defaults,
) -> Result<CallRequest, RequestError> {
    let legs = rtp_legs(&request.legs)?;
    let partials = request.interim_results.unwrap_or(true);
    call(request.config.unwrap_or_default(), legs, partials, defaults)
}

/// A call that is to be tapped at an rtpengine.
pub(crate) fn tap(
    request: v1::TapCallRequest,
    defaults: &Defaults,
) -> Result<TapCall, RequestError> {
    if request.rtpengine_call_id.is_empty() {
        return Err(RequestError::NoTap);
    }
    let partials = request.interim_results.unwrap_or(true);
    let config = request.config.unwrap_or_default();
    let (id, description) = call(config, Vec::new(), partials, defaults)?;
    Ok(TapCall {
        at_rtpengine: request.rtpengine_call_id,
        customer_tag: request.customer_tag,
        id,
        description,
    })
}

/// Legs that come as RTP.
pub(super) fn rtp_legs(legs: &[v1::RtpLeg]) -> Result<Vec<LegDescription>, RequestError> {
    let legs = legs.iter().enumerate().map(|(i, leg)| {
        let party = party(leg.role, &leg.party_id, &leg.party_name);
        let party = party.ok_or(RequestError::NoRole(i))?;
        let source = Source::Rtp(payloads(&leg.payloads)?);
        Ok(LegDescription::new(party, source))
    });
    legs.collect()
}

/// What may come on a leg.
pub(super) fn payloads(payloads: &[v1::RtpPayload]) -> Result<PayloadMap, RequestError> {
    let entries = payloads.iter().map(payload);
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    Ok(PayloadMap::new(entries)?)
}

/// Leg `i` of those that come over a stream.
pub(crate) fn stream_leg(leg: &v1::StreamLeg, i: usize) -> Result<LegDescription, RequestError> {
    let source = Source::Stream(stream_format(leg, i)?);
    let party = party(leg.role, &leg.party_id, &leg.party_name);
    Ok(LegDescription::new(
        party.ok_or(RequestError::NoRole(i))?,
        source,
    ))
}

/// Somebody who takes part; `None` without a role.
pub(super) fn party(of: i32, id: &str, name: &str) -> Option<Party> {
    Some(Party {
        role: role(of)?,
        id: id.into(),
        name: name.into(),
    })
}

pub(crate) fn stream_call(
    request: v1::StreamingAnalyzeConfig,
    defaults: &Defaults,
) -> Result<CallRequest, RequestError> {
    let legs = request.legs.iter().enumerate();
    let legs = legs.map(|(i, leg)| stream_leg(leg, i));
    let legs = legs.collect::<Result<_, _>>()?;
    call(
        request.config.unwrap_or_default(),
        legs,
        request.interim_results,
        defaults,
    )
}

fn call(
    config: v1::CallConfig,
    mut legs: Vec<LegDescription>,
    partials: bool,
    defaults: &Defaults,
) -> Result<CallRequest, RequestError> {
    // The call's agent and the party of the agent's leg are one person, whichever of the two is
    // named. The leg keeps the name it was given.
    let mut agents = legs.iter_mut().map(|leg| &mut leg.party);
    let mut agent_id = config.agent_id.clone();
    if let Some(agent) = agents.find(|party| party.role == Role::Agent) {
        if agent.id.is_empty() {
            agent.id = agent_id.as_str().into();
        } else if agent_id.is_empty() {
            agent_id = agent.id.to_string();
        }
    }
    let id = match config.call_id.as_str() {
        "" => None,
        id => Some(call_id(id)?),
    };
    let mut languages = config
        .languages
        .iter()
        .map(|tag| tag.parse())
        .collect::<Result<Vec<LanguageTag>, _>>()?;
    if languages.is_empty() {
        languages.clone_from(&defaults.languages);
    }
    let direction = super::direction(config.direction());
    let vocabulary = config
        .vocabulary
        .into_iter()
        .map(|v1::Phrase { text, boost }| Phrase {
            text,
            boost: if boost == 0.0 { defaults.boost } else { boost },
        })
        .collect();
    let wish = config.recording.unwrap_or_default();
    let description = CallDescription {
        caller: phone::parse(&config.caller, &defaults.region),
        callee: phone::parse(&config.callee, &defaults.region),
        direction,
        agent_id,
        languages,
        vocabulary,
        metadata: config.metadata.into_iter().collect(),
        legs,
        partials,
        recording: RecordingWish {
            record: wish.record,
            class: wish.class,
            consent: wish.consent,
        },
    };
    Ok((id, description))
}

/// An id that a call may have.
pub(crate) fn call_id(id: &str) -> Result<CallId, RequestError> {
    let fits = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._:@-".contains(&byte))
        // A path takes them for itself and its parent.
        && !matches!(id, "." | "..");
    if fits {
        Ok(CallId::new(id))
    } else {
        Err(RequestError::CallId(id.chars().take(100).collect()))
    }
}

fn payload(payload: &v1::RtpPayload) -> Result<(u32, Payload), RequestError> {
    let rate = if payload.clock_rate == 0 {
        8_000
    } else {
        payload.clock_rate
    };
    let what = match payload.encoding.to_ascii_lowercase().as_str() {
        "telephone-event" => Payload::TelephoneEvent { rate_hz: rate },
        "cn" => Payload::ComfortNoise,
        name => Payload::Audio(Encoding::new(name, rate, 1, "")?),
    };
    Ok((payload.payload_type, what))
}

fn stream_format(leg: &v1::StreamLeg, i: usize) -> Result<StreamFormat, RequestError> {
    let rate = match leg.sample_rate_hertz {
        0 => SampleRate::TELEPHONE.hz(),
        rate => rate,
    };
    match leg.encoding() {
        v1::AudioEncoding::Unspecified => Err(RequestError::NoEncoding(i)),
        v1::AudioEncoding::Linear16 if SampleRate::STREAMED_HZ.contains(&rate) => {
            Ok(StreamFormat::Linear16(SampleRate::from_hz(rate)))
        }
        v1::AudioEncoding::Mulaw if rate == 8_000 => Ok(StreamFormat::Mulaw),
        v1::AudioEncoding::Alaw if rate == 8_000 => Ok(StreamFormat::Alaw),
        _ => Err(RequestError::SampleRate(rate)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(payloads: Vec<(u32, &str, u32)>) -> v1::OpenCallRequest {
        v1::OpenCallRequest {
            config: None,
            interim_results: None,
            legs: vec![v1::RtpLeg {
                role: v1::Role::Agent.into(),
                payloads: payloads
                    .into_iter()
                    .map(|(payload_type, encoding, clock_rate)| v1::RtpPayload {
                        payload_type,
                        encoding: encoding.to_owned(),
                        clock_rate,
                    })
                    .collect(),
                ..Default::default()
            }],
        }
    }

    #[test]
    fn what_cannot_be_served_is_refused_with_its_name() {
        let defaults = Defaults::default();
        for (request, expected) in [
            (request(vec![(96, "OPUS", 48_000)]), "opus"),
            (request(vec![(300, "L16", 16_000)]), "300"),
            (
                request(vec![(96, "L16", 16_000), (96, "PCMU", 8_000)]),
                "96",
            ),
            (
                v1::OpenCallRequest {
                    legs: vec![v1::RtpLeg::default()],
                    ..Default::default()
                },
                "leg 0 has no role",
            ),
            (
                v1::OpenCallRequest {
                    config: Some(v1::CallConfig {
                        languages: vec!["xx".into()],
                        ..Default::default()
                    }),
                    ..request(vec![])
                },
                "`xx`",
            ),
            (
                v1::OpenCallRequest {
                    config: Some(v1::CallConfig {
                        call_id: "a b".into(),
                        ..Default::default()
                    }),
                    ..request(vec![])
                },
                "`a b`",
            ),
        ] {
            let error = rtp_call(request, &defaults)
                .expect_err(expected)
                .to_string();
            assert!(error.to_lowercase().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_call_is_described_with_the_defaults_where_it_is_silent() {
        let (id, description) = rtp_call(
            request(vec![(101, "telephone-event", 8_000)]),
            &Defaults::default(),
        )
        .expect("served");
        assert_eq!(id, None);
        assert_eq!(description.languages.len(), 2);
        assert!(description.check().is_ok());
    }

    #[test]
    fn the_agent_of_a_call_and_the_party_of_the_agents_leg_are_one_person() {
        for (agent_id, party_id) in [("agent-7", ""), ("", "agent-7"), ("agent-7", "agent-7")] {
            let mut request = request(vec![]);
            request.legs[0].party_id = party_id.to_owned();
            request.config = Some(v1::CallConfig {
                agent_id: agent_id.to_owned(),
                ..Default::default()
            });
            let (_, description) = rtp_call(request, &Defaults::default()).expect("served");
            assert_eq!(description.agent_id, "agent-7");
            assert_eq!(&*description.legs[0].party.id, "agent-7");
        }
    }
}
