//! Which words of a sentence say how a cue is meant: those of its own clause.

use super::commitments::Cue;
use super::sentence::Sentence;
use super::when::Times;
use sidetone_language::lexicon::Lexicon;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;

/// Longest words before the end of a subject, in tokens: 您的开户银行会.
const SUBJECT: usize = 6;

/// The words that govern a cue.
///
/// A clause without a subject goes on with the subject of the one before it: "I will check, then call
/// you". What must happen first says nothing of the cue: "I will check when it was sent and call".
pub(super) struct Scope<'a> {
    /// Before the cue.
    pub before: Vec<&'a Token>,
    /// All of them, the cue as well.
    pub all: Vec<&'a Token>,
}

impl<'a> Scope<'a> {
    pub fn of(sentence: &'a Sentence, cue: &Cue, times: &Times, lexicon: &Lexicon) -> Self {
        let tokens = &sentence.tokens;
        let clause = sentence.clause(cue.tokens.clone());
        let is_event = |at: usize| times.events.iter().any(|event| event.contains(&at));
        let has_subject = |from: usize, to: usize| {
            (from..to).any(|at| {
                let who = || {
                    let (actor, subjects) = (&lexicon.actor, &lexicon.clauses.subjects);
                    actor.speaker.have(&tokens[at].text)
                        || actor.others.longest_at(tokens, at).is_some()
                        || subjects.longest_at(tokens, at).is_some()
                };
                !is_event(at) && who()
            })
        };
        let mut start = clause.start;
        while start > 0
            && lexicon
                .clauses
                .continuing
                .longest_at(tokens, start)
                .is_some()
            && !has_subject(start, cue.tokens.start)
        {
            start = sentence.clause(start - 1..start).start;
        }
        let words = |to: usize| (start..to).filter(|at| !is_event(*at));
        Self {
            before: words(cue.tokens.start).map(|at| &tokens[at]).collect(),
            all: words(clause.end).map(|at| &tokens[at]).collect(),
        }
    }

    /// Whether somebody who is not one of us does it: "the bank will send you a card". Whom we speak
    /// with does not: "we will ask the bank and call you".
    pub fn is_of_strangers(&self, lexicon: &Lexicon) -> bool {
        let strangers = &lexicon.modality.strangers;
        let before = &self.before[..self.before.len().min(SUBJECT)];
        let us = |token: &&Token| lexicon.actor.speaker.have(&token.text);
        let ours = before.iter().position(us).unwrap_or(before.len());
        (0..ours).any(|at| strangers.longest_at(&self.before, at).is_some())
    }

    /// Whether the clause ends with one of `phrases`.
    pub fn ends_with(&self, phrases: &Phrases) -> bool {
        let last = self.all.len().saturating_sub(1);
        phrases.longest_at(&self.all, last).is_some()
    }
}
