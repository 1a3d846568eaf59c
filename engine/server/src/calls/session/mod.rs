//! One task per call: it waits, feeds the call, and does as the call says.
//!
//! A turn of its loop is bounded: whatever floods in, deadlines, answers and the pace get their turn.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use sidetone_core::call::{Call, Input, Output};
use sidetone_types::customer::Customer;
use sidetone_types::event::{EndReason, Event, EventKind};
use sidetone_types::id::{CallId, JobId};
use sidetone_types::party::Role;
use sidetone_types::receiver_stats::ReceiverStats;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Silence;
use super::journal::CallJournal;
use crate::event_bus::EventBus;
use crate::ingest::{Datagram, Datagrams};
use crate::knowledge::Knowledge;
use crate::recognition::{Admission, Client, Reply};
use crate::telemetry::Metrics;

/// A piece of a leg's audio that came over a stream.
pub struct Audio {
    /// The leg's.
    pub role: Role,
    /// As the leg's format has it, cut anywhere.
    pub bytes: Vec<u8>,
}

/// Bytes of a stream that are heard in one turn: 200 ms of G.711, 50 ms of L16 at 16 kHz. Others get the
/// thread in between, however much a message holds.
const SLICE: usize = 1_600;

/// How often a call's packet counts are carried over to the metrics, and it is told how busy the engine
/// is.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Where a call's audio and orders come from.
pub(super) struct From {
    /// RTP, of the legs that have it.
    pub datagrams: Datagrams,
    /// A stream, if the call has it. Its end is the call's.
    pub audio: Option<Receiver<Audio>>,
    /// What became of model runs. Unbounded, yet bounded by the jobs asked: each is replied to once.
    pub answers: UnboundedReceiver<(JobId, Reply)>,
    /// Whom the call is with. Dropped without a word, the CRM does not know.
    pub customer: oneshot::Receiver<Customer>,
    /// Why to hang up. Dropped without a word, the call's owner is gone.
    pub hang_up: oneshot::Receiver<EndReason>,
    /// The engine goes down: what is still being recognised is given up.
    pub give_up: CancellationToken,
}

/// Where a call's doings go.
pub(super) struct To {
    pub bus: EventBus,
    pub journal: CallJournal,
    pub knowledge: Arc<Knowledge>,
    pub recogniser: Client,
    pub metrics: Arc<Metrics>,
    pub admission: Arc<Admission>,
    /// Whether anybody was heard to speak, and why the call ended: for the log.
    pub heard: bool,
    pub silence: Silence,
    pub ended: Option<EndReason>,
}

/// Runs a call to its end, and gives back the journal of it.
pub(super) async fn run(
    id: CallId,
    agent_id: String,
    mut call: Call,
    mut from: From,
    mut to: To,
) -> CallJournal {
    let opened = Instant::now();
    info!(agent = agent_id, "call opened");
    let mut counted: Vec<ReceiverStats> = Vec::new();
    let mut count = tokio::time::interval(COUNT_EVERY);
    count.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut awaits_customer = true;
    let mut gave_up = false;
    let mut slices = Slices::default();
    loop {
        while let Some(output) = call.poll() {
            match output {
                Output::Search(query) => {
                    // The articles lie in memory: this takes a fraction of a millisecond.
                    let fits = to.knowledge.search(&query);
                    call.handle(now(), Input::Found(query.id, fits));
                }
                output => to.carry_out(&id, &agent_id, output),
            }
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
                // What has arrived belongs to the call.
                for datagram in from.datagrams.take_arrived() {
                    take(&mut call, &datagram);
                }
                let reason = reason.unwrap_or(EndReason::Disconnected);
                call.handle(now(), Input::HangUp(reason));
            }
            () = from.give_up.cancelled(), if !gave_up => {
                gave_up = true;
                call.handle(now(), Input::GiveUp);
            }
            answer = &mut from.customer, if awaits_customer => {
                awaits_customer = false;
                if let Ok(customer) = answer {
                    call.handle(now(), Input::Customer(customer));
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
            }
            () = wait_until(deadline) => call.handle(now(), Input::Tick),
            datagram = from.datagrams.next() => take(&mut call, &datagram),
            slice = slices.next(&mut from.audio), if has_room && live => {
                let input = match &slice {
                    Some((role, bytes)) => Input::Audio(*role, bytes),
                    None => Input::HangUp(EndReason::EndOfAudio),
                };
                call.handle(now(), input);
            }
        }
    }
    to.count(&call, &mut counted);
    let packets: u64 = counted.iter().map(|leg| leg.packets).sum();
    let (reason, lasted) = (to.ended, opened.elapsed().as_millis() as u64);
    let reason = reason.map_or("unknown", EndReason::as_str);
    match (to.ended, to.heard) {
        (Some(EndReason::MediaTimeout), false) => {
            warn!(
                reason,
                agent = agent_id,
                lasted_ms = lasted,
                packets,
                "call ended, nobody was ever heard"
            );
        }
        _ => info!(
            reason,
            agent = agent_id,
            lasted_ms = lasted,
            packets,
            "call ended"
        ),
    }
    to.journal
}

