//! Days that are named, moved, asked for and refused, each for the promise that it belongs to.

use std::ops::Range;

use super::Heard;
use crate::wrap_up::answers::{agrees, refuses};
use crate::wrap_up::promised::{Life, When};
use crate::wrap_up::sentence::Sentence;
use crate::wrap_up::when::{Time, Times};
use sidetone_language::lexicon::Promises;
use sidetone_types::party::Side;

/// No longer than this, in tokens, is a sentence that only puts a day right.
const SHORT: usize = 16;

impl Heard<'_> {
    /// Moves what is spoken of by a sentence that names a day and little else, or asks for one.
    /// Whether it did.
    pub(super) fn name_day(&mut self, at: usize, times: &Times) -> bool {
        let sentence = &self.sentences[at];
        let waiting = self.last(at, |p| p.waits_for(sentence));
        let words = &self.lexicon.promises;
        // "Monday. At the weekend I am away."
        let bare =
            |time: &&Time| is_bare(sentence, sentence.part(time.tokens.clone()), times, words);
        let Some(time) = times.live.iter().rfind(bare).or(times.live.last()) else {
            return self.ask_day(at, times, waiting);
        };
        let when = self.when(sentence, time);
        // "I can not promise that, we have to wait for …"; "it was sent on the second".
        let part = &sentence.tokens[sentence.part(time.tokens.clone())];
        let (modality, answers) = (&self.lexicon.modality, &self.lexicon.answers);
        // "Can he come tomorrow?" "I am afraid nobody is free tomorrow."
        let is_asked = |which: usize| self.known.promises[which].when.as_ref() == Some(&when);
        let refused = (when.day.is_none() || waiting.is_some_and(is_asked))
            && refuses(&sentence.tokens, answers);
        let is_past = modality.over.are_in(part) && !modality.ahead.are_in(part);
        // "You can ring us Monday to Friday."
        let is_theirs = modality.yours.are_in(part) && !modality.ours.are_in(part);
        if sentence.side == Side::Agent && (refused || (is_past || is_theirs) && !times.moved) {
            return false;
        }
        let told = self.is_about_day(at, times, waiting.is_some());
        if let Some(which) = waiting {
            return self.answer_day(at, which, when, told);
        }
        let own = self.just_promised(at);
        let takes = own.filter(|which| {
            let takes = &self.lexicon.promises.takes;
            takes.are_in(&sentence.tokens) && self.known.promises[*which].when.is_none()
        });
        let Some(which) = takes.or_else(|| match sentence.side {
            Side::Agent => self.spoken_of(at),
            Side::Customer => own.or_else(|| self.spoken_of(at)),
        }) else {
            return false;
        };
        let promise = &self.known.promises[which];
        let same = promise.when.as_ref().is_some_and(|old| old.is_at(&when));
        let tells = promise.side == sentence.side && !sentence.question;
        match (promise.stands(), tells) {
            _ if time.at_once || !told && takes.is_none() => return false,
            (true, _) if same => return false,
            // What they proposed themselves, and nobody has refused.
            (false, true) if same => self.agree(which, at),
            (true, true) => {
                self.known.promises[which].move_to(when, at, &self.lexicon.promises.prepositions)
            }
            _ => self.propose_time(at, which, Some(when)),
        }
        true
    }

    /// Takes a day as the answer to what waits for one. Whether it is one.
    fn answer_day(&mut self, at: usize, which: usize, when: When, told: bool) -> bool {
        let sentence = &self.sentences[at];
        let life = self.known.promises[which].life;
        let needed = matches!(
            life,
            Life::Proposed {
                needs_day: true,
                ..
            }
        );
        // "Friday or Monday?" "I will take the Monday one."
        let proposed = self.known.promises[which].when.as_ref();
        let chosen = proposed.is_some_and(|when| when.day.is_none()) && when.day.is_some();
        if !told && !needed && !chosen && !agrees(sentence, &self.lexicon.answers) {
            return false;
        }
        if sentence.question {
            self.propose_time(at, which, Some(when));
        } else {
            self.known.promises[which].move_to(when, at, &self.lexicon.promises.prepositions);
            self.agree(which, at);
        }
        true
    }

    /// Takes a sentence that names no day that would do: it refuses one, or asks for one. Whether it
    /// does.
    fn ask_day(&mut self, at: usize, times: &Times, waiting: Option<usize>) -> bool {
        let sentence = &self.sentences[at];
        let words = &self.lexicon.promises;
        if let Some(which) = waiting.filter(|_| !times.void.is_empty()) {
            self.refuse_time(which, sentence.side);
            return true;
        }
        // "Which day would suit you?", "When?"
        let asks = sentence.question
            && words.asks_when.are_in(&sentence.tokens)
            && (is_bare(sentence, 0..sentence.tokens.len(), times, words)
                || words.suits.are_in(&sentence.tokens));
        match self.spoken_of(at).filter(|_| asks) {
            Some(which) => self.propose_time(at, which, None),
            None if asks && sentence.side == Side::Agent => self.propose_appointment(at),
            None => {}
        }
        asks
    }

    /// Whether a sentence that names a day speaks of that of a promise, and of no other matter.
    fn is_about_day(&self, at: usize, times: &Times, waits: bool) -> bool {
        let sentence = &self.sentences[at];
        let (words, answers) = (&self.lexicon.promises, &self.lexicon.answers);
        let tokens = &sentence.tokens;
        let replies = || {
            self.known.days_until + 1 == sentence.turn
                && (agrees(sentence, answers) || refuses(tokens, answers))
        };
        times.moved
            || waits && !times.void.is_empty()
            || (waits || sentence.side == Side::Customer) && words.suits.are_in(tokens)
            || sentence.side == Side::Customer && words.keeps_free.are_in(tokens)
            || tokens.len() <= SHORT && words.corrects.are_in(tokens)
            || sentence.side == Side::Agent && replies()
            || is_bare(sentence, 0..sentence.tokens.len(), times, words) && !self.was_asked_else(at)
    }

    /// A day that was proposed does not suit: the customer may name another.
    fn refuse_time(&mut self, which: usize, side: Side) {
        let promise = &mut self.known.promises[which];
        match (&mut promise.life, side) {
            (Life::Proposed { needs_day, .. }, Side::Customer) => {
                *needs_day = true;
                promise.when = None;
            }
            (life, _) => *life = Life::Over,
        }
    }

    /// Proposes another time for something; `None` asks for one.
    fn propose_time(&mut self, at: usize, which: usize, when: Option<When>) {
        let mut promise = self.known.promises[which].clone();
        let needs_day = when.is_none();
        if let Some(when) = when {
            promise.move_to(when, at, &self.lexicon.promises.prepositions);
        }
        let instead = match promise.life {
            Life::Proposed { instead, .. } => {
                self.known.promises[which].life = Life::Over;
                instead
            }
            _ => Some(which),
        };
        self.push_proposal(at, promise, needs_day, instead);
    }
}

/// Whether a part of a sentence names a day, or asks for one, and speaks of nothing else.
fn is_bare(sentence: &Sentence, part: Range<usize>, times: &Times, words: &Promises) -> bool {
    let tokens = &sentence.tokens[..part.end];
    let mut at = part.start;
    while at < tokens.len() {
        let mut all = times.live.iter().chain(&times.void);
        let time = all.find(|time| time.tokens.contains(&at));
        let end = time.map(|time| time.tokens.end).or_else(|| {
            let lists = [
                &words.beside_day,
                &words.corrects,
                &words.asks_when,
                &words.unfit,
            ];
            lists
                .iter()
                .filter_map(|list| list.longest_at(tokens, at))
                .max()
        });
        let Some(end) = end else {
            return false;
        };
        at = end;
    }
    true
}
