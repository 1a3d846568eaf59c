//! Which characters of Mandarin belong together, by jieba's dictionary.

use std::ops::Range;
use std::sync::LazyLock;

use jieba_rs::Jieba;

use crate::fold::{is_han, level};
use crate::tokens::{Gap, Token};

/// 5 MB of words and their frequencies. Unpacking them takes about 0.3 s, so it is done once, when
/// they are first asked for.
pub static DICTIONARY: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Words that were counted for the dictionary.
const COUNTED: f32 = 60_101_967.0;

/// How common the Mandarin words of `text` are: the logarithm of the probability that words chosen
/// one by one would be these. Other words and marks do not count.
pub fn log_prob(text: &str) -> f32 {
    let simplified: String = level(text).into_iter().collect();
    let words = DICTIONARY.cut(&simplified, false).into_iter();
    let words = words.map(|word| word.word);
    let words = words.filter(|word| word.starts_with(is_han));
    let count = |word| DICTIONARY.suggest_freq(word).max(1);
    words.map(|word| (count(word) as f32 / COUNTED).ln()).sum()
}

/// The words of a text.
#[derive(Clone, Debug, Default)]
pub struct MandarinWords {
    /// Those of more than one character.
    long: Vec<Word>,
    /// Where the verbs begin, in bytes.
    verbs: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Word {
    /// In bytes.
    place: Range<usize>,
    /// Where it parts into two words: 电话号码.
    seams: Vec<usize>,
    /// Where the word begins that a character before it only tells more of: 月话费.
    head: Option<usize>,
}

impl MandarinWords {
    /// Those of `text`, in simplified or traditional characters.
    pub fn of(text: &str) -> Self {
        if !text.chars().any(is_han) {
            return Self::default();
        }
        let simplified: String = level(text).into_iter().collect();
        let starts: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        let byte = |char: usize| starts.get(char).copied().unwrap_or(text.len());
        let mut words = Self::default();
        let mut at = 0;
        // Without the hidden Markov model, which would make words of what was misheard.
        for word in DICTIONARY.tag(&simplified, false) {
            let starts: Vec<usize> = word.word.char_indices().map(|(start, _)| start).collect();
            let end = at + starts.len();
            if word.tag.starts_with('v') {
                words.verbs.push(byte(at));
            }
            if starts.len() > 1 && word.word.chars().all(is_han) {
                let seams = (1..starts.len()).filter(|middle| is_seam(word.word, *middle));
                words.long.push(Word {
                    place: byte(at)..byte(end),
                    head: is_word(&word.word[starts[1]..]).then(|| byte(at + 1)),
                    seams: seams.map(|middle| byte(at + middle)).collect(),
                });
            }
            at = end;
        }
        words
    }

    /// Whether a word is partly in `place` and partly outside of it, in bytes: 活动 in the 不想活 of
    /// 不想活动. A word that holds all of it is no reason: 投诉 is said in 投诉信.
    pub fn are_cut_by(&self, place: &Range<usize>) -> bool {
        self.long.iter().any(
            |Word {
                 place: word,
                 seams,
                 head,
             }| {
                let cuts = |border: usize| {
                    word.start < border && border < word.end && !seams.contains(&border)
                };
                (cuts(place.start)
                    && *head != Some(place.start)
                    && word.end < place.end
                    && !self.is_torn(word.end..place.end))
                    || (cuts(place.end) && place.start < word.start)
            },
        )
    }

    /// Whether a word ahead took a part of the word that ends here: 信部 behind the 打工 of 打工信部.
    fn is_torn(&self, rest: Range<usize>) -> bool {
        let within = |word: &Word| rest.start <= word.place.start && word.place.end <= rest.end;
        rest.len() > '信'.len_utf8() && !self.long.iter().any(within)
    }

    /// Where the word ends that begins with the character at `place`, in bytes; `None` if that is
    /// within a word.
    pub fn end_of(&self, place: &Range<usize>) -> Option<usize> {
        let around = self
            .long
            .iter()
            .find(|word| word.place.contains(&place.start));
        match around {
            Some(word) => (word.place.start == place.start).then_some(word.place.end),
            None => Some(place.end),
        }
    }

