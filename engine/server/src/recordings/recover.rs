//! Closing a recording as a crash has left it.

use std::io;
use std::path::Path;

use sidetone_vault::{BLOCK, DataKey, Plain};

use super::flac::last_whole;
use super::sealed::{SealedReader, end_at};

/// The last frame lies within so many blocks: one of noise is a little longer than a block, and another one has
/// to follow it.
const LOOK_BACK: u64 = 4;

/// How long a recording is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Length {
    /// Samples of each side.
    pub samples: u64,
    /// Bytes of its frames.
    pub bytes: u64,
}

/// Ends the file `name` behind its last whole frame, and before the first block that is broken, and says how long it
/// is then. Nothing of a file that is ended already is changed. A file that is missing is an error: its disk may be.
pub(super) fn close_as_it_is(folder: &Path, name: &str, key: &DataKey) -> io::Result<Length> {
    let mut reader = SealedReader::open(folder, name, key)?;
    let (whole, tail) = reader.left()?;
    // A crash leaves the first block readable, once there is a second one.
    if whole == 0 && tail.is_none() && reader.places() > 2 {
        let what = "none of it can be opened";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let first = whole.saturating_sub(LOOK_BACK);
    let mut found = Plain::of(Vec::with_capacity((LOOK_BACK as usize + 1) * BLOCK));
    for index in first..whole {
        let block = reader.full(index, (index, false))?;
        found.as_mut_vec().extend_from_slice(&block);
    }
    if let Some(tail) = &tail {
        found.as_mut_vec().extend_from_slice(tail);
    }
    let Some((end, header)) = last_whole(&found, tail.is_some()) else {
        return match first {
            0 => Ok(Length::default()),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "no frame of it is whole at its end",
            )),
        };
    };
    let bytes = first * BLOCK as u64 + end as u64;
    let last = bytes / BLOCK as u64;
    let start = (last - first) as usize * BLOCK;
    end_at((folder, name), key, (last, &found[start..end]))?;
    let before = u64::from(header.number) * super::flac::FRAME as u64;
    Ok(Length {
        samples: before + header.samples as u64,
        bytes,
    })
}
