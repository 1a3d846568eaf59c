//! From English letters to sounds.
//!
//! Where words are compared by sound it does not matter that a rule reads a vowel a little wrong:
//! all of them are near each other. So a small table of rules does, as it did for the first
//! machines that read aloud, and no dictionary of pronunciations (CMUdict: 3.6 MB) is needed.
//! Double metaphone leaves vowels out, and with them what tells short words apart.

use std::str::FromStr;
use std::sync::LazyLock;

use super::phoneme::{Consonant, Phoneme, Vowel};

const RULES: &str = include_str!("english.rules");

static ENGLISH: LazyLock<Rules> = LazyLock::new(|| RULES.parse().expect("a test reads them"));

/// What letters are called, from a on.
const NAMES: &str = "EY|B IY|S IY|D IY|IY|EH F|JH IY|EY CH|AY|JH EY|K EY|EH L|EH M|EH N|OW|P IY|K Y UW|AA R|EH S|T IY|\
                     Y UW|V IY|D AH B AH L Y UW|EH K S|W AY|Z IY";

/// What figures are called, from 0 on.
const FIGURES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

/// How a word in English letters or figures is spoken. Empty where nobody can tell.
pub fn english(word: &str) -> Vec<Phoneme> {
    let lower = word.to_ascii_lowercase();
    let letters: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    if letters.is_empty() {
        return Vec::new();
    }
    if letters.bytes().all(|letter| letter.is_ascii_digit()) {
        return figure(&letters);
    }
    let is_spelt = !letters.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if is_spelt || letters.len() == 1 && !matches!(letters.as_str(), "a" | "i") {
        return letters.bytes().flat_map(letter_name).collect();
    }
    // "I'll", "they've", "you're": what is cut short is spoken as a word's end.
    let (stem, end) = match lower.rsplit_once('\'') {
        Some((stem, "ll")) => (stem, "AH L"),
        Some((stem, "ve")) => (stem, "V"),
        Some((stem, "re")) => (stem, "R"),
        Some((stem, "d")) => (stem, "D"),
        Some((stem, "m")) => (stem, "M"),
        Some((stem, "s")) => (stem, "Z"),
        _ => (letters.as_str(), ""),
    };
    let mut sounds = ENGLISH.read(stem);
    sounds.extend(end.split_whitespace().filter_map(phoneme));
    sounds
}

/// A number of up to two figures in one, a longer one figure by figure.
fn figure(digits: &str) -> Vec<Phoneme> {
    let short = (digits.len() <= 2).then(|| digits.parse().ok()).flatten();
    let number = |n: usize| FIGURES.get(n).copied();
    match short {
        Some(n) if n < FIGURES.len() => number(n).map(english).unwrap_or_default(),
        _ => digits
            .bytes()
            .filter_map(|digit| number(usize::from(digit - b'0')))
            .flat_map(english)
            .collect(),
    }
}

fn letter_name(letter: u8) -> impl Iterator<Item = Phoneme> {
    let at = usize::from(letter.wrapping_sub(b'a'));
    let name = NAMES.split('|').nth(at).unwrap_or_default();
    name.split_whitespace().filter_map(phoneme)
}

/// The rules, by the letter that they begin to read at.
#[derive(Debug)]
struct Rules([Vec<Rule>; 26]);

#[derive(Debug)]
struct Rule {
    before: &'static [u8],
    letters: &'static [u8],
    after: &'static [u8],
    sounds: Vec<Phoneme>,
}

impl Rules {
    fn read(&self, word: &str) -> Vec<Phoneme> {
        let letters: Vec<u8> = word.bytes().filter(u8::is_ascii_lowercase).collect();
        let mut sounds = Vec::new();
        let mut at = 0;
        while at < letters.len() {
            let rules = &self.0[usize::from(letters[at] - b'a')];
            let rule = rules.iter().find(|rule| rule.fits(&letters, at));
            let Some(rule) = rule else {
                at += 1;
                continue;
            };
            sounds.extend(&rule.sounds);
            at += rule.letters.len();
        }
        sounds
    }
}

impl FromStr for Rules {
    type Err = String;

    fn from_str(_: &str) -> Result<Self, String> {
        let mut rules = Self(Default::default());
        for line in RULES.lines() {
            if line.is_empty() || line.starts_with("# ") || line == "#" {
                continue;
            }
            let wrong = || format!("cannot read rule `{line}`");
            let (pattern, sounds) = line.split_once(' ').unwrap_or((line, ""));
            let (before, rest) = pattern.split_once('[').ok_or_else(wrong)?;
            let (letters, after) = rest.split_once(']').ok_or_else(wrong)?;
            let sounds = sounds.split_whitespace().map(phoneme);
            let sounds: Option<Vec<Phoneme>> = sounds.collect();
            let first = *letters.as_bytes().first().ok_or_else(wrong)?;
            let of_letter = rules.0.get_mut(usize::from(first.wrapping_sub(b'a')));
            of_letter.ok_or_else(wrong)?.push(Rule {
                before: before.as_bytes(),
                letters: letters.as_bytes(),
                after: after.as_bytes(),
                sounds: sounds.ok_or_else(wrong)?,
            });
        }
        Ok(rules)
    }
}

