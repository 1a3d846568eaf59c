//! Secrets in what is said: numbers of cards, codes, passwords and whatever else opens accounts or
//! tells who somebody is.
//!
//! Two kinds of evidence are told apart. A number that is whole by its own structure (a card by its
//! check digit, an IBAN, a 居民身份证) is a secret wherever it is said. All else needs to be announced
//! or asked for: in the same line ("the code on the back is …") or before it ([`Expected`]).
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `units`, `spelt`, `beside` | digits, letters and amounts, however they are said or written |
//! | `structure`, `whole` | numbers that show by themselves what they are |
//! | `names`, `cues`, `described` | what is announced and asked for |
//! | `topic`, `filler` | what a part of a line is about, and what only fills |
//! | `chains` | digits that belong together, across pauses and corrections |
//! | `numbers`, `fits`, `amounts`, `begun` | which of them are secrets |
//! | `after`, `held` | what a line leaves behind, and what is not shown while it goes on |
//! | `asked` | which of several things that were asked for at once a number is |
//! | `email`, `address`, `dates`, `words`, `passwords`, `marks` | secrets that are not, or not only, numbers |
//! | `extensions` | what is dialled behind the number of a telephone |
//! | `tagger` | what the rules miss, as marked calls tell it |
//!
//! No state: whoever follows a call keeps what a line leaves behind ([`Scan::next`]).

mod address;
mod after;
mod amounts;
mod asked;
mod begun;
mod beside;
mod chains;
mod cues;
mod dates;
mod described;
mod email;
mod extensions;
mod filler;
mod fits;
mod held;
mod line;
mod marks;
mod names;
mod numbers;
mod passwords;
mod spelt;
mod structure;
mod tagger;
mod topic;
mod units;
mod whole;
mod words;

use std::ops::Range;
use std::sync::Arc;

use sidetone_types::secret::SecretKind;

use crate::fold::is_han;
use crate::lexicon::Lexicon;
use line::Line;
pub use tagger::{Attribute, Attributes, OfToken};

/// What a number in a call is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Topic {
    /// A secret of this kind.
    Secret(SecretKind),
    /// What may follow the number of a card: until when it is valid, and its security code.
    AfterCard,
    /// Nothing that has to be hidden: an order, an amount.
    Harmless,
}

/// What is expected to be said next.
#[derive(Clone, Eq, PartialEq)]
pub struct Expected {
    /// What.
    pub topic: Topic,
    /// The digits and letters of it that have been said so far, in lower case.
    pub carried: String,
    /// Whether it was asked for right before, so that an answer in words is one.
    pub asked: bool,
    /// Whether the line before ended within it.
    pub open: bool,
    /// What of a line may be it.
    pub takes: Takes,
    /// What was asked for along with it and has not been told yet, in the order of asking.
    pub also: Vec<SecretKind>,
}

/// Which digits of a line may be what is expected.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Takes {
    /// It has been said whole and something else is spoken of: only what corrects it.
    Corrections,
    /// Only its end was asked for: numbers as long as only codes are.
    Long,
    /// It has been said whole, or somebody spoke of something else since: a line that is nothing
    /// but an answer, and numbers as long as only codes are.
    Answers,
    /// All that are not called something else.
    All,
}

/// A number that was said before, and may be said again.
#[derive(Clone, Eq, PartialEq)]
pub struct Known {
    /// What it is; `None` of what was told as harmless.
    pub kind: Option<SecretKind>,
    /// Its digits and letters, in lower case.
    pub code: String,
}

sidetone_types::private_debug!(Around, Expected, Heard, Known, Scan);

/// What a line is read with.
#[derive(Clone, Copy, Default)]
pub struct Before<'a> {
    /// What is expected.
    pub expected: Option<&'a Expected>,
    /// The words right before the line, of the same party: a pause may lie within a name.
    pub lead: &'a str,
    /// What was said before, the newest last.
    pub known: &'a [Known],
    /// Whether the line may go on, so that more is held back.
    pub goes_on: bool,
    /// Whether it is said by another party than the one that gave what is carried: what they say
    /// repeats it.
    pub repeats: bool,
    /// Whether somebody else said something right before that named nothing, and nothing is
    /// expected: a bare code answers what was asked in words that nobody knows.
    pub unnamed: bool,
    /// The kinds that are told as they are. What may be of another kind as well is of that one.
    pub kept: &'a [SecretKind],
    /// What was said around the line.
    pub around: Option<&'a Around>,
    /// Whether the rules are all that is gone by.
    pub by_rules: bool,
}

