//! Speech and phrases in the one form in which they are compared.
//!
//! Numbers are told digit by digit however they are written, and words that say nothing are left
//! out.

use std::mem;
use std::ops::Range;

use frostem::{Algorithm, Stemmer};

use crate::lexicon::Lexicon;
use crate::numbers::NumberWords;
use crate::numerals::{ReadAs, figure};
use crate::tokens::{Gap, Token};

/// One token of speech.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spoken {
    /// What was said, and where in the words joined together. A word with several digits comes with
    /// each of them.
    pub token: Token,
    /// What it is compared as.
    pub form: Form,
    /// The words it was made of, by their places.
    pub words: Range<usize>,
}

/// What a token is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Form {
    /// A word in letters, by its English stem.
    Word {
        /// Without its ending.
        stem: String,
    },
    /// A Chinese character.
    Han(char),
    /// `0` to `9`, however it was written.
    Digit(char),
}

impl Spoken {
    /// Whether a clause ends before it.
    pub fn opens(&self) -> bool {
        self.token.opens()
    }
}

impl AsRef<Token> for Spoken {
    fn as_ref(&self) -> &Token {
        &self.token
    }
}

/// The tokens of a text that comes word by word, each with the space before it where there is one.
pub fn spoken<'a>(words: impl IntoIterator<Item = &'a str>, lexicon: &Lexicon) -> Vec<Spoken> {
    let mut text = String::new();
    let mut starts = Vec::new();
    for word in words {
        starts.push(text.len());
        text.push_str(word);
    }
    let mut reader = Reader {
        lexicon,
        numbers: lexicon.numbers.all(),
        stemmer: Stemmer::new(Algorithm::English),
        tokens: Vec::new(),
        gap: Gap::Break,
        after_tens: false,
    };
    let tokens = lexicon.tokenise(&text);
    for (at, token) in tokens.iter().enumerate() {
        let word_at = |byte: usize| starts.partition_point(|start| *start <= byte) - 1;
        let words = word_at(token.span.start)..word_at(token.span.end - 1) + 1;
        let next = tokens.get(at + 1).map_or("", |next| next.text.as_str());
        if !reader.links(&token.text, next) {
            reader.read(token, &words);
        }
    }
    reader.tokens
}

struct Reader<'a> {
    lexicon: &'a Lexicon,
    numbers: &'a NumberWords,
    stemmer: Stemmer,
    tokens: Vec<Spoken>,
    /// What stands before the next token, that which was left out included.
    gap: Gap,
    /// Whether the last token is the `0` of "twenty", which gives way to the "one" of "twenty one".
    after_tens: bool,
}

