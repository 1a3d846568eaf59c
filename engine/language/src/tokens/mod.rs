//! Text cut into words. All that reads words reads them from here.
//!
//! A token is a word, a number, or one Chinese character; so one kind of pattern serves all
//! languages, and lines that mix them. Case, apostrophes, full-width forms and traditional
//! characters are levelled out. Each token knows where it came from and what stands before it.

use std::ops::Range;

use crate::fold::{is_han, level};
use crate::lexicon::Contractions;
use crate::numerals::{ReadAs, digit};

/// One word, number or Chinese character.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// Levelled: lower case, simplified. Never empty.
    pub text: String,
    /// Its bytes in the text it was cut from. The parts of a contraction share theirs.
    pub span: Range<usize>,
    /// What stands between it and the token before.
    pub gap: Gap,
}

/// What stands between two tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gap {
    /// Nothing: between Chinese characters, and between the parts of a contraction.
    None,
    /// A space, and nothing else.
    Space,
    /// A hyphen, and nothing else.
    Hyphen,
    /// A mark that ends no clause: quotation marks, `%`, `、`.
    Mark,
    /// A comma; or a space between Chinese characters, which is how recognisers write one.
    Comma,
    /// A mark that ends a clause, or the beginning of the text.
    Break,
}

impl Gap {
    /// Whether what stands on both sides belongs together.
    pub const fn joins(self) -> bool {
        matches!(self, Self::Space | Self::Hyphen)
    }

    /// Whether a clause ends here.
    pub const fn ends_clause(self) -> bool {
        matches!(self, Self::Comma | Self::Break)
    }
}

/// How figures and the marks among them are cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Figures {
    /// Each run of digits by itself, `49.90` as two: how texts are looked up by words.
    Apart,
    /// `1,299.50` is `1299.50`; a hyphen or slash between numbers is a token: how texts are
    /// understood.
    Whole,
    /// As they stand there, with what belongs to them: `$25`, `10:30`, `5%`, `p.m`: how numbers are
    /// written.
    AsWritten,
}

impl Token {
    /// Whether it is a Chinese character.
    pub fn is_han(&self) -> bool {
        self.text.starts_with(is_han)
    }

    /// Whether it is a number in figures.
    pub fn is_figure(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Whether a clause ends before it.
    pub const fn opens(&self) -> bool {
        self.gap.ends_clause()
    }
}

impl AsRef<Self> for Token {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Cuts a text that is to be understood: contractions are spelled out, `e-mail` is `email`, and a
/// word has no apostrophes.
pub fn tokenise(text: &str, contractions: &Contractions) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for token in cut(text, Figures::Whole) {
        if token.text == "mail"
            && let Some(last) = tokens.last_mut().filter(|last| last.text == "e")
            && token.gap.joins()
        {
            last.text = "email".to_owned();
            last.span.end = token.span.end;
            continue;
        }
        if token.is_han() {
            tokens.push(token);
            continue;
        }
        for (i, part) in contractions.spell_out(&token.text).into_iter().enumerate() {
            tokens.push(Token {
                text: part.replace('\'', ""),
                span: token.span.clone(),
                gap: if i == 0 { token.gap } else { Gap::Space },
            });
        }
    }
    tokens
}

/// Cuts a text into its words as they stand there.
pub fn cut(text: &str, figures: Figures) -> Vec<Token> {
    let line = Line {
        chars: parted(text),
        figures,
    };
    let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
    bytes.push(text.len());
    let mut tokens: Vec<Token> = Vec::new();
    let (mut from, mut end) = (0, 0);
    while from < line.chars.len() {
        let to = line.end_of_word(from);
        if to == from {
            from += 1;
            continue;
        }
        let gap = match tokens.last() {
            Some(last) => gap(
                &line.chars[end..from],
                last.is_han() && is_han(line.chars[from]),
            ),
            None => Gap::Break,
        };
        tokens.push(Token {
            text: line.text(from..to),
            span: bytes[from]..bytes[to],
            gap,
        });
        (from, end) = (to, to);
    }
    tokens
}

/// The characters of a text, levelled. A wide comma parts figures: `093，1996`.
fn parted(text: &str) -> Vec<char> {
    let mut chars = level(text);
    for (i, c) in text.chars().enumerate().filter(|(_, c)| *c == '，') {
        let behind = chars[i + 1..].iter().take_while(|c| c.is_ascii_digit());
        let before = i > 0 && chars[i - 1].is_ascii_digit();
        if before && behind.count() > 0 {
            chars[i] = c;
        }
    }
    chars
}

/// What characters between two tokens mean.
fn gap(between: &[char], within_han: bool) -> Gap {
    match between {
        [] => Gap::None,
        ['-' | '‐' | '‑'] => Gap::Hyphen,
        [',' | '，'] | [',', ' '] => Gap::Comma,
        _ if between.iter().any(|c| ends_clause(*c)) => Gap::Break,
        _ if !between.iter().all(|c| c.is_whitespace()) => Gap::Mark,
        _ if within_han => Gap::Comma,
        _ => Gap::Space,
    }
}

const fn ends_clause(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | '?' | '!' | ';' | ':' | '。' | '…' | '—' | '–' | '~' | '(' | ')' | '[' | ']'
    )
}

/// A text that is being cut.
struct Line {
    chars: Vec<char>,
    figures: Figures,
}

impl Line {
    /// The character at a place; a space outside of the text.
    fn at(&self, i: usize) -> char {
        self.chars.get(i).copied().unwrap_or(' ')
    }

