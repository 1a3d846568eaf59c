//! One task per call: it waits, feeds the call, and does as the call says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_core::call::{Call, Input, Output};
use sidetone_core::customer::Customer;
use sidetone_core::describe::Role;
use sidetone_core::event::EndReason;
use sidetone_core::id::{CallId, JobId};
use sidetone_core::rtp::ReceiverStats;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::sync::oneshot;
use tracing::{info, instrument};

use crate::admission::Admission;
use crate::call_journal::CallJournal;
use crate::event_bus::EventBus;
use crate::infer::{Client, Reply};
use crate::ingest::Datagram;
use crate::knowledge::Knowledge;
use crate::telemetry::Metrics;

/// A piece of a leg's audio that came over a stream.
pub(crate) struct Audio {
    pub role: Role,
    pub bytes: Vec<u8>,
}

/// Utterances that may wait for their words before a stream is no longer read. Live audio cannot
/// wait; it is bounded by the calls that are let in.
const BACKLOG: usize = 8;

/// How often a call's packet counts are carried over to the metrics, and it is told how busy the engine
/// is.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Where a call's audio and orders come from.
pub(crate) struct From {
    /// RTP, if the call has it.
    pub datagrams: Receiver<Datagram>,
    /// A stream, if the call has it. Its end is the call's.
    pub audio: Option<Receiver<Audio>>,
    /// What became of model runs.
    pub answers: UnboundedReceiver<(JobId, Reply)>,
    /// Whom the call is with. Dropped without a word, the CRM does not know.
    pub customer: oneshot::Receiver<Customer>,
    /// Why to hang up. Dropped without a word, the call's owner is gone.
    pub hang_up: oneshot::Receiver<EndReason>,
}

/// Where a call's doings go.
pub(crate) struct To {
    pub hub: EventBus,
    pub journal: CallJournal,
    pub knowledge: Arc<Knowledge>,
    pub recogniser: Client,
    pub metrics: Arc<Metrics>,
    pub admission: Arc<Admission>,
}

/// Runs a call to its end.
#[instrument(name = "call", skip_all, fields(call = %id))]
pub(crate) async fn run(id: CallId, agent_id: String, mut call: Call, mut from: From, mut to: To) {
    info!("call opened");
    let mut counted: Vec<ReceiverStats> = Vec::new();
    let mut count = tokio::time::interval(COUNT_EVERY);
    let mut awaits_customer = true;
    loop {
        while let Some(output) = call.poll() {
            match output {
                Output::Search(query) => {
                    // The articles lie in memory: this takes a fraction of a millisecond.
                    let fits = to.knowledge.search(&query);
                    call.handle(Instant::now(), Input::Found(query.id, fits));
                }
                output => to.carry_out(&id, &agent_id, output),
            }
        }
        if call.ended() {
            break;
        }
        let has_room = call.backlog() < BACKLOG;
        let deadline = call.deadline();
        tokio::select! {
            biased;
            reason = &mut from.hang_up, if !call.ending() => {
                // What has arrived belongs to the call.
                while let Ok(datagram) = from.datagrams.try_recv() {
                    call.handle(datagram.at, Input::Datagram(datagram.role, &datagram.bytes));
                }
                call.handle(Instant::now(), Input::HangUp(reason.unwrap_or(EndReason::Disconnected)));
            }
            answer = &mut from.customer, if awaits_customer => {
                awaits_customer = false;
                if let Ok(customer) = answer {
                    call.handle(Instant::now(), Input::Customer(customer));
                }
            }
            Some((job, reply)) = from.answers.recv() => {
                let input = match reply {
                    Reply::Done(answer) => Input::Answer(job, answer),
                    Reply::Shed => Input::Shed(job),
                };
                call.handle(Instant::now(), input);
            }
            Some(datagram) = from.datagrams.recv() => {
                call.handle(datagram.at, Input::Datagram(datagram.role, &datagram.bytes));
            }
            audio = next_audio(&mut from.audio), if has_room && !call.ending() => {
                let input = match &audio {
                    Some(audio) => Input::Audio(audio.role, &audio.bytes),
                    None => Input::HangUp(EndReason::EndOfAudio),
                };
                call.handle(Instant::now(), input);
            }
            () = wait_until(deadline) => call.handle(Instant::now(), Input::Tick),
            _ = count.tick() => {
                to.count(&call, &mut counted);
                call.handle(Instant::now(), Input::Pace(to.admission.pace()));
            }
        }
    }
    to.count(&call, &mut counted);
    info!("call ended");
}

/// The next piece of a call that comes as a stream; never, if it does not.
async fn next_audio(audio: &mut Option<Receiver<Audio>>) -> Option<Audio> {
    match audio {
        Some(audio) => audio.recv().await,
        None => std::future::pending().await,
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

impl To {
    /// Never waits, so that nobody slow can stall a call.
    fn carry_out(&mut self, id: &CallId, agent_id: &str, output: Output) {
        match output {
            Output::Emit(event) => self.journal.keep(&self.hub.emit(id, agent_id, event)),
            Output::Search(_) => unreachable!("answered where it is asked"),
            Output::Recognise(job_id, job) => self.recogniser.recognise(job_id, job),
            Output::Promote(job_id) => self.recogniser.promote(job_id),
            Output::Cancel(job_id) => self.recogniser.cancel(job_id),
            Output::Rejected(rejection) => self.metrics.rejected(rejection),
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
