//! What is asked for.
//!
//! The text has one sign with a meaning: quotes make a phrase. Everything else is words, which must
//! all occur in a line, in any order. Mandarin words need no spaces: jieba cuts them.

use std::collections::BTreeSet;
use std::ops::Bound;

use sidetone_types::party::Role;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, Occur, PhraseQuery, Query as Question, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::IndexRecordOption;

use super::schema::Fields;
use super::words::words;
use crate::schema::mandarin_words;

/// Longer questions are cut, in words: nobody types so many.
const MOST_WORDS: usize = 64;

/// What to look for. Everything that is set must be so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Words, and phrases in quotes ("", “” or 「」). Empty: every line.
    pub text: String,
    /// Who said it.
    pub speaker: Option<Role>,
    /// Who took the call.
    pub agent_id: Option<String>,
    /// Taken by one of these; by anybody if `None`.
    pub agents: Option<BTreeSet<String>>,
    /// The customer's name in the CRM, or number in E.164.
    pub customer: Option<String>,
    /// Of one call only.
    pub call_id: Option<String>,
    /// Said then or later, in milliseconds since 1970.
    pub from: Option<u64>,
    /// Said before that.
    pub until: Option<u64>,
    /// Said in a call in which any of these rules raised an alert.
    pub rules: Vec<String>,
    /// Said in this mood. No line fits whose voice was not read; so with strain.
    pub mood: Option<String>,
    /// Said under at least so much strain, in [0, 1].
    pub strain: Option<f32>,
    /// What comes first.
    pub order: Order,
    /// Lines to pass over, below [`FURTHEST`](super::FURTHEST).
    pub offset: usize,
    /// Lines wanted, at most [`LARGEST_PAGE`](super::LARGEST_PAGE).
    pub limit: usize,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// What was said last.
    #[default]
    Newest,
    /// What fits best (BM25).
    Best,
}

/// The words and phrases of a question; a word is a phrase of one.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Wanted(pub Vec<Vec<String>>);

impl Query {
    /// Looks for a text, newest first, fifty lines at most.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            limit: 50,
            ..Self::default()
        }
    }

    /// The question as the index understands it. `calls` are those allowed, if not all are.
    pub(super) fn question(
        &self,
        wanted: &Wanted,
        calls: Option<Vec<String>>,
        fields: &Fields,
    ) -> BooleanQuery {
        let is = |field, value: &str| -> Box<dyn Question> {
            let term = Term::from_field_text(field, value);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        };
        let mut all: Vec<Box<dyn Question>> = vec![Box::new(AllQuery)];
        all.extend(wanted.0.iter().map(|phrase| said(phrase, fields)));
        all.push(match self.speaker {
            Some(speaker) => is(fields.speaker, speaker.as_str()),
            // Alerts have no speaker.
            None => any_of(&Role::ALL.map(|role| is(fields.speaker, role.as_str()))),
        });
        all.extend(self.agent_id.as_ref().map(|id| is(fields.agent_id, id)));
        all.extend(self.agents.as_ref().map(|agents| -> Box<dyn Question> {
            let terms = agents.iter();
            let terms = terms.map(|id| Term::from_field_text(fields.agent_id, id));
            Box::new(TermSetQuery::new(terms))
        }));
        all.extend(self.call_id.as_ref().map(|id| is(fields.call_id, id)));
        all.extend(self.customer.as_ref().map(|customer| {
            any_of(&[is(fields.customer_id, customer), is(fields.phone, customer)])
        }));
        if self.from.is_some() || self.until.is_some() {
            let at = |ms| Term::from_field_u64(fields.said_at, ms);
            let from = self
                .from
                .map_or(Bound::Unbounded, |ms| Bound::Included(at(ms)));
            let until = self
                .until
                .map_or(Bound::Unbounded, |ms| Bound::Excluded(at(ms)));
            all.push(Box::new(RangeQuery::new(from, until)));
        }
        all.extend(self.mood.as_ref().map(|mood| is(fields.mood, mood)));
        if let Some(strain) = self.strain {
            let least = Term::from_field_f64(fields.strain, strain.into());
            all.push(Box::new(RangeQuery::new(
                Bound::Included(least),
                Bound::Unbounded,
            )));
        }
        if let Some(calls) = calls {
            let calls = calls.iter().map(|call| fields.call(call));
            all.push(Box::new(TermSetQuery::new(calls)));
        }
        BooleanQuery::new(all.into_iter().map(|one| (Occur::Must, one)).collect())
    }
}

