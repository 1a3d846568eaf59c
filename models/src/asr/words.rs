//! Tokens in, words with times and confidence out.

use std::ops::Range;
use std::time::Duration;

use sidetone_types::recognise::Word;

use super::confidence::calibrated;
use super::tokens::Tokens;
use super::window::POSITION_SAMPLES;

/// Samples of a second.
const SAMPLE_RATE: u64 = 16_000;

/// Opens what follows, and so belongs to the next word.
const OPENING: &str = "\"'“‘«¿¡([{-–—「『《〈（【";

/// What was decoded of one utterance.
#[derive(Clone, Copy, Debug)]
pub struct StableWords<'a> {
    /// Text tokens.
    pub text: &'a [u32],
    /// How far each is to be believed, as the logarithm of a probability.
    pub beliefs: &'a [f32],
    /// The position of 20 ms at which each begins, and that of the end.
    pub beginnings: &'a [usize],
    /// Whether the language is written without spaces.
    pub unspaced: bool,
    /// Length of the sound.
    pub length: Duration,
}

impl StableWords<'_> {
    /// The words, in order; bytes at the end that make no whole character are left out.
    pub fn words(&self, tokens: &Tokens) -> Vec<Word> {
        let pieces = whole_characters(self.text, tokens);
        let words = if self.unspaced {
            group(pieces, continues_unspaced)
        } else {
            group(pieces, continues_spaced)
        };
        words.into_iter().map(|piece| self.word(piece)).collect()
    }

    fn word(&self, piece: Piece) -> Word {
        let beliefs = &self.beliefs[piece.tokens.clone()];
        let mean = beliefs.iter().sum::<f32>() / beliefs.len().max(1) as f32;
        let start = self.time(piece.tokens.start);
        Word {
            text: piece.text,
            start,
            end: self.time(piece.tokens.end).max(start),
            confidence: calibrated(mean.exp()),
            tokens: self.text[piece.tokens].to_vec(),
        }
    }

    /// When token `at` begins.
    fn time(&self, at: usize) -> Duration {
        let samples = (self.beginnings[at] * POSITION_SAMPLES) as u64;
        Duration::from_micros(samples * 1_000_000 / SAMPLE_RATE).min(self.length)
    }
}

/// A stretch of text, and the tokens it is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Piece {
    text: String,
    tokens: Range<usize>,
}

impl Piece {
    /// Nothing but what belongs to the next word.
    fn is_opening(&self) -> bool {
        self.text
            .chars()
            .all(|c| c.is_whitespace() || OPENING.contains(c))
    }
}

/// Cuts tokens where characters are whole: one may end, and the next begin, in the middle of a
/// character.
fn whole_characters(text: &[u32], tokens: &Tokens) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut bytes, mut from) = (Vec::new(), 0);
    for (at, token) in text.iter().enumerate() {
        bytes.extend_from_slice(tokens.bytes(*token));
        // Bytes that can never make a character are shown as such; a character that is not complete
        // waits.
        let waits = std::str::from_utf8(&bytes).is_err_and(|error| error.error_len().is_none());
        if !waits {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            pieces.push(Piece {
                text,
                tokens: from..at + 1,
            });
            bytes.clear();
            from = at + 1;
        }
    }
    pieces
}

/// Joins pieces to words: each to the one before it that it `continues`, opening marks to the one
/// after.
fn group(pieces: Vec<Piece>, continues: fn(before: char, piece: &str) -> bool) -> Vec<Piece> {
    let mut words: Vec<Piece> = Vec::new();
    for piece in pieces {
        match words.last_mut() {
            Some(word)
                if word.is_opening()
                    || word
                        .text
                        .chars()
                        .next_back()
                        .is_some_and(|before| continues(before, &piece.text)) =>
            {
                word.text.push_str(&piece.text);
                word.tokens.end = piece.tokens.end;
            }
            _ => words.push(piece),
        }
    }
    // An opening mark that nothing follows.
    if words.len() > 1 && words.last().is_some_and(Piece::is_opening) {
        let mark = words.pop().expect("there is one");
        let word = words.last_mut().expect("there is another");
        word.text.push_str(mark.text.trim_end());
        word.tokens.end = mark.tokens.end;
    }
    words
}