impl Rule {
    fn fits(&self, word: &[u8], at: usize) -> bool {
        let end = at + self.letters.len();
        word.get(at..end) == Some(self.letters)
            && ends_with(&word[..at], self.before)
            && begins_with(&word[end..], self.after)
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

fn is_voiced(letter: u8) -> bool {
    b"bdvgjlmnrwz".contains(&letter)
}

/// Whether what stands before fits, read from its end.
fn ends_with(mut word: &[u8], pattern: &[u8]) -> bool {
    for sign in pattern.iter().rev() {
        let last = word.last().copied();
        let ends = |ways: &[&str]| {
            ways.iter()
                .find(|way| word.ends_with(way.as_bytes()))
                .map(|way| way.len())
        };
        let taken = match (sign, last) {
            (b'_', last) => last.is_none().then_some(0),
            (b':', _) => Some(
                word.iter()
                    .rev()
                    .take_while(|letter| !is_vowel(**letter))
                    .count(),
            ),
            (b'#', Some(last)) if is_vowel(last) => Some(
                word.iter()
                    .rev()
                    .take_while(|letter| is_vowel(**letter))
                    .count(),
            ),
            (b'^', Some(last)) => (!is_vowel(last)).then_some(1),
            (b'.', Some(last)) => is_voiced(last).then_some(1),
            (b'+', Some(last)) => matches!(last, b'e' | b'i' | b'y').then_some(1),
            (b'&', _) => ends(&["ch", "sh", "s", "c", "g", "z", "x", "j"]),
            (b'@', _) => ends(&["th", "ch", "sh", "t", "s", "r", "d", "l", "z", "n", "j"]),
            (letter, Some(last)) => (*letter == last).then_some(1),
            (_, None) => None,
        };
        match taken {
            Some(taken) => word = &word[..word.len() - taken],
            None => return false,
        }
    }
    true
}

/// Whether what stands after fits.
fn begins_with(mut word: &[u8], pattern: &[u8]) -> bool {
    for sign in pattern {
        let first = word.first().copied();
        let begins = |ways: &[&str]| {
            ways.iter()
                .find(|way| word.starts_with(way.as_bytes()))
                .map(|way| way.len())
        };
        let taken = match (sign, first) {
            (b'_', first) => first.is_none().then_some(0),
            (b':', _) => Some(word.iter().take_while(|letter| !is_vowel(**letter)).count()),
            (b'#', Some(first)) if is_vowel(first) => {
                Some(word.iter().take_while(|letter| is_vowel(**letter)).count())
            }
            (b'^', Some(first)) => (!is_vowel(first)).then_some(1),
            (b'.', Some(first)) => is_voiced(first).then_some(1),
            (b'+', Some(first)) => matches!(first, b'e' | b'i' | b'y').then_some(1),
            (b'%', _) => begins(&["ely", "er", "es", "ed", "ing", "e"])
                .filter(|taken| word.len() == *taken || word[*taken..] == *b"s"),
            (letter, Some(first)) => (*letter == first).then_some(1),
            (_, None) => None,
        };
        match taken {
            Some(taken) => word = &word[taken..],
            None => return false,
        }
    }
    true
}

/// A sound by its name in ARPAbet.
fn phoneme(name: &str) -> Option<Phoneme> {
    use Consonant::{
        B, Ch, D, Dh, F, G, Hh, Jh, K, L, M, N, Ng, P, R, S, Sh, T, Th, V, W, Y, Z, Zh,
    };
    use Vowel::{Aa, Ae, Ah, Ao, Aw, Ay, Eh, Ey, Ih, Iy, Ow, Oy, Uh, Uw};
    let consonant = match name {
        "P" => P,
        "B" => B,
        "T" => T,
        "D" => D,
        "K" => K,
        "G" => G,
        "F" => F,
        "V" => V,
        "TH" => Th,
        "DH" => Dh,
        "S" => S,
        "Z" => Z,
        "SH" => Sh,
        "ZH" => Zh,
        "CH" => Ch,
        "JH" => Jh,
        "M" => M,
        "N" => N,
        "NG" => Ng,
        "L" => L,
        "R" => R,
        "W" => W,
        "Y" => Y,
        "HH" => Hh,
        _ => {
            let vowel = match name {
                "IY" => Iy,
                "IH" => Ih,
                "EY" => Ey,
                "EH" => Eh,
                "AE" => Ae,
                "AY" => Ay,
                "AW" => Aw,
                "AA" => Aa,
                "AH" => Ah,
                "OY" => Oy,
                "AO" => Ao,
                "OW" => Ow,
                "UH" => Uh,
                "UW" => Uw,
                _ => return None,
            };
            return Some(Phoneme::Vowel(vowel));
        }
    };
    Some(Phoneme::Consonant(consonant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sounds: &str) -> Vec<Phoneme> {
        sounds
            .split_whitespace()
            .map(|name| phoneme(name).expect(name))
            .collect()
    }

    #[test]
    fn every_rule_is_read_and_every_letter_has_one() {
        let rules = RULES.parse::<Rules>().expect("they are well formed");
        for (letter, rules) in ('a'..='z').zip(&rules.0) {
            let anywhere = |rule: &Rule| {
                rule.before.is_empty() && rule.after.is_empty() && rule.letters.len() == 1
            };
            assert!(rules.iter().any(anywhere), "{letter}");
        }
    }

    #[test]
    fn words_are_spoken_as_callers_speak_them() {
        for (word, expected) in [
            ("refund", "R IH F AH N D"),
            ("twice", "T W AY S"),
            ("wife", "W AY F"),
            ("charged", "CH AA R JH D"),
            ("I", "AY"),
            ("will", "W IH L"),
            ("want", "W AA N T"),
            ("under", "AH N D AH R"),
            ("router", "R AW T AH R"),
            ("phone", "F OW N"),
            ("number", "N AH M B AH R"),
            ("complaint", "K AA M P L EY N T"),
            ("light", "L AY T"),
            ("cancellation", "K AE N S EH L EY SH AH N"),
            ("FCC", "EH F S IY S IY"),
            ("10", "T EH N"),
            ("I'll", "AY AH L"),
            ("quality", "K W AE L IH T IY"),
            ("...", ""),
        ] {
            assert_eq!(english(word), named(expected), "{word}");
        }
    }
}
