//! Long things, sealed a block at a time: written from front to back, read anywhere.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::AeadInOut as _;

use crate::key::{DataKey, NONCE, TAG, nonce, tag};
use crate::{Plain, VaultError};

/// Bytes of a block before it is sealed; the last one of a file is shorter, and may be empty.
pub const BLOCK: usize = 16 << 10;
/// Bytes of a whole block once it is sealed.
pub const SEALED_BLOCK: usize = NONCE + BLOCK + TAG;

/// Seals the blocks of one file. Each block knows its place and whether it is the last one: blocks that were
/// changed, swapped, left out or cut off do not open.
///
/// A file has a name of its own, by which its key differs from those of other files.
pub struct BlockKey(Aes256Gcm);

impl std::fmt::Debug for BlockKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlockKey")
    }
}

impl BlockKey {
    /// The key of the file of that name.
    #[must_use]
    pub fn of(key: &DataKey, name: &str) -> Self {
        Self(key.derive(&format!("blocks {name}")).cipher())
    }

    /// Bytes of a file once it is sealed.
    #[must_use]
    pub const fn sealed_length(plain: u64) -> u64 {
        let blocks = plain / BLOCK as u64;
        let last = plain % BLOCK as u64;
        blocks * SEALED_BLOCK as u64 + (NONCE + TAG) as u64 + last
    }

    /// Bytes of a sealed file before it was; `None` if no file is so long.
    #[must_use]
    pub const fn plain_length(sealed: u64) -> Option<u64> {
        let blocks = sealed / SEALED_BLOCK as u64;
        let last = sealed % SEALED_BLOCK as u64;
        match last.checked_sub((NONCE + TAG) as u64) {
            Some(last) => Some(blocks * BLOCK as u64 + last),
            None => None,
        }
    }

    /// Adds the block at `index`, sealed, to `sealed`: a whole one, or a shorter one that `is_last`. A file
    /// ends with a block that is shorter than whole ones.
    pub fn seal(
        &self,
        index: u64,
        is_last: bool,
        plain: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), VaultError> {
        let mut drawn = [0; NONCE];
        getrandom::fill(&mut drawn)?;
        sealed.extend_from_slice(&drawn);
        let start = sealed.len();
        sealed.extend_from_slice(plain);
        let body = &mut sealed[start..];
        let place = place(index, is_last);
        let made = self
            .0
            .encrypt_inout_detached(&nonce(&drawn), &place, body.into());
        let made = made.map_err(|_| VaultError::Broken)?;
        sealed.extend_from_slice(&made);
        Ok(())
    }

    /// Opens the block at `index`.
    pub fn open(&self, index: u64, is_last: bool, sealed: &[u8]) -> Result<Plain, VaultError> {
        let mut plain = Plain::of(Vec::with_capacity(sealed.len()));
        self.open_onto(index, is_last, sealed, plain.as_mut_vec())?;
        Ok(plain)
    }

    /// Opens the block at `index` and adds it to `plain`, as it was if the block does not open. With room for
    /// it in `plain` nothing is moved, and no copy stays behind.
    pub fn open_onto(
        &self,
        index: u64,
        is_last: bool,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), VaultError> {
        let Some(length) = sealed.len().checked_sub(NONCE + TAG) else {
            return Err(VaultError::Broken);
        };
        let start = plain.len();
        plain.extend_from_slice(&sealed[NONCE..NONCE + length]);
        let opened = self.0.decrypt_inout_detached(
            &nonce(&sealed[..NONCE]),
            &place(index, is_last),
            (&mut plain[start..]).into(),
            &tag(&sealed[NONCE + length..]),
        );
        opened.map_err(|_| {
            plain.truncate(start);
            VaultError::Broken
        })
    }
}

fn place(index: u64, is_last: bool) -> [u8; 9] {
    let mut place = [u8::from(is_last); 9];
    place[..8].copy_from_slice(&index.to_be_bytes());
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(key: &BlockKey, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        let mut blocks: Vec<&[u8]> = plain.chunks(BLOCK).collect();
        if plain.len().is_multiple_of(BLOCK) {
            blocks.push(&[]);
        }
        let last = blocks.len() - 1;
        for (index, block) in blocks.into_iter().enumerate() {
            let done = key.seal(index as u64, index == last, block, &mut sealed);
            done.expect("sealed");
        }
        sealed
    }

    #[test]
    fn a_file_opens_at_any_block_and_tells_its_length() {
        let key = BlockKey::of(&DataKey::random().expect("random"), "segment");
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let plain: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let sealed = sealed(&key, &plain);
            assert_eq!(sealed.len() as u64, BlockKey::sealed_length(length as u64));
            assert_eq!(
                BlockKey::plain_length(sealed.len() as u64),
                Some(length as u64)
            );
            let blocks: Vec<&[u8]> = sealed.chunks(SEALED_BLOCK).collect();
            let mut opened = Vec::new();
            for (index, block) in blocks.iter().enumerate() {
                let is_last = index + 1 == blocks.len();
                let block = key.open(index as u64, is_last, block);
                opened.extend_from_slice(&block.expect("whole"));
            }
            assert_eq!(opened, plain, "{length}");
        }
        for length in [0, 27, SEALED_BLOCK as u64] {
            assert_eq!(BlockKey::plain_length(length), None, "{length}");
        }
    }

    #[test]
    fn blocks_that_were_swapped_cut_off_or_of_another_file_do_not_open() {
        let data = DataKey::random().expect("random");
        let key = BlockKey::of(&data, "segment");
        let sealed = sealed(&key, &vec![7; 2 * BLOCK + 5]);
        let blocks: Vec<&[u8]> = sealed.chunks(SEALED_BLOCK).collect();
        assert!(key.open(0, false, blocks[0]).is_ok());
        assert!(key.open(1, false, blocks[0]).is_err(), "swapped");
        assert!(key.open(0, true, blocks[0]).is_err(), "cut off behind it");
        let other = BlockKey::of(&data, "another segment");
        assert!(other.open(0, false, blocks[0]).is_err());
        let mut changed = blocks[1].to_vec();
        changed[NONCE + 3] ^= 1;
        assert!(key.open(1, false, &changed).is_err());
        let mut plain = b"before".to_vec();
        assert!(key.open_onto(1, false, &changed, &mut plain).is_err());
        assert_eq!(plain, b"before");
        assert!(key.open_onto(2, true, blocks[2], &mut plain).is_ok());
        assert_eq!(plain, b"before\x07\x07\x07\x07\x07");
    }
}
