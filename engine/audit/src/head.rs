//! How far the log goes, signed: by this a tail that was cut off is missed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::chain::{Hash, hex, parse_hex};
use crate::error::AuditError;
use crate::key::{PublicKey, SIGNATURE, Signer};
use crate::line::Chain;

/// Bytes of the file, always: it is rewritten in one go, within a sector of any disk.
pub const LENGTH: usize = 256;

/// The newest line of which somebody may have heard.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Its number and hash.
    pub newest: Chain,
    signature: [u8; SIGNATURE],
}

impl Head {
    /// Of a log that ends with `newest`.
    pub fn sign(newest: Chain, signer: &Signer) -> Self {
        Self {
            newest,
            signature: signer.sign(&signed(newest)),
        }
    }

    /// Whether it is by the owner of `key`.
    pub fn is_signed(&self, key: &PublicKey) -> bool {
        key.is_signed(&signed(self.newest), &self.signature)
    }

    /// The file's bytes.
    pub fn encode(&self) -> [u8; LENGTH] {
        let Chain { seq, hash } = self.newest;
        let text = format!(
            r#"{{"seq":{seq},"hash":"{hash}","signature":"{}"}}"#,
            hex(&self.signature)
        );
        let mut bytes = [b' '; LENGTH];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        bytes[LENGTH - 1] = b'\n';
        bytes
    }

    /// Reads the file's bytes. There is one way to write a head.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Read<'a> {
            seq: u64,
            hash: &'a str,
            signature: &'a str,
        }
        let read: Read<'_> = serde_json::from_slice(bytes).ok()?;
        let head = Self {
            newest: Chain {
                seq: read.seq,
                hash: Hash::parse(read.hash.as_bytes())?,
            },
            signature: parse_hex(read.signature.as_bytes())?,
        };
        (head.encode() == bytes).then_some(head)
    }
}

/// The file in the directory of a log.
pub fn path(dir: &Path) -> PathBuf {
    dir.join("head")
}

/// The file's bytes; `None` if there is no file.
pub fn read(dir: &Path) -> Result<Option<Vec<u8>>, AuditError> {
    let path = path(dir);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AuditError::disk(&path, error)),
    }
}

fn signed(newest: Chain) -> Vec<u8> {
    format!("sidetone-audit head {} {}", newest.seq, newest.hash).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_fits_and_cannot_be_another() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let signer = Signer::generate(&dir.path().join("key")).expect("writable");
        for seq in [0, u64::MAX] {
            let head = Head::sign(
                Chain {
                    seq,
                    hash: Hash::of(b"x"),
                },
                &signer,
            );
            let bytes = head.encode();
            let read = Head::parse(&bytes).expect("as written");
            assert_eq!(read.newest, head.newest);
            assert!(read.is_signed(&signer.public()));
            for at in 0..LENGTH {
                let mut changed = bytes;
                changed[at] ^= 1;
                let read = Head::parse(&changed);
                assert!(
                    !read.is_some_and(|head| head.is_signed(&signer.public())),
                    "byte {at}"
                );
                assert!(Head::parse(&bytes[..at]).is_none());
            }
        }
    }
}