fn take(call: &mut Call, datagram: &Datagram) {
    let input = Input::Datagram(datagram.role, datagram.from, &datagram.bytes);
    call.handle(datagram.at, input);
}

/// The time, by a clock that tests can pause.
fn now() -> std::time::Instant {
    Instant::now().into_std()
}

/// Cuts what comes over a stream into pieces that take little time each.
#[derive(Default)]
struct Slices(VecDeque<(Role, Vec<u8>)>);

impl Slices {
    /// The next piece; never, if the call does not come as a stream. `None` at the stream's end.
    async fn next(&mut self, audio: &mut Option<Receiver<Audio>>) -> Option<(Role, Vec<u8>)> {
        if !self.0.is_empty() {
            // Others wait for this thread as well. Nothing is taken before, so that nothing is lost if
            // something else happens first.
            tokio::task::yield_now().await;
            return self.0.pop_front();
        }
        let Some(audio) = audio else {
            return std::future::pending().await;
        };
        let Audio { role, bytes } = audio.recv().await?;
        if bytes.len() <= SLICE {
            return Some((role, bytes));
        }
        self.0 = bytes
            .chunks(SLICE)
            .map(|slice| (role, slice.to_vec()))
            .collect();
        self.0.pop_front()
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl To {
    /// Never waits, so that nobody slow can stall a call.
    fn carry_out(&mut self, id: &CallId, agent_id: &str, output: Output) {
        match output {
            Output::Emit(event) => {
                self.observe(&event);
                self.journal.keep(&self.bus.emit(id, agent_id, event));
            }
            Output::Search(_) => unreachable!("answered where it is asked"),
            Output::Recognise(job_id, job) => self.recogniser.recognise(job_id, job),
            Output::Promote(job_id) => self.recogniser.promote(job_id),
            Output::Cancel(job_id) => self.recogniser.cancel(job_id),
            Output::Rejected(rejection) => self.metrics.rejected(rejection),
        }
    }

    /// Reports what admission learns from, and logs what operations want to know of a call.
    fn observe(&mut self, event: &Event) {
        self.admission.observe(event);
        self.silence.observe(event);
        match &event.kind {
            EventKind::SpeechBegin { .. } => self.heard = true,
            EventKind::CallEnded(ended) => self.ended = Some(ended.reason),
            EventKind::NoMedia {
                waited_ms,
                payload_type,
            } => {
                let role = event.role.map_or("", Role::as_str);
                warn!(
                    role,
                    waited_ms,
                    ?payload_type,
                    "no media comes that was described"
                );
            }
            _ => {}
        }
    }

    fn count(&self, call: &Call, counted: &mut Vec<ReceiverStats>) {
        for (i, now) in call.rtp_stats().enumerate() {
            if counted.len() == i {
                counted.push(ReceiverStats::default());
            }
            self.metrics.rtp(&counted[i], now);
            counted[i] = now.clone();
        }
    }
}

#[cfg(test)]
mod tests;
