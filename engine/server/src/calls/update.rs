//! What is changed in a call that goes on.

use std::fmt::Display;
use std::time::Duration;

use sidetone_core::agent_work::{self, WorkError};
use sidetone_core::call::{Call, Control};
use sidetone_core::correction::{Correction, CorrectionError};
use sidetone_core::describe::{
    CallChange, DescriptionError, LegDescription, LegName, Source, check_known, check_leg,
    check_party,
};
use sidetone_core::recording::RecordingOrder;
use sidetone_core::supervision::{self, SupervisionError, Wish};
use sidetone_types::event::{Event, EventKind};
use sidetone_types::id::{CallId, LegId};
use sidetone_types::time::MediaTime;
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

use super::update_rate::{BURST, MESSAGE_S, UpdateRate};
use super::{Calls, LegAddress};
use crate::crm::Question;
use crate::crm::embedded::Changed;
use crate::ingest::{Datagram, NoPort};
use crate::recognition::Place;
use crate::storage::Receipt;

/// What is to change. All of it, or nothing.
#[derive(Clone, Debug, Default)]
pub struct CallUpdate {
    /// What is known of the call.
    pub change: CallChange,
    /// What has become of legs, in this order.
    pub controls: Vec<LegControl>,
    /// Legs to add.
    pub legs: Vec<LegDescription>,
    /// Words that were misheard.
    pub corrections: Vec<Correction>,
    /// What is wanted of its recording, and who wants it.
    pub recording: Option<(RecordingOrder, String)>,
    /// What somebody wants who looks after calls.
    pub supervision: Option<supervision::Order>,
    /// What an agent puts right.
    pub work: Option<agent_work::Order>,
    /// What the CRM is to be asked.
    pub ask: Option<Question>,
}

/// What has become of a leg.
#[derive(Clone, Debug)]
pub struct LegControl {
    /// Which one.
    pub leg: LegName,
    /// When it was so, on the call's timeline; now, if not said.
    pub at: Option<MediaTime>,
    /// What it is.
    pub control: Control,
}

/// A call cannot be changed like that. Nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// None of this id is open.
    #[error("no call of this id is open")]
    NoSuchCall,
    /// It has no such leg, or several that might be meant.
    #[error("the call has no leg `{0}`, or several; name it by role and party as it was described")]
    NoSuchLeg(LegName),
    /// It may not be recorded.
    #[error(
        "nothing is kept of the sound of this call: `recording.record` of its class is `none`, or the \
         recording could not be begun"
    )]
    NotRecorded,
    /// The change cannot be served.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// A correction cannot be taken.
    #[error(transparent)]
    Correction(#[from] CorrectionError),
    /// Whoever looks after calls cannot have that.
    #[error(transparent)]
    Supervision(#[from] SupervisionError),
    /// An agent cannot put that right.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// Its agent was written to too often of late.
    #[error(
        "the agent of this call was written to too often; in the long run one message each {MESSAGE_S} s is \
         taken: try again in {s:.0} s",
        s = .0.as_secs_f32().ceil()
    )]
    TooManyMessages(Duration),
    /// Nothing was heard, or it has not been told yet.
    #[error(
        "utterance {0} of the call has no `final` and no `unrecognised` yet, or was `retracted`: there \
         is nothing to correct"
    )]
    NoWords(u64),
    /// So much at once, again and again, is no use of a call.
    #[error("{0} changes at once; an update of a call holds at most {BURST}")]
    TooMuch(usize),
    /// It was changed too often of late.
    #[error(
        "the call has been changed too often; in the long run one change each half second is taken: try again in {s:.1} s",
        s = .0.as_secs_f32()
    )]
    TooOften(Duration),
    /// The store cannot tell what was heard.
    #[error(
        "what was heard cannot be looked up to be corrected: {0}; nothing is changed, try again later"
    )]
    Unread(String),
    /// The change is made, but a crash would lose it.
    #[error(
        "the call is changed, but the store has not written that: {0}; it will as soon as it can"
    )]
    NotKept(String),
    /// Its legs are described on its stream, and have no payload types.
    #[error("the call comes over a stream: legs are added there, and payload types are of RTP")]
    OnItsStream,
    /// No port is left for a leg.
    #[error(transparent)]
    Port(#[from] NoPort),
}

