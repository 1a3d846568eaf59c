//! Whisper's vocabulary: text as tokens, and the tokens that steer the decoder.

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;
use sidetone_types::lang::{Lang, LanguageTag};
use tokenizers::Tokenizer;

/// What a checkpoint says about decoding, beside its weights.
#[derive(Clone, Debug, Deserialize)]
pub struct Generation {
    /// Never printed: notes of sounds, brackets, speaker names.
    pub suppress_tokens: Vec<u32>,
    /// Never printed first.
    pub begin_suppress_tokens: Vec<u32>,
    /// Layer and head of the decoder's attentions that follow the sound.
    pub alignment_heads: Vec<(usize, usize)>,
    /// The token of each language, by its code.
    pub lang_to_id: HashMap<String, u32>,
}

/// The tokenizer lacks a token that Whisper cannot do without.
#[derive(Debug, thiserror::Error)]
#[error("the tokenizer has no token `{0}`")]
pub struct MissingToken(String);

/// The vocabulary of a multilingual Whisper.
#[derive(Debug)]
pub struct Tokens {
    tokenizer: Tokenizer,
    /// The bytes of each text token: one may hold a part of a character only.
    pieces: Vec<Box<[u8]>>,
    generation: Generation,
    /// The languages it knows, with their tokens.
    languages: Vec<(Lang, u32)>,
    /// Begins every prompt.
    pub start: u32,
    /// Ends every text. All text tokens are smaller, all other special tokens larger.
    pub end: u32,
    /// Asks for a transcript, not for a translation.
    pub transcribe: u32,
    /// Asks for text without time stamps.
    pub no_timestamps: u32,
    /// Begins what was said before a text, where the vocabulary has that.
    pub start_of_previous: Option<u32>,
    /// Likely in the place of a language when nobody speaks.
    pub no_speech: u32,
}

impl Tokens {
    /// Takes a byte-level BPE `tokenizer` with Whisper's special tokens.
    pub fn new(tokenizer: Tokenizer, generation: Generation) -> Result<Self, MissingToken> {
        let special = |names: &[&str]| {
            let found = names.iter().find_map(|name| tokenizer.token_to_id(name));
            found.ok_or_else(|| MissingToken(names[0].to_owned()))
        };
        let (start, end) = (
            special(&["<|startoftranscript|>"])?,
            special(&["<|endoftext|>"])?,
        );
        let transcribe = special(&["<|transcribe|>"])?;
        let no_timestamps = special(&["<|notimestamps|>"])?;
        let no_speech = special(&["<|nospeech|>", "<|nocaptions|>"])?;
        let start_of_previous = tokenizer.token_to_id("<|startofprev|>");
        let bytes = bytes_of_characters();
        let piece = |id| {
            let token = tokenizer.id_to_token(id).unwrap_or_default();
            token
                .chars()
                .filter_map(|c| bytes.get(&c).copied())
                .collect()
        };
        let pieces = (0..end).map(piece).collect();
        // Cantonese, which large-v3 tells apart, is no language of ours: its speakers may be heard as
        // Mandarin, and are not taken for somebody who speaks another language.
        let languages = generation.lang_to_id.iter().filter_map(|(code, token)| {
            let tag = code.parse::<LanguageTag>().ok()?;
            Some((tag.lang, *token))
        });
        Ok(Self {
            tokenizer,
            pieces,
            languages: languages.collect(),
            generation,
            start,
            end,
            transcribe,
            no_timestamps,
            start_of_previous,
            no_speech,
        })
    }

    /// How many tokens, from the first, the decoder needs scores of. Time stamps come later and are
    /// never wanted.
    pub fn scored(&self) -> usize {
        let special = [
            self.start,
            self.end,
            self.transcribe,
            self.no_timestamps,
            self.no_speech,
        ];
        special
            .into_iter()
            .chain(self.generation.lang_to_id.values().copied())
            .max()
            .unwrap_or(0) as usize
            + 1
    }

    /// The token of `lang`, if this network knows it.
    pub fn language(&self, lang: Lang) -> Option<u32> {
        self.generation.lang_to_id.get(lang.code()).copied()
    }

