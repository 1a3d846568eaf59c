//! The key of the search index, in a file beside it.
//!
//! It keeps copies of the archive's folder alone from being read, and no more: who has the store's folder has
//! both.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sidetone_vault::{DataKey, Keyring, MasterKey, VaultError};
use zeroize::Zeroizing;

/// What the key is wrapped as.
const ARCHIVE: &str = "archive";

/// The key of the search index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveKeyError {
    /// The file cannot be read or made.
    #[error("cannot use the key of the search index, {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} is no key of a search index: remove it, and the engine builds the index anew", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// There are no random numbers.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The key of the archive of the store in `dir`, made if there is none.
pub fn archive_key(dir: &Path) -> Result<DataKey, ArchiveKeyError> {
    let path = dir.join("archive.key");
    let unreadable = || ArchiveKeyError::Unreadable { path: path.clone() };
    let text = read(&path).or_else(|err| match err.kind() {
        ErrorKind::NotFound => match create(&path) {
            Err(Failed::File(err)) if err.kind() == ErrorKind::AlreadyExists => Ok(read(&path)?),
            created => created,
        },
        _ => Err(err.into()),
    });
    let text = text.map_err(|failed| match failed {
        Failed::File(source) => ArchiveKeyError::File {
            path: path.clone(),
            source,
        },
        Failed::Vault(err) => err.into(),
    })?;
    parse(&text).ok_or_else(unreadable)
}

enum Failed {
    File(io::Error),
    Vault(VaultError),
}

impl From<io::Error> for Failed {
    fn from(err: io::Error) -> Self {
        Self::File(err)
    }
}

impl From<VaultError> for Failed {
    fn from(err: VaultError) -> Self {
        Self::Vault(err)
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    fs::read_to_string(path).map(Zeroizing::new)
}

/// What is read: a line with what wraps, and the key that it has wrapped.
fn create(path: &Path) -> Result<Zeroizing<String>, Failed> {
    let master = MasterKey::random()?;
    let text = master.text();
    let keyring = Keyring::of(vec![master]).expect("one key");
    let wrapped = keyring.wrap(ARCHIVE, &DataKey::random()?)?;
    let text = Zeroizing::new(format!("{}\n{}\n", *text, STANDARD.encode(wrapped)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(text)
}

fn parse(text: &str) -> Option<DataKey> {
    let (master, wrapped) = text.trim_end().split_once('\n')?;
    let keyring = Keyring::parse(master).ok()?;
    let wrapped = STANDARD.decode(wrapped).ok()?;
    keyring.unwrap(ARCHIVE, &wrapped).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_found_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let key = archive_key(dir.path()).expect("a new one");
        let again = archive_key(dir.path()).expect("the same");
        assert_eq!(key.fingerprint(b"x"), again.fingerprint(b"x"));
        let path = dir.path().join("archive.key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let about = fs::metadata(&path).expect("there");
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "something else").expect("writable");
        let refused = archive_key(dir.path()).expect_err("no key");
        assert!(matches!(refused, ArchiveKeyError::Unreadable { .. }));
    }
}
