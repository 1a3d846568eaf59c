//! What the log asks of the disk. Tests have one that is full.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::key::private_file;

/// A file of the log.
pub trait Disk: Send {
    /// Its length in bytes.
    fn length(&mut self) -> io::Result<u64>;
    /// Writes `bytes` at `at`, all of them.
    fn put(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts it to `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Has the disk keep what was written, through a power cut.
    fn sync(&mut self) -> io::Result<()>;
}

/// Opens a file; a new one if so asked.
pub type Disks = Box<dyn FnMut(&Path, bool) -> io::Result<Box<dyn Disk>> + Send>;

/// The file system.
pub fn real() -> Disks {
    Box::new(|path, new| {
        let file = private_file().create_new(new).open(path)?;
        Ok(Box::new(file))
    })
}

impl Disk for File {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn put(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(at))?;
        self.write_all(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
