//! What is odd about a file, and what keeps it from being used.

use std::io;

use super::channels::Levels;

/// Why a file holds other sound than one would think. It is used all the same.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AudioFileWarning {
    /// Its end is missing. Numbers are samples per channel.
    #[error("is cut short: {found} of {promised} samples are there")]
    CutShort {
        /// By the header.
        promised: u64,
        /// How many are there.
        found: u64,
    },
    /// There is more than its header knows, as if its recorder was killed. Numbers are samples per
    /// channel.
    #[error("goes on after the {promised} samples of its header: all {found} are used")]
    GoesOn {
        /// By the header.
        promised: u64,
        /// How many are there.
        found: u64,
    },
    /// Its recorder was killed or wrote to a pipe, and never said how long it is.
    #[error("does not say how long it is: all up to its end is used, and some may be missing")]
    NoLength,
    /// It was made from a recording of one channel.
    #[error("has the same sound on both channels: it is taken as a recording of one channel")]
    DualMono,
}

impl AudioFileWarning {
    /// What is odd about a header that counts `promised` samples where `found` are there.
    pub(super) fn of_length(promised: u64, found: u64) -> Option<Self> {
        match found.cmp(&promised) {
            std::cmp::Ordering::Less => Some(Self::CutShort { promised, found }),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Self::GoesOn { promised, found }),
        }
    }
}

/// A file that cannot be used as a recording: which, and why.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct AudioFileError {
    /// The file, as it was named.
    pub name: String,
    /// What is wrong with it. No `source`: it is told already.
    pub problem: AudioFileProblem,
}

/// What keeps a file from being used as a recording.
#[derive(Debug, thiserror::Error)]
pub enum AudioFileProblem {
    /// It cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// It is something else than sound, or has no header that says what it is.
    #[error("is not a WAV or FLAC file")]
    NotAudio,
    /// It is another kind of file with sound in it.
    #[error("is {0} and not WAV or FLAC; convert it with `ffmpeg -i IN -c:a pcm_s16le OUT.wav`")]
    Container(&'static str),
    /// It is a WAV or FLAC file, coded in a way that is not understood.
    #[error(
        "is coded as {0}, which is not read; convert it with `sox IN -e signed -b 16 OUT.wav` or \
         `ffmpeg -i IN -c:a pcm_s16le OUT.wav`"
    )]
    Coding(String),
    /// Its content contradicts itself.
    #[error("is damaged ({0})")]
    Damaged(&'static str),
    /// There is no telling who speaks on which channel.
    #[error(
        "has {} channels ({levels}); name those of a call with `--channels agent=0,customer=1`, \
         as `analyze` and `transcribe` take it",
        levels.count()
    )]
    Channels {
        /// How loud each is.
        levels: Levels,
    },
    /// A channel was named that it has not.
    #[error("has no channel {channel}: its channels are {levels}")]
    NoChannel {
        /// The one that was named, counted from 0.
        channel: usize,
        /// How loud those are that it has.
        levels: Levels,
    },
    /// No recording is made at such a rate.
    #[error("has a sample rate of {0} Hz; it should be between 4000 and 384000")]
    Rate(u32),
    /// There is no sound in it.
    #[error("holds no sound")]
    Empty,
}

impl AudioFileProblem {
    /// The problem of the file of this name.
    pub fn of(self, name: impl ToString) -> AudioFileError {
        AudioFileError {
            name: name.to_string(),
            problem: self,
        }
    }
}
