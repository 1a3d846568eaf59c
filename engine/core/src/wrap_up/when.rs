//! The times a sentence names: those that count, and those it takes back.

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time as Clock};
use sidetone_language::dates::{self, When, times};
use sidetone_language::lexicon::{Lexicon, Promises};
use sidetone_language::negation::asks_by_itself;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;

use super::commitments::{cues, is_verb};
use super::sentence::Sentence;
use sidetone_types::party::Side;

/// A time that was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Time {
    /// The tokens that name it.
    pub tokens: Range<usize>,
    /// By which day; `None` where nobody can tell: "after the holidays".
    pub day: Option<Date>,
    /// At what time of that day, if one was named.
    pub clock: Option<Clock>,
    /// Whether no day was named beside it.
    pub only_clock: bool,
    /// Whether it was only said that it happens at once.
    pub at_once: bool,
    /// Whether it names several days, one of which is to be chosen: "Monday or Tuesday".
    pub choice: bool,
}

impl Time {
    /// Whether it is later than now.
    pub const fn is_ahead(&self) -> bool {
        !self.at_once
    }

    /// Whether it is told by when something is to be done: "by Monday", 周一之前.
    pub fn is_deadline(&self, tokens: &[Token], words: &Promises) -> bool {
        let ends = |at: usize| words.deadlines.longest_at(tokens, at) == Some(self.tokens.end);
        ends_at(tokens, self.tokens.start, &words.deadlines)
            || self.tokens.clone().any(ends)
            || tokens.get(self.tokens.end).is_some_and(Token::is_han)
                && words
                    .deadlines
                    .longest_at(tokens, self.tokens.end)
                    .is_some()
    }

    /// Whether something is denied to happen sooner only: "it will not arrive until Friday".
    pub fn is_not_sooner(&self, tokens: &[Token], words: &Promises) -> bool {
        ends_at(tokens, self.tokens.start, &words.not_sooner)
    }
}

/// The times of a sentence, in the order of the words.
#[derive(Debug)]
pub(super) struct Times {
    /// By which something may be done.
    pub live: Vec<Time>,
    /// Put right, refused or denied: "not on Tuesday but on Thursday".
    pub void: Vec<Time>,
    /// Whether one was denied to name another: then the negation is about the day alone.
    pub contrast: bool,
    /// Whether it is put off to another.
    pub moved: bool,
    /// Whether one was said by mistake, or no longer holds, and another takes its place.
    pub corrected: bool,
    /// What must happen first: "once the line is back".
    pub events: Vec<Range<usize>>,
}