    /// The likeliest language but those of `allowed`, by the scores behind the start of a prompt,
    /// and the probability that none of `allowed` is spoken. Those that are alike share it.
    pub fn other_language(&self, logits: &[f32], allowed: &[Lang]) -> Option<(Lang, f32)> {
        let scores = || {
            self.languages
                .iter()
                .map(|(lang, token)| (*lang, logits[*token as usize]))
        };
        let others = scores().filter(|(lang, _)| !allowed.contains(lang));
        let (lang, _) = others.max_by(|a, b| a.1.total_cmp(&b.1))?;
        let top = scores()
            .map(|(_, score)| score)
            .fold(f32::NEG_INFINITY, f32::max);
        let (mut all, mut other) = (0.0, 0.0);
        for (lang, score) in scores() {
            let likelihood = (score - top).exp();
            all += likelihood;
            other += if allowed.contains(&lang) {
                0.0
            } else {
                likelihood
            };
        }
        Some((lang, other / all))
    }

    /// The bytes of a text token; none of any other.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.pieces.get(token as usize).map_or(&[], |piece| piece)
    }

    /// Whether `token` may stand in a text.
    pub fn is_text(&self, token: u32) -> bool {
        token < self.end
    }

    /// Whether all of `tokens` may.
    pub fn are_text(&self, tokens: &[u32]) -> bool {
        tokens.iter().all(|token| self.is_text(*token))
    }

    /// The bytes of text tokens, one after the other.
    pub fn spelled(&self, text: &[u32]) -> Vec<u8> {
        let bytes = text.iter().flat_map(|token| self.bytes(*token));
        bytes.copied().collect()
    }

    /// Cuts text into tokens.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        // A tokenizer of bytes has a token for every text.
        self.tokenizer
            .encode_fast(text, false)
            .map(|encoding| encoding.get_ids().to_vec())
            .unwrap_or_default()
    }

    /// Which tokens of `text` hold the bytes of `place`, and what takes their place if `phrase` is
    /// to stand there. `None` if these tokens do not hold whole characters.
    pub fn spliced(
        &self,
        text: &[u32],
        place: Range<usize>,
        phrase: &str,
    ) -> Option<(Range<usize>, Vec<u32>)> {
        let ends: Vec<usize> = text
            .iter()
            .scan(0, |end, token| {
                *end += self.bytes(*token).len();
                Some(*end)
            })
            .collect();
        let first = ends.partition_point(|end| *end <= place.start);
        let last = ends.partition_point(|end| *end < place.end);
        let begin = first.checked_sub(1).map_or(0, |before| ends[before]);
        let bytes = self.spelled(text.get(first..=last)?);
        let before = str::from_utf8(&bytes[..place.start - begin]).ok()?;
        let after = str::from_utf8(&bytes[place.end - begin..]).ok()?;
        Some((
            first..last + 1,
            self.encode(&format!("{before}{phrase}{after}")),
        ))
    }

    /// Tokens that are never printed, and those that are not printed `first`.
    pub fn suppressed(&self, first: bool) -> impl Iterator<Item = u32> {
        let begin = if first {
            self.generation.begin_suppress_tokens.as_slice()
        } else {
            &[]
        };
        self.generation.suppress_tokens.iter().chain(begin).copied()
    }
}

/// The byte that each character of a byte-level vocabulary stands for (Radford et al. 2019, §2.2).
///
/// Printable bytes of Latin-1 stand for themselves, the others are moved to U+0100 and up, in
/// order.
fn bytes_of_characters() -> HashMap<char, u8> {
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let moved = (0..=u8::MAX)
        .filter(|byte| !printable(byte))
        .zip('\u{100}'..)
        .map(|(byte, c)| (c, byte));
    (0..=u8::MAX)
        .filter(printable)
        .map(|byte| (char::from(byte), byte))
        .chain(moved)
        .collect()
}

#[cfg(test)]
pub mod tests {
    use tokenizers::AddedToken;
    use tokenizers::models::bpe::{BPE, Vocab};
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;

    use super::*;

    /// A vocabulary of the 256 bytes, in their order, and these longer tokens from 256 on.
    const MERGED: [(&str, &str); 4] = [("Ġ", "h"), ("Ġh", "i"), ("Ġ", "a"), ("e", "r")];

