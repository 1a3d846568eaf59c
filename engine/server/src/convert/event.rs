//! What calls tell, as it goes over the wire.

use std::time::Duration;

use sidetone_proto::v1;
use sidetone_types::emotion::{Emotion, Mood};
use sidetone_types::event::{self as core, EventKind, Final, Partial, TimedWord, WrittenNumber};
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::secret::Redacted;
use sidetone_types::time::{Stretch, as_millis};

use super::{assist, wire_direction, wire_party, wire_phone, wire_role, wire_time};

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
        party_id: event.party.to_string(),
        hidden: Vec::new(),
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
            parties: started.parties.iter().map(wire_party).collect(),
        }),
        EventKind::CallUpdated(known) => Detail::CallUpdated(v1::CallUpdated {
            caller: Some(wire_phone(&known.caller)),
            callee: Some(wire_phone(&known.callee)),
            direction: wire_direction(known.direction).into(),
            metadata: known.metadata.clone().into_iter().collect(),
        }),
        EventKind::PartyJoined(joined) => Detail::PartyJoined(v1::PartyJoined {
            name: joined.name.to_string(),
        }),
        EventKind::PartyLeft => Detail::PartyLeft(v1::PartyLeft {}),
        EventKind::LegState { state } => Detail::LegState(v1::LegState {
            state: state.as_str().to_owned(),
        }),
        EventKind::SourceChanged => Detail::SourceChanged(v1::SourceChanged {}),
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
        EventKind::Revised(revised) => Detail::Revised(v1::Revised {
            transcript: Some(wire_final(&revised.words)),
            live: revised.live.clone(),
            by: revised.by.clone(),
        }),
        EventKind::Emotion(emotion) => Detail::Emotion(wire_emotion(emotion)),
        EventKind::Retracted { utterance } => Detail::Retracted(v1::Retracted {
            utterance_id: utterance.0,
        }),
        EventKind::Unrecognised {
            utterance,
            reason,
            lang,
        } => Detail::Unrecognised(v1::Unrecognised {
            utterance_id: utterance.0,
            reason: reason.clone(),
            language_code: lang.map(|lang| lang.to_string()).unwrap_or_default(),
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
        EventKind::Recording(recording) => Detail::Recording(v1::Recording {
            state: recording.state.as_str().to_owned(),
            why: recording.why.as_str().to_owned(),
            by: recording.by.clone(),
        }),
        EventKind::Consent(consent) => Detail::Consent(v1::Consent {
            given: consent.given,
            by: consent.by.clone(),
        }),
        EventKind::Claimed(claimed) => Detail::Claimed(v1::Claimed {
            by: claimed.by.clone(),
        }),
        EventKind::Released(released) => Detail::Released(v1::Released {
            by: released.by.clone(),
        }),
        EventKind::Message(message) => Detail::Message(v1::Message {
            message: message.message,
            text: message.text.clone(),
            by: message.by.clone(),
        }),
        EventKind::MessageRead(read) => Detail::MessageRead(v1::MessageRead {
            message: read.message,
            by: read.by.clone(),
        }),
        EventKind::AlertSeen(seen) => Detail::AlertSeen(v1::AlertSeen {
            alert: seen.alert,
            by: seen.by.clone(),
        }),
        EventKind::Checklist(list) => Detail::Checklist(v1::Checklist {
            items: list.items.iter().map(wire_item).collect(),
        }),
        EventKind::ChecklistTicked(ticked) => Detail::ChecklistTicked(v1::ChecklistTicked {
            item: ticked.item.clone(),
            utterance_id: ticked.utterance.0,
        }),
        EventKind::Memo(memo) => Detail::Memo(v1::Memo {
            text: memo.text.clone(),
            revision: memo.revision,
            by: memo.by.clone(),
        }),
        EventKind::Pinned(pinned) => Detail::Pinned(v1::Pinned {
            pin: pinned.pin.clone(),
            by: pinned.by.clone(),
        }),
        EventKind::Unpinned(unpinned) => Detail::Unpinned(v1::Unpinned {
            pin: unpinned.pin.clone(),
            by: unpinned.by.clone(),
        }),
        EventKind::PromiseMade(made) => Detail::PromiseMade(v1::PromiseMade {
            number: made.number,
            utterance_id: made.utterance.0,
            promise: Some(assist::promise(&made.promise)),
        }),
        EventKind::PromiseChanged(changed) => Detail::PromiseChanged(v1::PromiseChanged {
            number: changed.number,
            utterance_id: changed.utterance.0,
            promise: Some(assist::promise(&changed.promise)),
            by: changed.by.clone(),
        }),
        EventKind::PromiseWithdrawn(withdrawn) => Detail::PromiseWithdrawn(v1::PromiseWithdrawn {
            number: withdrawn.number,
            by: withdrawn.by.clone(),
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

fn wire_item(item: &core::ChecklistItem) -> v1::ChecklistItem {
    v1::ChecklistItem {
        item: item.item.clone(),
        text: item.text.clone(),
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
            unrecognised: done.unrecognised.iter().map(wire_stretch).collect(),
            redacted: done.redacted.iter().map(wire_redacted).collect(),
        }],
        is_final: true,
        stability: 1.0,
        language_code: done.lang.code().to_owned(),
        confirmed_text: String::new(),
        volatile_text: String::new(),
    }
}

fn wire_stretch(stretch: &Stretch) -> v1::Stretch {
    v1::Stretch {
        start_ms: stretch.start.as_millis(),
        end_ms: stretch.end.as_millis(),
    }
}

fn wire_redacted(redacted: &Redacted) -> v1::Redacted {
    v1::Redacted {
        kind: redacted.kind.as_str().to_owned(),
        start_ms: redacted.start.as_millis(),
        end_ms: redacted.end.as_millis(),
    }
}

fn wire_emotion(emotion: &Emotion) -> v1::Emotion {
    let told = v1::Emotion {
        utterance_id: emotion.utterance.0,
        strain: emotion.strain,
        trend: emotion.trend,
        ..Default::default()
    };
    let Some(voice) = &emotion.voice else {
        return told;
    };
    let likely = |mood| voice.moods.probability(mood);
    v1::Emotion {
        moods: Some(v1::Moods {
            neutral: likely(Mood::Neutral),
            anger: likely(Mood::Anger),
            sadness: likely(Mood::Sadness),
            happiness: likely(Mood::Happiness),
            other: likely(Mood::Other),
        }),
        mood: voice.mood.to_string(),
        confidence: voice.confidence,
        arousal: voice.arousal,
        valence: voice.valence,
        deviation: voice.deviation,
        ..told
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
        doubtful: word.is_doubtful(),
    }
}

fn wire_leg(leg: &core::LegSummary) -> v1::LegSummary {
    v1::LegSummary {
        role: wire_role(leg.role).into(),
        utterances: leg.utterances,
        speech_ms: leg.speech_ms,
        rtp: leg.rtp.as_ref().map(wire_rtp),
        party_id: leg.party.to_string(),
        late_ms: leg.late_ms,
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
