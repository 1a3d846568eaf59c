//! What was done during the call: what the agent says they do or have done, and what they had the
//! customer do, with what came of it.

use super::promised::Promised;
use super::sentence::Sentence;
use super::text::shorten;
use sidetone_language::lexicon::{Actions, NoteTexts};
use sidetone_language::tokens::Token;
use sidetone_types::party::Side;

/// Actions told of at most; later ones are left out.
const MOST: usize = 6;
/// Longest action, in characters.
const LENGTH: usize = 160;

/// The actions of a call, in order, in the words in which they were told.
pub(super) fn actions(
    sentences: &[Sentence],
    promised: &[Promised],
    labels: &NoteTexts,
    words: &Actions,
) -> Vec<String> {
    let mut actions: Vec<String> = Vec::new();
    for (at, sentence) in sentences.iter().enumerate() {
        if sentence.side != Side::Agent || actions.len() == MOST {
            continue;
        }
        let promises = promised.iter().any(|p| p.sentence == at || p.settled == at);
        let found = if promises {
            // The promise is told of elsewhere; its other clauses may be actions.
            sentence
                .parts()
                .into_iter()
                .find(|range| {
                    let clause = &sentence.tokens[range.clone()];
                    is_done(clause, words)
                        && !is_promised(promised, at, sentence.text_of(range.clone()))
                })
                .map(|range| sentence.text_of(range).to_owned())
        } else if let Some(from) = done_from(sentence, words) {
            Some(capital(&sentence.text[sentence.tokens[from].span.start..]))
        } else if is_asked(&sentence.tokens, words) && sentence.condition.is_none() {
            Some(match outcome(sentences, at, words) {
                Some(result) => with_outcome(&sentence.text, result, labels),
                None => sentence.text.clone(),
            })
        } else {
            None
        };
        if let Some(action) = found.map(|action| shorten(&action, LENGTH))
            && !actions.contains(&action)
        {
            actions.push(action);
        }
    }
    actions
}

fn is_done(tokens: &[Token], words: &Actions) -> bool {
    words.done.are_in(tokens) && !words.trifles.are_in(tokens) && !words.undone.are_in(tokens)
}

/// The token from which on a sentence tells of something done; what stands before is comfort.
fn done_from(sentence: &Sentence, words: &Actions) -> Option<usize> {
    if sentence.question || sentence.condition.is_some() {
        return None;
    }
    let mut clauses = sentence.parts().into_iter();
    Some(
        clauses
            .find(|c| is_done(&sentence.tokens[c.clone()], words))?
            .start,
    )
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

fn is_asked(tokens: &[Token], words: &Actions) -> bool {
    words.asked.are_in(tokens) && !words.asked_trifles.are_in(tokens)
}

fn is_promised(promised: &[Promised], at: usize, words: &str) -> bool {
    let said = |p: &Promised| {
        (p.sentence == at || p.settled == at)
            && p.when
                .as_ref()
                .is_some_and(|when| words.contains(when.said.as_str()))
    };
    promised.iter().any(said)
}

/// What the customer says right after, if that tells what came of it.
fn outcome<'a>(sentences: &'a [Sentence], at: usize, words: &Actions) -> Option<&'a str> {
    let next = sentences[at + 1..]
        .iter()
        .find(|s| s.side == Side::Customer && s.turn == sentences[at].turn + 1)?;
    let did = words.did.are_in(&next.tokens) && !next.question;
    let from = words.fillers.skip(&next.tokens, 0);
    (did && from < next.tokens.len()).then(|| next.text_of(from..next.tokens.len()))
}

fn with_outcome(action: &str, result: &str, labels: &NoteTexts) -> String {
    let action = action.trim_end_matches(['.', '。']);
    let outcome = &labels.outcome;
    outcome.fill(&[("action", action), ("result", result)])
}
