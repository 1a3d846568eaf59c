//! Files that are of no recording, or of none any more.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use tracing::info;

use super::{ENDING, RecordingError, Shared, lock};
use crate::storage::RecordingStore;

/// Removes all files of this store's recordings that are of none. Those of other stores stay, which may keep
/// theirs in the same folder.
pub(super) fn sweep(shared: &Shared) -> Result<(), RecordingError> {
    let (folder, store) = (&*shared.folder, &*shared.store);
    for file in of_none(shared)? {
        info!(file, "removed a file of no recording");
        remove(folder, &file).map_err(|source| at(folder, source))?;
    }
    remove_gone(folder, store)
}

fn of_none(shared: &Shared) -> Result<Vec<String>, RecordingError> {
    let folder = &*shared.folder;
    // A file is made just before its recording is known.
    let _making = lock(&shared.making);
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|source| at(folder, source))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.map_err(|source| at(folder, source))?.file_name();
        let name = name.into_string().unwrap_or_default();
        if name.starts_with(&shared.names) && name.ends_with(ENDING) {
            files.push(name);
        }
    }
    let recordings = shared.store.recordings()?;
    let known: HashSet<&str> = recordings.iter().map(|it| it.file.as_str()).collect();
    files.retain(|file| !known.contains(file.as_str()));
    Ok(files)
}

fn at(folder: &Path, source: io::Error) -> RecordingError {
    RecordingError::Folder {
        folder: folder.to_owned(),
        source,
    }
}

/// Removes the files of recordings that were forgotten.
///
/// # Errors
///
/// It cannot be known which, or a file cannot be removed.
pub fn remove_gone(folder: &Path, store: &dyn RecordingStore) -> Result<(), RecordingError> {
    loop {
        let gone = store.gone()?;
        if gone.is_empty() {
            return Ok(());
        }
        for file in gone {
            remove(folder, &file).map_err(|source| at(folder, source))?;
            store.removed(&file)?;
        }
    }
}

fn remove(folder: &Path, file: &str) -> io::Result<()> {
    match std::fs::remove_file(folder.join(file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
