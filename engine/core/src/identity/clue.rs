//! What somebody says of who they are: a number by which a company knows them, or their name.

use sidetone_language::fold::{is_han, level};
use sidetone_language::lexicon::Lexicon;
use sidetone_language::tokens::{Gap, Token};

/// Digits that a reference has, at least: shorter ones are anybody's.
const LEAST_DIGITS: usize = 3;
/// Letters and digits of a reference.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=24;
/// Words between "order number" and the number: "is", "it is", "that would be".
const BETWEEN: usize = 5;
/// Letters in front of its digits.
const PREFIX: usize = 4;
/// Words of a name, where words are written apart.
const WORDS: std::ops::RangeInclusive<usize> = 2..=4;
/// Characters of a Chinese name.
const CHARACTERS: std::ops::RangeInclusive<usize> = 2..=4;

/// Of what kind a clue is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ClueKind {
    /// A number of a customer, a contract, an order or a ticket.
    Reference,
    /// A whole name.
    Name,
}

impl ClueKind {
    /// Its name in descriptions of CRMs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Name => "name",
        }
    }
}

/// Something by which somebody may be found.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Clue {
    /// Of what kind.
    pub kind: ClueKind,
    /// As [`reference()`] or [`name()`] writes it.
    pub text: String,
}

impl std::fmt::Debug for Clue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clue({})", self.kind.as_str())
    }
}

/// A reference in the form in which references are compared: letters and digits alone, `NW48291`. `None` if it is
/// none: too short, or with hardly any digits.
pub fn reference(text: &str) -> Option<String> {
    let levelled = level(text).into_iter();
    let kept = levelled.filter(|c| c.is_alphanumeric());
    let kept: String = kept.flat_map(char::to_uppercase).collect();
    let digits = kept.chars().filter(char::is_ascii_digit).count();
    (digits >= LEAST_DIGITS && LENGTHS.contains(&kept.chars().count())).then_some(kept)
}

/// A name in the form in which names are compared: `daniel whitmore`, `王小明`.
pub fn name(text: &str) -> String {
    let levelled: String = level(text).into_iter().collect();
    let lower = levelled.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    match lower.chars().any(is_han) {
        true => words.concat(),
        false => words.join(" "),
    }
}

/// What a line tells of who says it, each once.
pub fn clues(lexicon: &Lexicon, line: &str) -> Vec<Clue> {
    let tokens = lexicon.tokenise(line);
    let identity = &lexicon.identity;
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if let Some(end) = identity.references.longest_at(&tokens, at) {
            let text = reference_behind(line, &tokens, end).map(|text| (ClueKind::Reference, text));
            found.extend(text);
        }
        if let Some(end) = identity.names.longest_at(&tokens, at) {
            let names = names_behind(lexicon, line, &tokens, end).into_iter();
            found.extend(names.map(|text| (ClueKind::Name, text)));
        }
    }
    let mut clues: Vec<Clue> = Vec::new();
    for (kind, text) in found {
        let clue = Clue { kind, text };
        if !clues.contains(&clue) {
            clues.push(clue);
        }
    }
    clues
}

/// The number that stands behind token `from`, in whatever pieces it was said.
fn reference_behind(line: &str, tokens: &[Token], from: usize) -> Option<String> {
    let has_digit = |token: &Token| token.text.chars().any(|c| c.is_ascii_digit());
    // Letters are part of one where they stand alone, or in capitals: "B 77", "NW-20".
    let is_prefix = |token: &Token| {
        let original = line.get(token.span.clone()).unwrap_or_default();
        let capital = original.len() <= PREFIX && original.chars().all(|c| c.is_ascii_uppercase());
        capital || original.len() == 1
    };
    let is_piece = |token: &Token| token.text.is_ascii() && (has_digit(token) || is_prefix(token));
    let begins = |at: usize| {
        let pieces = tokens[at..].iter().take_while(|token| is_piece(token));
        has_digit(&tokens[at]) || is_prefix(&tokens[at]) && pieces.skip(1).any(has_digit)
    };
    let begin = (from..tokens.len().min(from + BETWEEN + 1)).find(|at| begins(*at))?;
    let pieces = tokens[begin..].iter().take_while(|token| is_piece(token));
    let text: String = pieces.map(|token| token.text.as_str()).collect();
    reference(&text)
}

