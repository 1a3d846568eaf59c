//! Frames into a sealed file: what the writers and the rewriting of a recording share.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Instant;

use sidetone_vault::DataKey;

use super::flac::{Encoder, FRAME, POINT_FRAMES, SIDES};
use super::recover::Length;
use super::sealed::SealedWriter;

/// A recording that is written, frame by frame.
pub(super) struct FrameWriter {
    file: SealedWriter,
    frames: u32,
    samples: u64,
    points: Vec<u64>,
    coded: Vec<u8>,
}

impl FrameWriter {
    /// Makes its file.
    pub fn create(folder: &Path, name: &str, key: &DataKey, now: Instant) -> io::Result<Self> {
        Ok(Self::to(SealedWriter::create(folder, name, key, now)?))
    }

    /// Writes to a file that is made, and empty.
    pub fn onto(file: File, name: &str, key: &DataKey, now: Instant) -> Self {
        Self::to(SealedWriter::onto(file, name, key, now))
    }

    fn to(file: SealedWriter) -> Self {
        Self {
            file,
            frames: 0,
            samples: 0,
            points: Vec::new(),
            coded: Vec::new(),
        }
    }

    /// Adds samples of both sides, interleaved: a frame, or less at the end. Says how many bytes went to the
    /// disk.
    pub fn sound(&mut self, encoder: &mut Encoder, samples: &[i16]) -> io::Result<usize> {
        self.coded.clear();
        encoder
            .encode(self.frames, samples, &mut self.coded)
            .map_err(io::Error::other)?;
        let coded = std::mem::take(&mut self.coded);
        let written = self.frame(&coded, samples.len() / SIDES);
        self.coded = coded;
        self.coded.fill(0);
        written
    }

    /// Adds so many frames of silence.
    pub fn silence(&mut self, encoder: &mut Encoder, frames: u32) -> io::Result<usize> {
        let mut written = 0;
        for _ in 0..frames {
            written += self.sound(encoder, &[0; FRAME * SIDES])?;
        }
        Ok(written)
    }

    /// Adds a frame that is coded, of so many samples of each side.
    pub fn frame(&mut self, coded: &[u8], samples: usize) -> io::Result<usize> {
        if self.frames.is_multiple_of(POINT_FRAMES) {
            self.points.push(self.file.length());
        }
        self.frames += 1;
        self.samples += samples as u64;
        self.file.write(coded)
    }

    /// Copies what is not on the disk yet, where it is time to.
    pub fn keep_up(&mut self, now: Instant) -> io::Result<usize> {
        self.file.keep_up(now)
    }

    /// How long it is by now.
    pub fn length(&self) -> Length {
        Length {
            samples: self.samples,
            bytes: self.file.length(),
        }
    }

    /// Ends it. All is on the disk when it returns. Gives its length, the points to which players leap, and how
    /// many bytes went to the disk.
    pub fn finish(self) -> io::Result<(Length, Vec<u64>, usize)> {
        let length = self.length();
        let written = self.file.finish()?;
        Ok((length, self.points, written))
    }
}
