//! Text cut into words by its characters alone.
//!
//! A word is a run of letters and digits, apostrophes inside included: "router's" is one. Each Han
//! character is a word of its own. By hand and not by a regular expression: that took ten times as long.

use std::ops::Range;
use std::vec;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use sidetone_language::fold::{Folded, is_han};

/// The words of a text with the bytes where they stand.
pub(crate) fn cut(text: &str) -> Vec<Range<usize>> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let is_one_word = |a: char, b: char| {
        let letter = |c: char| c.is_alphanumeric() && !is_han(c);
        let inside = |c: char| letter(c) || c == '\'';
        (letter(a) && inside(b)) || (inside(a) && letter(b))
    };
    let mut words = Vec::new();
    for run in chars.chunk_by(|a, b| is_one_word(a.1, b.1)) {
        let letters = |c: &&(usize, char)| c.1.is_alphanumeric();
        if let (Some(first), Some(last)) = (run.iter().find(letters), run.iter().rfind(letters)) {
            words.push(first.0..last.0 + last.1.len_utf8());
        }
    }
    words
}

/// Cuts a text that was folded already, and leaves out Han characters.
#[derive(Clone)]
pub(crate) struct Latin;

/// Folds a text to simplified and narrow characters, and keeps all words.
#[derive(Clone)]
pub(crate) struct Written;

impl Tokenizer for Latin {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        let words = cut(text)
            .into_iter()
            .map(|range| (text[range.clone()].to_owned(), range));
        Words::new(words.filter(|(word, _)| !word.starts_with(is_han)))
    }
}

impl Tokenizer for Written {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        let folded = Folded::written(text);
        let words = cut(&folded.text).into_iter();
        Words::new(words.map(|range| {
            (
                folded.text[range.clone()].to_owned(),
                folded.original(range),
            )
        }))
    }
}

/// What both give.
pub(crate) struct Words {
    words: vec::IntoIter<(String, Range<usize>)>,
    token: Token,
}

impl Words {
    fn new(words: impl Iterator<Item = (String, Range<usize>)>) -> Self {
        Self {
            words: words.collect::<Vec<_>>().into_iter(),
            token: Token::default(), // its position is one before the first
        }
    }
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        let Some((text, range)) = self.words.next() else {
            return false;
        };
        self.token = Token {
            offset_from: range.start,
            offset_to: range.end,
            position: self.token.position.wrapping_add(1),
            position_length: 1,
            text,
        };
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
