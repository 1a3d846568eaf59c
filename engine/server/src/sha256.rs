//! What tells one text from another.

use sha2::{Digest as _, Sha256};
use sidetone_audit::hex;

/// The SHA-256 of `data`, in lower-case hex.
pub(crate) fn sha256(data: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(data))
}
