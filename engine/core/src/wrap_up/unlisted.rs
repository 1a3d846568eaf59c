//! What is promised with a verb that no list has: "I will have that sorted by Monday".
//!
//! Whoever says what they will do, and by when, has promised it, whatever it is. Its kind is told by
//! the noun: somebody who comes, something that is sent.

use std::ops::Range;

use super::commitments::{ActionKind, Cue, noun};
use super::sentence::Sentence;
use super::when::{Time, Times};
use sidetone_language::lexicon::Lexicon;

/// The first clause of a sentence that says so, outside of what `cues` cover.
pub(super) fn unlisted(
    sentence: &Sentence,
    cues: &[Cue],
    times: &Times,
    lexicon: &Lexicon,
) -> Option<Cue> {
    let dated = |clause: &&Range<usize>| {
        let part = sentence.part((*clause).clone());
        let ahead = |at: usize| {
            let mut live = times.live.iter().filter(|time| time.is_ahead());
            live.any(|time| time.tokens.start == at)
        };
        part.clone().any(ahead) && !cues.iter().any(|cue| part.contains(&cue.tokens.start))
    };
    let clauses = sentence.clauses.iter().filter(dated);
    clauses
        .into_iter()
        .find_map(|clause| in_clause(sentence, clause.clone(), times, lexicon))
}

/// What a customer asks to be done by a day, with whatever verb: "can you get it unlocked by Monday".
pub(super) fn asked_for(sentence: &Sentence, times: &Times, lexicon: &Lexicon) -> Option<Cue> {
    let tokens = &sentence.tokens;
    let is_due = |time: &&Time| time.is_deadline(tokens, &lexicon.promises);
    let time = times.live.iter().find(is_due)?;
    let you = |at: usize| lexicon.reading.listener.have(&tokens[at].text);
    let own = |at: usize| lexicon.actor.speaker.have(&tokens[at].text);
    let clause = sentence.clause(time.tokens.clone());
    let asked = clause.clone().find_map(|at| {
        let end = lexicon.modality.asked.longest_at(tokens, at)?;
        // Not "can you tell me what I need to do by Friday".
        let is_theirs = !(end..time.tokens.start).any(own);
        let begins = at == clause.start && lexicon.speech.opening.have(&tokens[at].text);
        ((begins || (at..end).any(you)) && is_theirs).then_some(end)
    });
    let in_mandarin = || {
        let asks = lexicon
            .modality
            .asked
            .longest_at(tokens, clause.start)
            .is_some();
        let own = mandarin(sentence, &clause, times, lexicon).is_some();
        let mut verbs = time.tokens.end..sentence.part(time.tokens.clone()).end;
        let verb = verbs.find(|at| sentence.words.has_verb(tokens[*at].span.start));
        verb.filter(|at| tokens[*at].is_han() && (sentence.question || asks) && !own)
    };
    let asked = asked.filter(|verb| *verb < clause.end);
    let verb = asked.or_else(in_mandarin)?;
    Some(Cue {
        tokens: verb..verb + 1,
        action: Some(ActionKind::Other),
        object: None,
        sends: false,
        is_named: false,
    })
}

fn in_clause(
    sentence: &Sentence,
    clause: Range<usize>,
    times: &Times,
    lexicon: &Lexicon,
) -> Option<Cue> {
    let words = &lexicon.commitments;
    let tokens = &sentence.tokens[..clause.end];
    let will = |at: usize| words.will_do.longest_at(tokens, at);
    let passive = |at: usize| {
        let verb = words.will_be.longest_at(tokens, at)?;
        let is_done = tokens.get(verb)?.text.ends_with("ed") || words.done.have(&tokens[verb].text);
        let what = || clause.clone().any(|at| noun(tokens, at, words).is_some());
        let goes = || words.places.are_in(&tokens[verb..]) || words.ways.are_in(&tokens[verb..]);
        (is_done && (what() || goes())).then_some(verb)
    };
    let told = clause.clone().find_map(|at| {
        let person = words.people.longest_at(tokens, at).and_then(will);
        let we = || words.we_will.longest_at(tokens, at);
        let verb = person.or_else(we).or_else(|| passive(at))?;
        Some((person.is_some(), verb))
    });
    let in_mandarin = || Some((false, mandarin(sentence, &clause, times, lexicon)?));
    let (person, mut verb) = told.or_else(in_mandarin)?;
    while let Some(next) = words.beside_verb.longest_at(tokens, verb) {
        verb = next;
    }
    if verb >= clause.end || words.states.longest_at(tokens, verb).is_some() {
        return None;
    }
    let mut places = (verb..clause.end).chain(clause.start..verb);
    let named = places.find_map(|at| noun(tokens, at, words));
    let sent = words.ways.are_in(&tokens[verb..]);
    let action = match named.as_ref().map(|(action, _)| *action) {
        _ if person || times.moved => ActionKind::Visit,
        Some(action @ (ActionKind::Refund | ActionKind::Visit)) => action,
        Some(action) if sent => action,
        None if words.places.are_in(&tokens[verb..]) => ActionKind::Visit,
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

/// The verb of a clause in Mandarin in which the speaker names a time: 我下周五把它停掉.
fn mandarin(
    sentence: &Sentence,
    clause: &Range<usize>,
    times: &Times,
    lexicon: &Lexicon,
) -> Option<usize> {
    let tokens = &sentence.tokens;
    let subject = clause.clone().find(|at| {
        let whom = *at > 0 && lexicon.modality.for_whom.have(&tokens[at - 1].text);
        tokens[*at].is_han() && lexicon.actor.speaker.have(&tokens[*at].text) && !whom
    })?;
    let time = times
        .live
        .iter()
        .find(|time| clause.contains(&time.tokens.start))?;
    let from = time.tokens.end.max(subject + 1);
    (from..clause.end).find(|at| sentence.words.has_verb(tokens[*at].span.start))
}