impl Reader<'_> {
    /// Whether a word only holds a ten and the one behind it together: "treinta y uno".
    fn links(&self, word: &str, next: &str) -> bool {
        self.after_tens && self.numbers.lists.after_tens.have(word) && self.numbers.is_one(next)
    }

    fn read(&mut self, token: &Token, words: &Range<usize>) {
        if token.opens() || self.gap == Gap::None {
            self.gap = token.gap;
        }
        let text = token.text.as_str();
        if let Some(c) = text.chars().next().filter(|_| token.is_han()) {
            return self.han(c, token, words);
        }
        if let Some(word) = self.lexicon.numbers.ordinal_as_word(text) {
            return self.word(word, token, words);
        }
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let digits = &text[..text.len() - rest.len()];
        if !digits.is_empty() {
            self.digits(digits, token, words);
        }
        match self.numbers.value(rest) {
            Some(value @ 0..100) => self.number(&value.to_string(), token, words),
            _ if rest.chars().any(char::is_alphanumeric) => self.word(rest, token, words),
            _ => {}
        }
    }

    fn word(&mut self, word: &str, token: &Token, words: &Range<usize>) {
        if self.lexicon.speech.silent.have(word) {
            if self.lexicon.speech.opening.have(word) {
                self.gap = Gap::Break;
            }
            return;
        }
        // Said twice in a row is a slip of the tongue, or of the recogniser.
        if let Some(last) = self.tokens.last_mut()
            && !self.gap.ends_clause()
            && matches!(last.form, Form::Word { .. })
            && last.token.text == word
        {
            last.words.end = words.end;
            last.token.span.end = token.span.end;
            return;
        }
        let form = Form::Word {
            stem: self.stemmer.stem(word).into_owned(),
        };
        self.push(word, form, token, words);
    }

    fn han(&mut self, c: char, token: &Token, words: &Range<usize>) {
        match figure(c, ReadAs::Either) {
            Some(digit) => self.push(&token.text, Form::Digit(digit), token, words),
            None if self.lexicon.speech.silent.have(&token.text) => {
                if self.lexicon.speech.closing.have(&token.text) && self.gap == Gap::None {
                    self.gap = Gap::Space;
                }
            }
            None => self.push(&token.text, Form::Han(c), token, words),
        }
    }

    /// Takes a number word.
    fn number(&mut self, digits: &str, token: &Token, words: &Range<usize>) {
        if self.after_tens && digits.len() == 1 && digits != "0" {
            let zero = self.tokens.pop().expect("a ten ends with its zero");
            self.digits(digits, token, &(zero.words.start..words.end));
        } else {
            self.digits(digits, token, words);
            self.after_tens = digits.len() == 2 && digits.ends_with('0') && digits != "10";
        }
    }

    fn digits(&mut self, digits: &str, token: &Token, words: &Range<usize>) {
        // Telephone numbers: "five oh one".
        if let [.., before, oh] = &mut self.tokens[..]
            && matches!(before.form, Form::Digit(_))
            && matches!(oh.form, Form::Word { .. })
            && let Some(told) = self.numbers.told_digit(&oh.token.text)
        {
            oh.form = Form::Digit(told);
        }
        for digit in digits.chars().filter(char::is_ascii_digit) {
            self.push(&token.text, Form::Digit(digit), token, words);
        }
    }

    fn push(&mut self, text: &str, form: Form, token: &Token, words: &Range<usize>) {
        self.after_tens = false;
        let token = Token {
            text: text.to_owned(),
            span: token.span.clone(),
            gap: mem::replace(&mut self.gap, Gap::None),
        };
        let words = words.clone();
        self.tokens.push(Spoken { token, form, words });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<Spoken> {
        spoken(words, &Lexicon::built_in())
    }

    fn shown(text: &str) -> String {
        let shown = said([text]).into_iter().map(|said| match said.form {
            Form::Word { .. } => said.token.text,
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
            ("both scripts", "投訴", "投 诉"),
            ("a word with a hyphen", "an e-mail", "email"),
            ("two ways to agree", "okay", "ok"),
        ] {
            assert_eq!(shown(text), expected, "{case}");
        }
    }

    #[test]
    fn a_clause_opens_after_punctuation_only() {
        let opens: Vec<bool> = said(["No, um, call my", " lawyer. 49.99"])
            .iter()
            .map(|token| token.opens())
            .collect();
        let digits = [true, false, false, false];
        assert_eq!(opens[..4], [true, true, false, false]);
        assert_eq!(opens[4..], digits);
    }

    #[test]
    fn ordinals_are_words() {
        let lexicon = Lexicon::built_in();
        let word = |written| lexicon.numbers.ordinal_as_word(written);
        assert_eq!(word("3rd"), Some("third"));
        assert_eq!(word("10th"), Some("tenth"));
        for written in ["0th", "11th", "th", "third", "4g"] {
            assert_eq!(word(written), None, "{written}");
        }
    }

    #[test]
    fn a_space_between_chinese_characters_ends_a_clause() {
        let opens: Vec<bool> = said(["不用 投诉、举报"])
            .iter()
            .map(Spoken::opens)
            .collect();
        assert_eq!(opens, [true, false, true, false, false, false]);
    }

    #[test]
    fn a_token_knows_its_words() {
        let words = [" I", " want", " twenty", " one", " V", "IP", "卡"];
        let words: Vec<_> = said(words).into_iter().map(|token| token.words).collect();
        assert_eq!(words, [0..1, 1..2, 2..3, 2..4, 4..6, 6..7]);
    }

    proptest! {
        #[test]
        fn words_of_tokens_lie_in_the_text_and_in_order(words in prop::collection::vec(".{0,8}", 0..12)) {
            let mut last = 0;
            for token in said(words.iter().map(String::as_str)) {
                prop_assert!(token.words.start < token.words.end);
                prop_assert!(token.words.end <= words.len());
                prop_assert!(token.words.start >= last);
                last = token.words.start;
            }
        }
    }
}
