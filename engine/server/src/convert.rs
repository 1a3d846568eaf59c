//! Between the wire's types and the core's. Generated types stop here.

use std::time::{Duration, SystemTime};

use sidetone_core::describe::{CallDescription, LegDescription, Source};
use sidetone_core::phone;
use sidetone_media::audio::{ClockRate, Encoding, StreamFormat, UnknownCodec};
use sidetone_media::rtp::{Payload, PayloadError, PayloadMap};
use sidetone_proto::v1;
use sidetone_types::emotion::{Emotion, Mood};
use sidetone_types::event::{
    self as core, EventKind, Final, NoEventId, Partial, TimedWord, WrittenNumber,
};
use sidetone_types::id::CallId;
use sidetone_types::lang::{LanguageTag, UnknownLanguage};
use sidetone_types::party::{Direction, PhoneNumber, Role};
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::recognise::Phrase;
use sidetone_types::time::as_millis;

use crate::config::Defaults;

mod assist;

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
    /// A leg has to belong to somebody.
    #[error("leg {0} has no role; use AGENT or CUSTOMER")]
    NoRole(usize),
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
    #[error("sample rate {0} Hz is not served; use 8000 or 16000 (MULAW and ALAW: 8000)")]
    SampleRate(u32),
    /// A piece of audio is too long.
    #[error("audio frame of {0} s; send at most 10 s at once")]
    FrameTooLong(usize),
    /// Audio came for a leg that the call does not have.
    #[error("an audio frame is for leg `{0}`, which the configuration does not describe")]
    NoSuchLeg(&'static str),
}

/// A request as the engine takes it: the wanted id, if any, and the description.
pub(crate) type CallRequest = (Option<CallId>, CallDescription);

pub(crate) fn rtp_call(
    request: v1::OpenCallRequest,
    defaults: &Defaults,
) -> Result<CallRequest, RequestError> {
    let legs = request.legs.into_iter().enumerate().map(|(i, leg)| {
        let entries = leg
            .payloads
            .iter()
            .map(payload)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(LegDescription {
            role: known_role(leg.role, i)?,
            source: Source::Rtp(PayloadMap::new(entries)?),
        })
    });
    let legs = legs.collect::<Result<_, RequestError>>()?;
    let partials = request.interim_results.unwrap_or(true);
    call(request.config.unwrap_or_default(), legs, partials, defaults)
}

pub(crate) fn stream_call(
    request: v1::StreamingAnalyzeConfig,
    defaults: &Defaults,
) -> Result<CallRequest, RequestError> {
    let legs = request.legs.into_iter().enumerate().map(|(i, leg)| {
        let source = Source::Stream(stream_format(&leg, i)?);
        Ok(LegDescription {
            role: known_role(leg.role, i)?,
            source,
        })
    });
    let legs = legs.collect::<Result<_, RequestError>>()?;
    call(
        request.config.unwrap_or_default(),
        legs,
        request.interim_results,
        defaults,
    )
}

fn call(
    config: v1::CallConfig,
    legs: Vec<LegDescription>,
    partials: bool,
    defaults: &Defaults,
) -> Result<CallRequest, RequestError> {
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
    let direction = match config.direction() {
        v1::Direction::Unspecified => Direction::Unknown,
        v1::Direction::Inbound => Direction::Inbound,
        v1::Direction::Outbound => Direction::Outbound,
    };
    let vocabulary = config
        .vocabulary
        .into_iter()
        .map(|v1::Phrase { text, boost }| Phrase {
            text,
            boost: if boost == 0.0 { defaults.boost } else { boost },
        })
        .collect();
    let description = CallDescription {
        caller: phone::parse(&config.caller, &defaults.region),
        callee: phone::parse(&config.callee, &defaults.region),
        direction,
        agent_id: config.agent_id,
        languages,
        vocabulary,
        metadata: config.metadata.into_iter().collect(),
        legs,
        partials,
    };
    Ok((id, description))
}

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

pub(crate) fn role(role: i32) -> Option<Role> {
    match v1::Role::try_from(role) {
        Ok(v1::Role::Agent) => Some(Role::Agent),
        Ok(v1::Role::Customer) => Some(Role::Customer),
        Ok(v1::Role::Unspecified) | Err(_) => None,
    }
}