/// A line as what is said later sees it: its last words, and those that stand next to each other in one;
/// of numbers their lengths alone. Fewer of them the longer ago they were said.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Heard {
    /// As the last line of another party.
    pub theirs: Arc<[String]>,
    /// As the one before that.
    pub earlier: Arc<[String]>,
    /// As the last line of the same party.
    pub own: Arc<[String]>,
}

/// What was heard in lines that were said before ([`Scan::heard`]).
#[derive(Clone, Default)]
pub struct Around {
    /// Of the last line of another party.
    pub theirs: Arc<[String]>,
    /// Of the one before that.
    pub earlier: Arc<[String]>,
    /// Of the last line of the same party.
    pub own: Arc<[String]>,
}

/// A secret in a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// What it is.
    pub kind: SecretKind,
    /// Its bytes in the line.
    pub span: Range<usize>,
}

/// What is in a line.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Scan {
    /// The secrets, in order, none within another.
    pub found: Vec<Found>,
    /// What may become one, or part of one, of a line that goes on: likewise.
    pub held: Vec<Range<usize>>,
    /// What is expected behind the line; `None` if it changes nothing.
    pub next: Option<Expected>,
    /// What somebody may say again.
    pub said: Vec<Known>,
    /// The last words, behind all numbers: the `lead` of what the same party says next.
    pub tail: String,
    /// Whether it only agrees or hesitates: "mhm". Whoever spoke before goes on.
    pub agrees: bool,
    /// Whether it tells a number of some length, which somebody may repeat, or asks how many of
    /// something.
    pub tells: bool,
    /// Whether it is put as a question or a request, in its words.
    pub asks: bool,
    /// The same, by its words or a question mark.
    pub questions: bool,
    /// Whether it turns down what was told, or asks for the next one.
    pub renews: bool,
    /// Whether it asks to go on, without a name: "go ahead".
    pub prompts: bool,
    /// As what is said later sees it; nothing of a line that goes on.
    pub heard: Heard,
}

/// Looks for secrets in a line.
pub fn scan(line: &str, before: Before<'_>, lexicon: &Lexicon) -> Scan {
    let (whole, start) = with_lead(line, before.lead);
    Line::new(&whole, start, before, lexicon).scan()
}

/// A line behind what leads to it, and where it begins.
fn with_lead(line: &str, lead: &str) -> (String, usize) {
    let between = match (lead.chars().next_back(), line.chars().next()) {
        (Some(last), Some(first)) if is_han(last) && is_han(first) => "",
        (Some(_), _) => " ",
        (None, _) => "",
    };
    let whole = format!("{lead}{between}{line}");
    let start = whole.len() - line.len();
    (whole, start)
}

/// What the tagger is told of the tokens of a line, with the bytes of each: to fit it.
pub fn attributes(
    line: &str,
    before: Before<'_>,
    lexicon: &Lexicon,
) -> (Attributes, Vec<Range<usize>>) {
    let (whole, start) = with_lead(line, before.lead);
    let line = Line::new(&whole, start, before, lexicon).ruled();
    let tokens = line.tokens[line.first..].iter();
    let spans = tokens.map(|token| token.span.start - start..token.span.end - start);
    (tagger::attributes(&line), spans.collect())
}

/// The digits of a line, however they are said.
pub fn digits(line: &str, lexicon: &Lexicon) -> String {
    let line = Line::new(line, 0, Before::default(), lexicon);
    let code = line.code(0..line.units.len());
    code.chars().filter(char::is_ascii_digit).collect()
}

/// The bytes of all that may be part of a code in a line of which nobody knows any more what was said
/// before it: whatever has at least three digits.
pub fn codes(line: &str, lexicon: &Lexicon) -> Vec<Range<usize>> {
    let line = Line::new(line, 0, Before::default(), lexicon);
    line.codes()
}

#[cfg(test)]
mod tests;
