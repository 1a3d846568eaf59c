//! Promises while the call goes on: numbered, told as they are made, moved and taken back, and put
//! right by people.
//!
//! What stands is found by what finds it for the summary, over what was said so far. One is known
//! again by the utterance that spoke of it first, by whose it is and what kind of thing, and by its
//! place among those of which that is the same.

use jiff::civil::Date;

use super::course::Course;
use super::facts::{Facts, Line};
use super::promised::{Life, Promised, When};
use super::sentence::Sentence;
use sidetone_types::event::{EventKind, PromiseChanged, PromiseMade, PromiseWithdrawn};
use sidetone_types::id::UtteranceId;
use sidetone_types::party::Side;
use sidetone_types::summary::{FollowUpKind, Promise};
use sidetone_types::time::MediaTime;

/// More than this many of a call are not told while it goes on.
const MOST: usize = 200;

/// The promises of one call so far.
#[derive(Default)]
pub struct PromiseList {
    course: Course,
    entries: Vec<Entry>,
}

struct Entry {
    key: Key<UtteranceId>,
    /// As it was told last.
    told: Promise,
    /// As it was heard last.
    heard: Time,
    stands: bool,
    change: Option<Change>,
}

/// What tells a promise from others. `Of` says where it was spoken of first.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Key<Of> {
    of: Of,
    side: Side,
    kind: FollowUpKind,
    nth: usize,
}

/// A time as it was said, and the day.
type Time = (Option<String>, Option<String>);

/// What somebody has made of a promise.
#[derive(Clone)]
enum Change {
    Removed,
    Edited {
        text: String,
        due: Option<Date>,
        /// The time that was heard then: another one that is heard later counts.
        was: Time,
    },
}

/// What people have made of the promises of a call, for its summary.
#[derive(Clone, Default)]
pub struct PromiseEdits(Vec<(Key<MediaTime>, Change)>);

/// No such promise stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("promise {0} does not stand in this call: it was never made, or was taken back or removed")]
pub struct NoPromise(pub u64);

impl PromiseList {
    /// Takes all that was said so far, in any order; up to `new`, nothing is other than it was.
    /// Gives what is to be told.
    pub fn observe(
        &mut self,
        facts: &Facts,
        said: &[(UtteranceId, Line)],
        new: MediaTime,
    ) -> Vec<EventKind> {
        let lines = said.iter().map(|(_, line)| line);
        let mut promised = self.course.promises(facts, lines, new);
        let sentences = self.course.sentences();
        let standing = standing(&promised, sentences);
        let heard: Vec<Time> = standing
            .iter()
            .map(|(at, _)| time(&promised[*at].note(sentences)))
            .collect();
        self.edits(said).apply(&mut promised, sentences);
        let mut told = Vec::new();
        let mut met = Vec::new();
        for ((at, key), heard) in standing.into_iter().zip(heard) {
            let Some(key) = key.told_of(said) else {
                continue;
            };
            let promise = promised[at].note(sentences);
            let entry = match self.entries.iter().position(|entry| entry.key == key) {
                Some(known) => known,
                None if self.entries.len() < MOST => {
                    self.entries.push(Entry {
                        key,
                        told: promise.clone(),
                        heard: heard.clone(),
                        stands: false,
                        change: None,
                    });
                    self.entries.len() - 1
                }
                None => continue,
            };
            met.push(entry);
            told.extend(self.entries[entry].hear(number(entry), promise, heard));
        }
        for (at, entry) in self.entries.iter_mut().enumerate() {
            if entry.stands && !met.contains(&at) {
                entry.stands = false;
                let number = number(at);
                told.push(EventKind::PromiseWithdrawn(PromiseWithdrawn {
                    number,
                    by: None,
                }));
            }
        }
        told
    }

    /// Whether that one stands.
    pub fn stands(&self, number: u64) -> bool {
        self.at(number).is_some_and(|at| self.entries[at].stands)
    }

    /// Somebody puts a promise right. Gives what is to be told; nothing where it stands so already.
    pub fn edit(
        &mut self,
        number: u64,
        (text, due): (String, Option<Date>),
        by: &str,
    ) -> Option<EventKind> {
        let at = self.at(number)?;
        let entry = self.entries.get_mut(at).filter(|entry| entry.stands)?;
        let day = due.map(|day| day.to_string());
        if entry.told.text == text && entry.told.due == day {
            return None;
        }
        entry.told.said = entry.told.said.take().filter(|_| entry.told.due == day);
        entry.told.due = day;
        entry.told.text.clone_from(&text);
        entry.change = Some(Change::Edited {
            text,
            due,
            was: entry.heard.clone(),
        });
        Some(EventKind::PromiseChanged(PromiseChanged {
            number,
            utterance: entry.key.of,
            promise: entry.told.clone(),
            by: Some(by.to_owned()),
        }))
    }

    /// Somebody removes a promise. Gives what is to be told.
    pub fn remove(&mut self, number: u64, by: &str) -> Option<EventKind> {
        let at = self.at(number)?;
        let entry = self.entries.get_mut(at).filter(|entry| entry.stands)?;
        entry.stands = false;
        entry.change = Some(Change::Removed);
        Some(EventKind::PromiseWithdrawn(PromiseWithdrawn {
            number,
            by: Some(by.to_owned()),
        }))
    }