/// The names that stand behind token `from`. A Chinese one may end anywhere, and is given at each length.
fn names_behind(lexicon: &Lexicon, line: &str, tokens: &[Token], from: usize) -> Vec<String> {
    let identity = &lexicon.identity;
    let from = identity.titles.skip(tokens, from);
    let rest = tokens.get(from..).unwrap_or_default();
    let is_of_name = |token: &&Token| !identity.name_ends.have(&token.text);
    if rest
        .first()
        .is_some_and(|token| token.text.chars().all(is_han))
    {
        let is_near = |token: &Token| token.gap == Gap::None;
        let characters: Vec<&str> = rest
            .iter()
            .enumerate()
            .take_while(|(i, token)| {
                (*i == 0 || is_near(token)) && is_of_name(token) && token.text.chars().all(is_han)
            })
            .map(|(_, token)| token.text.as_str())
            .take(*CHARACTERS.end())
            .collect();
        let lengths = CHARACTERS
            .rev()
            .filter(|length| *length <= characters.len());
        return lengths
            .map(|length| characters[..length].concat())
            .collect();
    }
    let is_capital = |token: &&Token| {
        let original = line.get(token.span.clone()).unwrap_or_default();
        original.chars().next().is_some_and(char::is_uppercase)
    };
    let words = rest
        .iter()
        .take_while(|token| is_capital(token) && is_of_name(token));
    let words: Vec<&str> = words.map(|token| token.text.as_str()).collect();
    match WORDS.contains(&words.len()) {
        true => vec![name(&words.join(" "))],
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Vec<(ClueKind, String)> {
        let clues = clues(&Lexicon::built_in(), line);
        clues
            .into_iter()
            .map(|clue| (clue.kind, clue.text))
            .collect()
    }

    #[test]
    fn numbers_by_which_companies_know_people_are_heard_in_both_languages() {
        for (line, expected) in [
            ("Yes, my order number is 48291.", "48291"),
            ("The customer number, let me see, is NW-20 451.", "NW20451"),
            ("It's booking reference B 7 7 0 1.", "B7701"),
            ("我的订单号是48291。", "48291"),
            ("合同编号 HT-2024-017", "HT2024017"),
        ] {
            assert_eq!(
                told(line),
                [(ClueKind::Reference, expected.to_owned())],
                "{line}"
            );
        }
    }

    #[test]
    fn whole_names_are_heard_and_nothing_else_is_taken_for_one() {
        assert_eq!(
            told("Hi, my name is Daniel Whitmore and I was charged twice."),
            [(ClueKind::Name, "daniel whitmore".to_owned())]
        );
        assert_eq!(
            told("This is Mrs Anna Lee calling."),
            [(ClueKind::Name, "anna lee".to_owned())]
        );
        let chinese: Vec<String> = told("你好，我叫王小明，想查一下账单。")
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(chinese, ["王小明", "王小"]);
        for line in [
            "This is a disgrace.",
            "My name is Daniel.",
            "The order number is on the letter.",
            "I paid 48291 dollars.",
            "My order is number two.",
            "this is not what I ordered",
        ] {
            assert_eq!(told(line), [], "{line}");
        }
    }

    #[test]
    fn what_is_compared_is_written_one_way() {
        assert_eq!(reference("nw-20 451").as_deref(), Some("NW20451"));
        assert_eq!(reference("ＮＷ２０４５１").as_deref(), Some("NW20451"));
        assert_eq!(reference("ABCDEF"), None);
        assert_eq!(name("  Daniel   WHITMORE "), "daniel whitmore");
        assert_eq!(name("王 小明"), "王小明");
    }
}
