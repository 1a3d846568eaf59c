//! What is promised with a verb that no list has: "I will have that sorted by Monday".
//!
//! Whoever says what they will do, and by when, has promised it, whatever it is. Its kind is told by
//! the noun: somebody who comes, something that is sent.

use std::ops::Range;

use super::commitments::{ActionKind, Cue, noun};
use super::sentence::Sentence;
use super::when::Times;
use sidetone_language::lexicon::Lexicon;

/// The first clause of an agent's sentence that says so, outside of what `cues` cover.
pub(super) fn unlisted(
    sentence: &Sentence,
    cues: &[Cue],
    times: &Times,
    lexicon: &Lexicon,
) -> Option<Cue> {
    let dated = |clause: &&Range<usize>| {
        let part = sentence.part((*clause).clone());
        let ahead = |at: usize| {
            let mut live = times.live.iter().filter(|time| !time.at_once);
            live.any(|time| time.tokens.start == at)
        };
        part.clone().any(ahead) && !cues.iter().any(|cue| part.contains(&cue.tokens.start))
    };
    let clauses = sentence.clauses.iter().filter(dated);
    clauses
        .into_iter()
        .find_map(|clause| in_clause(sentence, clause.clone(), lexicon))
}

fn in_clause(sentence: &Sentence, clause: Range<usize>, lexicon: &Lexicon) -> Option<Cue> {
    let words = &lexicon.commitments;
    let tokens = &sentence.tokens[..clause.end];
    let will = |at: usize| words.will_do.longest_at(tokens, at);
    let (subject, mut verb) = clause.clone().find_map(|at| {
        let person = words.people.longest_at(tokens, at).and_then(will);
        Some((
            person.is_some(),
            person.or_else(|| words.we_will.longest_at(tokens, at))?,
        ))
    })?;
    while let Some(next) = words.beside_verb.longest_at(tokens, verb) {
        verb = next;
    }
    if verb >= clause.end || words.states.longest_at(tokens, verb).is_some() {
        return None;
    }
    let named = (verb..clause.end).find_map(|at| noun(tokens, at, words));
    let sent = words.ways.are_in(&tokens[verb..]);
    let action = match named.as_ref().map(|(action, _)| *action) {
        _ if subject => ActionKind::Visit,
        Some(action @ (ActionKind::Refund | ActionKind::Visit)) => action,
        Some(action) if sent => action,
        _ => ActionKind::Other,
    };
    Some(Cue {
        tokens: verb..verb + 1,
        action: Some(action),
        object: named.map(|(_, noun)| noun).filter(|_| sent),
        sends: action.is_sent(),
        is_named: false,
    })
}