/// Told once a change is made, with what says when it is committed; or why it is not.
pub(super) type Done = oneshot::Sender<Result<Receipt, UpdateError>>;

/// A change on its way to the call's task.
pub(super) struct Command {
    /// What is to change.
    pub update: CallUpdate,
    /// The packets of each leg to add, in the order of the legs.
    pub datagrams: Vec<Receiver<Datagram>>,
    /// What was told last of each utterance to correct, in the order of the corrections.
    pub heard: Vec<Event>,
    /// The room that the legs to add take.
    pub place: Option<Place>,
    /// Who waits for it.
    pub done: Done,
}

impl CallUpdate {
    /// Takes what it costs: each thing that changes is an event, or several.
    pub(super) fn take_tokens(
        &self,
        rate: &UpdateRate,
        (messages, claims): (&UpdateRate, &UpdateRate),
    ) -> Result<(), UpdateError> {
        match self.supervision.as_ref().map(|order| &order.wish) {
            // Each is told once, however often it is said.
            Some(Wish::Read(_) | Wish::Seen(_)) => return Ok(()),
            Some(Wish::Write(text)) => {
                supervision::check_message(text)?;
                return messages.take(1).map_err(UpdateError::TooManyMessages);
            }
            Some(Wish::Claim | Wish::Release) => {
                return claims.take(1).map_err(UpdateError::TooOften);
            }
            None => {}
        }
        if self.work.is_some() {
            return claims.take(1).map_err(UpdateError::TooOften);
        }
        // Who wants less of them to be kept never waits.
        let keeps_less = self.recording.as_ref().is_some_and(|(order, _)| {
            matches!(
                order,
                RecordingOrder::Pause | RecordingOrder::Stop | RecordingOrder::Consent(false)
            )
        });
        if keeps_less && !self.changes_the_call() && self.corrections.is_empty() {
            return Ok(());
        }
        let parts = self.controls.len() + self.legs.len() + self.corrections.len();
        let others = [!self.change.is_empty(), self.recording.is_some()];
        let changes = parts + others.map(usize::from).iter().sum::<usize>();
        let tokens = u32::try_from(changes.max(1)).unwrap_or(u32::MAX);
        if tokens > BURST {
            return Err(UpdateError::TooMuch(changes));
        }
        rate.take(tokens).map_err(UpdateError::TooOften)
    }

    /// Whether anything but words and the recording is to change.
    pub fn changes_the_call(&self) -> bool {
        !self.change.is_empty() || !self.controls.is_empty() || !self.legs.is_empty()
    }

    /// Whether it speaks of RTP.
    pub(super) fn is_of_rtp(&self) -> bool {
        let mut controls = self.controls.iter();
        let payloads = |control: &LegControl| matches!(control.control, Control::Payloads(_));
        !self.legs.is_empty() || controls.any(payloads)
    }

    /// Finds what keeps `call` from being changed like that. Gives the legs that its controls speak
    /// of.
    pub(super) fn check(&self, call: &Call) -> Result<Vec<LegId>, UpdateError> {
        if call.ending() {
            return Err(UpdateError::NoSuchCall);
        }
        if self.recording.is_some() && !call.may_be_recorded() {
            return Err(UpdateError::NotRecorded);
        }
        let mut names: Vec<LegName> = call.leg_names().cloned().collect();
        let find = |control: &LegControl| {
            let leg = control.leg.find(names.iter());
            leg.ok_or_else(|| UpdateError::NoSuchLeg(control.leg.clone()))
        };
        let found = self.controls.iter().map(find).collect::<Result<_, _>>()?;
        for control in &self.controls {
            if let Control::Join(party) = &control.control {
                check_party(party)?;
            }
        }
        for leg in &self.legs {
            check_leg(&names, leg)?;
            names.push(leg.name.clone());
        }
        let mut known = call.known().clone();
        self.change.apply(&mut known);
        check_known(&known)?;
        Ok(found)
    }
}

