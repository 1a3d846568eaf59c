//! Yes and no to what the other side asked for or proposed.

use super::sentence::Sentence;
use sidetone_language::lexicon::Answers;
use sidetone_language::tokens::Token;
use sidetone_types::party::Side;

/// Whether a sentence agrees to what was asked or proposed.
pub(super) fn agrees(sentence: &Sentence, words: &Answers) -> bool {
    let starts = (0..sentence.tokens.len().min(3))
        .any(|at| words.yes.longest_at(&sentence.tokens, at).is_some());
    // "Sure, may I have your number?" goes on to something else and promises nothing yet.
    starts
        && !(sentence.side == Side::Agent
            && (sentence.question || words.asks_on.are_in(&sentence.tokens)))
}

/// Whether a sentence turns it down.
pub(super) fn refuses(tokens: &[Token], words: &Answers) -> bool {
    (0..tokens.len().min(2)).any(|at| {
        words.no.longest_at(tokens, at).is_some() && words.kind.longest_at(tokens, at).is_none()
    }) || words.refuses.are_in(tokens)
}
