//! What a call has to tell: the one currency of subscribers, stores, tools and tests.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::assist::{AlertCleared, AlertRaised, Suggestion};
use crate::customer::Customer;
use crate::emotion::Emotion;
use crate::id::{CallId, UtteranceId};
use crate::lang::Lang;
use crate::number::NumberKind;
use crate::party::{Direction, PhoneNumber, Role};
use crate::receiver_stats::ReceiverStats;
use crate::summary::Summary;
use crate::time::{MediaTime, as_millis, unix_millis};

/// Something that happened in a call, as the call itself tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The side it happened on; `None` for what concerns the whole call.
    pub role: Option<Role>,
    /// Where on the call's timeline it begins.
    pub start: MediaTime,
    /// Where it ends, not before `start`.
    pub end: MediaTime,
    /// From the arrival of the audio at `end` until this was told; `None` where no audio is spoken of.
    pub latency: Option<Duration>,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// Something that concerns the whole call, not one side or any audio.
    pub const fn of_the_call(start: MediaTime, end: MediaTime, kind: EventKind) -> Self {
        Self {
            role: None,
            start,
            end,
            latency: None,
            kind,
        }
    }
}

/// [`Event`], with its place in the engine's stream of events. The version is that of the wire
/// package, `sidetone.v1`: fields and kinds are added, never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    /// Rises by one per event of this engine, over all calls. Starts at 1.
    pub seq: u64,
    /// The call it speaks of.
    pub call_id: CallId,
    /// The agent whose call it is; empty if not known.
    pub agent_id: String,
    /// When it was told.
    pub wall_time: SystemTime,
    /// What was told.
    pub event: Event,
}

/// The kinds of events. Later kinds join here; readers skip what they do not know.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// The call is open.
    CallStarted(CallStarted),
    /// Nobody speaks any more; what follows speaks of what remains.
    CallEnded(CallEnded),
    /// Someone began to speak.
    SpeechBegin {
        /// What is being said.
        utterance: UtteranceId,
    },
    /// They stopped, or were cut at a pause of a long speech.
    SpeechEnd {
        /// What was said.
        utterance: UtteranceId,
    },
    /// Words so far, of an utterance that still goes on.
    Partial(Partial),
    /// The words of an utterance, for good.
    Final(Final),
    /// What a stretch of voice sounds like.
    Emotion(Emotion),
    /// Nothing remains of an utterance after all: its partials are to be taken back.
    Retracted {
        /// Whose partials they were.
        utterance: UtteranceId,
    },
    /// An utterance could not be recognised. Its audio is lost to the transcript.
    Unrecognised {
        /// Which one.
        utterance: UtteranceId,
        /// What went wrong.
        reason: String,
    },
    /// Audio is missing here: the network lost it.
    Gap {
        /// Packets that never came.
        lost_packets: u32,
        /// How long the missing audio was, in all.
        lost_ms: u64,
    },
    /// A key was pressed.
    Dtmf {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        key: char,
        /// How long it was held.
        duration_ms: u64,
    },
    /// No media has arrived on a leg although the call is open.
    NoMedia {
        /// How long it has been waited for.
        waited_ms: u64,
    },
    /// The CRM knows whom the call is with.
    CustomerIdentified(Customer),
    /// An article fits what was just said.
    Suggestion(Suggestion),
    /// A rule has found what it looks for.
    AlertRaised(AlertRaised),
    /// What an alert was raised for is gone.
    AlertCleared(AlertCleared),
    /// What remains of the call; told right after its end.
    Summary(Summary),
    /// The summary has become a ticket.
    CrmWritten(CrmWritten),
    /// The CRM would not take it.
    CrmFailed(CrmFailed),
}

/// A call's note has reached the CRM.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CrmWritten {
    /// The CRM's own id of the ticket.
    pub ticket_id: String,
    /// The CRM's own ids of the follow-up tasks, in the order of the summary's.
    pub task_ids: Vec<String>,
    /// The days by which those tasks are to be done: `2026-05-07`.
    pub due: Vec<String>,
}

/// A call's note has not reached the CRM yet, or never will by itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CrmFailed {
    /// What happened, in words for the agent.
    pub reason: String,
    /// What the CRM, or the way to it, had to say, for operations.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Whether it will be tried again. If not, a person has to look at it: `sidetone crm dead`.
    pub retrying: bool,
    /// Tries so far.
    pub attempts: u32,
}

