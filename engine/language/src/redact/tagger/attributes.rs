//! What the tagger is told of each token: what it is, what stands around it, what was said before, and
//! what the rules make of it.

use std::ops::Range;
use std::sync::Arc;

use crate::redact::line::Line;
use crate::redact::structure::luhn;
use crate::redact::units::What;
use crate::redact::{Heard, Takes, Topic};
use crate::tokens::Token;

/// So many words of the line before are looked at, of the one before that, and of one's own.
const THEIRS: usize = 24;
const EARLIER: usize = 14;
const OWN: usize = 10;
/// So many words before and behind a number.
const BEFORE: usize = 8;
const BEHIND: usize = 5;
/// A code in more groups is just long.
const GROUPS: usize = 6;
/// Between two parts of a number are no more hesitations.
const JOINTS: usize = 3;

/// An attribute, by the hash of its name (FNV-1a, 32 bits).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Attribute(pub u32);

impl Attribute {
    /// The attribute of that name, which comes in parts.
    fn new(parts: &[&str]) -> Self {
        let mut hash = 0x811c_9dc5_u32;
        for part in parts {
            for byte in part.bytes().chain([0x1f]) {
                hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            }
        }
        Self(hash)
    }
}

/// The attributes of the tokens of a line.
pub struct Attributes {
    /// Those that all tokens of a number share.
    pub numbers: Vec<Vec<Attribute>>,
    /// Those that all other tokens share.
    pub words: Vec<Attribute>,
    /// The tokens.
    pub tokens: Vec<OfToken>,
}

/// The attributes of a token.
pub struct OfToken {
    /// The number that it is part of: it shares that one's attributes, otherwise those of words.
    pub number: Option<usize>,
    /// Its own.
    pub own: Vec<Attribute>,
    /// What the rules make of it.
    pub rules: Vec<Attribute>,
}

/// A number as it is told of: how many digits.
fn bucket(digits: usize) -> String {
    match digits {
        0..=12 | 16..=19 => digits.to_string(),
        13..=15 => "13-15".to_owned(),
        20.. => "20+".to_owned(),
    }
}

/// The words of a line: numbers by their length alone.
fn words(line: &Line<'_>) -> Vec<String> {
    (line.first..line.tokens.len())
        .map(|token| word(line, token))
        .collect()
}

/// A line for what is said next.
pub fn heard(line: &Line<'_>) -> Heard {
    let words = words(line);
    Heard {
        theirs: grams(&words, THEIRS),
        earlier: grams(&words, EARLIER),
        own: grams(&words, OWN),
    }
}

/// The kind of a unit in one letter, if it is part of a number.
fn kind(line: &Line<'_>, token: usize) -> Option<char> {
    match line.units[line.unit_at(token)].what {
        What::Digits(_) => Some('d'),
        What::Code(_) => Some('c'),
        What::Amount(_) => Some('m'),
        What::Date(_) => Some('t'),
        What::Joint | What::Word => None,
    }
}

fn word(line: &Line<'_>, token: usize) -> String {
    match kind(line, token) {
        Some(kind) => {
            let unit = line.unit_at(token);
            format!("#{kind}{}", bucket(line.code(unit..unit + 1).len()))
        }
        None => line.tokens[token].text.clone(),
    }
}

/// Pairs of words, and threes of Chinese characters, that stand next to each other.
fn phrases(words: &[String]) -> Vec<String> {
    let han = |word: &String| word.chars().next().is_some_and(crate::fold::is_han);
    let pairs = words.windows(2).map(|pair| pair.concat());
    let threes = words.windows(3).filter(|three| three.iter().all(han));
    pairs.chain(threes.map(|three| three.concat())).collect()
}

/// Single words and phrases among the last words of a line.
fn grams(words: &[String], most: usize) -> Arc<[String]> {
    let words = &words[words.len().saturating_sub(most)..];
    let mut grams: Vec<String> = words.iter().cloned().chain(phrases(words)).collect();
    grams.sort();
    grams.dedup();
    grams.into()
}

/// Words in one.
fn joined(words: &[String]) -> String {
    words.join(" ")
}

fn name(topic: Option<Topic>) -> &'static str {
    match topic {
        Some(Topic::Secret(kind)) => kind.as_str(),
        Some(Topic::AfterCard) => "after",
        Some(Topic::Harmless) => "harmless",
        None => "-",
    }
}

