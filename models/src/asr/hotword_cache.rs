//! Keeps the tries of hotwords: the same list comes with every job of a call.

use std::collections::VecDeque;
use std::sync::Arc;

use sidetone_types::recognise::Phrase;

use super::hotwords::Hotwords;
use super::tokens::Tokens;

/// How many are entry: more than the calls that one worker recognises at a time.
const CAPACITY: usize = 32;

/// The tries used last, by the lists they were made of.
#[derive(Clone, Debug, Default)]
pub struct HotwordCache(VecDeque<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    phrases: Arc<[Phrase]>,
    hotwords: Option<Arc<Hotwords>>,
}

impl HotwordCache {
    /// The trie of `phrases`; none if there is nothing to boost.
    pub fn get(&mut self, phrases: &Arc<[Phrase]>, tokens: &Tokens) -> Option<Arc<Hotwords>> {
        if phrases.is_empty() {
            return None;
        }
        if let Some(entry) = self
            .0
            .iter()
            .find(|entry| Arc::ptr_eq(&entry.phrases, phrases))
        {
            return entry.hotwords.clone();
        }
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        let hotwords = Hotwords::new(phrases, tokens);
        self.0.push_back(Entry {
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
        let mut ready = HotwordCache::default();
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
        assert_eq!(ready.0.len(), CAPACITY);
        assert!(ready.get(&Arc::from([]), &tokens).is_none());
    }
}