impl Calls {
    /// Has calls that are with customers who have changed in the CRM ask for them again, and calls with numbers that
    /// are theirs now.
    pub fn customers_changed(&self, changed: &[Changed]) {
        for call in self.registry.list() {
            let known = call.current.customer_id();
            let number = call.current.known().customer().e164.clone();
            let question = changed.iter().find_map(|one| match (&known, &number) {
                (Some(id), _) if *id == one.customer_id => Some(Question::Details(id.clone())),
                (None, Some(number)) => {
                    let record = one.record.as_ref()?;
                    let is_theirs = record.phones.contains(number);
                    is_theirs.then(|| Question::Number(number.clone()))
                }
                _ => None,
            });
            let Some(question) = question else { continue };
            let Some((_, commands)) = self.registry.find(&call.id) else {
                continue;
            };
            let (done, _) = oneshot::channel();
            let update = CallUpdate {
                ask: Some(question),
                ..CallUpdate::default()
            };
            // A call that is flooded with changes learns it from the next one.
            let _ = commands.try_send(Command {
                update,
                datagrams: Vec::new(),
                heard: Vec::new(),
                place: None,
                done,
            });
        }
    }

    /// Changes a call that is open, and waits until the change is committed. Says where the legs
    /// that are added are listened to.
    pub async fn update(
        &self,
        id: &CallId,
        update: CallUpdate,
    ) -> Result<Vec<LegAddress>, UpdateError> {
        let (record, commands) = self.registry.find(id).ok_or(UpdateError::NoSuchCall)?;
        let taken = update.take_tokens(
            &record.update_rate,
            (&record.message_rate, &record.claim_rate),
        );
        taken.inspect_err(|_| {
            self.metrics.calls.updates_refused.inc();
        })?;
        let legs = record.description.legs.iter();
        let streamed = legs
            .clone()
            .any(|leg| matches!(leg.source, Source::Stream(_)));
        if streamed && update.is_of_rtp() {
            return Err(UpdateError::OnItsStream);
        }
        let mut names: Vec<LegName> = legs.map(|leg| leg.name.clone()).collect();
        for leg in &update.legs {
            check_leg(&names, leg)?;
            names.push(leg.name.clone());
        }
        let heard = match update.corrections.is_empty() {
            true => Vec::new(),
            false => self.heard(id, &update.corrections).await?,
        };
        let (addresses, queues) = self.listen(&update.legs).await?;
        let place = match update.legs.len() {
            0 => None,
            legs => Some(self.more_legs(legs)),
        };
        let (done, answer) = oneshot::channel();
        let command = Command {
            update,
            datagrams: queues.into_iter().map(|(_, queue)| queue).collect(),
            heard,
            place,
            done,
        };
        // A call that ends takes no more changes.
        let sent = commands.send(command).await;
        sent.map_err(|_| UpdateError::NoSuchCall)?;
        let receipt = answer.await.unwrap_or(Err(UpdateError::NoSuchCall))?;
        match receipt.committed_soon().await {
            Some(Ok(())) => Ok(addresses),
            Some(Err(error)) => Err(UpdateError::NotKept(error.to_string())),
            None => Err(UpdateError::NotKept("it takes nothing".to_owned())),
        }
    }

    /// What was told last of each utterance to correct.
    async fn heard(
        &self,
        id: &CallId,
        corrections: &[Correction],
    ) -> Result<Vec<Event>, UpdateError> {
        for (at, correction) in corrections.iter().enumerate() {
            correction.check()?;
            let utterance = correction.utterance;
            if corrections[..at]
                .iter()
                .any(|other| other.utterance == utterance)
            {
                return Err(CorrectionError::Twice(utterance.0).into());
            }
        }
        let unread = |why: &dyn Display| UpdateError::Unread(why.to_string());
        let store = self.services.store.clone();
        match store.settle().committed_soon().await {
            Some(settled) => settled.map_err(|error| unread(&error))?,
            None => return Err(unread(&"the store takes nothing")),
        }
        let id = id.to_string();
        let call = tokio::task::spawn_blocking(move || store.reader().call(&id)).await;
        let call = call.map_err(|error| unread(&error))?;
        let call = call.map_err(|error| unread(&error))?;
        let mut events = call.map(|call| call.events).unwrap_or_default();
        events.retain(|record| {
            let kind = &record.event.kind;
            kind.words().is_some() || matches!(kind, EventKind::Unrecognised { .. })
        });
        let last = |correction: &Correction| {
            let utterance = Some(correction.utterance);
            let mut told = events.iter().rev();
            let heard = told.find(|record| record.event.kind.utterance() == utterance);
            let heard = heard.map(|record| record.event.clone());
            heard.ok_or(UpdateError::NoWords(correction.utterance.0))
        };
        corrections.iter().map(last).collect()
    }
}
