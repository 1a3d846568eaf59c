//! English words that are written in more than one way.

/// Contractions without a regular ending, those that recognisers write without an apostrophe, and forms
/// that are spoken as one word.
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
    ("lets", &["let", "us"]),
    ("okay", &["ok"]),
    ("shan't", &["shall", "not"]),
    ("wanna", &["want", "to"]),
    ("wasnt", &["was", "not"]),
    ("won't", &["will", "not"]),
    ("wont", &["will", "not"]),
    ("youll", &["you", "will"]),
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
            ("ain't", "is not"),
            ("lets", "let us"),
            ("okay", "ok"),
        ] {
            assert_eq!(spell_out(word).join(" "), expected, "{word}");
        }
    }
}
