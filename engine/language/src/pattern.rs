//! Patterns of words, which fit in spite of how a recogniser writes.

use std::ops::Range;

use crate::fold::is_han;
use crate::tokens::Token;

/// Tokens that `…` in a pattern may stand for, at most.
const GAP: usize = 6;

/// Where `pattern` ends if it fits from token `at` on.
///
/// A pattern is words as tokens have them (`call you back`, `回电`). `…` stands for up to [`GAP`] tokens
/// that do not matter, `*` for any ending of an English word.
pub fn fits<T: AsRef<Token>>(tokens: &[T], at: usize, pattern: &str) -> Option<usize> {
    let pattern = pattern.trim_start();
    if pattern.is_empty() {
        return Some(at);
    }
    if let Some(rest) = pattern.strip_prefix('…') {
        let last = (at + GAP).min(tokens.len());
        return (at..=last).find_map(|next| fits(tokens, next, rest));
    }
    let token = tokens.get(at)?.as_ref();
    if let Some(rest) = pattern.strip_prefix(token.text.as_str())
        && (token.is_han()
            || !rest.starts_with(|c: char| c == '*' || c.is_alphanumeric() && !is_han(c)))
    {
        return fits(tokens, at + 1, rest);
    }
    let end = pattern.find([' ', '…']).unwrap_or(pattern.len());
    let stem = pattern[..end].strip_suffix('*')?;
    token
        .text
        .starts_with(stem)
        .then(|| fits(tokens, at + 1, &pattern[end..]))?
}

/// The end of the longest of `patterns` that fits from token `at` on.
pub fn fits_any<T: AsRef<Token>>(tokens: &[T], at: usize, patterns: &[&str]) -> Option<usize> {
    patterns.iter().filter_map(|p| fits(tokens, at, p)).max()
}

/// The first place where one of `patterns` fits.
pub fn find<T: AsRef<Token>>(tokens: &[T], patterns: &[&str]) -> Option<Range<usize>> {
    (0..tokens.len()).find_map(|at| Some(at..fits_any(tokens, at, patterns)?))
}

/// Whether one of `patterns` fits somewhere.
pub fn has<T: AsRef<Token>>(tokens: &[T], patterns: &[&str]) -> bool {
    find(tokens, patterns).is_some()
}

/// How many of `patterns` fit somewhere.
pub fn count<T: AsRef<Token>>(tokens: &[T], patterns: &[&str]) -> usize {
    patterns.iter().filter(|p| has(tokens, &[p])).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenise;

    #[test]
    fn patterns_fit_words_gaps_and_endings() {
        for (text, pattern, expected) in [
            ("I will call you back", "call you back", true),
            ("I will recall you back", "call you back", false),
            ("they call younger people", "call you", false),
            ("send you our latest offer", "send … offer", true),
            (
                "send one two three four five six seven offer",
                "send … offer",
                false,
            ),
            ("she was overcharged", "overcharg*", true),
            ("she was charged", "overcharg*", false),
            ("我會給您回電話", "给您…电话", true),
            ("我会给您回电话", "回电", true),
            ("回到电", "回电", false),
        ] {
            assert_eq!(
                has(&tokenise(text), &[pattern]),
                expected,
                "{pattern} in {text}"
            );
        }
    }
}
