//! Short calls in which something is promised, moved, taken back or only spoken of, and the tasks
//! they leave: `tests/understanding/promises.tsv`.
//!
//! `turns` are parted by ` / `. `expect` lists all tasks, parted by `; `: `KIND DAY`, where
//! `KIND|KIND` is either, `DAY..DAY` any of these or a task without a sure day, and `unsure` only
//! the latter. `customer KIND DAY` is what the customer promised.

use jiff::civil::Date;
use sidetone_types::summary::Summary;

use super::kit::{facts, lines};
use crate::wrap_up::{Facts, summarise};
use sidetone_types::party::Side;

#[test]
fn calls_leave_the_last_state_of_what_was_promised() {
    let mut wrong = Vec::new();
    for row in include_str!("../../../../../tests/understanding/promises.tsv")
        .lines()
        .skip(1)
    {
        let columns: Vec<&str> = row.split('\t').collect();
        let [id, date, lang, turns, expect] = columns[..] else {
            panic!("five columns: {row}");
        };
        let tasks = tasks(date, turns);
        if !are_as_expected(&tasks, expect) {
            wrong.push(format!("{id} {lang}: {turns}\n  {expect}\n  {tasks:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is to be done and by when: `callback`, or `customer callback` if the customer promised it.
type Task = (String, Option<Date>);

fn tasks(date: &str, turns: &str) -> Vec<Task> {
    let date = match date.contains('T') {
        true => date.to_owned(),
        false => format!("{date}T12:00"),
    };
    let facts = Facts {
        began: date.parse().expect("a day, and a time"),
        ..facts()
    };
    let note = summarise(&facts, &lines(&turns.replace(" / ", "\n")), &[], &[]);
    all(&note)
}

fn all(note: &Summary) -> Vec<Task> {
    let day = |day: &String| day.parse().expect("a day");
    let customers = note.promises.iter().filter(|p| p.side == Side::Customer);
    let customers = customers.map(|p| {
        let kind = format!("customer {}", p.kind.as_str());
        (kind, p.due.as_ref().map(day))
    });
    let tasks = note.follow_ups.iter();
    let tasks = tasks.map(|t| (t.kind.as_str().to_owned(), t.due.as_ref().map(day)));
    tasks.chain(customers).collect()
}

fn are_as_expected(tasks: &[Task], expect: &str) -> bool {
    let mut left = tasks.to_vec();
    let wanted = expect.split("; ").filter(|one| *one != "none");
    let found = wanted.into_iter().all(|one| {
        let (kinds, when) = one.rsplit_once(' ').expect("KIND DAY");
        let fits =
            |(kind, day): &Task| kinds.split('|').any(|one| one == kind) && is_on_time(*day, when);
        let at = left.iter().position(fits);
        at.is_some_and(|at| {
            left.remove(at);
            true
        })
    });
    found && left.iter().all(|(kind, _)| kind.starts_with("customer"))
}

fn is_on_time(day: Option<Date>, when: &str) -> bool {
    let date = |date: &str| date.parse::<Date>().expect("a day");
    match (when.split_once(".."), day) {
        (Some((first, last)), Some(day)) => (date(first)..=date(last)).contains(&day),
        (Some(_), None) => true,
        (None, None) => when == "unsure",
        (None, Some(day)) => when != "unsure" && day == date(when),
    }
}
