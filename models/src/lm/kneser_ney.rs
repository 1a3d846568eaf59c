//! Interpolated Kneser-Ney smoothing with three discounts (Chen and Goodman 1998).
//!
//! Each n-gram gives some of what it was seen to those that were not, the more the rarer it is. How
//! much is estimated from how many n-grams were seen once, twice, three and four times; a corpus
//! too small for that gets fixed discounts. What an n-gram of less than full length counts is not
//! how often it was seen, but after how many different tokens: "York" is frequent, and only after
//! "New".

use super::counts::{Corpus, Counts};
use super::ngram::{History, Level, NgramModel, ORDER};

/// Taken where counts of counts are missing, or make no sense.
const FIXED: [f64; 3] = [0.5, 1.0, 1.5];

/// No discount is less: something must be left for what was not seen.
const LEAST: f64 = 0.05;

/// Estimates a model with at most about `most` n-grams.
///
/// If there are more, those of three tokens and longer that were seen least are left out, and what
/// they took goes back to shorter ones.
pub fn estimate(corpus: &Corpus, most: usize) -> NgramModel {
    let counts = Counts::new(corpus);
    let least = least_seen(&counts, most);
    let vocabulary = corpus.vocabulary();
    let mut model = NgramModel {
        vocabulary,
        levels: Vec::new(),
        unseen: -f32::ln(vocabulary as f32),
    };
    // Which n-grams of the level before are in the model.
    let mut kept = single_tokens(&mut model, &counts);
    for level in 1..ORDER {
        if kept.is_empty() {
            break;
        }
        kept = longer(&mut model, &counts, level, &kept, least);
    }
    model
}

/// How often an n-gram of three tokens or more must have been seen.
fn least_seen(counts: &Counts<'_>, most: usize) -> u32 {
    let total = |least: u32| -> usize {
        let of = counts.levels.iter().enumerate().map(|(level, of)| {
            let seen = of.iter().filter(|one| level < 2 || one.seen >= least);
            seen.count()
        });
        of.sum()
    };
    let most_often = counts.levels[0].iter().map(|one| one.seen).max();
    (1..=most_often.unwrap_or(1))
        .find(|least| total(*least) <= most)
        .unwrap_or(u32::MAX)
}

/// What is taken off a count of 1, of 2, and of more.
fn discounts(adjusted: impl Iterator<Item = u32>) -> [f64; 3] {
    let mut of_count = [0.0; 5];
    for count in adjusted.filter(|count| *count <= 4) {
        of_count[count as usize] += 1.0;
    }
    let [_, n1, n2, n3, n4] = of_count;
    let y = n1 / (n1 + 2.0 * n2);
    let found = [
        1.0 - 2.0 * y * n2 / n1,
        2.0 - 3.0 * y * n3 / n2,
        3.0 - 4.0 * y * n4 / n3,
    ];
    let sensible = |(at, discount): (usize, &f64)| (LEAST..=at as f64 + 1.0).contains(discount);
    match found.iter().enumerate().all(sensible) {
        true => found,
        false => FIXED,
    }
}

fn discount(of: [f64; 3], count: u32) -> f64 {
    match count {
        0 => 0.0,
        _ => of[(count as usize - 1).min(2)],
    }
}

