//! Promises become tasks: one each, with a title that says what, and a day.
//!
//! Only what the agent promised is a task of ours; what the customer promised is in the note alone.
//! A refund that merely "takes five days" makes a task to look after it, unless a call back was
//! promised, which does that.

use jiff::civil::Date;

use super::commitments::ActionKind;
use super::promises::Promised;
use super::text::shorten;
use sidetone_language::dates::business_days_after;
use sidetone_language::lexicon::NoteTexts;
use sidetone_types::party::Side;
use sidetone_types::summary::FollowUp;

/// Longest title, in characters.
const TITLE: usize = 120;

/// The tasks of a call on day `today`, the most pressing first.
pub(super) fn follow_ups(promised: &[Promised], today: Date, labels: &NoteTexts) -> Vec<FollowUp> {
    let calls_back = promised
        .iter()
        .any(|p| p.side == Side::Agent && p.action == ActionKind::Callback);
    let mut tasks: Vec<(&Promised, Date)> = Vec::new();
    for promise in promised.iter().filter(|p| p.side == Side::Agent) {
        if promise.expected && calls_back {
            continue;
        }
        let due = promise
            .due
            .as_ref()
            .map_or_else(|| usual(promise.action, today), |(_, day)| *day);
        match tasks
            .iter_mut()
            .find(|(other, day)| is_same(other, *day, promise, due))
        {
            // Said again with a day: that is the day that counts, and the fuller words.
            Some((first, day)) if first.due.is_none() => {
                *day = due;
                if first.object.is_none() || promise.object.is_some() {
                    *first = promise;
                }
            }
            Some(_) => {}
            None => tasks.push((promise, due)),
        }
    }
    tasks.sort_by_key(|(_, due)| *due);
    tasks
        .into_iter()
        .map(|(promise, due)| FollowUp {
            kind: promise.action.kind(),
            title: title(promise, labels),
            due: due.to_string(),
        })
        .collect()
}

/// Whether two promises are one task.
fn is_same(one: &Promised, one_due: Date, other: &Promised, other_due: Date) -> bool {
    let day = one_due == other_due || one.due.is_none() || other.due.is_none();
    let object = one.object == other.object || one.object.is_none() || other.object.is_none();
    one.action == other.action && day && object
}

/// By when something is done if nobody named a day: what is sent goes out today, the rest is for
/// the next business day.
fn usual(action: ActionKind, today: Date) -> Date {
    match action {
        ActionKind::Offer | ActionKind::Document => today,
        _ => business_days_after(today, 1).unwrap_or(today),
    }
}

fn title(promise: &Promised, labels: &NoteTexts) -> String {
    let label = promise.action.label(labels);
    let gist = shorten(&promise.gist, TITLE);
    format!("{label}{}{gist}", &*labels.colon)
}
