//! Recordings of calls: both sides aligned, FLAC, sealed while they are written, never in clear on the disk.
//!
//! ```text
//! session ─► Recording ─► a writer's queue ─► FLAC ─► blocks ─► sealed ─► file ─► Audio ─► who may hear it
//!                              │                                            ▲
//!                              └─ row and key (storage) before the first byte, and at the end
//! ```
//!
//! | file | its one reason to exist |
//! |---|---|
//! | `config` | `[recording]` |
//! | `class` | of which class a call is |
//! | `recording` | a call's end of the queue |
//! | `writer` | the threads at its other end |
//! | `closing` | what a recording has to be before somebody may hear it |
//! | `frames` | frames into a sealed file |
//! | `sealed` | files that are sealed while they are written |
//! | `flac` | sound to frames, and back |
//! | `mute` | silencing what is written already |
//! | `recover` | closing what a crash has left |
//! | `audio` | hearing a recording |
//! | `keeper` | the thread that closes recordings, and tries again what failed |
//! | `keeping` | files that are nobody's |
//! | `worker` | threads that are waited for until a deadline |

mod audio;
mod class;
mod closing;
mod config;
#[cfg(test)]
mod crash_tests;
mod figures;
mod flac;
mod frames;
mod keeper;
mod keeping;
mod mute;
mod recording;
mod recover;
mod sealed;
#[cfg(test)]
mod tests;
mod worker;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sidetone_audit::hex;
use sidetone_types::id::CallId;

pub use audio::Audio;
pub use class::Class;
pub use config::{ClassConfig, ClassConsent, ClassRecord, Consent, Record, RecordingConfig};
pub use figures::Figures;
pub use flac::FlacError;
pub use keeping::remove_gone;
pub use recording::Recording;

use crate::storage::{RecordingStore, StoreConfig, StoreError, directory};
use class::Classes;
use keeper::Keeper;
use recording::{Beginning, Status};
use writer::Writer;

/// What the class of all calls that are of no other is called.
const DEFAULT_CLASS: &str = "default";
/// How the names of files end.
const ENDING: &str = ".rec";
/// Where they lie in the directory of the store.
const FOLDER: &str = "recordings";
const DAY_MS: u64 = 24 * 3_600 * 1_000;
/// For how long a disk that hangs is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something about recordings cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// No class is called so.
    #[error("there is no class `{asked}` of recordings; there are {known}")]
    NoClass {
        /// What was asked for.
        asked: String,
        /// All there are.
        known: String,
    },
    /// The call has none, or it is forgotten.
    #[error("call `{0}` has no recording: it was not recorded, or its recording is no longer kept")]
    None(String),
    /// It is not closed yet.
    #[error("call `{0}` is still recorded: its recording can be heard once it has ended")]
    GoesOn(String),
    /// Its call is over, and it is not closed.
    #[error(
        "the recording of call `{0}` is not closed, though the call is over: it takes some moments more, or its \
         file cannot be read or written, which the engine's log tells and the engine tries again each minute"
    )]
    NotClosed(String),
    /// Its file.
    #[error("the recording of call `{call}` cannot be read: {source}")]
    File {
        /// Of which call.
        call: String,
        /// Why.
        source: io::Error,
    },
    /// The place of all files.
    #[error("cannot use `{folder}` for recordings: {source}; `recording.dir` names another place", folder = .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is known of them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no random numbers.
    #[error("the system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// Where the recordings of `config` lie, beside the store of `store`.
pub fn folder(config: &RecordingConfig, store: &StoreConfig) -> Result<PathBuf, StoreError> {
    match config.dir.as_os_str().is_empty() {
        true => Ok(directory(store)?.join(FOLDER)),
        false => Ok(config.dir.clone()),
    }
}

/// One engine's recordings. Cheap to clone.
#[derive(Clone)]
pub struct Recordings(Arc<Inner>);

struct Inner {
    classes: Classes,
    writers: Vec<Writer>,
    next: AtomicU64,
    shared: Arc<Shared>,
    keeper: Keeper,
}