impl Times {
    pub fn of(sentence: &Sentence, began: DateTime, lexicon: &Lexicon) -> Self {
        let words = &lexicon.promises;
        let tokens = &sentence.tokens;
        let all = named(sentence, began, lexicon);
        let unfit = unfit(sentence, &all, words);
        let mut repaired: Option<usize> = None;
        let mut times = Self {
            live: Vec::new(),
            void: Vec::new(),
            contrast: false,
            moved: false,
            corrected: false,
            events: events(sentence, lexicon),
        };
        for (at, time) in all.iter().enumerate() {
            let next = all[at + 1..].iter().find(|next| !next.at_once);
            let until_next =
                &tokens[time.tokens.end..next.map_or(tokens.len(), |t| t.tokens.start)];
            let denied = ends_at(tokens, time.tokens.start, &words.not_then)
                || next.is_some_and(|next| {
                    let clause = sentence.clause(time.tokens.clone());
                    ends_at(tokens, next.tokens.start, &words.but_then)
                        && lexicon.negation.negators.are_in(&tokens[clause])
                });
            let corrected = next.is_some()
                && (words.corrects.are_in(until_next)
                    || words.moved.are_in(until_next)
                    || next
                        .is_some_and(|next| ends_at(tokens, next.tokens.start, &words.now_then))
                    || until_next.len() == 1 && lexicon.answers.no.are_in(until_next)
                    || !time.at_once
                        && is_reason(
                            sentence,
                            &all[at..],
                            words.hesitates.are_in(until_next),
                            lexicon,
                        ));
            // "On Friday, no, on Friday the bank is closed, on Monday": said again, it is why.
            let again = repaired.is_some_and(|before| {
                let before = &all[before];
                before.day.is_some()
                    && before.day == time.day
                    && time.tokens.len() <= before.tokens.len()
                    && next.is_some_and(|next| next.day != time.day)
                    && !is_done_in(sentence, sentence.clause(time.tokens.clone()), lexicon)
            });
            repaired = (corrected && !again).then_some(at);
            let corrected = corrected || again;
            let void = denied && !sentence.question || corrected || unfit.contains(&at);
            times.contrast |= denied && next.is_some();
            times.corrected |= corrected;
            match void {
                true => times.void.push(time.clone()),
                false => times.live.push(time.clone()),
            }
        }
        // "On Saturday, oh, Saturday is full": the first one is not meant either.
        let Self { live, void, .. } = &mut times;
        let again = |time: &Time| {
            let void = void
                .iter()
                .find(|void| void.day.is_some() && void.day == time.day);
            void.is_some_and(|void| time.tokens.end <= void.tokens.start)
        };
        live.retain(|time| !again(time));
        let last = times.live.last().map_or(0, |time| time.tokens.end);
        times.moved = words.moved.are_in(&tokens[..last]);
        if times.moved {
            times.live.retain(|time| !time.at_once); // "Now it has been moved to Friday."
        }
        times
    }
}

/// Whether the first time is named again before another one, behind words that hesitate: "on Friday, oh, on
/// Friday we are shut, on Monday".
fn is_reason(sentence: &Sentence, all: &[Time], hesitates: bool, lexicon: &Lexicon) -> bool {
    let mut ahead = all.iter().filter(|time| !time.at_once);
    let (Some(time), Some(again), Some(other)) = (ahead.next(), ahead.next(), ahead.next()) else {
        return false;
    };
    hesitates
        && time.day.is_some()
        && time.day == again.day
        && other.day != time.day
        && !is_done_in(sentence, sentence.clause(again.tokens.clone()), lexicon)
}

/// Whether something that can be promised is done there.
fn is_done_in(sentence: &Sentence, place: Range<usize>, lexicon: &Lexicon) -> bool {
    let mut cues = cues(sentence, &lexicon.commitments).into_iter();
    cues.any(|cue| place.contains(&cue.tokens.start))
}

/// Words that may stand between a time without a day and the day that makes it clear: "after
/// Christmas, on the 28th".
const GAP: usize = 3;

