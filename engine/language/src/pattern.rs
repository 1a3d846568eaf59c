//! Patterns of words, which fit in spite of how a recogniser writes.

use std::collections::HashMap;
use std::ops::Range;

use crate::fold::is_han;
use crate::lexicon::Contractions;
use crate::phrase::write_out;
use crate::tokens::{Token, tokenise};

/// Tokens that `…` in a pattern may stand for, at most.
const GAP: usize = 6;
/// Longest pattern that is looked for before something, in tokens.
const LEAD: usize = 5;

/// Where `pattern` ends if it fits from token `at` on.
///
/// A pattern is words as tokens have them (`call you back`, `回电`). `…` stands for up to six tokens
/// that do not matter, `*` for any ending of an English word.
pub fn fits<T: AsRef<Token>>(tokens: &[T], at: usize, pattern: &str) -> Option<usize> {
    let pattern = pattern.trim_start();
    if pattern.is_empty() {
        return Some(at);
    }
    if let Some(rest) = pattern.strip_prefix('…') {
        let last = (at + GAP).min(tokens.len());
        return (at..=last).find_map(|next| fits(tokens, next, rest));
    }
    let token = tokens.get(at)?.as_ref();
    if let Some(rest) = pattern.strip_prefix(token.text.as_str())
        && (token.is_han()
            || !rest.starts_with(|c: char| c == '*' || c.is_alphanumeric() && !is_han(c)))
    {
        return fits(tokens, at + 1, rest);
    }
    let end = pattern.find([' ', '…']).unwrap_or(pattern.len());
    let stem = pattern[..end].strip_suffix('*')?;
    token
        .text
        .starts_with(stem)
        .then(|| fits(tokens, at + 1, &pattern[end..]))?
}

/// Patterns that mean the same.
#[derive(Debug, Default)]
pub struct Phrases {
    /// By their first word.
    by_first: HashMap<String, Vec<String>>,
    /// The marks of all first words, as bits. Nearly every word is asked for in nearly every list,
    /// and few are in one.
    first_marks: u64,
    /// Those whose first word may have any ending.
    others: Vec<String>,
}

impl Phrases {
    /// Reads patterns. Words may be written in any case, with or without `contractions` and in
    /// either script, several in one line: [`crate::phrase`].
    ///
    /// # Errors
    ///
    /// The first pattern that cannot be looked for, and why.
    pub fn parse(
        patterns: &[String],
        contractions: &Contractions,
    ) -> Result<Self, (String, &'static str)> {
        let mut phrases = Self::default();
        for written in all_ways(patterns)? {
            let pattern =
                normalised(&written, contractions).map_err(|problem| (written, problem))?;
            let first = pattern.split(' ').next().unwrap_or_default();
            let like_it = match first.ends_with('*') {
                true => &mut phrases.others,
                false => {
                    phrases.first_marks |= mark(first);
                    phrases.by_first.entry(first.to_owned()).or_default()
                }
            };
            if !like_it.contains(&pattern) {
                like_it.push(pattern);
            }
        }
        Ok(phrases)
    }

    /// Where the longest ends that fits from token `at` on.
    pub fn longest_at<T: AsRef<Token>>(&self, tokens: &[T], at: usize) -> Option<usize> {
        let patterns = self.beginning_with(&tokens.get(at)?.as_ref().text);
        let ends = patterns
            .chain(&self.others)
            .filter_map(|p| fits(tokens, at, p));
        ends.max()
    }

    /// Whether one of them may begin with a word.
    pub fn may_begin(&self, word: &str) -> bool {
        !self.others.is_empty() || self.beginning_with(word).next().is_some()
    }

    /// Whether all of `tokens` are how a longer one, written out, begins.
    pub fn are_begun_by<T: AsRef<Token>>(&self, tokens: &[T]) -> bool {
        let words = tokens.iter().map(|token| token.as_ref().text.as_str());
        let line = words.collect::<Vec<_>>().join(" ");
        let first = line.split(' ').next().unwrap_or_default();
        let patterns = self.beginning_with(first);
        let mut rests = patterns.filter_map(|pattern| pattern.strip_prefix(&line));
        rests.any(|rest| rest.starts_with(' '))
    }

