//! What is taken back: declined, cancelled, withdrawn, or wished for in another way.

use std::ops::Range;

use super::Heard;
use crate::wrap_up::clause::Clause;
use crate::wrap_up::commitments::{ActionKind, sendable};
use crate::wrap_up::modality::Modality;
use crate::wrap_up::promised::{Life, Promised};
use crate::wrap_up::sentence::Sentence;
use crate::wrap_up::when::Times;
use sidetone_types::party::Side;
use sidetone_types::summary::FollowUpKind;

/// A promise that the customer would rather have in another way.
#[derive(Clone, Copy)]
pub(super) struct Unwanted {
    /// Which of the promises.
    pub which: usize,
    /// In which turn they said so.
    pub turn: usize,
    /// Whether they do it themselves or do without it: then a yes is enough.
    pub done_without: bool,
}

/// No further from the beginning of a sentence, in tokens, it says that the one before was wrong.
const NEAR_BEGINNING: usize = 3;

impl Heard<'_> {
    /// Ends what is declined or cancelled, and the clauses that do so.
    pub(super) fn take_back(&mut self, at: usize, clauses: &mut Vec<Clause>, times: &Times) {
        let sentence = &self.sentences[at];
        let words = &self.lexicon.promises;
        if times.contrast {
            return;
        }
        // 今天来不了，得后天: only the day is taken back.
        let for_another = |from: usize| times.live.iter().any(|time| time.tokens.start >= from);
        if sentence.side == Side::Agent
            && let Some(withdrawn) = words.withdraws.find(&sentence.tokens)
            && !for_another(withdrawn.end)
        {
            let said = clauses.len();
            clauses.retain(|clause| clause.cue.tokens.start > withdrawn.start);
            if clauses.len() == said
                && let Some(last) = self.last(at, |promise| promise.side == Side::Agent)
            {
                self.known.promises[last].end(at);
            }
            return;
        }
        let phrases = match sentence.side {
            Side::Customer => &words.declines,
            Side::Agent => &words.cancels,
        };
        let kind = |from: usize| self.lexicon.answers.kind.longest_at(&sentence.tokens, from);
        let mut from = 0;
        while from < sentence.tokens.len() {
            let end = phrases.longest_at(&sentence.tokens, from);
            let is_theirs = sentence.side == Side::Agent
                && sentence.tokens[from].is_han()
                && self.is_theirs(at, from);
            if let Some(end) = end.filter(|_| kind(from).is_none() && !is_theirs) {
                self.take_back_there(at, from..end, clauses, times);
                from = end;
            } else {
                from += 1;
            }
        }
    }

    /// Whether what stands at `from` is something for the listener to do: "you need not ring us",
    /// 您就不用再打了.
    pub(super) fn is_theirs(&self, at: usize, from: usize) -> bool {
        let tokens = &self.sentences[at].tokens;
        let start = self.sentences[at].part(from..from + 1).start;
        let you = |at: usize| self.lexicon.reading.listener.have(&tokens[at].text);
        let whom = |at: usize| at > 0 && self.lexicon.modality.for_whom.have(&tokens[at - 1].text);
        (start..from).any(|at| you(at) && !whom(at))
    }

    /// Ends what is declined or cancelled by the words at `found`.
    fn take_back_there(
        &mut self,
        at: usize,
        found: Range<usize>,
        clauses: &mut Vec<Clause>,
        times: &Times,
    ) {
        let sentence = &self.sentences[at];
        let part = sentence.part(found.clone());
        // "I will cancel the order and send you a confirmation": that is another matter.
        let apart = |from: usize, to: usize| {
            let coordinators = &self.lexicon.clauses.coordinators;
            let is_time = |at| times.live.iter().any(|time| time.tokens.contains(&at));
            (from..to)
                .any(|at| coordinators.longest_at(&sentence.tokens, at).is_some() || is_time(at))
        };
        let mut ended = false;
        clauses.retain(|clause| {
            let cue = &clause.cue.tokens;
            // "Can you cancel it by Monday?": that is what is asked for.
            let is_due = clause
                .time
                .as_ref()
                .is_some_and(|time| time.is_deadline(&sentence.tokens, &self.lexicon.promises));
            if sentence.question && is_due
                || !part.contains(&cue.start)
                || apart(found.end, cue.start)
                || apart(cue.end, found.start)
            {
                return true;
            }
            ended = true;
            let time = clause.time.as_ref();
            let last = match clause.action {
                Some(_) => None,
                None => self.last(at, |p| {
                    p.side == Side::Agent && (!clause.cue.sends || p.action.is_sent())
                }),
            };
            for (which, promise) in self.known.promises.iter_mut().enumerate() {
                let other_day = time
                    .is_some_and(|time| promise.when.as_ref().is_some_and(|w| w.day != time.day));
                let is_it = match clause.action {
                    Some(action) => same_task(action, promise.action),
                    None => last == Some(which),
                };
                if is_it && promise.side == Side::Agent && promise.life != Life::Over && !other_day
                {
                    promise.end(at);
                }
            }
            false
        });
        let told = sentence.side == Side::Customer && !sentence.question;
        if ended || !told || !times.live.is_empty() || self.was_asked_else(at) {
            return;
        }
        // "No no, I will call you": a refusal of what was promised right before.
        let answers = found.start <= 1
            && self
                .lexicon
                .answers
                .no
                .longest_at(&sentence.tokens, found.start)
                .is_some();
        let before = |p: &Promised| answers && self.is_of_turn_before(p, at);
        let rest = found.end..sentence.clause(found.clone()).end.max(found.end);
        let declined = self.declined(at, rest);
        if let Some(last) = self.last(at, |p| before(p) || declined(p)) {
            self.known.promises[last].end(at);
        }
    }

    /// Which promises the customer does without, who names what by the words at `named`: the last
    /// one if they name nothing, and none if they speak of another matter.
    fn declined(&self, at: usize, named: Range<usize>) -> impl Fn(&Promised) -> bool + use<> {
        let tokens = &self.sentences[at].tokens[named];
        let beside = &self.lexicon.promises.beside_decline;
        let mut next = 0;
        while let Some(end) = beside.longest_at(tokens, next) {
            next = end;
        }
        let bare = next == tokens.len();
        let thing = sendable(tokens, &self.lexicon.commitments);
        move |promise: &Promised| {
            let named = thing.as_ref();
            bare || named.is_some_and(|(action, _)| same_task(*action, promise.action))
        }
    }

    /// Notes what the customer would rather have in another way, or do themselves.
    pub(super) fn would_rather(&mut self, at: usize, clauses: &mut Vec<Clause>, times: &Times) {
        let sentence = &self.sentences[at];
        let words = &self.lexicon.promises;
        let replaces = words.replaces.are_in(&sentence.tokens);
        let takes_over = words.takes_over.are_in(&sentence.tokens);
        if takes_over {
            clauses.retain(|clause| clause.modality != Some(Modality::Open));
        }
        let forbidden = !takes_over && times.live.is_empty() && self.is_forbidden(sentence);
        let last = match takes_over {
            false if forbidden => self.last(at, |p| {
                p.stands() && p.side == Side::Agent && self.is_of_turn_before(p, at)
            }),
            true if sentence.question || replaces => self.last(at, |p| {
                p.stands() && (p.action.is_sent() || p.action == ActionKind::Visit)
            }),
            false if replaces && clauses.is_empty() && times.live.is_empty() => {
                self.last(at, Promised::stands)
            }
            _ => None,
        };
        if let Some(which) = last {
            self.known.unwanted = Some(Unwanted {
                which,
                turn: sentence.turn,
                done_without: takes_over || forbidden,
            });
        }
    }

    /// Whether a clause says that something shall not be done: "ah, don't waste the stamp".
    fn is_forbidden(&self, sentence: &Sentence) -> bool {
        let words = &self.lexicon.promises;
        let tokens = &sentence.tokens;
        let begins = |at: usize| {
            sentence.clauses.iter().any(|clause| clause.start == at)
                || self.lexicon.sentence.fillers.have(&tokens[at - 1].text)
        };
        (0..tokens.len()).any(|at| {
            words.forbids.longest_at(tokens, at).is_some()
                && words.forbids_else.longest_at(tokens, at).is_none()
                && begins(at)
        })
    }

    /// Ends what the agent has just promised and then finds done already: "oh wait, no, it went back
    /// to you last week".
    pub(super) fn end_what_is_done(&mut self, at: usize, times: &Times) {
        let sentence = &self.sentences[at];
        let tokens = &sentence.tokens;
        let corrects = self.lexicon.promises.corrects.find(tokens);
        let modality = &self.lexicon.modality;
        let done = modality.long_past.are_in(tokens) || modality.done.are_in(tokens);
        if sentence.side == Side::Customer
            || !times.live.is_empty()
            || !done
            || corrects.is_none_or(|found| found.start > NEAR_BEGINNING)
        {
            return;
        }
        if let Some(last) = self.just_promised(at) {
            self.known.promises[last].end(at);
        }
    }
}

/// Whether declining the one declines the other: what is sent goes by many names, and what is brought,
/// somebody brings.
fn same_task(one: ActionKind, other: ActionKind) -> bool {
    one == other
        || one.is_sent() && other.is_sent()
        || one.kind() == FollowUpKind::Visit && one.kind() == other.kind()
}
