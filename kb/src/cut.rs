//! The engine's one way to cut text, as Tantivy asks for it.
//!
//! A word is a run of letters and digits, apostrophes inside included: "router's" is one. Each Han
//! character is a word of its own.

use std::vec;

use sidetone_language::tokens::{self, Figures, cut};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The words of a text, in simplified and narrow characters and lower case.
#[derive(Clone)]
pub(crate) struct Written;

/// The same without Han characters.
#[derive(Clone)]
pub(crate) struct Latin;

impl Tokenizer for Written {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        Words::new(cut(text, Figures::Apart))
    }
}

impl Tokenizer for Latin {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        let mut words = cut(text, Figures::Apart);
        words.retain(|word| !word.is_han());
        Words::new(words)
    }
}

/// What both give.
pub(crate) struct Words {
    words: vec::IntoIter<tokens::Token>,
    token: Token,
}

impl Words {
    fn new(words: Vec<tokens::Token>) -> Self {
        Self {
            words: words.into_iter(),
            token: Token::default(), // its position is one before the first
        }
    }
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else {
            return false;
        };
        self.token = Token {
            offset_from: word.span.start,
            offset_to: word.span.end,
            position: self.token.position.wrapping_add(1),
            position_length: 1,
            text: word.text,
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