    /// The first place where one fits.
    pub fn find<T: AsRef<Token>>(&self, tokens: &[T]) -> Option<Range<usize>> {
        (0..tokens.len()).find_map(|at| Some(at..self.longest_at(tokens, at)?))
    }

    /// Whether one fits somewhere.
    pub fn are_in<T: AsRef<Token>>(&self, tokens: &[T]) -> bool {
        self.find(tokens).is_some()
    }

    /// How many of them fit somewhere.
    pub fn count_in<T: AsRef<Token>>(&self, tokens: &[T]) -> usize {
        let is_in = |p: &&String| (0..tokens.len()).any(|at| fits(tokens, at, p).is_some());
        let all = self.by_first.values().flatten().chain(&self.others);
        all.filter(is_in).count()
    }

    /// Whether one of them is this word alone.
    pub fn have(&self, word: &str) -> bool {
        self.beginning_with(word).any(|pattern| pattern == word)
    }

    fn beginning_with(&self, first: &str) -> impl Iterator<Item = &String> {
        let perhaps = self.first_marks & mark(first) != 0;
        let patterns = perhaps.then(|| self.by_first.get(first)).flatten();
        patterns.into_iter().flatten()
    }

    /// Whether one of them ends right before token `at`.
    pub fn end_before<T: AsRef<Token>>(&self, tokens: &[T], at: usize) -> bool {
        (at.saturating_sub(LEAD)..at).any(|from| self.longest_at(&tokens[..at], from) == Some(at))
    }

    /// Behind all that fit one after the other from token `at` on.
    pub fn skip<T: AsRef<Token>>(&self, tokens: &[T], mut at: usize) -> usize {
        while let Some(end) = self.longest_at(tokens, at) {
            at = end;
        }
        at
    }
}

/// Patterns that begin with a verb, which may be said in other forms as well: "call you", "calling you", "calls you".
#[derive(Debug, Default)]
pub struct Verbs(Phrases);

impl Verbs {
    /// As [`Phrases::parse`].
    ///
    /// # Errors
    ///
    /// As [`Phrases::parse`].
    pub fn parse(
        patterns: &[String],
        contractions: &Contractions,
    ) -> Result<Self, (String, &'static str)> {
        let mut all = all_ways(patterns)?;
        let forms = all.iter().flat_map(|pattern| {
            let (verb, rest) = pattern.split_once(' ').unwrap_or((pattern.as_str(), ""));
            let forms = forms(verb).into_iter();
            forms.map(move |form| format!("{form} {rest}"))
        });
        let forms: Vec<String> = forms.collect();
        all.extend(forms);
        Phrases::parse(&all, contractions).map(Self)
    }
}

impl std::ops::Deref for Verbs {
    type Target = Phrases;

    fn deref(&self) -> &Phrases {
        &self.0
    }
}

/// An English verb with `ing`, and with `s`: "sending", "shipping"; "sends", "catches", "tries".
fn forms(verb: &str) -> Vec<String> {
    if !verb.chars().all(|c| c.is_ascii_lowercase()) || verb.ends_with("ing") && verb.len() > 5 {
        return Vec::new();
    }
    let vowel = |c: char| "aeiou".contains(c);
    let last: Vec<char> = verb.chars().rev().take(3).collect();
    let in_progress = match last[..] {
        ['e', before, ..] if !"eoy".contains(before) => format!("{}ing", &verb[..verb.len() - 1]),
        [end, middle, first]
            if verb.len() <= 4
                && !vowel(end)
                && !"wxy".contains(end)
                && vowel(middle)
                && !vowel(first) =>
        {
            format!("{verb}{end}ing")
        }
        _ => format!("{verb}ing"),
    };
    let third_person = match last[..] {
        ['y', before, ..] if !vowel(before) => format!("{}ies", &verb[..verb.len() - 1]),
        ['s' | 'x', ..] | ['h', 'c' | 's', ..] => format!("{verb}es"),
        _ => format!("{verb}s"),
    };
    vec![in_progress, third_person]
}

/// One of 64 bits for a word, told by its ends and length.
fn mark(word: &str) -> u64 {
    let bytes = word.as_bytes();
    let end = |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(*byte));
    let middle = bytes.get(bytes.len() / 2);
    let sum = end(bytes.first()) + 7 * end(bytes.last()) + 31 * end(middle) + 3 * bytes.len();
    1 << (sum % 64)
}

