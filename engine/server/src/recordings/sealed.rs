//! Files that are sealed while they are written, block by block, and read anywhere.
//!
//! A block is on the disk once it is full. What is in memory until then is copied to the disk every two seconds,
//! sealed too, *behind* the place of the block that it will be: by turns to the two next places, so that a copy
//! is never written over the only one. A crash takes what came after the last copy.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use sidetone_vault::{BLOCK, BlockKey, DataKey, Plain, SEALED_BLOCK};

use crate::storage::private_dir;

/// A crash of the engine takes no more sound than this and a frame.
const COPY_EVERY: Duration = Duration::from_secs(2);
/// A power cut takes no more than this.
const SYNC_EVERY: Duration = Duration::from_secs(5);
/// The end of a copy says how much of it counts.
const LENGTH: usize = 2;

/// A file that is written.
pub(super) struct SealedWriter {
    file: File,
    key: BlockKey,
    /// Of the block that is not full yet.
    pending: Plain,
    /// Blocks that are.
    whole: u64,
    /// Bytes of `pending` that have a copy.
    copied: usize,
    /// The place of the next copy: right behind, or not.
    beside: bool,
    copied_at: Instant,
    synced_at: Instant,
    is_synced: bool,
    sealed: Vec<u8>,
}

impl SealedWriter {
    /// Makes the file `name` in `folder`, which nobody else has made, for us only.
    pub fn create(folder: &Path, name: &str, key: &DataKey, now: Instant) -> io::Result<Self> {
        Ok(Self::onto(make(folder, name)?, name, key, now))
    }

    /// Writes to a file that is made, and empty.
    pub fn onto(file: File, name: &str, key: &DataKey, now: Instant) -> Self {
        Self {
            file,
            key: BlockKey::of(key, name),
            pending: pending(),
            whole: 0,
            copied: 0,
            beside: true,
            copied_at: now,
            synced_at: now,
            is_synced: false,
            sealed: Vec::with_capacity(SEALED_BLOCK),
        }
    }

    /// Bytes that were handed over.
    pub fn length(&self) -> u64 {
        self.whole * BLOCK as u64 + self.pending.len() as u64
    }

    /// Writes `bytes` behind those before. Says how many bytes went to the disk.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.pending.len()));
            self.pending.as_mut_vec().extend_from_slice(now);
            bytes = later;
            if self.pending.len() == BLOCK {
                let full = std::mem::replace(&mut self.pending, pending());
                written += self.put(self.whole, (self.whole, false), &full)?;
                self.whole += 1;
                (self.copied, self.beside) = (0, true);
            }
        }
        Ok(written)
    }

    /// Copies what is not on the disk yet, and has the disk keep it, where it is time to. Says how many bytes
    /// went there.
    pub fn keep_up(&mut self, now: Instant) -> io::Result<usize> {
        let mut written = 0;
        let is_new = self.pending.len() > self.copied;
        if is_new && now.saturating_duration_since(self.copied_at) >= COPY_EVERY {
            self.copied_at = now;
            written = self.copy()?;
        }
        if !self.is_synced && now.saturating_duration_since(self.synced_at) >= SYNC_EVERY {
            self.synced_at = now;
            self.file.sync_data()?;
            self.is_synced = true;
        }
        Ok(written)
    }

    /// Copies what has no block yet to the next place for that.
    fn copy(&mut self) -> io::Result<usize> {
        let Some(copy) = copy_of(&self.pending) else {
            return Ok(0);
        };
        let place = self.whole + u64::from(self.beside);
        let written = self.put(place, (self.whole, true), &copy)?;
        self.copied = self.pending.len();
        self.beside = !self.beside;
        Ok(written)
    }

    /// Writes the last block. All is on the disk when it returns. Says how many bytes went there.
    pub fn finish(mut self) -> io::Result<usize> {
        let mut written = 0;
        // The block is never written over the only copy.
        if self.copied > 0 && self.beside {
            written += self.copy()?;
        }
        let last = std::mem::take(&mut self.pending);
        written += self.put(self.whole, (self.whole, true), &last)?;
        // The copies stay until the block is safe.
        self.file.sync_data()?;
        self.file.set_len(BlockKey::sealed_length(
            self.whole * BLOCK as u64 + last.len() as u64,
        ))?;
        self.file.sync_all()?;
        Ok(written)
    }

    fn put(
        &mut self,
        place: u64,
        (index, is_last): (u64, bool),
        plain: &[u8],
    ) -> io::Result<usize> {
        self.sealed.clear();
        self.key
            .seal(index, is_last, plain, &mut self.sealed)
            .map_err(io::Error::other)?;
        self.file
            .seek(SeekFrom::Start(place * SEALED_BLOCK as u64))?;
        self.file.write_all(&self.sealed)?;
        self.is_synced = false;
        Ok(self.sealed.len())
    }
}