    /// Whether no word goes on over `byte`.
    pub fn ends_at(&self, byte: usize) -> bool {
        let over = |word: &Word| word.place.start < byte && byte < word.place.end;
        !self.long.iter().any(over)
    }

    /// Whether a verb begins at `byte`.
    pub fn has_verb(&self, byte: usize) -> bool {
        self.verbs.contains(&byte)
    }
}

/// Whether it is a word of more than one character.
fn is_word(part: &str) -> bool {
    part.chars().nth(1).is_some() && DICTIONARY.has_word(part)
}

/// Whether a word parts into two behind so many of its characters.
fn is_seam(word: &str, characters: usize) -> bool {
    let middle = word.char_indices().nth(characters);
    let parts = middle.map(|(byte, _)| word.split_at(byte));
    parts.is_some_and(|(first, last)| last == "了" || is_word(first) && is_word(last))
}

/// Characters on each side that tell which word one belongs to.
const CONTEXT: usize = 8;

/// Whether token `at` and the character before it are of one word: 说明 in 说明晚上发您.
pub fn cuts_a_word(tokens: &[Token], at: usize) -> bool {
    let joined = |at: usize| tokens[at].is_han() && tokens[at].gap == Gap::None;
    let Some(before) = at
        .checked_sub(1)
        .filter(|before| tokens[*before].is_han() && joined(at))
    else {
        return false;
    };
    let text = |places: Range<usize>| -> String {
        tokens[places]
            .iter()
            .map(|token| token.text.as_str())
            .collect()
    };
    if !DICTIONARY.has_word(&text(before..at + 1)) {
        return false;
    }
    let most = (at + CONTEXT).min(tokens.len());
    let end = (at + 1..most).find(|next| !joined(*next)).unwrap_or(most);
    let mut first = before;
    while first > 0 && joined(first) && tokens[first - 1].is_han() && first + CONTEXT > at {
        first -= 1;
    }
    let text = text(first..end);
    let mut left = at - first;
    for word in DICTIONARY.cut(&text, false) {
        let length = word.word.chars().count();
        if left < length {
            return left > 0 && !is_seam(word.word, left);
        }
        left -= length;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_words_that_sound_alike_the_usual_ones_are_more_common() {
        for (usual, other) in [
            ("我要退款", "我要腿款"),
            ("办理宽带业务", "办理宽待业务"),
            ("我要投訴", "我要头素"),
        ] {
            assert!(log_prob(usual) > log_prob(other), "{usual}");
        }
        assert_eq!(log_prob("OK, 5G。"), 0.0, "they are no Mandarin words");
        assert_eq!(log_prob("退款"), log_prob("退款 OK!"));
    }

    #[test]
    fn a_word_ends_where_the_dictionary_says() {
        let text = "操作说明晚上发您邮箱";
        let words = MandarinWords::of(text);
        let at = |part: &str| text.find(part).expect("it is in there");
        let end = |part: &str| words.end_of(&(at(part)..at(part) + 3));
        assert_eq!(end("晚"), Some(at("发")));
        assert_eq!(end("明"), None);
        assert_eq!(end("发"), Some(at("您")));
        assert!(words.has_verb(at("发")) && !words.has_verb(at("您")));
    }

    #[test]
    fn a_place_cuts_the_words_that_lie_over_its_borders() {
        for (text, part, expected) in [
            ("不想活动手脚", "不想活", true),
            ("我不想活了", "不想活", false),
            ("周一行不行", "一行", true),
            ("我打工信部电话", "工信部", false),
            ("死了算了", "死了算", false),
            ("谁给的我电话号码", "我电话", false),
            ("这个月话费怎么这么高", "话费怎么", false),
            ("寫了投訴信", "投訴", false),
            ("I want to cancel", "want", false),
        ] {
            let start = text.find(part).expect("it is in there");
            let place = start..start + part.len();
            assert_eq!(
                MandarinWords::of(text).are_cut_by(&place),
                expected,
                "{text}"
            );
        }
    }
}
