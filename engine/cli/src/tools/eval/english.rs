//! English texts as the words that are scored.

use super::normalise::without_brackets;
use super::numbers::spell_digits;

/// See [`words`].
pub const DESCRIBED: &str = "words: lower case; punctuation but apostrophes within words, and [..] (..) <..> off; \
     contractions written out; British spellings made American; numbers as digits, each a word \
     (forty nine = 49 = 4 9, third = 3rd = 3th)";

/// The words of an English text.
///
/// Numbers become digits, each a word of its own. So it does not matter how a number is read:
/// `four one five`, `four fifteen` and `415` are the same.
pub fn words(text: &str) -> Vec<String> {
    let lower = without_brackets(text)
        .to_lowercase()
        .replace(['’', '‘', '`'], "'");
    let plain: Vec<String> = tokens(&lower).into_iter().flat_map(written_out).collect();
    spell_digits(&plain)
}

/// Splits at everything that is not said, and writes out the signs that are.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    // A currency is said after its amount.
    let mut currency: Option<(&str, &str)> = None;
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let before = word.chars().last();
        let digit_before = before.is_some_and(|c| c.is_ascii_digit());
        let joined = match c {
            '\'' => before.is_some_and(char::is_alphanumeric) && at(i + 1).is_alphanumeric(),
            // Thousands; and initials: a.m., u.s.
            ',' => {
                digit_before
                    && (1..=3).all(|n| at(i + n).is_ascii_digit())
                    && !at(i + 4).is_ascii_digit()
            }
            '.' => {
                word.chars().count() == 1
                    && !digit_before
                    && at(i + 1).is_alphabetic()
                    && !at(i + 2).is_alphabetic()
            }
            _ => false,
        };
        if joined && c == '\'' {
            word.push(c);
        } else if joined && c == '.' {
            // The rest of the initials, to their last letter.
            while at(i) == '.' && at(i + 1).is_alphabetic() && !at(i + 2).is_alphabetic() {
                word.push(at(i + 1));
                i += 2;
            }
            i -= 1;
        } else if c.is_alphanumeric() {
            let changes = before.is_some_and(|b| b.is_ascii_digit() != c.is_ascii_digit());
            let ordinal = digit_before && is_ordinal_ending(&chars[i..]);
            if changes && !ordinal {
                flush(&mut word, &mut tokens);
            }
            word.push(c);
        } else if !joined {
            let point = c == '.' && digit_before && at(i + 1).is_ascii_digit();
            flush(&mut word, &mut tokens);
            if let Some((whole, part)) = currency.take_if(|_| digit_before) {
                tokens.push(whole.to_owned());
                if point {
                    tokens.push("and".to_owned());
                    currency = Some((part, part));
                }
            } else if point {
                tokens.push("point".to_owned());
            }
            match c {
                '%' => tokens.push("percent".to_owned()),
                '&' => tokens.push("and".to_owned()),
                '+' => tokens.push("plus".to_owned()),
                '@' => tokens.push("at".to_owned()),
                '#' => tokens.push("pound".to_owned()),
                '*' => tokens.push("star".to_owned()),
                '$' => currency = Some(("dollars", "cents")),
                '£' => currency = Some(("pounds", "pence")),
                '€' => currency = Some(("euros", "cents")),
                _ => {}
            }
        }
        i += 1;
    }
    let digits = word.ends_with(|c: char| c.is_ascii_digit());
    flush(&mut word, &mut tokens);
    tokens.extend(
        currency
            .filter(|_| digits)
            .map(|(whole, _)| whole.to_owned()),
    );
    tokens
}

fn flush(word: &mut String, tokens: &mut Vec<String>) {
    if !word.is_empty() {
        tokens.push(std::mem::take(word));
    }
}

/// Whether a number goes on as `st`, `nd`, `rd` or `th`, and no further.
fn is_ordinal_ending(rest: &[char]) -> bool {
    let ending: String = rest.iter().take_while(|c| c.is_alphanumeric()).collect();
    matches!(ending.as_str(), "st" | "nd" | "rd" | "th")
}