    /// Special tokens, from 260 on.
    const SPECIAL: [&str; 7] = [
        "<|endoftext|>",
        "<|startoftranscript|>",
        "<|en|>",
        "<|zh|>",
        "<|transcribe|>",
        "<|nocaptions|>",
        "<|notimestamps|>",
    ];

    /// A small vocabulary: bytes are their own tokens, ` hi`, ` a` and `er` have one.
    pub fn small() -> Tokens {
        let characters = bytes_of_characters()
            .into_iter()
            .map(|(c, byte)| (c.to_string(), u32::from(byte)));
        let merged = (256..)
            .zip(MERGED)
            .map(|(id, (a, b))| (format!("{a}{b}"), id));
        let merges = MERGED
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        let vocabulary = characters.chain(merged).collect::<Vocab>();
        let model = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .build()
            .expect("merges are in it");
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
        let special: Vec<AddedToken> = SPECIAL
            .iter()
            .map(|name| AddedToken::from(*name, true))
            .collect();
        tokenizer
            .add_special_tokens(special.iter().cloned())
            .expect("they are new");
        let generation = Generation {
            suppress_tokens: vec![u32::from(b'[')],
            begin_suppress_tokens: vec![u32::from(b' '), 260],
            alignment_heads: vec![(0, 0), (1, 1)],
            lang_to_id: [("en".to_owned(), 262), ("zh".to_owned(), 263)].into(),
        };
        Tokens::new(tokenizer, generation).expect("nothing is missing")
    }

    impl Tokens {
        /// The tokenizer as its file holds it.
        pub fn to_json(&self) -> String {
            self.tokenizer.to_string(false).expect("it can be written")
        }
    }

    #[test]
    fn text_survives_its_tokens() {
        let tokens = small();
        for text in ["", " hi there", "naïve 中文 – \u{7f}\u{ad}\n", " a hi"] {
            let bytes = tokens.spelled(&tokens.encode(text));
            assert_eq!(String::from_utf8(bytes).expect("whole characters"), text);
        }
        assert_eq!(tokens.encode(" hi"), [257]);
    }

    #[test]
    fn other_words_take_the_place_of_whole_tokens() {
        let tokens = small();
        let text = tokens.encode("ox hi there");
        for (from, to, phrase, expected) in [
            (0, 2, "cow", "cow hi there"),
            (3, 5, "ha", "ox ha there"),
            (4, 6, "a!", "ox ha!there"),
            (9, 11, "", "ox hi the"),
            (10, 11, "n", "ox hi thern"),
        ] {
            let (place, with) = tokens.spliced(&text, from..to, phrase).expect("it is text");
            let spliced = [&text[..place.start], &with, &text[place.end..]].concat();
            let bytes = tokens.spelled(&spliced);
            assert_eq!(String::from_utf8(bytes).expect("it is text"), expected);
            assert_eq!(spliced, tokens.encode(expected));
        }
        let (place, _) = tokens.spliced(&text, 4..5, "o").expect("it is text");
        assert_eq!(place, 2..3, "the token ` hi`");
        assert_eq!(tokens.spliced(&text, 9..99, ""), None, "beyond its end");
    }

    #[test]
    fn special_tokens_are_found_and_hold_no_text() {
        let tokens = small();
        assert_eq!(
            (
                tokens.end,
                tokens.start,
                tokens.no_speech,
                tokens.no_timestamps
            ),
            (260, 261, 265, 266)
        );
        assert_eq!(tokens.scored(), 267);
        assert_eq!(tokens.language(Lang::ZH), Some(263));
        assert!((tokens.end..300).all(|token| tokens.bytes(token).is_empty()));
        assert_eq!(tokens.suppressed(true).collect::<Vec<_>>(), [91, 32, 260]);
        assert_eq!(tokens.suppressed(false).collect::<Vec<_>>(), [91]);
    }

    #[test]
    fn a_tokenizer_of_another_network_is_refused() {
        let error = Tokens::new(Tokenizer::new(BPE::default()), small().generation)
            .expect_err("it is empty");
        assert_eq!(
            error.to_string(),
            "the tokenizer has no token `<|startoftranscript|>`"
        );
    }
}
