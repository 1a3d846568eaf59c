//! A sealed file that is written, from front to back.

use std::io::{self, Write};

use sidetone_vault::{BLOCK, BlockKey, SEALED_BLOCK};
use tantivy::directory::{AntiCallToken, TerminatingWrite, WritePtr};
use zeroize::Zeroizing;

use super::io_error;

/// Seals each block once it is full, and the last one when it is told that no more comes. A file that was not
/// ended does not open.
pub(super) struct SealedWriter {
    inner: WritePtr,
    key: BlockKey,
    /// Of the block that is being filled.
    index: u64,
    plain: Zeroizing<Vec<u8>>,
    sealed: Vec<u8>,
}

impl SealedWriter {
    pub fn new(inner: WritePtr, key: BlockKey) -> Self {
        Self {
            inner,
            key,
            index: 0,
            plain: Zeroizing::new(Vec::with_capacity(BLOCK)),
            sealed: Vec::with_capacity(SEALED_BLOCK),
        }
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        self.sealed.clear();
        self.key
            .seal(self.index, is_last, &self.plain, &mut self.sealed)
            .map_err(io_error)?;
        self.plain.clear();
        self.index += 1;
        self.inner.write_all(&self.sealed)
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.plain.len());
        self.plain.extend_from_slice(&bytes[..taken]);
        if self.plain.len() == BLOCK {
            self.seal(false)?;
        }
        Ok(taken)
    }

    /// Hands on what is sealed. What does not fill a block waits: a block is sealed once.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl TerminatingWrite for SealedWriter {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.seal(true)?;
        self.inner.terminate_ref(token)
    }
}
