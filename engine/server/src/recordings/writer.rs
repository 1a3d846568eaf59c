//! The threads that code, seal and write. A recording is always the same thread's.
//!
//! A recording that cannot be written is given up: the call is told, what is on the disk is closed as it is when
//! the call ends, and others go on. The keeper closes: that takes its time.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tokio::sync::oneshot;
use tracing::error;

use super::closing::{Closing, Ended};
use super::flac::{Encoder, SIDES};
use super::frames::FrameWriter;
use super::keeper::Job;
use super::mute::Span;
use super::recording::{Beginning, Order, Queue};
use super::sealed::make;
use super::worker::Worker;
use super::{PATIENCE, RecordingError, Shared, lock};
use crate::storage::{NewRecording, RecordingState};

/// How often it is looked at what has to go to the disk by now.
const LOOK: Duration = Duration::from_millis(500);

/// Silent frames that are written before others have their turn.
const SLICE: u32 = 64;

/// A thread that writes.
pub(super) struct Writer {
    queue: Queue,
    worker: Worker,
}

impl Writer {
    pub fn start(shared: Arc<Shared>, keeper: Sender<Job>) -> Self {
        let (orders, incoming) = unbounded();
        let queue = Queue {
            orders,
            waiting: Arc::default(),
        };
        let mut task = Task {
            shared,
            keeper,
            incoming,
            waiting: Arc::clone(&queue.waiting),
            encoder: None,
            open: HashMap::new(),
            behind: VecDeque::new(),
            look_at: Instant::now(),
        };
        Self {
            queue,
            worker: Worker::start("recordings", move || task.run()),
        }
    }

    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Ends the thread, after all that was handed over, or at `deadline`.
    pub fn stop(&self, deadline: Instant) {
        let _ = self.queue.orders.send(Order::Stop);
        self.worker.join_by(deadline);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop(Instant::now() + PATIENCE);
    }
}

struct Task {
    shared: Arc<Shared>,
    keeper: Sender<Job>,
    incoming: Receiver<Order>,
    waiting: Arc<AtomicUsize>,
    /// Made when it is first needed.
    encoder: Option<Encoder>,
    open: HashMap<u64, Writing>,
    /// Those with something to write yet: each has its turn.
    behind: VecDeque<u64>,
    look_at: Instant,
}

/// A recording that goes on.
struct Writing {
    beginning: Beginning,
    state: State,
    /// Whether the row is its own: another one of the same call is left alone.
    has_row: bool,
    silent: Vec<Span>,
    /// What is to be written yet, in slices.
    rest: VecDeque<Work>,
}

/// What a recording has still to write, in its order.
enum Work {
    /// So many silent frames.
    Silent(u32),
    /// Sound; whether it is one of the frames that wait.
    Sound(Box<[i16]>, bool),
    /// Its end, for which somebody may wait.
    End(RecordingState, Option<oneshot::Sender<()>>),
}

enum State {
    /// No sound has come.
    Begun,
    /// Some has.
    Written(Box<FrameWriter>),
    /// Something went wrong.
    GivenUp,
}

impl Task {
    fn run(&mut self) {
        loop {
            // Nothing is looked at while nothing is open.
            let next = match (self.open.is_empty(), self.behind.is_empty()) {
                (true, _) => self
                    .incoming
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
                (false, true) => self.incoming.recv_deadline(self.look_at),
                (false, false) => self.incoming.recv_timeout(Duration::ZERO),
            };
            match next {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(order) => self.carry_out(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(id) = self.behind.pop_front()
                && self.slice(id)
            {
                self.behind.push_back(id);
            }
            if Instant::now() >= self.look_at {
                self.keep_up();
                self.look_at = Instant::now() + LOOK;
            }
        }
        for id in std::mem::take(&mut self.behind) {
            while self.slice(id) {}
        }
        for (_, writing) in std::mem::take(&mut self.open) {
            self.end(writing, RecordingState::Cut, None);
        }
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Begin(id, beginning) => {
                let writing = Writing {
                    beginning,
                    state: State::Begun,
                    has_row: false,
                    silent: Vec::new(),
                    rest: VecDeque::new(),
                };
                self.open.insert(id, writing);
            }
            Order::Frame(id, silent, samples) => {
                self.add(id, silent, [Work::Sound(samples, true)]);
            }
            Order::Silence(id, span) => {
                if let Some(writing) = self.open.get_mut(&id) {
                    writing.silent.push(span);
                    if writing.has_row {
                        let call = writing.beginning.call.clone();
                        let _ = self.keeper.send(Job::Silence(call, span));
                    }
                }
            }
            Order::Finish(id, silent, rest, tell) => {
                let end = Work::End(RecordingState::Whole, Some(tell));
                self.add(id, silent, [Work::Sound(rest.into(), false), end]);
            }
            Order::Leave(id) => self.add(id, 0, [Work::End(RecordingState::Cut, None)]),
            Order::Stop => {}
        }
    }

    /// Adds to what a recording has to write, and writes a slice of it where nothing else waits.
    fn add(&mut self, id: u64, silent: u32, work: impl IntoIterator<Item = Work>) {
        let Some(writing) = self.open.get_mut(&id) else {
            return;
        };
        let is_behind = !writing.rest.is_empty();
        writing
            .rest
            .extend((silent > 0).then_some(Work::Silent(silent)));
        writing.rest.extend(work);
        if !is_behind && self.slice(id) {
            self.behind.push_back(id);
        }
    }

    /// Writes of a recording what takes no long time. Whether more is left.
    fn slice(&mut self, id: u64) -> bool {
        let mut room = SLICE;
        loop {
            let Some(writing) = self.open.get_mut(&id) else {
                return false;
            };
            match writing.rest.pop_front() {
                None => return false,
                Some(work) if room == 0 => {
                    writing.rest.push_front(work);
                    return true;
                }
                Some(Work::Silent(frames)) => {
                    let now = frames.min(room);
                    if frames > now {
                        writing.rest.push_front(Work::Silent(frames - now));
                    }
                    room -= now;
                    self.sound(id, now, &[]);
                }
                Some(Work::Sound(samples, waits)) => {
                    if waits {
                        self.waiting.fetch_sub(1, Ordering::Relaxed);
                    }
                    room -= 1;
                    self.sound(id, 0, &samples);
                }
                Some(Work::End(state, tell)) => {
                    if let Some(writing) = self.open.remove(&id) {
                        self.end(writing, state, tell);
                    }
                    return false;
                }
            }
        }
    }

    /// Writes sound of a recording, behind so many silent frames. What goes wrong is its own affair.
    fn sound(&mut self, id: u64, silent: u32, samples: &[i16]) {
        let Some(writing) = self.open.get_mut(&id) else {
            return;
        };
        if samples.is_empty() && silent == 0 {
            return;
        }
        let (shared, encoder) = (&self.shared, &mut self.encoder);
        let written = catch_unwind(AssertUnwindSafe(|| {
            writing.sound(shared, encoder, silent, samples)
        }));
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => writing.give_up(shared, &error.to_string()),
            Err(_) => {
                self.encoder = None;
                writing.give_up(shared, "coding its sound failed");
            }
        }
    }

