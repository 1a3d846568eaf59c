//! Text → tokens: the one form in which rules and speech are compared.
//!
//! A token is an English word (lower case, with its stem), a Chinese character or a digit. Numbers are
//! told digit by digit however they are written, contractions are spelled out, and words that say
//! nothing are left out; `spelling` has the tables.

use std::iter::Peekable;
use std::mem;
use std::ops::Range;

use frostem::{Algorithm, Stemmer};

mod spelling;

use crate::numerals::{ReadAs, figure};
use spelling::{is_silent_han, is_silent_word, number, ordinal, spell_out};

/// One token of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// What it is.
    pub form: Form,
    /// The words of the text it was made of, by their places.
    pub words: Range<usize>,
    /// Whether punctuation stands before it that ends a clause.
    pub opens: bool,
}

/// What a token is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Form {
    /// A word in letters, lower case, and its English stem.
    Word {
        /// As it was written.
        raw: String,
        /// Without its ending.
        stem: String,
    },
    /// A Chinese character.
    Han(char),
    /// `0` to `9`, however it was written.
    Digit(char),
}

/// The tokens of a text that comes word by word, each with the space before it where there is one.
pub fn tokens<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<Token> {
    let chars = words
        .into_iter()
        .enumerate()
        .flat_map(|(word, text)| text.chars().map(move |c| (word, narrow(c))));
    let mut reader = Reader {
        stemmer: Stemmer::new(Algorithm::English),
        tokens: Vec::new(),
        opens: true,
        after_tens: false,
    };
    reader.read(chars.peekable());
    reader.tokens
}

struct Reader {
    stemmer: Stemmer,
    tokens: Vec<Token>,
    /// Whether the next token opens a clause.
    opens: bool,
    /// Whether the last token is the `0` of "twenty", which gives way to the "one" of "twenty one".
    after_tens: bool,
}

impl Reader {
    fn read(&mut self, mut chars: Peekable<impl Iterator<Item = (usize, char)>>) {
        let mut run = String::new();
        let mut words = 0..0;
        while let Some((word, c)) = chars.next() {
            let goes_on = c == '\'' && !run.is_empty();
            if !is_han(c) && (c.is_alphanumeric() || goes_on) {
                if run.is_empty() {
                    words.start = word;
                }
                words.end = word + 1;
                run.extend(c.to_lowercase());
                continue;
            }
            let in_number = matches!(c, '.' | ',')
                && run.ends_with(|c: char| c.is_ascii_digit())
                && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
            if in_number {
                continue;
            }
            self.run(&mem::take(&mut run), &words);
            if is_han(c) {
                self.han(c, word..word + 1);
            } else if ends_clause(c) {
                self.opens = true;
            }
        }
        self.run(&run, &words);
    }

    /// Takes letters and digits that stand together.
    fn run(&mut self, run: &str, words: &Range<usize>) {
        if let Some(word) = ordinal(run) {
            return self.word(word, words);
        }
        let run = run.trim_end_matches('\'');
        let rest = run.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &run[..run.len() - rest.len()];
        if !digits.is_empty() {
            self.digits(digits, words);
        }
        if rest.is_empty() {
            return;
        }
        for part in spell_out(rest) {
            match number(part) {
                Some(digits) => self.number(&digits, words),
                None => self.word(part, words),
            }
        }
    }

    fn word(&mut self, word: &str, words: &Range<usize>) {
        if is_silent_word(word) {
            return;
        }
        // Said twice in a row is a slip of the tongue, or of the recogniser.
        if let Some(Token {
            form,
            words: before,
            ..
        }) = self.tokens.last_mut()
            && !self.opens
            && matches!(form, Form::Word { raw, .. } if raw == word)
        {
            before.end = words.end;
            return;
        }
        let form = Form::Word {
            raw: word.to_owned(),
            stem: self.stemmer.stem(word).into_owned(),
        };
        self.push(form, words.clone());
    }

    fn han(&mut self, c: char, words: Range<usize>) {
        match figure(c, ReadAs::Either) {
            Some(digit) => self.push(Form::Digit(digit), words),
            None if is_silent_han(c) => {}
            None => self.push(Form::Han(c), words),
        }
    }

