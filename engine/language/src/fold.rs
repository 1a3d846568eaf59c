//! One way of writing: what is written differently and spoken alike becomes the same.
//!
//! | written | becomes |
//! |---|---|
//! | 業, 話費 (traditional) | 业, 话费 |
//! | 帐 (another way to write 账) | 账 |
//! | ５Ｇ, ’ (wide, curly) | 5G, ' |
//! | 一二三一五 (three spoken digits or more) | 12315 |
//! | 2次 (a digit before a Han character) | 两次 |
//!
//! Each character becomes one character, so that what is found can be shown where it was said.

use std::ops::Range;
use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

use crate::numerals::{ReadAs, counting, figure};

/// Fewer spoken digits in a row are words: 一二 may stand in any sentence.
const FEWEST_DIGITS: usize = 3;
/// Recognisers write numbers up to this one either way.
const EITHER_WAY: u32 = 5;

static SIMPLIFY: LazyLock<OpenCC> = LazyLock::new(|| {
    OpenCC::from_config(BuiltinConfig::T2s).expect("the dictionaries are built into the program")
});

/// A text in the one way of writing, and where each part of it was said.
pub struct Folded {
    /// The text in the one way of writing.
    pub text: String,
    /// For each of its characters, and for its end: where it begins here, and in the original.
    starts: Vec<(usize, usize)>,
}

impl Folded {
    /// All of the table above.
    pub fn new(text: &str) -> Self {
        let mut chars = level(text);
        spoken_digits(&mut chars);
        lone_digits(&mut chars);
        Self::with(text, chars)
    }

    fn with(text: &str, chars: Vec<char>) -> Self {
        let mut folded = String::with_capacity(text.len());
        let mut starts = Vec::with_capacity(chars.len() + 1);
        for ((at, _), c) in text.char_indices().zip(chars) {
            starts.push((folded.len(), at));
            folded.push(c);
        }
        starts.push((folded.len(), text.len()));
        Self {
            text: folded,
            starts,
        }
    }

    /// Where in the original that part of the folded text was said. Both ends lie between
    /// characters.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let at = |here: usize| {
            let place = self.starts.partition_point(|&(folded, _)| folded < here);
            self.starts[place].1
        };
        at(range.start)..at(range.end)
    }
}

/// Whether it is a Chinese character (Unicode's unified ideographs, and 〇).
pub const fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// Which character is right may depend on its neighbours, so all are converted at once. Where that
/// changes their number nobody can tell whose they are: then the text stays as it is.
fn simplified(text: &str) -> Vec<char> {
    let chars: Vec<char> = text.chars().collect();
    if !chars.iter().copied().any(is_han) {
        return chars;
    }
    let simplified: Vec<char> = SIMPLIFY.convert(text).chars().collect();
    if simplified.len() == chars.len() {
        simplified
    } else {
        chars
    }
}

/// The characters of a text, simplified and narrow, one for each of the text's own. Case stays.
pub fn level(text: &str) -> Vec<char> {
    let mut chars = simplified(text);
    for c in &mut chars {
        *c = match *c {
            '帐' => '账',
            '’' | '‘' => '\'',
            '〜' => '~',
            '\u{3000}' => ' ',
            wide @ '\u{ff01}'..='\u{ff5e}' => {
                char::from_u32(u32::from(wide) - 0xfee0).expect("these are '!' to '~'")
            }
            other => other,
        };
    }
    chars
}

fn spoken_digits(chars: &mut [char]) {
    for run in chars.chunk_by_mut(|&a, &b| digit(a).is_some() == digit(b).is_some()) {
        if run.len() >= FEWEST_DIGITS {
            for c in run {
                *c = digit(*c).unwrap_or(*c);
            }
        }
    }
}

/// Small numbers, as they count.
fn lone_digits(chars: &mut [char]) {
    for at in 0..chars.len() {
        let follows_number = at > 0 && chars[at - 1].is_ascii_alphanumeric();
        let before_han = chars.get(at + 1).copied().is_some_and(is_han);
        if before_han
            && !follows_number
            && let Some(value @ 1..=EITHER_WAY) = chars[at].to_digit(10)
        {
            chars[at] = counting(value).unwrap_or(chars[at]);
        }
    }
}

/// 两 counts and is never told as a digit.
fn digit(c: char) -> Option<char> {
    figure(c, ReadAs::Digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_spoken_alike_is_written_alike() {
        for (written, expected) in [
            ("這個業的話費", "这个业的话费"),
            ("帳單、到帐", "账单、到账"),
            ("什么时候", "什么时候"),
            ("５Ｇ isn’t", "5G isn't"),
            ("打一二三一五投诉", "打12315投诉"),
            ("一三八零零一三八零一七", "13800138017"),
            ("扣了2次、3笔", "扣了两次、三笔"),
            ("12个月, 5G网", "12个月, 5G网"),
            ("一二月", "一二月"),
        ] {
            assert_eq!(Folded::new(written).text, expected);
        }
    }

    #[test]
    fn a_found_part_is_shown_as_it_was_said() {
        let said = "打１２315!";
        let folded = Folded::new(said);
        let found = folded.text.find("12315").unwrap();
        assert_eq!(&said[folded.original(found..found + 5)], "１２315");
    }

    proptest! {
        #[test]
        fn every_character_keeps_its_place(text in "(\\PC|業|一二三|２|’){0,60}") {
            let folded = Folded::new(&text);
            prop_assert_eq!(folded.text.chars().count(), text.chars().count());
            let places = folded.text.char_indices().zip(text.char_indices());
            for ((here, c), (there, original)) in places {
                let range = folded.original(here..here + c.len_utf8());
                prop_assert_eq!(range, there..there + original.len_utf8());
            }
        }
    }
}
