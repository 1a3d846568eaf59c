//! Mandarin words that were written with other characters: by pinyin without tones.
//!
//! Recognisers write a syllable with the wrong character (话费 as 花费), and sometimes hear a syllable
//! that is close (到账 as 到将): sounds made at nearly the same place, or an n for an ng.

use pinyin::{ToPinyin, ToPinyinMulti};

/// How sure it is that one character stands for another: the same, one spoken alike but for the tone,
/// one spoken nearly alike.
const SAME: f32 = 1.0;
const ALIKE: f32 = 0.85;
const CLOSE: f32 = 0.5;
/// A word of which no character is right.
const NONE_SAME: f32 = 0.85;
/// Words less alike than this are different words. One of two characters must be right if the other one
/// is only close.
const LEAST: f32 = 0.7;

/// Longest word compared, in characters.
pub(crate) const LONGEST: usize = 4;

/// Under what a word is found by those that sound nearly alike: its syllables, roughly.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Rough([u32; LONGEST]);

/// All keys of a word with up to [`LONGEST`] characters: a character may be spoken in several ways. None
/// if it is shorter than two characters, longer, or has one without a sound.
pub(crate) fn keys(word: &str) -> Vec<Rough> {
    if !(2..=LONGEST).contains(&word.chars().count()) {
        return Vec::new();
    }
    let mut keys = vec![[0; LONGEST]];
    for (at, c) in word.chars().enumerate() {
        let ways = ways(c);
        keys = keys
            .iter()
            .flat_map(|key| {
                ways.iter().map(move |&way| {
                    let mut key = *key;
                    key[at] = way;
                    key
                })
            })
            .collect();
    }
    keys.into_iter().map(Rough).collect()
}

/// The key of what was heard: each character spoken as it mostly is.
pub(crate) fn key(heard: &[u32]) -> Rough {
    let mut key = [0; LONGEST];
    key[..heard.len()].copy_from_slice(heard);
    Rough(key)
}

/// How a character is mostly spoken, roughly. `None` if it has no sound.
pub(crate) fn rough(c: char) -> Option<u32> {
    c.to_pinyin().map(|pinyin| pack(pinyin.plain()))
}

/// How sure it is that by what was heard the word was meant, in (0, 1]; `None` if they are too different.
pub(crate) fn likeness(word: &str, heard: &str) -> Option<f32> {
    let alike = |(word, heard): (char, char)| {
        if word == heard {
            return SAME;
        }
        let spoken = heard.to_pinyin().map(|pinyin| pinyin.plain());
        let same_sound = spoken.is_some_and(|spoken| {
            let mut ways = word.to_pinyin_multi().into_iter().flatten();
            ways.any(|way| way.plain() == spoken)
        });
        if same_sound { ALIKE } else { CLOSE }
    };
    let pairs = || word.chars().zip(heard.chars());
    let sum: f32 = pairs().map(alike).sum();
    let mean = sum / pairs().count() as f32;
    let one_is_right = pairs().any(|(word, heard)| word == heard);
    (mean >= LEAST).then_some(if one_is_right { mean } else { mean * NONE_SAME })
}

fn ways(c: char) -> Vec<u32> {
    let mut ways: Vec<u32> = c
        .to_pinyin_multi()
        .into_iter()
        .flatten()
        .map(|pinyin| pack(pinyin.plain()))
        .collect();
    ways.sort_unstable();
    ways.dedup();
    ways
}

/// A syllable without what is easily misheard, its letters in one number.
fn pack(plain: &str) -> u32 {
    let (initial, rest) = match plain {
        p if p.starts_with("zh") => ('z', &p[2..]),
        p if p.starts_with("ch") => ('c', &p[2..]),
        p if p.starts_with("sh") => ('s', &p[2..]),
        p => {
            let initial = p.chars().next().unwrap_or_default();
            match initial {
                'a' | 'e' | 'o' => ('-', p),
                _ => (initial, &p[initial.len_utf8()..]),
            }
        }
    };
    // jiang is close to zhang, xian to shan: their i is hardly heard.
    let (initial, soft) = match initial {
        'j' => ('z', true),
        'q' => ('c', true),
        'x' => ('s', true),
        'l' => ('n', false),
        'h' => ('f', false),
        other => (other, false),
    };
    let rest = match rest.strip_prefix('i') {
        Some(after) if soft && after.starts_with(['a', 'e', 'o', 'u']) => after,
        _ => rest,
    };
    let rest = rest.strip_suffix('g').unwrap_or(rest);
    let rest = if rest == "ue" || rest == "üe" {
        "e"
    } else {
        rest
    };
    std::iter::once(initial)
        .chain(rest.chars())
        .fold(0, |packed, c| (packed << 8) | (u32::from(c) & 0xff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_sound_alike_meet_and_others_do_not() {
        for (word, heard, meet) in [
            ("工信部", "公信部", true),
            ("两笔", "两比", true),
            ("话费", "花费", true),
            ("到账", "到将", true),
            ("重复", "虫复", true), // 重 is mostly spoken zhòng, but not here
            ("套餐", "套参", true),
            ("账单", "胀单", true),
            ("网速", "忘速", true),
            ("到账", "倒将", false),
            ("退款", "天气", false),
        ] {
            let heard_key: Vec<u32> = heard.chars().map(|c| rough(c).unwrap()).collect();
            let found = keys(word).contains(&key(&heard_key)) && likeness(word, heard).is_some();
            assert_eq!(found, meet, "{word} {heard}");
        }
    }

    #[test]
    fn the_more_characters_are_right_the_surer() {
        let sure = |heard| likeness("工信部", heard).unwrap();
        assert_eq!(sure("工信部"), 1.0);
        assert!(sure("公信部") > sure("公心部"));
        assert!(sure("公心部") > sure("公心不"));
    }
}
