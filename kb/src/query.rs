//! What was said → a query.
//!
//! Speech has no syntax: "not", quotes and stars are words or nothing. So each word becomes a term
//! query, and no query parser ever sees the text.

use std::collections::HashSet;
use std::ops::Range;

use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, DisjunctionMaxQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::tokenizer::TextAnalyzer;

use crate::article::Lang;
use crate::schema::Fields;

/// Only the end of a longer text is searched, in characters: what was said last is what it is about.
/// This is half a minute of English or two of Mandarin, more than any utterance.
const LONGEST_TEXT: usize = 600;

/// How much a word's other fields count beside its best one.
///
/// A word in the triggers, the title and the body is better than one in the triggers alone, but not as
/// good as three different words.
const OTHER_FIELDS: f32 = 0.2;

/// One word of a query.
#[derive(Debug)]
pub(crate) struct Word {
    /// Whose fields it is looked up in.
    pub lang: Lang,
    /// As it stands in the index: lower case, stemmed.
    pub term: String,
    /// As it was said.
    pub spoken: String,
    /// Where it was said. Words of one language may overlap: 路由 lies in 路由器.
    range: Range<usize>,
}

/// The different words of a text in one language, in their order.
pub(crate) fn words(text: &str, lang: Lang, analyzer: &mut TextAnalyzer) -> Vec<Word> {
    let text = end_of(text);
    let mut seen = HashSet::new();
    let mut words = Vec::new();
    analyzer.token_stream(text).process(&mut |token| {
        let is_word = token.text.chars().any(char::is_alphanumeric);
        if is_word && seen.insert(token.text.clone()) {
            let range = token.offset_from..token.offset_to;
            words.push(Word {
                lang,
                term: token.text.clone(),
                spoken: text[range.clone()].to_owned(),
                range,
            });
        }
    });
    words
}

/// Finds articles with any of the words. More words, rarer words and better fields score higher (BM25).
pub(crate) fn any_of(words: &[Word], fields: &Fields) -> BooleanQuery {
    BooleanQuery::union(words.iter().map(|word| anywhere(word, fields)).collect())
}

fn anywhere(word: &Word, fields: &Fields) -> Box<dyn Query> {
    let in_field = |(field, weight)| {
        let term = Term::from_field_text(field, &word.term);
        let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
        Box::new(BoostQuery::new(Box::new(query), weight)) as Box<dyn Query>
    };
    let fields = fields.of(word.lang).weighted();
    Box::new(DisjunctionMaxQuery::with_tie_breaker(
        fields.map(in_field).into(),
        OTHER_FIELDS,
    ))
}

/// Those words as they were said, without the ones that are part of another.
pub(crate) fn spoken(words: &[&Word]) -> Vec<String> {
    let is_part = |inner: &Word| {
        words.iter().any(|outer| {
            inner.range != outer.range
                && outer.range.start <= inner.range.start
                && inner.range.end <= outer.range.end
        })
    };
    let whole = words.iter().filter(|word| !is_part(word));
    whole.map(|word| word.spoken.clone()).collect()
}

fn end_of(text: &str) -> &str {
    match text.char_indices().rev().nth(LONGEST_TEXT - 1) {
        Some((start, _)) => &text[start..],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::analyzer;

    fn terms(text: &str, lang: Lang) -> Vec<String> {
        let words = words(text, lang, &mut analyzer(lang));
        words.into_iter().map(|word| word.term).collect()
    }

    #[test]
    fn query_syntax_is_only_words() {
        assert_eq!(
            terms("title:refund AND (bill* OR \"late fee\")~2 -card", Lang::En),
            ["titl", "refund", "bill", "late", "fee", "2", "card"]
        );
    }

    #[test]
    fn words_said_again_count_once() {
        assert_eq!(terms("refund Refund refunds", Lang::En), ["refund"]);
    }

    #[test]
    fn what_is_no_word_is_left_out() {
        for text in ["", " \n", "?! ... ——，。", "🙂🙂", "\u{0}\u{200b}"] {
            for lang in [Lang::En, Lang::Zh] {
                assert!(terms(text, lang).is_empty(), "{text:?} {lang:?}");
            }
        }
    }

    #[test]
    fn only_the_end_of_a_long_text_is_searched() {
        let text = format!("refund {} router", "，".repeat(LONGEST_TEXT));
        assert_eq!(terms(&text, Lang::Zh), ["router"]);
    }

    #[test]
    fn a_word_inside_a_longer_one_is_not_told_twice() {
        let words = words("路由器坏了", Lang::Zh, &mut analyzer(Lang::Zh));
        assert_eq!(spoken(&words.iter().collect::<Vec<_>>()), ["路由器", "坏"]);
    }
}
