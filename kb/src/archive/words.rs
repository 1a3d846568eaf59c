//! How text becomes words that can be found again, alone and in phrases.
//!
//! Each Han character is a word, in simplified writing: then "退款" is found in any sentence that has
//! these two characters in a row, however a dictionary would cut it. Other words are runs of
//! letters and digits, in lower case, by their stems.

use tantivy::tokenizer::{Language, LowerCaser, RemoveLongFilter, Stemmer, TextAnalyzer};

use crate::cut::Written;

/// Longer "words", in bytes, are noise.
const LONGEST_WORD: usize = 64;

/// Turns a line, or a phrase that is looked for, into words.
pub(super) fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Written)
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// The words of a text, each with the bytes where it stands.
pub(super) fn words(text: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let mut words = Vec::new();
    analyzer().token_stream(text).process(&mut |token| {
        words.push((token.text.clone(), token.offset_from..token.offset_to));
    });
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mandarin_is_cut_by_character_and_the_rest_by_word() {
        for (text, expected) in [
            ("我要退款。", "我 要 退 款"),
            ("話費 WiFi坏了", "话 费 wifi 坏 了"),
            ("I wasn't charged 49.90!", "i wasn't charg 49 90"),
            ("'quoted' -- ' words", "quot word"),
            ("５Ｇ", "5g"),
        ] {
            let words: Vec<String> = words(text).into_iter().map(|(word, _)| word).collect();
            assert_eq!(words.join(" "), expected);
        }
    }

    proptest! {
        #[test]
        fn words_stand_where_they_say_and_in_order(text in "\\PC{0,80}") {
            let words = words(&text);
            prop_assert!(words.iter().all(|(_, range)| text.get(range.clone()).is_some()));
            prop_assert!(words.is_sorted_by_key(|(_, range)| range.start));
        }
    }
}
