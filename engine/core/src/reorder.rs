//! Utterances of both legs in one order, however long each took to recognise.

use std::collections::BTreeMap;

use sidetone_types::time::MediaTime;

/// Holds finished utterances back until all that ended before them are finished too.
///
/// The order is that of their ends: an "uh-huh" said while the other side talks comes before the
/// long sentence it was said in, since it can be shown long before that is over.
pub struct Release<T> {
    waiting: BTreeMap<(MediaTime, u64), Option<T>>,
    opened: u64,
}

/// The place of one utterance in the order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place(MediaTime, u64);

impl<T> Default for Release<T> {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            opened: 0,
        }
    }
}

impl<T> Release<T> {
    /// Keeps a place for an utterance that ended at `end`.
    pub fn open(&mut self, end: MediaTime) -> Place {
        self.opened += 1;
        self.waiting.insert((end, self.opened), None);
        Place(end, self.opened)
    }

    /// Fills a place.
    pub fn fill(&mut self, place: Place, item: T) {
        if let Some(slot) = self.waiting.get_mut(&(place.0, place.1)) {
            *slot = Some(item);
        }
    }

    /// The next in order, if it is there and no utterance that is still open may end before it:
    /// those end at `open_until` at the earliest.
    pub fn next(&mut self, open_until: Option<MediaTime>) -> Option<T> {
        let first = self.waiting.first_entry()?;
        if first.get().is_none() || open_until.is_some_and(|until| until < first.key().0) {
            return None;
        }
        first.remove()
    }

    /// Places that are not filled or not released yet.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing is held back.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_answer_waits_for_a_slow_one_that_ended_before() {
        let mut release = Release::default();
        let first = release.open(MediaTime::from_millis(1000));
        let second = release.open(MediaTime::from_millis(2000));
        release.fill(second, "second");
        assert_eq!(release.next(None), None);
        release.fill(first, "first");
        assert_eq!(release.next(None), Some("first"));
        assert_eq!(release.next(None), Some("second"));
        assert!(release.is_empty());
    }

    #[test]
    fn an_utterance_that_may_end_earlier_is_waited_for() {
        let mut release = Release::default();
        let place = release.open(MediaTime::from_millis(1000));
        release.fill(place, ());
        assert_eq!(release.next(Some(MediaTime::from_millis(900))), None);
        assert_eq!(release.next(Some(MediaTime::from_millis(1000))), Some(()));
    }
}
