//! Keeps what is made of lists of hotwords: the same lists come with every job, in whichever
//! thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sidetone_types::recognise::{Phrase, Vocabulary};

use super::hotwords::Hotwords;
use super::tokens::Tokens;

/// How many lists are kept: more than the calls of one machine that have phrases of their own.
const CAPACITY: usize = 64;

/// The lists used last. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct HotwordCache(Arc<Mutex<VecDeque<Entry>>>);

#[derive(Clone, Debug)]
struct Entry {
    phrases: Arc<[Phrase]>,
    /// Made by the first that needs it; others that need the same list wait for it.
    hotwords: Arc<OnceLock<Option<Arc<Hotwords>>>>,
}

impl HotwordCache {
    /// The lists of `vocabulary` that have anything to boost.
    pub fn get(&self, vocabulary: &Vocabulary, tokens: &Tokens) -> Arc<[Arc<Hotwords>]> {
        let Vocabulary {
            shared,
            learnt,
            own,
        } = vocabulary;
        let lists = [shared, learnt, own].into_iter();
        lists.filter_map(|list| self.list(list, tokens)).collect()
    }

    fn list(&self, phrases: &Arc<[Phrase]>, tokens: &Tokens) -> Option<Arc<Hotwords>> {
        if phrases.is_empty() {
            return None;
        }
        let hotwords = self.entry(phrases).hotwords;
        let made = hotwords.get_or_init(|| Hotwords::new(phrases, tokens));
        made.clone()
    }

    /// The entry of a list, which is the last to go from here on.
    fn entry(&self, phrases: &Arc<[Phrase]>) -> Entry {
        // Every change of the list is whole, whatever befell the thread that made it.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept
            .iter()
            .position(|entry| Arc::ptr_eq(&entry.phrases, phrases));
        let entry = known.and_then(|at| kept.remove(at));
        let entry = entry.unwrap_or_else(|| Entry {
            phrases: Arc::clone(phrases),
            hotwords: Arc::default(),
        });
        if kept.len() == CAPACITY {
            kept.pop_front();
        }
        kept.push_back(entry.clone());
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::tokens::tests::small;

    fn list(text: &str) -> Arc<[Phrase]> {
        Arc::from([Phrase {
            text: text.to_owned(),
            boost: 2.0,
        }])
    }

    fn vocabulary(shared: &Arc<[Phrase]>, own: &Arc<[Phrase]>) -> Vocabulary {
        Vocabulary {
            shared: Arc::clone(shared),
            own: Arc::clone(own),
            ..Vocabulary::default()
        }
    }

    #[test]
    fn what_all_calls_share_is_made_once_and_lists_of_old_calls_are_let_go() {
        let tokens = small();
        let cache = HotwordCache::default();
        let shared = list("hi");
        let first = cache.get(&vocabulary(&shared, &list("a")), &tokens);
        assert_eq!(first.len(), 2);
        for _ in 0..2 * CAPACITY {
            let other = cache.clone();
            let lists = other.get(&vocabulary(&shared, &list("you")), &tokens);
            assert!(Arc::ptr_eq(&lists[0], &first[0]));
            assert!(!Arc::ptr_eq(&lists[1], &first[1]));
        }
        assert_eq!(cache.0.lock().expect("nobody failed").len(), CAPACITY);
    }

    #[test]
    fn an_empty_list_is_none() {
        let lists = HotwordCache::default().get(&Vocabulary::default(), &small());
        assert!(lists.is_empty());
    }
}
