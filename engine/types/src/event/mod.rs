//! What a call has to tell: the one currency of subscribers, stores, tools and tests.
//!
//! | module | what it holds |
//! |---|---|
//! | here | an event, and its kinds |
//! | `call` | how a call begins and ends |
//! | `checklist` | what must be said, and what was |
//! | `classes` | how much events tell about people |
//! | `memo` | what the agent has typed and marked by hand |
//! | `promises` | what was promised so far |
//! | `words` | interim results, finals, and their revision |
//! | `crm` | what became of the call's note |
//! | `recording` | whether the sound is kept |
//! | `supervision` | who takes care of the call, and what they write to its agent |
//! | `record` | an event with its place among all events, and its JSON, both ways |

mod call;
mod checklist;
mod classes;
mod crm;
#[cfg(test)]
mod golden;
mod memo;
mod promises;
mod record;
mod recording;
mod supervision;
mod words;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use call::{CallEnded, CallStarted, CallUpdated, EndReason, LegState, LegSummary, PartyJoined};
pub use checklist::{Checklist, ChecklistItem, ChecklistTicked};
pub use crm::{CrmFailed, CrmWritten};
pub use memo::{Memo, Pinned, Unpinned};
pub use promises::{PromiseChanged, PromiseMade, PromiseWithdrawn};
pub use record::{EventId, EventRecord, Lagged, NoEventId, ReadEventError, RunId, SCHEMA_VERSION};
pub use recording::{Consent, Recording, RecordingReason, RecordingState};
pub use supervision::{AlertSeen, Claimed, Message, MessageRead, Released};
pub use words::{Final, Partial, Revised, TimedWord, WrittenNumber};

use crate::assist::{AlertCleared, AlertRaised, Suggestion};
use crate::customer::Customer;
use crate::emotion::Emotion;
use crate::id::UtteranceId;
use crate::lang::Lang;
use crate::party::Role;
use crate::summary::Summary;
use crate::time::MediaTime;

/// Something that happened in a call, as the call itself tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The side it happened on; `None` for what concerns the whole call.
    pub role: Option<Role>,
    /// Who it was, by [`Party::id`](crate::party::Party::id); empty if not known, or for the whole
    /// call.
    pub party: Arc<str>,
    /// Where on the call's timeline it begins.
    pub start: MediaTime,
    /// Where it ends, not before `start`.
    pub end: MediaTime,
    /// From the arrival of the audio at `end` until this was told; `None` where no audio is spoken
    /// of.
    pub latency: Option<Duration>,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// Something that concerns the whole call, not one side or any audio.
    pub fn of_the_call(start: MediaTime, end: MediaTime, kind: EventKind) -> Self {
        Self {
            role: None,
            party: Arc::default(),
            start,
            end,
            latency: None,
            kind,
        }
    }
}

/// The kinds of events. Later kinds join here; readers skip what they do not know.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// The call is open.
    CallStarted(CallStarted),
    /// Nobody speaks any more; what follows speaks of what remains.
    CallEnded(CallEnded),
    /// More is known of the call than when it was opened, or other things are.
    CallUpdated(CallUpdated),
    /// Somebody takes part from now on.
    PartyJoined(PartyJoined),
    /// Somebody takes part no more.
    PartyLeft,
    /// A leg is listened to from now on, or is not.
    LegState {
        /// Which of the two, and why not.
        state: LegState,
    },
    /// Another sender's audio comes on a leg from now on, as after a transfer within the media
    /// server. Who it is, the audio does not tell.
    SourceChanged,
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
    /// The words of an utterance, as they were heard live: for good, unless [`Self::Revised`] ones
    /// are told.
    Final(Final),
    /// Truer words of an utterance, from a second pass or from a person who corrects them: they
    /// replace those of its final, or of one that had none.
    Revised(Revised),
    /// What a stretch of voice sounds like.
    Emotion(Emotion),
    /// Nothing remains of an utterance after all: it was too short, or held no words. Its partials,
    /// if it had any, are to be taken back. An utterance that began ends with this, a final, or
    /// `Unrecognised`.
    Retracted {
        /// Which one.
        utterance: UtteranceId,
    },
    /// An utterance could not be recognised. Its audio is lost to the transcript.
    Unrecognised {
        /// Which one.
        utterance: UtteranceId,
        /// What went wrong.
        reason: String,
        /// The language it was spoken in, if that is none of the call's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<Lang>,
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
        /// The payload type that came instead, which nobody had described.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload_type: Option<u8>,
    },
    /// The sound of the call is kept from now on, or is not.
    Recording(Recording),
    /// Those who are recorded agree, or do not.
    Consent(Consent),
    /// Somebody takes care of the call.
    Claimed(Claimed),
    /// They do no more.
    Released(Released),
    /// Somebody writes to whoever has the call.
    Message(Message),
    /// The agent has read that.
    MessageRead(MessageRead),
    /// Somebody has seen an alert.
    AlertSeen(AlertSeen),
    /// What the agent must say in the call.
    Checklist(Checklist),
    /// Something of that was said.
    ChecklistTicked(ChecklistTicked),
    /// Somebody has promised something.
    PromiseMade(PromiseMade),
    /// It has moved, or somebody has put it right.
    PromiseChanged(PromiseChanged),
    /// It stands no more.
    PromiseWithdrawn(PromiseWithdrawn),
    /// What the agent has typed.
    Memo(Memo),
    /// Something is to stay in sight.
    Pinned(Pinned),
    /// It need not any more.
    Unpinned(Unpinned),
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

