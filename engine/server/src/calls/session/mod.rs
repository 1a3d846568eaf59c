//! One task per call: it waits, feeds the call, and does as the call says.
//!
//! A turn of its loop is bounded: whatever floods in, deadlines, answers and the pace get their
//! turn.

mod slices;

use std::sync::Arc;
use std::time::Duration;

use sidetone_core::call::{Call, Input, Output};
use sidetone_core::recording::Recorded;
use sidetone_types::event::{EndReason, Event, EventKind};
use sidetone_types::id::{CallId, JobId, LegId};
use sidetone_types::party::Role;
use sidetone_types::receiver_stats::ReceiverStats;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::Current;
use super::journal::CallJournal;
use super::lookup::Asking;
use super::update::{Command, Done, LegControl, UpdateError};
use crate::crm::Question;
use crate::event_bus::EventBus;
use crate::ingest::{Datagram, Datagrams};
use crate::knowledge::Knowledge;
use crate::receptions::Visit;
use crate::recognition::{Admission, Client, Detectors, Place, Reply};
use crate::recordings::Recording;
use crate::services::Services;
use crate::telemetry::Metrics;
pub use slices::{Audio, StreamItem};
use slices::{Message, SLICE};

/// How often a call's packet counts are carried over to the metrics, and it is told how busy the
/// engine is.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Legs that are quiet for so long have stopped together.
const ALL_QUIET_MS: u64 = 1_000;

/// Where a call's audio and orders come from.
pub(super) struct SessionInputs {
    /// RTP, of the legs that have it.
    pub datagrams: Datagrams,
    /// A stream, if the call has it. Its end is the call's.
    pub audio: Option<Receiver<StreamItem>>,
    /// What became of model runs. Unbounded, yet bounded by the jobs asked: each is replied to
    /// once.
    pub answers: UnboundedReceiver<(JobId, Reply)>,
    /// Whom the call is with, as far as the CRM knows.
    pub customer: Asking,
    /// What is to change.
    pub commands: Receiver<Command>,
    /// Why to hang up. Dropped without a word, the call's owner is gone.
    pub hang_up: oneshot::Receiver<EndReason>,
    /// The engine goes down: what is still being recognised is given up.
    pub give_up: CancellationToken,
}

/// Where a call's doings go.
pub(super) struct SessionOutputs {
    pub bus: EventBus,
    pub journal: CallJournal,
    pub knowledge: Arc<Knowledge>,
    pub recogniser: Client,
    pub metrics: Arc<Metrics>,
    pub admission: Arc<Admission>,
    /// Whether anybody was heard to speak, and why the call ended: for the log.
    pub heard: bool,
    pub current: Current,
    pub services: Arc<Services>,
    pub detectors: Detectors,
    pub ended: Option<EndReason>,
    /// Where it is told what comes in.
    pub visit: Visit,
    /// Silence on all legs is how it ends, and nothing to worry about.
    pub ends_with_silence: bool,
    /// Where its sound is written, if it may be recorded.
    pub recording: Option<Recording>,
}

