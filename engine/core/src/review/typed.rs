//! What may be typed into the parts of a note.

use jiff::civil::{Date, Time};
use sidetone_types::controls::controls;
use sidetone_types::lang::Lang;
use sidetone_types::summary::{FollowUp, Promise};

use super::{Ground, Part, ReviewError};
use crate::agent_work::LONGEST_MEMO;
use crate::redaction::redact_typed;

/// Longest sentence, in characters.
const SENTENCE: usize = 1_000;
/// Longest keyword, and longest time in words.
const WORDS: usize = 100;
/// Longest name of a reviewer.
const NAME: usize = 256;
/// Most items of a list: more than any call leaves.
const ITEMS: usize = 200;
/// Nothing that is to be done after a call is due in another century.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;
/// A value that is wrong is quoted up to so many characters.
const QUOTED: usize = 20;

/// Takes what somebody has typed into a note of one language. An item that was there before is taken as it
/// was: it is neither bounded nor read for secrets again.
pub(super) struct Typed<'a> {
    ground: &'a Ground<'a>,
    lang: Lang,
}

impl<'a> Typed<'a> {
    pub const fn new(ground: &'a Ground<'a>, lang: Lang) -> Self {
        Self { ground, lang }
    }

    pub fn reason(&self, given: &str, before: &str) -> Result<String, ReviewError> {
        match given.trim() == before {
            true => Ok(before.to_owned()),
            false => self.item(Part::Reason.as_str(), given, SENTENCE),
        }
    }

    pub fn memo(&self, given: &str, before: &str) -> Result<String, ReviewError> {
        let given = given.trim_end();
        if given == before {
            return Ok(before.to_owned());
        }
        let field = Part::Memo.as_str();
        let characters = given.chars().count();
        if characters > LONGEST_MEMO {
            return Err(ReviewError::TooLong {
                field: field.to_owned(),
                characters,
                most: LONGEST_MEMO,
            });
        }
        if given.chars().any(|c| controls(c) && c != '\n') {
            return Err(ReviewError::NotALine(field.to_owned()));
        }
        // As a whole: a number may go on in the next line.
        let lexicon = &self.ground.facts.lexicon;
        Ok(redact_typed(
            self.ground.redaction,
            lexicon,
            self.lang,
            given,
        ))
    }

    pub fn actions(&self, given: &[String], before: &[String]) -> Result<Vec<String>, ReviewError> {
        self.lines(Part::Actions, given, (before, SENTENCE))
    }

    pub fn keywords(
        &self,
        given: &[String],
        before: &[String],
    ) -> Result<Vec<String>, ReviewError> {
        self.lines(Part::Keywords, given, (before, WORDS))
    }

    pub fn promises(
        &self,
        given: &[Promise],
        before: &[Promise],
    ) -> Result<Vec<Promise>, ReviewError> {
        bounded(Part::Promises, given)?;
        let taken = given.iter().enumerate().map(|(at, promise)| {
            let text = promise.text.trim();
            let due = some(promise.due.as_deref());
            let same = before.iter().find(|old| {
                old.text == text
                    && (old.side, old.kind, old.due.as_deref()) == (promise.side, promise.kind, due)
            });
            if let Some(same) = same {
                return Ok(same.clone());
            }
            let field = |name: &str| format!("{}[{at}].{name}", Part::Promises);
            Ok(Promise {
                side: promise.side,
                text: self.item(&field("text"), text, SENTENCE)?,
                kind: promise.kind,
                said: self.words(&field("said"), promise.said.as_deref())?,
                due: day(&field("due"), due)?,
            })
        });
        taken.collect()
    }

    pub fn follow_ups(
        &self,
        given: &[FollowUp],
        before: &[FollowUp],
    ) -> Result<Vec<FollowUp>, ReviewError> {
        bounded(Part::FollowUps, given)?;
        let taken = given.iter().enumerate().map(|(at, task)| {
            let title = task.title.trim();
            let (due, time) = (some(task.due.as_deref()), some(task.due_time.as_deref()));
            let same = before.iter().find(|old| {
                old.title == title
                    && (old.kind, old.due.as_deref(), old.due_time.as_deref())
                        == (task.kind, due, time)
            });
            if let Some(same) = same {
                return Ok(same.clone());
            }
            let field = |name: &str| format!("{}[{at}].{name}", Part::FollowUps);
            if due.is_none() && time.is_some() {
                return Err(ReviewError::TimeWithoutDay(field("due_time")));
            }
            Ok(FollowUp {
                kind: task.kind,
                title: self.item(&field("title"), title, SENTENCE)?,
                due: day(&field("due"), due)?,
                due_time: time_of_day(&field("due_time"), time)?,
                when_said: self.words(&field("when_said"), task.when_said.as_deref())?,
            })
        });
        taken.collect()
    }