/// All times, whether they count or not.
fn named(sentence: &Sentence, began: DateTime, lexicon: &Lexicon) -> Vec<Time> {
    let tokens = &sentence.tokens;
    let named = times(tokens, began, lexicon).into_iter();
    // 明晚 is not in 说明晚上.
    let begins = |time: &dates::Time| {
        let first = time.tokens.start;
        !sentence.tokens[first].is_han() || sentence.word_end(first).is_some()
    };
    let mut all: Vec<Time> = named
        .filter(begins)
        .map(|time| Time {
            tokens: time.tokens,
            day: match time.when {
                When::AtOnce => Some(began.date()),
                When::By(day) => Some(day),
                When::Unclear => None,
            },
            clock: time.clock,
            only_clock: time.only_clock,
            at_once: time.when == When::AtOnce,
            choice: !time.choice.is_empty(),
        })
        .collect();
    for clause in sentence.parts() {
        let near = |time: &Time| {
            !time.at_once
                && time.tokens.end + GAP > clause.start
                && time.tokens.start < clause.end + GAP
        };
        if !all.iter().any(near)
            && let Some(tokens) = vague(sentence, clause, lexicon)
            && !all.iter().any(|time| overlap(&time.tokens, &tokens))
        {
            all.push(Time {
                tokens,
                day: None,
                clock: None,
                only_clock: false,
                at_once: false,
                choice: false,
            });
        }
    }
    all.sort_by_key(|time| time.tokens.start);
    all
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The words of a part that name a time without a day.
fn vague(sentence: &Sentence, part: Range<usize>, lexicon: &Lexicon) -> Option<Range<usize>> {
    let tokens = &sentence.tokens[..part.end];
    let vague = &lexicon.promises.vague_times;
    let named = (part.clone()).find_map(|at| Some(at..vague.longest_at(tokens, at)?));
    named.or_else(|| event(sentence, part, lexicon))
}

/// What must happen first, in each part of a sentence.
fn events(sentence: &Sentence, lexicon: &Lexicon) -> Vec<Range<usize>> {
    let parts = sentence.parts().into_iter();
    parts
        .filter_map(|part| event(sentence, part, lexicon))
        .collect()
}

/// What must happen first, as far as a part of a sentence tells: "once I have the answer" of "once
/// I have the answer I will call".
fn event(sentence: &Sentence, part: Range<usize>, lexicon: &Lexicon) -> Option<Range<usize>> {
    if sentence.question {
        return None;
    }
    let words = &lexicon.promises;
    let tokens = &sentence.tokens[..part.end];
    let begins = |at| {
        let waits = words.waiting.longest_at(tokens, at);
        let end = words.events.longest_at(tokens, at).or(waits)?;
        (words.no_event.longest_at(tokens, at).is_none()).then_some(at..end)
    };
    let found = part.clone().find_map(begins)?;
    let ended = words.events.longest_at(tokens, found.start).is_some();
    if tokens[found.start].is_han() && ended {
        return Some(part.start..found.end);
    }
    // It has a subject of its own; the next one does what is promised. Or it is done beside what
    // came before: "I will check when it was sent and call you".
    let goes_on = |at: usize| {
        let next = lexicon.clauses.coordinators.longest_at(tokens, at);
        next.is_some_and(|next| is_verb(tokens, next, &lexicon.commitments))
    };
    let begins = |at: usize| sentence.clauses.iter().any(|clause| clause.start == at);
    let beside = found.start > part.start;
    let ends = |at: &usize| begins(*at) || beside && goes_on(*at);
    let end = (found.end + 1..part.end).find(ends).unwrap_or(part.end);
    (found.end < end).then_some(found.start..end)
}

/// Which of the times do not suit: each time that it is said, the last one before it in its clause,
/// else the first behind it, else the last one before where another follows: "on Monday, oh, that is taken,
/// on Wednesday".
fn unfit(sentence: &Sentence, all: &[Time], words: &Promises) -> Vec<usize> {
    let tokens = &sentence.tokens;
    let mut unfit = Vec::new();
    for at in 0..tokens.len() {
        let asks = |end: usize| (at..end).any(|at| asks_by_itself(tokens, at));
        // 我周四上班给您打: agents who are at work can do it.
        let is_there =
            sentence.side == Side::Agent && words.at_work.longest_at(tokens, at).is_some();
        let end = words.unfit.longest_at(tokens, at);
        let Some(end) = end.filter(|end| !is_there && !asks(*end)) else {
            continue;
        };
        let clause = sentence.clause(at..end);
        let before = |time: &Time| time.tokens.start >= clause.start && time.tokens.end <= at;
        let behind = |time: &Time| time.tokens.start >= end && time.tokens.end <= clause.end;
        let found = (all.iter().rposition(before)).or_else(|| all.iter().position(behind));
        unfit.extend(found.or_else(|| {
            let last = all.iter().rposition(|time| time.tokens.end <= at)?;
            (last + 1 < all.len()).then_some(last)
        }));
    }
    unfit
}

/// Whether one of `phrases` ends right before token `at`.
fn ends_at(tokens: &[Token], at: usize, phrases: &Phrases) -> bool {
    !tokens[at].opens() && phrases.end_before(tokens, at)
}
