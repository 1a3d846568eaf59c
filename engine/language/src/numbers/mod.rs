//! Numbers as they are said: `forty eight`, `48`, `a couple of`, `四十八`, `三到五`, `两三`.

use crate::numerals::{ONES, ORDINALS, ReadAs, TENS, digit, unit};
use crate::pattern::fits;
use crate::tokens::Token;

/// A number, and the token after it.
pub type Number = (u32, usize);

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

fn place(words: &[&str], word: &str) -> Option<u32> {
    words.iter().position(|w| *w == word).map(|at| at as u32)
}

/// A number in words or figures.
pub fn number(tokens: &[Token], at: usize) -> Option<Number> {
    figure(tokens, at)
        .or_else(|| english(tokens, at))
        .or_else(|| chinese(tokens, at))
}

fn figure(tokens: &[Token], at: usize) -> Option<Number> {
    Some((word(tokens, at).parse().ok()?, at + 1))
}

fn english(tokens: &[Token], at: usize) -> Option<Number> {
    let (below, next) = below_hundred(tokens, at)?;
    if word(tokens, next) != "hundred" {
        return Some((below, next));
    }
    let mut next = next + 1;
    if word(tokens, next) == "and" && below_hundred(tokens, next + 1).is_some() {
        next += 1;
    }
    let (rest, next) = below_hundred(tokens, next).unwrap_or((0, next));
    Some((below * 100 + rest, next))
}

fn below_hundred(tokens: &[Token], at: usize) -> Option<Number> {
    if let Some(ones) = place(&ONES, word(tokens, at)) {
        return Some((ones, at + 1));
    }
    let tens = (place(&TENS, word(tokens, at))? + 2) * 10;
    match place(&ONES[..10], word(tokens, at + 1)) {
        Some(ones) if ones > 0 => Some((tens + ones, at + 2)),
        _ => Some((tens, at + 1)),
    }
}

/// An ordinal, as days of the month are said: `third`, `twenty first`, `3rd`.
pub fn ordinal(tokens: &[Token], at: usize) -> Option<Number> {
    let first = word(tokens, at);
    for ending in ["st", "nd", "rd", "th"] {
        if let Some(number) = first.strip_suffix(ending).and_then(|n| n.parse().ok()) {
            return Some((number, at + 1));
        }
    }
    match (first, place(&ORDINALS, first)) {
        (_, Some(number)) => Some((number, at + 1)),
        ("twentieth", _) => Some((20, at + 1)),
        ("thirtieth", _) => Some((30, at + 1)),
        ("twenty" | "thirty", _) => {
            let ones = place(&ORDINALS[..10], word(tokens, at + 1))?;
            Some((if first == "twenty" { 20 } else { 30 } + ones, at + 2))
        }
        _ => None,
    }
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
pub fn amount(tokens: &[Token], at: usize) -> Option<Number> {
    for (loose, most) in [
        ("a couple of", 2),
        ("a couple", 2),
        ("couple of", 2),
        ("a few", 3),
        ("few", 3),
        ("several", 5),
        ("several of", 5),
        ("an", 1),
        ("a", 1),
        ("几", 3),
        ("数", 3),
    ] {
        if let Some(next) = fits(tokens, at, loose) {
            return Some((most, next));
        }
    }
    if let (Some(low), Some(high)) = (numeral(tokens, at), numeral(tokens, at + 1))
        && low < high
        && high - low <= 2
        && numeral(tokens, at + 2).is_none()
        && !matches!(word(tokens, at + 2), "十" | "百")
    {
        return Some((high, at + 2));
    }
    let (low, next) = number(tokens, at)?;
    // A loose tail: `十几天`, `一个多月` are left at their number.
    if matches!(
        word(tokens, next),
        "to" | "or" | "-" | "到" | "至" | "或" | "and"
    ) && let Some((high, after)) = number(tokens, next + 1)
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
    use crate::tokens::tokenise;

    #[test]
    fn numbers_are_read_in_words_and_figures() {
        for (text, expected) in [
            ("48", Some(48)),
            ("forty eight", Some(48)),
            ("Forty-eight", Some(48)),
            ("one hundred and twenty", Some(120)),
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
            let tokens = tokenise(text);
            assert_eq!(number(&tokens, 0).map(|n| n.0), expected, "{text}");
        }
    }

    #[test]
    fn of_a_range_the_end_counts() {
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
            let tokens = tokenise(text);
            assert_eq!(amount(&tokens, 0), Some((expected, tokens.len())), "{text}");
        }
    }
}