    /// Copies to the disk what has to be there by now.
    fn keep_up(&mut self) {
        let now = Instant::now();
        for writing in self.open.values_mut() {
            let State::Written(file) = &mut writing.state else {
                continue;
            };
            match file.keep_up(now) {
                Ok(bytes) => self.shared.figures.written(bytes),
                Err(error) => writing.give_up(&self.shared, &error.to_string()),
            }
        }
    }

    /// Has a recording closed: what is left of it, where it was given up.
    fn end(&mut self, writing: Writing, state: RecordingState, tell: Option<oneshot::Sender<()>>) {
        if !writing.has_row {
            return;
        }
        let (state, ended, is_counted) = match writing.state {
            State::Begun => return,
            State::Written(file) => (state, Ended::NotYet(file), false),
            State::GivenUp => (RecordingState::Cut, Ended::Unknown, true),
        };
        let closing = Closing {
            call: writing.beginning.call,
            state,
            ended,
            silent: writing.silent,
        };
        let _ = self.keeper.send(Job::Close(closing, is_counted, tell));
    }
}

impl Writing {
    fn sound(
        &mut self,
        shared: &Shared,
        encoder: &mut Option<Encoder>,
        silent: u32,
        samples: &[i16],
    ) -> Result<(), RecordingError> {
        let call = self.beginning.call.clone();
        let file = |source| RecordingError::File {
            call: call.clone(),
            source,
        };
        let encoder = match encoder {
            Some(encoder) => encoder,
            None => encoder.insert(Encoder::new().map_err(io::Error::other).map_err(file)?),
        };
        if let State::Begun = self.state {
            self.state = State::Written(Box::new(self.begin(shared)?));
        }
        let State::Written(frames) = &mut self.state else {
            return Ok(());
        };
        let before = frames.length().samples;
        let written =
            frames
                .silence(encoder, silent)
                .and_then(|before| match samples.len() / SIDES {
                    0 => Ok(before),
                    _ => Ok(before + frames.sound(encoder, samples)?),
                });
        shared.figures.written(written.map_err(file)?);
        shared.figures.recorded(frames.length().samples - before);
        Ok(())
    }

    /// The file, and then the row and the key: whatever is known of has a file.
    fn begin(&mut self, shared: &Shared) -> Result<FrameWriter, RecordingError> {
        let (name, beginning) = (shared.new_name()?, &self.beginning);
        let _making = lock(&shared.making);
        let file = make(&shared.folder, &name).map_err(|source| RecordingError::Folder {
            folder: shared.folder.clone(),
            source,
        })?;
        let begun = shared.store.begin(&NewRecording {
            call: &beginning.call,
            class: &beginning.class,
            file: &name,
            began_ms: beginning.began_ms,
            keep_until_ms: beginning.keep_until_ms,
        });
        if begun.is_err() {
            // Nobody's: what stays goes with the next start.
            let _ = std::fs::remove_file(shared.folder.join(&name));
        }
        let key = begun?;
        self.has_row = true;
        Ok(FrameWriter::onto(file, &name, &key, Instant::now()))
    }

    fn give_up(&mut self, shared: &Shared, problem: &str) {
        self.state = State::GivenUp;
        shared.figures.failed();
        let call = &self.beginning.call;
        error!(call, problem, "a call is recorded no longer");
        self.beginning.status.tell(problem);
    }
}