/// The call as it was described when it was opened.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallStarted {
    /// Who called.
    pub caller: PhoneNumber,
    /// Who was called.
    pub callee: PhoneNumber,
    /// Which way.
    pub direction: Direction,
    /// The sides that are listened to.
    pub legs: Vec<Role>,
    /// The languages that may be spoken.
    pub languages: Vec<Lang>,
    /// Whatever the caller of the interface wanted to keep with the call.
    pub metadata: BTreeMap<String, String>,
}

/// How a call came to its end.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallEnded {
    /// Why it ended.
    pub reason: EndReason,
    /// What the legs went through.
    pub legs: Vec<LegSummary>,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its owner closed it.
    Closed,
    /// Its audio came to an end.
    EndOfAudio,
    /// No leg has had media for too long.
    MediaTimeout,
    /// The engine shuts down.
    Shutdown,
    /// The stream that carried it broke off.
    Disconnected,
    /// The engine died; the next one ended it.
    EngineLost,
}

impl EndReason {
    /// A label, the same in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::EndOfAudio => "end_of_audio",
            Self::MediaTimeout => "media_timeout",
            Self::Shutdown => "shutdown",
            Self::Disconnected => "disconnected",
            Self::EngineLost => "engine_lost",
        }
    }
}

/// One leg over the whole call.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LegSummary {
    /// Whose leg.
    pub role: Role,
    /// Utterances that gave words.
    pub utterances: u64,
    /// How long they lasted in all.
    pub speech_ms: u64,
    /// What the network did; absent where audio came as a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtp: Option<ReceiverStats>,
}

/// Words so far.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Partial {
    /// What is being said.
    pub utterance: UtteranceId,
    /// All words so far: `confirmed`, then `tail`.
    pub text: String,
    /// The part that will not change any more: the final's [`Final::spoken`] begins with it.
    pub confirmed: String,
    /// The part that may.
    pub tail: String,
    /// Share of the words that are confirmed, in [0, 1].
    pub stability: f32,
    /// The language it is heard in.
    pub lang: Lang,
}

/// The words of an utterance.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Final {
    /// What was said.
    pub utterance: UtteranceId,
    /// What was said as one line, to be read: numbers are in figures.
    pub text: String,
    /// The words as they were recognised, as one line: numbers are as they were said.
    pub spoken: String,
    /// Where the two differ, in order.
    pub numbers: Vec<WrittenNumber>,
    /// The language it was heard in.
    pub lang: Lang,
    /// How sure the recogniser is, in [0, 1].
    pub confidence: f32,
    /// Word by word as they were recognised; by character where words are written without spaces.
    pub words: Vec<TimedWord>,
}

/// A number of a final, and how it is written.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct WrittenNumber {
    /// What it stands for.
    pub kind: NumberKind,
    /// As it is written: `$25`.
    pub text: String,
    /// The first of the words it was said in, and the one after the last. Where words are longer than
    /// numbers, the outer ones may hold something else as well.
    pub start_word: usize,
    /// See `start_word`.
    pub end_word: usize,
}

/// One word on the call's timeline.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TimedWord {
    /// As written.
    pub word: String,
    /// As written, with the space before it where its language has one.
    #[serde(skip)]
    pub spaced: String,
    /// Where it begins.
    #[serde(rename = "start_ms", with = "crate::wire::media_millis")]
    pub start: MediaTime,
    /// Where it ends.
    #[serde(rename = "end_ms", with = "crate::wire::media_millis")]
    pub end: MediaTime,
    /// How sure the recogniser is, in [0, 1].
    pub confidence: f32,
}