/// Runs a call to its end, and gives back the journal of it.
pub(super) async fn run(
    id: CallId,
    mut call: Call,
    mut from: SessionInputs,
    mut to: SessionOutputs,
) -> CallJournal {
    let opened = Instant::now();
    info!(agent = &*to.current.agent_id(), "call opened");
    let mut counted: Vec<ReceiverStats> = Vec::new();
    let mut count = tokio::time::interval(COUNT_EVERY);
    count.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut gave_up = false;
    // Of a stream, the message that is being heard.
    let mut message: Option<Message> = None;
    // Of legs that are added, until the call is over.
    let mut places: Vec<Place> = Vec::new();
    // Who waits for a change that is made, but not told yet.
    let mut changed: Option<Done> = None;
    loop {
        while let Some(output) = call.poll() {
            match output {
                Output::Search(query) => {
                    // The articles lie in memory: this takes a fraction of a millisecond.
                    let fits = to.knowledge.search(&query);
                    call.handle(now(), Input::Found(query.id, fits));
                }
                Output::LookFor(clue, by) => {
                    let question = Question::Clue(clue, by);
                    from.customer.ask(&to.services.look_ups, question);
                }
                // Nobody sums calls up better than the rules, so far.
                Output::Summarise(task) => call.handle(now(), Input::Summary(task.draft)),
                output => {
                    if let Output::Emit(event) = &output {
                        to.log_silence(&call, event);
                    }
                    to.carry_out(&id, output);
                }
            }
        }
        // What the change has made the call tell is with the store now.
        if let Some(done) = changed.take() {
            // Who has asked may be gone.
            let _ = done.send(Ok(to.journal.settle()));
        }
        if call.ended() {
            break;
        }
        let live = !call.ending();
        let has_room = call.wants_audio();
        let deadline = call.deadline().map(Instant::from_std);
        tokio::select! {
            // What is rare comes first: the media at the end are always there under a flood.
            biased;
            reason = &mut from.hang_up, if live => {
                let reason = reason.unwrap_or(EndReason::Disconnected);
                // What has arrived belongs to the call, but for one that is to end at once.
                for datagram in from.datagrams.take_arrived() {
                    take(&mut call, &datagram);
                }
                let mut next = || from.audio.as_mut().and_then(|audio| audio.try_recv().ok());
                while reason != EndReason::Shutdown && !call.ending() {
                    if let Some(mut message) = message.take() {
                        let (leg, piece) = message.next(usize::MAX);
                        call.handle(now(), Input::Audio(leg, piece));
                    } else if let Some(item) = next() {
                        message = to.take(&mut call, &mut places, Some(item));
                    } else {
                        break;
                    }
                }
                call.handle(now(), Input::HangUp(reason));
            }
            () = from.give_up.cancelled(), if !gave_up => {
                gave_up = true;
                call.handle(now(), Input::GiveUp);
            }
            Some(customer) = from.customer.next() => {
                if to.services.crm.has_details() {
                    from.customer.ask_more(&to.services.look_ups, &customer);
                }
                call.handle(now(), Input::Customer(customer));
            }
            Some(command) = from.commands.recv() => {
                match to.update(&mut call, &mut from, command) {
                    Ok((done, place)) => {
                        changed = Some(done);
                        places.extend(place);
                    }
                    Err((done, error)) => {
                        let _ = done.send(Err(error));
                    }
                }
            }
            Some((job, reply)) = from.answers.recv() => {
                let input = match reply {
                    Reply::Done(answer) => Input::Answer(job, answer),
                    Reply::Shed => Input::Shed(job),
                };
                call.handle(now(), input);
            }
            _ = count.tick() => {
                to.count(&call, &mut counted);
                call.handle(now(), Input::Pace(to.admission.pace()));
                let problem = to.recording.as_mut().and_then(Recording::problem);
                if let Some(problem) = problem {
                    warn!(problem, "the call is not recorded any more");
                    call.handle(now(), Input::RecordingFailed);
                }
            }
            () = wait_until(deadline) => call.handle(now(), Input::Tick),
            datagram = from.datagrams.next() => take(&mut call, &datagram),
            // Others wait for this thread as well. Nothing is taken before, so that nothing is lost
            // if something else happens first.
            () = tokio::task::yield_now(), if has_room && live && message.is_some() => {
                if let Some(heard) = &mut message {
                    let (leg, piece) = heard.next(SLICE);
                    call.handle(now(), Input::Audio(leg, piece));
                }
                message = message.filter(|message| !message.is_over());
            }
            item = slices::next(&mut from.audio), if has_room && live && message.is_none() => {
                message = to.take(&mut call, &mut places, item);
            }
        }
    }
    if let Some(recording) = to.recording.take() {
        recording.finish().await;
    }
    to.count(&call, &mut counted);
    let packets: u64 = counted.iter().map(|leg| leg.packets).sum();
    let (reason, lasted) = (to.ended, opened.elapsed().as_millis() as u64);
    let reason = reason.map_or("unknown", EndReason::as_str);
    match (to.ended, to.heard) {
        (Some(EndReason::MediaTimeout), false) => {
            warn!(
                reason,
                agent = &*to.current.agent_id(),
                lasted_ms = lasted,
                packets,
                "call ended, nobody was ever heard"
            );
        }
        _ => info!(
            reason,
            agent = &*to.current.agent_id(),
            lasted_ms = lasted,
            packets,
            "call ended"
        ),
    }
    to.journal
}

fn take(call: &mut Call, (leg, datagram): &(LegId, Datagram)) {
    let input = Input::Datagram {
        leg: *leg,
        from: datagram.from,
        at: datagram.at,
        bytes: &datagram.bytes,
    };
    call.handle(now(), input);
}