fn continues_spaced(_: char, piece: &str) -> bool {
    !piece.starts_with(char::is_whitespace)
}

/// Punctuation stays with what it follows; so do Latin letters and digits with their like.
fn continues_unspaced(before: char, piece: &str) -> bool {
    let Some(first) = piece.chars().next() else {
        return true;
    };
    let mark = !first.is_alphanumeric() && !first.is_whitespace() && !OPENING.contains(first);
    mark || (before.is_ascii_alphanumeric() && first.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::asr::tokens::tests::small;

    fn split(text: &str, unspaced: bool) -> Vec<Word> {
        let tokens = small();
        let ids = tokens.encode(text);
        said(&tokens, &ids, unspaced)
    }

    /// Ten positions for each token, each as likely as the one before it is not.
    fn said(tokens: &Tokens, text: &[u32], unspaced: bool) -> Vec<Word> {
        let beginnings: Vec<usize> = (0..=text.len()).map(|at| at * 10).collect();
        let beliefs = vec![0.5_f32.ln(); text.len()];
        let length = Duration::from_millis(1990);
        StableWords {
            text,
            beliefs: &beliefs,
            beginnings: &beginnings,
            unspaced,
            length,
        }
        .words(tokens)
    }

    #[test]
    fn text_is_cut_where_its_language_cuts_it() {
        for (text, unspaced, expected) in [
            (" hi there, you", false, vec![" hi", " there,", " you"]),
            (
                " a well-known \"word\".",
                false,
                vec![" a", " well-known", " \"word\"."],
            ),
            (" (hi) - a", false, vec![" (hi)", " - a"]),
            (" hi -", false, vec![" hi -"]),
            (
                "您好，我叫Bob。",
                true,
                vec!["您", "好，", "我", "叫", "Bob。"],
            ),
            ("（一）二", true, vec!["（一）", "二"]),
            ("我有 iPhone 吗", true, vec!["我", "有", " iPhone", " 吗"]),
            ("", true, vec![]),
        ] {
            let got = split(text, unspaced);
            assert_eq!(
                got.iter()
                    .map(|word| word.text.as_str())
                    .collect::<Vec<_>>(),
                expected
            );
        }
    }

    #[test]
    fn words_have_the_times_of_their_tokens_within_the_sound() {
        let words = split(" hi a bc", false);
        let times: Vec<_> = words
            .iter()
            .map(|word| (word.start.as_millis(), word.end.as_millis()))
            .collect();
        assert_eq!(times, [(0, 200), (200, 400), (400, 1000)]);
        let words = split(" hi abcdefghijklm", false);
        assert_eq!(words[1].end.as_millis(), 1990);
        assert!((words[1].confidence - calibrated(0.5)).abs() < 1e-6);
    }

    #[test]
    fn half_a_character_at_the_end_is_left_out() {
        let tokens = small();
        let ids = tokens.encode("好好");
        let words = said(&tokens, &ids[..5], true);
        assert_eq!(
            words
                .iter()
                .map(|word| word.text.as_str())
                .collect::<String>(),
            "好"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_turned_round(text in "[ a-c,.(\"-好，。é]{0,30}", unspaced: bool) {
            let tokens = small();
            let ids = tokens.encode(&text);
            let words = said(&tokens, &ids, unspaced);
            let joined: String = words.iter().map(|word| word.text.as_str()).collect();
            prop_assert_eq!(joined.trim_end(), text.trim_end());
            prop_assert_eq!(words.iter().flat_map(|word| word.tokens.clone()).collect::<Vec<_>>(), ids);
            prop_assert!(words.iter().all(|word| word.start <= word.end));
            prop_assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
