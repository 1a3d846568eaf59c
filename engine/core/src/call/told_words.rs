//! Words as they are told: within their utterance, and each with a length.

use sidetone_types::event::TimedWord;
use sidetone_types::time::MediaTime;

/// The shortest that a word is told to be where there is room, in samples: 20 ms, which is one step
/// of the recogniser's clock.
const SHORTEST: u64 = 320;

/// Words as they are told of the utterance from `start` to `end`: none lies outside of it, and each
/// has a length where those beside it leave room. The sound that the recogniser hears begins before
/// the voice and goes on behind it.
pub(super) fn as_told(
    words: Vec<TimedWord>,
    (start, end): (MediaTime, MediaTime),
) -> Vec<TimedWord> {
    let told = words.into_iter().map(|mut word| {
        word.start = word.start.clamp(start, end);
        word.end = word.end.clamp(word.start, end);
        word
    });
    let mut told: Vec<TimedWord> = told.collect();
    give_length(&mut told, (start, end));
    told
}

/// Gives words of no length [`SHORTEST`] each: of several words in one step of its clock the
/// recogniser gives all of the time to the last. It is taken from the word behind them, which is
/// the one that has it, or else from the one in front. Where neither keeps as much, they stay.
fn give_length(words: &mut [TimedWord], (start, end): (MediaTime, MediaTime)) {
    let mut from = 0;
    while from < words.len() {
        let at = words[from].start;
        let none = |word: &&TimedWord| word.start == at && word.end == at;
        let count = words[from..].iter().take_while(none).count();
        let behind = from + count;
        let wanted = SHORTEST * count as u64;
        let room = match words.get(behind) {
            Some(next) => next.end.back(SHORTEST).max(next.start),
            None => end,
        };
        let room_before = match words[..from].last() {
            Some(last) => last.end.min(later(last.start, SHORTEST)),
            None => start,
        };
        let first = if later(at, wanted) <= room {
            Some(at)
        } else {
            let first = at.back(wanted);
            (at.samples() >= wanted && first >= room_before).then_some(first)
        };
        if let Some(first) = first.filter(|_| count > 0) {
            if let Some(last) = words[..from].last_mut() {
                last.end = last.end.min(first);
            }
            for (word, n) in words[from..behind].iter_mut().zip(0..) {
                word.start = later(first, SHORTEST * n);
                word.end = later(word.start, SHORTEST);
            }
            if let Some(next) = words.get_mut(behind) {
                next.start = next.start.max(later(first, wanted));
            }
        }
        from = behind.max(from + 1);
    }
}

fn later(time: MediaTime, samples: u64) -> MediaTime {
    MediaTime::from_samples(time.samples() + samples)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Words with these times, in milliseconds, as they are told of an utterance from 1 s to 2 s.
    fn told(times: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let word = |(start, end): &(u64, u64)| TimedWord {
            word: "w".to_owned(),
            spaced: " w".to_owned(),
            start: MediaTime::from_millis(*start),
            end: MediaTime::from_millis(*end),
            confidence: 0.5,
        };
        let within = [1_000, 2_000].map(MediaTime::from_millis);
        let told = as_told(times.iter().map(word).collect(), within.into());
        let times = told
            .iter()
            .map(|word| (word.start.as_millis(), word.end.as_millis()));
        times.collect()
    }

    #[test]
    fn words_are_told_within_their_utterance() {
        for (times, expected) in [
            (
                &[(700, 1_200), (1_200, 1_900), (1_900, 2_300)][..],
                &[(1_000, 1_200), (1_200, 1_900), (1_900, 2_000)][..],
            ),
            (&[(1_100, 1_900)], &[(1_100, 1_900)]),
            (&[], &[]),
        ] {
            assert_eq!(told(times), expected);
        }
    }

    #[test]
    fn a_word_of_no_length_gets_some_of_the_one_beside_it() {
        for (case, times, expected) in [
            (
                "of the one behind it",
                &[(1_000, 1_200), (1_200, 1_200), (1_200, 1_500)][..],
                &[(1_000, 1_200), (1_200, 1_220), (1_220, 1_500)][..],
            ),
            (
                "two of them",
                &[(1_000, 1_000), (1_000, 1_000), (1_000, 1_500)],
                &[(1_000, 1_020), (1_020, 1_040), (1_040, 1_500)],
            ),
            (
                "at the end, of the one in front",
                &[(1_000, 2_000), (2_000, 2_000)],
                &[(1_000, 1_980), (1_980, 2_000)],
            ),
            (
                "before the utterance",
                &[(700, 900), (900, 1_500)],
                &[(1_000, 1_020), (1_020, 1_500)],
            ),
            (
                "of the one in front, since the other is as short",
                &[(1_000, 1_200), (1_200, 1_200), (1_200, 1_220)],
                &[(1_000, 1_180), (1_180, 1_200), (1_200, 1_220)],
            ),
            (
                "no room",
                &[(1_980, 2_000), (2_000, 2_000)],
                &[(1_980, 2_000), (2_000, 2_000)],
            ),
        ] {
            assert_eq!(told(times), expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn words_are_told_in_order_and_none_over_another(
            mut times in prop::collection::vec(0_u64..3_000, 0..24),
        ) {
            // Steps of 20 ms, several of which are often the same.
            times.iter_mut().for_each(|time| *time = *time / 20 * 20);
            times.sort_unstable();
            let (pairs, _) = times.as_chunks();
            let told = told(&pairs.iter().map(|[start, end]| (*start, *end)).collect::<Vec<_>>());
            prop_assert_eq!(told.len(), pairs.len());
            let flat: Vec<u64> = told.iter().flat_map(|(start, end)| [*start, *end]).collect();
            prop_assert!(flat.is_sorted(), "{:?}", told);
            prop_assert!(flat.iter().all(|time| (1_000..=2_000).contains(time)), "{:?}", told);
        }
    }
}
