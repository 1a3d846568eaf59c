//! What was heard → a query for the index.
//!
//! Speech has no syntax: "not", quotes and stars are words or nothing. So each word becomes a term
//! query, and no query parser ever sees the text.

use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, DisjunctionMaxQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use crate::schema::LangFields;
use crate::vocabulary::{Heard, Vocabulary};

/// Only the end of a longer text is searched, in characters: what was said last is what it is
/// about. This is half a minute of English or two of Mandarin, more than any utterance.
const LONGEST_TEXT: usize = 600;

/// How much a word's other fields count beside its best one.
///
/// A word in the triggers, the title and the body is better than one in the triggers alone, but not
/// as good as three different words.
const OTHER_FIELDS: f32 = 0.2;

/// Finds articles with any of the words. More words, rarer words, words heard more surely and
/// better fields score higher (BM25).
pub(crate) fn any_of(
    heard: &[Heard],
    vocabulary: &Vocabulary,
    fields: &LangFields,
) -> BooleanQuery {
    let anywhere = |heard: &Heard| {
        let in_field = |(field, weight): (_, f32)| {
            let term = Term::from_field_text(field, vocabulary.text(heard.term));
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(query), weight * heard.sure)) as Box<dyn Query>
        };
        Box::new(DisjunctionMaxQuery::with_tie_breaker(
            fields.weighted().map(in_field).into(),
            OTHER_FIELDS,
        )) as Box<dyn Query>
    };
    BooleanQuery::union(heard.iter().map(anywhere).collect())
}

/// Byte at which the part of a text begins that is searched.
pub(crate) fn start_of_end(text: &str) -> usize {
    let last = text.char_indices().rev().nth(LONGEST_TEXT - 1);
    last.map_or(0, |(start, _)| start)
}

/// Those words in their order, without the ones that are part of another.
pub(crate) fn without_parts<'a>(heard: &[&'a Heard]) -> Vec<&'a Heard> {
    let is_part = |inner: &Heard| {
        heard.iter().any(|outer| {
            inner.range != outer.range
                && outer.range.start <= inner.range.start
                && inner.range.end <= outer.range.end
        })
    };
    let mut whole: Vec<&Heard> = heard
        .iter()
        .copied()
        .filter(|word| !is_part(word))
        .collect();
    whole.sort_by_key(|heard| heard.range.start);
    whole.dedup_by_key(|heard| heard.range.clone());
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_long_text_is_searched() {
        let text = format!("refund {} router", "，".repeat(LONGEST_TEXT));
        assert!(!text[start_of_end(&text)..].contains("refund"));
        assert!(text[start_of_end(&text)..].ends_with("router"));
        assert_eq!(start_of_end("short"), 0);
    }

    #[test]
    fn a_word_inside_a_longer_one_is_not_told_twice() {
        let heard = |term, range| Heard {
            term,
            sure: 1.0,
            range,
        };
        let all = [heard(0, 0..9), heard(1, 0..6), heard(2, 9..12)];
        let whole = without_parts(&all.iter().collect::<Vec<_>>());
        assert_eq!(whole.iter().map(|h| h.term).collect::<Vec<_>>(), [0, 2]);
    }
}
