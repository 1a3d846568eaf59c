//! What is to be done after a call, and what customers said they would do.

use anyhow::Context;
use jiff::civil::{Date, DateTime, Weekday};
use sidetone::config::Config;
use sidetone::knowledge::Knowledge;
use sidetone_types::party::{Direction, Side};
use sidetone_types::summary::{FollowUpKind, Summary};

use super::note::{began, note};
use super::tally::{Found, Verdict};
use super::{alternatives, check_names, lang, list, rows};

pub const COLUMNS: [&str; 5] = ["id", "date", "lang", "turns", "expect"];

pub fn judge(text: &str, knowledge: &Knowledge, _: &Config) -> anyhow::Result<Vec<Verdict>> {
    let judge = |(line, [id, date, code, turns, expect]): (usize, [&str; 5])| {
        let judged = || {
            let began = began(date)?;
            let note = note(knowledge, (lang(code)?, Direction::Inbound), began, turns)?;
            let got = Got::of(&note);
            let found = alternatives(expect).map(|tasks| {
                let wanted: anyhow::Result<Vec<Wanted>> =
                    list(tasks).into_iter().map(Wanted::read).collect();
                Ok(got.found(&wanted?, began))
            });
            let found: anyhow::Result<Vec<Found>> = found.collect();
            let best = found?
                .into_iter()
                .min_by_key(|found| found.missed + found.wrong);
            anyhow::Ok((got, best.unwrap_or_default()))
        };
        let (got, found) = judged().with_context(|| format!("line {line}"))?;
        Ok(Verdict {
            id: id.to_owned(),
            lang: code.to_owned(),
            given: turns.to_owned(),
            expected: expect.to_owned(),
            got: got.line(),
            right: found.missed + found.wrong == 0,
            found,
        })
    };
    rows(text, COLUMNS)?.into_iter().map(judge).collect()
}

/// Kind and day, which may be unknown.
type Task = (&'static str, Option<Date>);

/// What came of a call.
struct Got {
    tasks: Vec<Task>,
    /// What customers promised.
    customers: Vec<Task>,
}

/// One thing that is expected: `KIND DAY`, or `KIND` where no day was named.
#[derive(Debug, PartialEq)]
struct Wanted<'a> {
    customers: bool,
    /// Any of these.
    kinds: Vec<&'a str>,
    when: When,
}

#[derive(Debug, PartialEq)]
enum When {
    /// One of the days from the first to the last.
    Days(Date, Date),
    /// A day that nobody knows.
    Unsure,
    /// Whichever: none was named.
    Any,
}

impl<'a> Wanted<'a> {
    fn read(text: &'a str) -> anyhow::Result<Self> {
        let (customers, rest) = match text.strip_prefix("customer ") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let wrong =
            || format!("`{text}` is no task: write `KIND DAY`, such as `callback 2026-09-25`");
        let (kinds, when) = rest.split_once(' ').unwrap_or((rest, "any"));
        let day = |day: &str| day.trim().parse::<Date>().with_context(wrong);
        let when = match when.split_once("..") {
            _ if when == "unsure" => When::Unsure,
            _ if when == "any" => When::Any,
            Some((first, last)) => When::Days(day(first)?, day(last)?),
            None => When::Days(day(when)?, day(when)?),
        };
        let kinds: Vec<&str> = kinds.split('|').collect();
        let known = FollowUpKind::ALL.map(FollowUpKind::as_str).into();
        check_names("kind of task", &kinds, &known)?;
        Ok(Self {
            customers,
            kinds,
            when,
        })
    }

    /// Whether a task of a call that began then is what is meant.
    fn fits(&self, (kind, day): &Task, began: DateTime) -> bool {
        let on_time = match (&self.when, day) {
            (When::Days(first, last), Some(day)) => (first..=last).contains(&day),
            // Where a day has to stand nobody would take it for one that was agreed.
            (When::Unsure, Some(day)) => {
                *day != began.date() && Some(*day) != next_business_day(began.date())
            }
            // Days that are open may be told to be unsure, too.
            (When::Days(first, last), None) => first != last,
            (When::Unsure, None) | (When::Any, _) => true,
        };
        on_time && self.kinds.contains(kind)
    }
}

