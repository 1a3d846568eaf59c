//! Who said they would do what, and by when: what stands of it at the end of a call.
//!
//! A promise has a life. It is proposed or asked for and then agreed, or given at once; said again
//! it is the same one, with another day it has moved; it is taken back, done during the call, or
//! gives way to another. The sentences of a call are heard in their order, and each one moves the
//! promises it speaks of:
//!
//! | heard | what becomes of it |
//! |---|---|
//! | "I will call you on Thursday." | a promise, agreed |
//! | "Can you call me?", "Monday or Tuesday?", "When?" | a proposal, waiting for a yes or a day |
//! | "Tuesday.", "Sure." | the proposal that waits is agreed |
//! | "Sorry, I meant Friday.", "Friday then." | the promise spoken of last has moved |
//! | "Can you make it Friday?" | a proposal in its place |
//! | "No need to.", "I will cancel the technician." | it is over |

mod days;
mod taken_back;

use jiff::civil::DateTime;

use super::answers::{agrees, refuses};
use super::clause::{Clause, clauses, title};
use super::commitments::{ActionKind, sendable};
use super::modality::Modality;
use super::promised::{Life, Promised, When};
use super::sentence::Sentence;
use super::when::{Time, Times};
use sidetone_language::lexicon::Lexicon;
use sidetone_types::party::Side;
use taken_back::Unwanted;

/// How many sentences later somebody still knows what `it` is.
const REMEMBERED: usize = 8;

/// What became of all promises of a call that began at `began`, in the order in which they were
/// first spoken of.
pub(super) fn promises(
    sentences: &[Sentence],
    began: DateTime,
    lexicon: &Lexicon,
) -> Vec<Promised> {
    Known::default().hear(sentences, began, lexicon).in_order()
}

/// What is known of the promises of a call up to one of its sentences.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// How many sentences that are.
    heard: usize,
    promises: Vec<Promised>,
    /// The turn in which a day was named last.
    days_until: usize,
    /// What the customer would rather have in another way.
    unwanted: Option<Unwanted>,
    /// The time that the customer spoke of last.
    offered: Option<Offered>,
}

impl Known {
    /// Hears what was said since. `sentences` are all of the call, and those that were heard
    /// before are the same.
    pub fn hear(self, sentences: &[Sentence], began: DateTime, lexicon: &Lexicon) -> Self {
        let from = self.heard;
        let mut heard = Heard {
            sentences,
            lexicon,
            known: self,
        };
        for (at, sentence) in sentences.iter().enumerate().skip(from) {
            heard.hear(at, &Times::of(sentence, began, lexicon));
        }
        heard.known.heard = sentences.len();
        heard.known
    }

    /// The promises in the order in which they were first spoken of.
    pub fn in_order(mut self) -> Vec<Promised> {
        self.promises.sort_by_key(|promise| promise.sentence);
        self.promises
    }
}

/// A call up to one of its sentences.
struct Heard<'a> {
    sentences: &'a [Sentence],
    lexicon: &'a Lexicon,
    known: Known,
}

/// A time that the customer spoke of, of which no promise is known.
#[derive(Clone)]
struct Offered {
    turn: usize,
    when: When,
    /// Whether the customer keeps it free.
    is_free: bool,
}