/// Tokens alone: what is taken off them goes to all of the vocabulary alike.
fn single_tokens(model: &mut NgramModel, counts: &Counts<'_>) -> Vec<usize> {
    let of = &counts.levels[0];
    let vocabulary = model.vocabulary;
    let is_token = |at: usize| counts.tokens(0, at)[0] < vocabulary;
    let adjusted = |at: usize| of[at].adjusted;
    let real = || (0..of.len()).filter(|at| is_token(*at));
    let off = discounts(real().map(adjusted));
    let total: f64 = real().map(|at| f64::from(adjusted(at))).sum();
    let share = |at: usize| (f64::from(adjusted(at)) - discount(off, adjusted(at))) / total;
    let left = 1.0 - real().map(share).sum::<f64>();
    let uniform = left / f64::from(vocabulary);
    let mut level = Level::default();
    for at in 0..of.len() {
        level.tokens.push(counts.tokens(0, at)[0]);
        // Marks are not predicted; a sound number keeps the file simple.
        let prob = if is_token(at) {
            share(at) + uniform
        } else {
            uniform
        };
        level.log_probs.push(prob.ln() as f32);
    }
    if total > 0.0 {
        model.unseen = uniform.ln() as f32;
    }
    model.levels.push(level);
    (0..of.len()).collect()
}

/// Adds the n-grams of `level + 1` tokens. `parents` are those of the level before that are in the
/// model. Gives which were added.
fn longer(
    model: &mut NgramModel,
    counts: &Counts<'_>,
    level: usize,
    parents: &[usize],
    least: u32,
) -> Vec<usize> {
    let of = &counts.levels[level];
    let off = discounts(of.iter().map(|one| one.adjusted));
    let wanted = |at: &usize| level < 2 || of[*at].seen >= least;
    let (mut new, mut kept) = (Level::default(), Vec::new());
    let (mut backoffs, mut starts) = (Vec::new(), Vec::new());
    for &parent in parents {
        starts.push(kept.len() as u32);
        let children = counts.children(level - 1, parent);
        let total: f64 = children.clone().map(|at| f64::from(of[at].adjusted)).sum();
        let share = |at: usize| {
            let count = of[at].adjusted;
            (f64::from(count) - discount(off, count)) / total
        };
        let children: Vec<usize> = children.filter(wanted).collect();
        let left = 1.0 - children.iter().map(|at| share(*at)).sum::<f64>();
        for at in children {
            let tokens = counts.tokens(level, at);
            let shorter = model.log_prob_after(&tokens[1..]);
            new.tokens.push(tokens[level]);
            new.log_probs
                .push((share(at) + left * f64::from(shorter).exp()).ln() as f32);
            kept.push(at);
        }
        backoffs.push(left.ln() as f32);
    }
    starts.push(kept.len() as u32);
    let before = &mut model.levels[level - 1];
    (before.backoffs, before.children) = (backoffs, starts);
    model.levels.push(new);
    kept
}