fn known_role(of: i32, leg: usize) -> Result<Role, RequestError> {
    role(of).ok_or(RequestError::NoRole(leg))
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
        0 | 8_000 => ClockRate::Hz8000,
        16_000 => ClockRate::Hz16000,
        other => return Err(RequestError::SampleRate(other)),
    };
    match (leg.encoding(), rate) {
        (v1::AudioEncoding::Unspecified, _) => Err(RequestError::NoEncoding(i)),
        (v1::AudioEncoding::Linear16, rate) => Ok(StreamFormat::Linear16(rate)),
        (v1::AudioEncoding::Mulaw, ClockRate::Hz8000) => Ok(StreamFormat::Mulaw),
        (v1::AudioEncoding::Alaw, ClockRate::Hz8000) => Ok(StreamFormat::Alaw),
        (_, ClockRate::Hz16000) => Err(RequestError::SampleRate(leg.sample_rate_hertz)),
    }
}

pub(crate) fn wire_role(role: Role) -> v1::Role {
    match role {
        Role::Agent => v1::Role::Agent,
        Role::Customer => v1::Role::Customer,
    }
}

pub(crate) fn wire_direction(direction: Direction) -> v1::Direction {
    match direction {
        Direction::Unknown => v1::Direction::Unspecified,
        Direction::Inbound => v1::Direction::Inbound,
        Direction::Outbound => v1::Direction::Outbound,
    }
}

pub(crate) fn wire_phone(number: &PhoneNumber) -> v1::PhoneNumber {
    v1::PhoneNumber {
        given: number.given.clone(),
        e164: number.e164.clone(),
    }
}

pub(crate) fn wire_time(time: SystemTime) -> prost_types::Timestamp {
    time.into()
}

/// An event as it goes over the wire.
pub fn wire_event(record: &core::EventRecord) -> v1::CallEvent {
    let event = &record.event;
    v1::CallEvent {
        id: record.id.to_string(),
        seq: record.id.seq,
        call_id: record.call_id.to_string(),
        agent_id: record.agent_id.clone(),
        wall_time: Some(wire_time(record.wall_time)),
        role: event.role.map_or(v1::Role::Unspecified, wire_role).into(),
        start_ms: event.start.as_millis(),
        end_ms: event.end.as_millis(),
        latency_ms: event.latency.map(as_millis),
        detail: Some(detail(&event.kind)),
    }
}

/// What a subscriber did not get, as it goes over the wire.
pub(crate) fn wire_lagged(lagged: &core::Lagged) -> v1::CallEvent {
    v1::CallEvent {
        detail: Some(v1::call_event::Detail::Lagged(v1::Lagged {
            partials_skipped: lagged.partials_skipped,
            events_missed: lagged.events_missed,
            earlier_run: lagged.earlier_run,
        })),
        ..v1::CallEvent::default()
    }
}

fn detail(kind: &EventKind) -> v1::call_event::Detail {
    use v1::call_event::Detail;
    match kind {
        EventKind::CallStarted(started) => Detail::CallStarted(v1::CallStarted {
            caller: Some(wire_phone(&started.caller)),
            callee: Some(wire_phone(&started.callee)),
            direction: wire_direction(started.direction).into(),
            legs: started
                .legs
                .iter()
                .map(|role| wire_role(*role).into())
                .collect(),
            languages: started
                .languages
                .iter()
                .map(|lang| lang.code().to_owned())
                .collect(),
            metadata: started.metadata.clone().into_iter().collect(),
        }),
        EventKind::CallEnded(ended) => Detail::CallEnded(v1::CallEnded {
            reason: ended.reason.as_str().to_owned(),
            legs: ended.legs.iter().map(wire_leg).collect(),
        }),
        EventKind::SpeechBegin { utterance } => Detail::SpeechBegin(v1::SpeechBegin {
            utterance_id: utterance.0,
        }),
        EventKind::SpeechEnd { utterance } => Detail::SpeechEnd(v1::SpeechEnd {
            utterance_id: utterance.0,
        }),
        EventKind::Partial(partial) => Detail::Transcript(wire_partial(partial)),
        EventKind::Final(done) => Detail::Transcript(wire_final(done)),
        EventKind::Emotion(emotion) => Detail::Emotion(wire_emotion(emotion)),
        EventKind::Retracted { utterance } => Detail::Retracted(v1::Retracted {
            utterance_id: utterance.0,
        }),
        EventKind::Unrecognised { utterance, reason } => Detail::Unrecognised(v1::Unrecognised {
            utterance_id: utterance.0,
            reason: reason.clone(),
        }),
        EventKind::Gap {
            lost_packets,
            lost_ms,
        } => Detail::Gap(v1::Gap {
            lost_packets: *lost_packets,
            lost_ms: *lost_ms,
        }),
        EventKind::Dtmf { key, duration_ms } => Detail::Dtmf(v1::Dtmf {
            key: key.to_string(),
            duration_ms: *duration_ms,
        }),
        EventKind::NoMedia {
            waited_ms,
            payload_type,
        } => Detail::NoMedia(v1::NoMedia {
            waited_ms: *waited_ms,
            payload_type: payload_type.map(u32::from),
        }),
        EventKind::CustomerIdentified(customer) => {
            Detail::CustomerIdentified(assist::customer(customer))
        }
        EventKind::Suggestion(suggestion) => Detail::Suggestion(assist::suggestion(suggestion)),
        EventKind::AlertRaised(alert) => Detail::AlertRaised(assist::alert_raised(alert)),
        EventKind::AlertCleared(alert) => Detail::AlertCleared(assist::alert_cleared(alert)),
        EventKind::Summary(summary) => Detail::Summary(assist::summary(summary)),
        EventKind::CrmWritten(written) => Detail::CrmWritten(v1::CrmWritten {
            ticket_id: written.ticket_id.clone(),
            task_ids: written.task_ids.clone(),
            due: written.due.clone(),
        }),
        EventKind::CrmFailed(failed) => Detail::CrmFailed(v1::CrmFailed {
            reason: failed.reason.clone(),
            retrying: failed.retrying,
            attempts: failed.attempts,
            detail: failed.detail.clone(),
        }),
    }
}

