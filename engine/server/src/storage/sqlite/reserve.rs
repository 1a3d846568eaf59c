//! Room on the disk that is kept for the moment when there is none.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use sidetone_types::prng::SplitMix64;
use tracing::{info, warn};

use super::files;

/// Enough for what some hundred calls say in the seconds until no further call is let in, and for
/// their notes; about 1 kB per event, and SQLite writes whole pages.
const SIZE: usize = 16 << 20;

/// A file that takes up room, and is removed for the last changes of an engine that stops on a full
/// disk.
pub(super) struct Reserve {
    path: PathBuf,
    size: usize,
    is_there: bool,
}

impl Reserve {
    /// Makes the file if need be.
    pub fn new(path: PathBuf) -> Self {
        Self::of_size(path, SIZE)
    }

    /// [`Reserve::new`] of another size; 0 is none at all.
    pub fn of_size(path: PathBuf, size: usize) -> Self {
        let mut reserve = Self {
            path,
            size,
            is_there: false,
        };
        match reserve.fill() {
            Ok(()) => reserve.is_there = true,
            Err(error) => {
                warn!(%error, "no room can be kept for the case that the disk is full");
                // Half a reserve helps nobody.
                let _ = fs::remove_file(&reserve.path);
            }
        }
        reserve
    }

    /// Gives the room back.
    pub fn release(&mut self) {
        if std::mem::take(&mut self.is_there) {
            match fs::remove_file(&self.path) {
                Ok(()) => info!(
                    bytes = self.size,
                    "the reserve was given up for the last changes"
                ),
                Err(error) => warn!(%error, "the reserve could not be given up"),
            }
        }
    }

    fn fill(&self) -> io::Result<()> {
        if self.size == 0 {
            return Ok(());
        }
        if fs::metadata(&self.path).is_ok_and(|file| file.len() == self.size as u64) {
            return Ok(());
        }
        let mut file: File = files::private_file().open(&self.path)?;
        file.set_len(0)?;
        // Zeros would take no room where the file system compresses.
        let mut random = SplitMix64::new(1);
        let mut block = vec![0; 64 << 10];
        let mut left = self.size;
        while left > 0 {
            for bytes in block.chunks_exact_mut(8) {
                bytes.copy_from_slice(&random.next_u64().to_le_bytes());
            }
            let length = left.min(block.len());
            file.write_all(&block[..length])?;
            left -= length;
        }
        file.sync_all()
    }
}