impl EventKind {
    /// The names of all kinds, as in JSON.
    pub const NAMES: [&'static str; 40] = [
        "call_started",
        "call_ended",
        "call_updated",
        "party_joined",
        "party_left",
        "leg_state",
        "source_changed",
        "speech_begin",
        "speech_end",
        "partial",
        "final",
        "emotion",
        "retracted",
        "unrecognised",
        "gap",
        "dtmf",
        "no_media",
        "customer_identified",
        "suggestion",
        "alert_raised",
        "alert_cleared",
        "summary",
        "crm_written",
        "crm_failed",
        "revised",
        "recording",
        "consent",
        "claimed",
        "released",
        "message",
        "message_read",
        "alert_seen",
        "checklist",
        "checklist_ticked",
        "memo",
        "pinned",
        "unpinned",
        "promise_made",
        "promise_changed",
        "promise_withdrawn",
    ];

    /// The name of the kind, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CallStarted(_) => "call_started",
            Self::CallEnded(_) => "call_ended",
            Self::CallUpdated(_) => "call_updated",
            Self::PartyJoined(_) => "party_joined",
            Self::PartyLeft => "party_left",
            Self::LegState { .. } => "leg_state",
            Self::SourceChanged => "source_changed",
            Self::SpeechBegin { .. } => "speech_begin",
            Self::SpeechEnd { .. } => "speech_end",
            Self::Partial(_) => "partial",
            Self::Final(_) => "final",
            Self::Revised(_) => "revised",
            Self::Emotion(_) => "emotion",
            Self::Retracted { .. } => "retracted",
            Self::Unrecognised { .. } => "unrecognised",
            Self::Gap { .. } => "gap",
            Self::Dtmf { .. } => "dtmf",
            Self::NoMedia { .. } => "no_media",
            Self::Recording(_) => "recording",
            Self::Consent(_) => "consent",
            Self::Claimed(_) => "claimed",
            Self::Released(_) => "released",
            Self::Message(_) => "message",
            Self::MessageRead(_) => "message_read",
            Self::AlertSeen(_) => "alert_seen",
            Self::Checklist(_) => "checklist",
            Self::ChecklistTicked(_) => "checklist_ticked",
            Self::PromiseMade(_) => "promise_made",
            Self::PromiseChanged(_) => "promise_changed",
            Self::PromiseWithdrawn(_) => "promise_withdrawn",
            Self::Memo(_) => "memo",
            Self::Pinned(_) => "pinned",
            Self::Unpinned(_) => "unpinned",
            Self::CustomerIdentified(_) => "customer_identified",
            Self::Suggestion(_) => "suggestion",
            Self::AlertRaised(_) => "alert_raised",
            Self::AlertCleared(_) => "alert_cleared",
            Self::Summary(_) => "summary",
            Self::CrmWritten(_) => "crm_written",
            Self::CrmFailed(_) => "crm_failed",
        }
    }

    /// The words of an utterance that has been told or told anew: the last of them count.
    pub const fn words(&self) -> Option<&Final> {
        match self {
            Self::Final(done) => Some(done),
            Self::Revised(revised) => Some(&revised.words),
            _ => None,
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
            Self::Revised(revised) => Some(revised.words.utterance),
            Self::Emotion(emotion) => Some(emotion.utterance),
            Self::Suggestion(suggestion) => Some(suggestion.utterance),
            Self::ChecklistTicked(ticked) => Some(ticked.utterance),
            Self::PromiseMade(made) => Some(made.utterance),
            Self::PromiseChanged(changed) => Some(changed.utterance),
            _ => None,
        }
    }

    /// Whether it only accompanies speech while it goes on: interim results and their taking back,
    /// where speech begins and ends, what a voice sounds like. Who reads finals only can do
    /// without.
    pub const fn is_interim(&self) -> bool {
        matches!(
            self,
            Self::Partial(_)
                | Self::Retracted { .. }
                | Self::SpeechBegin { .. }
                | Self::SpeechEnd { .. }
                | Self::Emotion(_)
        )
    }
}
