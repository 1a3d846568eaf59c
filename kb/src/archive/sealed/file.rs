//! A sealed file that is read.

use std::fmt;
use std::io;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use sidetone_vault::{BLOCK, BlockKey, Plain, SEALED_BLOCK, VaultError};
use tantivy::HasLen;
use tantivy::directory::{FileHandle, OwnedBytes};

use super::io_error;
use super::opened::{Extent, Opened, OpenedBlocks};

/// Opens only the blocks that are asked for, in one go and without a copy. The same are asked for again and
/// again: [`OpenedBlocks`] keeps them.
pub(super) struct SealedFile {
    name: Arc<str>,
    key: BlockKey,
    sealed: Arc<dyn FileHandle>,
    /// Bytes, once opened.
    length: usize,
    opened: Arc<OpenedBlocks>,
}

impl fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedFile({}, {} bytes)", self.name, self.length)
    }
}

impl SealedFile {
    /// Opens its last block too, which tells whether the file is as long as it was.
    pub fn open(
        name: Arc<str>,
        key: BlockKey,
        sealed: Arc<dyn FileHandle>,
        opened: Arc<OpenedBlocks>,
    ) -> io::Result<Self> {
        let length = BlockKey::plain_length(sealed.len() as u64)
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| io_error(VaultError::Broken))?;
        let file = Self {
            name,
            key,
            sealed,
            length,
            opened,
        };
        file.blocks(file.last()..=file.last())?;
        Ok(file)
    }

    /// The index of the last block.
    fn last(&self) -> usize {
        self.length / BLOCK
    }

    fn blocks(&self, blocks: RangeInclusive<usize>) -> io::Result<Opened> {
        let extent = Extent {
            file: self.name.clone(),
            blocks: blocks.clone(),
        };
        if let Some(opened) = self.opened.get(&extent) {
            return Ok(opened);
        }
        let (first, last) = blocks.into_inner();
        let end = self.sealed.len().min((last + 1) * SEALED_BLOCK);
        let sealed = self.sealed.read_bytes(first * SEALED_BLOCK..end)?;
        let room = (last + 1 - first) * BLOCK;
        let mut plain = Plain::of(Vec::with_capacity(room));
        for (index, block) in (first..).zip(sealed.chunks(SEALED_BLOCK)) {
            let is_last = index == self.last();
            let onto = plain.as_mut_vec();
            let opened = self.key.open_onto(index as u64, is_last, block, onto);
            opened.map_err(io_error)?;
        }
        Ok(self.opened.keep(extent, Opened::new(plain)))
    }
}

impl HasLen for SealedFile {
    fn len(&self) -> usize {
        self.length
    }
}

impl FileHandle for SealedFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.end > self.length || range.start > range.end {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        let first = range.start / BLOCK;
        let opened = self.blocks(first..=(range.end - 1) / BLOCK)?;
        let start = range.start - first * BLOCK;
        Ok(OwnedBytes::new(opened).slice(start..start + range.len()))
    }
}