impl NgramModel {
    /// Of the last of `tokens` after the others, by the levels that are there.
    fn log_prob_after(&self, tokens: &[u32]) -> f32 {
        let Some((last, before)) = tokens.split_last() else {
            return 0.0;
        };
        let history = before.iter().fold(History::UNKNOWN, |history, token| {
            self.advance(&history, *token)
        });
        self.log_prob(&history, *last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tokens 0 to 8; 9 is the end.
    const VOCABULARY: u32 = 10;

    fn model(sentences: &[&[u32]]) -> NgramModel {
        let mut corpus = Corpus::new(VOCABULARY);
        for sentence in sentences {
            corpus.add_sentence(sentence);
        }
        estimate(&corpus, usize::MAX)
    }

    fn prob(model: &NgramModel, before: &[u32], token: u32) -> f32 {
        let history = before.iter().fold(model.beginning(), |history, token| {
            model.advance(&history, *token)
        });
        model.log_prob(&history, token).exp()
    }

    #[test]
    fn probabilities_are_those_worked_out_by_hand() {
        // `0 1`, `0 1`, `0 2`: too few counts for discounts of its own, so 0.5, 1 and 1.5.
        let model = model(&[&[0, 1], &[0, 1], &[0, 2]]);
        // Each of 0, 1 and 2 was seen after one token, and the end after two.
        let rest = (3.0 * 0.5 + 1.0) / 5.0;
        let unigram = |count: f32, off: f32| (count - off) / 5.0 + rest / 10.0;
        let (one, two) = (unigram(1.0, 0.5), unigram(1.0, 0.5));
        // After 0, once it is not at the beginning: 1 and 2 each after one token.
        let after_0 = |unigram: f32| 0.5 / 2.0 + 0.5 * unigram;
        // After the beginning and 0: 1 twice and 2 once. Those at the beginning count as often as
        // they were seen.
        let begun = |count: f32, off: f32, lower: f32| (count - off) / 3.0 + 1.5 / 3.0 * lower;
        for (before, token, expected) in [
            (&[0][..], 1, begun(2.0, 1.0, after_0(one))),
            (&[0], 2, begun(1.0, 0.5, after_0(two))),
            // Nothing follows 5, which was never seen: the unigram.
            (&[5], 1, one),
            (&[5], 9, unigram(2.0, 1.0)),
            (&[5], 7, rest / 10.0),
            // 7 never followed 0: what is left of two contexts, and the uniform share.
            (&[0], 7, 0.5 * 0.5 * rest / 10.0),
        ] {
            let found = prob(&model, before, token);
            assert!(
                (found - expected).abs() < 1e-6,
                "{token} after {before:?}: {found}, not {expected}"
            );
        }
    }

    #[test]
    fn discounts_follow_the_counts_of_counts() {
        // 8 seen once, 4 twice, 2 three times, 1 four times: y = 8 / (8 + 2 * 4) = 0.5.
        let counts = [vec![1; 8], vec![2; 4], vec![3; 2], vec![4; 1], vec![9; 3]].concat();
        let found = discounts(counts.into_iter());
        for (found, expected) in found.iter().zip([0.5, 1.25, 2.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        }
        for few in [vec![], vec![1; 5], vec![1, 2, 3, 3, 3, 3], vec![7; 3]] {
            assert_eq!(discounts(few.into_iter()), FIXED);
        }
    }

    #[test]
    fn a_token_seen_in_one_company_only_is_unlikely_in_another() {
        // 2 was seen six times, always after 1; 4 only three times, after 0, 3 and 5.
        let often: &[u32] = &[1, 2];
        let model = model(&[
            often,
            often,
            often,
            often,
            often,
            often,
            &[0, 4],
            &[3, 4],
            &[5, 4],
        ]);
        assert!(prob(&model, &[7], 4) > prob(&model, &[7], 2));
        assert!(prob(&model, &[1], 2) > 0.5);
    }

    proptest! {
        #[test]
        fn probabilities_after_any_words_sum_to_one(
            sentences in prop::collection::vec(prop::collection::vec(0_u32..9, 0..12), 1..30),
            fragments in prop::collection::vec(prop::collection::vec(0_u32..9, 0..5), 0..6),
            before in prop::collection::vec(0_u32..9, 0..6),
            most in prop::sample::select(vec![0_usize, 40, 90, usize::MAX]),
        ) {
            let mut corpus = Corpus::new(VOCABULARY);
            sentences.iter().for_each(|sentence| corpus.add_sentence(sentence));
            fragments.iter().for_each(|fragment| corpus.add_fragment(fragment));
            let model = estimate(&corpus, most);
            let sum: f32 = (0..VOCABULARY).map(|token| prob(&model, &before, token)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-4, "{}", sum);
        }

        #[test]
        fn a_limit_leaves_out_the_rarest_and_nothing_short(
            sentences in prop::collection::vec(prop::collection::vec(0_u32..9, 1..12), 1..30),
        ) {
            let mut corpus = Corpus::new(VOCABULARY);
            sentences.iter().for_each(|sentence| corpus.add_sentence(sentence));
            let (all, few) = (estimate(&corpus, usize::MAX), estimate(&corpus, 0));
            prop_assert!(few.len() <= all.len());
            prop_assert_eq!(&few.levels[0].tokens, &all.levels[0].tokens);
            prop_assert_eq!(&few.levels[1].tokens, &all.levels[1].tokens);
        }
    }
}
