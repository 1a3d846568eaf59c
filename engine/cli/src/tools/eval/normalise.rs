//! Texts brought to one form, so that only what was heard is scored and not how it is written.

use sidetone_types::lang::Lang;

use super::{chinese, english};

/// The words of a text in `lang`; its characters where words are written without spaces.
pub fn normalise(text: &str, lang: Lang) -> Vec<String> {
    match lang {
        Lang::EN => english::words(text),
        Lang::ZH => chinese::characters(text),
        lang if lang.is_unspaced() => letters(text).map(String::from).collect(),
        _ => spaced(text),
    }
}

/// What is done to texts in `lang` before they are compared, in one line.
pub fn described(lang: Lang) -> &'static str {
    match lang {
        Lang::EN => english::DESCRIBED,
        Lang::ZH => chinese::DESCRIBED,
        lang if lang.is_unspaced() => {
            "characters: lower case; punctuation, spaces and [..] (..) <..> off"
        }
        _ => "words: lower case; punctuation and [..] (..) <..> off; numbers as they are written",
    }
}

fn spaced(text: &str) -> Vec<String> {
    let lower = without_brackets(text).to_lowercase();
    let words = lower.split_whitespace();
    let words = words.map(|word| {
        word.chars()
            .filter(|c| c.is_alphanumeric())
            .collect::<String>()
    });
    words.filter(|word| !word.is_empty()).collect()
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    let lower = without_brackets(text).to_lowercase();
    lower
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Takes out what stands in brackets: remarks such as `[laughs]`, not words. A bracket that is
/// never closed hides nothing.
pub fn without_brackets(text: &str) -> String {
    const PAIRS: [(char, char); 5] = [
        ('[', ']'),
        ('(', ')'),
        ('<', '>'),
        ('（', '）'),
        ('【', '】'),
    ];
    let mut kept = String::new();
    let mut rest = text;
    while let Some(open) = rest.find(|c| PAIRS.iter().any(|pair| pair.0 == c)) {
        let (before, bracket) = rest.split_at(open);
        kept.push_str(before);
        let opener = bracket.chars().next().unwrap_or_default();
        let inner = &bracket[opener.len_utf8()..];
        let closer = PAIRS
            .iter()
            .find(|pair| pair.0 == opener)
            .map(|pair| pair.1);
        kept.push(' ');
        rest = match closer.and_then(|closer| inner.split_once(closer)) {
            Some((_, after)) => after,
            None => inner,
        };
    }
    kept + rest
}

/// Finds what a recogniser that is stuck writes: the same over and over.
///
/// A turn of four words or more that comes three times in a row, or shorter turns in a row that
/// fill twelve words: people do say "no no no".
pub fn loops(words: &[String]) -> bool {
    (1..=words.len() / 2).any(|period| {
        let filled = if period < 4 { 12 } else { 3 * period };
        let mut same = 0;
        words.iter().zip(words.iter().skip(period)).any(|(a, b)| {
            same = if a == b { same + 1 } else { 0 };
            same + period >= filled
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_in_brackets_are_no_words() {
        for (text, kept) in [
            ("[laughs] hello", "hello"),
            ("a (b) c <d> e", "a c e"),
            ("（音乐）你好【笑】", "你好"),
            ("half [open", "half open"),
            ("closed] only", "closed] only"),
            ("[a] [b]", ""),
            ("", ""),
        ] {
            let words: Vec<String> = without_brackets(text)
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            assert_eq!(words.join(" "), kept, "{text}");
        }
    }

    #[test]
    fn each_language_has_its_unit() {
        let lang = |tag: &str| {
            tag.parse::<sidetone_types::lang::LanguageTag>()
                .expect(tag)
                .lang
        };
        for (tag, text, expected) in [
            ("de", "Der Lappen liegt!", vec!["der", "lappen", "liegt"]),
            ("fr", "L'été, déjà?", vec!["lété", "déjà"]),
            (
                "ja",
                "こんにちは。A",
                vec!["こ", "ん", "に", "ち", "は", "a"],
            ),
            ("zh", "你好。", vec!["你", "好"]),
            ("en", "Hi, there.", vec!["hi", "there"]),
        ] {
            assert_eq!(normalise(text, lang(tag)), expected, "{tag}");
        }
    }

    #[test]
    fn a_stuck_recogniser_is_noticed_and_an_emphatic_speaker_is_not() {
        let turns = |turn: &str, times: usize| vec![turn; times].join(" ");
        for (case, text, stuck) in [
            ("nothing", String::new(), false),
            ("one word eleven times", turns("no", 11), false),
            ("one word twelve times", turns("no", 12), true),
            ("a phrase three times", turns("i see", 3), false),
            ("a phrase six times", turns("i see", 6), true),
            ("a sentence twice", turns("please hold the line", 2), false),
            (
                "a sentence three times",
                turns("please hold the line", 3),
                true,
            ),
            (
                "in the middle",
                format!("well {} then", turns("please hold the line", 3)),
                true,
            ),
            (
                "plain speech",
                "the refund takes three to five business days".to_owned(),
                false,
            ),
        ] {
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            assert_eq!(loops(&words), stuck, "{case}");
        }
    }
}