const fn takes(takes: Option<Takes>) -> &'static str {
    match takes {
        Some(Takes::Corrections) => "corrections",
        Some(Takes::Long) => "long",
        Some(Takes::Answers) => "answers",
        Some(Takes::All) => "all",
        None => "-",
    }
}

/// Gathers the attributes of a line.
struct Gatherer<'l> {
    line: &'l Line<'l>,
    words: Vec<String>,
    numbers: Vec<Range<usize>>,
    theirs: &'l [String],
    earlier: &'l [String],
    own: &'l [String],
    length: &'static str,
    fills: bool,
}

/// The attributes of the tokens of a line.
pub fn attributes(line: &Line<'_>) -> Attributes {
    let around = line.before.around;
    let (theirs, earlier, own): (&[String], &[String], &[String]) = match around {
        Some(around) => (&around.theirs, &around.earlier, &around.own),
        None => (&[], &[], &[]),
    };
    let tokens = line.first..line.tokens.len();
    let lists = &line.lexicon.redaction;
    let plain = tokens.clone().filter(|token| kind(line, *token).is_none());
    let fills = plain.clone().all(|token| {
        line.units[line.unit_at(token)].what == What::Joint
            || [&lists.answering, &lists.naming, &lists.joining]
                .iter()
                .any(|list| list.longest_at(&line.tokens, token).is_some())
    });
    let gatherer = Gatherer {
        words: words(line),
        numbers: numbers(line),
        theirs,
        earlier,
        own,
        length: match plain.count() {
            0 => "0",
            1..=3 => "1-3",
            4..=8 => "4-8",
            9.. => "9+",
        },
        fills,
        line,
    };
    gatherer.gather()
}

