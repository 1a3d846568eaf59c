//! Keeps the vocabularies of calls ready: the same list comes with every job of a call.

use std::collections::VecDeque;
use std::sync::Arc;

use sidetone_core::recognise::Phrase;

use super::hotwords::Vocabulary;
use super::tokens::Tokens;

/// How many are kept: more than the calls one worker hears in a while.
const CAPACITY: usize = 32;

/// The vocabularies seen last, by the lists they were made of.
#[derive(Clone, Debug, Default)]
pub struct Vocabularies(VecDeque<Kept>);

#[derive(Clone, Debug)]
struct Kept {
    phrases: Arc<[Phrase]>,
    vocabulary: Option<Arc<Vocabulary>>,
}

impl Vocabularies {
    /// The vocabulary of `phrases`; none if there is nothing to favour.
    pub fn get(&mut self, phrases: &Arc<[Phrase]>, tokens: &Tokens) -> Option<Arc<Vocabulary>> {
        if phrases.is_empty() {
            return None;
        }
        if let Some(kept) = self
            .0
            .iter()
            .find(|kept| Arc::ptr_eq(&kept.phrases, phrases))
        {
            return kept.vocabulary.clone();
        }
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        let vocabulary = Vocabulary::new(phrases, tokens);
        self.0.push_back(Kept {
            phrases: Arc::clone(phrases),
            vocabulary: vocabulary.clone(),
        });
        vocabulary
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::tokens::tests::small;

    #[test]
    fn a_vocabulary_is_made_once_and_old_ones_are_let_go() {
        let tokens = small();
        let mut ready = Vocabularies::default();
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
