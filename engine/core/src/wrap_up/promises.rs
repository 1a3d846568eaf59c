//! Who said they would do what, and by when.
//!
//! A promise is a [`Cue`] said as something that will be done: not asked, not denied, not hung on a
//! condition, not told of the past, not something the other side is asked to do. It may also come
//! in two steps: one side asks or proposes, and the other agrees.

use jiff::civil::{Date, DateTime};

use super::answers::{agrees, refuses};
use super::commitments::{ActionKind, Cue, cues, sendable};
use super::modality::{Modality, modality};
use super::sentence::Sentence;
use sidetone_language::dates::{Mention, mentions};
use sidetone_language::lexicon::{self, Lexicon};
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;
use sidetone_types::party::Side;
use sidetone_types::summary::Promise;

/// A promise, with what its task is made of.
#[derive(Clone)]
pub(super) struct Promised {
    /// Who said so.
    pub side: Side,
    /// Which of the call's sentences, from 0.
    pub sentence: usize,
    /// What.
    pub action: ActionKind,
    /// The noun that is sent, as it was said.
    pub object: Option<String>,
    /// The day as it was said, and which it is.
    pub due: Option<(String, Date)>,
    /// The words that say best what is to be done.
    pub gist: String,
    /// Whether it is only what usually happens: `a refund takes five days`.
    pub expected: bool,
}

impl Promised {
    /// As the note has it.
    pub fn note(&self, sentences: &[Sentence]) -> Promise {
        Promise {
            side: self.side,
            text: sentences[self.sentence].told(0),
            kind: self.action.kind(),
            said: self.due.as_ref().map(|(said, _)| said.clone()),
            due: self.due.as_ref().map(|(_, day)| day.to_string()),
        }
    }
}

/// Something one side asked for, or proposed to do; a promise once the other side agrees.
#[derive(Clone, Debug)]
struct Open {
    by: Side,
    turn: usize,
    promise: Promised,
    /// Whether it has been promised by now.
    answered: bool,
}

/// How many sentences later somebody still knows what `it` is.
const REMEMBERED: usize = 8;

/// All promises of a call that began at `began`, in the order in which they were made.
pub(super) fn promises(
    sentences: &[Sentence],
    began: DateTime,
    lexicon: &Lexicon,
) -> Vec<Promised> {
    let mut said: Vec<Promised> = Vec::new();
    let mut agreed: Vec<Promised> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for (at, sentence) in sentences.iter().enumerate() {
        open.retain(|o| at - o.promise.sentence <= REMEMBERED);
        let mut spoken = false;
        for mut clause in read(sentence, at, began, lexicon) {
            if clause.modality == Modality::Open {
                if clause.action == Some(ActionKind::Document)
                    && clause.promise.object.is_none()
                    && sold(&sentences[..at], &lexicon.promises)
                {
                    clause.action = Some(ActionKind::Offer);
                }
                open.push(Open {
                    by: sentence.side,
                    turn: sentence.turn,
                    promise: clause.into_promise(),
                    answered: false,
                });
                continue;
            }
            if sentence.side == Side::Agent {
                settle(&mut clause, &open, &sentences[..at], &lexicon.commitments);
            }
            let promise = clause.into_promise();
            for asked in open
                .iter_mut()
                .filter(|o| o.promise.action == promise.action)
            {
                asked.answered = true;
            }
            said.push(promise);
            spoken = true;
        }
        if !spoken
            && let Some(last) = said.last_mut()
            && last.sentence + 1 == at
            && last.due.is_none()
        {
            last.due = takes(sentence, &sentences[at - 1], began, lexicon);
        }
        // The answer comes in the next turn, or never.
        let asked = open
            .iter_mut()
            .filter(|o| !o.answered && o.by != sentence.side && o.turn + 1 == sentence.turn);
        let refused = refuses(&sentence.tokens, &lexicon.answers);
        if !spoken && (refused || agrees(sentence, &lexicon.answers)) {
            for asked in asked {
                asked.answered = true;
                if !refused {
                    agreed.push(asked.promise.clone());
                }
            }
        }
    }
    // What was agreed to and then said in full is one promise.
    agreed.retain(|promise| {
        !said.iter().any(|full| {
            full.action == promise.action
                && full.sentence > promise.sentence
                && (promise.object.is_none() || promise.object == full.object)
        })
    });
    said.extend(agreed);
    said.sort_by_key(|promise| promise.sentence);
    said
}

