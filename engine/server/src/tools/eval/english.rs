//! English texts as the words that are scored.

use super::normalise::without_brackets;

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
    digits(&plain)
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

/// What a word means within a number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// 0 to 9.
    Unit(u64),
    /// 10 to 19.
    Teen(u64),
    /// 20, 30 to 90.
    Ten(u64),
    Hundred,
    /// Thousand and above.
    Scale(u64),
    /// Digits, which a scale may follow.
    Digits(u64),
}

fn part(word: &str) -> Option<(Part, bool)> {
    const UNITS: [&str; 10] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    const UNIT_ORDINALS: [&str; 10] = [
        "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
        "ninth",
    ];
    const TEENS: [&str; 10] = [
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let place = |list: &[&str], word: &str| {
        list.iter()
            .position(|other| *other == word)
            .map(|i| i as u64)
    };
    let cardinal = |word: &str| {
        Some(match word {
            "hundred" => Part::Hundred,
            "thousand" => Part::Scale(1_000),
            "million" => Part::Scale(1_000_000),
            "billion" => Part::Scale(1_000_000_000),
            _ => place(&UNITS, word)
                .map(Part::Unit)
                .or_else(|| place(&TEENS, word).map(|n| Part::Teen(n + 10)))
                .or_else(|| place(&TENS, word).map(|n| Part::Ten((n + 2) * 10)))?,
        })
    };
    if let Some(part) = cardinal(word) {
        return Some((part, false));
    }
    if let Some(n) = place(&UNIT_ORDINALS, word) {
        return Some((Part::Unit(n), true));
    }
    match word {
        "twelfth" => return Some((Part::Teen(12), true)),
        _ if word.bytes().all(|b| b.is_ascii_digit()) && !word.starts_with('0') => {
            return word.parse().ok().map(|n| (Part::Digits(n), false));
        }
        _ => {}
    }
    let stem = word.strip_suffix("ieth").map(|stem| format!("{stem}y"));
    let stem = stem.or_else(|| word.strip_suffix("th").map(str::to_owned))?;
    cardinal(&stem).map(|part| (part, true))
}

/// A number that is being read.
#[derive(Default)]
struct Number {
    /// What the scales have counted.
    total: u64,
    /// What the next scale counts.
    current: u64,
    last: Option<Part>,
}

impl Number {
    /// Takes the next part, if it can follow.
    fn push(&mut self, part: Part) -> bool {
        use Part::{Digits, Hundred, Scale, Teen, Ten, Unit};
        let current = match (self.last, part) {
            (None, Unit(n) | Teen(n) | Ten(n) | Digits(n)) => Some(n),
            (None, Hundred) => Some(100),
            (Some(Ten(_)), Unit(n @ 1..))
            | (Some(Hundred | Scale(_)), Unit(n @ 1..) | Teen(n) | Ten(n)) => {
                self.current.checked_add(n)
            }
            (Some(Unit(_) | Teen(_) | Ten(_) | Digits(_)), Hundred)
                if (1..100).contains(&self.current) =>
            {
                self.current.checked_mul(100)
            }
            _ => None,
        };
        if let (Scale(scale), Some(_)) = (part, self.last) {
            // The scales of one number fall: two million three thousand.
            let falls = self.total == 0 || self.total.is_multiple_of(scale.saturating_mul(1_000));
            let Some(total) = self
                .current
                .checked_mul(scale)
                .and_then(|n| self.total.checked_add(n))
            else {
                return false;
            };
            if !falls || self.current == 0 {
                return false;
            }
            (self.total, self.current) = (total, 0);
        } else if let (Scale(scale), None) = (part, self.last) {
            self.total = scale;
        } else if let Some(current) = current {
            self.current = current;
        } else {
            return false;
        }
        self.last = Some(part);
        true
    }

    /// Whether `and` may stand before the rest of it.
    fn takes_and(&self) -> bool {
        matches!(self.last, Some(Part::Hundred | Part::Scale(_)))
    }
}

/// Writes numbers as digits, and each digit as a word; the last one of an ordinal ends in `th`.
fn digits(words: &[String]) -> Vec<String> {
    let mut done = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let word = words[i].as_str();
        let begins = |at: usize| words.get(at).and_then(|word| part(word)).is_some();
        let numeric = |at: Option<usize>| {
            at.and_then(|at| words.get(at))
                .is_some_and(|w| part(w).is_some() || w.starts_with(|c: char| c.is_ascii_digit()))
        };
        if matches!(word, "oh" | "o") && numeric(i.checked_sub(1)) && numeric(Some(i + 1)) {
            done.push("0".to_owned());
            i += 1;
        } else if word == "a"
            && matches!(
                words.get(i + 1).map(String::as_str),
                Some("hundred" | "thousand" | "million")
            )
        {
            // As good as one: the number follows.
            i += 1;
        } else if let Some((digits, ending)) = ordinal_digits(word) {
            spell(digits, ending, &mut done);
            i += 1;
        } else if word.bytes().all(|b| b.is_ascii_digit()) && !begins(i) {
            spell(word, false, &mut done);
            i += 1;
        } else if begins(i) && word != "second" {
            let (read, number, ordinal) = read_number(&words[i..]);
            spell(&number.to_string(), ordinal, &mut done);
            i += read;
        } else {
            done.push(word.to_owned());
            i += 1;
        }
    }
    done
}