/// A word as it is spoken in full, in American spelling.
fn written_out(word: String) -> Vec<String> {
    const WORDS: [(&str, &str); 46] = [
        ("can't", "can not"),
        ("cannot", "can not"),
        ("won't", "will not"),
        ("shan't", "shall not"),
        ("let's", "let us"),
        ("it's", "it is"),
        ("that's", "that is"),
        ("there's", "there is"),
        ("here's", "here is"),
        ("what's", "what is"),
        ("who's", "who is"),
        ("where's", "where is"),
        ("how's", "how is"),
        ("he's", "he is"),
        ("she's", "she is"),
        ("gonna", "going to"),
        ("wanna", "want to"),
        ("gotta", "got to"),
        ("y'all", "you all"),
        ("o'clock", "oclock"),
        ("ok", "okay"),
        ("mister", "mr"),
        ("missus", "mrs"),
        ("doctor", "dr"),
        ("versus", "vs"),
        ("etcetera", "etc"),
        ("alright", "all right"),
        ("anymore", "any more"),
        ("colour", "color"),
        ("colours", "colors"),
        ("favour", "favor"),
        ("favourite", "favorite"),
        ("honour", "honor"),
        ("labour", "labor"),
        ("neighbour", "neighbor"),
        ("neighbours", "neighbors"),
        ("behaviour", "behavior"),
        ("centre", "center"),
        ("theatre", "theater"),
        ("grey", "gray"),
        ("cheque", "check"),
        ("cancelled", "canceled"),
        ("travelling", "traveling"),
        ("apologise", "apologize"),
        ("recognise", "recognize"),
        ("realise", "realize"),
    ];
    // `'s` and `'d` may mean several things and stay.
    const ENDINGS: [(&str, &str); 5] = [
        ("n't", "not"),
        ("'m", "am"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
    ];
    if let Some((_, full)) = WORDS.iter().find(|(short, _)| *short == word) {
        return full.split(' ').map(str::to_owned).collect();
    }
    let split = ENDINGS.iter().find_map(|(ending, full)| {
        let stem = word.strip_suffix(ending).filter(|stem| !stem.is_empty())?;
        Some(vec![stem.to_owned(), (*full).to_owned()])
    });
    split.unwrap_or_else(|| vec![word])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> String {
        words(text).join(" ")
    }

    #[test]
    fn two_ways_to_write_the_same_are_one() {
        for (one, other) in [
            ("Hello, World!", "hello world"),
            ("I can't -- I won't.", "i can not i will not"),
            ("I’m sure they’ve left", "i am sure they have left"),
            ("The customer's bill", "the customer's bill"),
            ("Mr. Hale", "mister hale"),
            ("9 a.m. in the U.S.", "nine am in the us"),
            ("OK, the colour is grey", "okay the color is gray"),
            ("[noise] twenty-five (laughs)", "25"),
            ("forty nine dollars", "$49"),
            ("$49.50", "forty nine dollars and fifty cents"),
            ("1,234", "one thousand two hundred and thirty four"),
            ("1984", "nineteen eighty four"),
            (
                "four one five, five five five, zero one one seven",
                "415-555-0117",
            ),
            ("one oh one", "101"),
            ("a hundred people", "100 people"),
            ("seventeen hundred", "1700"),
            ("3 million", "three million"),
            ("2,003,000", "two million three thousand"),
            ("the third of May", "the 3rd of may"),
            ("twenty first", "21st"),
            ("the twentieth", "the 20th"),
            ("two hundredth", "200th"),
            ("a second time", "a 2nd time"),
            ("three point five percent", "3.5%"),
            ("three thirty", "3:30"),
            ("press 1, then 2", "press one then two"),
            ("5pm", "five pm"),
            ("ten ten", "10 10"),
            ("five hundred and", "500 and"),
            ("fish & chips", "fish and chips"),
            ("Press # or *.", "press pound or star"),
        ] {
            assert_eq!(line(one), line(other), "{one}");
        }
    }

    #[test]
    fn what_differs_stays_apart() {
        for (one, other) in [
            ("thirty", "thirteen"),
            ("three", "third"),
            ("one hundred five", "one hundred fifty"),
            ("we're", "were"),
            ("its", "it's"),
        ] {
            assert_ne!(line(one), line(other), "{one} {other}");
        }
    }

    #[test]
    fn words_that_only_look_like_numbers_stay_words() {
        for text in [
            "oh no",
            "wait a second",
            "both of them",
            "hundreds of thousands",
            "the north",
        ] {
            assert_eq!(line(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_plain_words(text in "(\\PC|[0-9a-z.,'$% ]){0,40}") {
            for word in words(&text) {
                prop_assert!(!word.is_empty());
                prop_assert!(word.chars().all(|c| c.is_alphanumeric() || c == '\''), "{:?}", word);
            }
        }
    }
}