fn any_of(questions: &[Box<dyn Question>]) -> Box<dyn Question> {
    let any = questions.iter().map(|one| (Occur::Should, one.box_clone()));
    Box::new(BooleanQuery::new(any.collect()))
}

fn said(phrase: &[String], fields: &Fields) -> Box<dyn Question> {
    let term = |word: &String| Term::from_field_text(fields.text, word);
    match phrase {
        [word] => Box::new(TermQuery::new(term(word), IndexRecordOption::WithFreqs)),
        words => Box::new(PhraseQuery::new(words.iter().map(term).collect())),
    }
}

impl Wanted {
    /// Whether no line can have it: something is asked for, and there is no word in it.
    pub fn is_nowhere(&self, text: &str) -> bool {
        self.0.is_empty() && !text.trim().is_empty()
    }

    /// Reads the text of a question. A quote that is never closed is no quote.
    pub fn read(text: &str) -> Self {
        let mut phrases: Vec<Vec<String>> = Vec::new();
        let mut left = MOST_WORDS;
        for part in parts(text) {
            let (texts, whole) = match part {
                Part::Words(text) => (mandarin_words(text), false),
                Part::Phrase(text) => (vec![text.to_owned()], true),
            };
            for text in texts {
                let found = words(&text).into_iter().map(|(word, _)| word);
                let found: Vec<String> = found.take(left).collect();
                left -= found.len();
                let is_han = |word: &String| word.chars().all(sidetone_language::fold::is_han);
                // Outside of quotes, what jieba cut is one word if it is Mandarin.
                let one = whole || found.iter().all(is_han);
                let groups = match one {
                    true => vec![found],
                    false => found.into_iter().map(|word| vec![word]).collect(),
                };
                phrases.extend(groups.into_iter().filter(|phrase| !phrase.is_empty()));
            }
        }
        phrases.dedup();
        Self(phrases)
    }
}

enum Part<'a> {
    Words(&'a str),
    Phrase(&'a str),
}

fn parts(mut text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while let Some((start, open)) = text.char_indices().find(|&(_, c)| closing(c).is_some()) {
        let (before, rest) = (&text[..start], &text[start + open.len_utf8()..]);
        let close = closing(open).expect("it was just found to open a phrase");
        let Some(end) = rest.find(close) else {
            break;
        };
        parts.push(Part::Words(before));
        parts.push(Part::Phrase(&rest[..end]));
        text = &rest[end + close.len_utf8()..];
    }
    parts.push(Part::Words(text));
    parts
}

/// What ends a phrase that begins so.
fn closing(open: char) -> Option<char> {
    Some(match open {
        '"' => '"',
        '＂' => '＂',
        '“' => '”',
        '「' => '」',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_make_phrases_and_nothing_else_has_a_meaning() {
        for (text, expected) in [
            ("refunds please", "refund|pleas"),
            ("\"charged twice\" refund", "charg twice|refund"),
            ("“重复扣”退款", "重 复 扣|退 款"),
            ("我要退款", "我|要|退 款"),
            ("a \"b c", "a|b|c"),
            ("AND (x:y~2) -z*", "and|x|y|2|z"),
            ("\"\" ?! \"...\"", ""),
        ] {
            let wanted = Wanted::read(text).0;
            let shown: Vec<String> = wanted.iter().map(|phrase| phrase.join(" ")).collect();
            assert_eq!(shown.join("|"), expected, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let wanted = Wanted::read(&"word 词 ".repeat(1_000)).0;
        assert_eq!(wanted.iter().map(Vec::len).sum::<usize>(), MOST_WORDS);
    }
}
