//! What is odd about a file, and what keeps it from being used.

use std::io;

use symphonia::core::errors::Error as Symphonia;

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
    /// Parts of it are damaged. Numbers are samples per channel.
    #[error("is damaged: {samples} of {found} samples cannot be read and are taken as silence")]
    Unreadable {
        /// Those that cannot be read.
        samples: u64,
        /// How many there are.
        found: u64,
    },
    /// It holds infinities, or what is no number at all.
    #[error("holds {samples} samples that are infinite or no numbers: they are taken as silence")]
    NoNumbers {
        /// In all channels together.
        samples: u64,
    },
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

    /// What is odd about a file of which so many samples cannot be read. Where they are most of it,
    /// it is of no use.
    pub(super) fn of_silence(samples: u64, found: u64) -> Result<Option<Self>, AudioFileProblem> {
        match samples {
            0 => Ok(None),
            samples if samples > found / 2 => {
                Err(AudioFileProblem::Damaged("most of it cannot be read"))
            }
            samples => Ok(Some(Self::Unreadable { samples, found })),
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
    #[error("is not a WAV, FLAC, MP3 or Ogg Opus file")]
    NotAudio,
    /// It is another kind of file with sound in it.
    #[error(
        "is {0} and not WAV, FLAC, MP3 or Ogg Opus; convert it with \
         `ffmpeg -i IN -c:a pcm_s16le OUT.wav`"
    )]
    Container(&'static str),
    /// It is one of these files, coded in a way that is not understood.
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
    /// It would take more memory than any call needs.
    #[error("lasts too long: at most {most} samples of each channel are read; cut it into pieces")]
    TooLong {
        /// Of each channel.
        most: usize,
    },
    /// It would take more memory than any call needs even before it is decoded.
    #[error("is larger than the {} MiB that are read; cut it into pieces", most >> 20)]
    TooLarge {
        /// Bytes.
        most: usize,
    },
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

impl From<Symphonia> for AudioFileProblem {
    fn from(error: Symphonia) -> Self {
        match error {
            // All of the file is in memory: its end came too early.
            Symphonia::IoError(_) => Self::Damaged("its header is cut short"),
            Symphonia::DecodeError(what) | Symphonia::LimitError(what) => Self::Damaged(what),
            Symphonia::Unsupported(what) => Self::Coding(what.to_owned()),
            Symphonia::SeekError(_) | Symphonia::ResetRequired => {
                Self::Damaged("its parts do not fit together")
            }
            _ => Self::Damaged("it makes no sense"),
        }
    }
}