impl EventKind {
    /// The name of the kind, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CallStarted(_) => "call_started",
            Self::CallEnded(_) => "call_ended",
            Self::SpeechBegin { .. } => "speech_begin",
            Self::SpeechEnd { .. } => "speech_end",
            Self::Partial(_) => "partial",
            Self::Final(_) => "final",
            Self::Emotion(_) => "emotion",
            Self::Retracted { .. } => "retracted",
            Self::Unrecognised { .. } => "unrecognised",
            Self::Gap { .. } => "gap",
            Self::Dtmf { .. } => "dtmf",
            Self::NoMedia { .. } => "no_media",
            Self::CustomerIdentified(_) => "customer_identified",
            Self::Suggestion(_) => "suggestion",
            Self::AlertRaised(_) => "alert_raised",
            Self::AlertCleared(_) => "alert_cleared",
            Self::Summary(_) => "summary",
            Self::CrmWritten(_) => "crm_written",
            Self::CrmFailed(_) => "crm_failed",
        }
    }

    /// The utterance it speaks of, if it does.
    pub const fn utterance(&self) -> Option<UtteranceId> {
        match self {
            Self::SpeechBegin { utterance }
            | Self::SpeechEnd { utterance }
            | Self::Retracted { utterance }
            | Self::Unrecognised { utterance, .. } => Some(*utterance),
            Self::Partial(partial) => Some(partial.utterance),
            Self::Final(done) => Some(done.utterance),
            Self::Emotion(emotion) => Some(emotion.utterance),
            Self::Suggestion(suggestion) => Some(suggestion.utterance),
            _ => None,
        }
    }
}

impl Serialize for EventRecord {
    /// The flat JSON of files, SSE and REST: `kind`, `call_id`, `seq`, `role`, `start_ms`, `end_ms`,
    /// `wall_time_ms` (since 1970), `latency_ms`, then the kind's own fields.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            kind: &'a EventKind,
            call_id: &'a CallId,
            seq: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            role: Option<Role>,
            #[serde(skip_serializing_if = "str::is_empty")]
            agent_id: &'a str,
            start_ms: u64,
            end_ms: u64,
            wall_time_ms: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            latency_ms: Option<u64>,
        }
        Flat {
            kind: &self.event.kind,
            call_id: &self.call_id,
            seq: self.seq,
            role: self.event.role,
            agent_id: &self.agent_id,
            start_ms: self.event.start.as_millis(),
            end_ms: self.event.end.as_millis(),
            wall_time_ms: unix_millis(self.wall_time),
            latency_ms: self.event.latency.map(as_millis),
        }
        .serialize(s)
    }
}

/// What a subscriber is told of events it did not get. Part of its stream, of no call.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Lagged {
    /// Partials left out because something newer on the same utterance was there already.
    pub partials_skipped: u64,
    /// Events that were no longer kept when the subscriber came for them.
    pub events_missed: u64,
}

impl Serialize for Lagged {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(3))?;
        map.serialize_entry("kind", "lagged")?;
        map.serialize_entry("partials_skipped", &self.partials_skipped)?;
        map.serialize_entry("events_missed", &self.events_missed)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_flat_and_names_its_kind() {
        let event = EventRecord {
            seq: 7,
            call_id: CallId::new("c1"),
            agent_id: String::new(),
            wall_time: SystemTime::UNIX_EPOCH + Duration::from_millis(5),
            event: Event {
                role: Some(Role::Customer),
                start: MediaTime::from_millis(1000),
                end: MediaTime::from_millis(2000),
                latency: Some(Duration::from_millis(300)),
                kind: EventKind::Final(Final {
                    utterance: UtteranceId(3),
                    text: "Hello world".to_owned(),
                    spoken: "Hello world".to_owned(),
                    numbers: Vec::new(),
                    lang: Lang::EN,
                    confidence: 0.5,
                    words: vec![word(" Hello", 1000, 1400), word(" world", 1500, 2000)],
                }),
            },
        };
        assert_eq!(
            serde_json::to_value(&event).expect("plain data"),
            serde_json::json!({
                "kind": "final", "call_id": "c1", "seq": 7, "role": "customer",
                "start_ms": 1000, "end_ms": 2000, "wall_time_ms": 5, "latency_ms": 300,
                "utterance": 3, "text": "Hello world", "spoken": "Hello world", "numbers": [],
                "lang": "en", "confidence": 0.5,
                "words": [
                    {"word": "Hello", "start_ms": 1000, "end_ms": 1400, "confidence": 0.5},
                    {"word": "world", "start_ms": 1500, "end_ms": 2000, "confidence": 0.5},
                ],
            })
        );
    }

    fn word(spaced: &str, start: u64, end: u64) -> TimedWord {
        TimedWord {
            word: spaced.trim().to_owned(),
            spaced: spaced.to_owned(),
            start: MediaTime::from_millis(start),
            end: MediaTime::from_millis(end),
            confidence: 0.5,
        }
    }
}
