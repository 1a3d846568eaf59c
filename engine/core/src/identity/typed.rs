//! Numbers that are typed on a telephone.

use sidetone_types::time::MediaTime;

use super::{Clue, ClueKind, reference};

/// Keys that are further apart, in milliseconds, are of two numbers.
const PAUSE_MS: u64 = 5_000;
/// Digits of a number: fewer may be a choice or a code, more are a card's.
const DIGITS: std::ops::RangeInclusive<usize> = 5..=12;
/// The key that ends a number.
const END: char = '#';

/// The keys of one leg that may become a number.
#[derive(Debug, Default)]
pub struct TypedKeys {
    keys: String,
    last: MediaTime,
}

impl TypedKeys {
    /// A key was pressed at `at`; one that may be a secret is no digit. The number that it ends, if it ends one.
    pub fn press(&mut self, key: char, at: MediaTime) -> Option<Clue> {
        if at.since(self.last).as_millis() > u128::from(PAUSE_MS) {
            self.keys.clear();
        }
        self.last = at;
        match key {
            '0'..='9' => {
                self.keys.push(key);
                None
            }
            END => {
                let keys = std::mem::take(&mut self.keys);
                let text = reference(&keys).filter(|text| DIGITS.contains(&text.len()))?;
                let kind = ClueKind::Reference;
                Some(Clue { kind, text })
            }
            _ => {
                self.keys.clear();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_up_to_the_hash_are_a_number() {
        let mut typed = TypedKeys::default();
        let mut press = |keys: &str, from: u64| {
            let keys = keys.chars().zip(0..);
            keys.filter_map(|(key, i)| typed.press(key, MediaTime::from_millis(from + 300 * i)))
                .map(|clue| clue.text)
                .collect::<Vec<_>>()
        };
        assert_eq!(press("48291#", 0), ["48291"]);
        assert_eq!(press("1234#", 10_000), [""; 0], "too short");
        assert_eq!(press("48", 20_000), [""; 0]);
        assert_eq!(press("291#", 40_000), [""; 0], "another number was begun");
        assert_eq!(
            press("48*291#", 60_000),
            [""; 0],
            "what is masked is no digit"
        );
    }
}
