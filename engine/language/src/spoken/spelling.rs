//! Words that are written in more than one way, and words that say nothing.

use crate::numerals::{ORDINALS, below_hundred};

/// Contractions without a regular ending, and forms that are spoken as one word.
const SPOKEN: &[(&str, &[&str])] = &[
    ("ain't", &["is", "not"]),
    ("can't", &["can", "not"]),
    ("cannot", &["can", "not"]),
    ("cant", &["can", "not"]),
    ("couldnt", &["could", "not"]),
    ("didnt", &["did", "not"]),
    ("doesnt", &["does", "not"]),
    ("dont", &["do", "not"]),
    ("gonna", &["going", "to"]),
    ("gotta", &["got", "to"]),
    ("havent", &["have", "not"]),
    ("im", &["i", "am"]),
    ("isnt", &["is", "not"]),
    ("ive", &["i", "have"]),
    ("lemme", &["let", "me"]),
    ("let's", &["let", "us"]),
    ("shan't", &["shall", "not"]),
    ("wanna", &["want", "to"]),
    ("wasnt", &["was", "not"]),
    ("won't", &["will", "not"]),
    ("wont", &["will", "not"]),
];

/// Endings of contractions.
const ENDINGS: &[(&str, &str)] = &[
    ("n't", "not"),
    ("'ll", "will"),
    ("'re", "are"),
    ("'ve", "have"),
    ("'m", "am"),
    ("'d", "would"),
];

/// After these `'s` stands for "is"; after anything else for "of".
const BEFORE_IS: &[&str] = &[
    "he", "here", "how", "it", "she", "that", "there", "this", "what", "where", "who",
];

/// Words that come and go without changing what is said: articles, hesitation, politeness. They are
/// also the ones that a recogniser adds and loses most.
const SILENT_WORDS: &[&str] = &[
    "a",
    "actually",
    "ah",
    "an",
    "er",
    "erm",
    "hmm",
    "just",
    "literally",
    "mm",
    "please",
    "really",
    "simply",
    "the",
    "uh",
    "uhm",
    "um",
    "very",
];

/// The same in Chinese: particles and hesitation.
const SILENT_HAN: &str = "的了吧啊呢嘛吗呀哦噢嗯呃唉哎诶啦哈嗎";

/// A lower-case word as the words it stands for: `I'll` → `i will`, `manager's` → `manager`.
pub(super) fn spell_out(word: &str) -> Vec<&str> {
    if let Some((_, parts)) = SPOKEN.iter().find(|(spoken, _)| *spoken == word) {
        return parts.to_vec();
    }
    if !word.contains('\'') {
        return vec![word];
    }
    for (ending, stands_for) in ENDINGS {
        if let Some(front) = word.strip_suffix(ending).filter(|front| !front.is_empty()) {
            return vec![front, stands_for];
        }
    }
    match word.strip_suffix("'s") {
        Some(front) if BEFORE_IS.contains(&front) => vec![front, "is"],
        Some(front) => vec![front],
        None => vec![word],
    }
}

/// The digits of a number word below a hundred: `fifteen` → `15`.
pub(super) fn number(word: &str) -> Option<String> {
    below_hundred(word).map(|value| value.to_string())
}

/// A written ordinal as a word: `3rd` → `third`.
pub(super) fn ordinal(word: &str) -> Option<&'static str> {
    let number = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))?;
    let place: usize = number.parse().ok()?;
    ORDINALS[..=10].get(place).copied().filter(|_| place > 0)
}

/// Whether a lower-case word says nothing.
pub(super) fn is_silent_word(word: &str) -> bool {
    SILENT_WORDS.contains(&word)
}

/// Whether a Chinese character says nothing.
pub(super) fn is_silent_han(c: char) -> bool {
    SILENT_HAN.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contractions_are_spelled_out() {
        for (word, expected) in [
            ("i'll", "i will"),
            ("don't", "do not"),
            ("won't", "will not"),
            ("they've", "they have"),
            ("it's", "it is"),
            ("manager's", "manager"),
            ("wanna", "want to"),
            ("lawyer", "lawyer"),
            ("n't", "n't"),
        ] {
            assert_eq!(spell_out(word).join(" "), expected, "{word}");
        }
    }

    #[test]
    fn ordinals_are_words() {
        assert_eq!(ordinal("3rd"), Some("third"));
        assert_eq!(ordinal("10th"), Some("tenth"));
        for word in ["0th", "11th", "th", "third", "4g"] {
            assert_eq!(ordinal(word), None, "{word}");
        }
    }
}