/// Makes the empty file `name` in `folder`, which nobody else has made, for us only. It is there after a power cut
/// too.
pub(super) fn make(folder: &Path, name: &str) -> io::Result<File> {
    private_dir().create(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(folder.join(name))?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(file)
}

/// Never grown: what it was before would stay behind in clear.
fn pending() -> Plain {
    Plain::of(Vec::with_capacity(BLOCK))
}

/// What a copy of it is sealed from; `None` for the few bytes that are too many.
fn copy_of(pending: &[u8]) -> Option<Plain> {
    if pending.len() > BLOCK - LENGTH {
        return None;
    }
    let mut copy = self::pending();
    let bytes = copy.as_mut_vec();
    bytes.extend_from_slice(pending);
    bytes.resize(BLOCK - LENGTH, 0);
    bytes.extend_from_slice(&(pending.len() as u16).to_be_bytes());
    Some(copy)
}

/// A file that is read.
pub(super) struct SealedReader {
    file: File,
    key: BlockKey,
    sealed_length: u64,
    sealed: Vec<u8>,
}

impl SealedReader {
    /// Opens the file `name` in `folder`.
    pub fn open(folder: &Path, name: &str, key: &DataKey) -> io::Result<Self> {
        let file = File::open(folder.join(name))?;
        Ok(Self {
            sealed_length: file.metadata()?.len(),
            file,
            key: BlockKey::of(key, name),
            sealed: Vec::with_capacity(SEALED_BLOCK),
        })
    }

    /// How many bytes of sound a finished file has.
    pub fn length(&self) -> io::Result<u64> {
        BlockKey::plain_length(self.sealed_length).ok_or_else(broken)
    }

    /// How many blocks it has room for.
    pub fn places(&self) -> u64 {
        self.sealed_length / SEALED_BLOCK as u64
    }

    /// The block at `index` of a finished file; empty behind its end.
    pub fn block(&mut self, index: u64) -> io::Result<Plain> {
        let start = index * SEALED_BLOCK as u64;
        let left = self.sealed_length.saturating_sub(start);
        if left == 0 {
            return Ok(Plain::default());
        }
        let length = left.min(SEALED_BLOCK as u64);
        let is_last = length < SEALED_BLOCK as u64;
        self.open_at(index, (index, is_last), length as usize)
    }

    /// What a crash has left of a file that was written: how many blocks are whole, and what is left of the
    /// one behind them, to its true end, if that is known. What comes behind a broken block does not count.
    pub fn left(&mut self) -> io::Result<(u64, Option<Plain>)> {
        let mut whole = 0;
        while whole < self.places() {
            match self.full(whole, (whole, false)) {
                Ok(_) => whole += 1,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => break,
                // A disk that does not read may read again.
                Err(error) => return Err(error),
            }
        }
        let end = self.sealed_length - (whole * SEALED_BLOCK as u64).min(self.sealed_length);
        if end > 0
            && end < SEALED_BLOCK as u64
            && let Ok(last) = self.open_at(whole, (whole, true), end as usize)
        {
            return Ok((whole, Some(last)));
        }
        let copies = [whole, whole + 1].map(|place| self.full(place, (whole, true)));
        let mut longest: Option<Plain> = None;
        for copy in copies.into_iter().flatten() {
            let counts = usize::from(u16::from_be_bytes([copy[BLOCK - 2], copy[BLOCK - 1]]));
            let copy = Plain::of(copy[..counts.min(BLOCK - LENGTH)].to_vec());
            if longest
                .as_ref()
                .is_none_or(|known| known.len() < copy.len())
            {
                longest = Some(copy);
            }
        }
        Ok((whole, longest))
    }

    /// A full block at a place.
    pub fn full(&mut self, place: u64, as_index: (u64, bool)) -> io::Result<Plain> {
        self.open_at(place, as_index, SEALED_BLOCK)
    }

    fn open_at(
        &mut self,
        place: u64,
        (index, is_last): (u64, bool),
        length: usize,
    ) -> io::Result<Plain> {
        self.sealed.resize(length, 0);
        self.file
            .seek(SeekFrom::Start(place * SEALED_BLOCK as u64))?;
        self.file.read_exact(&mut self.sealed)?;
        self.key
            .open(index, is_last, &self.sealed)
            .map_err(|_| broken())
    }
}

/// Ends a file that a crash has left behind `length` bytes, the last of which are `last`: those of its last block.
pub(super) fn end_at(
    (folder, name): (&Path, &str),
    key: &DataKey,
    (whole, last): (u64, &[u8]),
) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(folder.join(name))?;
    let key = BlockKey::of(key, name);
    let mut put = |place: u64, plain: &[u8]| {
        let mut sealed = Vec::with_capacity(SEALED_BLOCK);
        key.seal(whole, true, plain, &mut sealed)
            .map_err(io::Error::other)?;
        file.seek(SeekFrom::Start(place * SEALED_BLOCK as u64))?;
        file.write_all(&sealed)?;
        file.sync_data()
    };
    // The block may be written over the only copy: one lies beside it first.
    if let Some(copy) = copy_of(last) {
        put(whole + 1, &copy)?;
    }
    put(whole, last)?;
    file.set_len(BlockKey::sealed_length(
        whole * BLOCK as u64 + last.len() as u64,
    ))?;
    file.sync_all()
}

fn broken() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a piece of the file was changed, or belongs elsewhere",
    )
}