    /// Where the word ends that begins at `from`; `from` itself if none does.
    fn end_of_word(&self, from: usize) -> usize {
        let first = self.at(from);
        let mark = self.figures == Figures::Whole && is_range(first) && self.between_numbers(from);
        if is_han(first) || mark {
            return from + 1;
        }
        let mut to = from;
        while to < self.chars.len() && self.belongs(from, to) {
            to += 1;
        }
        while self.figures == Figures::AsWritten && to > from && self.at(to) == '%' {
            to += 1;
        }
        to
    }

    /// Whether the character at `i` belongs to the word that begins at `from`.
    fn belongs(&self, from: usize, i: usize) -> bool {
        let before = if i > from { self.at(i - 1) } else { ' ' };
        let next = self.at(i + 1);
        let within_number = before.is_ascii_digit() && next.is_ascii_digit();
        match (self.at(i), self.figures) {
            ('\'', _) => is_letter(before) && is_letter(next),
            ('.' | ',', Figures::Whole) => within_number,
            ('.' | ',' | ':' | '/', Figures::AsWritten) if before.is_ascii_digit() => within_number,
            ('$' | '€' | '£', Figures::AsWritten) => i == from && next.is_ascii_digit(),
            // `p.m.`
            ('.', Figures::AsWritten) => {
                let initials = before.is_alphabetic() && next.is_alphabetic() && i == from + 1;
                initials && !self.at(i + 2).is_alphabetic()
            }
            (c, _) => is_letter(c),
        }
    }

    fn between_numbers(&self, at: usize) -> bool {
        let numeral = |c: &char| {
            c.is_ascii_digit()
                || *c == '十'
                || digit(*c, ReadAs::Amount).is_some_and(|value| value > 0)
        };
        let near = |c: &&char| !c.is_whitespace();
        let before = self.chars[..at].iter().rev().find(near);
        let after = self.chars[at + 1..].iter().find(near);
        before.is_some_and(numeral) && after.is_some_and(numeral)
    }

    fn text(&self, word: Range<usize>) -> String {
        let whole = self.figures == Figures::Whole;
        let chars = &self.chars[word];
        match chars {
            ['/'] => "/".to_owned(),
            [mark] if is_range(*mark) => "-".to_owned(),
            _ => chars
                .iter()
                .filter(|c| !(whole && **c == ','))
                .flat_map(|c| c.to_lowercase())
                .collect(),
        }
    }
}

/// A letter or digit of a word that is written with more than one of them.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_han(c)
}

/// What may stand between the ends of a range, or the parts of a date: `3-5 days`, `三—五天`, `5/7`.
const fn is_range(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '~' | '/' | '‐' | '‑')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Lexicon;

    fn words(text: &str) -> String {
        let texts: Vec<String> = Lexicon::built_in()
            .tokenise(text)
            .into_iter()
            .map(|t| match t.gap {
                Gap::Break | Gap::Comma => format!("|{}", t.text),
                _ => t.text,
            })
            .collect();
        texts.join(" ").trim_start_matches('|').to_owned()
    }

    #[test]
    fn text_is_cut_and_levelled() {
        for (text, expected) in [
            ("I'll call you back, OK?", "i will call you back |ok"),
            (
                "We’re sorry, it’s the customer's fault",
                "we are sorry |it is the customer fault",
            ),
            (
                "we can't, won't and dont",
                "we can not |will not and do not",
            ),
            ("3-5 business days", "3 - 5 business days"),
            ("follow-up by e-mail", "follow up by email"),
            ("$1,299.50 on 5/7", "1299.50 on 5 / 7"),
            ("退款，３天內", "退 款 |3 天 内"),
            ("好的 星期4", "好 的 |星 期 4"),
            ("三—五天", "三 - 五 天"),
            ("用WiFi上网", "用 wifi 上 网"),
            ("", ""),
            ("...", ""),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn figures_are_cut_as_they_are_needed() {
        use Figures::{Apart, AsWritten, Whole};
        for (text, figures, expected) in [
            ("It's 1,299.50!", Apart, "it's 1 299 50"),
            ("It's 1,299.50!", Whole, "it's 1299.50"),
            (
                "$1,299.50 at 10:30 p.m.",
                AsWritten,
                "$1,299.50 at 10:30 p.m",
            ),
            ("50% on 5/7", AsWritten, "50% on 5/7"),
            ("5Ｇ的router's", Apart, "5g 的 router's"),
            ("'quoted' -- ' words", Apart, "quoted words"),
        ] {
            let words: Vec<String> = cut(text, figures)
                .into_iter()
                .map(|word| word.text)
                .collect();
            assert_eq!(words.join(" "), expected, "{text} {figures:?}");
        }
    }

    #[test]
    fn what_stands_between_words_is_known() {
        use Gap::{Break, Comma, Hyphen, Mark, None, Space};
        for (text, expected) in [
            ("I said: no", &[Break, Space, Break][..]),
            ("forty-nine, so \"what\"", &[Break, Hyphen, Comma, Mark]),
            ("好的 再见", &[Break, None, Comma, None]),
            ("姓名、电话", &[Break, None, Mark, None]),
            ("5 — 7 (or so)", &[Break, Break, Break, Space]),
        ] {
            let gaps: Vec<Gap> = cut(text, Figures::Apart)
                .iter()
                .map(|word| word.gap)
                .collect();
            assert_eq!(gaps, expected, "{text}");
        }
    }
}
