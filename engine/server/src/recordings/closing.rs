//! Closing recordings: their rows say so, and what is to be silent is so by then.

use std::io;

use tracing::{info, warn};

use super::frames::FrameWriter;
use super::keeping::remove_gone;
use super::mute::{Span, mute};
use super::recording::seconds;
use super::recover::{Length, close_as_it_is};
use super::{RecordingError, Shared};
use crate::storage::{ClosedRecording, OpenRecording, RecordingState, StoreError};

/// A recording that is to be closed.
pub(super) struct Closing {
    pub call: String,
    pub state: RecordingState,
    pub ended: Ended,
    /// What is to be silent, beside what its row says.
    pub silent: Vec<Span>,
}

/// How its file has ended.
pub(super) enum Ended {
    /// It has not: its last block is still to be written.
    NotYet(Box<FrameWriter>),
    /// So, and players leap to these points.
    At(Length, Vec<u64>),
    /// As a crash or a full disk has left it.
    Unknown,
}

impl Closing {
    /// That of a call which an earlier engine has left.
    pub fn left(call: String) -> Self {
        Self {
            call,
            state: RecordingState::Cut,
            ended: Ended::Unknown,
            silent: Vec::new(),
        }
    }

    /// Closes it, and silences in it what is to be silent. Nothing is done where there is none, or no longer.
    /// May be tried again where it fails.
    pub fn close(&mut self, shared: &Shared) -> Result<(), RecordingError> {
        self.end_file(shared)?;
        let found = shared.store.open(&self.call)?;
        let Some(found) = found.filter(|it| it.recording.state == RecordingState::Open) else {
            return Ok(());
        };
        let (length, points) = self.length(shared, &found)?;
        if length.samples > 0 {
            return self.silence_and_close(shared, found, (length, points));
        }
        if found.recording.bytes > 0 {
            return Err(self.broken("all that was in its file is gone"));
        }
        // Closed as it is, so that it may be forgotten.
        let nothing = self.closed(None, length, &[]);
        shared.store.close(&self.call, &nothing)?;
        match shared.store.forget(&self.call) {
            Err(StoreError::Held(_)) => Ok(()),
            forgotten => Ok(forgotten?),
        }
    }

    fn end_file(&mut self, shared: &Shared) -> Result<(), RecordingError> {
        match std::mem::replace(&mut self.ended, Ended::Unknown) {
            Ended::NotYet(file) => {
                let state = std::mem::replace(&mut self.state, RecordingState::Cut);
                let ended = file.finish();
                let (length, points, written) = ended.map_err(|source| self.file(source))?;
                shared.figures.written(written);
                self.state = state;
                self.ended = Ended::At(length, points);
            }
            ended => self.ended = ended,
        }
        Ok(())
    }

    fn length(
        &mut self,
        shared: &Shared,
        found: &OpenRecording,
    ) -> Result<(Length, Vec<u64>), RecordingError> {
        if let Ended::At(length, points) = &self.ended {
            return Ok((*length, points.clone()));
        }
        let closed = close_as_it_is(&shared.folder, &found.recording.file, &found.key);
        let length = closed.map_err(|source| self.file(source))?;
        Ok((length, Vec::new()))
    }

    fn silence_and_close(
        &mut self,
        shared: &Shared,
        found: OpenRecording,
        (length, points): (Length, Vec<u64>),
    ) -> Result<(), RecordingError> {
        let OpenRecording {
            recording,
            key,
            silent,
            ..
        } = found;
        let silent = joined(silent.into_iter().chain(self.silent.iter().copied()));
        if silent.is_empty() {
            let closed = self.closed(None, length, &points);
            shared.store.close(&self.call, &closed)?;
            return Ok(());
        }
        let name = shared.new_name()?;
        let names = (recording.file.as_str(), name.as_str());
        let (length, points) = match mute(&shared.folder, names, &key, &silent) {
            Ok(muted) => muted,
            Err(source) => {
                // What is half written is nobody's.
                let _ = std::fs::remove_file(shared.folder.join(&name));
                if source.kind() == io::ErrorKind::InvalidData {
                    // It is closed before what is broken, when it is tried again.
                    self.ended = Ended::Unknown;
                    self.state = RecordingState::Cut;
                }
                return Err(self.file(source));
            }
        };
        shared.figures.written(length.bytes as usize);
        let silenced: u64 = silent.iter().map(|(from, to)| to - from).sum();
        info!(
            call = self.call,
            seconds = seconds(silenced),
            "stretches of a recording are silenced"
        );
        let closed = self.closed(Some(&name), length, &points);
        if !shared.store.close(&self.call, &closed)? {
            let _ = std::fs::remove_file(shared.folder.join(&name));
        }
        if let Err(error) = remove_gone(&shared.folder, &*shared.store) {
            warn!(%error, "what a recording was before it was silenced is not removed yet");
        }
        Ok(())
    }

    fn closed<'a>(
        &self,
        file: Option<&'a str>,
        length: Length,
        points: &'a [u64],
    ) -> ClosedRecording<'a> {
        ClosedRecording {
            state: self.state,
            file,
            samples: length.samples,
            bytes: length.bytes,
            points,
        }
    }

    fn file(&self, source: io::Error) -> RecordingError {
        RecordingError::File {
            call: self.call.clone(),
            source,
        }
    }

    fn broken(&self, what: &'static str) -> RecordingError {
        self.file(io::Error::new(io::ErrorKind::InvalidData, what))
    }
}

/// In their order, none in two of them.
fn joined(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.collect();
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match apart.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => apart.push((from, to)),
        }
    }
    apart
}
