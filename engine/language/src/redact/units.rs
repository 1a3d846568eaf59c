//! Digits, letters and amounts, however they are said or written.

use std::ops::Range;

use crate::lexicon::Lexicon;
use crate::numerals::{ReadAs, figure, unit};
use crate::tokens::Token;

/// Among so many digits told one by one is no amount.
const LEAST_TOLD: usize = 4;

/// Something in a line that may be part of a secret, or a word.
#[derive(Clone)]
pub(super) struct Unit {
    /// Its bytes in the line.
    pub span: Range<usize>,
    /// Its tokens.
    pub tokens: Range<usize>,
    pub what: What,
}

#[derive(Clone, Eq, PartialEq)]
pub(super) enum What {
    /// Digits, told one by one or in figures.
    Digits(String),
    /// Letters and digits in one word, or letters that are spelt.
    Code(String),
    /// A number with hundreds, a fraction, money, a time: how many, not which.
    Amount(String),
    /// Numbers with slashes: `09/27`.
    Date(String),
    /// Said between the digits of a number.
    Joint,
    Word,
}

impl Unit {
    /// Its digits and letters, if it may be a part of a code.
    pub fn code(&self) -> Option<&str> {
        match &self.what {
            What::Digits(code) | What::Code(code) => Some(code),
            _ => None,
        }
    }

    pub(super) fn digits(&self) -> Option<&str> {
        match &self.what {
            What::Amount(digits) => Some(digits),
            _ => self.code(),
        }
    }

    pub fn is_digits(&self) -> bool {
        matches!(self.what, What::Digits(_))
    }
}

/// Cuts a line that has been cut into tokens into units.
pub(super) fn units(line: &str, tokens: &[Token], lexicon: &Lexicon) -> Vec<Unit> {
    let mut reader = Reader {
        line,
        tokens,
        lexicon,
        units: Vec::new(),
    };
    let mut at = 0;
    while at < tokens.len() {
        at = reader.read(at).max(at + 1);
    }
    reader.join_dates();
    reader.fractions();
    reader.hundreds();
    reader.single_letters();
    reader.units
}

pub(super) struct Reader<'a> {
    pub line: &'a str,
    pub tokens: &'a [Token],
    pub lexicon: &'a Lexicon,
    pub units: Vec<Unit>,
}