fn wire_partial(partial: &Partial) -> v1::Transcript {
    v1::Transcript {
        utterance_id: partial.utterance.0,
        alternatives: vec![v1::SpeechRecognitionAlternative {
            transcript: partial.text.clone(),
            ..Default::default()
        }],
        is_final: false,
        stability: partial.stability,
        language_code: partial.lang.code().to_owned(),
        confirmed_text: partial.confirmed.clone(),
        volatile_text: partial.tail.clone(),
    }
}

fn wire_final(done: &Final) -> v1::Transcript {
    v1::Transcript {
        utterance_id: done.utterance.0,
        alternatives: vec![v1::SpeechRecognitionAlternative {
            transcript: done.text.clone(),
            confidence: done.confidence,
            words: done.words.iter().map(wire_word).collect(),
            spoken: done.spoken.clone(),
            numbers: done.numbers.iter().map(wire_number).collect(),
        }],
        is_final: true,
        stability: 1.0,
        language_code: done.lang.code().to_owned(),
        confirmed_text: String::new(),
        volatile_text: String::new(),
    }
}

fn wire_emotion(emotion: &Emotion) -> v1::Emotion {
    let likely = |mood| emotion.moods.probability(mood);
    v1::Emotion {
        utterance_id: emotion.utterance.0,
        moods: Some(v1::Moods {
            neutral: likely(Mood::Neutral),
            anger: likely(Mood::Anger),
            sadness: likely(Mood::Sadness),
            happiness: likely(Mood::Happiness),
            other: likely(Mood::Other),
        }),
        mood: emotion.mood.to_string(),
        confidence: emotion.confidence,
        arousal: emotion.arousal,
        valence: emotion.valence,
        deviation: emotion.deviation,
        strain: emotion.strain,
        trend: emotion.trend,
    }
}

fn wire_number(number: &WrittenNumber) -> v1::WrittenNumber {
    let place = |word: usize| u32::try_from(word).unwrap_or(u32::MAX);
    v1::WrittenNumber {
        kind: number.kind.as_str().to_owned(),
        text: number.text.clone(),
        start_word: place(number.start_word),
        end_word: place(number.end_word),
    }
}

fn wire_word(word: &TimedWord) -> v1::WordInfo {
    v1::WordInfo {
        word: word.word.clone(),
        start_ms: word.start.as_millis(),
        end_ms: word.end.as_millis(),
        confidence: word.confidence,
    }
}

fn wire_leg(leg: &core::LegSummary) -> v1::LegSummary {
    v1::LegSummary {
        role: wire_role(leg.role).into(),
        utterances: leg.utterances,
        speech_ms: leg.speech_ms,
        rtp: leg.rtp.as_ref().map(wire_rtp),
    }
}

fn wire_rtp(stats: &ReceiverStats) -> v1::RtpStats {
    v1::RtpStats {
        packets: stats.packets,
        lost: stats.lost,
        duplicated: stats.duplicated,
        reordered: stats.reordered,
        late: stats.late,
        malformed: stats.malformed,
        unknown_payload: stats.unknown_payload,
        foreign_ssrc: stats.foreign_ssrc,
        ssrc_changes: stats.ssrc_changes,
        timestamp_jumps: stats.timestamp_jumps,
        concealed_ms: as_millis(stats.concealed),
        jitter_us: micros(stats.jitter),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
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
}
