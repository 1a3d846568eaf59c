//! Where a clause begins though nobody wrote a mark before it.
//!
//! Recognisers leave marks out where people do not pause: "it is still not working I want to
//! cancel". A word that is always a subject tells, and one that links clauses; unless the clause is
//! what a verb of the one before speaks of: "I do not think I will cancel".

use std::ops::Range;

use crate::lexicon::Clauses;
use crate::tokens::{Gap, Token};

/// Whether the token at `at` begins a clause of its own.
pub fn begins_clause<T: AsRef<Token>>(clauses: &Clauses, tokens: &[T], at: usize) -> bool {
    // 没有必要
    let takes_it_in = || clauses.embedding.end_before(tokens, at);
    is_parted(tokens[at].as_ref())
        || clauses.link_at(tokens, at).is_some()
        || (clauses.subjects.longest_at(tokens, at).is_some() && !takes_it_in())
}

impl Clauses {
    /// Where the words end that link a clause, from token `at` on, to the one before it.
    pub fn link_at<T: AsRef<Token>>(&self, tokens: &[T], at: usize) -> Option<usize> {
        let other = self.no_borders.longest_at(tokens, at);
        self.borders
            .longest_at(tokens, at)
            .filter(|_| other.is_none())
    }
}

/// Whether a clause ends before token `at`, but for words like "any more" and "today".
pub fn ends_clause<T: AsRef<Token>>(clauses: &Clauses, tokens: &[T], at: usize) -> bool {
    let ends = |at: usize| at == tokens.len() || begins_clause(clauses, tokens, at);
    ends(at) || ends(clauses.trailing.skip(tokens, at))
}

/// So many tokens before a word at most bear on what it means, however long nobody pauses.
pub const REACH: usize = 40;

/// Most words before the subject of their clause, in tokens: "as a rule we call back".
const LEAD: usize = 4;

/// The clauses of a text, one after the other.
///
/// A few words before a subject are no clause of their own.
pub fn clauses<T: AsRef<Token>>(words: &Clauses, tokens: &[T]) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut from = 0;
    for at in 1..tokens.len() {
        let leads = || {
            let after_mark = from == 0 || is_parted(tokens[from].as_ref());
            let is_subject = |at| words.subjects.longest_at(tokens, at).is_some();
            after_mark && at - from <= LEAD && is_subject(at) && !(from..at).any(is_subject)
        };
        if begins_clause(words, tokens, at) && (is_parted(tokens[at].as_ref()) || !leads()) {
            clauses.push(from..at);
            from = at;
        }
    }
    clauses.push(from..tokens.len());
    clauses
}

/// Whether a mark stands before a token, or in Mandarin a pause or a particle that ends a clause:
/// 我不想要了给我退保.
pub fn is_parted(token: &Token) -> bool {
    token.opens() || (token.is_han() && token.gap == Gap::Space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Lexicon;

    #[test]
    fn a_clause_ends_behind_words_that_tell_when() {
        let lexicon = Lexicon::built_in();
        for (text, words, expected) in [
            ("I want to cancel", 4, true),
            ("I want to cancel today", 4, true),
            ("I want to cancel because it is slow", 4, true),
            ("I want to cancel today's visit", 4, false),
            ("I want to cancel the visit", 4, false),
            ("不想活了谢谢", 3, false),
            ("撑不下去谢谢", 4, true),
        ] {
            let tokens = lexicon.tokenise(text);
            let ends = ends_clause(&lexicon.clauses, &tokens, words);
            assert_eq!(ends, expected, "{text}");
        }
    }

    #[test]
    fn a_clause_begins_with_its_subject_or_with_what_links_it() {
        let lexicon = Lexicon::built_in();
        for (text, word, expected) in [
            ("it is not working I want to cancel", "I", true),
            ("I don't think we will cancel", "we", false),
            ("nobody came because the line was busy", "because", true),
            ("不退钱我就去投诉", "我", true),
            ("没说我要投诉", "我", false),
        ] {
            let tokens = lexicon.tokenise(text);
            let word = &lexicon.tokenise(word)[0].text;
            let at = tokens.iter().rposition(|token| token.text == *word);
            let at = at.expect("it is said");
            assert_eq!(
                begins_clause(&lexicon.clauses, &tokens, at),
                expected,
                "{text}"
            );
        }
    }
}