impl Heard<'_> {
    fn hear(&mut self, at: usize, times: &Times) {
        let sentence = &self.sentences[at];
        let mut clauses = clauses(sentence, times, self.lexicon);
        self.take_back(at, &mut clauses, times);
        if sentence.side == Side::Customer {
            self.would_rather(at, &mut clauses, times);
        }
        let mut promised = false;
        let mut proposed = false;
        for clause in clauses {
            match clause.modality {
                Some(Modality::Open) => {
                    proposed = true;
                    self.propose(at, clause, times);
                }
                Some(Modality::Promised) => {
                    promised = true;
                    self.promise(at, clause);
                }
                None => self.is_done(at, &clause, times),
            }
        }
        if !promised && (proposed || !self.name_day(at, times)) {
            self.answer(at);
        }
        if !promised {
            self.end_what_is_done(at, times);
        }
        if !times.live.is_empty() || !times.void.is_empty() {
            self.known.days_until = sentence.turn;
        }
        if sentence.side == Side::Customer && !sentence.question {
            self.offer(at, times);
        }
    }

    /// Takes the time that a customer speaks of: "I am free after three on Tuesday".
    fn offer(&mut self, at: usize, times: &Times) {
        let sentence = &self.sentences[at];
        let tokens = &sentence.tokens;
        let free = self.lexicon.promises.keeps_free.find(tokens);
        let (negation, clauses) = (&self.lexicon.negation, &self.lexicon.clauses);
        let is_free = free.is_some_and(|free| !negation.denies(clauses, tokens, free.start));
        // "I am off on Wednesday, any time is fine."
        let kept = || times.void.last().filter(|_| is_free);
        let ahead = || times.live.iter().filter(|time| time.is_ahead());
        let known = ahead().rfind(|time| time.day.is_some() && !time.only_clock);
        let time = known.or_else(|| ahead().next_back()).or_else(kept);
        let Some(time) = time else {
            return;
        };
        self.known.offered = Some(Offered {
            turn: sentence.turn,
            when: self.when(sentence, time),
            is_free,
        });
    }

    /// The time that a promise without one means: the one that the customer keeps free for it, or spoke
    /// of before it: "then I will call you then".
    fn meant_time(&self, at: usize, action: ActionKind) -> Option<When> {
        let sentence = &self.sentences[at];
        let offered = self.known.offered.as_ref()?;
        let since = sentence.turn.checked_sub(offered.turn)?;
        let replies = matches!(action, ActionKind::Callback | ActionKind::Visit);
        let is_meant = self.lexicon.promises.at_that_time.are_in(&sentence.tokens)
            || offered.is_free && since == 1 && replies;
        (is_meant && since <= REMEMBERED).then(|| offered.when.clone())
    }

    /// Takes what somebody asks for, or proposes to do.
    fn propose(&mut self, at: usize, mut clause: Clause, times: &Times) {
        let sentence = &self.sentences[at];
        let words = &self.lexicon.promises;
        if clause.action == Some(ActionKind::Document)
            && clause.cue.object.is_none()
            && self.is_sold(at)
        {
            clause.action = Some(ActionKind::Offer);
        }
        let needs_day =
            sentence.question && times.live.is_empty() && words.asks_when.are_in(&sentence.tokens);
        let mut new = self.of(at, Side::Agent, clause);
        if sentence.side == Side::Agent && new.when.is_none() && !needs_day {
            new.when = self.meant_time(at, new.action);
        }
        if let [first, .., last] = &times.live[..]
            && (words
                .either
                .are_in(&sentence.tokens[first.tokens.end..last.tokens.start])
                || first.day != last.day && words.asks_which.are_in(&sentence.tokens))
        {
            // "At two or at four?" names no time until one is chosen.
            let said = first.tokens.start..last.tokens.end;
            let said = sentence.text_of(said).to_owned();
            new.when = Some(When {
                said,
                day: None,
                clock: None,
                only_clock: false,
            });
        }
        let same = self.last(at, |p| p.stands() && p.action == new.action);
        if let Some(same) = same
            && !needs_day
            && (new.when.is_none() || new.when == self.known.promises[same].when)
        {
            return; // Asked for again.
        }
        let instead = same.or_else(|| {
            // "I don't do phone calls, could you email me the quote": in place of the call.
            let declines = sentence.side == Side::Customer && {
                let words = &self.lexicon.negation;
                words.negators.are_in(&sentence.tokens) || words.beside.are_in(&sentence.tokens)
            };
            let replaces = words.replaces.are_in(&sentence.tokens);
            let replied = |p: &Promised| self.is_of_turn_before(p, at);
            self.last(at, |p| p.stands() && (replaces || declines && replied(p)))
        });
        self.push_proposal(at, new, needs_day, instead);
    }

    fn push_proposal(
        &mut self,
        at: usize,
        promise: Promised,
        needs_day: bool,
        instead: Option<usize>,
    ) {
        let Sentence { side, turn, .. } = self.sentences[at];
        self.known.promises.push(Promised {
            settled: at,
            life: Life::Proposed {
                by: side,
                turn,
                needs_day,
                instead,
            },
            ..promise
        });
    }

    /// Proposes that somebody comes, when nothing else was spoken of: "Which day would suit you?"
    fn propose_appointment(&mut self, at: usize) {
        let sentence = &self.sentences[at];
        let appointment = Promised {
            side: Side::Agent,
            sentence: at,
            settled: at,
            action: ActionKind::Visit,
            object: None,
            when: None,
            gist: title(&sentence.text, &self.lexicon.promises.leads),
            expected: false,
            edited: None,
            life: Life::Over,
        };
        self.push_proposal(at, appointment, true, None);
    }

    /// Takes what somebody says they will do.
    fn promise(&mut self, at: usize, mut clause: Clause) {
        let sentence = &self.sentences[at];
        let again = self.lexicon.promises.in_addition.are_in(&sentence.tokens);
        let mut asked = None;
        if sentence.side == Side::Agent {
            asked = self.settle(at, &mut clause);
        }
        let mut new = self.of(at, sentence.side, clause);
        if let Some(Unwanted { which, turn, .. }) = self.known.unwanted
            && turn + 1 == sentence.turn
            && self.known.promises[which].action != new.action
        {
            self.known.promises[which].end(at);
        }
        let proposal = asked.or_else(|| {
            let is_it = |p: &Promised| {
                matches!(p.life, Life::Proposed { .. }) && same_kind(p.action, new.action)
            };
            self.last(at, is_it)
        });
        if let Some(proposal) = proposal {
            if new.when.is_none() {
                new.when.clone_from(&self.known.promises[proposal].when);
            }
            self.replace(proposal);
            self.known.promises[proposal].life = Life::Over;
        }
        if sentence.side == Side::Agent && new.when.is_none() {
            new.when = self.meant_time(at, new.action);
        }
        // "Which day?" "Monday." "We will bring it on Tuesday."
        let replies = |old: &Promised| self.is_of_turn_before(old, at);
        let same = self.known.promises.iter().rposition(|old| {
            let time = |p: &Promised| p.when.as_ref().map(|when| when.day);
            let other_day = old.when.is_some() && new.when.is_some() && time(old) != time(&new);
            let object = old.object == new.object || old.object.is_none() || new.object.is_none();
            old.stands()
                && old.side == new.side
                && (old.action == new.action
                    || (replies(old) || time(old).is_some() && time(old) == time(&new))
                        && same_kind(old.action, new.action))
                && object
                && !(other_day && (again || old.sentence == at))
        });
        let Some(old) = same.map(|same| &mut self.known.promises[same]) else {
            self.known.promises.push(new);
            return;
        };
        old.expected &= new.expected;
        let Some(when) = new.when else {
            return;
        };
        // Said again with a day: those are the fuller words.
        if old.object.is_none() || new.object.is_some() {
            if old.when.as_ref().is_none_or(|old| !old.is_at(&when)) {
                (old.gist, old.when) = (new.gist, Some(when));
                (old.sentence, old.settled) = (at, at);
            }
            old.object = new.object;
        } else {
            old.move_to(when, at, &self.lexicon.promises.prepositions);
        }
    }

    /// Fills in what `send it` and `do that` mean, from what was asked for or talked about before;
    /// gives the proposal that it answers.
    fn settle(&self, at: usize, clause: &mut Clause) -> Option<usize> {
        let tokens = &self.sentences[at].tokens;
        let pronouns = &self.lexicon.commitments.pronouns;
        let from = clause.cue.tokens.end;
        // "Another one": a thing, unless papers were spoken of.
        let pronoun = clause.action == Some(ActionKind::Delivery)
            && clause.cue.sends
            && (from..tokens.len().min(from + 3))
                .any(|at| pronouns.longest_at(tokens, at).is_some());
        let sends = clause.cue.sends || clause.likely().is_sent();
        let unnamed = clause.action.is_none() || pronoun;
        let vague =
            unnamed || clause.action == Some(ActionKind::Document) && clause.cue.object.is_none();
        let is_meant = |p: &Promised| {
            let open = matches!(p.life, Life::Proposed { .. });
            match vague {
                true => {
                    let fits =
                        !sends || p.action.is_sent() || open && p.action == ActionKind::Visit;
                    (open || unnamed && p.stands()) && fits
                }
                false => open && Some(p.action) == clause.action,
            }
        };
        let meant = self.last(at, is_meant);
        if let Some(which) = meant.filter(|_| vague) {
            let meant = &self.known.promises[which];
            clause.action = Some(meant.action);
            clause.cue.object.clone_from(&meant.object);
            clause.gist.clone_from(&meant.gist);
        } else if unnamed
            && sends
            && let Some((action, noun)) = self.sentences[..at]
                .iter()
                .rev()
                .take(REMEMBERED)
                .find_map(|s| sendable(&s.tokens, &self.lexicon.commitments))
        {
            clause.action = Some(action);
            clause.cue.object = Some(noun);
        }
        meant.filter(|which| !self.known.promises[*which].stands())
    }

    /// Ends what has been done by now, or is not to be done: "I have just sent it", "so I will not post
    /// it".
    fn is_done(&mut self, at: usize, clause: &Clause, times: &Times) {
        let sentence = &self.sentences[at];
        let part = sentence.clause(clause.cue.tokens.clone());
        let (negation, clauses) = (&self.lexicon.negation, &self.lexicon.clauses);
        let is_dated = |time: &Time| part.contains(&time.tokens.start);
        let dropped = !times.live.iter().chain(&times.void).any(is_dated)
            && negation.denies(clauses, &sentence.tokens, clause.cue.tokens.start)
            && clause.action.is_some()
            && !self.is_theirs(at, clause.cue.tokens.start);
        let done = self.lexicon.modality.done.are_in(&sentence.tokens[part]);
        let done = sentence.side == Side::Agent && !sentence.question && (done || dropped);
        let is_it = |p: &Promised| {
            p.stands() && clause.action.map_or(p.action.is_sent(), |a| a == p.action)
        };
        if let Some(which) = self.last(at, is_it).filter(|_| done) {
            self.known.promises[which].end(at);
        }
    }

    /// What the agent has promised, or else proposed or been asked for, last.
    fn spoken_of(&self, at: usize) -> Option<usize> {
        self.last(at, |p| p.stands() && p.side == Side::Agent)
            .or_else(|| self.last(at, |p| p.side == Side::Agent))
    }

    /// A yes or a no to what was asked for or proposed.
    fn answer(&mut self, at: usize) {
        let sentence = &self.sentences[at];
        let answers = &self.lexicon.answers;
        let refused = refuses(&sentence.tokens, answers);
        if let Some(unwanted) = self.known.unwanted
            && unwanted.done_without
            && unwanted.turn + 1 == sentence.turn
            && !refused
            && !sentence.question
        {
            self.known.promises[unwanted.which].end(at);
        }
        if !refused && !agrees(sentence, answers) {
            return;
        }
        for which in 0..self.known.promises.len() {
            let promise = &mut self.known.promises[which];
            if !promise.waits_for(sentence) {
                continue;
            }
            match promise.life {
                _ if refused => promise.life = Life::Over,
                Life::Proposed {
                    needs_day: false, ..
                } => self.agree(which, at),
                _ => {}
            }
        }
    }

    fn agree(&mut self, which: usize, at: usize) {
        self.replace(which);
        let promise = &mut self.known.promises[which];
        promise.life = Life::Agreed;
        if promise.settled != promise.sentence {
            promise.settled = at;
        }
    }

    /// Ends what a proposal takes the place of.
    fn replace(&mut self, proposal: usize) {
        if let Life::Proposed {
            instead: Some(old), ..
        } = self.known.promises[proposal].life
        {
            self.known.promises[old].life = Life::Over;
        }
    }

    /// The promise that was spoken of last, of those that are neither over nor forgotten.
    fn last(&self, at: usize, is_it: impl Fn(&Promised) -> bool) -> Option<usize> {
        let known = self
            .known
            .promises
            .iter()
            .enumerate()
            .filter(|(_, promise)| {
                promise.life != Life::Over && at - promise.settled <= REMEMBERED && is_it(promise)
            });
        let last = known.max_by_key(|(which, promise)| (promise.settled, *which));
        last.map(|(which, _)| which)
    }

    /// Whether it was last spoken of in the turn before that of the sentence at `at`.
    fn is_of_turn_before(&self, promise: &Promised, at: usize) -> bool {
        self.sentences[promise.settled].turn + 1 == self.sentences[at].turn
    }

    /// What the speaker of the sentence at `at` has promised last, in the same turn.
    fn just_promised(&self, at: usize) -> Option<usize> {
        let Sentence { side, turn, .. } = self.sentences[at];
        self.last(at, |p| {
            p.stands() && p.side == side && self.sentences[p.settled].turn == turn
        })
    }

    /// Whether the other side has just asked about something that is no promise.
    fn was_asked_else(&self, at: usize) -> bool {
        let sentence = &self.sentences[at];
        let before = self.sentences[..at]
            .iter()
            .rposition(|s| s.side != sentence.side);
        before.is_some_and(|before| {
            let about = |p: &Promised| p.settled == before || p.sentence == before;
            let before_it = &self.sentences[before];
            let about_day =
                before_it.side == Side::Customer && self.known.days_until == before_it.turn;
            before_it.question && !about_day && !self.known.promises.iter().any(about)
                || self.lexicon.promises.asks_on.are_in(&before_it.tokens)
        })
    }

    /// Whether the agent has just spoken of something to buy: what is then to be sent is an offer,
    /// also if the recogniser did not catch the word.
    fn is_sold(&self, at: usize) -> bool {
        let before = self.sentences[..at].iter().rev().take(4);
        let wares = &self.lexicon.promises.wares;
        before
            .filter(|s| s.side == Side::Agent)
            .any(|s| wares.are_in(&s.tokens))
    }

    /// A time of a sentence. A mere yes to "Monday or Tuesday?" does not tell which of them.
    fn when(&self, sentence: &Sentence, time: &Time) -> When {
        let is_told = !(time.choice && sentence.question);
        When {
            said: sentence.text_of(time.tokens.clone()).to_owned(),
            day: time.day.filter(|_| is_told),
            clock: time.clock.filter(|_| is_told),
            only_clock: time.only_clock,
        }
    }

    /// A clause as a promise of `side`.
    fn of(&self, at: usize, side: Side, clause: Clause) -> Promised {
        let sentence = &self.sentences[at];
        Promised {
            side,
            sentence: at,
            settled: at,
            action: clause.likely(),
            object: clause.cue.object,
            when: clause.time.map(|time| self.when(sentence, &time)),
            gist: clause.gist,
            expected: clause.expected,
            edited: None,
            life: Life::Agreed,
        }
    }
}

/// Whether both make the same kind of task: what is brought, somebody brings.
fn same_kind(one: ActionKind, other: ActionKind) -> bool {
    one.kind() == other.kind()
}
