//! Notices when the decoder repeats itself.

/// Where a repetition at the end of a text begins, and how long what is repeated is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Repetition {
    /// Tokens before the first repeat: the text up to and with what is said for the first time.
    pub keep: usize,
    /// Tokens of one turn.
    pub period: usize,
}

/// Turns of this many tokens or more are taken for a loop as soon as they have come twice.
const LONG_PERIOD: usize = 4;

/// Shorter turns must have filled this many tokens: people do say "no no no".
const SHORT_RUN: usize = 12;

/// Looks for a repetition that `text` ends with; the shortest turn if there are several.
pub fn repetition(text: &[u32]) -> Option<Repetition> {
    let repeated = |period: usize| {
        let earlier = text.iter().rev().skip(period);
        text.iter()
            .rev()
            .zip(earlier)
            .take_while(|(a, b)| a == b)
            .count()
    };
    let found = |period, needed| {
        let repeated = repeated(period);
        (repeated >= needed).then_some(Repetition {
            keep: text.len() - repeated,
            period,
        })
    };
    let short = (1..LONG_PERIOD).find_map(|period| found(period, SHORT_RUN - period));
    // Four times the same is also twice the same two: that does not make it long.
    let run = (1..LONG_PERIOD)
        .map(|period| repeated(period) + period)
        .max()
        .unwrap_or(0);
    let longer = LONG_PERIOD.max(run / 2 + 1)..=text.len() / 2;
    short.or_else(|| longer.into_iter().find_map(|period| found(period, period)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn turns_that_come_too_often_are_found() {
        for (case, text, expected) in [
            ("nothing", vec![], None),
            ("no repeat", vec![1, 2, 3, 4, 5, 6, 7, 8], None),
            (
                "four tokens twice",
                vec![9, 1, 2, 3, 4, 1, 2, 3, 4],
                Some((5, 4)),
            ),
            (
                "twice, but gone on since",
                vec![1, 2, 3, 4, 1, 2, 3, 4, 5],
                None,
            ),
            (
                "three tokens three times",
                vec![1, 2, 3, 1, 2, 3, 1, 2, 3],
                None,
            ),
            ("three tokens four times", [1, 2, 3].repeat(4), Some((3, 3))),
            ("one token eleven times", vec![7; 11], None),
            (
                "one token twelve times",
                [vec![5], vec![7; 12]].concat(),
                Some((2, 1)),
            ),
        ] {
            let expected = expected.map(|(keep, period)| Repetition { keep, period });
            assert_eq!(repetition(&text), expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_does_not_repeat_and_nothing_new_is_lost(
            start in prop::collection::vec(0_u32..9, 0..20), turn in prop::collection::vec(0_u32..9, 4..12),
        ) {
            let text = [start, turn.repeat(3)].concat();
            let found = repetition(&text).expect("a turn of four or more comes three times");
            prop_assert!(found.keep >= found.period);
            for (at, token) in text.iter().enumerate().skip(found.keep) {
                prop_assert_eq!(*token, text[at - found.period]);
            }
        }
    }
}
