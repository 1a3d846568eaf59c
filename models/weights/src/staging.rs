//! The place where one model is made, out of everybody's sight until it is whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{Doing, WeightsError};
use crate::name::ModelName;
use crate::progress::Progress;
use crate::record::file;

/// Below the root of the cache; begins with a dot, as no model's directory does.
const STAGING: &str = ".staging";

/// One model's own directory for half-done work, locked against other processes. It is made when
/// something is put into it.
///
/// It outlives a failure, so that the next try finds what was fetched. The lock goes with this
/// value, or with the process, however that ends.
pub(crate) struct Staging {
    dir: PathBuf,
    _lock: File,
}

impl Staging {
    /// Takes the directory for `name` below `root`; waits for another process that has it.
    pub fn take(root: &Path, name: &ModelName, progress: &Progress) -> Result<Self, WeightsError> {
        let staging = root.join(STAGING);
        let dir = staging.join(format!("{}.work", name.directory()));
        fs::create_dir_all(&staging).doing(|| format!("making {}", staging.display()))?;
        // Stays when the work is done: a lock on a removed file would exclude no other process.
        let path = staging.join(format!("{}.lock", name.directory()));
        let doing = || format!("locking {}", path.display());
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .doing(doing)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.say(&format!(
                    "another process is at work on {name}: waiting for it"
                ));
                lock.lock().doing(doing)?;
            }
            Err(TryLockError::Error(err)) => return Err(err).doing(doing),
        }
        Ok(Self { dir, _lock: lock })
    }

    /// A directory in it that keeps what earlier tries left.
    pub fn kept(&self, name: &str) -> Result<PathBuf, WeightsError> {
        let dir = self.dir.join(name);
        fs::create_dir_all(&dir).doing(|| format!("making {}", dir.display()))?;
        Ok(dir)
    }

    /// An empty directory in it.
    pub fn empty(&self, name: &str) -> Result<PathBuf, WeightsError> {
        remove(&self.dir.join(name))?;
        self.kept(name)
    }

    /// Puts the finished directory `ready` in its place, where it appears at once and whole.
    ///
    /// An installed model there is replaced; a directory that is none is left alone.
    pub fn install(self, ready: &Path, place: &Path) -> Result<(), WeightsError> {
        let doing = || format!("moving {} to {}", ready.display(), place.display());
        if place.join(file::RECORD).is_file() {
            let old = self.dir.join("replaced");
            remove(&old)?;
            fs::rename(place, &old).doing(doing)?;
        } else if place.exists() {
            return Err(WeightsError::InTheWay(place.to_owned()));
        }
        fs::rename(ready, place).doing(doing)?;
        // The model is in its place: what cannot be removed now goes with the next try.
        let _ = fs::remove_dir_all(&self.dir);
        Ok(())
    }
}

fn remove(dir: &Path) -> Result<(), WeightsError> {
    match fs::remove_dir_all(dir) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
            Err(err).doing(|| format!("removing {}", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    fn name() -> ModelName {
        "model".parse().expect("a name")
    }

    #[test]
    fn the_second_waits_and_says_so() {
        let root = tempfile::tempdir().expect("a directory for the test");
        let first = Staging::take(root.path(), &name(), &Progress::silent()).expect("it is free");
        let (told, hear) = mpsc::channel();
        let progress = Progress::lines(move |line| told.send(line.to_owned()).unwrap());
        thread::scope(|scope| {
            let root = root.path();
            let second = scope.spawn(move || Staging::take(root, &name(), &progress));
            // It is told before the wait begins, so this is no race.
            assert!(hear.recv().expect("it tells").contains("waiting"));
            assert!(!second.is_finished());
            drop(first);
            second.join().expect("no panic").expect("it is free now");
        });
    }

    #[test]
    fn a_model_is_replaced_but_nothing_else() {
        let root = tempfile::tempdir().expect("a directory for the test");
        let place = root.path().join("model");
        let make = || {
            let staging =
                Staging::take(root.path(), &name(), &Progress::silent()).expect("it is free");
            let ready = staging.empty("ready").expect("a directory");
            fs::write(ready.join(file::RECORD), "{}").expect("a file for the test");
            staging.install(&ready, &place)
        };
        make().expect("nothing is there");
        fs::write(place.join("old"), "").expect("a file for the test");
        make().expect("a model is there");
        assert!(!place.join("old").exists());

        fs::remove_file(place.join(file::RECORD)).expect("it was there");
        fs::write(place.join("thesis.doc"), "").expect("a file for the test");
        assert!(matches!(make(), Err(WeightsError::InTheWay(_))));
        assert!(place.join("thesis.doc").exists());
    }
}
