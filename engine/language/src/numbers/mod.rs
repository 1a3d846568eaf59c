//! Numbers as they are said: `forty eight`, `48`, `a couple of`, `四十八`, `三到五`, `两三`.

mod words;

use crate::lexicon::each;
use crate::numerals::{ReadAs, digit, is_numeral, unit};
use crate::pattern::fits;
use crate::tokens::Token;

pub use words::NumberWords;

/// A number, and the token after it.
pub type Number = (u32, usize);

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// A number in words or figures.
pub fn number(tokens: &[Token], at: usize, words: &NumberWords) -> Option<Number> {
    figure(tokens, at)
        .or_else(|| in_words(tokens, at, words))
        .or_else(|| chinese(tokens, at))
}

fn figure(tokens: &[Token], at: usize) -> Option<Number> {
    Some((word(tokens, at).parse().ok()?, at + 1))
}

fn in_words(tokens: &[Token], at: usize, words: &NumberWords) -> Option<Number> {
    let read = words.cardinal(|at| word(tokens, at), at)?;
    Some((u32::try_from(read.value).ok()?, read.end))
}

/// An ordinal, as days of the month are said: `third`, `twenty first`, `3rd`.
pub fn ordinal(tokens: &[Token], at: usize, words: &NumberWords) -> Option<Number> {
    let figures = words.written_ordinal(word(tokens, at));
    let in_words = || words.ordinal(|at| word(tokens, at), at);
    let (place, end) = figures.map(|place| (place, at + 1)).or_else(in_words)?;
    Some((u32::try_from(place).ok()?, end))
}

fn numeral(tokens: &[Token], at: usize) -> Option<u32> {
    digit(word(tokens, at).chars().next()?, ReadAs::Any)
}

/// `二十三`, `一百二十`, and digits one by one as in `二零二六`.
fn chinese(tokens: &[Token], at: usize) -> Option<Number> {
    let mut next = at;
    let mut total: u32 = 0;
    let mut current: Option<u32> = None;
    let mut with_units = false;
    while next < tokens.len() && next < at + 8 {
        if let Some(value) = numeral(tokens, next) {
            current = match current {
                Some(before) if !with_units => Some(before * 10 + value),
                Some(_) => break,
                None => Some(value),
            };
        } else {
            let unit = match word(tokens, next).chars().next().and_then(unit) {
                Some(unit @ (10 | 100)) => unit as u32,
                _ => break,
            };
            total += current.take().unwrap_or(1).min(99) * unit;
            with_units = true;
        }
        next += 1;
    }
    (next > at).then(|| (total + current.unwrap_or(0), next))
}

/// How many of something at the most: a number, the end of a range, or a loose amount.
pub fn amount(tokens: &[Token], at: usize, words: &NumberWords) -> Option<Number> {
    let first = word(tokens, at);
    if !words.may_begin(first) && !first.starts_with(is_numeral) {
        return None;
    }
    let loose = each(&words.lists.loose);
    let loose = loose.filter_map(|(pattern, most)| Some((most, fits(tokens, at, pattern)?)));
    if let Some((most, next)) = loose.max_by_key(|(_, next)| *next) {
        return Some((u32::try_from(most).ok()?, next));
    }
    if let (Some(low), Some(high)) = (numeral(tokens, at), numeral(tokens, at + 1))
        && low < high
        && high - low <= 2
        && numeral(tokens, at + 2).is_none()
        && !matches!(word(tokens, at + 2), "十" | "百")
    {
        return Some((high, at + 2));
    }
    let (low, next) = number(tokens, at, words)?;
    let link = word(tokens, next);
    let links = link == "-" || words.lists.range.have(link) || words.lists.between_and.have(link);
    // A loose tail: `十几天`, `一个多月` are left at their number.
    if links
        && let Some((high, after)) = number(tokens, next + 1, words)
        && high > low
        && high <= low.saturating_mul(10)
    {
        return Some((high, after));
    }
    Some((low, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Lexicon;

    #[test]
    fn numbers_are_read_in_words_and_figures() {
        let lexicon = Lexicon::built_in();
        for (text, expected) in [
            ("48", Some(48)),
            ("forty eight", Some(48)),
            ("Forty-eight", Some(48)),
            ("one hundred and twenty", Some(120)),
            ("two thousand and twenty six", Some(2026)),
            ("two million three thousand", Some(2_003_000)),
            ("two thousand thousand", Some(2000)),
            ("twenty", Some(20)),
            ("三", Some(3)),
            ("十", Some(10)),
            ("十五", Some(15)),
            ("二十", Some(20)),
            ("四十八", Some(48)),
            ("一百二十九", Some(129)),
            ("二零二六", Some(2026)),
            ("99999999999", None),
            ("hello", None),
        ] {
            let tokens = lexicon.tokenise(text);
            let read = number(&tokens, 0, lexicon.numbers.all());
            assert_eq!(read.map(|n| n.0), expected, "{text}");
        }
    }

    #[test]
    fn of_a_range_the_end_counts() {
        let lexicon = Lexicon::built_in();
        for (text, expected) in [
            ("three to five", 5),
            ("3-5", 5),
            ("two or three", 3),
            ("a couple of", 2),
            ("a few", 3),
            ("三到五", 5),
            ("3到5", 5),
            ("三至五", 5),
            ("两三", 3),
            ("三五", 5),
            ("一两", 2),
            ("24 to 48", 48),
            ("十到十五", 15),
        ] {
            let tokens = lexicon.tokenise(text);
            let read = amount(&tokens, 0, lexicon.numbers.all());
            assert_eq!(read, Some((expected, tokens.len())), "{text}");
        }
    }
}
