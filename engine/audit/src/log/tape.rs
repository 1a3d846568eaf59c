//! The end of the log on the disk: lines are added there, all of them or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{Disk, Disks};
use crate::error::AuditError;
use crate::head::{self, Head};
use crate::key::{PublicKey, Signer, sync_dir};
use crate::line::Chain;
use crate::segment;

/// The end of the log. Files are opened anew each time: what is written goes to where a reader would look for it.
pub struct Tape {
    dir: PathBuf,
    signer: Signer,
    disks: Disks,
    /// The last segment; 0 before the first.
    number: u64,
    /// Its length, as far as it is acknowledged.
    length: u64,
    /// When its first line was written.
    began: Timestamp,
    /// The last line.
    end: Chain,
    /// Whether a write has failed half way, so that the files may hold more than was acknowledged.
    unsure: bool,
}

impl Tape {
    /// Goes on behind `length` bytes of the `number`th segment, of which the last line is `end`. What is behind that is cut
    /// off before anything is written.
    pub fn new(
        dir: &Path,
        signer: Signer,
        disks: Disks,
        number: u64,
        length: u64,
        began: Timestamp,
        end: Chain,
    ) -> Self {
        Self {
            dir: dir.to_owned(),
            signer,
            disks,
            number,
            length,
            began,
            end,
            unsure: true,
        }
    }

    /// The last line.
    pub fn end(&self) -> Chain {
        self.end
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Bytes of the last segment.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// When the first line of the last segment was written.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// Signs checkpoints.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Checks them.
    pub fn public_key(&self) -> PublicKey {
        self.signer.public()
    }

    /// Adds `lines`, the last of which is `end`. They are on the disk when this returns; after an error none is.
    pub fn add(&mut self, lines: &[u8], end: Chain) -> Result<(), AuditError> {
        self.mend()?;
        let added = self.try_add(lines, end);
        self.settle(added)?;
        self.length += lines.len() as u64;
        self.end = end;
        Ok(())
    }

    /// Begins another segment with a checkpoint.
    pub fn turn(&mut self, at: Timestamp, why: &'static str) -> Result<(), AuditError> {
        self.mend()?;
        let mut end = self.end;
        let mut line = Vec::new();
        end.checkpoint(at, why, &self.signer, &mut line);
        let turned = self.try_turn(&line, end);
        self.settle(turned)?;
        self.number += 1;
        self.length = line.len() as u64;
        self.began = at;
        self.end = end;
        Ok(())
    }

    fn try_add(&mut self, lines: &[u8], end: Chain) -> Result<(), AuditError> {
        let path = segment::path(&self.dir, self.number);
        let mut file = (self.disks)(&path, false).map_err(AuditError::at(&path))?;
        let found = file.length().map_err(AuditError::at(&path))?;
        if found != self.length {
            // What others did must stay to be seen.
            return Err(AuditError::Disturbed {
                path,
                expected: self.length,
                found,
            });
        }
        self.unsure = true;
        let written = file.put(self.length, lines).and_then(|()| file.sync());
        written.map_err(AuditError::at(&path))?;
        self.write_head(end)
    }

    fn try_turn(&mut self, line: &[u8], end: Chain) -> Result<(), AuditError> {
        let path = segment::path(&self.dir, self.number + 1);
        let mut file = (self.disks)(&path, true).map_err(AuditError::at(&path))?;
        self.unsure = true;
        let written = file.put(0, line).and_then(|()| file.sync());
        written.map_err(AuditError::at(&path))?;
        sync_dir(&self.dir)?;
        self.write_head(end)
    }

    /// After a failure the files are brought back to what was acknowledged: now if the disk lets us, otherwise before the
    /// next write.
    fn settle(&mut self, done: Result<(), AuditError>) -> Result<(), AuditError> {
        match done {
            Ok(()) => self.unsure = false,
            Err(_) => drop(self.mend()),
        }
        done
    }

    /// Cuts off what was not acknowledged. First the head: it must never know more than the lines say.
    fn mend(&mut self) -> Result<(), AuditError> {
        if !self.unsure {
            return Ok(());
        }
        self.write_head(self.end)?;
        let next = segment::path(&self.dir, self.number + 1);
        match fs::remove_file(&next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(AuditError::disk(&next, error));
            }
            _ => {}
        }
        if self.number > 0 {
            let path = segment::path(&self.dir, self.number);
            let mut file = (self.disks)(&path, false).map_err(AuditError::at(&path))?;
            let found = file.length().map_err(AuditError::at(&path))?;
            if found < self.length {
                let expected = self.length;
                return Err(AuditError::Disturbed {
                    path,
                    expected,
                    found,
                });
            }
            let cut = file.cut(self.length).and_then(|()| file.sync());
            cut.map_err(AuditError::at(&path))?;
        }
        sync_dir(&self.dir)?;
        self.unsure = false;
        Ok(())
    }

    fn write_head(&mut self, end: Chain) -> Result<(), AuditError> {
        let path = head::path(&self.dir);
        let mut file = (self.disks)(&path, false).map_err(AuditError::at(&path))?;
        write_head(&mut *file, &Head::sign(end, &self.signer)).map_err(AuditError::at(&path))
    }
}

/// Writes all of the file.
fn write_head(file: &mut dyn Disk, head: &Head) -> io::Result<()> {
    file.put(0, &head.encode())?;
    file.sync()
}

/// Makes the head of a log without lines.
pub fn make_head(dir: &Path, signer: &Signer, disks: &mut Disks) -> Result<(), AuditError> {
    let path = head::path(dir);
    let file = disks(&path, !path.exists());
    let made = file.and_then(|mut file| write_head(&mut *file, &Head::sign(Chain::EMPTY, signer)));
    made.map_err(AuditError::at(&path))?;
    sync_dir(dir)
}
