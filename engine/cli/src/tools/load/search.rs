//! The largest number of calls that holds, found by trying few.

/// Doubles until a number fails, then halves the distance between what held and what failed.
pub struct Search {
    first: usize,
    most: usize,
    held: usize,
    failed: Option<usize>,
}

impl Search {
    /// Begins with `first` and never goes past `most`.
    pub fn new(first: usize, most: usize) -> Self {
        Self {
            first: first.clamp(1, most),
            most,
            held: 0,
            failed: None,
        }
    }

    /// What to try next; `None` once the answer is known.
    pub fn candidate(&self) -> Option<usize> {
        match self.failed {
            None if self.held == 0 => Some(self.first),
            None => Some((self.held * 2).min(self.most)).filter(|next| *next > self.held),
            Some(failed) => Some((self.held + failed) / 2).filter(|next| *next > self.held),
        }
    }

    /// Takes how `calls` went.
    pub fn tried(&mut self, calls: usize, held: bool) {
        if held {
            self.held = self.held.max(calls);
        } else {
            self.failed = Some(self.failed.map_or(calls, |failed| failed.min(calls)));
        }
    }

    /// The largest number that held; 0 if none did.
    pub fn held(&self) -> usize {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_largest_number_that_holds_is_found_in_few_tries(first in 1_usize..50, most in 1_usize..500, limit in 0_usize..600) {
            let mut search = Search::new(first, most);
            let mut tries = 0;
            while let Some(calls) = search.candidate() {
                prop_assert!(calls <= most);
                search.tried(calls, calls <= limit);
                tries += 1;
            }
            prop_assert_eq!(search.held(), limit.min(most));
            prop_assert!(tries <= 20, "{} tries", tries);
        }
    }
}
