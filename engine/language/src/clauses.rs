//! Where a clause begins though nobody wrote a mark before it.
//!
//! Recognisers leave marks out where people do not pause: "it is still not working I want to
//! cancel". A word that is always a subject tells, and one that links clauses; unless the clause is
//! what a verb of the one before speaks of: "I do not think I will cancel".

use crate::lexicon::Clauses;
use crate::tokens::Token;

/// Longest word before a clause that takes it in, in tokens: 没有必要.
const LONGEST: usize = 4;

/// Whether the token at `at` begins a clause of its own.
pub fn begins_clause<T: AsRef<Token>>(clauses: &Clauses, tokens: &[T], at: usize) -> bool {
    let begins = clauses.subjects.longest_at(tokens, at).is_some()
        || clauses.borders.longest_at(tokens, at).is_some();
    let takes_it_in = || {
        let mut from = at.saturating_sub(LONGEST)..at;
        from.any(|from| clauses.embedding.longest_at(tokens, from) == Some(at))
    };
    tokens[at].as_ref().opens() || (begins && !takes_it_in())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Lexicon;

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
