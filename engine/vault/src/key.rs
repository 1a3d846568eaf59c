//! A key that seals.

use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Plain, VaultError};

/// Bytes that sealing adds: a version, the nonce, the tag.
pub const SEAL_OVERHEAD: usize = 1 + NONCE + TAG;

const VERSION: u8 = 1;
pub(crate) const NONCE: usize = 12;
pub(crate) const TAG: usize = 16;

/// Seals and opens. Its bytes are overwritten when it goes.
///
/// Each sealing draws a random nonce of 96 bits: one key seals up to 2^32 values (NIST SP 800-38D §8.3).
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    /// A new one.
    pub fn random() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(VaultError::Broken);
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }

    /// Another key that is made of this one, always the same for the same `purpose` (HKDF, RFC 5869).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &*self.0)
            .expand(purpose.as_bytes(), &mut *bytes)
            .expect("32 bytes are fewer than HKDF gives");
        Self(bytes)
    }

    /// What stands for a value where it is looked up and may not lie in clear: the same for the same value,
    /// and nothing that could be turned back without the key (HMAC-SHA-256, 128 bits as hexadecimal digits).
    #[must_use]
    pub fn fingerprint(&self, value: &[u8]) -> String {
        let key = self.derive("fingerprints");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("of any length");
        mac.update(value);
        let whole = mac.finalize().into_bytes();
        whole[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Seals `plain`. `place` says where it belongs, and has to be the same when it is opened: what was
    /// moved elsewhere does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut sealed = Vec::with_capacity(plain.len() + SEAL_OVERHEAD);
        sealed.push(VERSION);
        sealed.resize(1 + NONCE, 0);
        getrandom::fill(&mut sealed[1..])?;
        sealed.extend_from_slice(plain);
        let (head, body) = sealed.split_at_mut(1 + NONCE);
        let nonce = nonce(&head[1..]);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&nonce, place.as_bytes(), body.into());
        let tag = tag.map_err(|_| VaultError::Broken)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Plain, VaultError> {
        match sealed.first() {
            Some(&VERSION) => {}
            Some(version) if *version > VERSION => return Err(VaultError::Newer),
            _ => return Err(VaultError::Broken),
        }
        let Some(length) = sealed.len().checked_sub(SEAL_OVERHEAD) else {
            return Err(VaultError::Broken);
        };
        let nonce = nonce(&sealed[1..1 + NONCE]);
        let mut plain = Plain::of(sealed[1 + NONCE..1 + NONCE + length].to_vec());
        let tag = tag(&sealed[1 + NONCE + length..]);
        let opened = self.cipher().decrypt_inout_detached(
            &nonce,
            place.as_bytes(),
            plain.as_mut_vec().as_mut_slice().into(),
            &tag,
        );
        opened.map_err(|_| VaultError::Broken)?;
        Ok(plain)
    }
}

pub(crate) fn nonce(bytes: &[u8]) -> Nonce<aes_gcm::aes::cipher::consts::U12> {
    let bytes: [u8; NONCE] = bytes.try_into().expect("cut to its length");
    bytes.into()
}

pub(crate) fn tag(bytes: &[u8]) -> Tag {
    let bytes: [u8; TAG] = bytes.try_into().expect("cut to its length");
    bytes.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_what_was_changed_does_not(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let key = DataKey::random().expect("random");
            let mut sealed = key.seal("here", &plain).expect("sealed");
            prop_assert_eq!(sealed.len(), plain.len() + SEAL_OVERHEAD);
            prop_assert_eq!(&*key.open("here", &sealed).expect("whole"), &plain[..]);
            prop_assert_eq!(key.open("there", &sealed), Err(VaultError::Broken));
            let other = DataKey::random().expect("random");
            prop_assert_eq!(other.open("here", &sealed), Err(VaultError::Broken));
            let cut = at.index(sealed.len());
            prop_assert!(key.open("here", &sealed[..cut]).is_err());
            sealed[cut] ^= 1 << bit;
            prop_assert!(key.open("here", &sealed).is_err());
        }
    }

    #[test]
    fn nothing_is_sealed_twice_alike_and_fingerprints_always_are() {
        let key = DataKey::random().expect("random");
        let [one, two] = [(); 2].map(|()| key.seal("x", b"same").expect("sealed"));
        assert_ne!(one, two);
        assert_eq!(key.fingerprint(b"+1415"), key.fingerprint(b"+1415"));
        assert_ne!(key.fingerprint(b"+1415"), key.fingerprint(b"+1416"));
        let derived = key.derive("look-ups");
        assert_ne!(derived.fingerprint(b"+1415"), key.fingerprint(b"+1415"));
        assert_eq!(derived.bytes(), key.derive("look-ups").bytes());
        assert_ne!(derived.bytes(), key.derive("blocks").bytes());
    }

    #[test]
    fn what_a_later_version_has_sealed_is_told_apart() {
        let key = DataKey::random().expect("random");
        let mut sealed = key.seal("x", b"words").expect("sealed");
        sealed[0] = 2;
        assert_eq!(key.open("x", &sealed), Err(VaultError::Newer));
        assert_eq!(key.open("x", b""), Err(VaultError::Broken));
    }
}