fn next_business_day(day: Date) -> Option<Date> {
    let mut next = std::iter::successors(day.tomorrow().ok(), |day| day.tomorrow().ok());
    next.find(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
}

impl Got {
    fn of(note: &Summary) -> Self {
        let day = |day: &str| day.parse().ok();
        let tasks = note.follow_ups.iter();
        let promises = note.promises.iter();
        let customers = promises.filter(|promise| promise.side == Side::Customer);
        Self {
            tasks: tasks
                .map(|task| (task.kind.as_str(), task.due.as_deref().and_then(day)))
                .collect(),
            customers: customers
                .map(|promise| (promise.kind.as_str(), promise.due.as_deref().and_then(day)))
                .collect(),
        }
    }

    /// Which of what is `wanted` is there. Every task is there for one of them; what customers
    /// promised beyond that is no fault.
    fn found(&self, wanted: &[Wanted<'_>], began: DateTime) -> Found {
        let (mut tasks, mut customers) = (self.tasks.clone(), self.customers.clone());
        let mut found = Found::default();
        for one in wanted {
            let from = if one.customers {
                &mut customers
            } else {
                &mut tasks
            };
            match from.iter().position(|task| one.fits(task, began)) {
                Some(at) => {
                    from.remove(at);
                    found.hits += 1;
                }
                None => found.missed += 1,
            }
        }
        found.wrong = tasks.len() as u64;
        found
    }

    fn line(&self) -> String {
        let task = |by: &str, (kind, day): &Task| match day {
            Some(day) => format!("{by}{kind} {day}"),
            None => format!("{by}{kind} unsure"),
        };
        let tasks = self.tasks.iter().map(|one| task("", one));
        let all: Vec<String> = tasks
            .chain(self.customers.iter().map(|one| task("customer ", one)))
            .collect();
        match all.is_empty() {
            true => "none".to_owned(),
            false => all.join("; "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(got: &[Task], expect: &str) -> Found {
        let got = Got {
            tasks: got.to_vec(),
            customers: vec![("callback", Some("2026-09-28".parse().expect("a day")))],
        };
        let wanted: Result<Vec<Wanted>, _> = list(expect).into_iter().map(Wanted::read).collect();
        // A Wednesday.
        got.found(&wanted.expect("tasks"), began("2026-09-23").expect("a day"))
    }

    #[test]
    fn tasks_are_compared_by_kind_and_day() {
        let day = |day: &str| Some(day.parse().expect("a day"));
        let friday = [("callback", day("2026-09-25"))];
        for (got, expect, (hits, missed, wrong)) in [
            (&friday[..], "callback 2026-09-25", (1, 0, 0)),
            (&friday, "callback|visit 2026-09-24..2026-09-26", (1, 0, 0)),
            (&friday, "callback 2026-09-24", (0, 1, 1)),
            (&friday, "visit 2026-09-25", (0, 1, 1)),
            (&friday, "none", (0, 0, 1)),
            (&friday, "callback unsure", (1, 0, 0)),
            (
                &[("callback", day("2026-09-24"))],
                "callback unsure",
                (0, 1, 1),
            ),
            (&[("refund", None)], "refund unsure", (1, 0, 0)),
            (
                &[("refund", None)],
                "refund 2026-09-24..2026-09-26",
                (1, 0, 0),
            ),
            (&[("refund", None)], "refund 2026-09-24", (0, 1, 1)),
            (&[], "customer callback 2026-09-28", (1, 0, 0)),
            (&friday, "callback 2026-09-25; visit 2026-09-25", (1, 1, 0)),
        ] {
            let expected = Found {
                hits,
                missed,
                wrong,
            };
            assert_eq!(found(got, expect), expected, "{expect}");
        }
    }

    #[test]
    fn what_is_no_task_is_told() {
        for text in ["call", "callback Friday", "customer Friday"] {
            assert!(Wanted::read(text).is_err(), "{text}");
        }
    }
}