    /// Who reviews; whoever did before, where nobody says.
    pub fn reviewer(&self, by: &str, before: Option<&str>) -> Result<String, ReviewError> {
        match by.trim() {
            "" => Ok(before.unwrap_or_default().to_owned()),
            by => self.line("by", by, NAME),
        }
    }

    /// One that is no longer offered may stay.
    pub fn disposition(&self, given: &str, before: &str) -> Result<String, ReviewError> {
        let given = given.trim();
        let offered = self.ground.dispositions;
        match given.is_empty() || given == before || offered.iter().any(|one| one == given) {
            true => Ok(given.to_owned()),
            false => Err(ReviewError::Disposition {
                given: quoted(given),
                offered: match offered.is_empty() {
                    true => "none, since `crm.dispositions` is empty".to_owned(),
                    false => offered.join(", "),
                },
            }),
        }
    }

    fn lines(
        &self,
        part: Part,
        given: &[String],
        (before, most): (&[String], usize),
    ) -> Result<Vec<String>, ReviewError> {
        bounded(part, given)?;
        let taken = given.iter().enumerate().map(|(at, line)| {
            let line = line.trim();
            match before.iter().any(|old| old == line) {
                true => Ok(line.to_owned()),
                false => self.item(&format!("{part}[{at}]"), line, most),
            }
        });
        taken.collect()
    }

    fn item(&self, field: &str, given: &str, most: usize) -> Result<String, ReviewError> {
        let line = self.line(field, given, most)?;
        match line.is_empty() {
            true => Err(ReviewError::Empty(field.to_owned())),
            false => Ok(line),
        }
    }

    /// A time as it was said; empty counts as none.
    fn words(&self, field: &str, given: Option<&str>) -> Result<Option<String>, ReviewError> {
        some(given)
            .map(|words| self.line(field, words, WORDS))
            .transpose()
    }

    fn line(&self, field: &str, given: &str, most: usize) -> Result<String, ReviewError> {
        let given = given.trim();
        let characters = given.chars().count();
        if characters > most {
            let field = field.to_owned();
            return Err(ReviewError::TooLong {
                field,
                characters,
                most,
            });
        }
        if given.chars().any(controls) {
            return Err(ReviewError::NotALine(field.to_owned()));
        }
        let Ground {
            redaction, facts, ..
        } = self.ground;
        Ok(redact_typed(redaction, &facts.lexicon, self.lang, given))
    }
}

fn bounded<T>(part: Part, items: &[T]) -> Result<(), ReviewError> {
    match items.len() > ITEMS {
        true => Err(ReviewError::TooMany {
            field: part.to_string(),
            count: items.len(),
            most: ITEMS,
        }),
        false => Ok(()),
    }
}

fn some(given: Option<&str>) -> Option<&str> {
    given.map(str::trim).filter(|text| !text.is_empty())
}

/// Written as it is kept, and a day that there is.
fn day(field: &str, given: Option<&str>) -> Result<Option<String>, ReviewError> {
    let Some(given) = given else { return Ok(None) };
    let is_one = |day: Date| day.to_string() == given && YEARS.contains(&day.year());
    match given.parse().is_ok_and(is_one) {
        true => Ok(Some(given.to_owned())),
        false => Err(ReviewError::NoDay {
            field: field.to_owned(),
            given: quoted(given),
        }),
    }
}

fn time_of_day(field: &str, given: Option<&str>) -> Result<Option<String>, ReviewError> {
    let Some(given) = given else { return Ok(None) };
    let is_one = |time: Time| time.strftime("%H:%M").to_string() == given;
    match Time::strptime("%H:%M", given).is_ok_and(is_one) {
        true => Ok(Some(given.to_owned())),
        false => Err(ReviewError::NoTime {
            field: field.to_owned(),
            given: quoted(given),
        }),
    }
}

fn quoted(given: &str) -> String {
    let seen = given.chars().map(|c| if controls(c) { '?' } else { c });
    seen.take(QUOTED).collect()
}