/// The tokens of each number: with hesitation in it.
pub fn numbers(line: &Line<'_>) -> Vec<Range<usize>> {
    let mut numbers: Vec<Range<usize>> = Vec::new();
    let mut at = line.first;
    while at < line.tokens.len() {
        if kind(line, at).is_none() {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut next = end;
        while next < line.tokens.len() {
            if kind(line, next).is_some() {
                end = next + 1;
            } else if line.units[line.unit_at(next)].what != What::Joint || next - end >= JOINTS {
                break;
            }
            next += 1;
        }
        numbers.push(at..end);
        at = end;
    }
    numbers
}

impl Gatherer<'_> {
    fn gather(&self) -> Attributes {
        let number_of = |token: usize| {
            self.numbers
                .iter()
                .position(|number| number.contains(&token))
        };
        let shapes: Vec<String> = self
            .numbers
            .iter()
            .map(|number| self.shape(number))
            .collect();
        let tokens = (self.line.first..self.line.tokens.len()).map(|token| {
            let number = number_of(token);
            let own = match number {
                Some(at) => self.of_digits(token, &self.numbers[at]),
                None => self.of_word(token),
            };
            OfToken {
                number,
                own,
                rules: self.of_rules(token, number.map(|at| shapes[at].as_str())),
            }
        });
        Attributes {
            tokens: tokens.collect(),
            words: self.of_words(),
            numbers: self
                .numbers
                .iter()
                .map(|number| self.of_number(number))
                .collect(),
        }
    }

    /// The words of some tokens, which lie within the line.
    fn words(&self, tokens: Range<usize>) -> &[String] {
        let first = self.line.first;
        let from = tokens.start.clamp(first, self.line.tokens.len());
        let end = tokens.end.clamp(from, self.line.tokens.len());
        &self.words[from - first..end - first]
    }

    /// The code that a number makes, and its groups.
    fn code(&self, number: &Range<usize>) -> (String, Vec<usize>) {
        let units = self.line.unit_at(number.start)..self.line.unit_at(number.end - 1) + 1;
        let groups = units.clone().filter_map(|unit| {
            let length = self.line.code(unit..unit + 1).len();
            (length > 0).then_some(length)
        });
        let groups = groups.collect();
        (self.line.code(units), groups)
    }

    /// How many digits and letters a number has.
    fn shape(&self, number: &Range<usize>) -> String {
        let (code, _) = self.code(number);
        let digits = code.bytes().filter(u8::is_ascii_digit).count();
        format!(
            "{} {}",
            bucket(digits),
            (code.chars().count() - digits).min(3)
        )
    }

    /// What was named last before a token, and how far away.
    fn cue_before(&self, token: usize) -> (&'static str, usize) {
        let cues = self.line.cues.iter().rev();
        let mut cues =
            cues.filter(|cue| cue.tokens.end <= token && cue.tokens.end > self.line.first);
        cues.next().map_or(("-", 0), |cue| {
            (name(Some(cue.topic)), token + 1 - cue.tokens.end)
        })
    }

    fn of_number(&self, number: &Range<usize>) -> Vec<Attribute> {
        let line = self.line;
        let mut all: Vec<Attribute> = Vec::new();
        let mut add = |parts: &[&str]| all.push(Attribute::new(parts));
        let (code, groups) = self.code(number);
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        let n = bucket(digits.len());
        let shape = self.shape(number);
        let mut kinds: Vec<char> = number
            .clone()
            .filter_map(|token| kind(line, token))
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        let kinds: String = kinds.into_iter().collect();
        let letters: String = code
            .chars()
            .take(4)
            .map(|c| if c.is_ascii_digit() { 'd' } else { 'L' })
            .collect();
        let groups = match groups.len() {
            0..=GROUPS => groups
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("-"),
            _ => "long".to_owned(),
        };
        add(&["number"]);
        add(&["n", &n]);
        add(&["nl", &shape]);
        add(&["kinds", &kinds]);
        add(&["form", &letters, &bucket(code.len())]);
        add(&["groups", &groups]);
        if digits.len() >= 13 && digits.len() == code.len() {
            add(&["luhn", if luhn(&digits) { "yes" } else { "no" }]);
        }
        if let Some(first) = digits.get(..1) {
            add(&["first", first, &n]);
            add(&["two", digits.get(..2).unwrap_or(first), &n]);
        }
        let before = line.between(number.start);
        if before.contains(['$', '£', '€', '¥', '￥']) {
            add(&["money"]);
        }
        if let Some(next) = line.tokens.get(number.end) {
            if line
                .lexicon
                .redaction
                .units
                .longest_at(&line.tokens, number.end)
                .is_some()
            {
                add(&["counts"]);
            }
            if line.text[..next.span.start].ends_with(['%', '％', '元', '°']) {
                add(&["share"]);
            }
        }
        let fills = if self.fills { "fills" } else { "tells" };
        add(&["length", self.length]);
        add(&["length", self.length, &shape]);
        add(&["fills", fills, &shape]);
        for gram in self.theirs {
            add(&["theirs", gram]);
            add(&["theirs", gram, &shape]);
        }
        for gram in self.earlier {
            add(&["earlier", gram]);
        }
        for gram in self.own {
            add(&["own", gram]);
        }
        let before = self.words(number.start.saturating_sub(BEFORE)..number.start);
        let behind = self.words(number.end..number.end + BEHIND);
        for word in before.iter().cloned().chain(phrases(before)) {
            add(&["before", &word]);
        }
        for word in behind {
            add(&["behind", word]);
        }
        for n in 1..=4 {
            if let Some(from) = before.len().checked_sub(n) {
                add(&["right before", &joined(&before[from..])]);
            }
            if n < 4 && behind.len() >= n {
                add(&["right behind", &joined(&behind[..n])]);
            }
        }
        if before.is_empty() {
            add(&["begins"]);
        }
        if behind.is_empty() {
            add(&["ends"]);
        }
        add(&["numbers", &self.numbers.len().to_string()]);
        let (cue, away) = self.cue_before(number.start);
        let away = match away {
            0..=3 => "near",
            4..=7 => "by",
            8.. => "far",
        };
        add(&["cue", cue]);
        add(&["cue", cue, away]);
        let called = name(line.called(line.unit_at(number.end - 1) + 1));
        add(&["called", called]);
        let expected = line.before.expected;
        let topic = name(expected.map(|expected| expected.topic));
        let asked = if expected.is_some_and(|expected| expected.asked) {
            "asked"
        } else {
            "told"
        };
        let carried = expected
            .map_or(0, |expected| expected.carried.len().min(16) / 4)
            .to_string();
        let repeats = if line.before.repeats {
            "repeats"
        } else {
            "gives"
        };
        add(&["expected", topic]);
        add(&[
            "expected",
            topic,
            takes(expected.map(|expected| expected.takes)),
            asked,
        ]);
        add(&["expected for", topic, &shape]);
        add(&["carried", topic, &carried, repeats]);
        add(&["expected and cue", topic, cue]);
        let unnamed = if line.before.unnamed {
            "unnamed"
        } else {
            "named"
        };
        add(&[unnamed, &shape, fills]);
        all
    }

    fn of_digits(&self, token: usize, number: &Range<usize>) -> Vec<Attribute> {
        let place = if token == number.start {
            "first"
        } else {
            "within"
        };
        let mut all = vec![Attribute::new(&["place", place])];
        if kind(self.line, token).is_none() {
            all.push(Attribute::new(&["joint"]));
        }
        all
    }

    /// What all words share.
    fn of_words(&self) -> Vec<Attribute> {
        let mut all: Vec<Attribute> = Vec::new();
        let mut add = |parts: &[&str]| all.push(Attribute::new(parts));
        add(&["word"]);
        add(&["length", self.length]);
        for gram in self.theirs {
            add(&["theirs", gram]);
        }
        for gram in self.earlier {
            add(&["earlier", gram]);
        }
        let expected = self.line.before.expected;
        let topic = name(expected.map(|expected| expected.topic));
        let asked = if expected.is_some_and(|expected| expected.asked) {
            "asked"
        } else {
            "told"
        };
        add(&["word expected", topic, asked]);
        add(&[
            "word expected",
            topic,
            takes(expected.map(|expected| expected.takes)),
            self.length,
        ]);
        all
    }

    fn of_word(&self, token: usize) -> Vec<Attribute> {
        let line = self.line;
        let mut all: Vec<Attribute> = Vec::new();
        let mut add = |parts: &[&str]| all.push(Attribute::new(parts));
        let Token { text, span, .. } = &line.tokens[token];
        let case = match line.text[span.clone()].chars().next() {
            Some(c) if c.is_uppercase() => "capital",
            Some(c) if c.is_lowercase() => "small",
            _ => "other",
        };
        add(&["word", text]);
        add(&["case", case]);
        let mut near: Vec<&str> = Vec::new();
        for away in -3_isize..=3 {
            let at = token
                .checked_add_signed(away)
                .filter(|at| *at >= line.first);
            let word = at.map_or("<>", |at| {
                self.words(at..at + 1).first().map_or("<>", String::as_str)
            });
            near.push(word);
            add(&["near", &away.to_string(), word]);
        }
        add(&["pair before", near[2], text]);
        add(&["two before", near[1], near[2]]);
        add(&["pair behind", text, near[4]]);
        let lists = &line.lexicon.redaction;
        for (name, list) in [
            ("answering", &lists.answering),
            ("units", &lists.units),
            ("corrections", &lists.corrections),
            ("named", &lists.named),
            ("naming", &lists.naming),
            ("months", &lists.months),
            ("dot", &lists.dot),
            ("at", &lists.at_sign),
            ("regions", &lists.regions),
            ("streets", &lists.streets),
            ("dwellings", &lists.dwellings),
            ("timing", &lists.timing),
            ("positions", &lists.positions),
            ("joining", &lists.joining),
            ("no answer", &lists.no_answer),
            ("determiners", &lists.determiners),
        ] {
            if list.longest_at(&line.tokens, token).is_some() {
                add(&["list", name]);
            }
        }
        let mark = line.between(token).trim();
        add(&["mark", mark]);
        add(&["from start", &(token - line.first).min(4).to_string()]);
        add(&[
            "to end",
            &(line.tokens.len() - 1 - token).min(3).to_string(),
        ]);
        let (cue, away) = self.cue_before(token);
        add(&["word cue", cue]);
        add(&["word cue", cue, &away.min(6).to_string()]);
        all
    }

    fn of_rules(&self, token: usize, shape: Option<&str>) -> Vec<Attribute> {
        let line = self.line;
        let rule = |token: usize| {
            let unit = line.unit_at(token);
            let hit = line.hits.iter().find(|hit| hit.units.contains(&unit));
            hit.map_or("-", |hit| hit.kind.as_str())
        };
        let here = rule(token);
        let goes_on = token > line.first && rule(token - 1) == here;
        let topic = name(line.before.expected.map(|expected| expected.topic));
        let (cue, _) = self.cue_before(token);
        let mut all = vec![
            Attribute::new(&["rules", here]),
            Attribute::new(&["rules", here, if goes_on { "go on" } else { "begin" }]),
            Attribute::new(&["rules expect", here, topic]),
            Attribute::new(&["rules name", here, cue]),
        ];
        if let Some(shape) = shape {
            all.push(Attribute::new(&["rules for", here, shape]));
        }
        all
    }
}
