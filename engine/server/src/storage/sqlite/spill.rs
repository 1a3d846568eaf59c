//! What the disk of the store refused until the engine stopped, written down elsewhere for the next
//! one.
//!
//! A file of JSON lines in `store.spill_dir`: first which store it belongs to, then one change per
//! line, sealed, as it holds what people said. It is removed once all is in the store.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rusqlite::{Connection, TransactionBehavior};
use serde::{Deserialize, Serialize};
use sidetone_types::time::unix_millis;
use sidetone_vault::DataKey;
use tracing::{error, info, warn};
use zeroize::Zeroizing;

use super::change::Change;
use super::files;
use super::sealing::Keys;
use crate::storage::StoreError;

/// What a change is sealed as.
const CHANGE: &str = "spill.change";
/// How the files begin and end.
const NAME: (&str, &str) = ("sidetone-spill-", ".jsonl");

/// The first line.
#[derive(Deserialize, Serialize)]
struct Header {
    store: PathBuf,
}

/// Where changes of one store are written down.
#[derive(Debug)]
pub(super) struct Spill {
    folder: PathBuf,
    /// The directory of the store, by its one true name.
    store: PathBuf,
    /// Seals the changes.
    key: DataKey,
    open: Option<(PathBuf, File)>,
}

impl Spill {
    /// For the store in the directory `store`, which is there. An empty `folder` is the system's
    /// for temporary files.
    pub fn new(folder: &Path, store: &Path, key: DataKey) -> Self {
        let folder = match folder.as_os_str().is_empty() {
            true => std::env::temp_dir(),
            false => folder.to_owned(),
        };
        Self {
            folder,
            store: fs::canonicalize(store).unwrap_or_else(|_| store.to_owned()),
            key,
            open: None,
        }
    }

    /// Writes changes down, and says where. They are on the disk when it returns.
    pub fn write<'a>(
        &mut self,
        changes: impl IntoIterator<Item = &'a Change>,
    ) -> io::Result<&Path> {
        let mut lines = Vec::new();
        let (path, mut file) = match self.open.take() {
            Some(open) => open,
            None => {
                let header = Header {
                    store: self.store.clone(),
                };
                append(&mut lines, &header)?;
                self.create()?
            }
        };
        for change in changes {
            let change = Zeroizing::new(serde_json::to_vec(change)?);
            let sealed = self.key.seal(CHANGE, &change).map_err(io::Error::other)?;
            append(&mut lines, &BASE64.encode(sealed))?;
        }
        file.write_all(&lines)?;
        file.sync_all()?;
        Ok(&self.open.insert((path, file)).0)
    }

    fn create(&self) -> io::Result<(PathBuf, File)> {
        let mut options = OpenOptions::new();
        // Never through a link that somebody has put there.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let (now, process) = (unix_millis(SystemTime::now()), std::process::id());
        let (begin, end) = NAME;
        let path = self.folder.join(format!("{begin}{now}-{process}{end}"));
        files::private_dir().create(&self.folder)?;
        let file = options.open(&path)?;
        // The file, and that it is there.
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok((path, file))
    }

    /// Takes up what earlier engines of this store have written down.
    pub fn take_up(&self, connection: &mut Connection, keys: &Keys) -> Result<(), StoreError> {
        for path in self.files() {
            let (changes, whole) = match self.read(&path) {
                Ok(Some(read)) => read,
                Ok(None) => continue,
                Err(error) => {
                    error!(file = %path.display(), %error, "changes that were written down cannot be read");
                    continue;
                }
            };
            let made = make(connection, keys, &changes)?;
            info!(file = %path.display(), changes = made, "took up what an earlier engine wrote down");
            // It does no harm if it is taken up again.
            let removed = match whole {
                true => fs::remove_file(&path),
                false => fs::rename(&path, path.with_extension("kept")),
            };
            if let Err(error) = removed {
                error!(file = %path.display(), %error, "a file that was taken up cannot be removed: remove it");
            }
        }
        Ok(())
    }

    /// The files of any store, the oldest first.
    fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with(NAME.0) && name.ends_with(NAME.1)
            })
            .map(|entry| entry.path())
            .collect();
        files.sort();
        files
    }

    /// The changes in a file, and whether those are all; `None` if it is of another store, or of
    /// somebody else.
    fn read(&self, path: &Path) -> io::Result<Option<(Vec<Change>, bool)>> {
        if !self.is_ours(path)? {
            return Ok(None);
        }
        let mut file = BufReader::new(File::open(path)?);
        let mut text = String::new();
        file.read_line(&mut text)?;
        match serde_json::from_str::<Header>(&text) {
            Ok(header) if header.store == self.store => {}
            Ok(header) => {
                let (file, store) = (path.display(), header.store.display());
                info!(%file, %store, "changes of another store are left to it");
                return Ok(None);
            }
            Err(_) => return Ok(None),
        }
        let (mut changes, mut whole) = (Vec::new(), true);
        for line in 2.. {
            text.clear();
            if file.read_line(&mut text)? == 0 {
                break;
            }
            match self.change(&text) {
                Some(change) => changes.push(change),
                None => {
                    // The last line may be cut off. The message of a JSON error may quote what was
                    // said.
                    whole &= !text.ends_with('\n');
                    error!(file = %path.display(), line, "a change cannot be read");
                }
            }
        }
        Ok(Some((changes, whole)))
    }

    /// A line that was written down: sealed, or as earlier versions did.
    fn change(&self, line: &str) -> Option<Change> {
        match serde_json::from_str::<String>(line) {
            Ok(sealed) => {
                let sealed = BASE64.decode(sealed).ok()?;
                let change = self.key.open(CHANGE, &sealed).ok()?;
                serde_json::from_slice(&change).ok()
            }
            Err(_) => serde_json::from_str(line).ok(),
        }
    }

    /// Whether it is a file of whoever we are: in a folder for all, anybody may have put one there.
    #[cfg(unix)]
    fn is_ours(&self, path: &Path) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt as _;
        let file = fs::symlink_metadata(path)?;
        // Where there is no such folder, we are taken to be whoever the store belongs to.
        let we = fs::metadata("/proc/self").or_else(|_| fs::metadata(&self.store))?;
        let ours = file.is_file() && file.uid() == we.uid();
        if !ours {
            warn!(file = %path.display(), "a file of somebody else is not taken up");
        }
        Ok(ours)
    }

    #[cfg(not(unix))]
    fn is_ours(&self, path: &Path) -> io::Result<bool> {
        Ok(fs::symlink_metadata(path)?.is_file())
    }
}

fn append(lines: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *lines, value)?;
    lines.push(b'\n');
    Ok(())
}

/// Makes all changes that can be made, as one, and says how many those are.
fn make(connection: &mut Connection, keys: &Keys, changes: &[Change]) -> Result<usize, StoreError> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut made = 0;
    for change in changes {
        let savepoint = transaction.savepoint()?;
        match change.make_once(&savepoint, keys) {
            Ok(()) => {
                savepoint.commit()?;
                made += 1;
            }
            Err(error) if error.is_of_the_disk() => return Err(error),
            Err(error) => error!(call = change.call(), %error, "a change could not be stored"),
        }
    }
    transaction.commit()?;
    Ok(made)
}
