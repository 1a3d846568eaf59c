//! A call's end of the queue to its writer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crossbeam::channel::Sender;
use tokio::sync::oneshot;
use tracing::warn;

use super::flac::{FRAME, RATE_HZ, SIDES};
use super::{PATIENCE, Shared, lock};

/// Frames that wait for a writer: 16 MiB, some 2 s of a hundred calls.
pub(super) const QUEUE: usize = 1_024;

/// What a writer is told of a recording.
pub(super) enum Order {
    /// There is one. Nothing is on the disk yet.
    Begin(u64, Beginning),
    /// A frame of sound, behind so many frames that are silent.
    Frame(u64, u32, Box<[i16]>),
    /// A stretch is to be silent.
    Silence(u64, (u64, u64)),
    /// The rest, behind so many silent frames. Somebody waits until it is on the disk.
    Finish(u64, u32, Vec<i16>, oneshot::Sender<()>),
    /// Nobody finishes it.
    Leave(u64),
    /// No more comes, of any.
    Stop,
}

/// What a recording begins with.
pub(super) struct Beginning {
    pub call: String,
    pub class: Arc<str>,
    pub began_ms: u64,
    pub keep_until_ms: Option<u64>,
    pub status: Arc<Status>,
}

/// What a writer tells a call.
#[derive(Default)]
pub(super) struct Status(Mutex<Option<String>>);

impl Status {
    /// What went wrong; the first word counts.
    pub fn tell(&self, problem: &str) {
        lock(&self.0).get_or_insert_with(|| problem.to_owned());
    }
}

/// Where orders go, and how many frames wait there.
#[derive(Clone)]
pub(super) struct Queue {
    pub orders: Sender<Order>,
    pub waiting: Arc<AtomicUsize>,
}

/// The recording of a call that goes on. Dropped without [`Recording::finish`], it is closed as it is.
pub struct Recording {
    id: u64,
    call: Box<str>,
    queue: Queue,
    status: Arc<Status>,
    shared: Arc<Shared>,
    /// Less than a frame.
    pending: Vec<i16>,
    /// Silent frames since the last one that was handed over: without sound, or without room.
    silent: u32,
    has_shed: bool,
    is_told: bool,
    is_over: bool,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({})", self.id)
    }
}

impl Recording {
    pub(super) fn begin(id: u64, beginning: Beginning, queue: &Queue, shared: Arc<Shared>) -> Self {
        let status = Arc::clone(&beginning.status);
        let recording = Self {
            id,
            call: beginning.call.as_str().into(),
            queue: queue.clone(),
            status,
            shared,
            pending: Vec::with_capacity(FRAME * SIDES),
            silent: 0,
            has_shed: false,
            is_told: false,
            is_over: false,
        };
        recording.order(Order::Begin(id, beginning));
        recording
    }

    /// The next sound of both sides, from where the last ended: agent and customer interleaved, 16 kHz. Never
    /// waits. What finds no room is silent instead, and counted.
    pub fn sound(&mut self, samples: Box<[i16]>) {
        if self.pending.is_empty() && samples.len() == FRAME * SIDES {
            return self.frame(samples);
        }
        let mut samples = &samples[..];
        while !samples.is_empty() {
            let room = FRAME * SIDES - self.pending.len();
            let (now, later) = samples.split_at(samples.len().min(room));
            self.pending.extend_from_slice(now);
            samples = later;
            if self.pending.len() == FRAME * SIDES {
                let full = std::mem::replace(&mut self.pending, Vec::with_capacity(FRAME * SIDES));
                self.frame(full.into());
            }
        }
    }

    /// So many samples of each side without a sound, from where the last ended: hours cost no more than a moment.
    /// Never waits.
    pub fn nothing(&mut self, samples: u64) {
        const EACH: u64 = FRAME as u64;
        let begun = (self.pending.len() / SIDES) as u64;
        let fill = match begun {
            0 => 0,
            begun => samples.min(EACH - begun),
        };
        let silent = |samples: u64| vec![0; samples as usize * SIDES].into_boxed_slice();
        self.sound(silent(fill));
        let rest = samples - fill;
        let frames = u32::try_from(rest / EACH).unwrap_or(u32::MAX);
        self.silent = self.silent.saturating_add(frames);
        self.sound(silent(rest % EACH));
    }

    fn frame(&mut self, samples: Box<[i16]>) {
        let waiting = &self.queue.waiting;
        let taken = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            (waiting < QUEUE).then_some(waiting + 1)
        });
        if taken.is_err() {
            self.silent = self.silent.saturating_add(1);
            self.shared.figures.shed(FRAME as u64);
            if !std::mem::replace(&mut self.has_shed, true) {
                warn!(
                    call = &*self.call,
                    "the writers of recordings are behind: some of the sound is silent (`recording.threads`)"
                );
            }
            return;
        }
        let silent = std::mem::take(&mut self.silent);
        self.order(Order::Frame(self.id, silent, samples));
    }

    /// A stretch that was handed over already turned out to hold a secret: it is to be silent, from the first to
    /// before the last sample of each side since the call began. Nobody hears the recording before it is.
    pub fn silence(&mut self, from: u64, to: u64) {
        if from < to {
            self.order(Order::Silence(self.id, (from, to)));
        }
    }

    /// Why nothing is written any more, told once.
    pub fn problem(&mut self) -> Option<String> {
        if self.is_told {
            return None;
        }
        let problem = lock(&self.status.0).clone();
        self.is_told = problem.is_some();
        problem
    }

    /// The call is over: writes the rest. Done once that is on the disk, or is known never to be, or after some
    /// seconds: a disk that hangs is not waited for.
    pub async fn finish(mut self) {
        self.is_over = true;
        let (tell, done) = oneshot::channel();
        let rest = std::mem::take(&mut self.pending);
        self.order(Order::Finish(self.id, self.silent, rest, tell));
        // A writer that is gone has closed what it had.
        if tokio::time::timeout(PATIENCE, done).await.is_err() {
            warn!(
                call = &*self.call,
                "the call is over, and its recording is not closed yet"
            );
        }
    }

    fn order(&self, order: Order) {
        if self.queue.orders.send(order).is_err() {
            self.status
                .tell("the engine goes down, and records no more");
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.is_over {
            self.order(Order::Leave(self.id));
        }
    }
}

/// Samples as a length of time, for people.
pub(super) fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(RATE_HZ)
}