/// All ways to say patterns.
fn all_ways(patterns: &[String]) -> Result<Vec<String>, (String, &'static str)> {
    let ways = |pattern: &String| match write_out(pattern) {
        Ok(written) => Ok(written.ways),
        Err(problem) => Err((pattern.clone(), problem)),
    };
    let all: Vec<Vec<String>> = patterns.iter().map(ways).collect::<Result<_, _>>()?;
    Ok(all.concat())
}

/// A pattern as [`fits`] reads it: words as tokens have them, with a space between any two.
fn normalised(written: &str, contractions: &Contractions) -> Result<String, &'static str> {
    let mut parts: Vec<String> = Vec::new();
    let spaced = written.replace('…', " … ");
    for word in spaced.split_whitespace() {
        match word.strip_suffix('*') {
            _ if word == "…" => parts.push(word.to_owned()),
            Some(stem)
                if !stem.is_empty() && stem.chars().all(|c| c.is_alphanumeric() && !is_han(c)) =>
            {
                parts.push(format!("{}*", stem.to_lowercase()));
            }
            Some(_) => {
                return Err("`*` stands for the ending of a word in letters: put it behind one");
            }
            None => parts.extend(
                tokenise(word, contractions)
                    .into_iter()
                    .map(|token| token.text),
            ),
        }
    }
    match (
        parts.first().map(String::as_str),
        parts.last().map(String::as_str),
    ) {
        (None, _) => Err("there are no words in it"),
        (Some("…"), _) | (_, Some("…")) => Err("`…` needs words on both sides"),
        _ => Ok(parts.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Lexicon;

    #[test]
    fn patterns_fit_words_gaps_and_endings() {
        let lexicon = Lexicon::built_in();
        let words = &lexicon.contractions;
        for (text, pattern, expected) in [
            ("I will call you back", "call you back", true),
            ("I will recall you back", "call you back", false),
            ("they call younger people", "call you", false),
            ("send you our latest offer", "send … offer", true),
            (
                "send one two three four five six seven offer",
                "send … offer",
                false,
            ),
            ("she was overcharged", "overcharg*", true),
            ("she was charged", "overcharg*", false),
            ("我會給您回電話", "给您…电话", true),
            ("我会给您回电话", "回电", true),
            ("回到电", "回电", false),
            ("I don't know", "DON'T know", true),
            ("我要退款", "退款", true),
            ("email me", "e-mail", true),
            ("a new flat", "(new|bigger) (house|flat)", true),
            ("a new boat", "(new|bigger) (house|flat)", false),
            ("buy a flat", "buy (a|the)? (new)? (house|flat)", true),
            ("这钱付不上", "(交|付)不(起|上)", true),
        ] {
            let phrases = Phrases::parse(&[pattern.to_owned()], words).expect("it has words");
            assert_eq!(
                phrases.are_in(&lexicon.tokenise(text)),
                expected,
                "{pattern} in {text}"
            );
        }
    }

    #[test]
    fn verbs_are_found_in_all_forms() {
        let lexicon = Lexicon::built_in();
        let patterns = ["call you", "give you … ring", "drop", "bring"].map(str::to_owned);
        let verbs = Verbs::parse(&patterns, &lexicon.contractions).expect("they have words");
        for (text, expected) in [
            ("we are calling you", true),
            ("giving you a ring", true),
            ("dropping it off", true),
            ("bringing it", true),
            ("somebody calls you", true),
            ("you called us", false),
        ] {
            assert_eq!(verbs.are_in(&lexicon.tokenise(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_pattern_that_fits_nothing_is_refused() {
        for (pattern, problem) in [
            ("", "there are no words in it"),
            ("?!", "there are no words in it"),
            ("… call", "`…` needs words on both sides"),
            ("call *", "`*` stands for the ending of a word in letters"),
            ("回*", "`*` stands for the ending of a word in letters"),
        ] {
            let (written, why) =
                Phrases::parse(&[pattern.to_owned()], &Contractions::default()).expect_err(pattern);
            assert_eq!(written, pattern);
            assert!(why.starts_with(problem), "{pattern}: {why}");
        }
    }
}