/// The number that `words` begin with: how many words it takes, its value, whether it is an ordinal.
fn read_number(words: &[String]) -> (usize, u64, bool) {
    let mut number = Number::default();
    let mut read = 0;
    loop {
        let and = usize::from(
            read > 0 && number.takes_and() && words.get(read).is_some_and(|word| word == "and"),
        );
        let Some((part, ordinal)) = words.get(read + and).and_then(|word| part(word)) else {
            break;
        };
        // `hundred` cannot follow `and`: it would count what was before.
        if (and == 1 && matches!(part, Part::Hundred | Part::Scale(_))) || !number.push(part) {
            break;
        }
        read += and + 1;
        if ordinal {
            return (read, number.total + number.current, true);
        }
    }
    (read.max(1), number.total + number.current, false)
}

/// The digits of `3rd`. `2nd` alone is `second`, which is also a unit of time and stays a word.
fn ordinal_digits(word: &str) -> Option<(&str, bool)> {
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some((digits, true))
}

fn spell(digits: &str, ordinal: bool, to: &mut Vec<String>) {
    if digits == "2" && ordinal {
        to.push("second".to_owned());
        return;
    }
    to.extend(digits.chars().map(String::from));
    if let Some(last) = to.last_mut().filter(|_| ordinal) {
        last.push_str("th");
    }
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

    /// As it is spoken, in full.
    fn spoken(n: u64) -> String {
        const SMALL: [&str; 20] = [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ];
        const TENS: [&str; 8] = [
            "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
        ];
        let with = |head: String, rest: u64| {
            if rest == 0 {
                head
            } else {
                format!("{head} {}", spoken(rest))
            }
        };
        match n {
            0..20 => SMALL[n as usize].to_owned(),
            20..100 => with(TENS[n as usize / 10 - 2].to_owned(), n % 10),
            100..1_000 => with(format!("{} hundred", spoken(n / 100)), n % 100),
            1_000..1_000_000 => with(format!("{} thousand", spoken(n / 1_000)), n % 1_000),
            _ => with(format!("{} million", spoken(n / 1_000_000)), n % 1_000_000),
        }
    }

    proptest! {
        #[test]
        fn every_number_is_the_same_in_words_and_in_digits(n in 0_u64..1_000_000_000) {
            prop_assert_eq!(line(&spoken(n)), line(&n.to_string()));
        }

        #[test]
        fn any_text_becomes_plain_words(text in "(\\PC|[0-9a-z.,'$% ]){0,40}") {
            for word in words(&text) {
                prop_assert!(!word.is_empty());
                prop_assert!(word.chars().all(|c| c.is_alphanumeric() || c == '\''), "{:?}", word);
            }
        }
    }
}