impl Reader<'_> {
    /// Reads the unit that begins at a token. Returns the token after it.
    fn read(&mut self, at: usize) -> usize {
        let token = &self.tokens[at];
        let text = token.text.as_str();
        let numbers = self.lexicon.numbers.all();
        if let Some(c) = text.chars().next().filter(|_| token.is_han()) {
            if figure(c, ReadAs::Either).is_some() || unit(c).is_some() {
                return self.han(at);
            }
            // The check digit of a 居民身份证 may be an X.
            if text == "叉" && self.units.last().is_some_and(Unit::is_digits) {
                return self.push(at..at + 1, What::Code("x".to_owned()));
            }
            return self.word(at);
        }
        if text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
            && token.is_figure()
        {
            let what = self.figures(at);
            return self.push(at..at + 1, what);
        }
        if self.is_pronoun(at) {
            return self.word(at);
        }
        if let Some((value, end)) = numbers.below_hundred(|i| self.text(i), at) {
            if numbers.times(self.text(end)).is_some() {
                return self.amount(at);
            }
            return self.push(at..end, What::Digits(value.to_string()));
        }
        if numbers.times(text).is_some() {
            return self.amount(at);
        }
        if let Some(times) = numbers.repeats(text)
            && let Some(digit) = self.one_digit(at + 1)
        {
            return self.push(at..at + 2, What::Digits(digit.repeat(times)));
        }
        if self.is_beside_digits(at)
            && let Some(digit) = numbers.told_digit(text)
        {
            return self.push(at..at + 1, What::Digits(digit.to_string()));
        }
        self.letters(at)
    }

    pub(super) fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    pub(super) fn raw(&self, token: &Token) -> &str {
        &self.line[token.span.clone()]
    }

    pub(super) fn push(&mut self, tokens: Range<usize>, what: What) -> usize {
        let span = self.tokens[tokens.start].span.start..self.tokens[tokens.end - 1].span.end;
        let end = tokens.end;
        self.units.push(Unit { span, tokens, what });
        end
    }

    /// Whether a numeral stands for a thing: "the new one's …", "use this one".
    fn is_pronoun(&self, at: usize) -> bool {
        let lists = &self.lexicon.redaction;
        let before = at.checked_sub(1).map(|before| self.text(before));
        lists.pronouns.have(self.text(at))
            && before.is_some_and(|before| lists.before_pronouns.have(before))
    }

    pub(super) fn word(&mut self, at: usize) -> usize {
        let what = match self.lexicon.redaction.joining.have(self.text(at)) {
            true => What::Joint,
            false if self.text(at) == "-" => What::Joint,
            false => What::Word,
        };
        self.push(at..at + 1, what)
    }

    /// A number in figures: how many, or which.
    fn figures(&self, at: usize) -> What {
        let token = &self.tokens[at];
        let raw = self.raw(token);
        let before = self.line[..token.span.start].chars().next_back();
        let mut after = self.line[token.span.end..].chars();
        let (next, then) = (after.next(), after.next());
        let digits: String = token.text.chars().filter(char::is_ascii_digit).collect();
        let money = before.is_some_and(|c| matches!(c, '$' | '£' | '€' | '¥' | '￥'));
        let share = next.is_some_and(|c| matches!(c, '%' | '％' | '°'));
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let time = next == Some(':') && digit(then)
            || before == Some(':') && at > 0 && self.tokens[at - 1].is_figure();
        let groups: Vec<&str> = raw.split(',').collect();
        let thousands = (2..=3).contains(&groups.len())
            && groups[1..].iter().all(|group| {
                group.len() >= 3 && group.as_bytes()[..3].iter().all(u8::is_ascii_digit)
            })
            && groups[0].len() <= 3;
        let fraction = raw.split('.').count() == 2
            && raw
                .split('.')
                .next_back()
                .is_some_and(|part| part.len() <= 2);
        match money || share || time || thousands || fraction {
            true => What::Amount(digits),
            false => What::Digits(digits),
        }
    }

    /// A digit in a word, for "double seven" and "triple oh".
    fn one_digit(&self, at: usize) -> Option<String> {
        let numbers = self.lexicon.numbers.all();
        let text = self.text(at);
        let digit = numbers.value(text).filter(|value| *value < 10);
        let digit = digit.map(|value| value.to_string());
        let figure = || {
            (text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
        };
        let han = || text.chars().next().and_then(figure_of).map(String::from);
        digit
            .or_else(|| numbers.told_digit(text).map(String::from))
            .or_else(figure)
            .or_else(han)
    }

    /// Whether digits are told before or behind a token: then "oh" is one.
    fn is_beside_digits(&self, at: usize) -> bool {
        let before = self.units.last().is_some_and(Unit::is_digits);
        let numbers = self.lexicon.numbers.all();
        let told = |at: usize| numbers.told_digit(self.text(at)).is_some();
        // "Oh oh six".
        let behind = (at + 1..).find(|next| !told(*next)).unwrap_or(at + 1);
        let next = self.text(behind);
        let number = |text: &str| {
            numbers.value(text).is_some_and(|value| value < 100)
                || numbers.repeats(text).is_some()
                || text.starts_with(|c: char| c.is_ascii_digit())
                || text.chars().next().and_then(figure_of).is_some()
        };
        before || number(next) || behind > at + 1
    }

    /// A number of a hundred or more in words.
    fn amount(&mut self, at: usize) -> usize {
        let numbers = self.lexicon.numbers.all();
        let mut from = at;
        if let Some(last) = self.units.last()
            && last.is_digits()
            && last.tokens.end == at
            && numbers.times(self.text(at)).is_some()
        {
            from = last.tokens.start;
            self.units.pop();
        }
        let mut end = at;
        let belongs = |i: usize| {
            let text = self.text(i);
            let next = self.text(i + 1);
            numbers.have(text)
                || numbers.lists.after_hundreds.have(text) && numbers.have(next) && i > at
        };
        let single = |i: usize| numbers.value(self.text(i)).is_some_and(|value| value < 10);
        while end < self.tokens.len() && belongs(end) {
            end += 1;
            // "Nine hundred three one two" goes on digit by digit.
            let hundred = numbers.times(self.text(end - 1)) == Some(100);
            if hundred && single(end) && single(end + 1) {
                break;
            }
        }
        let words: Vec<&str> = (from..end).map(|i| self.text(i)).collect();
        let (mut total, mut part) = (0_u64, 0_u64);
        for word in words {
            if let Some(times) = numbers.times(word) {
                let of = part.max(1).saturating_mul(times);
                if times >= 1_000 {
                    (total, part) = (total.saturating_add(of), 0);
                } else {
                    part = of;
                }
            } else if let Some(value) = numbers.value(word) {
                part = part.saturating_add(value);
            }
        }
        self.push(
            from..end.max(at + 1),
            What::Amount((total + part).to_string()),
        )
    }

    /// Numerals of Mandarin: digits one by one, or with 十, 百, 万 among them.
    fn han(&mut self, at: usize) -> usize {
        let mut end = at;
        let mut digits = String::new();
        let (mut counts, mut two) = (false, false);
        while let Some(token) = self.tokens.get(end).filter(|token| token.is_han()) {
            let Some(c) = token.text.chars().next() else {
                break;
            };
            if end > at && token.opens() && counts {
                break;
            }
            // 两个零 among digits is two of them.
            if digits.len() >= 2
                && self.text(end + 1) == "个"
                && let Some(times @ 2..=4) = figure(c, ReadAs::Either).and_then(|c| c.to_digit(10))
                && let Some(digit) = self.text(end + 2).chars().next().and_then(figure_of)
            {
                digits.extend(std::iter::repeat_n(digit, times as usize));
                end += 3;
                continue;
            }
            match (figure(c, ReadAs::Either), unit(c)) {
                (Some(digit), _) => {
                    two |= figure(c, ReadAs::Digits).is_none();
                    digits.push(digit);
                }
                (None, Some(_)) => counts = true,
                (None, None) => break,
            }
            end += 1;
        }
        // 两 is a digit among so many.
        let what = match counts || two && digits.len() < LEAST_TOLD {
            true => What::Amount(digits),
            false => What::Digits(digits),
        };
        self.push(at..end, what)
    }
}