    /// Takes what was told of it before: of a call whose engine is gone.
    pub fn replay(&mut self, kind: &EventKind) {
        match kind {
            EventKind::PromiseMade(made) => match self.at(made.number) {
                Some(at) => {
                    self.entries[at].stands = true;
                    self.entries[at].told = made.promise.clone();
                }
                None => {
                    let Promise { side, kind, .. } = made.promise;
                    let same = |entry: &&Entry| {
                        (entry.key.of, entry.key.side, entry.key.kind)
                            == (made.utterance, side, kind)
                    };
                    self.entries.push(Entry {
                        key: Key {
                            of: made.utterance,
                            side,
                            kind,
                            nth: self.entries.iter().filter(same).count(),
                        },
                        told: made.promise.clone(),
                        heard: time(&made.promise),
                        stands: true,
                        change: None,
                    });
                }
            },
            EventKind::PromiseChanged(changed) => match (&changed.by, self.at(changed.number)) {
                (Some(by), _) => {
                    let due = changed.promise.due.as_ref();
                    let due = due.and_then(|day| day.parse().ok());
                    self.edit(changed.number, (changed.promise.text.clone(), due), by);
                }
                (None, Some(at)) => {
                    self.entries[at].heard = time(&changed.promise);
                    self.entries[at].told = changed.promise.clone();
                }
                (None, None) => {}
            },
            EventKind::PromiseWithdrawn(withdrawn) => {
                match (&withdrawn.by, self.at(withdrawn.number)) {
                    (Some(by), _) => {
                        self.remove(withdrawn.number, by);
                    }
                    (None, Some(at)) => self.entries[at].stands = false,
                    (None, None) => {}
                }
            }
            _ => {}
        }
    }

    /// What people have made of them, for the summary of what was said.
    pub fn edits(&self, said: &[(UtteranceId, Line)]) -> PromiseEdits {
        let edits = self.entries.iter().filter_map(|entry| {
            let change = entry.change.clone()?;
            let (_, line) = said.iter().find(|(of, _)| *of == entry.key.of)?;
            let Key {
                side, kind, nth, ..
            } = entry.key;
            let of = line.start;
            Some((
                Key {
                    of,
                    side,
                    kind,
                    nth,
                },
                change,
            ))
        });
        PromiseEdits(edits.collect())
    }

    fn at(&self, number: u64) -> Option<usize> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        (at < self.entries.len()).then_some(at)
    }
}

/// They are counted from 1.
const fn number(at: usize) -> u64 {
    at as u64 + 1
}

impl Entry {
    /// Takes how it stands now. Gives what is to be told.
    fn hear(&mut self, number: u64, promise: Promise, heard: Time) -> Option<EventKind> {
        self.heard = heard;
        if matches!(self.change, Some(Change::Removed)) {
            return None;
        }
        let was = std::mem::replace(&mut self.stands, true);
        if was && self.told == promise {
            return None;
        }
        self.told = promise.clone();
        let utterance = self.key.of;
        Some(match was {
            true => EventKind::PromiseChanged(PromiseChanged {
                number,
                utterance,
                promise,
                by: None,
            }),
            false => EventKind::PromiseMade(PromiseMade {
                number,
                utterance,
                promise,
            }),
        })
    }
}

impl Key<MediaTime> {
    fn told_of(self, said: &[(UtteranceId, Line)]) -> Option<Key<UtteranceId>> {
        let is_it = |line: &Line| line.start == self.of && line.side == self.side;
        let (of, _) = said.iter().find(|(_, line)| is_it(line))?;
        Some(Key {
            of: *of,
            side: self.side,
            kind: self.kind,
            nth: self.nth,
        })
    }
}

impl PromiseEdits {
    /// Puts right what stands of `promised`, and ends what somebody has removed.
    pub(super) fn apply(&self, promised: &mut [Promised], sentences: &[Sentence]) {
        if self.0.is_empty() {
            return;
        }
        for (at, key) in standing(promised, sentences) {
            let Some((_, change)) = self.0.iter().find(|(of, _)| *of == key) else {
                continue;
            };
            let promise = &mut promised[at];
            match change {
                Change::Removed => promise.life = Life::Over,
                Change::Edited { text, due, was } => {
                    let heard = time(&promise.note(sentences));
                    promise.edited = Some(text.clone());
                    promise.gist.clone_from(text);
                    let day = promise.when.as_ref().and_then(|when| when.day);
                    if heard == *was && day != *due {
                        promise.when = due.map(When::written);
                    }
                }
            }
        }
    }
}

/// What stands, by its place among all, and what tells it from others.
fn standing(promised: &[Promised], sentences: &[Sentence]) -> Vec<(usize, Key<MediaTime>)> {
    let mut standing: Vec<(usize, Key<MediaTime>)> = Vec::new();
    for (at, promise) in promised.iter().enumerate().filter(|(_, p)| p.stands()) {
        let (sentence, kind) = (&sentences[promise.sentence], promise.action.kind());
        let mut key = Key {
            of: sentence.begun,
            side: promise.side,
            kind,
            nth: 0,
        };
        while standing.iter().any(|(_, other)| *other == key) {
            key.nth += 1;
        }
        standing.push((at, key));
    }
    standing
}

fn time(promise: &Promise) -> Time {
    (promise.said.clone(), promise.due.clone())
}

sidetone_types::private_debug!(PromiseList, PromiseEdits);

#[cfg(test)]
mod tests;
