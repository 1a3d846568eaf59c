//! A directory that a test watches, and that fails for good after so many steps: as if its process was
//! killed there.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, TerminatingWrite, WatchCallback,
    WatchHandle, WritePtr,
};

#[derive(Clone, Debug)]
pub(super) struct Fragile {
    inner: Box<dyn Directory>,
    steps: Arc<AtomicUsize>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Fragile {
    pub fn new(inner: Box<dyn Directory>, steps: usize) -> Self {
        Self {
            inner,
            steps: Arc::new(AtomicUsize::new(steps)),
            written: Arc::default(),
        }
    }

    /// Everything that was ever written to any file.
    pub fn written(&self) -> Vec<u8> {
        self.written.lock().unwrap().clone()
    }

    fn step(&self) -> io::Result<()> {
        let less = |left: usize| left.checked_sub(1);
        match self
            .steps
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
        {
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::other("killed")),
        }
    }

    fn keep(&self, bytes: &[u8]) {
        self.written.lock().unwrap().extend_from_slice(bytes);
    }
}

impl Directory for Fragile {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.inner.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.step().map_err(|killed| DeleteError::IoError {
            io_error: Arc::new(killed),
            filepath: path.to_owned(),
        })?;
        self.inner.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inner.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.step().map_err(|killed| OpenWriteError::IoError {
            io_error: Arc::new(killed),
            filepath: path.to_owned(),
        })?;
        let inner = self.inner.open_write(path)?;
        let directory = self.clone();
        Ok(BufWriter::with_capacity(
            0,
            Box::new(FragileWriter { inner, directory }),
        ))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.inner.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.step()?;
        self.keep(data);
        self.inner.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.step()?;
        self.inner.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.inner.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}

struct FragileWriter {
    inner: WritePtr,
    directory: Fragile,
}

impl Write for FragileWriter {
    /// Half of what does not fit any more is written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(killed) = self.directory.step() {
            self.inner.write_all(&bytes[..bytes.len() / 2])?;
            self.inner.flush()?;
            return Err(killed);
        }
        self.directory.keep(bytes);
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl TerminatingWrite for FragileWriter {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.directory.step()?;
        self.inner.terminate_ref(token)
    }
}
