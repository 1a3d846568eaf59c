//! Puts numbered pieces in their order.

use std::collections::BTreeMap;

/// So many pieces wait for one that is missing, and no more: 200 ms where each takes 20.
const MOST: usize = 10;

/// Pieces of one track that may come in another order than they were numbered.
#[derive(Debug)]
pub(crate) struct InOrder<T> {
    /// The number whose turn it is; not known before the first piece.
    next: Option<u64>,
    waiting: BTreeMap<u64, T>,
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self {
            next: None,
            waiting: BTreeMap::new(),
        }
    }
}

impl<T> InOrder<T> {
    /// Takes a piece, and gives those whose turn it is. One that comes twice, or after those behind
    /// it were given, is left out.
    pub fn take(&mut self, number: u64, piece: T) -> Vec<T> {
        // Tracks are numbered from 0 or 1; a connection may join one that goes on.
        let first = if number > MOST as u64 {
            number
        } else {
            number.min(1)
        };
        let mut next = self.next.unwrap_or(first);
        if number < next {
            return Vec::new();
        }
        self.waiting.entry(number).or_insert(piece);
        if self.waiting.len() > MOST
            && let Some((earliest, _)) = self.waiting.first_key_value()
        {
            next = *earliest;
        }
        let mut ready = Vec::new();
        while let Some(piece) = self.waiting.remove(&next) {
            ready.push(piece);
            next = next.saturating_add(1);
        }
        self.next = Some(next);
        ready
    }

    /// All that still wait.
    pub fn rest(&mut self) -> Vec<T> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_given_in_their_order_and_none_is_waited_for_too_long() {
        let numbers = |numbers: &[u64]| {
            let mut order = InOrder::default();
            let mut given: Vec<u64> = Vec::new();
            for number in numbers {
                given.extend(order.take(*number, *number));
            }
            given.extend(order.rest());
            given
        };
        assert_eq!(numbers(&[1, 2, 3]), [1, 2, 3]);
        assert_eq!(numbers(&[0, 1, 2]), [0, 1, 2]);
        assert_eq!(numbers(&[2, 1, 4, 3, 3]), [1, 2, 3, 4]);
        assert_eq!(numbers(&[700, 702, 701]), [700, 701, 702]);
        let gap: Vec<u64> = [1].into_iter().chain(3..20).chain([2, 20]).collect();
        let given = numbers(&gap);
        assert_eq!(
            given,
            [vec![1], (3..=20).collect()].concat(),
            "2 came too late"
        );
        assert_eq!(numbers(&[u64::MAX]), [u64::MAX]);
    }
}