/// What the writers share.
struct Shared {
    folder: PathBuf,
    store: Arc<dyn RecordingStore>,
    figures: Figures,
    /// What the names of this store's files begin with.
    names: String,
    /// Held from when a file is made until its recording is known.
    making: Mutex<()>,
}

impl Shared {
    /// A file's name: nobody guesses from it which call it is of.
    fn new_name(&self) -> Result<String, getrandom::Error> {
        let mut drawn = [0; 16];
        getrandom::fill(&mut drawn)?;
        Ok(format!("{}{}{ENDING}", self.names, hex(&drawn)))
    }
}

impl std::fmt::Debug for Recordings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recordings")
    }
}

impl Recordings {
    /// Closes what an earlier engine has left, removes files that are nobody's, and starts the writers. The
    /// sound lies in `folder`. Blocks.
    ///
    /// # Errors
    ///
    /// What is known of recordings cannot be read. A recording that cannot be closed, or a folder that cannot be
    /// used, is told in the log, keeps nothing else back, and is tried again.
    pub fn start(
        config: &RecordingConfig,
        store: Arc<dyn RecordingStore>,
        folder: &Path,
    ) -> Result<Self, RecordingError> {
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            names: format!("{}-", store.id()?),
            store,
            figures: Figures::default(),
            making: Mutex::default(),
        });
        let keeper = Keeper::start(Arc::clone(&shared))?;
        let threads = match config.threads {
            0 => std::thread::available_parallelism()
                .map_or(1, usize::from)
                .div_ceil(4),
            threads => threads,
        };
        Ok(Self(Arc::new(Inner {
            classes: Classes::of(config),
            writers: (0..threads)
                .map(|_| Writer::start(Arc::clone(&shared), keeper.jobs()))
                .collect(),
            next: AtomicU64::new(0),
            keeper,
            shared,
        })))
    }

    /// Of which class a call is: that which it asks for by name, else that of its queue, else the default one.
    ///
    /// # Errors
    ///
    /// No class is called so; the message names those there are.
    pub fn class(&self, asked: &str, queue: &str) -> Result<&Class, RecordingError> {
        self.0.classes.find(asked, queue)
    }

    /// Begins the recording of a call, which began so many milliseconds after 1970. Never waits; nothing is on
    /// the disk before sound comes.
    pub fn begin(&self, call: &CallId, class: &Class, began_ms: u64) -> Recording {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let writer = &self.0.writers[id as usize % self.0.writers.len()];
        let beginning = Beginning {
            call: call.as_str().to_owned(),
            class: Arc::clone(&class.name),
            began_ms,
            keep_until_ms: match class.keep_days {
                0 => None,
                days => Some(began_ms + u64::from(days) * DAY_MS),
            },
            status: Arc::<Status>::default(),
        };
        Recording::begin(id, beginning, writer.queue(), Arc::clone(&self.0.shared))
    }

    /// The recording of a call, to be heard. Blocks.
    ///
    /// # Errors
    ///
    /// There is none, it is still written, or it cannot be read.
    pub fn audio(&self, call: &str) -> Result<Audio, RecordingError> {
        Audio::open(&self.0.shared.folder, &*self.0.shared.store, call)
    }

    /// What is known of recordings.
    pub fn store(&self) -> &dyn RecordingStore {
        &*self.0.shared.store
    }

    /// What was recorded since the start.
    pub fn figures(&self) -> &Figures {
        &self.0.shared.figures
    }

    /// Writes out what was handed over, and takes no more. Recordings that were not finished are closed as they
    /// are. Blocks, for some seconds at most: what a disk that hangs has not taken by then, the next start closes.
    pub fn stop(&self) {
        let deadline = Instant::now() + PATIENCE;
        for writer in &self.0.writers {
            writer.stop(deadline);
        }
        self.0.keeper.stop(deadline);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What they guard is whole after a panic elsewhere.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
