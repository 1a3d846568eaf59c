//! What was opened, and what of it is kept for the next time.

use std::ops::{Deref, RangeInclusive};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use sidetone_vault::Plain;
use stable_deref_trait::StableDeref;

/// Bytes that were opened. Whoever lets go of them last has them overwritten.
#[derive(Clone)]
pub(super) struct Opened(Arc<Plain>);

impl Opened {
    pub fn new(plain: Plain) -> Self {
        Self(Arc::new(plain))
    }
}

impl Deref for Opened {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[expect(
    unsafe_code,
    reason = "the bytes lie on the heap behind an `Arc` that lends nobody the `Vec`: they stay where they \
              are until the last one lets go, and `Arc<[u8]>`, which says so itself, would not overwrite them"
)]
// SAFETY: see the reason above.
unsafe impl StableDeref for Opened {}

/// Blocks of a file that are opened together.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Extent {
    pub file: Arc<str>,
    /// By their index.
    pub blocks: RangeInclusive<usize>,
}

/// What was opened lately, by when it was last asked for, up to a number of bytes.
///
/// Questions read the same extents again and again: the list of a word, a whole column, a dictionary. So an
/// extent is kept as it was asked for, which saves putting it together; a block that two extents share is
/// kept twice.
pub(super) struct OpenedBlocks {
    most: usize,
    kept: Mutex<Kept>,
}

struct Kept {
    extents: LruCache<Extent, Opened>,
    bytes: usize,
}

impl OpenedBlocks {
    /// Keeps no more than `most` bytes.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::new(Kept {
                extents: LruCache::unbounded(),
                bytes: 0,
            }),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of that extent.
    pub fn get(&self, extent: &Extent) -> Option<Opened> {
        self.kept().extents.get(extent).cloned()
    }

    /// Keeps that one too, at the cost of those that nobody asked for in the longest time.
    pub fn keep(&self, extent: Extent, opened: Opened) -> Opened {
        let mut kept = self.kept();
        kept.bytes += opened.len();
        if let Some((_, replaced)) = kept.extents.push(extent, opened.clone()) {
            kept.bytes -= replaced.len();
        }
        while kept.bytes > self.most {
            match kept.extents.pop_lru() {
                Some((_, oldest)) => kept.bytes -= oldest.len(),
                None => break,
            }
        }
        opened
    }

    /// Keeps nothing of that file any more.
    pub fn forget(&self, file: &str) {
        let mut kept = self.kept();
        let extents = kept.extents.iter().map(|(extent, _)| extent);
        let gone: Vec<Extent> = extents
            .filter(|extent| &*extent.file == file)
            .cloned()
            .collect();
        for extent in &gone {
            if let Some(opened) = kept.extents.pop(extent) {
                kept.bytes -= opened.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(file: &str, first: usize) -> Extent {
        Extent {
            file: file.into(),
            blocks: first..=first,
        }
    }

    fn opened(length: usize) -> Opened {
        Opened::new(Plain::of(vec![1; length]))
    }

    #[test]
    fn what_nobody_asks_for_gives_way_and_no_more_is_kept_than_may_be() {
        let blocks = OpenedBlocks::new(10);
        blocks.keep(extent("a", 0), opened(4));
        blocks.keep(extent("a", 1), opened(4));
        assert!(blocks.get(&extent("a", 0)).is_some());
        blocks.keep(extent("b", 0), opened(4));
        assert!(blocks.get(&extent("a", 1)).is_none());
        assert!(blocks.get(&extent("a", 0)).is_some());
        blocks.keep(extent("b", 0), opened(6));
        assert_eq!(blocks.kept().bytes, 10);
        blocks.forget("a");
        assert!(blocks.get(&extent("a", 0)).is_none());
        assert_eq!(blocks.kept().bytes, 6);
        let large = blocks.keep(extent("c", 0), opened(11));
        assert_eq!((large.len(), blocks.kept().bytes), (11, 0));
    }
}
