//! What two lines of words have in common.

/// The longest run of words that two lines share in their order, which are `same`: for each of
/// `new` the place of its twin in `old`, if it has one.
///
/// Takes time and memory in proportion to the product of the lengths.
pub fn twins<T>(old: &[T], new: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<Option<usize>> {
    // How many can be shared from each pair of places on.
    let mut shared = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            shared[i][j] = match same(a, b) {
                true => shared[i + 1][j + 1] + 1,
                false => shared[i + 1][j].max(shared[i][j + 1]),
            };
        }
    }
    let mut twins = vec![None; new.len()];
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if same(&old[i], &new[j]) {
            twins[j] = Some(i);
            (i, j) = (i + 1, j + 1);
        } else if shared[i + 1][j] >= shared[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    twins
}

/// The letters and figures of a word, in small letters.
pub fn letters(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_both_lines_have_in_their_order_are_twins() {
        for (old, new, expected) in [
            ("a b c", "a b c", vec![Some(0), Some(1), Some(2)]),
            ("a b c", "a x c", vec![Some(0), None, Some(2)]),
            ("a b", "b a b", vec![None, Some(0), Some(1)]),
            ("", "a", vec![None]),
            ("a", "", vec![]),
        ] {
            let words = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
            let got = twins(&words(old), &words(new), |a, b| a == b);
            assert_eq!(got, expected, "{old:?} and {new:?}");
        }
    }
}