    /// Takes a number word.
    fn number(&mut self, digits: &str, words: &Range<usize>) {
        if self.after_tens && digits.len() == 1 && digits != "0" {
            let zero = self.tokens.pop().expect("a ten ends with its zero");
            self.digits(digits, &(zero.words.start..words.end));
        } else {
            self.digits(digits, words);
            self.after_tens = digits.len() == 2 && digits.ends_with('0') && digits != "10";
        }
    }

    fn digits(&mut self, digits: &str, words: &Range<usize>) {
        // Telephone numbers: "five oh one".
        if let [.., before, oh] = &mut self.tokens[..]
            && matches!(before.form, Form::Digit(_))
            && matches!(&oh.form, Form::Word { raw, .. } if raw == "oh" || raw == "o")
        {
            oh.form = Form::Digit('0');
        }
        for digit in digits.chars() {
            self.push(Form::Digit(digit), words.clone());
        }
    }

    fn push(&mut self, form: Form, words: Range<usize>) {
        self.after_tens = false;
        self.tokens.push(Token {
            form,
            words,
            opens: mem::take(&mut self.opens),
        });
    }
}

/// Full-width letters, digits and signs as ASCII, and the typographer's apostrophe as the typist's.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2019}' => '\'',
        _ => c,
    }
}

/// Whether it is a Chinese character (Unicode's unified ideographs, and 〇).
pub const fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

const fn ends_clause(c: char) -> bool {
    matches!(c, '.' | ',' | '?' | '!' | ';' | ':' | '。' | '…' | '—')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let shown = tokens([text]).into_iter().map(|token| match token.form {
            Form::Word { raw, .. } => raw,
            Form::Han(c) | Form::Digit(c) => c.to_string(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ways_to_write_the_same_come_to_the_same() {
        for (case, text, expected) in [
            (
                "case and punctuation",
                "Cancel, my CONTRACT!",
                "cancel my contract",
            ),
            ("a contraction", "I’ll sue. Don't!", "i will sue do not"),
            ("a slip", "I want to to go", "i want to go"),
            ("what says nothing", "um, the manager, please", "manager"),
            ("digits", "call 12315", "call 1 2 3 1 5"),
            ("digit by digit", "one two three one five", "1 2 3 1 5"),
            ("in pairs", "twelve three fifteen", "1 2 3 1 5"),
            ("a ten and a one", "twenty one, thirty days", "2 1 3 0 days"),
            ("oh for nought", "four one five oh one", "4 1 5 0 1"),
            ("an ordinal", "the 3rd time", "third time"),
            ("money", "$1,049.99", "1 0 4 9 9 9"),
            ("letters after digits", "4G router", "4 g router"),
            ("Chinese digits", "一二三幺五", "1 2 3 1 5"),
            ("Chinese", "打了三次电话了", "打 3 次 电 话"),
            ("full width", "１２３１５ＡＢ", "1 2 3 1 5 ab"),
            ("both languages", "我的VIP卡", "我 vip 卡"),
            ("nothing", " ?!…", ""),
        ] {
            assert_eq!(shown(text), expected, "{case}");
        }
    }

    #[test]
    fn a_clause_opens_after_punctuation_only() {
        let opens: Vec<bool> = tokens(["No, um, call my", " lawyer. 49.99"])
            .iter()
            .map(|token| token.opens)
            .collect();
        let digits = [true, false, false, false];
        assert_eq!(opens[..4], [true, true, false, false]);
        assert_eq!(opens[4..], digits);
    }

    #[test]
    fn a_token_knows_its_words() {
        let said = [" I", " want", " twenty", " one", " V", "IP", "卡"];
        let words: Vec<_> = tokens(said).into_iter().map(|token| token.words).collect();
        assert_eq!(words, [0..1, 1..2, 2..3, 2..4, 4..6, 6..7]);
    }

    proptest! {
        #[test]
        fn words_of_tokens_lie_in_the_text_and_in_order(words in prop::collection::vec(".{0,8}", 0..12)) {
            let mut last = 0;
            for token in tokens(words.iter().map(String::as_str)) {
                prop_assert!(token.words.start < token.words.end);
                prop_assert!(token.words.end <= words.len());
                prop_assert!(token.words.start >= last);
                last = token.words.start;
            }
        }
    }
}
