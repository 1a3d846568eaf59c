//! The key that wraps other keys.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{DataKey, VaultError};

/// What a master key begins with as text.
const MARK: &str = "sidetone-key-1:";

/// Names a master key, and tells nothing of it: a part of its hash.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct KeyId(pub(crate) [u8; 6]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Wraps data keys, and seals nothing else.
#[derive(Clone, Debug)]
pub struct MasterKey {
    id: KeyId,
    key: DataKey,
}

impl MasterKey {
    /// A new one.
    pub fn random() -> Result<Self, VaultError> {
        DataKey::random().map(Self::of)
    }

    fn of(key: DataKey) -> Self {
        let mut named = Sha256::new();
        named.update(b"sidetone master key");
        named.update(key.bytes());
        let mut id = [0; 6];
        id.copy_from_slice(&named.finalize()[..6]);
        Self { id: KeyId(id), key }
    }

    /// Reads what [`MasterKey::text`] has made; `None` if it is not such a text.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(MARK)?).ok()?;
        let bytes = Zeroizing::new(bytes);
        DataKey::of_bytes(&bytes).ok().map(Self::of)
    }

    /// The key as text, on a line: whoever has it opens everything.
    pub fn text(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(STANDARD.encode(self.key.bytes()));
        Zeroizing::new(format!("{MARK}{}", *encoded))
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) fn key(&self) -> &DataKey {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_text_and_no_other_text_is_one() {
        let key = MasterKey::random().expect("random");
        let text = key.text();
        let again = MasterKey::parse(&text).expect("a key");
        assert_eq!((again.id(), again.text()), (key.id(), text.clone()));
        assert!(!text.contains(&key.id().to_string()));
        for wrong in ["", "sidetone-key-1:", &text[1..], &text[..text.len() - 8]] {
            assert!(MasterKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