/// Whether the agent has just spoken of something to buy: what is then to be sent is an offer, also
/// if the recogniser did not catch the word.
fn sold(before: &[Sentence], words: &lexicon::Promises) -> bool {
    before
        .iter()
        .rev()
        .take(4)
        .any(|s| s.side == Side::Agent && words.wares.are_in(&s.tokens))
}

/// How long what was promised in the sentence before will take: "It takes two to three days."
fn takes(
    sentence: &Sentence,
    before: &Sentence,
    began: DateTime,
    lexicon: &Lexicon,
) -> Option<(String, Date)> {
    let words = &lexicon.promises;
    if sentence.turn != before.turn || sentence.question || !words.takes.are_in(&sentence.tokens) {
        return None;
    }
    let day = mentions(&sentence.tokens, began, lexicon)
        .into_iter()
        .find(|day| !day.at_once)?;
    Some((sentence.words(day.tokens).to_owned(), day.day))
}

#[derive(Clone, Debug)]
struct Clause {
    promise: Promised,
    modality: Modality,
    /// `None` where the words before tell.
    action: Option<ActionKind>,
}

impl Clause {
    /// The action as far as it is known.
    fn into_promise(self) -> Promised {
        Promised {
            action: self.action.unwrap_or(self.promise.action),
            ..self.promise
        }
    }
}

/// The promises, wishes and proposals in one sentence.
fn read(sentence: &Sentence, at: usize, began: DateTime, lexicon: &Lexicon) -> Vec<Clause> {
    let words = &lexicon.modality;
    let tokens = &sentence.tokens;
    let cues = cues(tokens, &lexicon.commitments);
    if cues.is_empty() {
        return Vec::new();
    }
    let days = mentions(tokens, began, lexicon);
    let own = assign(tokens, &cues, &days, &lexicon.promises.subjects);
    let mut clauses: Vec<Clause> = Vec::new();
    for (cue, day) in cues.iter().zip(own) {
        let Some(modality) = modality(sentence, cue, day, lexicon) else {
            continue;
        };
        // Done at once, while the customer listens: that is an action, not a promise.
        let action = cue.action.unwrap_or(unsaid(cue));
        let waits = day.is_some_and(|day| !day.at_once);
        if !action.is_later()
            && !waits
            && modality == Modality::Promised
            && !words.vows.are_in(tokens)
        {
            let slow = matches!(action, ActionKind::Inquiry)
                && day.is_none()
                && words.slow.are_in(&tokens[cue.tokens.clone()]);
            if !slow {
                continue;
            }
        }
        let around = day.map_or(cue.tokens.clone(), |day| {
            cue.tokens.start.min(day.tokens.start)..cue.tokens.end.max(day.tokens.end)
        });
        clauses.push(Clause {
            promise: Promised {
                // A wish of the customer is for the agent to carry out.
                side: match modality {
                    Modality::Promised => sentence.side,
                    Modality::Open => Side::Agent,
                },
                sentence: at,
                action,
                object: cue.object.clone(),
                due: day.map(|day| (sentence.words(day.tokens.clone()).to_owned(), day.day)),
                gist: gist(
                    sentence.words(sentence.clause(around)),
                    &lexicon.promises.leads,
                ),
                expected: action == ActionKind::Refund
                    && !words.seen_to.are_in(&tokens[..cue.tokens.end]),
            },
            modality,
            action: cue.action,
        });
    }
    // "We will look into it and call you by Friday" is one thing to do.
    let dated = clauses.iter().any(|c| c.promise.due.is_some());
    let telling = clauses.iter().any(|c| c.promise.action.is_later());
    clauses.retain(|c| {
        let vague = matches!(c.promise.action, ActionKind::Inquiry | ActionKind::Other);
        !(vague && (telling || dated && c.promise.due.is_none()))
    });
    clauses.dedup_by(|b, a| {
        let same = a.modality == b.modality && (a.action == b.action || b.action.is_none());
        let merge = same && (a.promise.due == b.promise.due || b.promise.due.is_none());
        if merge && a.promise.object.is_none() {
            a.promise.object = b.promise.object.take();
        }
        merge
    });
    clauses
}

