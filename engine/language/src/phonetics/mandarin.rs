//! How Chinese characters are read (pinyin), and which readings are taken for each other.

use pinyin::{Pinyin, ToPinyin};

/// How a Chinese character or a digit is read, without tones: 账 → `zhang`. None if it is not known.
///
/// More than one where everyday speech has more than one. The dictionary knows many more readings,
/// but nobody uses most of them on the phone, and each makes strangers sound alike: 什 in 什么 is read
/// as 十 too. Rules, articles and the recogniser's vocabulary all go by this list.
pub fn syllables(c: char) -> impl Iterator<Item = &'static str> {
    let several = several(c);
    let usual = || c.to_pinyin().map(Pinyin::plain);
    let usual = several.is_empty().then(usual).flatten();
    several.iter().copied().chain(usual)
}

/// The readings of digits, and of characters that have more than one in everyday speech.
const fn several(c: char) -> &'static [&'static str] {
    match c {
        '0' => &["ling"],
        '1' => &["yi", "yao"],
        '2' => &["er", "liang"],
        '3' => &["san"],
        '4' => &["si"],
        '5' => &["wu"],
        '6' => &["liu"],
        '7' => &["qi"],
        '8' => &["ba"],
        '9' => &["jiu"],
        '传' | '傳' => &["chuan", "zhuan"],
        '便' => &["bian", "pian"],
        '参' | '參' => &["can", "shen"],
        '会' | '會' => &["hui", "kuai"],
        '差' => &["cha", "chai"],
        '弹' | '彈' => &["tan", "dan"],
        '得' => &["de", "dei"],
        '曝' => &["bao", "pu"],
        '率' => &["lü", "shuai"],
        '行' => &["xing", "hang"],
        '觉' | '覺' => &["jue", "jiao"],
        '调' | '調' => &["diao", "tiao"],
        '还' | '還' => &["hai", "huan"],
        '都' => &["dou", "du"],
        '重' => &["zhong", "chong"],
        '长' | '長' => &["chang", "zhang"],
        '露' => &["lu", "lou"],
        _ => &[],
    }
}

/// What syllables have in common that are taken for each other on a bad line, or by speakers from
/// another part of the country: the family of the initial, and the final.
///
/// Retroflex, flat and palatal initials are one family (zh = z = j), and so are n and l; finals in
/// -n and -ng are the same. So `zhang` and `jiang` (账 heard as 將) are near each other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Near(&'static str, &'static str);

/// The family of a syllable without tone.
pub fn near(syllable: &'static str) -> Near {
    let split = match syllable.as_bytes() {
        [b'z' | b'c' | b's', b'h', ..] => 2,
        [b'a' | b'e' | b'o', ..] | [] => 0,
        _ => 1,
    };
    let (initial, rest) = syllable.split_at(split);
    let palatal = matches!(initial, "j" | "q" | "x");
    let family = match initial {
        "zh" | "z" | "j" => "z",
        "ch" | "c" | "q" => "c",
        "sh" | "s" | "x" => "s",
        "n" | "l" => "l",
        other => other,
    };
    let rest = match rest {
        // The i of a palatal initial is heard as part of it.
        "in" | "ing" if palatal => "en",
        _ if palatal && rest.len() > 1 => rest.strip_prefix('i').unwrap_or(rest),
        _ => rest,
    };
    let sound = match rest {
        "ang" => "an",
        "eng" => "en",
        "ing" => "in",
        "iang" => "ian",
        "uang" => "uan",
        "ue" | "ve" | "üe" | "ie" => "e",
        "v" | "ü" => "u",
        other => other,
    };
    Near(family, sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds(c: char) -> Vec<&'static str> {
        syllables(c).collect()
    }

    fn near_readings(a: char, b: char) -> bool {
        let families = |c| syllables(c).map(near).collect::<Vec<_>>();
        families(a).iter().any(|one| families(b).contains(one))
    }

    #[test]
    fn characters_that_were_taken_for_each_other_sound_alike() {
        for (a, b) in [
            ('工', '公'),
            ('笔', '比'),
            ('话', '花'),
            ('费', '費'),
            ('两', '2'),
            ('律', '率'),
            ('1', '要'),
        ] {
            assert!(syllables(a).any(|s| sounds(b).contains(&s)), "{a} {b}");
        }
        for (a, b) in [
            ('账', '將'),
            ('月', '業'),
            ('信', '深'),
            ('南', '蓝'),
            ('师', '习'),
        ] {
            assert!(near_readings(a, b), "{a} {b}");
        }
        for (a, b) in [
            ('账', '到'),
            ('工', '东'),
            ('投', '退'),
            ('律', '院'),
            ('要', '约'),
        ] {
            assert!(!near_readings(a, b), "{a} {b}");
        }
        assert_eq!(sounds('a'), [""; 0]);
    }
}
