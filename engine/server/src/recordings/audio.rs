//! Hearing a recording: any bytes of its FLAC file.

use std::io;
use std::ops::Range;
use std::path::Path;

use sidetone_vault::{BLOCK, Plain};

use super::RecordingError;
use super::flac::head;
use super::recording::seconds;
use super::sealed::SealedReader;
use crate::storage::{OpenRecording, RecordingState, RecordingStore};

/// A recording that can be heard, as a FLAC file of two channels: agent, customer.
pub struct Audio {
    reader: SealedReader,
    head: Vec<u8>,
    bytes: u64,
    version: String,
    samples: u64,
}

impl std::fmt::Debug for Audio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Audio({} bytes)", self.length())
    }
}

impl Audio {
    /// That of a call, whose file lies in `folder`. Blocks.
    ///
    /// # Errors
    ///
    /// There is none, the call still goes on, it could not be closed, or its file cannot be read.
    pub fn open(
        folder: &Path,
        store: &dyn RecordingStore,
        call: &str,
    ) -> Result<Self, RecordingError> {
        let OpenRecording {
            recording,
            key,
            points,
            is_over,
            ..
        } = store
            .open(call)?
            .ok_or_else(|| RecordingError::None(call.to_owned()))?;
        if recording.state == RecordingState::Open {
            let call = call.to_owned();
            return Err(match is_over {
                true => RecordingError::NotClosed(call),
                false => RecordingError::GoesOn(call),
            });
        }
        let file = |source| RecordingError::File {
            call: call.to_owned(),
            source,
        };
        let reader = SealedReader::open(folder, &recording.file, &key).map_err(file)?;
        if reader.length().map_err(file)? != recording.bytes {
            let what = "it is not as long as it was";
            return Err(file(io::Error::new(io::ErrorKind::InvalidData, what)));
        }
        Ok(Self {
            reader,
            head: head(recording.samples, &points),
            bytes: recording.bytes,
            version: recording.file,
            samples: recording.samples,
        })
    }

    /// Bytes of the file.
    pub fn length(&self) -> u64 {
        self.head.len() as u64 + self.bytes
    }

    /// Another one if the sound is another.
    pub fn version(&self) -> &str {
        self.version.trim_end_matches(super::ENDING)
    }

    /// How long it is.
    pub fn seconds(&self) -> f64 {
        seconds(self.samples)
    }

    /// The bytes of `range`, in pieces of at most a block. Blocks.
    pub fn pieces(mut self, range: Range<u64>) -> impl Iterator<Item = io::Result<Plain>> + Send {
        let (mut at, end) = (range.start, range.end.min(self.length()));
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let piece = self.piece(at, end);
            match &piece {
                Ok(piece) => at += piece.len() as u64,
                Err(_) => at = end,
            }
            Some(piece)
        })
    }

    fn piece(&mut self, at: u64, end: u64) -> io::Result<Plain> {
        let head = self.head.len() as u64;
        if at < head {
            let piece = &self.head[at as usize..end.min(head) as usize];
            return Ok(Plain::of(piece.to_vec()));
        }
        let (from, to) = (at - head, end - head);
        let block = self.reader.block(from / BLOCK as u64)?;
        let first = (from % BLOCK as u64) as usize;
        let last = block.len().min(first.saturating_add((to - from) as usize));
        match block.get(first..last) {
            Some(piece) if !piece.is_empty() => Ok(Plain::of(piece.to_vec())),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