pub(super) fn figure_of(c: char) -> Option<char> {
    figure(c, ReadAs::Digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let lexicon = Lexicon::built_in();
        let tokens = lexicon.tokenise(line);
        let units = units(line, &tokens, &lexicon);
        let shown = units.iter().map(|unit| match &unit.what {
            What::Digits(digits) => digits.clone(),
            What::Code(code) => format!("'{code}"),
            What::Amount(digits) => format!("~{digits}"),
            What::Date(digits) => format!("/{digits}"),
            What::Joint => "-".to_owned(),
            What::Word => "w".to_owned(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn digits_are_read_however_they_are_said() {
        for (line, expected) in [
            ("four one double one oh two", "4 1 11 0 2"),
            ("forty-one, triple five", "41 555"),
            ("4111-1111 1111", "4111 - 1111 1111"),
            ("4,1,1,1", "4111"),
            ("六二二幺〇", "62210"),
            ("one hundred and twenty three pounds", "~123 w"),
            ("nineteen eighty eight", "19 88"),
            ("三百二十一", "~321"),
            ("$1,299.50 at 10:30", "~129950 w ~10 ~30"),
            ("three point seven five percent", "~3 w ~7 ~5 w"),
            ("it is 05/28 or 07/22/1985", "w w /0528 w /07221985"),
            ("E12345678", "'e12345678"),
            ("G B two nine N W", "'g 'b 2 9 'n 'w"),
            ("a 4 and I see", "w 4 - w w"),
            ("38mbps", "~38"),
            ("b for bravo d as in dog 4", "'b 'd 4"),
            ("oh dear", "w w"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
