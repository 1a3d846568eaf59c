//! Keeps the tries of hotwords: the same list comes with every job of a call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use sidetone_types::recognise::Phrase;

use super::hotwords::Hotwords;
use super::tokens::Tokens;

/// How many are kept: more than the calls that all workers recognise at a time.
const CAPACITY: usize = 32;

/// The tries used last, by the lists they were made of. Clones share them: each takes a moment to
/// make, and some megabytes.
#[derive(Clone, Debug, Default)]
pub struct HotwordCache(Arc<Mutex<VecDeque<Entry>>>);

#[derive(Debug)]
struct Entry {
    phrases: Arc<[Phrase]>,
    hotwords: Option<Arc<Hotwords>>,
}

impl HotwordCache {
    /// The trie of `phrases`; none if there is nothing to boost.
    pub fn get(&self, phrases: &Arc<[Phrase]>, tokens: &Tokens) -> Option<Arc<Hotwords>> {
        if phrases.is_empty() {
            return None;
        }
        // Whoever wants the same list while it is made waits for it.
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.iter();
        let mut known = known.filter(|entry| Arc::ptr_eq(&entry.phrases, phrases));
        if let Some(entry) = known.next() {
            return entry.hotwords.clone();
        }
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        let hotwords = Hotwords::new(phrases, tokens);
        entries.push_back(Entry {
            phrases: Arc::clone(phrases),
            hotwords: hotwords.clone(),
        });
        hotwords
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::tokens::tests::small;

    #[test]
    fn a_trie_is_made_once_and_old_ones_are_let_go() {
        let tokens = small();
        let ready = HotwordCache::default();
        let list = |text: &str| {
            Arc::from([Phrase {
                text: text.to_owned(),
                boost: 2.0,
            }])
        };
        let (first, second): (Arc<[Phrase]>, Arc<[Phrase]>) = (list("hi"), list("hi"));
        let made = ready.get(&first, &tokens).expect("it is not empty");
        assert!(Arc::ptr_eq(
            &made,
            &ready.get(&first, &tokens).expect("it is not empty")
        ));
        assert!(!Arc::ptr_eq(
            &made,
            &ready.get(&second, &tokens).expect("it is not empty")
        ));
        for _ in 0..2 * CAPACITY {
            ready.get(&list("you"), &tokens);
        }
        let kept = ready.0.lock().expect("nobody panicked").len();
        assert_eq!(kept, CAPACITY);
        assert!(ready.get(&Arc::from([]), &tokens).is_none());
    }
}
