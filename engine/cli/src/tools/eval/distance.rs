//! How far an output is from its reference: the fewest words to change, leave out or put in.

use std::ops::AddAssign;

use serde::Serialize;

/// The fewest edits that turn a reference into an output (Levenshtein 1966), by kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Edits {
    /// Words that came out as others.
    pub substitutions: u64,
    /// Words that are missing from the output.
    pub deletions: u64,
    /// Words of the output that nobody said.
    pub insertions: u64,
}

impl Edits {
    /// All edits.
    pub fn total(self) -> u64 {
        self.substitutions + self.deletions + self.insertions
    }
}

impl AddAssign for Edits {
    fn add_assign(&mut self, other: Self) {
        self.substitutions += other.substitutions;
        self.deletions += other.deletions;
        self.insertions += other.insertions;
    }
}

/// Compares `output` with `reference`. Of equally few edits, those with the most substitutions.
///
/// Takes time in proportion to the product of the lengths, and memory to that of the output.
pub fn edits<T: PartialEq>(reference: &[T], output: &[T]) -> Edits {
    // `row[j]`: from what was read of the reference to the first j words of the output.
    let insert = |j| Edits {
        insertions: j,
        ..Edits::default()
    };
    let mut row: Vec<Edits> = (0..=output.len() as u64).map(insert).collect();
    for word in reference {
        let mut diagonal = row[0];
        row[0].deletions += 1;
        for (j, heard) in output.iter().enumerate() {
            let mut substituted = diagonal;
            substituted.substitutions += u64::from(word != heard);
            diagonal = row[j + 1];
            let mut deleted = row[j + 1];
            deleted.deletions += 1;
            let mut inserted = row[j];
            inserted.insertions += 1;
            // The first of equals wins.
            let ways = [substituted, deleted, inserted];
            row[j + 1] = ways
                .into_iter()
                .min_by_key(|way| way.total())
                .unwrap_or(substituted);
        }
    }
    row[output.len()]
}

/// Which words of `output` stand in `reference` as well, on a way from the one to the other with the
/// fewest edits.
///
/// Takes time and memory in proportion to the product of the lengths.
pub fn kept<T: PartialEq>(reference: &[T], output: &[T]) -> Vec<bool> {
    // `costs[i * width + j]`: the fewest edits from the last i words of the one to the last j of
    // the other.
    let width = output.len() + 1;
    let mut costs = vec![0_u32; (reference.len() + 1) * width];
    for i in 0..=reference.len() {
        for j in 0..=output.len() {
            costs[i * width + j] = match (i, j) {
                (0, _) => j as u32,
                (_, 0) => i as u32,
                _ => {
                    let same = reference[reference.len() - i] == output[output.len() - j];
                    let diagonal = costs[(i - 1) * width + j - 1] + u32::from(!same);
                    let deleted = costs[(i - 1) * width + j] + 1;
                    diagonal.min(deleted).min(costs[i * width + j - 1] + 1)
                }
            };
        }
    }
    let mut kept = vec![false; output.len()];
    let (mut i, mut j) = (reference.len(), output.len());
    while i > 0 && j > 0 {
        let at = output.len() - j;
        let same = reference[reference.len() - i] == output[at];
        let cost = costs[i * width + j];
        if cost == costs[(i - 1) * width + j - 1] + u32::from(!same) {
            kept[at] = same;
            (i, j) = (i - 1, j - 1);
        } else if cost == costs[(i - 1) * width + j] + 1 {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn each_kind_of_edit_is_counted() {
        for (case, reference, output, expected) in [
            ("equal", "a b c", "a b c", (0, 0, 0)),
            ("both empty", "", "", (0, 0, 0)),
            ("nothing came out", "a b c", "", (0, 3, 0)),
            ("nothing was said", "", "a b", (0, 0, 2)),
            ("substituted", "a b c", "a x c", (1, 0, 0)),
            ("deleted", "a b c", "a c", (0, 1, 0)),
            ("inserted", "a c", "a b c", (0, 0, 1)),
            ("one of each", "a b c d e f", "a x c e f g", (1, 1, 1)),
            ("said twice", "no", "no no no", (0, 0, 2)),
        ] {
            let edits = edits(&words(reference), &words(output));
            let counts = (edits.substitutions, edits.deletions, edits.insertions);
            assert_eq!(counts, expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn words_that_are_kept_are_those_that_were_not_edited(a in vec(0_u8..4, 0..20), b in vec(0_u8..4, 0..20)) {
            let kept = kept(&a, &b);
            let wrong = edits(&a, &b);
            let edited = kept.iter().filter(|kept| !**kept).count() as u64;
            prop_assert_eq!(kept.len(), b.len());
            prop_assert!(edited <= wrong.total(), "{} {:?}", edited, wrong);
            // Those that are kept stand in the reference in their order.
            let mut rest = a.iter();
            let mut stands = |word: &u8| rest.any(|other| other == word);
            let in_order = b.iter().zip(&kept).all(|(word, kept)| !kept || stands(word));
            prop_assert!(in_order, "{:?}", kept);
        }

        #[test]
        fn the_counts_agree_with_the_lengths(a in vec(0_u8..4, 0..20), b in vec(0_u8..4, 0..20)) {
            let edits = edits(&a, &b);
            prop_assert_eq!(a.len() as u64 + edits.insertions, b.len() as u64 + edits.deletions);
            prop_assert!(edits.total() <= a.len().max(b.len()) as u64);
            prop_assert_eq!(edits.total() == 0, a == b);
        }

        #[test]
        fn it_is_as_far_there_as_back(a in vec(0_u8..4, 0..20), b in vec(0_u8..4, 0..20)) {
            prop_assert_eq!(edits(&a, &b).total(), edits(&b, &a).total());
        }

        #[test]
        fn a_change_of_one_word_is_at_most_one_edit(a in vec(0_u8..4, 1..20), at in 0_usize..20, to in 0_u8..9) {
            let mut b = a.clone();
            let at = at % b.len();
            b[at] = to;
            prop_assert_eq!(edits(&a, &b).total(), u64::from(a[at] != to));
        }
    }
}