/// The time, by a clock that tests can pause.
fn now() -> std::time::Instant {
    Instant::now().into_std()
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl SessionOutputs {
    /// Never waits, so that nobody slow can stall a call.
    fn carry_out(&mut self, id: &CallId, output: Output) {
        match output {
            Output::Emit(event) => {
                self.observe(&event);
                let agent_id = self.current.agent_id();
                self.journal.keep(&self.bus.emit(id, &agent_id, event));
            }
            Output::Search(_) | Output::LookFor(..) | Output::Summarise(_) => {
                unreachable!("answered where it is asked")
            }
            Output::Recognise(job_id, job) => self.recogniser.recognise(job_id, job),
            Output::Promote(job_id) => self.recogniser.promote(job_id),
            Output::Cancel(job_id) => self.recogniser.cancel(job_id),
            Output::Rejected(rejection) => self.metrics.rejected(rejection),
            Output::Record(recorded) => match (&mut self.recording, recorded) {
                (Some(recording), Recorded::Sound(samples)) => recording.sound(samples),
                (Some(recording), Recorded::Nothing(samples)) => recording.nothing(samples),
                (Some(recording), Recorded::Silence(place)) => {
                    recording.silence(place.start, place.end);
                }
                (None, _) => {}
            },
        }
    }

    /// Does what a stream says next, or hangs up at its end. Audio is given back as a message, to
    /// be heard in slices.
    fn take(
        &self,
        call: &mut Call,
        places: &mut Vec<Place>,
        item: Option<StreamItem>,
    ) -> Option<Message> {
        match item {
            Some(StreamItem::Audio(audio)) => return Some(Message::new(audio, now())),
            Some(StreamItem::Control(leg, at, control)) => {
                call.handle(now(), Input::Control { leg, at, control });
            }
            Some(StreamItem::Leg(leg, place)) => {
                places.push(place);
                call.add_leg(&leg, (self.detectors)(), now());
            }
            Some(StreamItem::End(reason)) => call.handle(now(), Input::HangUp(reason)),
            None => call.handle(now(), Input::HangUp(EndReason::EndOfAudio)),
        }
        None
    }

    /// Changes the call, or says why it cannot be. Gives whom to tell, and the room that its new
    /// legs take.
    fn update(
        &self,
        call: &mut Call,
        from: &mut SessionInputs,
        command: Command,
    ) -> Result<(Done, Option<Place>), (Done, UpdateError)> {
        let Command {
            update,
            datagrams,
            heard,
            place,
            done,
        } = command;
        let legs = match update.check(call) {
            Ok(legs) => legs,
            Err(error) => return Err((done, error)),
        };
        let supervision = update.supervision.map(|order| call.supervised(order));
        let supervision = match supervision.transpose() {
            Ok(order) => order,
            Err(error) => return Err((done, error.into())),
        };
        let work = update.work.map(|order| call.worked(order));
        let work = match work.transpose() {
            Ok(order) => order,
            Err(error) => return Err((done, error.into())),
        };
        // What has arrived was said before.
        for datagram in from.datagrams.take_arrived() {
            take(call, &datagram);
        }
        for (leg, queue) in update.legs.iter().zip(datagrams) {
            let leg = call.add_leg(leg, (self.detectors)(), now());
            from.datagrams.add(leg, queue);
        }
        for (leg, LegControl { at, control, .. }) in legs.into_iter().zip(update.controls) {
            call.handle(now(), Input::Control { leg, at, control });
        }
        for (correction, heard) in update.corrections.into_iter().zip(heard) {
            call.handle(now(), Input::Correct(correction, Box::new(heard)));
        }
        if let Some((order, by)) = update.recording {
            call.handle(now(), Input::Recording(order, &by));
        }
        if let Some(order) = supervision {
            call.handle(now(), Input::Supervise(order));
        }
        if let Some(order) = work {
            call.handle(now(), Input::Work(order));
        }
        if let Some(question) = update.ask {
            from.customer.ask(&self.services.look_ups, question);
        }
        if !update.change.is_empty() {
            let before = call.known().customer().clone();
            call.handle(now(), Input::Change(update.change));
            if *call.known().customer() != before {
                from.customer = Asking::start(&self.services.look_ups, call.known());
            }
        }
        Ok((done, place))
    }

    /// Reports what admission learns from, and logs what operations want to know of a call.
    fn observe(&mut self, event: &Event) {
        self.admission.observe(event);
        self.current.observe(event);
        match &event.kind {
            EventKind::SpeechBegin { .. } => self.heard = true,
            EventKind::CallEnded(ended) => self.ended = Some(ended.reason),
            _ => {}
        }
    }

    /// Logs that nothing comes of a leg.
    fn log_silence(&self, call: &Call, event: &Event) {
        let EventKind::NoMedia {
            waited_ms,
            payload_type,
        } = &event.kind
        else {
            return;
        };
        let (role, party) = (event.role.map_or("", Role::as_str), &*event.party);
        let legs = call.receptions();
        let heard = legs.iter().any(|leg| leg.sound_ms > 0);
        let all_quiet = legs
            .iter()
            .all(|leg| leg.off || leg.quiet_ms >= ALL_QUIET_MS);
        if self.ends_with_silence && heard && all_quiet {
            debug!(
                role,
                party, waited_ms, "nothing comes any more: the call is about to end"
            );
            return;
        }
        warn!(
            role,
            party,
            waited_ms,
            ?payload_type,
            "no media comes that was described"
        );
    }

    fn count(&self, call: &Call, counted: &mut Vec<ReceiverStats>) {
        for (i, now) in call.rtp_stats().enumerate() {
            if counted.len() == i {
                counted.push(ReceiverStats::default());
            }
            self.metrics.rtp(&counted[i], now);
            counted[i] = now.clone();
        }
        self.visit.update(call.receptions());
    }
}

#[cfg(test)]
mod tests;
