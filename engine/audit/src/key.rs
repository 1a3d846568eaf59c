//! The key that checkpoints are signed with, and its public half, which checks them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::chain::{hex, parse_hex};
use crate::error::AuditError;

/// Bytes of an Ed25519 signature.
pub const SIGNATURE: usize = 64;

/// Signs checkpoints.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// The key in the file `path` (PKCS#8, DER).
    pub fn load(path: &Path) -> Result<Self, AuditError> {
        let bad = |problem: String| AuditError::BadKey {
            path: path.to_owned(),
            problem,
        };
        let bytes = fs::read(path).map_err(AuditError::at(path))?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&bytes)
            .map_err(|error| bad(format!("it should be Ed25519 in PKCS#8: {error}")))?;
        private(path)?;
        Ok(Self(pair))
    }

    /// Makes a key and the file `path` for it, readable for us only, and one beside it with the public half.
    /// The key is on the disk when this returns.
    pub fn generate(path: &Path) -> Result<Self, AuditError> {
        let bytes = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| io::Error::other("the system gives no random numbers"))
            .map_err(AuditError::at(path))?;
        // In one step: an engine that dies here leaves no half of a key.
        let new = path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(AuditError::disk(&new, error));
            }
            _ => {}
        }
        let mut file = private_file()
            .create_new(true)
            .open(&new)
            .map_err(AuditError::at(&new))?;
        let written = file
            .write_all(bytes.as_ref())
            .and_then(|()| file.sync_all());
        written.map_err(AuditError::at(&new))?;
        fs::rename(&new, path).map_err(AuditError::at(path))?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        sync_dir(dir.unwrap_or(Path::new(".")))?;
        let signer = Self::load(path)?;
        signer.write_public(path)?;
        Ok(signer)
    }

    /// Has the file beside `path` that [`public_path`] names hold the public half.
    pub fn write_public(&self, path: &Path) -> Result<(), AuditError> {
        let public = public_path(path);
        let line = format!("{}\n", self.public().to_hex());
        match fs::read(&public) {
            Ok(found) if found == line.as_bytes() => Ok(()),
            _ => fs::write(&public, line).map_err(AuditError::at(&public)),
        }
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE] {
        let mut signature = [0; SIGNATURE];
        signature.copy_from_slice(self.0.sign(message).as_ref());
        signature
    }

    /// The half that everybody may know.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(key)
    }
}

/// Checks what the private key of the same pair has signed. Its text is 64 hex digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads a file with the public half, or with the private key.
    pub fn load(path: &Path) -> Result<Self, AuditError> {
        let bytes = fs::read(path).map_err(AuditError::at(path))?;
        match parse_hex(bytes.trim_ascii()) {
            Some(key) => Ok(Self(key)),
            None => Ok(Signer::load(path)?.public()),
        }
    }

    /// From 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text.as_bytes()).map(Self)
    }

    /// In hex.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Whether `signature` is of `message` and by this pair.
    pub(crate) fn is_signed(&self, message: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        key.verify(message, signature).is_ok()
    }
}

/// Where the public half of the key in `path` lies: beside it, `audit.pub` for `audit.key`.
pub fn public_path(path: &Path) -> PathBuf {
    path.with_extension("pub")
}

/// Refuses a key that others may read.
fn private(path: &Path) -> Result<(), AuditError> {
    let meta = fs::metadata(path).map_err(AuditError::at(path))?;
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::mode(&meta) & 0o077 != 0 {
        return Err(AuditError::BadKey {
            path: path.to_owned(),
            problem: "others may read it: `chmod 600` it, and consider whether somebody has"
                .to_owned(),
        });
    }
    #[cfg(not(unix))]
    let _ = meta;
    Ok(())
}

/// To be written, and read by us only.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Has the disk know which files there are in `dir`.
pub fn sync_dir(dir: &Path) -> Result<(), AuditError> {
    if cfg!(unix) {
        let synced = File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(AuditError::at(dir))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lies_where_only_we_read_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("audit.key");
        let made = Signer::generate(&path).expect("writable");
        let signature = made.sign(b"a line");
        let read = PublicKey::load(&path).expect("just made");
        assert_eq!(
            read,
            PublicKey::load(&public_path(&path)).expect("beside it")
        );
        assert!(read.is_signed(b"a line", &signature));
        assert!(!read.is_signed(b"a lime", &signature));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("ours");
            assert!(matches!(
                Signer::load(&path),
                Err(AuditError::BadKey { .. })
            ));
        }
    }

    #[test]
    fn what_is_no_key_is_told() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("audit.key");
        let mut file = private_file().create(true).open(&path).expect("writable");
        file.write_all(b"-----BEGIN").expect("writable");
        for told in [
            Signer::load(&path).map(drop),
            PublicKey::load(&path).map(drop),
        ] {
            assert!(told.expect_err("no key").to_string().contains("PKCS#8"));
        }
    }
}