/// Which day belongs to which cue. In English the day mostly follows its verb, in Mandarin it
/// precedes it; what nobody has taken goes to the neighbour on the other side.
fn assign<'a>(
    tokens: &[Token],
    cues: &[Cue],
    days: &'a [Mention],
    subjects: &Phrases,
) -> Vec<Option<&'a Mention>> {
    let mut own: Vec<Option<&Mention>> = vec![None; cues.len()];
    let taken = |own: &[Option<&Mention>], day: &Mention| own.iter().flatten().any(|d| *d == day);
    let bounds = |i: usize| {
        let from = if i == 0 { 0 } else { cues[i - 1].tokens.end };
        let to = cues
            .get(i + 1)
            .map_or(tokens.len(), |next| next.tokens.start);
        (from, to)
    };
    for (i, cue) in cues.iter().enumerate() {
        let (from, to) = bounds(i);
        let inside = days
            .iter()
            .find(|d| d.tokens.start >= cue.tokens.start && d.tokens.start < cue.tokens.end);
        let before = || {
            days.iter()
                .rfind(|d| d.tokens.start >= from && d.tokens.end <= cue.tokens.start)
        };
        let behind = || {
            days.iter().find(|d| {
                d.tokens.start >= cue.tokens.end
                    && d.tokens.end <= to
                    && !(to < tokens.len() && leads(tokens, d, subjects))
            })
        };
        own[i] = if inside.is_some() {
            inside
        } else if tokens[cue.tokens.start].is_han() {
            before()
        } else {
            behind()
        };
    }
    for (i, cue) in cues.iter().enumerate() {
        let (from, to) = bounds(i);
        if own[i].is_none() {
            own[i] = days.iter().find(|d| {
                d.tokens.start >= from
                    && d.tokens.end <= to
                    && !taken(&own, d)
                    && (d.tokens.end <= cue.tokens.start
                        || !(to < tokens.len() && leads(tokens, d, subjects)))
            });
        }
    }
    own
}

/// Whether a day opens a clause of its own: "and by Friday I will call you".
fn leads(tokens: &[Token], day: &Mention, subjects: &Phrases) -> bool {
    !tokens[day.tokens.start].is_han() && subjects.longest_at(tokens, day.tokens.end).is_some()
}

/// What a cue means if no word of before tells either: some paper or message is sent, something is
/// done.
const fn unsaid(cue: &Cue) -> ActionKind {
    if cue.sends {
        ActionKind::Document
    } else {
        ActionKind::Other
    }
}

/// Fills in what `send it` and `do that` mean, from what was asked for or talked about before.
fn settle(clause: &mut Clause, open: &[Open], before: &[Sentence], words: &lexicon::Commitments) {
    let promise = &mut clause.promise;
    let sends = promise.action.is_sent();
    let vague = clause.action.is_none()
        || clause.action == Some(ActionKind::Document) && promise.object.is_none();
    let asked = open.iter().rev().find(|o| {
        if vague {
            !sends || o.promise.action.is_sent()
        } else {
            Some(o.promise.action) == clause.action
        }
    });
    if let Some(asked) = asked {
        if promise.due.is_none() {
            promise.due.clone_from(&asked.promise.due);
        }
        if vague {
            clause.action = Some(asked.promise.action);
            promise.object.clone_from(&asked.promise.object);
            promise.gist.clone_from(&asked.promise.gist);
        }
    } else if clause.action.is_none()
        && sends
        && let Some((action, noun)) = before
            .iter()
            .rev()
            .take(REMEMBERED)
            .find_map(|s| sendable(&s.tokens, words))
    {
        clause.action = Some(action);
        promise.object = Some(noun);
    }
}

/// A clause as it may stand in a title: without `and` or `could you` before and punctuation behind.
fn gist(words: &str, leads: &[String]) -> String {
    let mut words = words.trim();
    for lead in leads {
        // Not to be cut down to nothing.
        let rest = words
            .get(..lead.len())
            .filter(|head| head.eq_ignore_ascii_case(lead));
        if rest.is_some() && words[lead.len()..].chars().count() > 3 {
            words = &words[lead.len()..];
        }
    }
    let words = words.trim_end_matches(['.', '。', '!', '！', '?', '？', ',', '，']);
    let words = words.strip_suffix('吗').unwrap_or(words);
    let mut chars = words.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    first.to_uppercase().chain(chars).collect()
}

sidetone_types::private_debug!(Promised);
